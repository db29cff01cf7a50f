/** Pictures on disk: bytes first and read back, then row and reference together; nothing leaves before the receipt. */
import { clock, instant, sha256 } from "./clock";
import { storageProblem, type Db } from "./db";
import { PhoneProblem } from "./problem";
import { db, visits } from "./records";
import type { Assignment, BytesRecord, CorrectiveAction, FileKind, Origin, PhotoRecord, Sha256, VisitDocument, VisitFile, VisitRecord } from "./types";

/** What device/camera.ts hands over. */
export interface Picture {
  bytes: ArrayBuffer; sha256: Sha256; type: string; width: number; height: number; thumb: ArrayBuffer | null; takenAt: string | null;
  /** Of sound alone. */
  voice?: { section: string; ended_at: string };
}

const DAY_MS = 86_400_000;

/** Resolves when the bytes are on disk and were read back equal. ArrayBuffer, because WebKit sometimes refuses Blobs. */
export async function keepBytes(picture: Picture, store = db()): Promise<void> {
  await store.tx(["bytes"], "readwrite", (tx) =>
    tx.objectStore("bytes").put({ sha256: picture.sha256, bytes: picture.bytes, type: picture.type, stored_at: instant() }));
  await proven(store, picture.sha256);
}

/** The same where the disk may be full: then what the server has for certain makes room. */
export async function keepWithRoom(picture: Picture, store = db()): Promise<void> {
  try {
    await keepBytes(picture, store);
  } catch (problem) {
    if (!(problem instanceof PhoneProblem && problem.code === "storage-full")) throw problem;
    const free = await dropReceived(0);
    // Looking for room went well, which is not what the screen is to say.
    storageProblem.value = "full";
    if (free === 0) throw problem;
    await keepBytes(picture, store);
    storageProblem.value = null;
  }
}

/** Reads a file back and compares it with its name; rejects with `photo-not-here` or `photo-damaged`. */
export async function proven(store: Db, hash: Sha256): Promise<void> {
  const found = await store.get("bytes", hash);
  if (!found) throw new PhoneProblem("photo-not-here", { detail: hash });
  if ((await sha256(found.bytes)) === hash) return;
  storageProblem.value = "damaged";
  throw new PhoneProblem("photo-damaged", { detail: hash });
}

export function row(visit: string, item: string | null, picture: Picture, origin: Origin, kind: FileKind): PhotoRecord {
  return {
    key: `${visit}/${item ?? ""}/${picture.sha256}`, visit, item, sha256: picture.sha256, kind, origin, taken_at: picture.takenAt ?? instant(),
    caption: "", bytes: picture.bytes.byteLength, type: picture.type, width: picture.width, height: picture.height, thumb: picture.thumb,
    state: "waiting", location: null, ...picture.voice,
  };
}

export function reference(photo: PhotoRecord): VisitFile {
  const { sha256: hash, item, kind, origin, taken_at, caption, bytes, type, section, ended_at } = photo;
  return { sha256: hash, item, kind, origin, taken_at, caption: caption || null, bytes, type, ...(section && { section, ended_at }) };
}

/** How many files count as photos: all but voice notes. */
export function photosIn(document: VisitDocument): number {
  return document.files.filter(({ kind }) => kind !== "audio").length;
}

/** A row for each file that the document names: what lost a choice stays on the disk and is not shown. What another phone took
 *  has none here, and its picture at the server. */
export function named({ id, document }: VisitRecord, rows: readonly PhotoRecord[]): PhotoRecord[] {
  const here = new Map(rows.map((photo) => [photo.key, photo]));
  return document.files.map((file) => {
    const key = `${id}/${file.item ?? ""}/${file.sha256}`;
    return here.get(key) ?? { ...file, key, visit: id, caption: file.caption ?? "", width: 0, height: 0, thumb: null, state: "arrived", location: null };
  });
}

/** The document's files with this one added or, where item and hash or `gone` are there already, in their place. */
export function withFile(record: VisitRecord, file: VisitFile, gone: { sha256: Sha256; item: string | null } = file): VisitRecord {
  const is = (one: VisitFile, other: { sha256: Sha256; item: string | null }): boolean => one.sha256 === other.sha256 && one.item === other.item;
  return withFiles(record, placed(record.document.files, file, (one) => is(one, gone) || is(one, file)));
}

/** With `next` once, where the first that it replaces was, else at the end. */
export function placed<T>(all: readonly T[], next: T, replaces: (one: T) => boolean): T[] {
  return [...new Set([...all.map((one) => (replaces(one) ? next : one)), next])];
}

export function withoutFile(record: VisitRecord, { sha256: hash, item }: { sha256: Sha256; item: string | null }): VisitRecord {
  return withFiles(record, record.document.files.filter((file) => file.sha256 !== hash || file.item !== item));
}

/** Under which name a photo of an earlier visit lies among the bytes: one that no file of a visit can have, since it is smaller than what its hash names. */
export const beforeKey = (hash: Sha256): string => `before/${hash}`;

/** All that these assignments and actions name. */
export function namedBefore(tasks: Iterable<Pick<Assignment, "before"> | CorrectiveAction>): string[] {
  return [...tasks].flatMap((task) => Object.values<Sha256[] | { sha256: Sha256 }>(task.before ?? {}).flat().map((one) => beforeKey(typeof one === "string" ? one : one.sha256)));
}

/** At launch: bytes that no photo names any more (a kill between both writes; a removed photo), a day after. Those of an earlier
 *  visit stay as long as an assignment or action names them. */
export async function sweep(): Promise<number> {
  const store = db();
  return store.tx(["bytes", "photos", "assignments", "actions"], "readwrite", async (tx) => {
    const named = new Set(await allHashes(tx.objectStore("photos").index("sha256").openKeyCursor()));
    for (const key of namedBefore([...(await tx.objectStore("assignments").getAll()), ...(await tx.objectStore("actions").getAll())])) named.add(key);
    let gone = 0;
    for (let at = await tx.objectStore("bytes").openCursor(); at; at = await at.continue()) {
      if (named.has(at.value.sha256) || clock.now() - Date.parse(at.value.stored_at) < DAY_MS) continue;
      await at.delete();
      gone += 1;
    }
    return gone;
  });
}

/** Drops bytes (never thumbnails) that every visit's receipt names, and with 0 the photos of earlier visits; gives back how many bytes
 *  became free. Called with 30 days at launch, with 0 when the disk is full. */
export async function dropReceived(olderThanDays: number): Promise<number> {
  const before = clock.now() - olderThanDays * DAY_MS;
  const safe = (visit: string, hash: Sha256): boolean => {
    const receipt = visits.value.get(visit)?.known.receipt;
    return receipt?.files?.includes(hash) === true && Date.parse(receipt.at) <= before;
  };
  return db().tx(["bytes", "photos"], "readwrite", async (tx) => {
    const photos = (await tx.objectStore("photos").getAllKeys()).map((key) => ({ visit: key.slice(0, key.indexOf("/")), sha256: key.slice(key.lastIndexOf("/") + 1) }));
    const needed = new Set(photos.filter((photo) => !safe(photo.visit, photo.sha256)).map((photo) => photo.sha256));
    let free = 0;
    // A cursor shows rows as they lie on the disk: nothing has to be opened to be thrown away.
    const drop = async (which: string | IDBKeyRange): Promise<void> => {
      for (let at = await tx.objectStore("bytes").openCursor(which); at; at = await at.continue()) {
        const { bytes, sealed } = at.value as BytesRecord & { sealed?: ArrayBuffer };
        free += (sealed ?? bytes).byteLength;
        await at.delete();
      }
    };
    for (const { sha256: hash } of photos) if (!needed.has(hash)) await drop(hash);
    // What can be fetched again goes first when there is no room.
    if (olderThanDays <= 0) await drop(IDBKeyRange.bound("before/", "before0"));
    return free;
  });
}

function withFiles(record: VisitRecord, files: VisitFile[]): VisitRecord {
  return { ...record, document: { ...record.document, files } };
}

interface KeyCursor { key: IDBValidKey; continue(): Promise<KeyCursor | null> }

async function allHashes(opening: Promise<KeyCursor | null>): Promise<string[]> {
  const hashes: string[] = [];
  for (let at = await opening; at; at = await at.continue()) hashes.push(String(at.key));
  return hashes;
}
