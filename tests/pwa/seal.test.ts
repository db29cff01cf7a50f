/** What was entered lies sealed: whoever has the phone and no key reads none of it, and its user loses none of it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { Db, leftOut, storageProblem } from "../../pwa/src/data/db";
import { keysOf } from "../../pwa/src/data/keys";
import { loadNotes, notes } from "../../pwa/src/data/notes";
import { run } from "../../pwa/src/data/outbox";
import { db, stored, visits } from "../../pwa/src/data/records";
import { sealedBy, type Keys } from "../../pwa/src/data/seal";
import { sealRows } from "../../pwa/src/data/sealing";
import { leaveMemory, me, renew, restore, sealAll, takeUp, unsent } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { assignments, pull, replies } from "../../pwa/src/data/sync";
import { openVisit } from "../../pwa/src/data/visit";
import { CHANGES, code, killed } from "./make";
import { rawRows, readable } from "./raw_rows";
import { SAID, empty, filled, listen, offline, online, openRows, own, ready, stub, whole, words } from "./sealed_phone";

before(listen);
after(() => stub.close());
beforeEach(ready);

test("after a log-out without network nobody reads what was entered, and it is all there when its user logs in again", async () => {
  const id = await filled();
  await sealAll();
  const waiting = unsent();
  assert.deepEqual(await openRows(), []);
  offline();
  assert.equal(await signOut({ force: true }), "locked");
  assert.deepEqual(await words(), []);
  assert.equal(readable(await rawRows()).includes("a key"), false);
  online();
  await signIn("wang", "right");
  await loadNotes();
  assert.deepEqual([visits.value.size, stored.value.size, replies.value.size, notes.value.length, assignments.value.size], [0, 0, 0, 0, 0]);
  assert.equal(db().name, "xunting-u-wang");
  assert.deepEqual(await words(), []);
  await signOut();
  await signIn("lin", "right");
  await whole(id);
  assert.equal(unsent(), waiting);
  stub.pages = [{ changes: CHANGES, removed: [], cursor: "c3", more: false }];
  await pull();
  await run("tap");
  assert.equal(stub.visits.get(id)!.document.answers.A1.note, SAID[0]);
  assert.equal(stub.files.get(id)!.size, 1);
});

test("signed in, a kill asks nobody: the key lies on the phone as one that no script reads out", async () => {
  const id = await filled();
  offline();
  await killed();
  await whole(id);
  const phone = await rawRows("xunting");
  const value = phone.find(({ key }) => key === keysOf("u-lin"))!.value as Keys;
  assert.equal(value.all[value.now!]!.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("raw", value.all[value.now!]!));
  assert.equal("store_key" in (phone.find(({ store }) => store === "session")!.value as object), false);
});

test("who signs in over the screen of somebody else leaves nothing of that user to be read", async () => {
  const id = await filled();
  assert.equal((await signIn("wang", "right")).other, true);
  assert.deepEqual(await words(), []);
  await signOut();
  await signIn("lin", "right");
  await whole(id);
});

test("a phone whose server keeps no keys stores as it did, and seals nothing", async () => {
  stub.secret = null;
  await empty();
  await signIn("lin", "right");
  const id = await filled();
  await sealAll();
  assert.deepEqual((await own()).filter(({ value }) => sealedBy(value)), []);
  assert.equal(await signOut({ force: true }), "open");
  await signIn("lin", "right");
  await whole(id);
});

test("a server that has lost the key opens nothing and costs nothing: its user works on beside, others may come, and with the key all is there", async () => {
  const id = await filled();
  await sealAll();
  await signOut({ force: true });
  const before = readable(await own());
  for (const secret of ["made anew", null]) {
    stub.secret = secret;
    await signIn("lin", "right");
    assert.deepEqual([me.value?.user.username, visits.value.size, leftOut.value > 2], ["lin", 0, true]);
    assert.equal(readable(await own()), before);
    assert.equal(await signOut(), "locked");
    await signIn("wang", "right");
    await signOut();
  }
  stub.secret = "secret";
  await signIn("lin", "right");
  await whole(id);
});

test("a server that wants nothing sealed any more opens what is, and what is stored from then on lies open", async () => {
  const id = await filled();
  await sealAll();
  await signOut({ force: true });
  stub.seal = false;
  await signIn("lin", "right");
  await whole(id);
  await killed();
  await whole(id);
  const visit = await openVisit(id);
  await visit.answer("A1", "pass");
  await visit.answer("A1", "fail");
  await visit.close();
  assert.ok((await openRows()).some(({ store }) => store === "visits"));
  assert.equal(await signOut({ force: true }), "open");
  assert.equal(readable(await rawRows()).includes("a key"), false);
  await signIn("lin", "right");
  await whole(id);
  stub.seal = true;
  await renew();
  await sealAll();
  assert.deepEqual(await openRows(), []);
  assert.equal(await signOut({ force: true }), "locked");
});

test("a log-out keeps the key, and says so, while the server that should keep it is older", async () => {
  const id = await filled();
  stub.secret = null;
  await renew();
  await whole(id);
  assert.equal(await signOut({ force: true }), "kept");
  await signIn("lin", "right");
  await whole(id);
  assert.equal(sealedBy((await own()).find(({ store }) => store === "visits")!.value), db().keys!.now);
});

test("a key that the browser has lost is asked of the server again", async () => {
  const id = await filled();
  const phone = new Db("xunting");
  await phone.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(keysOf("u-lin")));
  await db().close();
  await leaveMemory();
  offline();
  assert.equal(await restore(), null);
  online();
  assert.equal((await takeUp())?.user.username, "lin");
  await whole(id);
});

test("a key of which the browser gives back only the name seals nothing, and the server is asked for it again", async () => {
  const phone = new Db("xunting");
  const place = keysOf("u-lin");
  const now = ((await phone.get("meta", place)) as Keys).now!;
  await phone.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put({ now, all: { [now]: null }, kept: true }, place));
  await db().close();
  await leaveMemory();
  await restore();
  assert.equal(db().keys, null);
  const id = await filled();
  await renew();
  assert.equal(db().keys!.now, now);
  await sealAll();
  assert.deepEqual(await openRows(), []);
  await whole(id);
});

test("a new key that cannot be kept leaves the one before in use, and a log-out keeps that", async () => {
  const id = await filled();
  const { put } = FDBObjectStore.prototype;
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, row: { all?: object }, ...key: never[]) {
    if (row.all && Object.keys(row.all).length > 1) throw new DOMException("no", "DataCloneError");
    return put.call(this, row, ...key);
  } as typeof put;
  const { now } = db().keys!;
  stub.secret = "made anew";
  await renew();
  assert.equal(db().keys!.now, now);
  assert.equal(await signOut({ force: true }), "kept");
  FDBObjectStore.prototype.put = put;
  await signIn("lin", "right");
  await whole(id);
});

test("whose rows do not open is let in over the screen of somebody else, and nothing of the first is to be read", async () => {
  const id = await filled();
  await signOut({ force: true });
  await signIn("wang", "right");
  stub.secret = "made anew";
  await signIn("lin", "right");
  assert.deepEqual([me.value?.user.username, assignments.value.size, await words()], ["lin", 0, []]);
  await signOut();
  stub.secret = "secret";
  await signIn("lin", "right");
  await whole(id);
});

test("a browser that keeps no key, or ends its transactions while a row is sealed, stores as it did", async () => {
  const { put, getKey } = FDBObjectStore.prototype;
  const faults = [
    () => void (FDBObjectStore.prototype.put = function (this: IDBObjectStore, row: { all?: object }, ...key: never[]) {
      if (row.all) throw new DOMException("no", "DataCloneError");
      return put.call(this, row, ...key);
    } as typeof put),
    () => void (FDBObjectStore.prototype.getKey = function (this: IDBObjectStore, key: IDBValidKey) {
      if (key === "") throw new DOMException("over", "TransactionInactiveError");
      return getKey.call(this, key);
    } as typeof getKey),
  ];
  for (const fault of faults) {
    await empty();
    fault();
    await signIn("lin", "right");
    const id = await filled();
    assert.deepEqual((await own()).filter(({ value }) => sealedBy(value)), []);
    Object.assign(FDBObjectStore.prototype, { put, getKey });
    assert.equal(readable(await rawRows("xunting")).includes("a key"), false);
    await killed();
    await whole(id);
    Object.assign(FDBObjectStore.prototype, { put, getKey });
    stub.seal = true;
  }
});

test("a browser that keeps no key lets its user in where nothing is to be sealed", async () => {
  const { put } = FDBObjectStore.prototype;
  await empty();
  stub.seal = false;
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, row: { all?: object }, ...key: never[]) {
    if (row.all) throw new DOMException("no", "DataCloneError");
    return put.call(this, row, ...key);
  } as typeof put;
  await signIn("lin", "right");
  const id = await filled();
  Object.assign(FDBObjectStore.prototype, { put });
  await killed();
  await whole(id);
});

test("rows that were changed or put in each other's place are told as damaged, and not overwritten", async () => {
  const store = new Db("x", undefined, db().keys);
  const note = (id: string) => ({ id, text: id, changed_at: "2026-11-21T02:00:00.000Z" });
  for (const id of ["a", "b"]) await store.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put(note(id)));
  await store.bare(["notes"], "readwrite", async (tx) => {
    const a = (await tx.objectStore("notes").get("a"))!;
    await tx.objectStore("notes").put({ ...a, id: "b" });
  });
  assert.equal(await code(store.get("notes", "b")), "storage-damaged");
  assert.equal(storageProblem.value, "damaged");
  assert.equal((await store.get("notes", "a"))!.text, "a");
});

test("a tap under which the browser ends the transaction is stored open, and sealed when it waits again", async () => {
  const id = await filled();
  const { getKey } = FDBObjectStore.prototype;
  const visit = await openVisit(id);
  FDBObjectStore.prototype.getKey = function (this: IDBObjectStore, key: IDBValidKey) {
    if (key === "") throw new DOMException("over", "TransactionInactiveError");
    return getKey.call(this, key);
  } as typeof getKey;
  await visit.note("A1", "说到一半");
  FDBObjectStore.prototype.getKey = getKey;
  assert.deepEqual([visit.record.value.document.answers.A1!.note, storageProblem.value], ["说到一半", null]);
  await visit.close();
  await killed();
  assert.equal(visits.value.get(id)!.document.answers.A1!.note, "说到一半");
  await sealAll();
  assert.deepEqual(await openRows(), []);
});

test("a row that would not come back as it was lies open, and is read as it was", async () => {
  const store = new Db("x", undefined, db().keys);
  const odd: object[] = [
    { two: new ArrayBuffer(3), buffers: new ArrayBuffer(5) }, { view: new Uint8Array(3) }, { at: new Date(0) }, { map: new Map([[1, 2]]) }, { n: NaN },
    { list: [undefined] }, { "": "kept" }, { sealed: true, by: "me" }, { within: { buffer: new ArrayBuffer(2) } },
  ];
  for (const row of odd.map((one, at) => ({ ...one, id: `n${at}`, text: "", changed_at: "" }))) {
    await store.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put(row));
    assert.deepEqual(await store.get("notes", row.id), row);
  }
  assert.equal(await sealRows(store), false);
  assert.equal((await store.all("notes")).length, odd.length);
});

test("erasing leaves neither rows nor key", async () => {
  await filled();
  await signOut({ force: true, erase: true });
  assert.deepEqual(await own(), []);
  assert.equal(readable(await rawRows("xunting")).includes("a key"), false);
});
