/** A row that does not open stays where it lies, and keeps nobody from all the others. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { handIn } from "../../pwa/src/data/actions";
import { Db, leftOut, storageProblem, type Store } from "../../pwa/src/data/db";
import { keysOf, read } from "../../pwa/src/data/keys";
import { loadNotes, notes } from "../../pwa/src/data/notes";
import { run } from "../../pwa/src/data/outbox";
import { db, stored, visits } from "../../pwa/src/data/records";
import { me, renew, sealAll } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { actions, pull, replies } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, code, killed } from "./make";
import { rawRows, readable } from "./raw_rows";
import { SAID, filled, listen, offline, online, own, ready, stub, whole } from "./sealed_phone";

before(listen);
after(() => stub.close());
beforeEach(ready);

/** Its rows lose a byte each of what is sealed. */
async function damaged(store: Store): Promise<void> {
  await db().bare<Store, "readwrite", void>([store], "readwrite", async (tx) => {
    const rows = tx.objectStore(store);
    for (const row of (await rows.getAll()) as unknown as { sealed: ArrayBuffer }[]) await rows.put({ ...row, sealed: row.sealed.slice(1) } as never);
  });
}

test("a visit that does not open is said, overwritten by nothing, and found by no start or log-in to be in the way", async () => {
  const id = await filled();
  await sealAll();
  await damaged("visits");
  const before = (await own()).filter(({ store }) => store === "visits" || store === "checklists");
  await killed();
  assert.deepEqual([me.value?.user.username, visits.value.size, replies.value.size, leftOut.value, storageProblem.value], ["lin", 0, 1, 1, null]);
  assert.equal(await code(db().get("visits", id)), "storage-damaged");
  stub.pages = [{ changes: [], removed: [{ type: "checklist", id: "own-hall-mystery@1" }], cursor: null, reset: true, more: false }];
  stub.pages.push({ changes: [], removed: [], cursor: "c8", more: false });
  await pull();
  await signOut({ force: true });
  await signIn("lin", "right");
  await loadNotes();
  assert.deepEqual([visits.value.size, replies.value.size, notes.value.length, leftOut.value], [0, 1, 1, 1]);
  assert.deepEqual((await own()).filter(({ store }) => store === "visits" || store === "checklists"), before);
});

test("an entry of the outbox that does not open is made anew with the next tap, and its visit is sent", async () => {
  const id = await filled();
  await sealAll();
  await damaged("outbox");
  await killed();
  assert.deepEqual([stored.value.size, leftOut.value], [0, 1]);
  const visit = await openVisit(id);
  await visit.note("A1", SAID[0]!);
  await visit.close();
  await whole(id);
  await run("tap");
  assert.equal(stub.visits.get(id)!.document.answers.A1.note, SAID[0]);
});

test("one visit with a file that does not open keeps no other from being sent", async () => {
  const first = await filled();
  await sealAll();
  const reply = [...replies.value.keys()][0]!;
  stub.actions.set(reply, { ...actions.value.get(reply)! });
  await damaged("photos");
  await handIn(reply);
  const other = { ...ASSIGNMENT, id: "0193a000-0000-7000-8000-0000000000a2" };
  stub.pages = [{ changes: [{ type: "assignment", id: other.id, version: 1, data: other }], removed: [], cursor: "c8", more: false }];
  await pull();
  const second = await openVisit(await startVisit(other.id));
  await second.answer("A1", "pass");
  await second.close();
  await run("tap");
  assert.equal(stub.visits.get(second.id)?.document.answers.A1.value, "pass");
  assert.notEqual(stored.value.get(first)!.state, "sent");
  assert.deepEqual([...replies.value.values()].map(({ state, problem }) => [state, problem?.code]), [["waiting", "storage-damaged"]]);
  storageProblem.value = null;
});

test("rows under a key that the server gives no more are left out beside those that open, keep no other key here, and are there again with theirs", async () => {
  const id = await filled();
  await sealAll();
  const reply = [...replies.value.values()][0]!;
  await signOut({ force: true });
  const open = new Db("xunting-u-lin");
  await open.tx(["replies"], "readwrite", (tx) => tx.objectStore("replies").put({ ...reply, id: "written elsewhere" }));
  await open.close();
  stub.secret = "made anew";
  await signIn("lin", "right");
  assert.deepEqual([visits.value.size, [...replies.value.keys()]], [0, ["written elsewhere"]]);
  assert.ok(leftOut.value > 2);
  assert.equal(await signOut({ force: true }), "locked");
  assert.equal(readable(await rawRows()).includes("a key"), false);
  stub.secret = "secret";
  await signIn("lin", "right");
  // What that log-out sealed, under the key that the server kept then.
  assert.equal(leftOut.value, 1);
  await whole(id);
});

test("who gives the password over the screen sees at once what the key that comes with it opens", async () => {
  const id = await filled();
  await sealAll();
  stub.secret = "made anew";
  await renew();
  const phone = new Db("xunting");
  const keys = (await read(phone, keysOf("u-lin")))!;
  const { [keys.now!]: left } = keys.all;
  await phone.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put({ ...keys, all: { [keys.now!]: left } }, keysOf("u-lin")));
  offline();
  await killed();
  online();
  assert.deepEqual([visits.value.size, leftOut.value > 2], [0, true]);
  stub.secret = "secret";
  await signIn("lin", "right");
  assert.equal(leftOut.value, 0);
  await whole(id);
});
