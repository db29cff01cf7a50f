/** The person's own notes: on this phone alone, each user's apart, newest first, and there after a kill. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { keepNote, loadNotes, newNote, notes, removeNote, writeNote } from "../../pwa/src/data/notes";
import { run } from "../../pwa/src/data/outbox";
import { signIn, signOut } from "../../pwa/src/data/session";
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

test("nobody signed in has no notes and can write none", async () => {
  await signOut();
  await loadNotes();
  assert.deepEqual(shown(), []);
  assert.equal(await code(writeNote(newNote(), "x")), "login");
});
