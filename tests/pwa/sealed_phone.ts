/** A phone with one of each kind of entry, and what of it can be read by whom. */
import assert from "node:assert/strict";
import { addProof, writeReply } from "../../pwa/src/data/actions";
import { answerAssignment } from "../../pwa/src/data/answers";
import { storageProblem } from "../../pwa/src/data/db";
import { loadNotes, newNote, notes, writeNote } from "../../pwa/src/data/notes";
import { run } from "../../pwa/src/data/outbox";
import { db, stored } from "../../pwa/src/data/records";
import { sealedBy } from "../../pwa/src/data/seal";
import { leaveMemory, renew } from "../../pwa/src/data/session";
import { signIn } from "../../pwa/src/data/signing";
import { answered, pull, replies } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { speak } from "../../pwa/src/data/voice";
import { ASSIGNMENT, CHANGES, OUTLET, newPhone, picture, readyPhone } from "./make";
import { rawRows, readable, type RawRow } from "./raw_rows";
import { Stub, cut, type Trick } from "./stub_server";

export const stub = new Stub();
let base = "";
export const listen = async (): Promise<void> => void (base = await stub.listen());

/** Signed in at a server that keeps keys. */
export async function ready(): Promise<void> {
  await run("launch");
  for (const part of [stub.visits, stub.files, stub.uploads, stub.actions, stub.said]) part.clear();
  stub.tricks.length = 0;
  stub.secret = "secret";
  stub.seal = true;
  storageProblem.value = null;
  await readyPhone(stub, base);
}

/** A new phone on which nobody was signed in before. */
export async function empty(): Promise<void> {
  newPhone(base);
  await leaveMemory();
}

const ACTION = {
  id: "0193a000-0000-4000-8000-0000000000f1", outlet_id: OUTLET.id, item: "A1", item_text: { zh: "门头", en: "Front" }, sort: "premises", what: "擦净门头", due_at: "2026-11-24T16:00:00Z",
  state: "open", level: 0, who: "王芳", before: [], answer: null, files: [], note: null, may_answer: true, etag: "a0",
};
const OFF: Trick = { when: () => true, act: cut };
export const offline = (): void => void stub.tricks.push(...Array.from({ length: 60 }, () => OFF));
export const online = (): void => void (stub.tricks.length = 0);

/** A word of each kind of entry, none of which may be read without the key. */
export const SAID = ["柜台没有人", "一张票据的照片", "今天要买的菜", "已经擦净了", "那天不在太原", "说出来的话", OUTLET.name, "擦净门头", "前台的照片"];

/** One visit with a note, a photo and a spoken piece; a note, an answer to an action with a photo, and one to an assignment. */
export async function filled(): Promise<string> {
  stub.pages = [{ changes: [...CHANGES, { type: "action", id: ACTION.id, version: 1, data: ACTION }], removed: [], cursor: "c2", more: false }];
  await pull();
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await visit.note("A1", SAID[0]!);
  await visit.addPhoto("A1", await picture(SAID[1]!), "camera");
  await speak(visit.id, "A").piece("audio/webm", new TextEncoder().encode(SAID[5]!).buffer as ArrayBuffer, 2000);
  await visit.close();
  await writeNote(newNote(), SAID[2]!);
  await writeReply(ACTION.id, SAID[3]!);
  await addProof(ACTION.id, await picture(SAID[8]!), "camera");
  offline();
  await answerAssignment(ASSIGNMENT.id, "declined", SAID[4]!);
  online();
  return visit.id;
}

/** All of it is there and reads as it was entered. */
export async function whole(id: string): Promise<void> {
  const visit = await openVisit(id);
  assert.equal(visit.record.value.document.answers.A1!.note, SAID[0]);
  assert.equal(new TextDecoder().decode(await (await visit.photoBlob((await picture(SAID[1]!)).sha256))!.arrayBuffer()).replace(/\0/g, ""), SAID[1]);
  assert.deepEqual(visit.photos.value.map(({ thumb, state }) => [thumb?.byteLength, state]), [[8, "waiting"]]);
  await visit.close();
  await loadNotes();
  assert.deepEqual(notes.value.map(({ text }) => text), [SAID[2]]);
  assert.equal(replies.value.get(ACTION.id)!.answer, SAID[3]);
  assert.ok(await db().get("bytes", (await picture(SAID[8]!)).sha256));
  assert.equal(answered.value[ASSIGNMENT.id]!.reason, SAID[4]);
  assert.equal(stored.value.get(id)!.state, "waiting");
  const pieces = await db().tx(["meta"], "readonly", (tx) => tx.objectStore("meta").getAll(IDBKeyRange.bound("voice/", "voice0")));
  assert.deepEqual(pieces.map((piece) => new TextDecoder().decode((piece as { bytes: ArrayBuffer }).bytes)), [SAID[5]]);
}

export const words = async (): Promise<string[]> => {
  const text = readable(await rawRows());
  return SAID.filter((word) => text.includes(word));
};
export const own = async (): Promise<RawRow[]> => rawRows("xunting-u-lin");
const ENTERED = ["visits", "photos", "bytes", "outbox", "notes", "replies"];
export const openRows = async (): Promise<RawRow[]> => (await own()).filter(({ store, key, value }) => (ENTERED.includes(store) || /^(answers|voice)/.test(String(key))) && sealedBy(value) === undefined);

/** Filled while its server kept no keys, and it has just heard of one. */
export async function filledOpen(): Promise<string> {
  stub.secret = null;
  await empty();
  await signIn("lin", "right");
  const id = await filled();
  stub.secret = "secret";
  assert.equal(await renew(), true);
  return id;
}

type Put = typeof IDBObjectStore.prototype.put;

/** The next sealed rows lose a byte on their way to the disk, until what is given back is called. */
export function spoiled(store: { prototype: { put: Put } }): () => void {
  const original = store.prototype.put;
  store.prototype.put = function (this: IDBObjectStore, row: { sealed?: ArrayBuffer }, ...key: never[]) {
    return original.call(this, row.sealed ? { ...row, sealed: row.sealed.slice(1) } : row, ...key);
  } as Put;
  return () => void (store.prototype.put = original);
}
