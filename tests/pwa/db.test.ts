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
  (globalThis as { localStorage?: unknown }).localStorage = {
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

const photo = { sha256: "a".repeat(64), item: "A1", kind: "photo" as const, origin: "camera" as const, taken_at: null, caption: null, bytes: 3, type: "image/jpeg" };

test("a photo whose row was to be written while the store was dead is there when the page was closed and opened again", async () => {
  const named = (saves: number): VisitRecord => ({ ...record(saves), document: { ...record(saves).document, files: [photo] } });
  const db = new Db("p");
  await put(db, 1);
  await db.tx(["bytes", "photos"], "readwrite", async (tx) => {
    await tx.objectStore("bytes").put({ sha256: photo.sha256, bytes: new ArrayBuffer(3), type: photo.type, stored_at: "2026-11-21T02:00:00.000Z" });
    // Removed in the same breath; and one that only another phone has.
    await tx.objectStore("photos").put({ ...photo, sha256: "b".repeat(64), caption: "", key: "v/A1/b", visit: "v", width: 1, height: 1, thumb: null, state: "waiting", location: null });
  });
  const mend = broken(2);
  void db.tx(["visits", "photos"], "readwrite", (tx) => tx.objectStore("visits").put(named(2)), () => named(2));
  await new Promise<void>((frozen) => void storageProblem.subscribe((problem) => problem === "frozen" && frozen()));
  mend();
  // The page is gone, and what it had in memory with it.
  const text = kept.get("p-aside");
  await retryPending();
  await put(db, 1);
  await db.close();
  kept.set("p-aside", text!);
  const rows = await new Db("p").all("photos");
  assert.deepEqual(rows.map(({ key, bytes, caption }) => [key, bytes, caption]), [[`v/A1/${photo.sha256}`, 3, ""]]);
});

test("where nothing can be put aside the screen still stops", async () => {
  const db = new Db("q");
  await put(db, 1);
  (globalThis as { localStorage?: unknown }).localStorage = { getItem: () => null, removeItem: () => undefined, setItem: () => { throw new DOMException("no room", "QuotaExceededError"); } };
  const mend = broken(2);
  const writing = put(db, 2);
  await new Promise<void>((frozen) => void storageProblem.subscribe((problem) => problem === "frozen" && frozen()));
  mend();
  assert.equal(await retryPending(), true);
  await writing;
  assert.equal((await db.get("visits", "v"))?.saves, 2);
});

test("a private window that may not open a store says so, and does not freeze a visit that never was", async () => {
  const { indexedDB } = globalThis;
  for (const refusal of [new DOMException("A mutation operation was attempted on a database that did not allow mutations.", "InvalidStateError"), new DOMException("denied", "SecurityError"), null]) {
    Object.defineProperty(globalThis, "indexedDB", { configurable: true, writable: true, value: refusal && { open: () => { throw refusal; } } });
    assert.equal(await code(new Db("r").get("visits", "v")), "storage-none");
    assert.equal(await code(put(new Db("r"), 1)), "storage-none");
    assert.equal(storageProblem.value, null);
  }
  Object.defineProperty(globalThis, "indexedDB", { configurable: true, writable: true, value: indexedDB });
  await put(new Db("r"), 1);
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

/** The steps that lead to the present schema, as released. */
const released = (count: number) => (new Db("steps") as unknown as { steps: never[] }).steps.slice(0, count);

test("a phone with the first schema keeps all of it, gets its notes, and an open page of before lets go", async () => {
  const before = new Db("h", released(1));
  const rows = {
    visits: record(3), photos: { key: "v/A1/f", visit: "v", item: "A1", sha256: "f" }, bytes: { sha256: "f", bytes: new Uint8Array([7]).buffer },
    outbox: { visit: "v", kind: "draft" }, assignments: { id: "a" }, outlets: { id: "o" }, remote: { id: "r" },
  };
  await before.tx([...Object.keys(rows), "meta", "session", "checklists"] as never[], "readwrite", async (tx) => {
    for (const [name, row] of Object.entries(rows)) await tx.objectStore(name as never).put(row as never);
    for (const name of ["meta", "session", "checklists"]) await tx.objectStore(name as never).put({ kept: name } as never, "one" as never);
  });
  // The page of before is still open: it is told to let go, or this would wait for ever.
  const now = new Db("h");
  assert.deepEqual(await now.all("notes"), []);
  for (const [name, row] of Object.entries(rows)) assert.deepEqual(await now.all(name as never), [row]);
  for (const name of ["meta", "session", "checklists"]) assert.deepEqual(await now.get(name as never, "one"), { kept: name });
  assert.equal((await now.tx(["photos"], "readonly", (tx) => tx.objectStore("photos").index("visit").getAll("v"))).length, 1);
  assert.equal(await code(put(before, 4)), "storage-newer");
  await now.close();
  // And a kill between the two schemas begins the step anew.
  assert.deepEqual((await new Db("h").all("visits")).map((one) => one.saves), [3]);
});
