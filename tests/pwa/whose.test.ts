/** What was begun for one user ends with them: nothing of it is sent, written or asked in the name of the next. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { needsLogin, network, server } from "../../pwa/src/data/api";
import { Db } from "../../pwa/src/data/db";
import { run } from "../../pwa/src/data/outbox";
import { db, signedIn, stored, visits } from "../../pwa/src/data/records";
import { keepPicked } from "../../pwa/src/data/picked";
import { me, renew, stillMe } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { assignments, lastSync, outlets, pull, pulling } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, CHANGES, picture, readyPhone } from "./make";
import { Stub, problem } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => {
  base = await stub.listen();
  server.renew = () => renew();
});
after(() => stub.close());
beforeEach(async () => {
  await run("launch");
  stub.tricks.length = 0;
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  needsLogin.value = false;
  await readyPhone(stub, base);
  stub.asked.length = 0;
});

const turn = () => new Promise((done) => setImmediate(done));
const PAGE = { changes: CHANGES, removed: [], cursor: "c1", more: false };
const LIN = { id: "u-lin", username: "lin" };
const WANG = { id: "u-wang", username: "wang" };

/** The next such request is held; what is given back lets it be answered, properly or as said. */
function held(method: string, path: RegExp, act?: (response: Parameters<typeof problem>[0]) => void): () => void {
  let go = (): void => undefined;
  const free = new Promise<void>((done) => (go = done));
  stub.next(method, path, (response, _request, proper) => void free.then(() => (act ? act(response) : proper())));
  return go;
}

/** When a request of this kind has come to the server. */
async function came(method: string, path: RegExp): Promise<void> {
  while (stub.count(method, path) === 0) await turn();
}

/** Another page of this browser signs somebody in: the phone's store says so, and the cookie is theirs. */
async function elsewhere(user: typeof WANG): Promise<void> {
  stub.user = { ...stub.user, ...user };
  await new Db("xunting").tx(["session"], "readwrite", async (tx) => {
    const session = (await tx.objectStore("session").get("current"))!;
    await tx.objectStore("session").put({ ...session, user: { ...session.user, ...user } }, "current");
  });
}

async function filled(photo = 0): Promise<string> {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  if (photo) await visit.addPhoto("A1", await picture("photo of lin", photo), "camera");
  await visit.close();
  return visit.id;
}

test("a request that is refused as foreign is not sent again once another page has signed somebody else in", async () => {
  const id = await filled();
  stub.next("PUT", /^\/visits/, (response) => void (async () => {
    await elsewhere(WANG);
    void stillMe();
    while (me.value) await turn();
    problem(response, 403, "foreign-request");
  })());
  await run("tap");
  assert.deepEqual([stub.count("PUT", /^\/visits/), stub.visits.size, needsLogin.value], [1, 0, false]);
  while (signedIn()) await turn();
  await signIn("lin", "right");
  assert.equal(stored.value.get(id)!.state, "waiting");
  await run("login");
  assert.equal(stub.visits.size, 1);
});

test("whoever is logged out by another page and logs in again keeps what was being stored meanwhile", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  let go = (): void => undefined;
  const shut = new Promise<void>((done) => (go = done));
  const failed = keepPicked({ visit: visit.id, section: "A", item: "A1" }, ["one", "two"], { value: 0 }, async (name) => {
    await shut;
    await visit.addPhoto("A1", await picture(name), "album");
  });
  await new Db("xunting").tx(["session"], "readwrite", (tx) => tx.objectStore("session").delete("current"));
  const gone = stillMe();
  while (me.value) await turn();
  const again = signIn("lin", "right");
  await came("POST", /^\/session/);
  for (let n = 0; n < 50; n += 1) await turn();
  go();
  await Promise.all([again, gone]);
  assert.deepEqual([await failed, visits.value.get(visit.id)?.document.files.length, db().name], [[], 2, "xunting-u-lin"]);
});

test("a refusal that another user's cookie has brought does not stand in the outbox: the password is asked for, then it goes", async () => {
  const id = await filled();
  stub.user = { ...stub.user, ...WANG };
  stub.next("PUT", /^\/visits/, (response) => problem(response, 403, "foreign-request"));
  await run("tap");
  assert.deepEqual([stub.count("PUT", /^\/visits/), stored.value.get(id)!.state, needsLogin.value], [1, "waiting", true]);
  await signIn("lin", "right");
  await run("login");
  assert.equal(stub.visits.size, 1);
});

test("an old proof of one's own is renewed, and the same is sent again", async () => {
  await filled();
  stub.next("PUT", /^\/visits/, (response) => problem(response, 403, "foreign-request"));
  await run("tap");
  assert.deepEqual([stub.count("PUT", /^\/visits/), stub.visits.size], [2, 1]);
});

test("an upload under way at a log-out goes no further in the name of who signs in next, and holds up none of theirs", async () => {
  const id = await filled(400_000);
  const go = held("PATCH", /^\/uploads/);
  const sending = run("tap");
  await came("PATCH", /^\/uploads/);
  await signOut({ force: true });
  stub.pages = [PAGE];
  await signIn("wang", "right");
  await pull();
  await filled();
  await run("login");
  assert.equal(stub.visits.size, 2);
  const asked = stub.asked.length;
  go();
  await sending;
  assert.deepEqual(stub.asked.slice(asked).map(({ method, path }) => `${method} ${path}`), []);
  await filled();
  assert.deepEqual([needsLogin.value, stored.value.has(id)], [false, false]);
  await signOut({ force: true });
  await signIn("lin", "right");
  await run("login");
  assert.equal(stored.value.get(id)!.state, "sent");
});

for (const next of ["wang", "lin"]) {
  test(`a pull that was on its way at a log-out keeps nothing from ${next}, who signs in next`, async () => {
    const go = held("GET", /^\/sync/);
    const old = pull();
    await came("GET", /^\/sync/);
    await signOut();
    stub.pages = [PAGE];
    await signIn(next, "right");
    await pull();
    assert.deepEqual([assignments.value.size, lastSync.value === null, pulling.value], [1, false, false]);
    stub.pages = [{ changes: [{ ...CHANGES[1], id: "old", data: { ...CHANGES[1]!.data, id: "old" } }], removed: [], cursor: "c9", more: false }];
    go();
    await old;
    assert.deepEqual([outlets.value.has("old"), me.value?.user.username], [false, next]);
  });
}

for (const [what, act] of [["a refusal", (response: Parameters<typeof problem>[0]) => problem(response, 401, "not-signed-in")],
  ["a cut", (response: Parameters<typeof problem>[0]) => response.destroy()]] as const) {
  test(`${what} that comes late asks the next user for no password and holds up nothing of theirs`, async () => {
    await filled();
    const [answer, page] = [held("PUT", /^\/visits/, act), held("GET", /^\/sync/, act)];
    const [sending, pulled] = [run("tap"), pull()];
    await came("PUT", /^\/visits/);
    await came("GET", /^\/sync/);
    await signOut({ force: true });
    stub.pages = [PAGE];
    await signIn("wang", "right");
    await pull();
    answer();
    page();
    await Promise.all([sending, pulled]);
    assert.equal(needsLogin.value, false);
    await filled();
    await run("timer");
    assert.equal(stub.visits.size, 0);
    await run("tap");
    assert.equal(stub.visits.size, 1);
  });
}

test("what is on its way at a log-out ends with it, and its lock with it: who comes back finds nobody sending", async () => {
  const id = await filled(400_000);
  held("POST", /^\/uploads/);
  held("GET", /^\/sync/);
  const begun = [run("tap"), pull()];
  await came("POST", /^\/uploads/);
  await came("GET", /^\/sync/);
  await signOut({ force: true });
  // Nobody answers, and no clock goes on.
  await Promise.allSettled(begun);
  assert.deepEqual([network.value, needsLogin.value], ["online", false]);
  await signIn("lin", "right");
  await run("timer");
  assert.equal(stored.value.get(id)!.state, "sent");
});

test("an answer about the session that comes after somebody else has signed in is nobody's", async () => {
  const go = held("GET", /^\/session/);
  const asked = renew();
  await came("GET", /^\/session/);
  await signOut({ force: true });
  await signIn("wang", "right");
  stub.user = { ...stub.user, ...LIN };
  go();
  assert.deepEqual([await asked, needsLogin.value, me.value?.user.username, db().name], [false, false, "wang", "xunting-u-wang"]);
});
