/** Who is signed in: offline too, after a kill too, and never somebody else. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { needsLogin, server } from "../../pwa/src/data/api";
import { Db } from "../../pwa/src/data/db";
import { db, visits } from "../../pwa/src/data/records";
import { leaveMemory, me, renew, restore, takeUp, tellLeaving, unsent } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { assignments, pull } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, CHANGES, code, killed, newPhone, readyPhone } from "./make";
import { Stub, cut, problem } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  stub.tricks.length = 0;
  await readyPhone(stub, base);
  stub.asked.length = 0;
});

test("without network the app starts with the stored session and everything of that user", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  stub.tricks.push({ when: () => true, act: cut });
  await killed();
  assert.equal(me.value?.user.username, "lin");
  assert.equal(server.csrf, "token");
  assert.deepEqual([assignments.value.size, visits.value.size, unsent()], [1, 1, 1]);
  assert.equal(stub.asked.length, 0);
});

test("a wrong password changes nothing, no network is called so", async () => {
  assert.equal(await code(signIn("lin", "wrong")), "wrong-password");
  stub.tricks.push({ when: () => true, act: cut });
  assert.equal(await code(signIn("lin", "right")), "network");
  assert.equal(me.value?.user.username, "lin");
  assert.equal(needsLogin.value, false);
});

test("an expired session asks for the password and loses nothing", async () => {
  stub.signedIn = false;
  assert.equal(await renew(), false);
  assert.equal(needsLogin.value, true);
  assert.equal(me.value?.user.username, "lin");
  const { other } = await signIn("lin", "right");
  assert.deepEqual([other, needsLogin.value], [false, false]);
});

test("signing in as somebody else over the screen says so, and shows nothing of the first", async () => {
  const { other } = await signIn("wang", "right");
  assert.equal(other, true);
  assert.equal(db().name, "xunting-u-wang");
  assert.deepEqual([assignments.value.size, visits.value.size], [0, 0]);
});

test("unsent work goes from the phone only when that is asked for, and nobody else's with it", async () => {
  const begun = async () => (await openVisit(await startVisit(ASSIGNMENT.id))).answer("A1", "pass");
  await begun();
  await signOut({ force: true });
  await signIn("lin", "right");
  assert.equal(visits.value.size, 1);
  stub.pages = [{ changes: CHANGES, removed: [], cursor: "c1", more: false }];
  await signOut({ force: true });
  await signIn("wang", "right");
  await pull();
  await begun();
  assert.equal(await code(signOut({ erase: true })), "unsent");
  assert.equal(visits.value.size, 1);
  await signOut({ force: true, erase: true });
  await signIn("wang", "right");
  assert.deepEqual([visits.value.size, assignments.value.size], [0, 0]);
  await signOut();
  await signIn("lin", "right");
  assert.equal(visits.value.size, 1);
});

const stores = async () => (await indexedDB.databases()).map(({ name }) => name);

test("what was to be erased and was not for a kill is at the next start, and before its user comes back", async () => {
  const { erase } = Db.prototype;
  const cutShort = async () => {
    await (await openVisit(await startVisit(ASSIGNMENT.id))).answer("A1", "pass");
    Db.prototype.erase = () => Promise.reject(new Error("killed"));
    assert.equal(await signOut({ force: true, erase: true }), "open");
    Db.prototype.erase = erase;
    assert.ok((await stores()).includes("xunting-u-lin"));
    await leaveMemory();
  };
  const told = () => {
    stub.pages = [{ changes: CHANGES, removed: [], cursor: "c1", more: false }];
    return pull();
  };
  await cutShort();
  assert.equal(await restore(), null);
  while ((await stores()).includes("xunting-u-lin")) await new Promise((done) => setImmediate(done));

  await signIn("lin", "right");
  await told();
  await cutShort();
  await signIn("lin", "right");
  assert.equal(visits.value.size, 0);

  // Nothing is owed from then on, so that signing in over the screen keeps what is there.
  await told();
  await (await openVisit(await startVisit(ASSIGNMENT.id))).answer("A1", "pass");
  await signIn("lin", "right");
  assert.equal((await db().all("visits")).length, 1);
});

test("a log-out without network is told to the server at the next start, with its own token", async () => {
  stub.tricks.push({ when: ({ method }) => method === "DELETE", act: cut });
  await signOut();
  assert.equal(me.value, null);
  assert.equal(await code(openVisit("x")), "login");
  stub.asked.length = 0;
  stub.tricks.length = 0;
  server.csrf = "";
  const told = new Promise<string>((heard) => stub.tricks.push({
    when: ({ method, headers }) => { if (method === "DELETE") heard(String(headers["x-csrf-token"])); return false; }, act: cut,
  }));
  assert.equal(await restore(), null);
  assert.equal(await told, "token");
});

test("a log-out without network is told as soon as there is one, and once", async () => {
  stub.tricks.push({ when: ({ method }) => method === "DELETE", act: cut });
  await signOut();
  assert.equal(await tellLeaving(), true);
  stub.asked.length = 0;
  assert.equal(await tellLeaving(), true);
  assert.deepEqual(stub.asked, []);
  stub.tricks.push({ when: ({ method }) => method === "DELETE", act: cut });
  await signIn("lin", "right");
  await signOut();
  stub.tricks.push({ when: () => true, act: cut });
  assert.equal(await tellLeaving(), false);
});

test("who logs in while a log-out is told stays signed in, and their own log-out is told after that", async () => {
  const heard: string[] = [];
  let go = (): void => undefined;
  const free = new Promise<void>((done) => (go = done));
  stub.tricks.push({ when: ({ method }) => method === "DELETE", act: cut });
  await signOut();
  stub.next("DELETE", /^\/session/, (response, request) => void free.then(() => { heard.push(String(request.headers["x-csrf-token"])); problem(response, 401, "not-signed-in"); }));
  const telling = tellLeaving();
  await signIn("lin", "right");
  server.csrf = "the new one";
  const leaving = signOut();
  stub.next("GET", /^\/session/, (_response, request) => void request.socket.destroy());
  stub.next("DELETE", /^\/session/, (_response, request, proper) => { heard.push(String(request.headers["x-csrf-token"])); proper(); });
  while (me.value) await new Promise((done) => setImmediate(done));
  go();
  await Promise.all([telling, leaving]);
  assert.deepEqual([heard, needsLogin.value, await tellLeaving()], [["token", "the new one"], false, true]);
});

test("who signed in at the console of the same browser is signed in on the phone, and stays so without network", async () => {
  newPhone(base);
  await leaveMemory();
  stub.user = { ...stub.user, id: "u-mei", username: "mei" };
  assert.equal(await restore(), null);
  assert.equal((await takeUp())?.user.username, "mei");
  assert.deepEqual([db().name, server.csrf], ["xunting-u-mei", "token"]);
  stub.tricks.push({ when: () => true, act: cut });
  await killed();
  assert.equal(me.value?.user.username, "mei");
});

test("where nobody is signed in at the console either, the first screen asks for a name and no more", async () => {
  newPhone(base);
  await leaveMemory();
  stub.signedIn = false;
  assert.equal(await restore(), null);
  stub.asked.length = 0;
  assert.equal(await takeUp(), null);
  assert.deepEqual([me.value, needsLogin.value], [null, false]);
  // Nothing was refused, which a browser would write down as an error.
  assert.deepEqual(stub.asked.map(({ path }) => path), ["/login"]);
});

test("who logged out here without network is not taken up again by the cookie that the server still honours", async () => {
  const away = { when: ({ method }: { method: string }) => method === "DELETE", act: cut };
  stub.tricks.push(away, away, away);
  await signOut();
  assert.equal(await takeUp(), null);
  assert.equal(me.value, null);
});
