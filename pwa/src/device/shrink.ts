/** One picture made small: upright, at most so many pixels, about so many bytes, nothing of its metadata left. */
import { takenAt } from "./exif";

export interface Processed {
  bytes: ArrayBuffer; sha256: string; type: string; width: number; height: number; thumb: ArrayBuffer | null; takenAt: string | null;
}
/** `original`: the item asks for the bytes as they are. */
export interface Wanted { maxPx: number; targetBytes: number; original: boolean }

interface Surface { source: CanvasImageSource; draw(source: CanvasImageSource, width: number, height: number): void; jpeg(quality: number): Promise<Blob>; free(): void }
export type MakeSurface = (width: number, height: number) => Surface;

const THUMB_PX = 240;
const QUALITY = { low: 0.3, first: 0.82, high: 0.92 };
/** So near to the target is near enough. */
const ENOUGH = 0.6;
/** Where the next try aims, as a part of the target. */
const AIM = 0.9;
/** The bytes of most photographs fall with this power of the steps to which a JPEG rounds. */
const POWER = 0.7;

/** Rejects when the browser cannot decode the picture. */
export async function shrink(file: Blob, wanted: Wanted, make: MakeSurface): Promise<Processed> {
  const taken = takenAt(await file.slice(0, 128 * 1024).arrayBuffer());
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const { width, height } = bitmap;
    if (wanted.original) return { ...(await named(file, known(file.type))), width, height, thumb: await small(bitmap, width, height, make), takenAt: taken };
    const [w, h] = fitted(width, height, wanted.maxPx);
    return await drawn(bitmap, w, h, make, async (surface) => {
      const main = await encoded((quality) => surface.jpeg(quality), wanted.targetBytes);
      // From the shrunk picture, which is a fraction of the work.
      return { ...(await named(main, "image/jpeg")), width: w, height: h, thumb: await small(surface.source, w, h, make), takenAt: taken };
    });
  } finally {
    bitmap.close();
  }
}

/** The types that the server takes; it judges by the content in any case. */
function known(type: string): string {
  if (/hei[cf]/.test(type)) return "image/heic";
  return type === "image/png" || type === "image/webp" ? type : "image/jpeg";
}

async function named(blob: Blob, type: string): Promise<{ bytes: ArrayBuffer; sha256: string; type: string }> {
  const bytes = await blob.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { bytes, type, sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

/** Long edge at most `limit`; never enlarged. */
export function fitted(width: number, height: number, limit: number): [number, number] {
  const scale = Math.min(1, limit / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

async function drawn<T>(source: CanvasImageSource, width: number, height: number, make: MakeSurface, use: (surface: Surface) => Promise<T>): Promise<T> {
  const surface = make(width, height);
  try {
    surface.draw(source, width, height);
    return await use(surface);
  } finally {
    surface.free();
  }
}

function small(source: CanvasImageSource, width: number, height: number, make: MakeSurface): Promise<ArrayBuffer> {
  const [w, h] = fitted(width, height, THUMB_PX);
  return drawn(source, w, h, make, async (surface) => (await surface.jpeg(0.7)).arrayBuffer());
}

/** At most three tries, mostly one or two: the best quality whose size is under the target, else the smallest that came out. */
export async function encoded(jpeg: (quality: number) => Promise<Blob>, target: number): Promise<Blob> {
  let quality = QUALITY.first;
  let power = POWER;
  let before: { steps: number; bytes: number } | null = null;
  let best: Blob | null = null;
  let least: Blob | null = null;
  for (let tries = 0; tries < 3; tries += 1) {
    const blob = await jpeg(quality);
    const now = { steps: stepsOf(quality), bytes: blob.size };
    if (least === null || blob.size < least.size) least = blob;
    if (blob.size <= target && (best === null || blob.size > best.size)) best = blob;
    if (best !== null && (blob.size > target || blob.size >= target * ENOUGH)) break;
    // Two tries tell how this picture behaves.
    if (before !== null) power = Math.max(0.3, Math.log(before.bytes / now.bytes) / Math.log(now.steps / before.steps)) || POWER;
    const next = qualityOf(now.steps * ((target * AIM) / now.bytes) ** (-1 / power));
    if (Math.abs(next - quality) < 0.02) break;
    [before, quality] = [now, next];
  }
  return (best ?? least) as Blob;
}

/** How coarsely a JPEG of this quality rounds, beside one of 0.5. */
function stepsOf(quality: number): number {
  return quality >= 0.5 ? 2 - 2 * quality : 0.5 / quality;
}

function qualityOf(steps: number): number {
  return Math.min(QUALITY.high, Math.max(QUALITY.low, steps <= 1 ? 1 - steps / 2 : 0.5 / steps));
}
