/** How it looked and how it looks now, side by side: small ones in two columns, large ones in a dialog. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { captionProof, removeProof } from "../data/actions";
import { server } from "../data/api";
import { db, photosOf } from "../data/records";
import type { PhotoRecord, ProofFile, Sha256 } from "../data/types";
import { complain, Dialog } from "../ui/app";
import { TextField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { words } from "../ui/text";
import { action as actionWords } from "./action_words";
import { useBefore } from "./before";
import { useObjectUrl } from "./photos";
import { own } from "./shot_words";

export function Proofs({ id, before, files, editable, children }: { id: string; before: readonly Sha256[]; files: readonly ProofFile[]; editable: boolean; children: ComponentChildren }) {
  const a = actionWords.value;
  const earlier = useBefore(before);
  const rows = useRows(id, files);
  const shown = useSignal<{ side: "before" | "after"; at: number } | null>(null);
  const open = shown.value;
  const file = open?.side === "after" ? files[open.at] : undefined;
  return (
    <section class="block proofs" data-testid="proofs" aria-label={a.proof}>
      <div>
        <h2>{a.before}</h2>
        <div class="shots">
          {earlier?.map((photo, at) => <button type="button" class="shot" key={at} aria-label={a.beforePhoto(at + 1, earlier.length)} onClick={() => (shown.value = { side: "before", at })}><Picture blob={photo} of={before[at] ?? String(at)} alt="" /></button>)}
        </div>
        {earlier?.length === 0 && <p class="under">{before.length ? own.value.beforeLater : a.noBefore}</p>}
      </div>
      <div>
        <h2>{a.after}</h2>
        <div class="shots">
          {files.map((one, at) => (
            <button type="button" class="shot" key={one.sha256} data-testid="proof-shot" aria-label={one.caption || a.photo(at + 1, files.length)} onClick={() => (shown.value = { side: "after", at })}>
              {rows && <Picture blob={thumbOf(rows.get(one.sha256))} of={one.sha256} alt="" thumb />}
            </button>
          ))}
          {children}
        </div>
        {files.length === 0 && !editable && <p class="under">{a.noAfter}</p>}
      </div>
      {open && (open.side === "before" ? earlier?.[open.at] : file) && (
        <Dialog title={open.side === "before" ? a.beforePhoto(open.at + 1, earlier!.length) : a.photo(open.at + 1, files.length)} name="proof" onClose={() => (shown.value = null)}>
          <Pair id={id} earlier={earlier ?? []} hashes={before} at={open.side === "before" ? open.at : null} file={file} editable={editable} onClose={() => (shown.value = null)} />
        </Dialog>
      )}
    </section>
  );
}

/** One photo in large; one of the result beside the first from before. */
function Pair({ id, earlier, hashes, at, file, editable, onClose }: { id: string; earlier: readonly Blob[]; hashes: readonly Sha256[]; at: number | null; file: ProofFile | undefined; editable: boolean; onClose: () => void }) {
  const w = words.value, a = actionWords.value, o = own.value;
  const blob = useSignal<Blob | null | undefined>(undefined);
  const sure = useSignal(false);
  useEffect(() => {
    if (file) db().get("bytes", file.sha256).then((found) => (blob.value = found ? new Blob([found.bytes], { type: found.type }) : null), complain);
  }, [file?.sha256]);
  const first = at ?? 0;
  return (
    <>
      <div class={file && earlier.length ? "pair" : ""}>
        {earlier[first] && <figure><figcaption>{a.before}</figcaption><Picture blob={earlier[first]} of={hashes[first] ?? ""} alt={a.beforePhoto(first + 1, earlier.length)} large /></figure>}
        {file && blob.value !== undefined && <figure><figcaption>{a.after}</figcaption><Picture blob={blob.value} of={file.sha256} alt={file.caption || a.after} large /></figure>}
      </div>
      {file && (editable || file.caption) && <TextField label={o.caption} value={file.caption ?? ""} rows={1} disabled={!editable} onSet={(text) => captionProof(id, file.sha256, text.slice(0, 200))} />}
      <div class="buttons">
        {file && editable && (sure.value
          ? <button type="button" class="danger" onClick={() => void removeProof(id, file.sha256).then(onClose, complain)}><Icon name="trash" />{o.sureRemove}</button>
          : <button type="button" class="outline" onClick={() => (sure.value = true)}><Icon name="trash" />{o.removePhoto}</button>)}
        <button type="button" class="primary" onClick={onClose}>{w.done}</button>
      </div>
    </>
  );
}

/** From this phone, else from the server; without either a word in its place. */
export function Picture({ blob, of, alt, thumb, large }: { blob: Blob | null | undefined; of: Sha256; alt: string; thumb?: boolean; large?: boolean }) {
  const lost = useSignal("");
  const url = useObjectUrl(blob ?? null, of) ?? `${server.base}/photos/${of}?size=${thumb ? "thumb" : "screen"}`;
  if (lost.value === url) return large ? <div class="large blank">{own.value.photoGone}</div> : null;
  return <img src={url} alt={alt} class={large ? "large" : ""} onError={() => (lost.value = url)} />;
}

export const thumbOf = (row: PhotoRecord | undefined): Blob | null => (row?.thumb ? new Blob([row.thumb], { type: "image/jpeg" }) : null);

/** The rows of the photos that were taken here; null until the disk has answered. */
function useRows(id: string, files: readonly ProofFile[]): ReadonlyMap<Sha256, PhotoRecord> | null {
  const rows = useSignal<ReadonlyMap<Sha256, PhotoRecord> | null>(null);
  useEffect(() => {
    let gone = false;
    photosOf(id).then((found) => { if (!gone) rows.value = new Map(found.map((row) => [row.sha256, row])); }, complain);
    return () => { gone = true; };
  }, [id, files.map(({ sha256 }) => sha256).join()]);
  return rows.value;
}
