/** Sound leaves the phone only while the server takes it, and leaves it for ever when its visit is decided. */
import type { Store, Tx } from "./db";
import { db } from "./records";
import type { AppSettings, ServerState, VisitDocument, VisitRecord } from "./types";

const DECIDED: readonly ServerState[] = ["accepted", "published", "final", "void", "discarded"];

/** Where the pieces of notes lie in `meta` that are no files yet. */
export function piecesOf(visit: string): IDBKeyRange {
  return IDBKeyRange.bound(`voice/${visit}/`, `voice/${visit}/\uffff`);
}

/** Whether there are such pieces. */
export async function piecesLeft(visit: string): Promise<boolean> {
  return (await db().tx(["meta"], "readonly", (tx) => tx.objectStore("meta").getAllKeys(piecesOf(visit)))).length > 0;
}

/** In `meta` from when the server refused sound until the next pull, which tells how it is now. */
export const REFUSED = "voice-refused";

/** What may leave the phone of a document: without its voice notes as long as the server takes none, so that the rest does
 *  not wait for them; they stay here. */
export async function heard(document: VisitDocument): Promise<VisitDocument> {
  const settings = (await db().get("meta", "settings")) as Partial<AppSettings> | undefined;
  return settings?.voice_notes && !(await db().get("meta", REFUSED)) ? document : { ...document, files: document.files.filter(({ kind }) => kind !== "audio") };
}

/** Deletes the voice notes of a visit that nobody reviews any more (`state`: null when it is final and told no more). */
export async function silence(tx: Tx<Store, "readwrite">, { id, document, kept }: VisitRecord, state: ServerState | null): Promise<void> {
  if (state && !DECIDED.includes(state)) return;
  for (const { kind, sha256 } of [document, ...kept].flatMap(({ files }) => files)) if (kind === "audio") await tx.objectStore("bytes").delete(sha256);
  await tx.objectStore("meta").delete(piecesOf(id));
}
