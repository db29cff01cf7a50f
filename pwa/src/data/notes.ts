/** The person's own notes: plain texts that stay on this phone, the one that was changed last first. */
import { signal, type Signal } from "@preact/signals";
import { instant, uuid } from "./clock";
import type { Db } from "./db";
import { db, signedIn } from "./records";
import type { Note } from "./types";
import { perUser } from "./user_memory";

/** All of the user who is signed in, newest first. */
export const notes: Signal<readonly Note[]> = signal([]);
perUser(() => (notes.value = []));

/** Deleted in this page: what was still on its way to the disk does not bring one back. */
const removed = new Set<string>();

const newestFirst = (all: readonly Note[]): Note[] => [...all].sort((a, b) => (a.changed_at < b.changed_at ? 1 : -1));

/** Reads them from the store of whoever is signed in now. */
export async function loadNotes(): Promise<void> {
  const store = signedIn() ? db() : null;
  const found = store ? newestFirst(await store.all("notes")) : [];
  if (store ? shows(store) : !signedIn()) notes.value = found;
}

/** An id for a note that is stored with its first character. */
export const newNote = uuid;

/** Stored first, shown then; a note without a word is none. `store`: of whoever began to write. */
export async function writeNote(id: string, text: string, store = db()): Promise<void> {
  if (!text.trim()) await drop(id, store);
  else if (!removed.has(id)) await put({ id, text, changed_at: instant() }, store);
}

/** As it was, instant and all: for a removal that is taken back. */
export async function keepNote(note: Note): Promise<void> {
  removed.delete(note.id);
  await put(note, db());
}

export async function removeNote(id: string): Promise<void> {
  removed.add(id);
  await drop(id, db());
}

const shows = (store: Db): boolean => signedIn() && db() === store;

async function put(note: Note, store: Db): Promise<void> {
  await store.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put(note));
  if (shows(store)) notes.value = newestFirst([...notes.value.filter((one) => one.id !== note.id), note]);
}

async function drop(id: string, store: Db): Promise<void> {
  await store.tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").delete(id));
  if (shows(store)) notes.value = notes.value.filter((one) => one.id !== id);
}
