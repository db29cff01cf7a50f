/** Later proof on the phone: filled in where the visit is read, stored before it is shown, sent when it is submitted, and nothing beside it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { entries, retry, run, summary } from "../../pwa/src/data/outbox";
import { provable } from "../../pwa/src/data/proof";
import { visits } from "../../pwa/src/data/records";
import { unsent } from "../../pwa/src/data/session";
import { pull } from "../../pwa/src/data/sync";
import type { Checklist, ServerState, VisitRecord } from "../../pwa/src/data/types";
import { openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { CHECKLIST, OUTLET, code, item, killed, pass, picture, readyPhone, time } from "./make";
import { Stub, cut, lost } from "./stub_server";

const HOUR_MS = 3_600_000;
const LATER: Checklist = {
  ...CHECKLIST, version: 2,
  sections: [...CHECKLIST.sections, {
    id: "C", title: { zh: "账单", en: "Bill" }, when: null, points: 400, items: [
      item("C1", { later_hours: 72, photo: { when: "on_fail", below: 500, hint: null } }),
      item("C2", { later_hours: 24, na: true }),
      item("C3", { kind: "photo", points: 0, credit: null, later_hours: 72, required: true }),
      item("C4", { later_hours: 72, when: { item: "A1", op: "is", value: "fail" } }),
    ],
  }],
};

let stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(fresh);

async function fresh(): Promise<void> {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = 0;
  stub.asked.length = 0;
  await readyPhone(stub, base);
  time.now = Date.parse("2026-11-21T02:00:00.000Z");
  stub.pages = [{ changes: [{ type: "checklist", id: "own-hall-mystery@2", version: 1, data: LATER }], removed: [], cursor: "c2", more: false }];
  await pull();
}

async function filled(): Promise<OpenVisit> {
  const visit = await openVisit(await startVisit({ outletId: OUTLET.id, kind: "mystery", checklist: { id: LATER.id, version: 2 } }));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  await visit.addPhoto("A1", await picture("front"), "camera");
  for (const id of ["C1", "C2", "C3"]) await visit.pending(id);
  await visit.leave({ missing: "off" });
  pass(HOUR_MS);
  await visit.submit();
  return visit;
}

async function sent(): Promise<OpenVisit> {
  const visit = await filled();
  await run("tap");
  assert.equal(visit.record.value.state, "submitted");
  stub.asked.length = 0;
  return visit;
}

const kept = (visit: { id: string }) => stub.visits.get(visit.id)!;
const entry = (visit: { id: string }) => entries.value.find((one) => one.visit === visit.id)!;
const here = (visit: { id: string }): VisitRecord => visits.value.get(visit.id)!;
const waits = (visit: OpenVisit) => [...visit.provable.value.keys()];

/** Sync tells that the visit came to `state`. */
async function told(visit: OpenVisit, state: ServerState, returned: object | null = null): Promise<void> {
  const { document, etag, revision } = kept(visit);
  kept(visit).state = state;
  const data = {
    id: visit.id, outlet_id: OUTLET.id, assignment_id: null, kind: "mystery", part: null, checklist: { id: LATER.id, version: 2 }, state, revision, etag, score: null,
    returned, document: returned ? document : null, receipt: null, updated_at: "2026-11-21T05:00:00Z",
  };
  stub.pages = [{ changes: [{ type: "visit", id: visit.id, version: 1, data }], removed: [], cursor: `${state}`, more: false }];
  await pull();
}

test("what was marked for later waits for its proof until its hours after leaving are over", async () => {
  const visit = await sent();
  const left = Date.parse(visit.record.value.document.left_at!);
  assert.deepEqual([...visit.provable.value], [
    ["C1", new Date(left + 72 * HOUR_MS).toISOString()], ["C2", new Date(left + 24 * HOUR_MS).toISOString()], ["C3", new Date(left + 72 * HOUR_MS).toISOString()],
  ]);
  pass(23 * HOUR_MS);
  assert.deepEqual([...provable(here(visit), LATER).keys()], ["C1", "C3"]);
  assert.equal(await code(visit.answer("C2", "pass")), "visit-closed");
  pass(48 * HOUR_MS);
  assert.equal(provable(here(visit), LATER).size, 0);
  assert.equal(await code(visit.answer("C1", "pass")), "visit-closed");
});

test("proof goes out when it is submitted, as the next revision, and the ends of the visit stay", async () => {
  const visit = await sent();
  const { left_at, finished_at } = visit.record.value.document;
  pass(HOUR_MS);
  assert.equal(visit.proved.value, false);
  await visit.answer("C1", "fail");
  await visit.note("C1", "多扣两元");
  await visit.addPhoto("C1", await picture("bill"), "album");
  assert.equal(visit.proved.value, true);
  await run("tap");
  assert.deepEqual(stub.asked, []);
  assert.equal(summary.value.photos, 0);
  assert.equal(visit.record.value.state, "submitted");

  await visit.submit();
  assert.equal(visit.record.value.state, "queued");
  assert.deepEqual(waits(visit), []);
  await run("tap");
  assert.equal(entry(visit).state, "sent");
  assert.equal(kept(visit).revision, 2);
  assert.deepEqual(kept(visit).document.answers.C1, { value: "fail", note: "多扣两元", at: "2026-11-21T04:00:00.000Z" });
  assert.deepEqual([kept(visit).document.left_at, kept(visit).document.finished_at], [left_at, finished_at]);
  assert.deepEqual([here(visit).state, here(visit).proof, here(visit).known.revision], ["submitted", null, 2]);
  assert.deepEqual(waits(visit), ["C2", "C3"]);
});

test("a photo is proof of its own where a photo was asked", async () => {
  const visit = await sent();
  await visit.addPhoto("C3", await picture("receipt"), "camera");
  assert.equal(visit.record.value.document.answers.C3?.pending, undefined);
  await visit.submit();
  await run("tap");
  assert.equal(kept(visit).revision, 2);
  assert.deepEqual(waits(visit), ["C1", "C2"]);
});

test("everything else of a submitted visit stays read-only", async () => {
  const visit = await sent();
  await visit.answer("C1", "pass");
  const closed: (() => Promise<unknown>)[] = [
    () => visit.answer("A1", "fail"), () => visit.clear("B1"), () => visit.note("A1", "改"), () => visit.noPhoto("A1", "absent"), () => visit.startTimer("B1"),
    () => visit.resetTimer("B1"), () => visit.setNotes({ watch: "改" }), () => visit.setPart("round"), () => visit.leave({ missing: "off" }), () => visit.discard("不要了"),
    () => visit.removePhoto(visit.photos.value[0]!.key), () => visit.caption(visit.photos.value[0]!.key, "改"), () => visit.sign("inspector", "林", null), () => visit.answer("C4", "pass"),
  ];
  for (const [at, one] of closed.entries()) assert.equal(await code(one()), "visit-closed", String(at));
  assert.equal(await code((async () => visit.addPhoto("A1", await picture("more"), "camera"))()), "visit-closed");
  assert.equal(visit.sealed(visit.photos.value[0]!), true);
  await visit.submit();
  assert.equal(await code(visit.answer("C2", "pass")), "visit-closed");
});

test("proof that still lacks something is not submitted, and one taken back waits again", async () => {
  const visit = await sent();
  await visit.answer("C1", "fail");
  assert.equal(await code(visit.submit()), "visit-incomplete");
  assert.equal(visit.record.value.state, "submitted");
  await visit.clear("C1");
  assert.deepEqual([visit.record.value.document.answers.C1?.pending, visit.proved.value], [true, false]);
  assert.deepEqual(waits(visit), ["C1", "C2", "C3"]);
});

test("killed at any moment nothing of the proof is lost, and half of it is never sent", async () => {
  const visit = await sent();
  await visit.answer("C1", "fail");
  await visit.addPhoto("C1", await picture("bill"), "album");
  assert.equal(unsent(), 1);
  await killed();
  await run("launch");
  assert.deepEqual(stub.asked, []);
  const again = await openVisit(visit.id);
  assert.deepEqual([again.record.value.document.answers.C1?.value, waits(again).length, again.photos.value.length], ["fail", 3, 2]);
  await again.submit();
  await killed();
  assert.equal(here(visit).state, "queued");
  await run("launch");
  assert.deepEqual([kept(visit).revision, kept(visit).state, here(visit).state, unsent()], [2, "submitted", "submitted", 0]);
});

test("a cut at any request of the proof, with the page killed there, ends in the same revision", async () => {
  let requests = 1;
  for (let at = 0; at < requests; at += 1) {
    for (const how of [cut, lost]) {
      await fresh();
      const visit = await sent();
      await visit.answer("C1", "fail");
      await visit.addPhoto("C1", await picture(`bill ${at}`), "album");
      await visit.submit();
      let left = at;
      stub.tricks.push({ when: () => left-- === 0, act: how });
      await run("tap");
      stub.tricks.length = 0;
      await killed();
      pass(10_000);
      await run("online");
      assert.deepEqual([here(visit).state, here(visit).known.receipt?.files?.length, kept(visit).revision], ["submitted", 2, 2], `cut at request ${at}`);
      requests = Math.max(requests, stub.asked.length - 1);
    }
  }
  assert.ok(requests >= 4);
});

test("proof begun while the visit is still received does not go with it", async () => {
  const visit = await filled();
  stub.next("POST", /uploads/, cut);
  await run("tap");
  assert.equal(visit.record.value.state, "receiving");
  await visit.answer("C1", "pass");
  await run("tap");
  assert.deepEqual([visit.record.value.state, kept(visit).revision, kept(visit).document.answers.C1.pending], ["submitted", 1, true]);
  assert.equal(visit.record.value.document.answers.C1?.value, "pass");
  await visit.submit();
  await run("tap");
  assert.deepEqual([kept(visit).revision, kept(visit).document.answers.C1.value], [2, "pass"]);
});

test("a visit that comes back while proof is filled in keeps it in the correction", async () => {
  const visit = await sent();
  await visit.answer("C1", "pass");
  await told(visit, "in_review");
  assert.deepEqual([visit.record.value.state, waits(visit).length, visit.proved.value], ["in_review", 3, true]);
  await told(visit, "returned", { reasons: [{ item: "A1", text: "看不清" }], due: null, note: null });
  assert.deepEqual([visit.record.value.state, visit.editable.value, visit.record.value.document.intent], ["returned", true, "draft"]);
  assert.deepEqual([visit.record.value.document.answers.C1?.value, visit.record.value.returned?.reasons.length], ["pass", 1]);
  await visit.submit();
  await run("tap");
  assert.deepEqual([kept(visit).revision, kept(visit).document.answers.C1.value], [2, "pass"]);
});

test("proof that comes too late is kept aside, and the visit is shown as it was submitted", async () => {
  const filling = await sent();
  await filling.answer("C1", "pass");
  await told(filling, "accepted");
  assert.deepEqual([here(filling).state, here(filling).document.answers.C1?.pending, here(filling).kept[0]?.answers.C1?.value], ["accepted", true, "pass"]);
  assert.equal(unsent(), 0);

  await fresh();
  const visit = await sent();
  await visit.answer("C1", "pass");
  await visit.submit();
  kept(visit).state = "accepted";
  await run("tap");
  assert.deepEqual([entry(visit).state, entry(visit).problem?.code], ["refused", "visit-state-forbids"]);
  assert.deepEqual([here(visit).state, here(visit).document.answers.C1?.pending, here(visit).kept[0]?.answers.C1?.value], ["accepted", true, "pass"]);
  await retry(visit.id);
  assert.equal(entry(visit).state, "sent");
});
