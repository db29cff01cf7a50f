/** From camera or album to small JPEG bytes: the picker, the worker, and the way without a worker. */

export interface Processed {
  bytes: ArrayBuffer; sha256: string; type: string; width: number; height: number; thumb: ArrayBuffer | null; takenAt: string | null;
}
export interface Wanted { maxPx: number; targetBytes: number; original: boolean }

/** Opens the phone's camera or album; must be called in a tap. Empty when nothing was taken. */
export function pick(from: "camera" | "album"): Promise<File[]> { throw new Error(from); }
/** Shrinks, strips, hashes off the main thread. Rejects when the picture cannot be read. */
export function process(file: Blob, wanted: Wanted): Promise<Processed> { throw new Error(String([file, wanted])); }
/** A canvas (marks, signature) as bytes with hash. */
export function fromCanvas(canvas: HTMLCanvasElement, type: "image/png" | "image/jpeg"): Promise<Processed> { throw new Error(String([canvas, type])); }
