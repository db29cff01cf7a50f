/** The camera in the page: what it sees fills the screen, each tap stores one picture at once, and holding the button takes more. */
import { effect, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { burst, hold } from "../data/burst";
import { photosIn } from "../data/photos";
import { missed, picked } from "../data/picked";
import { settings } from "../data/sync";
import type { Item, PhotoRecord } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { process } from "../device/camera";
import { visible } from "../device/lifecycle";
import { complain, Dialog } from "../ui/app";
import { veiled } from "../ui/discreet";
import { Icon } from "../ui/icons";
import { sentence, words } from "../ui/text";
import { useBefore } from "./before";
import { useObjectUrl } from "./photos";
import { own } from "./shot_words";

type Trouble = "denied" | "none" | "busy" | "insecure" | "other";
const TROUBLES: Record<string, Trouble> = {
  NotAllowedError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", AbortError: "busy", SecurityError: "insecure",
};
const WANTED: MediaStreamConstraints = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } } };
const GHOST = [0, 0.35, 0.7] as const;
const LAST_SHOWN = 3;

/** `onStored` after each picture that is on disk. */
export function CameraView({ visit, item, before, onStored, onClose }: { visit: OpenVisit; item: Item; before: readonly string[]; onStored: () => Promise<void>; onClose: () => void }) {
  const w = words.value, o = own.value;
  const video = useRef<HTMLVideoElement>(null);
  const trouble = useSignal<Trouble | null>(null);
  const frame = useSignal<{ width: number; height: number } | null>(null);
  const track = useSignal<MediaStreamTrack | null>(null);
  const light = useSignal<boolean | null>(null);
  const refused = useSignal<"full" | "slow" | null>(null);
  const tries = useSignal(0);
  const queue = useMemo(() => burst<PhotoRecord>(async (picture, takenAt) => {
    const { photo_px, photo_bytes } = settings.value;
    const made = await process(picture, { maxPx: item.max_px || photo_px, targetBytes: photo_bytes, original: false });
    const kept = await visit.addPhoto(item.id, { ...made, takenAt }, "camera");
    await onStored();
    return kept;
  }, () => (settings.value.photos_max ?? 60) - photosIn(visit.record.value.document)), []);

  useMemo(() => {
    let before = 0;
    const spot = { visit: visit.id, section: visit.checklist.sections.find(({ items }) => items.includes(item))!.id, item: item.id };
    // What waits in memory would be gone with the page, and outlives this view.
    queue.failed.subscribe((failed) => { if (failed) missed(spot); });
    queue.waiting.subscribe((now) => {
      if (now !== before) void picked(spot, now - before);
      before = now;
    });
  }, []);
  useEffect(() => {
    let gone = false;
    let stream: MediaStream | null = null;
    const stop = () => { stream?.getTracks().forEach((one) => one.stop()); stream = null; };
    trouble.value = null;
    opened().then(async (found) => {
      stream = found;
      if (gone) return stop();
      const [first] = found.getVideoTracks();
      first?.addEventListener("ended", () => { trouble.value = "busy"; });
      track.value = first ?? null;
      light.value = (first?.getCapabilities?.() as { torch?: boolean } | undefined)?.torch ? false : null;
      video.current!.srcObject = found;
      await video.current!.play();
    }).catch((problem: unknown) => { if (!gone) trouble.value = TROUBLES[(problem as Error).name] ?? "other"; });
    addEventListener("pagehide", stop);
    return () => {
      gone = true;
      removeEventListener("pagehide", stop);
      stop();
    };
  }, [tries.value]);

  useEffect(() => {
    // Nobody is filmed by a screen that is not seen.
    const unwatch = effect(() => { if (!visible.value || veiled.value) onClose(); });
    return () => {
      unwatch();
      letGo();
      void queue.settled().then(() => {
        const failed = queue.failed.peek();
        if (failed) complain(failed.why);
      });
    };
  }, []);

  const canvas = useMemo(() => document.createElement("canvas"), []);
  const grab = (): Promise<Blob> => {
    const { videoWidth: width, videoHeight: height } = video.current!;
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d")!.drawImage(video.current!, 0, 0);
    return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", 0.95));
  };
  const take = (): boolean => {
    if (!frame.value || trouble.value) return false;
    const taken = queue.take(grab);
    refused.value = taken === "taken" ? null : taken;
    return taken === "taken";
  };
  const holding = useRef<(() => void) | null>(null);
  const letGo = () => { holding.current?.(); holding.current = null; };
  const press = (event: PointerEvent) => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    letGo();
    holding.current = hold(take);
  };
  const torch = () => {
    const on = !light.value;
    void track.value?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] }).then(() => { light.value = on; }, () => { light.value = null; });
  };

  // The same picture twice is one picture.
  const kept = useComputed(() => [...new Map(queue.stored.value.map((photo) => [photo.key, photo])).values()]);
  const said = useComputed(() => {
    const { waiting, failed } = queue;
    return [kept.value.length && own.value.stored(kept.value.length), waiting.value && own.value.storing(waiting.value), failed.value && own.value.failed(failed.value.count)].filter(Boolean).join(" · ");
  });
  const failed = queue.failed.value;
  return (
    <Dialog title={o.camera} name="camera" onClose={onClose}>
      <div class="seen">
        <video ref={video} aria-label={o.view} playsInline muted autoplay data-testid="viewfinder" onLoadedMetadata={resized} onResize={resized} />
        {frame.value && !trouble.value && <Ghost hashes={before} frame={frame.value} />}
        {trouble.value ? (
          <div class="trouble" role="alert"><Icon name="warn" /><p>{o.troubles[trouble.value]}</p><button type="button" class="outline" onClick={() => (tries.value += 1)}><Icon name="retry" />{o.again}</button></div>
        ) : !frame.value && <p class="trouble" role="status">{o.opening}</p>}
      </div>
      <p class="said" role="status">{refused.value ? o.refusals[refused.value] : said.value || (frame.value ? o.hint : "")}{failed && <small>{sentence(failed.why)}</small>}</p>
      <div class="reach">
        <div class="kept">{kept.value.slice(-LAST_SHOWN).map((photo) => <Kept key={photo.key} photo={photo} />)}</div>
        <button type="button" class="shutter" aria-label={o.shutter} data-testid="shutter" disabled={!frame.value || trouble.value !== null} onPointerDown={press} onPointerUp={letGo} onPointerCancel={letGo}
          onContextMenu={(event) => event.preventDefault()} onKeyDown={(event) => { if (event.repeat) event.preventDefault(); }} onClick={(event) => { if (event.detail === 0) take(); }} />
        <div class="ends">
          {light.value !== null && <button type="button" class="outline" aria-pressed={light.value} onClick={torch}>{o.torch}</button>}
          <button type="button" class="outline" onClick={onClose}>{w.done}</button>
        </div>
      </div>
    </Dialog>
  );

  function resized(): void {
    const { videoWidth: width, videoHeight: height } = video.current!;
    if (width && height) frame.value = { width, height };
  }
}

async function opened(): Promise<MediaStream> {
  if (!isSecureContext || !navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error("insecure"), { name: "SecurityError" });
  return navigator.mediaDevices.getUserMedia(WANTED);
}

/** The photo from before over what the camera sees now, cut to the same shape: long sides of both show the same. */
function Ghost({ hashes, frame }: { hashes: readonly string[]; frame: { width: number; height: number } }) {
  const o = own.value;
  const photos = useBefore(hashes);
  const which = useSignal(0);
  const strength = useSignal<number>(GHOST[1]);
  const canvas = useRef<HTMLCanvasElement>(null);
  const photo = photos?.[which.value % (photos.length || 1)];
  useEffect(() => {
    let gone = false;
    if (photo) createImageBitmap(photo).then((bitmap) => {
      const context = canvas.current?.getContext("2d");
      if (!gone && context) {
        const scale = Math.max(frame.width / bitmap.width, frame.height / bitmap.height);
        const [width, height] = [bitmap.width * scale, bitmap.height * scale];
        context.clearRect(0, 0, frame.width, frame.height);
        context.drawImage(bitmap, (frame.width - width) / 2, (frame.height - height) / 2, width, height);
      }
      bitmap.close();
    }, () => undefined);
    return () => { gone = true; };
  }, [photo, frame.width, frame.height]);
  if (!photos?.length) return null;
  return (
    <>
      <canvas ref={canvas} width={frame.width} height={frame.height} style={{ opacity: strength.value }} data-testid="ghost" role="img" aria-label={o.beforeNumber((which.value % photos.length) + 1, photos.length)} />
      <div class="strength" role="group" aria-label={o.overlay}>
        <span aria-hidden="true">{o.before}</span>
        {GHOST.map((one) => <button type="button" key={one} class={strength.value === one ? "on" : ""} aria-pressed={strength.value === one} onClick={() => (strength.value = one)}>{one ? `${one * 100}%` : o.off}</button>)}
        {photos.length > 1 && <button type="button" onClick={() => (which.value += 1)}>{o.next}</button>}
      </div>
    </>
  );
}

function Kept({ photo }: { photo: PhotoRecord }) {
  const url = useObjectUrl(photo.thumb ? new Blob([photo.thumb], { type: "image/jpeg" }) : null, photo.key);
  return url ? <img src={url} alt="" data-testid="kept" /> : null;
}
