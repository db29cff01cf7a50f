/** Two pages of one browser: when one logs out, erases, or signs somebody else in, the other shows and takes in nothing more. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { needsLogin } from "../../pwa/src/data/api";
import { Db } from "../../pwa/src/data/db";
import { keysOf } from "../../pwa/src/data/keys";
import { newNote, writeNote } from "../../pwa/src/data/notes";
import { run } from "../../pwa/src/data/outbox";
import { db, signedIn, visits } from "../../pwa/src/data/records";
import { hearPages, leaveMemory, me, sealAll, stillMe } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { assignments, outlets, pull } from "../../pwa/src/data/sync";
import { openVisit } from "../../pwa/src/data/visit";
import { CHANGES, OUTLET, code } from "./make";
import { rawRows, readable } from "./raw_rows";
import { SAID, filled, listen, own, ready, stub, whole, words } from "./sealed_phone";

/** What another page does to the disk, and the word that it gives to the others. */
const other = new BroadcastChannel("xunting-session");
const current = (user?: object) => new Db("xunting").tx(["session"], "readwrite", async (tx) => {
  const room = tx.objectStore("session");
  const session = (await room.get("current"))!;
  await (user ? room.put({ ...session, user: { ...session.user, ...user } }, "current") : room.delete("current"));
});
const turn = () => new Promise((done) => setImmediate(done));

before(async () => {
  await listen();
  hearPages();
});
after(() => {
  other.close();
  return stub.close();
});
beforeEach(ready);

test("an answer of sync that tells of somebody else is not taken in, and the password is asked for", async () => {
  const before = JSON.stringify(await own());
  stub.user = { ...stub.user, id: "u-wang", username: "wang" };
  stub.pages = [{ changes: [...CHANGES, { type: "outlet", id: "theirs", version: 1, data: { ...OUTLET, id: "theirs" } }], removed: [], cursor: "c7", more: false }];
  assert.equal(await code(pull()), "login");
  assert.deepEqual([needsLogin.value, outlets.value.has("theirs"), me.value?.user.username], [true, false, "lin"]);
  assert.equal(JSON.stringify(await own()), before);
});

for (const [what, user] of [["logged out", undefined], ["signed somebody else in", { id: "u-wang" }]] as const) {
  test(`a page shows nothing more as soon as another has ${what}, and loses nothing of it`, async () => {
    const id = await filled();
    await sealAll();
    const visit = await openVisit(id);
    const last = Promise.all([visit.answer("A1", "pass"), visit.answer("A1", "fail"), visit.note("A1", SAID[0]!)]);
    await current(user);
    other.postMessage(null);
    while (me.value) await turn();
    assert.equal(assignments.value.size, 0);
    await last;
    while (signedIn()) await turn();
    assert.equal(visits.value.size, 0);
    assert.equal(await code(visit.note("A1", "x")), "login");
    await signIn("lin", "right");
    await whole(id);
  });
}

test("a page that is shown again asks the disk who is signed in", async () => {
  await stillMe();
  assert.equal(me.value?.user.username, "lin");
  await current();
  await stillMe();
  assert.deepEqual([me.value, signedIn()], [null, false]);
});

test("each log-out and log-in is told to the other pages", async () => {
  let told = 0;
  const page = new BroadcastChannel("xunting-session");
  page.onmessage = () => void (told += 1);
  await signOut();
  while (told < 1) await turn();
  await signIn("lin", "right");
  while (told < 2) await turn();
  page.close();
  assert.equal(me.value?.user.username, "lin");
});

test("what one page erases no other brings back", async () => {
  const id = await filled();
  const visit = await openVisit(id);
  const page = new Db("xunting-u-lin");
  await current();
  await page.erase();
  assert.equal(await code(visit.note("A1", SAID[0]!)), "login");
  assert.equal(await code(db().get("visits", id)), "login");
  await stillMe();
  await run("tap");
  assert.deepEqual([await own(), await words()], [[], []]);
  await signIn("lin", "right");
  assert.equal(visits.value.size, 0);
});

test("what a page erases it does not bring back itself by what was on its way", async () => {
  const id = await filled();
  const store = db();
  await signOut({ force: true, erase: true });
  assert.deepEqual([await code(writeNote(newNote(), SAID[2]!, store)), await code(store.get("visits", id))], ["login", "login"]);
  assert.deepEqual([await own(), await words()], [[], []]);
});

test("who signs in on a page that did not hear of the one before leaves nothing of that user to be read", async () => {
  const id = await filled();
  const session = me.value!;
  await leaveMemory();
  assert.equal((await new Db("xunting").get("session", "current"))?.user.username, "lin");
  await signIn("wang", "right");
  assert.deepEqual([readable(await rawRows("xunting")).includes(keysOf(session.user.id)), await words()], [false, []]);
  await signOut();
  await signIn("lin", "right");
  await whole(id);
});
