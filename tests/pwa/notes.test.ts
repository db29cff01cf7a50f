/** The person's own notes: on this phone alone, each user's apart, newest first, and there after a kill. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { keepNote, loadNotes, newNote, notes, removeNote, writeNote } from "../../pwa/src/data/notes";
import { run } from "../../pwa/src/data/outbox";
import { db } from "../../pwa/src/data/records";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { keepTold, told } from "../../pwa/src/data/told";
import { code, killed, pass, readyPhone } from "./make";
import { Stub } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  await readyPhone(stub, base);
  await loadNotes();
});
const shown = () => notes.value.map((note) => note.text);

test("what was changed last stands first, and a kill loses no character", async () => {
  const [milk, keys] = [newNote(), newNote()];
  await writeNote(milk, "牛奶");
  pass(1000);
  await writeNote(keys, "钥匙在抽屉里");
  pass(1000);
  await writeNote(milk, "牛奶、面包");
  assert.deepEqual(shown(), ["牛奶、面包", "钥匙在抽屉里"]);
  await killed();
  await loadNotes();
  assert.deepEqual(shown(), ["牛奶、面包", "钥匙在抽屉里"]);
  const [gone] = notes.value;
  await removeNote(milk);
  // What was still on its way to the disk does not bring it back; a note without a word is none.
  await writeNote(milk, "牛奶、面包、");
  await writeNote(newNote(), " \n");
  assert.deepEqual(shown(), ["钥匙在抽屉里"]);
  await keepNote(gone!);
  assert.deepEqual(shown(), ["牛奶、面包", "钥匙在抽屉里"]);
});

test("notes never leave the phone, and another user on it sees none", async () => {
  stub.asked.length = 0;
  await writeNote(newNote(), "周五体检");
  await run("tap");
  assert.deepEqual(stub.asked, []);
  await signIn("wang", "right");
  await loadNotes();
  assert.deepEqual(shown(), []);
  await signIn("lin", "right");
  await loadNotes();
  assert.deepEqual(shown(), ["周五体检"]);
});

test("whoever leaves takes the notes along at once, and a text that is still on its way stays with its writer", async () => {
  const id = newNote();
  await writeNote(id, "给妈妈打电话");
  const store = db();
  await signOut();
  assert.deepEqual(shown(), []);
  await signIn("wang", "right");
  await writeNote(id, "给妈妈打电话，七点", store);
  assert.deepEqual([shown(), await db().all("notes")], [[], []]);
  await signIn("lin", "right");
  assert.deepEqual(shown(), []);
  await loadNotes();
  assert.deepEqual(shown(), ["给妈妈打电话，七点"]);
});

test("each user of a phone is told once", async () => {
  assert.equal(await told("voice-told"), null);
  await keepTold("voice-told", "晋法 12 号");
  assert.equal(await told("voice-told"), "晋法 12 号");
  await signIn("wang", "right");
  assert.equal(await told("voice-told"), null);
});

test("nobody signed in has no notes and can write none", async () => {
  await signOut();
  await loadNotes();
  assert.deepEqual(shown(), []);
  assert.equal(await code(writeNote(newNote(), "x")), "login");
});
