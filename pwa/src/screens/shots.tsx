/** Photos to look at: small ones with their captions, and one in large; from this phone, else from the server. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { db } from "../data/records";
import type { PhotoRecord } from "../data/types";
import { complain, Dialog } from "../ui/app";
import { nearInstant } from "../ui/moments";
import { words } from "../ui/text";
import { Picture, thumbOf } from "./proofs";
import { recordWords } from "./record_words";

export function Shots({ photos }: { photos: readonly PhotoRecord[] }) {
  const r = recordWords.value;
  const shown = useSignal<string | null>(null);
  const open = photos.findIndex(({ key }) => key === shown.value);
  return (
    <div class="pictures">
      {photos.map((photo, at) => (
        <figure key={photo.key} class={photo.caption ? "said-of" : ""}>
          <button type="button" class="shot" data-testid="sent-photo" aria-label={[r.photoOf(at + 1, photos.length), photo.caption].filter(Boolean).join(" · ")} onClick={() => (shown.value = photo.key)}>
            <Picture blob={thumbOf(photo)} of={photo.sha256} alt="" thumb />
          </button>
          {photo.caption && <figcaption>{photo.caption}</figcaption>}
        </figure>
      ))}
      {photos[open] && <Large photo={photos[open]} title={r.photoOf(open + 1, photos.length)} onClose={() => (shown.value = null)} />}
    </div>
  );
}

function Large({ photo, title, onClose }: { photo: PhotoRecord; title: string; onClose: () => void }) {
  const r = recordWords.value;
  return (
    <Dialog title={title} name="sent-large" onClose={onClose}>
      <Whole photo={photo} alt={photo.caption || title} />
      {photo.caption && <p>{photo.caption}</p>}
      {photo.taken_at && <p class="meta">{[nearInstant(photo.taken_at, Date.now()), r.origins[photo.origin ?? ""]].filter(Boolean).join(" · ")}</p>}
      <div class="buttons"><button type="button" class="primary" onClick={onClose}>{words.value.close}</button></div>
    </Dialog>
  );
}

/** The picture itself, not its thumbnail. Nothing is asked of the server before this phone has looked. */
export function Whole({ photo, alt }: { photo: Pick<PhotoRecord, "sha256">; alt: string }) {
  const blob = useSignal<Blob | null | undefined>(undefined);
  useEffect(() => {
    blob.value = undefined;
    db().get("bytes", photo.sha256).then((found) => (blob.value = found ? new Blob([found.bytes], { type: found.type }) : null), complain);
  }, [photo.sha256]);
  return blob.value === undefined ? <div class="large blank" /> : <Picture blob={blob.value} of={photo.sha256} alt={alt} large />;
}
