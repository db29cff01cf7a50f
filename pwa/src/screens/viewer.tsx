/** One photo in large: its caption, its marks, and its removal. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PhotoRecord } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { complain, Dialog } from "../ui/app";
import { TextField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { words } from "../ui/text";
import { Marks } from "./marks";
import { atServer, useObjectUrl } from "./photos";
import { own } from "./shot_words";

export function Viewer({ visit, photo, number, all, disabled, onClose }: { visit: OpenVisit; photo: PhotoRecord; number: number; all: number; disabled: boolean; onClose: (shown?: string) => void }) {
  const w = words.value, o = own.value;
  const blob = useSignal<Blob | null | undefined>(undefined);
  const sure = useSignal(false);
  const marking = useSignal(false);
  const original = photo.item !== null && visit.items.get(photo.item)?.original;
  useEffect(() => {
    blob.value = undefined;
    visit.photoBlob(photo.sha256).then((found) => (blob.value = found), (problem: unknown) => { blob.value = null; complain(problem); });
  }, [photo.sha256]);
  const url = useObjectUrl(blob.value ?? null, photo.sha256) ?? (blob.value === null ? atServer(photo, "screen") : null);
  const lost = useSignal(false);
  const remove = () => visit.removePhoto(photo.key).then(() => onClose(), complain);
  return (
    <Dialog title={o.photoNumber(number, all)} name="photo" onClose={() => onClose()}>
      {url && !lost.value ? <img class="large" src={url} alt={photo.caption || o.photoNumber(number, all)} onError={() => (lost.value = true)} /> : <div class="large blank">{lost.value && o.photoGone}</div>}
      <TextField label={o.caption} value={photo.caption} rows={1} disabled={disabled} onSet={(text) => visit.caption(photo.key, text)} />
      {!disabled && original && <p class="under">{o.markNever}</p>}
      <div class="buttons">
        {!disabled && (sure.value
          ? <button type="button" class="danger" onClick={() => void remove()}><Icon name="trash" />{o.sureRemove}</button>
          : <button type="button" class="outline" onClick={() => (sure.value = true)}><Icon name="trash" />{o.removePhoto}</button>)}
        {!disabled && !original && photo.kind === "photo" && blob.value && <button type="button" class="outline" onClick={() => (marking.value = true)}><Icon name="pen" />{o.toMark}</button>}
        <button type="button" class="primary" onClick={() => onClose()}>{w.done}</button>
      </div>
      {marking.value && blob.value && <Marks visit={visit} photo={photo} blob={blob.value} onClose={(key) => { marking.value = false; if (key !== photo.key) onClose(key); }} />}
    </Dialog>
  );
}
