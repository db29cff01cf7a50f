/** The person's own notes: plain texts that stay on this phone, the one that was changed last first. */
import { signal, type Signal } from "@preact/signals";
import { instant, uuid } from "./clock";
import { db, signedIn } from "./records";
import type { Note } from "./types";

/** All of the user who is signed in, newest first. */
export const notes: Signal<readonly Note[]> = signal([]);

const newestFirst = (all: readonly Note[]): Note[] => [...all].sort((a, b) => (a.changed_at < b.changed_at ? 1 : -1));

/** Reads them from the store of whoever is signed in now. */
export async function loadNotes(): Promise<void> {
  notes.value = signedIn() ? newestFirst(await db().all("notes")) : [];
}

/** An id for a note that is stored with its first character. */
export const newNote = uuid;

/** Stored first, shown then. */
export async function writeNote(id: string, text: string): Promise<void> {
  await keepNote({ id, text, changed_at: instant() });
}

/** As it was, instant and all: for a removal that is taken back. */
export async function keepNote(note: Note): Promise<void> {
  await db().tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").put(note));
  notes.value = newestFirst([...notes.value.filter((one) => one.id !== note.id), note]);
}

export async function removeNote(id: string): Promise<void> {
  await db().tx(["notes"], "readwrite", (tx) => tx.objectStore("notes").delete(id));
  notes.value = notes.value.filter((one) => one.id !== id);
}
