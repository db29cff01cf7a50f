/** The open visit: stored first, pinned to its checklist, whole after a kill between any two writes. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { IDBDatabase as FDBDatabase, IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { clockOffset } from "../../pwa/src/data/api";
import { storageProblem } from "../../pwa/src/data/db";
import { sendable } from "../../pwa/src/data/document";
import { sweep } from "../../pwa/src/data/photos";
import { db, photosOf, reload, stored, visits } from "../../pwa/src/data/records";
import { checklists, pull } from "../../pwa/src/data/sync";
import { awaitingPhoto, elapsed, openVisit, startVisit } from "../../pwa/src/data/visit";
import { page, sha256, uuid } from "../../pwa/src/data/clock";
import { ASSIGNMENT, CHECKLIST, OUTLET, code, item, killed, pass, picture, readyPhone, time } from "./make";
import { Stub } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(() => readyPhone(stub, base));

const begin = async () => openVisit(await startVisit(ASSIGNMENT.id));
const fill = async (visit: Awaited<ReturnType<typeof begin>>) => {
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
};

test("nothing is created until the first answer, and then it is on disk before it is shown", async () => {
  const visit = await begin();
  await visit.goTo("A", "A1");
  assert.equal((await db().all("visits")).length, 0);
  pass(5000);
  const shown = (): unknown => visit.record.value.document.answers["A1"]?.value;
  const answering = visit.answer("A1", "pass");
  assert.equal(shown(), undefined);
  await answering;
  assert.equal(shown(), "pass");
  const onDisk = await db().get("visits", visit.id);
  assert.equal(onDisk?.document.answers["A1"]?.value, "pass");
  assert.equal(onDisk?.document.started_at, "2026-11-21T02:00:05.000Z");
  assert.equal((await db().get("checklists", "own-hall-mystery@1"))?.version, 1);
});

test("after a kill the visit, its place and its checklist are there, and the same assignment takes it up again", async () => {
  const visit = await begin();
  await visit.answer("A1", "fail");
  await visit.note("A1", "门口有水");
  await visit.goTo("A", "A2");
  await killed();
  const again = await openVisit(await startVisit(ASSIGNMENT.id));
  assert.equal(again.id, visit.id);
  assert.deepEqual(again.record.value.place, { section: "A", item: "A2" });
  assert.equal(again.record.value.document.answers["A1"]?.note, "门口有水");
});

test("a checklist that changes or is removed does not change an open visit", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  const changed = { ...CHECKLIST, sections: [] };
  stub.pages = [{ changes: [{ type: "checklist", id: "own-hall-mystery@1", version: 2, data: changed }], removed: [{ type: "checklist", id: "own-hall-mystery@1" }], cursor: "c2", more: false }];
  await pull();
  await killed();
  assert.equal((await openVisit(visit.id)).checklist.sections.length, 2);
});

test("a checklist that goes between the start and the first tap is kept by that tap", async () => {
  const visit = await begin();
  stub.pages = [{ changes: [], removed: [{ type: "checklist", id: "own-hall-mystery@1" }], cursor: "c2", more: false }];
  await pull();
  assert.equal(await db().get("checklists", "own-hall-mystery@1"), undefined);
  await visit.answer("A1", "pass");
  await killed();
  assert.equal((await openVisit(visit.id)).checklist.sections.length, 2);
});

test("the answer of a hidden item stays on the phone and is not sent", async () => {
  const visit = await begin();
  await visit.answer("A1", "fail");
  await visit.answer("A2", "fail");
  await visit.answer("A1", "pass");
  const { document } = visit.record.value;
  assert.equal(document.answers["A2"]?.value, "fail");
  assert.deepEqual(Object.keys(sendable(visit.record.value, CHECKLIST).answers), ["A1"]);
});

test("a value outside of what the item takes is refused and nothing changes", async () => {
  const visit = await begin();
  assert.equal(await code(visit.answer("A1", "perhaps")), "value-wrong");
  assert.equal(await code(visit.na("A1")), "value-wrong");
  assert.equal(await code(visit.answer("B1", -1)), "value-wrong");
  assert.equal(visits.value.size, 0);
});

test("answers changed after leaving the outlet are marked, first answers are not", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  await visit.leave({ missing: "denied" });
  await visit.answer("A1", "fail");
  await visit.answer("A2", "pass");
  assert.deepEqual(visit.record.value.document.changed_after_end, ["A1"]);
});

test("a checklist's own item says when the inspector left, and the place of leaving changes nothing about it", async () => {
  const left = item("A3", { kind: "instant", credit: null, points: 0 });
  checklists.value = new Map([["own-hall-mystery@1", { ...CHECKLIST, leaving: "A3", sections: [{ ...CHECKLIST.sections[0]!, items: [item("A1"), left] }] }]]);
  const visit = await begin();
  const at = () => visit.record.value.document.left_at;
  await visit.answer("A1", "pass");
  assert.equal(at(), null);
  await visit.answer("A3", "2026-11-21T02:30:00.000Z");
  await visit.answer("A1", "fail");
  await visit.leave({ missing: "denied" });
  assert.equal(at(), "2026-11-21T02:30:00.000Z");
  assert.deepEqual(visit.record.value.document.changed_after_end, ["A1"]);
  await visit.clear("A3");
  assert.equal(at(), null);
  await visit.answer("A3", "2026-11-21T02:35:00.000Z");
  await visit.submit();
  assert.equal(at(), "2026-11-21T02:35:00.000Z");
  assert.deepEqual(visit.record.value.document.position.end, { missing: "denied" });
});

test("time spent in a section is kept with the next change, hidden time is not", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  await visit.goTo("A");
  pass(3000);
  await visit.goTo("B");
  pass(2000);
  await visit.pause();
  pass(60_000);
  await visit.goTo("A");
  assert.deepEqual(visit.record.value.document.section_ms, { A: 3000, B: 2000 });
});

test("a timer survives the kill of the page, several run at once, a clock that jumps is marked and does not count", async () => {
  const visit = await begin();
  await visit.startTimer("B1");
  pass(30_000);
  await killed();
  const again = await openVisit(visit.id);
  pass(31_900);
  assert.equal(elapsed([], again.record.value.running["B1"]), 61);
  await again.stopTimer("B1");
  assert.equal(again.record.value.document.answers["B1"]?.value, 61);
  await again.startTimer("B1");
  time.now += 86_400_000;
  time.mono += 10_000;
  await again.stopTimer("B1");
  const answer = again.record.value.document.answers["B1"];
  assert.equal(answer?.value, 71);
  assert.equal(answer?.timer?.jump, true);
  assert.equal(await code(again.stopTimer("B1")), "timer-idle");
  assert.equal(await code(again.editTimer("B1", 5, "  ")), "reason-missing");
  await again.editTimer("B1", 5, "记错了");
  assert.equal(again.record.value.document.answers["B1"]?.timer?.edited, "记错了");
});

test("a clock set back or forward while the page lives, and midnight, change no duration", async () => {
  const visit = await begin();
  for (const [moved, jump] of [[-7_200_000, true], [3_600_000, true], [0, undefined]] as const) {
    // 23:59:50 in the halls' time.
    time.now = Date.parse("2026-11-21T15:59:50.000Z");
    await visit.resetTimer("B1");
    await visit.startTimer("B1");
    time.now += moved;
    pass(20_000);
    await visit.stopTimer("B1");
    const { value, timer } = visit.record.value.document.answers["B1"]!;
    assert.deepEqual([value, timer?.jump], [20, jump]);
  }
});

test("across a kill a clock that moved is marked: set back behind what was stored, or moved against the server's", async () => {
  const moved = async (offline: boolean, by: number, seen: number): Promise<[unknown, unknown]> => {
    await readyPhone(stub, base);
    clockOffset.value = offline ? null : 0;
    const visit = await begin();
    await visit.startTimer("B1");
    pass(seen);
    await visit.note("A1", "还在等");
    // The page that began it is another one than the next.
    await db().tx(["visits"], "readwrite", (tx) => tx.objectStore("visits").put({ ...visit.record.value, running: { B1: { ...visit.record.value.running["B1"]!, page: "gone" } } }));
    await killed();
    time.now += by;
    time.mono = 0;
    if (!offline) clockOffset.value = -by;
    pass(60_000);
    const again = await openVisit(visit.id);
    await again.stopTimer("B1");
    const { value, timer } = again.record.value.document.answers["B1"]!;
    clockOffset.value = null;
    return [value, timer?.jump];
  };
  assert.deepEqual(await moved(true, 0, 1_200_000), [1260, undefined]);
  assert.deepEqual(await moved(true, -900_000, 1_200_000), [360, true]);
  assert.deepEqual(await moved(true, -7_200_000, 1_200_000), [0, true]);
  assert.deepEqual(await moved(false, 3_600_000, 1_200_000), [4860, true]);
});

test("the camera's item is found again when the page was killed behind it", async () => {
  const visit = await begin();
  await visit.goTo("A");
  await visit.awaitPhoto("A2");
  await killed();
  assert.deepEqual(await awaitingPhoto(), { visit: visit.id, section: "A", item: "A2", at: time.now, left: 0, by: page });
  // Told once: a start after that is no return from the camera.
  assert.equal(await awaitingPhoto(), null);
  const again = await openVisit(visit.id);
  await again.addPhoto("A2", await picture("one"), "camera");
  assert.equal(again.record.value.document.files.length, 1);
});

test("photo bytes that do not read back equal are refused, and the disk problem is named", async () => {
  const visit = await begin();
  const wrong = { ...(await picture("one")), sha256: "0".repeat(64) };
  assert.equal(await code(visit.addPhoto("A1", wrong, "camera")), "photo-damaged");
  assert.equal(visit.photos.value.length, 0);
});

test("drawn marks replace the picture, a removed one leaves the document", async () => {
  const visit = await begin();
  const first = await visit.addPhoto("A1", await picture("one"), "album");
  await visit.caption(first.key, "门口");
  const marked = await visit.replacePhoto(first.key, await picture("marked"));
  assert.deepEqual(visit.record.value.document.files.map((file) => [file.sha256, file.caption, file.origin]), [[marked.sha256, "门口", "album"]]);
  await visit.removePhoto(marked.key);
  assert.equal(visit.record.value.document.files.length, 0);
  assert.equal((await photosOf(visit.id)).length, 0);
});

test("a picture that gets a caption or marks stays in its place", async () => {
  const visit = await begin();
  const [first, second] = [await visit.addPhoto("A1", await picture("one"), "camera"), await visit.addPhoto("A1", await picture("two"), "camera")];
  await visit.caption(first.key, "门口");
  const marked = await visit.replacePhoto(first.key, await picture("marked"));
  const names = [marked.sha256, second.sha256];
  assert.deepEqual(visit.record.value.document.files.map((file) => file.sha256), names);
  assert.deepEqual(visit.photos.value.map((photo) => photo.sha256), names);
});

test("a submission with something missing is refused with the list and stays a draft", async () => {
  const visit = await begin();
  await visit.answer("A1", "fail");
  await visit.answer("A2", "fail");
  assert.deepEqual(visit.finish(), [{ item: "A2", what: "photo" }, { item: "B1", what: "answer" }]);
  assert.equal(await code(visit.submit()), "visit-incomplete");
  assert.equal(visit.record.value.state, "draft");
  await visit.noPhoto("A2", "unnoticed");
  await visit.editTimer("B1", 700, "手机没电");
  assert.equal(visit.finish(), null);
});

test("submission and outbox entry are one; a submitted visit can be read, not changed", async () => {
  const visit = await begin();
  await fill(visit);
  await visit.addPhoto("A1", await picture("one"), "camera");
  const submitting = visit.submit();
  // Tapped while the submission was on its way to the disk.
  const late = code(visit.answer("A1", "fail"));
  await submitting;
  assert.equal(await late, "visit-closed");
  assert.equal(visit.record.value.state, "queued");
  assert.equal(visit.record.value.document.phone_score, "100.00");
  assert.equal(stored.value.get(visit.id)?.kind, "submit");
  assert.equal(await code(visit.note("A1", "x")), "visit-closed");
});

test("a visit whose photo bytes are gone or damaged does not enter the outbox", async () => {
  const visit = await begin();
  await fill(visit);
  const photo = await visit.addPhoto("A1", await picture("one"), "camera");
  await db().tx(["bytes"], "readwrite", async (tx) => {
    const row = await tx.objectStore("bytes").get(photo.sha256);
    await tx.objectStore("bytes").put({ ...row!, bytes: new ArrayBuffer(3) });
  });
  assert.equal(await code(visit.submit()), "photo-damaged");
  assert.equal(visit.record.value.state, "draft");
});

test("a change that another tab stored meanwhile is not overwritten", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  const other = await db().get("visits", visit.id);
  await db().tx(["visits"], "readwrite", (tx) => tx.objectStore("visits").put({ ...other!, saves: other!.saves + 1, writer: "other-tab", outlet: { name: "他", code: "" } }));
  assert.equal(await code(visit.answer("A1", "fail")), "visit-elsewhere");
  assert.equal(visit.record.value.outlet.name, "他");
  await visit.answer("A1", "fail");
  assert.equal((await db().get("visits", visit.id))?.document.answers["A1"]?.value, "fail");
});

/** Gives the page its turns until the visit shows so many pictures, or has had enough of them. */
async function shows(visit: Awaited<ReturnType<typeof begin>>, many: number): Promise<void> {
  for (let turns = 0; turns < 1000 && visit.photos.value.length !== many; turns += 1) await new Promise((done) => setImmediate(done));
}

test("a picture that comes to the disk after its visit was left is shown where the visit is open again", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  await visit.close();
  const again = await openVisit(visit.id);
  const { key } = await visit.addPhoto("A1", await picture("late"), "camera");
  await shows(again, 1);
  assert.deepEqual([again.photos.value[0]?.key, again.photos.value[0]?.state], [key, "waiting"]);
});

test("a picture that another tab takes back is not shown here either", async () => {
  const visit = await begin();
  const one = await visit.addPhoto("A1", await picture("one"), "camera");
  const two = await visit.addPhoto("A1", await picture("two"), "camera");
  const { document, ...record } = (await db().get("visits", visit.id))!;
  await db().tx(["visits", "photos"], "readwrite", async (tx) => {
    await tx.objectStore("photos").delete(one.key);
    await tx.objectStore("visits").put({ ...record, document: { ...document, files: document.files.filter(({ sha256 }) => sha256 !== one.sha256) }, writer: "other-tab", saves: record.saves + 1 });
  });
  await reload(visit.id);
  await shows(visit, 1);
  assert.equal(visit.photos.value[0]?.key, two.key);
});

test("orphaned bytes of a kill between both writes are swept a day later, named ones never", async () => {
  const visit = await begin();
  const kept = await visit.addPhoto("A1", await picture("kept"), "camera");
  const orphan = await picture("orphan");
  await db().tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").put({ sha256: orphan.sha256, bytes: orphan.bytes, type: orphan.type, stored_at: new Date(time.now).toISOString() }));
  assert.equal(await sweep(), 0);
  pass(2 * 86_400_000);
  assert.equal(await sweep(), 1);
  assert.ok(await db().get("bytes", kept.sha256));
});

test("a kill between any two writes leaves every stored photo whole and every promise kept", async () => {
  const original = FDBDatabase.prototype.transaction;
  let runs = 0;
  for (let life = 0, finished = false; !finished; life += 1, runs += 1) {
    await readyPhone(stub, base);
    const promised: string[] = [];
    let left = life;
    FDBDatabase.prototype.transaction = function (this: IDBDatabase, ...given: Parameters<typeof original>) {
      if (given[1] === "readwrite" && left-- <= 0) throw new Error("killed");
      return original.apply(this, given);
    } as typeof original;
    let id = "";
    try {
      const visit = await openVisit((id = await startVisit(ASSIGNMENT.id)));
      const steps: [string, () => Promise<unknown>][] = [
        ["A1", () => visit.answer("A1", "fail")], ["await", () => visit.awaitPhoto("A2")],
        ["photo", async () => visit.addPhoto("A2", await picture("one"), "camera")],
        ["marks", async () => visit.replacePhoto(visit.photos.value[0]!.key, await picture("marked"))], ["A2", () => visit.answer("A2", "fail")],
        ["start", () => visit.startTimer("B1")], ["B1", () => visit.stopTimer("B1")],
        ["signed", async () => visit.sign("inspector", "林", await picture("ink"))], ["submit", () => visit.submit()],
      ];
      for (const [name, step] of steps) {
        await step();
        promised.push(name);
      }
      finished = true;
    } catch (problem) {
      assert.match(String(problem), /killed/);
    }
    FDBDatabase.prototype.transaction = original;
    await killed();
    const record = visits.value.get(id);
    assert.equal(record !== undefined, promised.length > 0, `after ${life} writes`);
    if (!record) continue;
    for (const name of ["A1", "A2", "B1"]) if (promised.includes(name)) assert.ok(record.document.answers[name]?.value !== undefined);
    if (promised.includes("photo")) assert.equal(record.document.files[0]?.item, "A2");
    // The marked picture is in the place of the old one, or the old one is still there.
    assert.ok(record.document.files.filter((file) => file.item === "A2").length === (promised.includes("photo") ? 1 : 0) || promised.at(-1) === "await");
    if (promised.includes("marks")) assert.equal(record.document.files[0]?.sha256, (await picture("marked")).sha256);
    const rows = await photosOf(id);
    assert.deepEqual(rows.map((row) => row.sha256).sort(), record.document.files.map((file) => file.sha256).sort());
    for (const { sha256: hash } of rows) assert.equal(await sha256((await db().get("bytes", hash))!.bytes), hash);
    assert.equal(record.state === "queued", promised.includes("submit"));
    assert.equal(stored.value.get(id)?.kind, promised.includes("submit") ? "submit" : "draft");
  }
  assert.ok(runs > 10);
});

test("a disk that is full at any write of a visit refuses that step whole, names itself, and takes it again when there is room", async () => {
  const original = FDBObjectStore.prototype.put;
  let refused = 0;
  for (let at = 0, reached = true; reached; at += 1) {
    await readyPhone(stub, base);
    let left = at;
    reached = false;
    FDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: Parameters<typeof original>) {
      if (left-- === 0) {
        reached = true;
        throw new DOMException("no room", "QuotaExceededError");
      }
      return original.apply(this, given);
    } as typeof original;
    try {
      const visit = await begin();
      const steps: (() => Promise<unknown>)[] = [
        () => visit.answer("A1", "fail"), () => visit.goTo("A", "A2"), () => visit.awaitPhoto("A2"), async () => visit.addPhoto("A2", await picture("one"), "camera"),
        () => visit.caption(visit.photos.value[0]!.key, "门口"), () => visit.answer("A2", "fail"), () => visit.startTimer("B1"), () => visit.stopTimer("B1"),
        () => visit.arrive({ missing: "denied" }), () => visit.leave({ missing: "denied" }), () => visit.setNotes({ how: "快一点" }),
        async () => visit.sign("inspector", "林", await picture("ink")), () => visit.submit(),
      ];
      for (const step of steps) {
        const before = visit.record.value;
        const shots = visit.photos.value;
        const end = await code(step());
        if (end === "done") continue;
        refused += 1;
        assert.equal(end, "storage-full");
        assert.equal(storageProblem.value, "full");
        assert.deepEqual([visit.record.value, visit.photos.value], [before, shots], `write ${at}`);
        assert.equal(await code(step()), "done");
        assert.equal(storageProblem.value, null);
      }
      await killed();
      const record = visits.value.get(visit.id)!;
      assert.deepEqual([record.state, record.document.files.length, record.document.answers["A1"]?.value, stored.value.get(visit.id)?.kind], ["queued", 2, "fail", "submit"]);
      for (const { sha256: hash } of record.document.files) assert.equal(await sha256((await db().get("bytes", hash))!.bytes), hash);
      assert.equal((await photosOf(visit.id)).length, 2);
    } finally {
      FDBObjectStore.prototype.put = original;
    }
  }
  assert.ok(refused > 20, String(refused));
});

test("a store that refuses Blobs takes every photo, because bytes are what it is given", async () => {
  const original = FDBObjectStore.prototype.put;
  const holds = (value: unknown): boolean => value instanceof Blob || (typeof value === "object" && value !== null && !(value instanceof ArrayBuffer) && Object.values(value).some(holds));
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: Parameters<typeof original>) {
    if (holds(given[0])) throw new DOMException("Error preparing Blob/File data to be stored in object store", "UnknownError");
    return original.apply(this, given);
  } as typeof original;
  try {
    const visit = await begin();
    await fill(visit);
    const photo = await visit.addPhoto("A1", await picture("one"), "camera");
    await visit.sign("inspector", "林", await picture("ink"));
    await visit.submit();
    await killed();
    const again = await openVisit(visit.id);
    assert.equal((await again.photoBlob(photo.sha256))?.size, 2000);
  } finally {
    FDBObjectStore.prototype.put = original;
  }
});

test("another user on the same phone sees nothing of the first, who finds everything again", async () => {
  const { signIn, signOut } = await import("../../pwa/src/data/signing");
  const visit = await begin();
  await visit.answer("A1", "pass");
  assert.equal(await code(signOut()), "unsent");
  await signOut({ force: true });
  assert.equal(visits.value.size, 0);
  await signIn("wang", "right");
  assert.equal(visits.value.size, 0);
  assert.equal(await code(openVisit(visit.id)), "visit-unknown");
  await signOut();
  await signIn("lin", "right");
  assert.equal(visits.value.get(visit.id)?.document.outlet_id, OUTLET.id);
});

test("an id is chance alone: it tells neither when nor in which order visits began", () => {
  const now = clockOf(time.now);
  const ids = Array.from({ length: 50 }, () => uuid());
  assert.equal(new Set(ids).size, 50);
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(id.slice(0, 8), now);
  }
  assert.notDeepEqual(ids, [...ids].sort());
});

/** The first eight digits of a version 7 id of that instant. */
const clockOf = (milliseconds: number): string => milliseconds.toString(16).padStart(12, "0").slice(0, 8);
