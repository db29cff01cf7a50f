/** Answers that come late: what they tell of one user is never kept for another, nor brings back who has left. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Db } from "../../pwa/src/data/db";
import { keysOf } from "../../pwa/src/data/keys";
import { run } from "../../pwa/src/data/outbox";
import { db, stored } from "../../pwa/src/data/records";
import { leaveMemory, me, renew, restore, sealAll } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { rawRows } from "./raw_rows";
import { filled, listen, ready, stub, whole } from "./sealed_phone";

before(listen);
after(() => stub.close());
beforeEach(ready);

const onDisk = async (): Promise<string[]> => (await rawRows("xunting")).map(({ store, key }) => `${store}/${String(key)}`);

/** The server's next answer about the session is made at once, `heard` when it was asked, and comes when `come` is called. */
function held(): { heard: Promise<void>; come: () => void } {
  let asked: () => void, come: () => void;
  const heard = new Promise<void>((done) => (asked = done));
  const free = new Promise<void>((done) => (come = done));
  stub.next("GET", /^\/session/, (response, _, proper) => {
    const end = response.end.bind(response) as (...given: unknown[]) => void;
    response.end = ((...given: unknown[]) => {
      void free.then(() => end(...given));
      return response;
    }) as typeof response.end;
    proper();
    asked();
  });
  return { heard, come: () => come() };
}

test("an answer that comes after a log-out keeps nothing: no session and no key", async () => {
  const id = await filled();
  const { heard, come } = held();
  const renewed = renew();
  await heard;
  assert.equal(await signOut({ force: true }), "locked");
  come();
  assert.equal(await renewed, false);
  assert.deepEqual([me.value, await onDisk()], [null, []]);
  await leaveMemory();
  assert.equal(await restore(), null);
  await signIn("lin", "right");
  await whole(id);
});

test("an answer that comes after somebody else has signed in gives them no key of the first", async () => {
  const id = await filled();
  const key = db().keys!.now;
  const { heard, come } = held();
  const renewed = renew();
  await heard;
  await signIn("wang", "right");
  come();
  assert.equal(await renewed, false);
  assert.equal(me.value!.user.username, "wang");
  assert.equal((await new Db("xunting").get("session", "current"))!.user.username, "wang");
  assert.notEqual(db().keys!.now, key);
  assert.equal((await onDisk()).includes(`meta/${keysOf("u-lin")}`), false);
  await signOut();
  await signIn("lin", "right");
  await whole(id);
});

test("whenever somebody else signs in while the session is renewed, each has one's own key and no other", async () => {
  const turn = () => new Promise((done) => setImmediate(done));
  for (let turns = 0; turns < 40; turns += 4) {
    await ready();
    stub.secret = "made anew";
    const lin = db().keys!.now!;
    const renewed = renew();
    for (let at = 0; at < turns; at += 1) await turn();
    await signIn("wang", "right");
    await renewed;
    assert.equal(me.value!.user.username, "wang");
    assert.equal(db().name, "xunting-u-wang");
    assert.equal(db().keys!.all[lin], undefined);
    assert.equal((await new Db("xunting").get("session", "current"))!.user.username, "wang");
    await signOut({ force: true });
  }
});

test("what was sent when somebody else signs in is not written into their outbox", async () => {
  await filled();
  await sealAll();
  const asked = new Promise<() => void>((done) => stub.next("PUT", /visits/, (response) => done(() => void response.socket!.destroy())));
  const running = run("tap");
  const cut = await asked;
  await signIn("wang", "right");
  cut();
  await running;
  assert.deepEqual([await db().all("outbox"), stored.value.size], [[], 0]);
});
