/** Notices: there without a network, gone when they were read, unread still when that could not be said. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { markRead, notices } from "../../pwa/src/data/notices";
import { pull } from "../../pwa/src/data/sync";
import { code, killed, readyPhone } from "./make";
import { Stub, cut, json } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  stub.tricks.length = 0;
  await readyPhone(stub, base);
});

const notice = (id: string, at: string) => ({
  type: "notice", id, version: 1,
  data: { id, code: "visit-returned", text: { zh: "检查被退回修改", en: "A visit was returned" }, subject: "visit", subject_id: "v1", at, read: false },
});
const bring = async () => {
  stub.pages = [{ changes: [notice("n1", "2026-11-20T01:00:00Z"), notice("n2", "2026-11-21T01:00:00Z")], removed: [], cursor: "c2", more: false }];
  await pull();
};
const ids = async () => (await notices()).map(({ id }) => id);

test("what was told is there without a network, the newest first", async () => {
  await bring();
  await killed();
  assert.deepEqual(await ids(), ["n2", "n1"]);
});

test("what was read elsewhere goes with the next sync", async () => {
  await bring();
  stub.pages = [{ changes: [], removed: [{ type: "notice", id: "n1" }], cursor: "c3", more: false }];
  await pull();
  assert.deepEqual(await ids(), ["n2"]);
});

test("they are marked by their ids, and stay unread where the line broke", async () => {
  await bring();
  const read = ({ path }: { path: string }) => path === "/notices/read";
  stub.tricks.push({ when: read, act: cut });
  assert.equal(await code(markRead(await notices())), "network");
  assert.equal((await ids()).length, 2);
  stub.tricks.length = 0;
  stub.tricks.push({ when: read, act: (answer) => json(answer, 200, { marked: 2 }) });
  await markRead(await notices());
  assert.deepEqual(await ids(), []);
});
