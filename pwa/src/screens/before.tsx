/** What failed before, as it was photographed then: beside the new photos of a recheck, from this phone alone. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { beforePhotos, fetchBefore } from "../data/before";
import { network } from "../data/api";
import { Dialog } from "../ui/app";
import { words } from "../ui/text";
import { useObjectUrl } from "./photos";
import { own } from "./shot_words";

export function Before({ hashes }: { hashes: readonly string[] }) {
  const w = words.value, o = own.value;
  const photos = useBefore(hashes);
  const shown = useSignal<number | null>(null);
  if (photos && !photos.length) return <p class="under">{o.beforeLater}</p>;
  const open = shown.value === null ? undefined : photos?.[shown.value];
  return (
    <div class="shots earlier" data-testid="before">
      {photos?.map((photo, at) => (
        <button type="button" class="shot" key={at} aria-label={o.beforeNumber(at + 1, photos.length)} onClick={() => (shown.value = at)}>
          <Picture photo={photo} alt="" />
          <span class="mark" aria-hidden="true">{o.before}</span>
        </button>
      ))}
      {open && (
        <Dialog title={o.beforeNumber(shown.value! + 1, photos!.length)} name="before" onClose={() => (shown.value = null)}>
          <Picture photo={open} alt={o.beforeNumber(shown.value! + 1, photos!.length)} large />
          <div class="buttons"><button type="button" class="primary" onClick={() => (shown.value = null)}>{w.done}</button></div>
        </Dialog>
      )}
    </div>
  );
}

/** null until the disk has answered; what is missing is fetched where there is a network. */
export function useBefore(hashes: readonly string[]): readonly Blob[] | null {
  const photos = useSignal<readonly Blob[] | null>(null);
  const key = hashes.join();
  const online = network.value === "online";
  useEffect(() => {
    let gone = false;
    const read = async () => {
      const found = await beforePhotos(hashes);
      if (!gone) photos.value = found;
      return found.length;
    };
    read().then(async (have) => {
      if (have === hashes.length || !online) return;
      await fetchBefore(hashes);
      await read();
    }).catch(() => { if (!gone) photos.value ??= []; });
    return () => { gone = true; };
  }, [key, online]);
  return photos.value;
}

function Picture({ photo, alt, large }: { photo: Blob; alt: string; large?: boolean }) {
  const url = useObjectUrl(photo, `${photo.size}`);
  return url ? <img src={url} alt={alt} class={large ? "large" : ""} /> : null;
}
