/** Rechecks of single items: the same items are left as on the server, and the visit asks them alone, wherever it is opened and whatever becomes of its assignment. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { run } from "../../pwa/src/data/outbox";
import { assignments, pull } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { db, visits } from "../../pwa/src/data/records";
import type { Checklist } from "../../pwa/src/data/types";
import { restricted } from "../../pwa/src/rules/restrict";
import { progressOf } from "../../pwa/src/screens/sheet";
import { ASSIGNMENT, CHECKLIST, OUTLET, item, killed, readyPhone } from "./make";
import { Stub } from "./stub_server";

const vectors = JSON.parse(readFileSync("../tests/vectors/rechecks.json", "utf8"));

const whens = ({ sections }: Checklist) => new Map(sections.flatMap((section) => [section, ...section.items]).map(({ id, when }) => [id, when]));

for (const { about, items, kept, asked } of vectors.cases) {
  test(`of the checklist is left: ${about}`, () => {
    const left = restricted(vectors.checklist, items);
    assert.deepEqual({ leaving: left.leaving, sections: left.sections.map(({ id, points, items: some }) => [id, points, some.map((one) => one.id)]) }, kept);
    const before = whens(vectors.checklist);
    assert.deepEqual([...whens(left)].filter(([id, when]) => when === null && before.get(id)).map(([id]) => id), asked);
  });
}

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());

const LIST = { ...CHECKLIST, id: "long", sections: [...CHECKLIST.sections, { id: "C", title: { zh: "三", en: "three" }, when: null, points: 400, items: [item("C1"), item("C2", { required: "any_failed" })] }] };
const AGAIN = { ...ASSIGNMENT, id: "again", kind: "recheck" as const, checklist: { id: "long", version: 1 }, recheck_of: "earlier", items: ["A2", "C1"] };
const page = (changes: object[], removed: object[] = []) => ({ changes, removed, cursor: "c2", more: false });

beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  await readyPhone(stub, base);
  stub.pages = [page([{ type: "checklist", id: "long@1", version: 1, data: LIST }, { type: "assignment", id: "again", version: 1, data: AGAIN }])];
  await pull();
});

test("only the asked items and what they need are asked, missing, scored and sent", async () => {
  const visit = await openVisit(await startVisit("again"));
  assert.deepEqual([...visit.items.keys()], ["A1", "A2", "C1"]);
  assert.deepEqual(visit.finish()?.map((one) => one.item), ["A1", "C1"]);
  await visit.answer("A1", "fail");
  await visit.answer("A2", "pass");
  await visit.answer("C1", "pass");
  assert.equal(visit.finish(), null);
  assert.equal(visit.score.value.score, "66.67");
  const record = visits.value.get(visit.id)!;
  const { done, all } = progressOf(record, LIST);
  assert.deepEqual([done, all], [3, 3]);
  await visit.submit();
  await run("tap");
  const { document, state } = stub.visits.get(visit.id)!;
  assert.deepEqual([Object.keys(document.answers).sort(), state], [["A1", "A2", "C1"], "submitted"]);
});

test("the list stays with the visit when its assignment is gone and the phone was killed; the published checklist stays whole", async () => {
  const visit = await openVisit(await startVisit("again"));
  await visit.answer("A1", "fail");
  stub.pages = [page([], [{ type: "assignment", id: "again" }, { type: "checklist", id: "long@1" }])];
  await pull();
  await killed();
  assert.equal(assignments.value.has("again"), false);
  const opened = await openVisit(visit.id);
  assert.deepEqual([...opened.items.keys()], ["A1", "A2", "C1"]);
  assert.equal((await db().get("checklists", "long@1"))?.sections.length, 3);
});

test("a visit that another phone began asks the same", async () => {
  const { document } = (await openVisit(await startVisit({ outletId: OUTLET.id, kind: "recheck", checklist: AGAIN.checklist, recheckOf: "earlier" }))).record.value;
  const remote = { ...document, id: "there" };
  stub.pages = [page([{ type: "visit", id: "there", version: 1, data: {
    id: "there", outlet_id: OUTLET.id, assignment_id: "gone", kind: "recheck", part: null, checklist: AGAIN.checklist, state: "returned", revision: 1, etag: "e1", score: null, returned: null, document: remote, receipt: null, updated_at: "2026-11-21T02:00:00Z", items: ["C1"],
  } }])];
  await pull();
  assert.deepEqual([...(await openVisit("there")).items.keys()], ["C1"]);
});

test("a recheck without a list asks the whole checklist", async () => {
  stub.pages = [page([{ type: "assignment", id: "all", version: 1, data: { ...AGAIN, id: "all", items: null } }])];
  await pull();
  assert.equal((await openVisit(await startVisit("all"))).items.size, 5);
});
