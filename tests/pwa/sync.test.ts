/** Sync: page by page, whole or not at all, and the server's word about visits of this phone. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { clockOffset } from "../../pwa/src/data/api";
import { entries, run } from "../../pwa/src/data/outbox";
import { db, visits } from "../../pwa/src/data/records";
import { assignments, checklists, outlets, pull, remoteVisits, settings } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, CHANGES, CHECKLIST, OUTLET, code, killed, picture, readyPhone } from "./make";
import { Stub, cut, json } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = 0;
  await readyPhone(stub, base);
  stub.asked.length = 0;
});

const outlet = (id: string) => ({ type: "outlet", id, version: 1, data: { ...OUTLET, id } });

test("pages are taken one by one, a cut between them goes on at the cursor", async () => {
  stub.pages = [{ changes: [outlet("x1")], removed: [], cursor: "c2", more: true }];
  stub.tricks.push({ when: ({ path }) => path === "/sync?cursor=c2", act: cut });
  assert.equal(await code(pull()), "network");
  assert.ok(outlets.value.has("x1"));
  stub.pages = [{ changes: [outlet("x2")], removed: [{ type: "outlet", id: "x1" }], cursor: "c3", more: false }];
  await killed();
  await pull();
  assert.equal(stub.asked.at(-1)?.path, "/sync?cursor=c2");
  assert.deepEqual([outlets.value.has("x1"), outlets.value.has("x2")], [false, true]);
});

test("what was pulled is there without network after the page was opened again", async () => {
  stub.pages = [{ changes: [{ type: "setting", id: "app", version: 1, data: { photo_px: 1200 } }], removed: [], cursor: "c2", more: false }];
  await pull();
  await killed();
  assert.deepEqual([assignments.value.size, outlets.value.size, checklists.value.get("own-hall-mystery@1")?.id, settings.value.photo_px], [1, 1, CHECKLIST.id, 1200]);
});

test("a reset forgets what the server no longer tells of, and keeps the checklist that a visit needs", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  stub.pages = [{ reset: true, changes: [outlet("x9")], removed: [], cursor: "c9", more: false }];
  await pull();
  assert.deepEqual([assignments.value.size, [...outlets.value.keys()], checklists.value.size, visits.value.size], [0, ["x9"], 1, 1]);
});

test("a reset that brings nothing begins again from nothing", async () => {
  stub.pages = [{ reset: true, changes: [], removed: [], cursor: null }, { changes: CHANGES, removed: [], cursor: "n1", more: false }];
  await pull();
  assert.deepEqual(stub.asked.map(({ path }) => path), ["/sync?cursor=c1", "/sync"]);
  assert.equal(assignments.value.size, 1);
});

test("pulling twice at once asks once", async () => {
  await Promise.all([pull(), pull()]);
  assert.equal(stub.asked.length, 1);
});

const told = (id: string, more: object) => ({
  type: "visit", id, version: 1,
  data: { id, outlet_id: OUTLET.id, assignment_id: null, kind: "mystery", part: null, checklist: ASSIGNMENT.checklist, state: "returned", revision: 1, etag: "e9", score: null, returned: { reasons: [{ item: "A1", text: "看不清" }], due: null, note: null }, document: null, receipt: null, updated_at: "2026-11-21T03:00:00Z", ...more },
});

test("a returned visit can be changed and submitted again as the next revision of the same visit", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await visit.answer("A2", "fail");
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 10, "没按到");
  await visit.submit();
  await run("tap");
  const kept = stub.visits.get(visit.id)!;
  stub.visits.set(visit.id, { ...kept, state: "returned", etag: "e9" });
  stub.pages = [{ changes: [told(visit.id, { document: kept.document })], removed: [], cursor: "c2", more: false }];
  await pull();
  assert.equal(visit.record.value.state, "returned");
  assert.equal(visit.record.value.returned?.reasons[0]?.text, "看不清");
  assert.equal(visit.editable.value, true);
  // The hidden answer, which was never sent, is still here.
  assert.equal(visit.record.value.document.answers["A2"]?.value, "fail");
  await visit.addPhoto("A1", await picture("clear"), "camera");
  await visit.submit();
  await run("tap");
  assert.deepEqual([stub.visits.get(visit.id)?.revision, stub.visits.get(visit.id)?.state], [2, "submitted"]);
});

test("a returned visit goes back only when it is submitted again, not when it is looked through or changed", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 10, "没按到");
  await visit.submit();
  await run("tap");
  const kept = stub.visits.get(visit.id)!;
  // A return leaves the document and so the etag as they were.
  stub.visits.set(visit.id, { ...kept, state: "returned" });
  stub.pages = [{ changes: [told(visit.id, { etag: kept.etag, document: kept.document })], removed: [], cursor: "c2", more: false }];
  await pull();
  assert.equal(visit.record.value.document.intent, "draft");
  await visit.note("A1", "再看一遍");
  await run("tap");
  assert.deepEqual([stub.visits.get(visit.id)?.revision, stub.visits.get(visit.id)?.document.intent], [1, "draft"]);
  assert.equal(visit.editable.value, true);
  await visit.submit();
  await run("tap");
  assert.equal(stub.visits.get(visit.id)?.revision, 2);
});

test("an unsent change keeps its old etag, so that nothing of the server is overwritten in silence", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await run("tap");
  const kept = stub.visits.get(visit.id)!;
  stub.visits.set(visit.id, { ...kept, etag: "e9", document: { ...kept.document, notes: { strengths: "别处" } } });
  await visit.answer("A1", "fail");
  stub.pages = [{ changes: [told(visit.id, { state: "draft", returned: null })], removed: [], cursor: "c2", more: false }];
  await pull();
  await run("tap");
  assert.equal(visit.record.value.conflict?.document.notes.strengths, "别处");
  assert.equal(visit.record.value.document.answers["A1"]?.value, "fail");
});

test("a draft of a lost phone is taken up here with its answers", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await run("tap");
  const { document, etag } = stub.visits.get(visit.id)!;
  await readyPhone(stub, base);
  stub.pages = [{ changes: [told(visit.id, { state: "draft", returned: null, etag, document })], removed: [], cursor: "c2", more: false }];
  await pull();
  assert.equal(visits.value.size, 0);
  const again = await openVisit([...remoteVisits.value.keys()][0]!);
  assert.equal(again.record.value.document.answers["A1"]?.value, "pass");
  await again.answer("A1", "fail");
  await run("tap");
  assert.equal(stub.visits.get(visit.id)?.document.answers.A1.value, "fail");
  assert.equal(stub.visits.get(visit.id)?.document.started_at, document.started_at);
});

test("a draft whose photo is still on the other phone can be submitted here, waits for it in words, and is whole when it came", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await visit.answer("A2", "pass");
  const photo = await visit.addPhoto("A1", await picture("there"), "camera");
  stub.tricks.push({ when: (asked) => asked.path.startsWith("/uploads"), act: cut });
  await run("tap");
  stub.tricks.length = 0;
  const { document, etag } = stub.visits.get(visit.id)!;
  await readyPhone(stub, base);
  stub.pages = [{ changes: [told(visit.id, { state: "draft", returned: null, etag, document })], removed: [], cursor: "c2", more: false }];
  await pull();
  const here = await openVisit(visit.id);
  assert.deepEqual(here.photos.value.map(({ sha256, thumb }) => [sha256, thumb]), [[photo.sha256, null]]);
  await here.editTimer("B1", 100, "没按到");
  await run("tap");
  await here.submit();
  await run("tap");
  const entry = () => entries.value.find((one) => one.visit === visit.id)!;
  assert.deepEqual([entry().state, entry().problem?.code, here.record.value.state], ["waiting", "photo-elsewhere", "receiving"]);
  stub.files.set(visit.id, new Set([photo.sha256]));
  await run("tap");
  assert.deepEqual([entry().state, here.record.value.state, entry().photos], ["sent", "submitted", { done: 1, all: 1 }]);
});

test("an answer from before a save that the server took meanwhile takes nothing back, and what it told else is asked for again", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await run("tap");
  const draft = structuredClone(stub.visits.get(visit.id)!);
  let go = (): void => undefined;
  const old = { changes: [told(visit.id, { state: "draft", returned: null, document: draft.document, etag: draft.etag }), outlet("x1")], removed: [], cursor: "old", more: false };
  const arrived = new Promise<void>((ready) => stub.next("GET", /sync/, (response) => { go = () => json(response, 200, old); ready(); }));
  const pulled = pull();
  await arrived;
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 10, "没按到");
  await visit.submit();
  await run("tap");
  stub.pages = [{ changes: [outlet("x1")], removed: [], cursor: "new", more: false }];
  go();
  await pulled;
  const { state, document, known } = visits.value.get(visit.id)!;
  assert.deepEqual([state, known.state, document.intent, document.answers["A1"]!.value], ["submitted", "submitted", "submit", "pass"]);
  assert.ok(outlets.value.has("x1"));
  assert.deepEqual(stub.asked.filter(({ path }) => path.startsWith("/sync")).map(({ path }) => path), ["/sync?cursor=c1", "/sync?cursor=c1"]);
  assert.equal(await db().get("meta", "cursor"), "new");
});

test("the server's clock is measured, and a change of unknown type harms nothing", async () => {
  stub.next("GET", /sync/, (response) => json(response, 200, { changes: [{ type: "weather", id: "1", data: {} }], removed: [{ type: "weather", id: "2" }], cursor: "c5", more: false, server_time: "2026-11-21T02:10:00.000Z" }));
  await pull();
  assert.equal(clockOffset.value, 600_000);
  assert.equal(await db().get("meta", "cursor"), "c5");
});
