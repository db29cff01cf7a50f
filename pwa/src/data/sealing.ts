/** Seals what was stored before there was a key, or under an older one: row by row, so that a kill between any two leaves each of them whole. */
import type { Db, Store } from "./db";
import { PhoneProblem } from "./problem";
import { ALL_UNDER, during, mustSeal, opened, packed, sealable, sealed, SEALED, sealedBy, type Keys, type Row } from "./seal";

/** What a row lies under that lies open; and one that could not be read. */
export const OPEN = "";
const UNKNOWN = "?";

/** Whether a row that lies under `by` may need a key from here that the server did not say it keeps. Where nobody here has its key none is needed. */
export const mayNeed = (by: string, keys: Keys | null): boolean => by === UNKNOWN || (by !== OPEN && by !== keys?.kept && keys?.all[by] !== undefined);

/** Seals all that is not under the present key yet; false when something is left, which the next start does. */
export async function sealRows(store: Db): Promise<boolean> {
  const { keys } = store;
  const all = keys?.now ? `${keys.now} ${keys.since}` : null;
  // What is written without a key lies open.
  if (!all) return store.quietly(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(ALL_UNDER)).then(() => false);
  if ((await store.quietly(["meta"], "readonly", (tx) => tx.objectStore("meta").get(ALL_UNDER))) === all) return true;
  const whole = [...(await sealedUnder(store))].every((by) => by === keys!.now);
  if (whole) await store.quietly(["meta"], "readwrite", (tx) => tx.objectStore("meta").put(all, ALL_UNDER));
  return whole;
}

/** Looks at every row, seals what is not under the present key, if there is one, and says what they lie under then. Rejects with
 *  `storage-frozen` when the store is dead. */
export async function sealedUnder(store: Db): Promise<Set<string>> {
  const under = new Set<string>();
  for (const name of SEALED) {
    for (const key of await store.quietly([name], "readonly", (tx) => tx.objectStore(name).getAllKeys())) {
      const by = mustSeal(name, key) ? await sealRow(store, name, key) : null;
      if (by !== null) under.add(by);
    }
  }
  return under;
}

/** In one transaction, which ends only after the row was read back equal. Gives back what it lies under; null where it is gone. */
async function sealRow(store: Db, name: Store, key: string): Promise<string | null> {
  let by: string | null = UNKNOWN;
  try {
    return await store.quietly<Store, "readwrite", string | null>([name], "readwrite", async (tx) => {
      const { keys } = store;
      const rows = tx.objectStore(name);
      const found = (await rows.get(key)) as unknown as Row | undefined;
      by = found ? sealedBy(found) ?? OPEN : null;
      if (!found || !keys?.now || by === keys.now) return by;
      const row = await during(rows, opened(name, found, keys));
      if (!sealable(row)) return by;
      await rows.put((await during(rows, sealed(name, row, keys))) as never, ...(rows.keyPath ? [] : [key]));
      const [back, wanted] = [packed(await during(rows, opened(name, (await rows.get(key)) as unknown as Row, keys))), packed(row)];
      // The browser compares keys itself; a photograph byte by byte would hold the page up for a second.
      if (indexedDB.cmp(back.buffer, wanted.buffer) !== 0) throw new PhoneProblem("storage-damaged");
      return keys.now;
    });
  } catch (problem) {
    if (problem instanceof PhoneProblem && problem.code === "storage-frozen") throw problem;
    console.info("not sealed:", name, String(problem));
    return by;
  }
}
