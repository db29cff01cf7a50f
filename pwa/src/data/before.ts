/** Photos of what failed earlier: fetched when there is a network, and on this phone while an assignment or action names them. */
import { server } from "./api";
import { clock, instant } from "./clock";
import { beforeKey, namedBefore } from "./photos";
import { db } from "./records";
import { actions, assignments } from "./sync";
import type { Sha256 } from "./types";

let running: Promise<void> | null = null;
/** For whom. */
let of: object | null = null;

/** Of so many actions that this person answers, those that are due first: who looks after many outlets has no use for all of theirs. */
const ACTIONS = 30;

/** Fetches what is not here yet, what is looked at now (`also`) first; what fails is asked for again after the next sync. Called twice, it runs once. */
export function fetchBefore(also: readonly Sha256[] = []): Promise<void> {
  if (running && of === server.of) return also.length ? running.then(() => fetchBefore(also)) : running;
  of = server.of;
  const mine = running = fetched(also).finally(() => { if (running === mine) running = null; });
  return mine;
}

async function fetched(also: readonly Sha256[]): Promise<void> {
  try {
    const store = db();
    const mine = [...actions.value.values()].filter((one) => one.may_answer && one.before.length).sort((a, b) => (a.due_at < b.due_at ? -1 : 1)).slice(0, ACTIONS);
    for (const key of new Set([...also.map(beforeKey), ...namedBefore([...assignments.value.values(), ...mine])])) {
      if (await store.tx(["bytes"], "readonly", (tx) => tx.objectStore("bytes").getKey(key))) continue;
      if (store !== server.of) return;
      const abort = new AbortController();
      const callOff = clock.later(60_000, () => abort.abort());
      // Kept here alone: in the browser's own cache nobody seals it.
      const answer = await server.fetch(`${server.base}/photos/${key.slice(key.indexOf("/") + 1)}?size=screen`, { credentials: "same-origin", cache: "no-store", redirect: "error", signal: abort.signal });
      const type = answer.headers.get("Content-Type") ?? "";
      const bytes = await answer.arrayBuffer();
      callOff();
      // A Wi-Fi's login page is no picture; one that is refused must not keep the others away.
      if (!answer.ok || !type.startsWith("image/")) continue;
      await store.tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").put({ sha256: key, bytes, type, stored_at: instant() }));
    }
  } catch {
    // No network, or no room: the visit goes on without them.
  }
}

/** The pictures as far as they are here. */
export async function beforePhotos(hashes: readonly Sha256[]): Promise<Blob[]> {
  const found = await Promise.all(hashes.map((hash) => db().get("bytes", beforeKey(hash))));
  return found.flatMap((one) => (one ? [new Blob([one.bytes], { type: one.type })] : []));
}
