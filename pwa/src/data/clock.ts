/** The clocks, chance and delay of this floor, in one place so that tests hand in their own. */
import type { Instant } from "./types";

export interface Clock {
  /** Milliseconds since 1970 by the phone's own, possibly wrong, clock. */
  now(): number;
  /** Milliseconds since the page began; never jumps. */
  mono(): number;
  /** 0 ≤ x < 1 */
  random(): number;
  /** Runs `job` after `ms`; gives back how to call it off. */
  later(ms: number, job: () => void): () => void;
}

export const clock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
  random: () => Math.random(),
  later: (ms, job) => {
    const timer = setTimeout(job, ms);
    return () => clearTimeout(timer);
  },
};

/** Distinguishes this page from the one before a kill: its monotonic clock means nothing to another. */
export const page: string = hex(crypto.getRandomValues(new Uint8Array(8)));

export function instant(milliseconds: number = clock.now()): Instant {
  return new Date(milliseconds).toISOString();
}

/** RFC 9562 version 4, made on the phone: nothing but chance, because outlets must not learn from an id when a covert visit began. */
export function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint8(6, 0x40 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function sha256(bytes: ArrayBuffer): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}
