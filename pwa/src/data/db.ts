/** IndexedDB: stores, versions, strict writes, and re-opening when the system closes it. */
import { signal, type Signal } from "@preact/signals";

/** `full`: no room; `frozen`: the store does not answer, the last entry waits in memory: show "请重新打开". */
export const storageProblem: Signal<"full" | "frozen" | "damaged" | null> = signal(null);

/** Try the writes again that wait in memory; true when all are stored. */
export async function retryPending(): Promise<boolean> { throw new Error("not yet"); }
