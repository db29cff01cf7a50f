/** The one outbox: waiting → sending → sent | refused | conflict; pauses; reasons to run. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { OutboxEntry } from "./types";

export interface Summary {
  /** Submitted visits that the server does not hold whole yet; photos and bytes still to go. */
  visits: number; photos: number; bytes: number; sending: boolean; refused: number; conflicts: number;
  lastSentAt: Date | null;
}
export type Reason = "tap" | "online" | "visible" | "launch" | "timer" | "background" | "login";

/** Newest first; drafts that are mirrored have `kind: "draft"`. */
export const entries: Signal<readonly OutboxEntry[]> = signal([]);
export const summary: ReadonlySignal<Summary> = computed(() => ({ visits: 0, photos: 0, bytes: 0, sending: false, refused: 0, conflicts: 0, lastSentAt: null }));

/** Once after launch: listens to `online` and visibility, and runs. */
export function start(): void { throw new Error("not yet"); }
/** `tap`, `online` and `login` do not wait for pauses. */
export async function run(reason: Reason): Promise<void> { throw new Error(reason); }
export async function retry(visit: string): Promise<void> { throw new Error(visit); }
/** The last resort: document and photos in one JSON file. */
export async function exportFile(visit: string): Promise<{ name: string; blob: Blob }> { throw new Error(visit); }
