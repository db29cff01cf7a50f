/** Voice notes on the phone: stored before they are shown, alive after a kill, sent only where sound is taken, gone when decided. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { entries, run, summary } from "../../pwa/src/data/outbox";
import { db, visits } from "../../pwa/src/data/records";
import { pull } from "../../pwa/src/data/sync";
import { heard as leaving } from "../../pwa/src/data/sound";
import type { ServerState } from "../../pwa/src/data/types";
import { openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { gather, speak, unsay } from "../../pwa/src/data/voice";
import { ASSIGNMENT, OUTLET, killed, picture, readyPhone, time } from "./make";
import { Stub, cut } from "./stub_server";

let stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = stub.asked.length = 0;
  stub.hears = true;
  await readyPhone(stub, base);
  time.now = Date.parse("2026-11-21T02:00:00.000Z");
  await allowed(true);
});

async function allowed(on: boolean): Promise<void> {
  stub.pages = [{ changes: [{ type: "setting", id: "app", version: 1, data: { voice_notes: on, voice_ground: on ? "晋法 12 号" : "" } }], removed: [], cursor: `on-${on}`, more: false }];
  await pull();
}

const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;

async function spoken(visit: OpenVisit, ...pieces: string[]): Promise<void> {
  const note = speak(visit.id, "A");
  let ms = 0;
  for (const piece of pieces) await note.piece("audio/webm", bytesOf(piece), (ms += 2000));
}

async function filled(): Promise<OpenVisit> {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  await visit.addPhoto("A1", await picture("front"), "camera");
  return visit;
}

const notesOf = (visit: OpenVisit) => visit.photos.value.filter((one) => one.kind === "audio");
const heard = async (hash: string): Promise<string | null> => {
  const found = await db().get("bytes", hash);
  return found ? new TextDecoder().decode(found.bytes) : null;
};
const leftPieces = async (): Promise<number> => (await db().tx(["meta"], "readonly", (tx) => tx.objectStore("meta").getAllKeys())).filter((key) => key.startsWith("voice/")).length;
const kinds = (visit: OpenVisit): string[] => stub.visits.get(visit.id)!.document.files.map((file: { kind: string }) => file.kind);
async function told(visit: OpenVisit, state: ServerState): Promise<void> {
  const { etag, revision, document } = stub.visits.get(visit.id)!;
  const data = {
    id: visit.id, outlet_id: OUTLET.id, assignment_id: null, kind: "mystery", part: null, checklist: document.checklist, state, revision, etag, score: null,
    returned: state === "returned" ? { reasons: [{ item: null, text: "补" }], due: null, note: null } : null, document: null, receipt: null, updated_at: "2026-11-21T05:00:00Z",
  };
  stub.pages = [{ changes: [{ type: "visit", id: visit.id, version: 1, data }], removed: [], cursor: `told-${state}`, more: false }];
  await pull();
}

test("the pieces of a note become one file of its section, with its beginning and its end", async () => {
  const visit = await filled();
  await spoken(visit, "one ", "two ", "three");
  assert.equal(await gather(visit), 1);
  const [note] = notesOf(visit);
  assert.deepEqual([note!.section, note!.taken_at, note!.ended_at, note!.type], ["A", "2026-11-21T02:00:00.000Z", "2026-11-21T02:00:06.000Z", "audio/webm"]);
  assert.equal(await heard(note!.sha256), "one two three");
  assert.equal(await leftPieces(), 0);
  const file = visit.record.value.document.files.find((one) => one.kind === "audio")!;
  assert.deepEqual([file.section, file.ended_at, file.item], ["A", "2026-11-21T02:00:06.000Z", null]);
  assert.ok(!("section" in visit.record.value.document.files.find((one) => one.kind === "photo")!));
});

test("what was spoken before a kill is found again, once, however often the phone dies over it", async () => {
  let visit = await filled();
  await spoken(visit, "half");
  await killed();
  visit = await openVisit(visit.id);
  // Two at once, as when a section opens while the recorder ends.
  assert.deepEqual((await Promise.all([gather(visit), gather(visit)])).sort(), [0, 1]);
  const [note] = notesOf(visit);
  await db().tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put({ section: "A", type: "audio/webm", at: note!.taken_at, ms: 2000, bytes: bytesOf("half") }, `voice/${visit.id}/x/0001`));
  assert.equal(await gather(visit), 1);
  assert.equal(notesOf(visit).length, 1);
});

test("a note that is taken back leaves no bytes", async () => {
  const visit = await filled();
  await spoken(visit, "slip");
  await gather(visit);
  const [note] = notesOf(visit);
  await unsay(visit, note!.key);
  assert.equal(await heard(note!.sha256), null);
  assert.equal(notesOf(visit).length, 0);
});

test("where sound is taken it is sent with the visit and not counted among the photos", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await visit.submit();
  assert.equal(summary.value.photos, 1);
  await run("tap");
  assert.equal(visit.record.value.state, "submitted");
  assert.deepEqual(kinds(visit).sort(), ["audio", "photo"]);
  assert.equal(stub.files.get(visit.id)!.size, 2);
});

test("where sound is not taken it stays on the phone and the rest of the visit is whole", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await allowed(false);
  await visit.submit();
  await run("tap");
  assert.equal(visit.record.value.state, "submitted");
  assert.deepEqual(kinds(visit), ["photo"]);
  assert.equal(entries.value[0]!.state, "sent");
  assert.equal(await heard(notesOf(visit)[0]!.sha256), "said");
  assert.equal(visit.record.value.document.files.length, 2);
});

test("a phone that has not heard of it yet is told once and sends the rest at once", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await visit.submit();
  stub.hears = false;
  await run("tap");
  assert.equal(visit.record.value.state, "submitted");
  assert.deepEqual(kinds(visit), ["photo"]);
  assert.equal(await heard(notesOf(visit)[0]!.sha256), "said");
});

test("sound that is refused in the middle of sending holds nothing up", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await visit.submit();
  // The document is there, none of its files is, and now sound loses its ground.
  stub.next("POST", /uploads/, cut);
  await run("tap");
  assert.deepEqual(kinds(visit).sort(), ["audio", "photo"]);
  stub.hears = false;
  await run("tap");
  assert.deepEqual(entries.value.map((entry) => [entry.state, entry.problem]), [["sent", null]]);
  assert.equal(visit.record.value.state, "submitted");
  assert.equal(stub.files.get(visit.id)!.size, 1);
  assert.equal(await heard(notesOf(visit)[0]!.sha256), "said");
});

test("a decided visit leaves no voice on the phone, a returned one keeps it", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await visit.submit();
  await spoken(visit, "never gathered");
  await run("tap");
  const { sha256: hash } = notesOf(visit)[0]!;
  const photo = visit.photos.value.find((one) => one.kind === "photo")!.sha256;
  await told(visit, "in_review");
  await told(visit, "returned");
  assert.equal(await heard(hash), "said");
  await told(visit, "accepted");
  assert.equal(await heard(hash), null);
  assert.equal(await leftPieces(), 0);
  assert.notEqual(await heard(photo), null);
  assert.equal(visits.value.get(visit.id)!.document.files.length, 2);
});

test("a visit that went from the list before the phone heard of its end leaves no voice either", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await visit.submit();
  await run("tap");
  stub.pages = [{ changes: [], removed: [{ type: "visit", id: visit.id }], cursor: "gone", more: false }];
  await pull();
  assert.equal(await heard(notesOf(visit)[0]!.sha256), null);
});

test("what a kill cut off goes along with a submission that shows no section", async () => {
  let visit = await filled();
  await spoken(visit, "cut off");
  await killed();
  visit = await openVisit(visit.id);
  await visit.submit();
  await run("tap");
  assert.deepEqual(kinds(visit).sort(), ["audio", "photo"]);
  assert.equal(await leftPieces(), 0);
  assert.equal(stub.files.get(visit.id)!.size, 2);
});

test("a visit full of photos takes voice notes, and they take no photo's place", async () => {
  stub.pages = [{ changes: [{ type: "setting", id: "app", version: 2, data: { photos_max: 2 } }], removed: [], cursor: "two", more: false }];
  await pull();
  const visit = await filled();
  await spoken(visit, "first");
  await gather(visit);
  await visit.addPhoto("A1", await picture("second"), "camera");
  await spoken(visit, "last");
  await gather(visit);
  assert.equal(notesOf(visit).length, 2);
  await assert.rejects(visit.addPhoto("A1", await picture("third"), "camera"), { code: "photo-too-many" });
});

test("a refusal of sound holds until the next pull, also where the setting did not change", async () => {
  const visit = await filled();
  await spoken(visit, "said");
  await gather(visit);
  await visit.submit();
  stub.hears = false;
  await run("tap");
  const left = async (): Promise<string[]> => (await leaving(visit.record.value.document)).files.map(({ kind }) => kind).sort();
  assert.deepEqual(await left(), ["photo"]);
  stub.pages = [{ changes: [], removed: [], cursor: "nothing new", more: false }];
  await pull();
  assert.deepEqual(await left(), ["audio", "photo"]);
});
