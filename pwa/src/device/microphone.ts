/** Speaking into the phone: sound in small pieces as it is spoken, so that a kill loses seconds and not the whole. */

/** Why nothing can be recorded. */
export class NoSound extends Error {
  constructor(readonly why: "denied" | "none" | "unsupported") {
    super(why);
  }
}

export interface Recording {
  /** The MIME type without its parameters. */
  type: string;
  /** Ends it; resolves when the last piece was taken. */
  stop(): Promise<void>;
}

/** AAC first: every reviewer's browser plays it and can go back and forth in it. */
const TYPES = ["audio/mp4;codecs=mp4a.40.2", "audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
/** Speech needs no more, and three minutes stay under 600 KB. */
const BITS_PER_SECOND = 24_000;
const PIECE_MS = 2_000;
/** A note ends by itself, whatever is on the screen. */
export const MOST_MS = 180_000;

/** In a tap. `onPiece` is awaited one after the other, with the milliseconds since the beginning; `onEnd` is called once,
 *  whoever ended it, when every piece was taken or one could not be. Rejects with NoSound. */
export async function record(onPiece: (bytes: ArrayBuffer, ms: number) => Promise<void>, onEnd: (problem: unknown) => void): Promise<Recording> {
  const type = typeof MediaRecorder === "undefined" ? undefined : TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  if (!type || !navigator.mediaDevices) throw new NoSound("unsupported");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } }).catch((problem: DOMException) => {
    throw new NoSound(/^(NotAllowed|Security)/.test(problem.name) ? "denied" : "none");
  });
  const recorder = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: BITS_PER_SECOND });
  const begun = performance.now();
  let taken: Promise<void> = Promise.resolve();
  let failed: unknown = null;
  recorder.ondataavailable = ({ data }) => {
    const ms = performance.now() - begun;
    if (data.size === 0) return;
    taken = taken.then(async () => { if (failed === null) await onPiece(await data.arrayBuffer(), ms); }).catch((problem: unknown) => {
      failed = problem;
      if (recorder.state !== "inactive") recorder.stop();
    });
  };
  const limit = setTimeout(() => { if (recorder.state !== "inactive") recorder.stop(); }, MOST_MS);
  const ended = new Promise<void>((done) => {
    recorder.onstop = () => {
      clearTimeout(limit);
      // The light of the microphone goes out at once.
      for (const track of stream.getTracks()) track.stop();
      // The last piece was handed over before.
      void taken.then(() => { onEnd(failed); done(); });
    };
  });
  recorder.start(PIECE_MS);
  return { type: type.split(";")[0]!, stop: () => { if (recorder.state !== "inactive") recorder.stop(); return ended; } };
}
