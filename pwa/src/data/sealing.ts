/** Seals what was stored before there was a key, or under an older one: row by row, so that a kill between any two leaves each of them whole. */
import { storageProblem, type Db, type Store } from "./db";
import { PhoneProblem } from "./problem";
import { ALL_UNDER, during, mustSeal, opened, packed, sealed, SEALED, sealedBy, type Row } from "./seal";

/** Seals all that is not under the present key yet; false when something is left, which the next start does. */
export async function sealRows(store: Db): Promise<boolean> {
  const now = store.keys?.now;
  const under = await store.get("meta", ALL_UNDER);
  if (now && under === now) return true;
  // What is written without a key lies open.
  if (!now) return under !== undefined && (await store.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(ALL_UNDER)), false);
  const before = storageProblem.value;
  let whole = true;
  for (const name of SEALED) {
    const all = await store.bare([name], "readonly", (tx) => tx.objectStore(name).getAllKeys());
    for (const key of all) {
      if (!mustSeal(name, key)) continue;
      try {
        await sealRow(store, name, key);
      } catch (problem) {
        console.info("not sealed:", name, String(problem));
        whole = false;
      }
    }
  }
  if (whole) await store.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put(now, ALL_UNDER));
  // Nothing that the person did has failed.
  else storageProblem.value = before;
  return whole;
}

/** In one transaction, which ends only after the row was read back equal. */
function sealRow(store: Db, name: Store, key: string): Promise<void> {
  return store.bare<Store, "readwrite", void>([name], "readwrite", async (tx) => {
    const { keys } = store;
    const rows = tx.objectStore(name);
    const found = (await rows.get(key)) as unknown as Row | undefined;
    if (!found || !keys || sealedBy(found) === keys.now) return;
    const row = await during(rows, opened(name, found, keys));
    await rows.put((await during(rows, sealed(name, row, keys))) as never, ...(rows.keyPath ? [] : [key]));
    const [back, wanted] = [packed(await during(rows, opened(name, (await rows.get(key)) as unknown as Row, keys))), packed(row)];
    if (back.length !== wanted.length || back.some((byte, at) => byte !== wanted[at])) throw new PhoneProblem("storage-damaged");
  });
}
