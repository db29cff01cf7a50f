/** Shrinks, strips and hashes pictures off the main thread; a page whose browser cannot do that takes `shrink` from here. */
import type { Done, Job } from "./device/camera";
import { shrink, type MakeSurface } from "./device/shrink";

export { shrink };

const scope = self as unknown as DedicatedWorkerGlobalScope;

const offScreen: MakeSurface = (width, height) => {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  return {
    source: canvas,
    draw: (source, w, h) => {
      context.imageSmoothingQuality = "high";
      // A transparent picture would turn black in a JPEG.
      context.fillStyle = "#fff";
      context.fillRect(0, 0, w, h);
      context.drawImage(source, 0, 0, w, h);
    },
    jpeg: (quality) => canvas.convertToBlob({ type: "image/jpeg", quality }),
    free: () => {
      canvas.width = canvas.height = 1;
    },
  };
};

if (typeof document === "undefined") scope.onmessage = async ({ data: { file, wanted } }: MessageEvent<Job>) => {
  const answer: Done = await shrink(file, wanted, offScreen).then(
    (picture) => ({ picture }),
    (problem: unknown) => ({ problem: problem instanceof Error ? `${problem.name}: ${problem.message}` : "unreadable" }),
  );
  const moved = "picture" in answer ? [answer.picture.bytes, ...(answer.picture.thumb ? [answer.picture.thumb] : [])] : [];
  scope.postMessage(answer, moved);
};
