/** Voice notes on disk: each piece is stored as it is spoken; the pieces become one file of the visit, also after a kill. */
import { clock, instant, sha256, uuid } from "./clock";
import type { OpenVisit } from "./open_visit";
import { db } from "./records";
import { piecesOf } from "./sound";
import type { Instant } from "./types";

/** A piece as it lies in the store `meta`: all but its bytes is the same in each of one note. */
interface Piece { section: string; type: string; at: Instant; ms: number; bytes: ArrayBuffer }

/** What is being spoken; `piece` resolves when it is on disk. */
export interface Spoken { piece(type: string, bytes: ArrayBuffer, ms: number): Promise<void> }

/** Begins a note of this section. */
export function speak(visit: string, section: string): Spoken {
  const name = `voice/${visit}/${uuid()}/`;
  const at = instant(clock.now());
  let number = 0;
  return {
    piece: async (type, bytes, ms) => {
      const key = `${name}${String(++number).padStart(4, "0")}`;
      const piece: Piece = { section, type, at, ms, bytes };
      await db().tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put(piece, key));
    },
  };
}

/** Makes files of the visit out of all pieces that lie here, of a note that was ended as of one that a kill cut off; gives
 *  back how many notes that were. Doing it again after a kill in between gives the same file once more, which is one. */
export function gather(visit: OpenVisit): Promise<number> {
  const result = turn.then(() => gathered(visit));
  turn = result.catch(() => undefined);
  return result;
}

/** One after the other, or two would make two files of one note. */
let turn: Promise<unknown> = Promise.resolve();

async function gathered(visit: OpenVisit): Promise<number> {
  const store = db();
  const [keys, values] = await store.tx(["meta"], "readonly", (tx) => {
    const range = piecesOf(visit.id);
    return Promise.all([tx.objectStore("meta").getAllKeys(range), tx.objectStore("meta").getAll(range)]);
  });
  const notes = new Map<string, { key: string; piece: Piece }[]>();
  keys.forEach((key, at) => {
    const name = key.slice(0, key.lastIndexOf("/"));
    notes.set(name, [...(notes.get(name) ?? []), { key, piece: values[at] as Piece }]);
  });
  for (const pieces of notes.values()) {
    const bytes = await new Blob(pieces.map(({ piece }) => piece.bytes)).arrayBuffer();
    const { section, type, at } = pieces[0]!.piece;
    // By the page's own clock, so that a clock that was set meanwhile makes no note end before it began.
    const ended_at = instant(Date.parse(at) + Math.round(pieces.at(-1)!.piece.ms));
    await visit.addPhoto(null, { bytes, sha256: await sha256(bytes), type, width: 0, height: 0, thumb: null, takenAt: at, voice: { section, ended_at } }, null, "audio");
    await store.tx(["meta"], "readwrite", (tx) => Promise.all(pieces.map(({ key }) => tx.objectStore("meta").delete(key))));
  }
  return notes.size;
}

/** Takes a note back, with its bytes: a voice does not wait for the next tidying up. */
export async function unsay(visit: OpenVisit, key: string): Promise<void> {
  const hash = visit.photos.value.find((one) => one.key === key)?.sha256;
  await visit.removePhoto(key);
  if (hash) await db().tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").delete(hash));
}
