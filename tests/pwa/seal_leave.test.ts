/** A log-out deletes a key only when no row needs it that the server did not say it keeps, and says how what stays lies there. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { IDBDatabase as FDBDatabase, IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { Db, storageProblem } from "../../pwa/src/data/db";
import { keysOf, read } from "../../pwa/src/data/keys";
import { loadNotes, notes } from "../../pwa/src/data/notes";
import { db } from "../../pwa/src/data/records";
import { opened, type Keys, type Row } from "../../pwa/src/data/seal";
import { sealRows } from "../../pwa/src/data/sealing";
import { leaveMemory, me, renew, restore, sealAll, takeUp } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { openVisit } from "../../pwa/src/data/visit";
import { assignments, outlets } from "../../pwa/src/data/sync";
import { OUTLET, code, killed } from "./make";
import { rawRows, readable } from "./raw_rows";
import { SAID, filled, filledOpen, listen, offline, online, ready, stub, whole, words } from "./sealed_phone";

before(listen);
after(() => stub.close());
beforeEach(ready);

const { put, get, delete: drop } = FDBObjectStore.prototype;
const { transaction } = FDBDatabase.prototype;

/** Until the next call of `mended` the disk takes no row for which this holds. */
function full(refused: (row: { sealed?: ArrayBuffer }) => boolean): void {
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, row: { sealed?: ArrayBuffer }, ...key: never[]) {
    if (refused(row)) throw new DOMException("full", "QuotaExceededError");
    return put.call(this, row, ...key);
  } as typeof put;
}
const mended = (): void => {
  Object.assign(FDBObjectStore.prototype, { put, get, delete: drop });
  FDBDatabase.prototype.transaction = transaction;
};

/** Another page of this user, with the keys that it knows. */
function page(keys: Db["keys"]): Db {
  const other = new Db(db().name, undefined, keys);
  other.findKeys = () => read(new Db("xunting"), keysOf("u-lin"));
  return other;
}
const note = { id: "n", text: SAID[7]!, changed_at: "2026-11-20T02:00:00.000Z" };
const writes = (store: Db): Promise<unknown> => store.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put(note));

test("a server that gives another key and then the first again costs no row", async () => {
  const id = await filled();
  await sealAll();
  stub.secret = "wrong backup";
  await renew();
  const visit = await openVisit(id);
  await visit.note("A1", SAID[0]!);
  await visit.close();
  await killed();
  stub.secret = "secret";
  await renew();
  await sealAll();
  assert.equal(await signOut({ force: true }), "locked");
  await signIn("lin", "right");
  await whole(id);
});

test("what another page wrote under an older key, after all was sealed under the new one, is sealed anew before that goes", async () => {
  await filled();
  await sealAll();
  const other = page(db().keys);
  stub.secret = "made anew";
  await renew();
  await killed();
  await sealAll();
  await writes(other);
  await other.close();
  assert.equal(await signOut({ force: true }), "locked");
  await signIn("lin", "right");
  await loadNotes();
  assert.deepEqual(notes.value.map(({ text }) => text), [SAID[2], note.text]);
});

test("a page that knows the older key alone leaves the newer one's rows whole", async () => {
  const id = await filled();
  await sealAll();
  const { keys } = db();
  stub.secret = "made anew";
  await renew();
  const visit = await openVisit(id);
  await visit.note("A1", SAID[0]!);
  await visit.close();
  db().keys = keys;
  offline();
  assert.equal(await signOut({ force: true }), "locked");
  online();
  await signIn("lin", "right");
  await whole(id);
});

test("online the server is asked before, and a key that it keeps no more stays", async () => {
  const id = await filled();
  await sealAll();
  stub.secret = null;
  assert.equal(await signOut({ force: true }), "kept");
  await signIn("lin", "right");
  await whole(id);
});

test("a note that a page without a key wrote after all was sealed is sealed by the log-out", async () => {
  await filled();
  await sealAll();
  const other = new Db(db().name);
  await writes(other);
  await other.close();
  assert.equal(await signOut({ force: true }), "locked");
  assert.deepEqual(await words(), []);
});

test("a log-out says when something stays open, and loses none of it", async () => {
  const id = await filledOpen();
  full((row) => row.sealed !== undefined);
  const left = await signOut({ force: true });
  mended();
  assert.deepEqual([left, storageProblem.value], ["open", null]);
  await signIn("lin", "right");
  await whole(id);
});

test("a log-out on a dead store returns, and keeps the key", async () => {
  const id = await filledOpen();
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof transaction>) {
    if (this.name === "xunting-u-lin") throw new DOMException("dead", "InvalidStateError");
    return transaction.apply(this, given);
  } as typeof transaction;
  const left = await signOut({ force: true });
  mended();
  assert.deepEqual([left, me.value], ["kept", null]);
  await signIn("lin", "right");
  await whole(id);
});

test("what the sealing cannot do takes no notice of a frozen store away", async () => {
  await filledOpen();
  full((row) => row.sealed !== undefined);
  storageProblem.value = "frozen";
  assert.equal(await sealRows(db()), false);
  mended();
  assert.equal(storageProblem.value, "frozen");
  storageProblem.value = null;
});

test("a full disk at the log-in stops the sealing and opens what lies there, without network too; sealing goes on when there is room", async () => {
  const id = await filled();
  await sealAll();
  await signOut({ force: true });
  full((row) => (row.sealed?.byteLength ?? 0) > 90_000);
  await signIn("lin", "right");
  assert.equal(db().keys!.now, null);
  await whole(id);
  offline();
  await killed();
  await whole(id);
  mended();
  online();
  await renew();
  assert.notEqual(db().keys!.now, null);
  assert.equal(await signOut({ force: true }), "locked");
});

test("a record of keys that cannot be read is asked of the server again", async () => {
  const id = await filled();
  FDBObjectStore.prototype.get = function (this: IDBObjectStore, key: IDBValidKey) {
    if (String(key).startsWith("keys/u")) throw new DOMException("cannot clone", "DataError");
    return get.call(this, key);
  } as typeof get;
  await db().close();
  await leaveMemory();
  assert.equal(await restore(), null);
  assert.equal((await takeUp())?.user.username, "lin");
  await whole(id);
  mended();
  assert.equal(await signOut({ force: true }), "locked");
});

/** From `named` on the phone's own store takes no writing. */
function killedAt(named: (row: unknown, key: unknown) => boolean): void {
  let last = false;
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, row: unknown, ...key: never[]) {
    last ||= named(row, key[0]);
    if (last && this.transaction.db.name === "xunting") throw new DOMException("full", "QuotaExceededError");
    return put.call(this, row, ...key);
  } as typeof put;
}

test("a log-out that cannot end the session takes no task away", async () => {
  await filled();
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof transaction>) {
    if (this.name === "xunting" && given[1] === "readwrite" && [...given[0]].includes("session")) throw new Error("broken");
    return transaction.apply(this, given);
  } as typeof transaction;
  await assert.rejects(signOut({ force: true }), /broken/);
  mended();
  offline();
  await killed();
  online();
  assert.equal(me.value?.user.username, "lin");
  assert.deepEqual([assignments.value.size, outlets.value.size], [1, 1]);
  storageProblem.value = null;
});

test("a kill between the end of the session and what was told leaves it to the next start", async () => {
  await filled();
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof transaction>) {
    if (this.name === "xunting-u-lin" && given[1] === "readwrite" && [...given[0]].includes("plans")) throw new DOMException("killed", "DataError");
    return transaction.apply(this, given);
  } as typeof transaction;
  assert.equal(await signOut({ force: true }), "open");
  mended();
  assert.deepEqual(await words(), [OUTLET.name, "擦净门头"]);
  await leaveMemory();
  assert.equal(await restore(), null);
  while ((await rawRows("xunting")).length > 0) await new Promise((done) => setImmediate(done));
  assert.deepEqual(await words(), []);
});

test("a kill while somebody else is signing in leaves no key of the first", async () => {
  await filled();
  let last = false;
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, row: unknown, ...key: never[]) {
    last ||= String(key[0]) === "current";
    return put.call(this, row, ...key);
  } as typeof put;
  FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof transaction>) {
    if (last && this.name === "xunting" && given[1] === "readwrite") throw new Error("killed");
    return transaction.apply(this, given);
  } as typeof transaction;
  await signIn("wang", "right").catch(() => undefined);
  mended();
  await leaveMemory();
  assert.equal((await restore())?.user.username, "wang");
  assert.deepEqual([readable(await rawRows("xunting")).includes(keysOf("u-lin")), await words()], [false, []]);
});

test("a kill while the browser is tried leaves no key that opens anything", async () => {
  const id = await filled();
  await signOut({ force: true });
  killedAt((_, key) => key === "current");
  FDBObjectStore.prototype.delete = () => { throw new Error("killed"); };
  assert.equal(await code(signIn("lin", "right")), "storage-full");
  mended();
  await leaveMemory();
  assert.equal(await restore(), null);
  const left = (await rawRows("xunting")).flatMap(({ value }) => Object.entries((value as Keys).all ?? {}));
  assert.equal(left.length, 1);
  const row = (await rawRows("xunting-u-lin")).find(({ store }) => store === "visits")!.value as Row;
  assert.equal(await code(opened("visits", row, { now: null, all: Object.fromEntries(left), kept: null, since: "" })), "storage-damaged");
  storageProblem.value = null;
  await signIn("lin", "right");
  await whole(id);
});
