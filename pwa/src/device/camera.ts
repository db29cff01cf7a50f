/** From camera or album to small JPEG bytes: the picker, the worker, and the way without a worker. */
import { signal } from "@preact/signals";
import type { MakeSurface, Processed, Wanted } from "./shrink";

export type { Processed, Wanted } from "./shrink";

/** What goes to photo_worker.ts and comes back. */
export interface Job { file: Blob; wanted: Wanted }
export type Done = { picture: Processed } | { problem: string };

/** A picture may take half a minute, which the slowest phones do not need by far, but a decoder that hangs; after one that did, the next
 *  of those picked has half as long and a step more, so that many hold nobody up for minutes. Counted in steps, because a page that
 *  rested hears of all that time at once. */
const STEP_MS = 3_000;
const STEPS = 10;
let steps = STEPS;

let worker: Worker | null | undefined;
/** One after the other: two decoded 12-megapixel pictures at once are 100 MB. */
let turn: Promise<unknown> = Promise.resolve();
/** How often camera or album were opened: the page may be in the background for them. */
let opened = 0;
export const pickers = (): number => opened;

/** Whether the camera can be shown in the page: not where the browser has none to offer, nor once it is known to be denied. */
export const inPage = signal(Boolean(globalThis.navigator?.mediaDevices?.getUserMedia));
if (inPage.peek()) navigator.permissions?.query({ name: "camera" as PermissionName }).then((found) => {
  const tell = () => { inPage.value = found.state !== "denied"; };
  found.onchange = tell;
  tell();
}, () => undefined);

/** Opens the phone's camera, album or files (one of any kind); must be called in a tap. Empty when nothing was taken. */
export function pick(from: "camera" | "album" | "files"): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    if (from !== "files") input.accept = "image/*";
    if (from === "camera") input.capture = "environment";
    input.multiple = from === "album";
    input.hidden = true;
    const end = (files: File[]): void => {
      input.remove();
      resolve(files);
    };
    input.addEventListener("change", () => end([...(input.files ?? [])]), { once: true });
    input.addEventListener("cancel", () => end([]), { once: true });
    // Some phones forget an input that is not in the page while the camera is in front.
    document.body.append(input);
    opened += 1;
    steps = STEPS;
    input.click();
  });
}

/** Shrinks, strips, hashes off the main thread. Rejects with `code` photo-unreadable when the browser cannot decode it, and with
 *  photo-damaged, whose words ask for another one, when it does not end: the picture may well be a good one. */
export async function process(file: Blob, wanted: Wanted): Promise<Processed> {
  const mine = turn.then(() => inTime(made(file, wanted)));
  turn = mine.catch(() => undefined);
  const picture = await mine.catch((problem: unknown) => {
    throw Object.assign(new Error("this picture cannot be read", { cause: problem }), { code: problem === LATE ? "photo-damaged" : "photo-unreadable" });
  });
  steps = STEPS;
  const modified = (file as File).lastModified;
  return { ...picture, takenAt: picture.takenAt ?? (modified ? new Date(modified).toISOString() : null) };
}

/** A canvas (marks, signature) as bytes with hash. */
export async function fromCanvas(canvas: HTMLCanvasElement, type: "image/png" | "image/jpeg"): Promise<Processed> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, 0.85));
  if (!blob) throw new Error("the canvas gave no picture");
  const picture = await process(blob, { maxPx: Math.max(canvas.width, canvas.height), targetBytes: Infinity, original: true });
  return { ...picture, takenAt: new Date().toISOString() };
}

/** Whether pictures are made off the main thread; known once the first was made. */
export const inWorker = (): boolean => Boolean(worker);

/** null where the browser cannot draw in a worker; then the page does it, one step at a time. */
function theWorker(): Worker | null {
  if (worker !== undefined) return worker;
  const able = typeof Worker !== "undefined" && typeof OffscreenCanvas !== "undefined" && "convertToBlob" in OffscreenCanvas.prototype && __PHOTO_WORKER__ !== "";
  worker = able ? new Worker(__PHOTO_WORKER__, { type: "module" }) : null;
  return worker;
}

async function made(file: Blob, wanted: Wanted): Promise<Processed> {
  const helper = theWorker();
  try {
    return await (helper ? ask(helper, { file, wanted }) : onPage(file, wanted));
  } catch (problem) {
    if (helper && worker === null) return onPage(file, wanted);
    throw problem;
  }
}

function ask(helper: Worker, job: Job): Promise<Processed> {
  return new Promise((resolve, reject) => {
    helper.onmessage = ({ data }: MessageEvent<Done>) => ("picture" in data ? resolve(data.picture) : reject(new Error(data.problem)));
    helper.onerror = () => {
      // It did not load or died: the picture goes the other way.
      worker = null;
      reject(new Error("worker"));
    };
    helper.postMessage(job);
  });
}

const LATE = new Error("late");

/** The worker that does not answer is ended, and the next picture has one of its own. */
function inTime<T>(job: Promise<T>): Promise<T> {
  let left = steps;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const step = (): void => {
      if (left-- > 0) timer = setTimeout(step, STEP_MS);
      else {
        worker?.terminate();
        worker &&= undefined;
        steps = (steps >> 1) + 1;
        reject(LATE);
      }
    };
    step();
  });
  return Promise.race([job, late]).finally(() => clearTimeout(timer));
}

/** The way without a worker, by the worker's own file, which is fetched only where it is needed; in one piece with this where there is none. */
async function onPage(file: Blob, wanted: Wanted): Promise<Processed> {
  const { shrink } = (await (__PHOTO_WORKER__ ? import(__PHOTO_WORKER__) : import("./shrink"))) as typeof import("./shrink");
  return shrink(file, wanted, inDocument);
}

const inDocument: MakeSurface = (width, height) => {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  return {
    source: canvas,
    draw: (source, w, h) => {
      context.imageSmoothingQuality = "high";
      context.fillStyle = "#fff";
      context.fillRect(0, 0, w, h);
      context.drawImage(source, 0, 0, w, h);
    },
    jpeg: (quality) => new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality)),
    // WebKit counts canvases against a small limit until they are empty.
    free: () => {
      canvas.width = canvas.height = 0;
    },
  };
};
