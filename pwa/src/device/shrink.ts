/** One picture made small: upright, at most so many pixels, about so many bytes, nothing of its metadata left. */
import { takenAt } from "./exif";

export interface Processed {
  bytes: ArrayBuffer; sha256: string; type: string; width: number; height: number; thumb: ArrayBuffer | null; takenAt: string | null;
}
/** `original`: the item asks for the bytes as they are. */
export interface Wanted { maxPx: number; targetBytes: number; original: boolean }

interface Surface { draw(source: CanvasImageSource, width: number, height: number): void; jpeg(quality: number): Promise<Blob>; free(): void }
export type MakeSurface = (width: number, height: number) => Surface;

const THUMB_PX = 240;
const QUALITIES = { low: 0.4, first: 0.82, high: 0.92 };
/** So near to the target is near enough. */
const ENOUGH = 0.75;

/** Rejects when the browser cannot decode the picture. */
export async function shrink(file: Blob, wanted: Wanted, make: MakeSurface): Promise<Processed> {
  const taken = takenAt(await file.slice(0, 128 * 1024).arrayBuffer());
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const { width, height } = bitmap;
    const thumb = await sized(bitmap, THUMB_PX, make, (surface) => surface.jpeg(0.7));
    const small = await thumb.blob.arrayBuffer();
    if (wanted.original) return { ...(await named(file, known(file.type))), width, height, thumb: small, takenAt: taken };
    const main = await sized(bitmap, wanted.maxPx, make, (surface) => encoded(surface, wanted.targetBytes));
    return { ...(await named(main.blob, "image/jpeg")), width: main.width, height: main.height, thumb: small, takenAt: taken };
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

async function sized(bitmap: ImageBitmap, limit: number, make: MakeSurface, encode: (surface: Surface) => Promise<Blob>): Promise<{ blob: Blob; width: number; height: number }> {
  const [width, height] = fitted(bitmap.width, bitmap.height, limit);
  const surface = make(width, height);
  try {
    surface.draw(bitmap, width, height);
    return { blob: await encode(surface), width, height };
  } finally {
    surface.free();
  }
}

/** At most four tries: the best quality whose size is under the target, else the smallest that came out. */
async function encoded(surface: Surface, target: number): Promise<Blob> {
  let { low, high } = QUALITIES;
  let quality = QUALITIES.first;
  let best: Blob | null = null;
  let least: Blob | null = null;
  for (let tries = 0; tries < 4; tries += 1) {
    const blob = await surface.jpeg(quality);
    if (least === null || blob.size < least.size) least = blob;
    if (blob.size <= target) {
      if (best === null || blob.size > best.size) best = blob;
      if (blob.size >= target * ENOUGH || quality >= high - 0.03) break;
      low = quality;
    } else {
      high = quality;
    }
    quality = (low + high) / 2;
  }
  return (best ?? least) as Blob;
}
