/** The store: reopens when the system closes it, names a full disk, and never forgets what was tapped. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBDatabase as FDBDatabase, IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { Db, retryPending, storageProblem } from "../../pwa/src/data/db";
import { beginning } from "../../pwa/src/data/document";
import type { VisitRecord } from "../../pwa/src/data/types";
import { CHECKLIST, OUTLET, code, newPhone } from "./make";

const kept = new Map<string, string>();
beforeEach(() => {
  newPhone("http://127.0.0.1:9/api/v1");
  kept.clear();
  storageProblem.value = null;
  (globalThis as { sessionStorage?: unknown }).sessionStorage = {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text), removeItem: (key: string) => void kept.delete(key),
  };
});

const record = (saves: number): VisitRecord => ({
  ...beginning({ id: "v", outlet: OUTLET, kind: "mystery", part: null, checklist: CHECKLIST, assignment: null, recheckOf: null }), saves,
});
const put = (db: Db, saves: number) =>
  db.tx(["visits"], "readwrite", (tx) => tx.objectStore("visits").put(record(saves)), () => record(saves));

/** The next `times` transactions fail as WebKit's do after the app was in the background. */
function broken(times: number, name = "InvalidStateError"): () => void {
  const original = FDBDatabase.prototype.transaction;
  let left = times;
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof original>) {
    if (left-- > 0) throw new DOMException("The database connection is closing.", name);
    return original.apply(this, given);
  } as typeof original;
  return () => void (FDBDatabase.prototype.transaction = original);
}

test("every write is durable, not only handed over", async () => {
  const original = FDBDatabase.prototype.transaction;
  const asked: unknown[] = [];
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof original>) {
    if (given[1] === "readwrite") asked.push(given[2]);
    return original.apply(this, given);
  } as typeof original;
  await put(new Db("a"), 1);
  FDBDatabase.prototype.transaction = original;
  assert.deepEqual(asked, [{ durability: "strict" }]);
});

test("a connection that the system closed is opened again and the write replayed", async () => {
  for (const name of ["InvalidStateError", "UnknownError"]) {
    const db = new Db(`b${name}`);
    await put(db, 1);
    const mend = broken(1, name);
    await put(db, 2);
    mend();
    assert.equal((await db.get("visits", "v"))?.saves, 2);
    assert.equal(storageProblem.value, null);
  }
});

test("a store that stays dead freezes: the write waits in memory and is stored when the store is back", async () => {
  const db = new Db("c");
  await put(db, 1);
  const mend = broken(4);
  let stored = false;
  const writing = put(db, 2).then(() => void (stored = true));
  await new Promise<void>((frozen) => void storageProblem.subscribe((problem) => problem === "frozen" && frozen()));
  assert.equal(stored, false);
  assert.equal(await retryPending(), false);
  assert.equal(storageProblem.value, "frozen");
  mend();
  assert.equal(await retryPending(), true);
  await writing;
  assert.equal(storageProblem.value, null);
  assert.equal((await db.get("visits", "v"))?.saves, 2);
  assert.equal(kept.size, 0);
});

test("what waited when the page was opened again is taken in, unless something newer was stored", async () => {
  const db = new Db("d");
  await put(db, 3);
  await db.close();
  kept.set("d-aside", JSON.stringify(record(4)));
  assert.equal((await new Db("d").get("visits", "v"))?.saves, 4);
  assert.equal(kept.size, 0);
  kept.set("d-aside", JSON.stringify(record(2)));
  assert.equal((await new Db("d").get("visits", "v"))?.saves, 4);
});

test("a full disk has its name, the write is refused whole and the one before stays", async () => {
  const db = new Db("e");
  await put(db, 1);
  const original = FDBObjectStore.prototype.put;
  FDBObjectStore.prototype.put = () => {
    throw new DOMException("no room", "QuotaExceededError");
  };
  assert.equal(await code(put(db, 2)), "storage-full");
  FDBObjectStore.prototype.put = original;
  assert.equal(storageProblem.value, "full");
  assert.equal((await db.get("visits", "v"))?.saves, 1);
  await put(db, 2);
  assert.equal(storageProblem.value, null);
});

test("a write that throws half-way leaves nothing of itself", async () => {
  const db = new Db("f");
  await assert.rejects(db.tx(["visits", "meta"], "readwrite", async (tx) => {
    await tx.objectStore("meta").put(1, "x");
    throw new Error("thought better of it");
  }), /thought better/);
  assert.equal(await db.get("meta", "x"), undefined);
});

test("a later schema keeps what was stored, and an older app says that the data is newer", async () => {
  const first = new Db("g");
  await put(first, 7);
  await first.close();
  const steps = (first as unknown as { steps: never[] }).steps;
  const later = new Db("g", [...steps, (_, tx) => void tx.objectStore("visits").put(record(8))]);
  assert.equal((await later.get("visits", "v"))?.saves, 8);
  await later.close();
  assert.equal(await code(first.get("visits", "v")), "storage-newer");
});
