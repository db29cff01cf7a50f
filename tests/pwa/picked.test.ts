/** Several pictures picked at once: one that fails takes none with it, and a kill among them is told at the next start. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { addProof, awaitProof, handIn, spotOf } from "../../pwa/src/data/actions";
import { cutOff, nameOf, unseen, type Spot } from "../../pwa/src/data/awaited";
import { burst } from "../../pwa/src/data/burst";
import { page } from "../../pwa/src/data/clock";
import { storageProblem } from "../../pwa/src/data/db";
import { keepPicked, picked, readCutOff } from "../../pwa/src/data/picked";
import { PhoneProblem } from "../../pwa/src/data/problem";
import { db } from "../../pwa/src/data/records";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { pull, replies, settings } from "../../pwa/src/data/sync";
import { awaitingPhoto, openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, CHANGES, OUTLET, killed, picture, readyPhone, time } from "./make";
import { Stub } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  await readyPhone(stub, base);
  cutOff.value = new Map();
});

const ACTION = "0193a000-0000-4000-8000-0000000000f1";
const begin = async () => openVisit(await startVisit(ASSIGNMENT.id));
const spotIn = (visit: OpenVisit): Spot => ({ visit: visit.id, section: "A", item: "A1" });
const unreadable = new PhoneProblem("photo-unreadable");
/** Into A1 as the screen does it; names that begin with "bad" cannot be read. */
function pick(visit: OpenVisit, files: readonly string[], busy = { value: 0 }, each: (name: string) => unknown = () => undefined) {
  return keepPicked(spotIn(visit), files, busy, async (name) => {
    await each(name);
    if (name.startsWith("bad")) throw unreadable;
    await visit.addPhoto("A1", await picture(name), "album");
  });
}
const found = async () => { const now = await awaitingPhoto(); return now && { at: now.at, item: now.item, left: cutOff.value.get(nameOf(now)) }; };

test("one that fails takes none with it, and is named with its reason", async () => {
  const visit = await begin();
  const busy = { value: 0 };
  const counts: number[] = [];
  await visit.awaitPhoto("A1");
  const failed = await pick(visit, ["one", "bad", "three", "four"], busy, () => counts.push(busy.value));
  assert.deepEqual(failed, [{ file: "bad", why: unreadable }]);
  assert.deepEqual([visit.photos.value.length, counts, busy.value], [3, [4, 3, 2, 1], 0]);
  assert.equal(await awaitingPhoto(), null);
});

test("what fits below the limit is stored and the rest is told, without trying each", async () => {
  const visit = await begin();
  settings.value = { ...settings.value, photos_max: 2 };
  const tried: string[] = [];
  const busy = { value: 0 };
  const failed = await pick(visit, ["one", "two", "three", "four", "five"], busy, (name) => tried.push(name));
  assert.deepEqual(failed.map(({ file, why }) => [file, (why as PhoneProblem).code]), ["three", "four", "five"].map((name) => [name, "photo-too-many"]));
  assert.deepEqual([tried, visit.photos.value.length, busy.value], [["one", "two", "three"], 2, 0]);
});

test("on a full disk a smaller one still gets its try, and the mark of the rest does not say that all is well", async () => {
  const visit = await begin();
  const failed = await keepPicked(spotIn(visit), ["large", "small", "larger"], { value: 0 }, async (name) => {
    if (name.startsWith("large")) {
      storageProblem.value = "full";
      throw new PhoneProblem("storage-full");
    }
    await visit.addPhoto("A1", await picture(name), "album");
  });
  assert.deepEqual(failed.map(({ file }) => file), ["large", "larger"]);
  assert.deepEqual([visit.photos.value.length, storageProblem.value], [1, "full"]);
  storageProblem.value = null;
});

/** Picks three and dies while the second is on the disk and the third is not. */
async function cut(visit: OpenVisit): Promise<void> {
  await visit.awaitPhoto("A1");
  await new Promise<void>((dead) => {
    const forEver = new Promise<void>(() => undefined);
    void pick(visit, ["one", "two", "three"], { value: 0 }, (name) => { if (name === "three") { dead(); return forEver; } });
  });
  await killed();
}

test("a kill in the middle comes back to the item and says how many may be missing, until that was read", async () => {
  await cut(await begin());
  const again = await awaitingPhoto();
  // No camera is awaited by then: lock and notes come first.
  assert.deepEqual(again && { ...again, visit: "" }, { visit: "", section: "A", item: "A1", at: 0, left: 1, by: page });
  const visit = await openVisit(again!.visit);
  assert.equal(visit.photos.value.length, 2);
  await killed();
  // Whoever was led there once knows; what may be missing stands at the item until it was read.
  assert.deepEqual([await awaitingPhoto(), [...cutOff.value.values()]], [null, [1]]);
  await readCutOff(spotIn(visit));
  assert.deepEqual([await awaitingPhoto(), cutOff.value.size], [null, 0]);
});

test("an item that is not asked any more calls nobody back at each start, and what may be missing there can be put away", async () => {
  const visit = await begin();
  await visit.answer("A1", "fail");
  await picked({ ...spotIn(visit), item: "A2" }, 2);
  await killed();
  assert.equal((await awaitingPhoto())?.item, "A2");
  const again = await openVisit(visit.id);
  assert.equal(unseen(visit.id, new Set(again.score.value.visible)).length, 0);
  await again.answer("A1", "pass");
  await killed();
  assert.equal(await awaitingPhoto(), null);
  const [spot] = unseen(visit.id, new Set(again.score.value.visible));
  assert.equal(spot?.item, "A2");
  await readCutOff(spot!);
  assert.equal(unseen(visit.id, new Set()).length, 0);
  await killed();
  assert.deepEqual([await awaitingPhoto(), cutOff.value.size], [null, 0]);
});

test("what is picked after that does not hide what may be missing of before", async () => {
  await cut(await begin());
  const { visit: id } = (await awaitingPhoto())!;
  const visit = await openVisit(id);
  await visit.awaitPhoto("A1");
  await pick(visit, ["four"]);
  assert.deepEqual(await found(), { at: 0, item: "A1", left: 1 });
  // Nobody is led into a visit that is no longer open for it.
  await visit.discard("店已搬走");
  assert.equal(await awaitingPhoto(), null);
});

test("a picker that is closed with nothing ends the wait", async () => {
  const visit = await begin();
  await visit.awaitPhoto("A1");
  await picked(spotIn(visit), 0);
  assert.equal(await awaitingPhoto(), null);
});

test("a submitted visit awaits nothing", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  await picked(spotIn(visit), 3);
  await visit.awaitPhoto("B1");
  await visit.submit();
  await killed();
  assert.deepEqual([await awaitingPhoto(), cutOff.value.size], [null, 0]);
});

/** Holds what waits for it until it is let go. */
function gate(): { shut: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const shut = new Promise<void>((done) => (open = done));
  return { shut, open };
}
const turns = async (): Promise<void> => { for (let n = 0; n < 50; n += 1) await new Promise((done) => setImmediate(done)); };

test("a visit is handed in when all pictures are stored that are in the making, from the album and from the camera in the page", async () => {
  const visit = await begin();
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  const { shut, open } = gate();
  const frames = burst(async (_, at) => { await shut; return visit.addPhoto("A1", await picture(`frame ${at}`), "camera"); }, () => 9);
  frames.take(async () => new Blob(["frame"]));
  const failed = pick(visit, ["one", "two"], { value: 0 }, (name) => (name === "two" ? shut : undefined));
  const submitted = visit.submit();
  await turns();
  assert.equal(visit.record.value.state, "draft");
  open();
  await submitted;
  assert.deepEqual([await failed, frames.failed.value, visit.record.value.document.files.length, visit.record.value.state], [[], null, 3, "queued"]);
});

test("one that fails while a log-out waits for it is told at its place, at once when the user is back and at the next start", async () => {
  const visit = await begin();
  await visit.awaitPhoto("A1");
  const { shut, open } = gate();
  const failed = pick(visit, ["one", "bad", "bad too"], { value: 0 }, () => shut);
  const gone = signOut({ force: true });
  await turns();
  open();
  await gone;
  assert.equal((await failed).length, 2);
  await signIn("lin", "right");
  assert.equal(cutOff.value.get(nameOf(spotIn(visit))), 2);
  await killed();
  assert.deepEqual(await found(), { at: 0, item: "A1", left: 2 });
  await readCutOff(spotIn(visit));
  // Whoever stays reads the message.
  await pick(await openVisit(visit.id), ["bad"]);
  assert.deepEqual([await awaitingPhoto(), cutOff.value.size], [null, 0]);
});

async function withAction(): Promise<void> {
  stub.pages = [{ changes: [...CHANGES, { type: "action", id: ACTION, version: 1, data: { id: ACTION, outlet_id: OUTLET.id, item: null, item_text: null, sort: "premises", what: "擦净门头", due_at: "2026-11-24T16:00:00Z", state: "open", level: 0, who: "", before: [], answer: null, files: [], note: null, may_answer: true, etag: "a0" } }], removed: [], cursor: "c9", more: false }];
  await pull();
}

test("so is the answer to a corrective action", async () => {
  await withAction();
  const { shut, open } = gate();
  const failed = keepPicked(spotOf(ACTION), ["one", "two"], { value: 0 }, async (name) => {
    if (name === "two") await shut;
    await addProof(ACTION, await picture(name), "album");
  });
  const handed = handIn(ACTION);
  await turns();
  open();
  await handed;
  assert.deepEqual([await failed, replies.value.get(ACTION)!.files.length], [[], 2]);
});

test("a corrective action keeps its mark as long, and ends it when it is handed in", async () => {
  await withAction();
  await awaitProof(ACTION);
  await picked(spotOf(ACTION), 2);
  await addProof(ACTION, await picture("one"), "album");
  await picked(spotOf(ACTION), -1);
  await killed();
  const now = await awaitingPhoto();
  assert.deepEqual([now?.place, now?.at, cutOff.value.get(nameOf(spotOf(ACTION)))], [`/action/${ACTION}`, 0, 1]);
  await handIn(ACTION);
  assert.equal(await awaitingPhoto(), null);
});

test("two at one time: a camera at another item, or at the same, is still waited for while pictures of the album are stored", async () => {
  for (const item of ["A2", "A1"]) {
    const visit = await begin();
    await visit.answer("A1", "fail");
    await visit.awaitPhoto("A1");
    await picked(spotIn(visit), 2);
    await visit.awaitPhoto(item);
    await visit.addPhoto("A1", await picture(item), "album");
    await picked(spotIn(visit), -1);
    await killed();
    assert.deepEqual(await found(), { at: time.now, item, left: item === "A1" ? 2 : 0 });
    assert.equal(cutOff.value.get(nameOf(spotIn(visit))), item === "A1" ? 2 : 1);
  }
});

/** The browser's locks, which know of each page that lives; `held` by other pages. */
function locks(held: readonly string[]): { mine: string[]; off: () => void } {
  const mine: string[] = [];
  const request = async (name: string): Promise<void> => void mine.push(name);
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { locks: { request, query: async () => ({ held: [...held, ...mine].map((name) => ({ name })), pending: [] }) } } });
  return { mine, off: () => void delete (globalThis as { navigator?: unknown }).navigator };
}

test("what another page is storing, or has its camera open for, is not cut off as long as that page lives", async () => {
  const visit = await begin();
  await visit.answer("A1", "fail");
  for (const item of ["A1", "A2"]) await picked({ ...spotIn(visit), item }, 2);
  await visit.awaitPhoto("A2");
  const rows = () => db().tx(["meta"], "readonly", (tx) => tx.objectStore("meta").getAll(IDBKeyRange.bound("picked/", "picked0")));
  const theirs = (await rows()).map((row) => ({ ...(row as Spot), by: "other" }));
  await db().tx(["meta"], "readwrite", (tx) => Promise.all(theirs.map((row) => tx.objectStore("meta").put(row, `picked/${nameOf(row)}`))));
  const { mine, off } = locks(["page-other"]);
  try {
    await killed();
    assert.deepEqual([await awaitingPhoto(), cutOff.value.size, await rows()], [null, 0, theirs]);
    // This page says that it lives before anything of it can be met.
    await picked({ ...spotIn(visit), item: "B1" }, 1);
    assert.deepEqual(mine, [`page-${page}`]);
  } finally {
    off();
  }
  await killed();
  assert.deepEqual([(await awaitingPhoto())?.item, [...cutOff.value.values()]], ["A2", [2, 2, 1]]);
});
