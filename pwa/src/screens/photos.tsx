/** The photos of one item: camera and album in one tap, thumbnails, and the reason where none can be taken. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { server } from "../data/api";
import { sendingFile } from "../data/outbox";
import { cutOff, nameOf } from "../data/awaited";
import { assignments, settings } from "../data/sync";
import type { Item, PhotoRecord } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { inPage } from "../device/camera";
import { complain, later } from "../ui/app";
import { Icon } from "../ui/icons";
import { read, words } from "../ui/text";
import type { Sheet } from "./sheet";
import { take } from "./taking";

const CameraView = later(() => import("./beside").then((part) => part.CameraView));
const Before = later(() => import("./beside").then((part) => part.Before));
const CutOff = later(() => import("./beside").then((part) => part.CutOff));
const Viewer = later(() => import("./beside").then((part) => part.Viewer));

const REASONS = ["forbidden", "absent", "broken"];
/** Nobody has to stay unnoticed who was announced. */
const COVERT = ["unnoticed", ...REASONS];

export function Photos({ sheet, item, wanted, disabled }: { sheet: Sheet; item: Item; wanted: boolean; disabled: boolean }) {
  const w = words.value;
  const { visit } = sheet;
  const photos = sheet.photosOf(item.id).value;
  const reason = sheet.answerOf(item.id).value?.no_photo ?? null;
  const busy = useSignal(0);
  const shown = useSignal<string | null>(null);
  const asking = useSignal(false);
  const filming = useSignal(false);
  const task = visit.record.peek().document.assignment_id;
  const before = (task && assignments.peek().get(task)?.before?.[item.id]) || [];

  const spot = { visit: visit.id, section: sheet.sectionOf(item.id), item: item.id };
  const add = async (from: "camera" | "album") => {
    const wanted = { maxPx: item.max_px || settings.value.photo_px, targetBytes: settings.value.photo_bytes, original: item.original };
    await take(from, spot, visit.awaitPhoto(item.id), busy, wanted, (picture) => visit.addPhoto(item.id, picture, from).then(stored));
  };
  // Part of keeping the picture: who hands in meanwhile waits for it too.
  const stored = async () => { if (sheet.answerOf(item.id).peek()?.no_photo) await noPhoto(null); };
  const noPhoto = (id: string | null) => visit.noPhoto(item.id, id).then(() => { asking.value = false; }, complain);

  const open = photos.find((photo) => photo.key === shown.value);
  return (
    <div class="photos" data-testid={`photos-${item.id}`}>
      <p class={`small-title${wanted ? " wanted" : ""}`}>{wanted && <Icon name="warn" />}{wanted ? w.photoWanted : w.photos}{item.photo.hint && <span class="hint">{read(item.photo.hint)}</span>}</p>
      {before.length > 0 && <Before hashes={before} />}
      <div class="shots">
        {photos.map((photo, at) => <Thumb key={photo.key} visit={visit} photo={photo} label={photo.caption || w.openPhoto(at + 1)} onOpen={() => (shown.value = photo.key)} />)}
        {!disabled && (
          <>
            <button type="button" class="add main-add" onClick={() => void add("camera")}><Icon name="camera" /><span>{w.takePhoto}</span></button>
            <button type="button" class="add" onClick={() => void add("album")}><Icon name="album" /><span>{w.fromAlbum}</span></button>
            {inPage.value && !item.original && <button type="button" class="add" onClick={() => (filming.value = true)}><Icon name="burst" /><span>{w.burst}</span></button>}
          </>
        )}
      </div>
      {cutOff.value.has(nameOf(spot)) && <CutOff spot={spot} />}
      <p class="under" role="status">{busy.value > 0 && w.photoBusy(busy.value)}</p>
      {photos.length === 0 && (reason ? (
        <p class="reason"><span>{w.noPhotoSet(w.noPhotos[reason] ?? reason)}</span>{!disabled && <button type="button" class="quiet" onClick={() => void noPhoto(null)}>{w.change}</button>}</p>
      ) : wanted && !disabled && (asking.value ? (
        <div class="reasons" role="group" aria-label={w.noPhotoReason}>
          {(visit.record.peek().document.kind === "mystery" ? COVERT : REASONS).map((id) => <button type="button" key={id} data-value={id} onClick={() => void noPhoto(id)}>{w.noPhotos[id]}</button>)}
        </div>
      ) : <button type="button" class="quiet" onClick={() => (asking.value = true)}>{w.noPhoto}</button>))}
      {open && <Viewer visit={visit} photo={open} number={photos.indexOf(open) + 1} all={photos.length} disabled={disabled || visit.sealed(open)} onClose={(key) => (shown.value = key ?? null)} />}
      {filming.value && <CameraView visit={visit} item={item} before={before} onStored={stored} onClose={() => (filming.value = false)} />}
    </div>
  );
}

function Thumb({ visit, photo, label, onOpen }: { visit: OpenVisit; photo: PhotoRecord; label: string; onOpen: () => void }) {
  const w = words.value;
  const url = useObjectUrl(photo.thumb ? new Blob([photo.thumb], { type: "image/jpeg" }) : null, photo.key) ?? atServer(photo, "thumb");
  const percent = useComputed(() => {
    const file = sendingFile.value;
    return file?.sha256 === photo.sha256 && file.all > 0 ? Math.floor((100 * file.sent) / file.all) : null;
  }).value;
  // The rows were read when the visit was opened; what has arrived since then stands in the record.
  const arrived = useComputed(() => visit.record.value.known.arrived.includes(photo.sha256)).value;
  const now = arrived ? "arrived" : photo.state;
  const state = percent === null ? w.photoState[now] : w.sendingPercent(percent);
  return (
    <button type="button" class={`shot ${now}`} onClick={onOpen} aria-label={`${label}, ${state}`}>
      <img src={url} alt="" onError={hide} />
      <span class="mark" aria-hidden="true">{now === "arrived" ? <Icon name="check" /> : now === "refused" ? <Icon name="warn" /> : percent !== null ? `${percent}%` : <Icon name="send" />}</span>
    </button>
  );
}

/** Where a picture is that another phone took, or whose bytes have left this one. */
export const atServer = (photo: PhotoRecord, size: "thumb" | "screen"): string => `${server.base}/photos/${photo.sha256}?size=${size}`;

/** Without a network there is nothing to show of it. */
export const hide = (event: { currentTarget: HTMLImageElement }) => { event.currentTarget.hidden = true; };

/** A link to bytes in memory that is given back when the picture leaves the screen. */
export function useObjectUrl(blob: Blob | null, key: string): string | null {
  const url = useMemo(() => (blob ? URL.createObjectURL(blob) : null), [key, blob !== null]);
  useEffect(() => () => { if (url) URL.revokeObjectURL(url); }, [url]);
  return url;
}
