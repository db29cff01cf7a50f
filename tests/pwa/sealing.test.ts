/** Rows that lay open are sealed, and sealed anew, beside everything else that may happen: no kill, page or key costs an answer. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { IDBDatabase as FDBDatabase, IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { Db, storageProblem } from "../../pwa/src/data/db";
import { loadNotes, notes } from "../../pwa/src/data/notes";
import { db, visits } from "../../pwa/src/data/records";
import { sealedBy } from "../../pwa/src/data/seal";
import { sealRows } from "../../pwa/src/data/sealing";
import { renew, sealAll } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { type VisitRecord } from "../../pwa/src/data/types";
import { openVisit } from "../../pwa/src/data/visit";
import { code, killed } from "./make";
import { readable } from "./raw_rows";
import { SAID, empty, filled, filledOpen, listen, offline, online, openRows, own, ready, spoiled, stub, whole, words } from "./sealed_phone";

before(listen);
after(() => stub.close());
beforeEach(ready);

/** After so many more transactions that may write the page is dead. */
function dying(after: number): () => void {
  const original = FDBDatabase.prototype.transaction;
  let left = after;
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof original>) {
    if (given[1] === "readwrite" && left-- <= 0) throw new Error("killed");
    return original.apply(this, given);
  } as typeof original;
  return () => void (FDBDatabase.prototype.transaction = original);
}

const steps = (count: number) => (new Db("steps") as unknown as { steps: never[] }).steps.slice(0, count);

test("what lay open is sealed row by row, and a kill between any two of them leaves every one whole", async () => {
  const id = await filledOpen();
  const open = (await openRows()).length;
  assert.ok(open >= 8, String(open));
  for (let done = 0; done <= open; done += 1) {
    const mend = dying(done);
    assert.equal(await sealRows(db()).catch(() => false), false);
    mend();
    await killed();
    assert.equal((await openRows()).length, open - done);
    await whole(id);
  }
  assert.equal(await sealRows(db()), true);
  assert.deepEqual(await openRows(), []);
  await whole(id);
  await signOut({ force: true });
  assert.deepEqual(await words(), []);
});

test("a row that is not read back as it was stays as it lay", async () => {
  const id = await filledOpen();
  const before = readable(await own());
  const mend = spoiled(FDBObjectStore);
  assert.equal(await sealRows(db()), false);
  mend();
  assert.equal(readable(await own()), before);
  assert.equal(storageProblem.value, null);
  await whole(id);
});

test("while a visit is filled in its rows may be sealed under it, and no tap is lost", async () => {
  const id = await filledOpen();
  const visit = await openVisit(id);
  await Promise.all([sealRows(db()), visit.answer("A2", "pass"), visit.note("A2", "整齐"), visit.answer("A1", "pass")]);
  await killed();
  const { answers } = visits.value.get(id)!.document;
  assert.deepEqual([answers.A1!.value, answers.A2!.value, answers.A2!.note], ["pass", "pass", "整齐"]);
});

test("a log-out right after the key was heard of seals first what lies open", async () => {
  const id = await filledOpen();
  offline();
  assert.equal(await signOut({ force: true }), "locked");
  assert.deepEqual(await words(), []);
  online();
  await signIn("lin", "right");
  await whole(id);
});

test("an older app that knows no sealed rows meets none: it is told that the data is newer, and changes nothing", async () => {
  await empty();
  const old = new Db("xunting-u-lin", steps(4));
  await old.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put({ id: "n", text: SAID[2]!, changed_at: "2026-11-21T02:00:00.000Z" }));
  await signIn("lin", "right");
  await sealAll();
  const before = readable(await own());
  assert.equal(await code(old.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").clear())), "storage-newer");
  assert.equal(await code(old.all("notes")), "storage-newer");
  assert.equal(readable(await own()), before);
  await loadNotes();
  assert.deepEqual(notes.value.map(({ text }) => text), [SAID[2]]);
});

test("a page that has not heard of the key finds it where another has put it, and what it wrote before is sealed at the next start", async () => {
  const id = await filled();
  await sealAll();
  const page = new Db("xunting-u-lin");
  await page.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put({ id: "n", text: "写在别处", changed_at: "2026-11-21T02:00:00.000Z" }));
  assert.equal(await code(page.get("visits", id)), "storage-locked");
  assert.equal(await code(page.tx(["visits"], "readwrite", async (tx) => { await tx.objectStore("visits").get(id); await tx.objectStore("visits").delete(id); })), "storage-locked");
  page.findKeys = async () => db().keys;
  assert.equal((await page.get("visits", id))!.id, id);
  assert.equal((await openRows()).length, 1);
  await killed();
  await sealAll();
  assert.deepEqual(await openRows(), []);
  assert.equal((await db().get("notes", "n"))!.text, "写在别处");
});

test("a key that changed while its user was signed in seals all anew under the one that the server gives now", async () => {
  const id = await filled();
  await sealAll();
  const { now } = db().keys!;
  stub.secret = "made anew";
  assert.equal(await renew(), true);
  await whole(id);
  await killed();
  await whole(id);
  await sealAll();
  assert.notEqual(db().keys!.now, now);
  assert.equal((await own()).some(({ value }) => sealedBy(value) === now), false);
  assert.equal(await signOut({ force: true }), "locked");
  await signIn("lin", "right");
  await whole(id);
});

test("a log-out keeps the older key while a row is still under it, and says so", async () => {
  const id = await filled();
  await sealAll();
  stub.secret = "made anew";
  await renew();
  const mend = spoiled(FDBObjectStore);
  assert.equal(await signOut({ force: true }), "kept");
  mend();
  await signIn("lin", "right");
  await whole(id);
});

test("a draft that a dead store put aside is taken in beside sealed rows, and never while they are locked", async () => {
  const kept = new Map<string, string>();
  (globalThis as { localStorage?: unknown }).localStorage = {
    getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text), removeItem: (key: string) => void kept.delete(key),
  };
  const id = await filled();
  const record = visits.value.get(id)!;
  const later: VisitRecord = { ...record, saves: record.saves + 1, place: { section: "B", item: "B1" } };
  const older: VisitRecord = { ...record, saves: record.saves - 1, place: { section: "B", item: "B1" } };
  kept.set("xunting-u-lin-aside", JSON.stringify(later));
  assert.equal(await code(new Db("xunting-u-lin").get("visits", id)), "storage-locked");
  assert.equal(kept.size, 1);
  await killed();
  assert.deepEqual([visits.value.get(id)!.place.section, kept.size], ["B", 0]);
  kept.set("xunting-u-lin-aside", JSON.stringify({ ...older, place: { section: "A", item: "A1" } }));
  await killed();
  assert.deepEqual([visits.value.get(id)!.place.section, kept.size], ["B", 0]);
  delete (globalThis as { localStorage?: unknown }).localStorage;
});
