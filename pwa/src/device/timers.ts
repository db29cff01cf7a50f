/** The beat for running timers on the screen; durations themselves come from stored instants. */
import { signal, type ReadonlySignal } from "@preact/signals";

/** Counts up about once a second while somebody `listen`s and the page is visible. */
export const beat: ReadonlySignal<number> = signal(0);
/** Begin to need the beat; call what it gives back to end. */
export function listen(): () => void { throw new Error("not yet"); }
/** 75 → "1:15", 3675 → "1:01:15". */
export function clockFace(seconds: number): string { throw new Error(String(seconds)); }
