/** Each photo of a visit in the outbox: sent, on its way, waiting for the line or for Wi-Fi, refused; and each weak item that a visit asks about. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { run, sendingFile } from "../../pwa/src/data/outbox";
import { fileStates } from "../../pwa/src/data/file_states";
import { heldBack, setWifiOnly } from "../../pwa/src/data/originals";
import { db, photosOf } from "../../pwa/src/data/records";
import { sendFile } from "../../pwa/src/data/send";
import { openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { weakTouched } from "../../pwa/src/data/weak";
import { ASSIGNMENT, CHECKLIST, OUTLET, picture, readyPhone } from "./make";
import { Stub, cut, problem } from "./stub_server";

let stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = 0;
  await readyPhone(stub, base);
});

async function begun(photos: string[]): Promise<OpenVisit> {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await visit.answer("A2", "pass");
  await visit.editTimer("B1", 100, "没按到");
  for (const text of photos) await visit.addPhoto("A2", await picture(text), "camera");
  return visit;
}
const states = async (visit: OpenVisit, now: Parameters<typeof fileStates>[4] = null) =>
  fileStates(visit.record.value, CHECKLIST, await photosOf(visit.id), await heldBack(visit.record.value.document), now);

test("a file whose row cannot be written on its way, as the store is gone by then, is not on its way any more", async () => {
  const visit = await begun([]);
  await visit.addPhoto("A1", await picture("large", 400_000), "camera");
  const [row] = await photosOf(visit.id);
  const store = db();
  const { tx } = store;
  stub.next("POST", /uploads/, (_response, _request, proper) => {
    store.tx = () => Promise.reject(new Error("gone"));
    proper();
  });
  await assert.rejects(sendFile(row!, store), /gone/);
  store.tx = tx;
  assert.equal(sendingFile.value, null);
});

test("a photo waits, is on its way and is sent; another is refused, and none is told of twice", async () => {
  const visit = await begun(["one", "two"]);
  await visit.addPhoto("A1", await picture("one"), "album");
  assert.deepEqual((await states(visit)).map(({ state }) => state), ["waiting", "waiting"]);
  const [first, second] = visit.record.value.document.files;
  const now = { visit: visit.id, sha256: first!.sha256, sent: 1290, all: 3000 };
  assert.deepEqual((await states(visit, now)).map(({ state, percent }) => [state, percent]), [["sending", 43], ["waiting", null]]);
  assert.deepEqual((await states(visit, { ...now, visit: "another" }))[0]!.state, "waiting");
  stub.next("POST", /uploads/, (response) => problem(response, 422, "file-unreadable"));
  await visit.submit();
  await run("tap");
  assert.deepEqual((await states(visit)).map(({ file, state }) => [file.sha256, state]), [[first!.sha256, "refused"], [second!.sha256, "sent"]]);
  assert.equal(sendingFile.value, null);
});

test("after a line that was cut they wait", async () => {
  const visit = await begun(["one"]);
  stub.next("PUT", /visits/, cut);
  await visit.submit();
  await run("tap");
  assert.deepEqual((await states(visit)).map(({ state }) => state), ["waiting"]);
});

test("originals wait for Wi-Fi, what another phone took is its to send, and what is not asked any more stays", async () => {
  const visit = await begun(["one"]);
  await visit.addPhoto("A1", await picture("large"), "camera", "original");
  await setWifiOnly(true);
  const [one, large] = visit.record.value.document.files;
  assert.deepEqual((await states(visit)).map(({ state }) => state), ["waiting", "wifi"]);
  const none = fileStates(visit.record.value, CHECKLIST, [], new Map(), null);
  assert.deepEqual(none.map(({ file, state }) => [file.sha256, state]), [[one!.sha256, "elsewhere"], [large!.sha256, "elsewhere"]]);
  await visit.answer("A1", "pass");
  assert.deepEqual((await states(visit)).map(({ state }) => state), ["unasked", "wifi"]);
});

test("weak items are touched where the visit asks them, by id or by indicator", () => {
  const sections = CHECKLIST.sections.map((section) => ({ ...section, items: section.items.map((item) => (item.id === "B1" ? { ...item, indicator: "wait" } : item)) }));
  const checklist = { ...CHECKLIST, sections };
  const weak = [{ item: "wait" }, { item: "A2" }, { item: "A1" }, { item: "X9" }];
  const all = new Set(["A1", "A2", "B1"]);
  assert.deepEqual(weakTouched({ ...OUTLET, weak }, checklist, all), ["A1", "A2", "B1"]);
  assert.deepEqual(weakTouched({ ...OUTLET, weak }, checklist, new Set(["A1"])), ["A1"]);
  assert.deepEqual(weakTouched(OUTLET, checklist, all), []);
  assert.deepEqual(weakTouched(undefined, checklist, all), []);
});
