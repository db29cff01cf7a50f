/** A log-out or an erase that something stands in the way of: a page that stands still, a full disk, a photo that is being stored. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { IDBObjectStore as FDBObjectStore, IDBOpenDBRequest } from "fake-indexeddb";
import { burst } from "../../pwa/src/data/burst";
import { storageProblem } from "../../pwa/src/data/db";
import { keepPicked } from "../../pwa/src/data/picked";
import { db, visits } from "../../pwa/src/data/records";
import { leaveMemory, me, restore, takeUp, tellLeaving } from "../../pwa/src/data/session";
import { phone as shelf, takeIn } from "../../pwa/src/data/shared";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { assignments } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, code, late, picture } from "./make";
import { rawRows, readable } from "./raw_rows";
import { filled, listen, offline, online, own, ready, stub, whole, words } from "./sealed_phone";

before(listen);
after(() => stub.close());

const { put } = FDBObjectStore.prototype;
let room = true;
FDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: Parameters<typeof put>) {
  if (!room) throw new DOMException("full", "QuotaExceededError");
  return put.apply(this, given);
} as typeof put;

/** The browser's small place for texts, which a full disk leaves alone. */
const texts = new Map<string, string>();
Object.assign(globalThis, { localStorage: { getItem: (key: string) => texts.get(key) ?? null, setItem: (key: string, text: string) => void texts.set(key, text), removeItem: (key: string) => void texts.delete(key) } });

beforeEach(async () => {
  room = true;
  texts.clear();
  await shelf.close();
  await ready();
  stub.asked.length = 0;
});

const turn = () => new Promise((done) => setImmediate(done));
const ended = (): number => stub.count("DELETE", /^\/session/);

/** Another page of this user whose system has stopped it: it lets go of nothing until what is given back is called. */
async function still(): Promise<() => void> {
  const page = await new Promise<IDBDatabase>((done) => {
    const opening = indexedDB.open("xunting-u-lin");
    opening.onsuccess = () => done(opening.result);
  });
  return () => page.close();
}

/** Calls what waits for the end of the patience with other pages, as soon as it waits. */
async function patience(over: Promise<unknown>): Promise<void> {
  let done = false;
  void over.catch(() => undefined).then(() => (done = true));
  while (!done) {
    for (const one of late.filter(({ ms }) => ms === 3_000)) {
      late.splice(late.indexOf(one), 1);
      for (let turns = 0; turns < 20; turns += 1) await turn();
      one.job();
    }
    await turn();
  }
}

test("an erase behind a page that stands still ends, leaves nothing to be read, tells the server, and says that it is not done", async () => {
  await filled();
  const goOn = await still();
  const leaving = signOut({ force: true, erase: true });
  await patience(leaving);
  assert.deepEqual([await leaving, me.value, ended()], ["open", null, 1]);
  const back = signIn("lin", "right");
  await patience(back);
  assert.equal(await code(back), "erase-waits");
  // The next two starts show something too.
  for (const _ of [1, 2]) {
    await leaveMemory();
    assert.equal(await restore(), null);
    const up = takeUp();
    await patience(up);
    assert.equal(await up, null);
  }
  goOn();
  for (let turns = 0; turns < 50; turns += 1) await turn();
  assert.deepEqual([await own(), await words()], [[], []]);
  await signIn("lin", "right");
  assert.deepEqual([visits.value.size, me.value?.user.username], [0, "lin"]);
});

test("the server hears of a log-out before what may take long, and who signs in meanwhile stays", async () => {
  await filled();
  const goOn = await still();
  const leaving = signOut({ force: true, erase: true });
  while (ended() === 0) await turn();
  await signIn("wang", "right");
  goOn();
  assert.equal(await leaving, "locked");
  assert.deepEqual([me.value?.user.username, await words()], ["wang", []]);
});

test("on a full disk one logs out and loses nothing", async () => {
  const id = await filled();
  room = false;
  await signOut({ force: true });
  assert.deepEqual([me.value, ended(), assignments.value.size], [null, 1, 0]);
  await leaveMemory();
  assert.equal(await restore(), null);
  room = true;
  await signIn("lin", "right");
  await whole(id);
});

test("on a full disk without network the server still hears of the log-out, and nobody is taken up by the cookie before", async () => {
  await filled();
  room = false;
  offline();
  await signOut({ force: true });
  await leaveMemory();
  assert.equal(await takeUp(), null);
  online();
  stub.asked.length = 0;
  assert.deepEqual([await tellLeaving(), ended(), await tellLeaving(), ended()], [true, 1, true, 1]);
  assert.equal(await restore(), null);
});

test("on a full disk an erase takes all of it away", async () => {
  await filled();
  room = false;
  assert.equal(await signOut({ force: true, erase: true }), "locked");
  assert.deepEqual([me.value, await own(), await words(), storageProblem.value], [null, [], [], null]);
});

for (const leave of [() => signOut({ force: true }), () => signIn("wang", "right").then(() => signOut())]) {
  test("pictures that are being stored are kept before their user leaves", async () => {
    const visit = await openVisit(await startVisit(ASSIGNMENT.id));
    await visit.answer("A1", "fail");
    const queue = burst(async (_, taken) => visit.addPhoto("A1", await picture(`taken ${taken}`), "camera"), () => 9);
    const grab = async () => { for (let turns = 0; turns < 10; turns += 1) await turn(); return new Blob(["x"]); };
    const picked = keepPicked({ visit: visit.id, section: "A", item: "A1" }, ["one", "two", "three"], { value: 0 }, async (name) => {
      await grab();
      return visit.addPhoto("A1", await picture(name), "album");
    });
    queue.take(grab);
    await leave();
    assert.deepEqual([await picked, queue.failed.value], [[], null]);
    await signIn("lin", "right");
    assert.deepEqual([visits.value.get(visit.id)!.document.files.length, (await db().all("bytes")).length], [4, 4]);
  });
}

test("what an open visit of the one before still writes is not written to the next user's store", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await signOut({ force: true });
  await signIn("wang", "right");
  assert.deepEqual([await code(visit.note("A1", "late")), await code(visit.addPhoto("A1", await picture("late"), "camera"))], ["login", "login"]);
  assert.deepEqual([visits.value.size, (await db().all("visits")).length, (await db().all("bytes")).length], [0, 0, 0]);
});

test("what is written while its user leaves is kept or refused, and never called kept when it is not", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  const ends: Promise<string>[] = [];
  const { delete: drop } = FDBObjectStore.prototype;
  FDBObjectStore.prototype.delete = function (this: IDBObjectStore, key: never) {
    if (String(key) === "current") ends.push(...["one", "two"].map((text) => code(visit.note("A1", text))));
    return drop.call(this, key);
  } as typeof drop;
  await signOut({ force: true });
  FDBObjectStore.prototype.delete = drop;
  const [first, second] = await Promise.all(ends);
  await signIn("lin", "right");
  assert.equal(visits.value.get(visit.id)!.document.answers["A1"]!.note, second === "done" ? "two" : first === "done" ? "one" : undefined);
});

for (const [when, waits] of [["before its session ended", false], ["while it waited for another page", true]] as const) {
  test(`an erase on a full disk that a kill cut off ${when} is done by the next start, and by no later one`, async () => {
    await filled();
    await takeIn([new File(["lin has shared this"], "a.jpg", { type: "image/jpeg" })]);
    room = false;
    const { clear } = FDBObjectStore.prototype;
    FDBObjectStore.prototype.clear = () => { throw new DOMException("full", "QuotaExceededError"); };
    indexedDB.deleteDatabase = () => new IDBOpenDBRequest();
    const leaving = signOut({ force: true, erase: true });
    if (waits) {
      await patience(leaving);
      assert.equal(await leaving, "open");
    } else while (!late.some(({ ms }) => ms === 3_000)) await turn();
    assert.notEqual((await words()).length, 0);
    await leaveMemory();
    late.length = 0;
    FDBObjectStore.prototype.clear = clear;
    delete (indexedDB as Partial<IDBFactory>).deleteDatabase;
    assert.equal(await restore(), null);
    while ((await own()).length > 0) await turn();
    assert.deepEqual([me.value, readable(await rawRows()).includes("lin has shared")], [null, false]);
    assert.deepEqual(await words(), []);
    room = true;
    await signIn("lin", "right");
    const id = await filled();
    await leaveMemory();
    assert.equal((await restore())?.user.username, "lin");
    await signOut({ force: true });
    await leaveMemory();
    assert.equal(await restore(), null);
    await signIn("lin", "right");
    assert.equal(visits.value.has(id), true);
  });
}

test("an erase takes the pictures along that its user has shared to the app, and nobody else's", async () => {
  await takeIn([new File(["lin has shared this"], "a.jpg", { type: "image/jpeg" })]);
  await signOut({ force: true });
  await signIn("wang", "right");
  await takeIn([new File(["wang has shared this"], "b.jpg", { type: "image/jpeg" })]);
  await signOut({ force: true });
  await signIn("lin", "right");
  await signOut({ force: true, erase: true });
  const text = readable(await rawRows());
  assert.deepEqual([text.includes("lin has shared"), text.includes("wang has shared")], [false, true]);
});
