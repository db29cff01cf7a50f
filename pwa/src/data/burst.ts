/** Pictures taken faster than they can be stored: kept one after the other in the order of the taps, and one that fails holds up none. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { clock, instant } from "./clock";
import { underway } from "./records";
import type { Instant } from "./types";

/** Taken and not stored: each is one JPEG in memory, below 1 MB, and only the first of them is ever decoded. */
export const MOST_WAITING = 10;
export const MOST_IN_HOLD = 10;
/** At most three in a second. */
export const EVERY_MS = 334;

export interface Burst<T> {
  readonly waiting: ReadonlySignal<number>;
  /** What is on disk, in the order of the taps. */
  readonly stored: ReadonlySignal<readonly T[]>;
  /** How many could not be kept, and why the last of them. */
  readonly failed: ReadonlySignal<{ count: number; why: unknown } | null>;
  /** Takes one now, unless there is no room for one more; "slow" passes by itself. */
  take(grab: () => Promise<Blob>): "taken" | "full" | "slow";
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
}

/** `store` resolves when the picture is on disk; `room` says how many the visit may still have. */
export function burst<T>(store: (picture: Blob, taken: Instant) => Promise<T>, room: () => number): Burst<T> {
  const waiting = signal(0);
  const stored = signal<readonly T[]>([]);
  const failed = signal<{ count: number; why: unknown } | null>(null);
  let turn: Promise<void> = Promise.resolve();
  return {
    waiting, stored, failed,
    take: (grab) => {
      if (room() - waiting.peek() <= 0) return "full";
      if (waiting.peek() >= MOST_WAITING) return "slow";
      waiting.value += 1;
      const taken = instant();
      // The frame is of this moment; only what is done with it waits.
      const frame = grab();
      frame.catch(() => undefined);
      turn = turn.then(async () => {
        try {
          const kept = await store(await frame, taken);
          stored.value = [...stored.peek(), kept];
        } catch (why) {
          failed.value = { count: (failed.peek()?.count ?? 0) + 1, why };
        }
        waiting.value -= 1;
      });
      // A log-out waits for the last of them.
      void underway(() => turn);
      return "taken";
    },
    settled: () => turn,
  };
}

/** One at once, and more while the button is held; gives back how to let go. */
export function hold(take: () => boolean): () => void {
  let taken = 0;
  let off = (): void => undefined;
  const next = (): void => {
    if (taken >= MOST_IN_HOLD || !take()) return;
    taken += 1;
    off = clock.later(EVERY_MS, next);
  };
  next();
  return () => off();
}
