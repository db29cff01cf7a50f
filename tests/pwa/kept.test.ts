/** What was not chosen between two versions of a visit stays, is told apart, and leaves the phone sealed, also after the visit was delivered. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { versions } from "../../pwa/src/data/kept";
import { clockOffset } from "../../pwa/src/data/api";
import { entries, run } from "../../pwa/src/data/outbox";
import { visits } from "../../pwa/src/data/records";
import { pack } from "../../pwa/src/data/rescue";
import { me, unsentVisits } from "../../pwa/src/data/session";
import { openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, code, killed, pass, picture, readyPhone } from "./make";
import { frames, serversKey, type ServersKey } from "./rescue_open";
import { Stub } from "./stub_server";

let stub = new Stub();
let base = "";
let key: ServersKey;
const invite = () => { me.value = { ...me.value!, packing: { name: key.name, key: key.public, pass: "p".repeat(64) } }; };
before(async () => {
  base = await stub.listen();
  key = await serversKey();
});
after(() => stub.close());
beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = 0;
  stub.asked.length = 0;
  await readyPhone(stub, base);
  invite();
});

/** Changed here and on the server at once; the server's version is chosen, and the visit is delivered. */
async function delivered(): Promise<OpenVisit> {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  await run("tap");
  const there = stub.visits.get(visit.id)!;
  stub.visits.set(visit.id, { ...there, etag: "other", document: { ...there.document, answers: { ...there.document.answers, A1: { value: "pass", note: "那边" } } } });
  pass(60_000);
  await visit.note("A1", "这里");
  await visit.setNotes({ watch: "小心台阶" });
  await visit.addPhoto("A1", await picture("lost"), "camera");
  await run("tap");
  assert.ok(visit.record.value.conflict);
  await visit.choose("theirs");
  await visit.submit();
  await run("tap");
  assert.equal(entries.value.find((one) => one.visit === visit.id)!.state, "sent");
  return visit;
}

test("the version that was not chosen is there after the visit was delivered, with its time and what is different in it", async () => {
  const visit = await delivered();
  await killed();
  const [version, ...others] = versions(visits.value.get(visit.id)!);
  assert.deepEqual(others, []);
  assert.equal(version!.document.answers["A1"]!.note, "这里");
  assert.equal(version!.at, "2026-11-21T02:01:00.000Z");
  assert.deepEqual([version!.items, version!.notes, version!.actions, version!.signatures], [["A1"], true, false, false]);
});

test("what is equal but for the order of its places, or for empty ones, is not different", () => {
  const document = { answers: {}, files: [], signatures: [], started_at: "2026-11-21T02:00:00.000Z", notes: { watch: "a", how: "" }, actions: [{ id: "1", item: null, what: "b" }] };
  const kept = [{ ...document, notes: { how: null, watch: "a" }, actions: [{ what: "b", item: null, id: "1" }] }];
  const [version] = versions({ document, kept } as never);
  assert.deepEqual([version!.items, version!.notes, version!.actions], [[], false, false]);
});

test("the newest version comes first", () => {
  const at = (started_at: string) => ({ answers: {}, files: [], signatures: [], notes: {}, actions: [], started_at });
  const kept = [at("2026-11-21T02:00:00.000Z"), at("2026-11-21T02:30:00.000Z"), at("2026-11-21T02:10:00Z")];
  assert.deepEqual(versions({ document: at(""), kept } as never).map((one) => one.at.slice(14, 16)), ["30", "10", "00"]);
});

test("it is packed for the server alone, with its photos, and nothing of the delivered visit changes by that", async () => {
  const visit = await delivered();
  const lost = visit.record.value.kept[0]!.files[0]!.sha256;
  clockOffset.value = 5000;
  const before = structuredClone(visit.record.value);
  assert.deepEqual(unsentVisits(), []);
  assert.equal((await pack()).files, 0);
  const packed = await pack(undefined, visit.id);
  assert.deepEqual([packed.visits, packed.files, packed.lost], [[visit.id], 1, 0]);
  const [list, bytes] = await frames(key, await packed.parts[0]!.blob.arrayBuffer());
  const { visits: [carried], files } = JSON.parse(new TextDecoder().decode(list));
  assert.equal(JSON.parse(carried.kept[0]).answers.A1.note, "这里");
  assert.deepEqual(files, [{ sha256: lost, bytes: 2000 }]);
  assert.equal(new TextDecoder().decode(bytes!.slice(0, 4)), "lost");
  // The server has just this document, and without an etag it would take no other.
  assert.deepEqual(JSON.parse(carried.document), stub.visits.get(visit.id)!.document);
  assert.deepEqual([carried.etag, carried.marks], [null, [carried.mark]]);
  assert.match(carried.mark, /^[0-9a-f]{32}$/);
  assert.deepEqual(visit.record.value, before);
});

test("before this phone heard of the server's key it says so", async () => {
  const visit = await delivered();
  me.value = { ...me.value!, packing: null };
  assert.equal(await code(pack(undefined, visit.id)), "rescue-no-key");
});
