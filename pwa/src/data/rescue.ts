/** Unsent visits as one file that a colleague can send and only the server can open; server/domain/rescue.py says its form. */
import { call, clockOffset } from "./api";
import { clock, hex, instant, sha256 } from "./clock";
import { sendable } from "./document";
import { marked } from "./marks";
import { PhoneProblem } from "./problem";
import { db, visits } from "./records";
import { settled } from "./send";
import { me, unsentVisits } from "./session";
import { heard } from "./sound";
import type { Packing, Sha256, VisitRecord } from "./types";

const MAGIC = Uint8Array.of(0x58, 0x54, 0x52, 1);
/** Over a slow line a file takes long, and none of it is lost by that. */
const PATIENCE_MS = 45 * 60_000;

/** What a list may weigh that the server still reads, and how many visits it may name. */
const LIST = { bytes: 16_000_000, visits: 200 };
/** Versions of one visit that lost a choice and go along, the newest. */
const MOST_KEPT = 20;
/** What a file costs beside its own bytes: its line of the list, length and tag. */
const PER_FILE = 160;

export interface Packed {
  /** More than one where the server takes none so large; each names all visits, and all have to be sent. */
  parts: { name: string; blob: Blob }[];
  visits: string[];
  /** Photos and other files in it, and those that are lost or damaged on this phone. */
  files: number; lost: number;
  /** What each visit is called on both phones. */
  signs: ReadonlyMap<string, string>;
}
export type Outcome = "whole" | "receiving" | "draft" | "incomplete" | "other" | "refused" | "disabled";
/** What became of one visit; `visit` is what `short` calls it. */
export interface CarriedVisit { visit: string; outcome: Outcome; receipt: string | null; files_missing: number }

/** A visit of a file's list, as server/domain/rescue.py reads it. */
interface Carried { id: string; document: string; etag: string | null; marks: string[]; mark: string; kept: string[] }

/** What both phones call a visit of a file; nothing that a carrier may ever be shown leads from it to the visit. */
export async function short(pass: string, mark: string): Promise<string> {
  return (await sha256(new TextEncoder().encode(pass + mark).buffer)).slice(0, 6).toUpperCase();
}

/** Packs all unsent visits or, for what lost a choice, the visit `kept` alone with the photos of its other versions; rejects with `rescue-no-key`
 *  before this phone heard of the server's key, with `rescue-too-large` for more text than a file may hold. */
export async function pack(progress: (done: number, all: number) => void = () => {}, kept?: string): Promise<Packed> {
  const session = me.value;
  if (!session?.packing) throw new PhoneProblem("rescue-no-key");
  const { packing } = session;
  const unsent = unsentVisits();
  const records = kept ? [...visits.value.values()].filter(({ id }) => id === kept) : unsent;
  const carried: Carried[] = [];
  const wanted = new Set<Sha256>();
  const signs = new Map<string, string>();
  for (const read of records) {
    const { id } = read;
    const { record, etag, marks } = unsent.includes(read) ? await toSend(read) : delivered(read);
    const { checklist } = record.document;
    const document = await heard(sendable(record, await db().get("checklists", `${checklist.id}@${checklist.version}`)));
    const others = [...record.kept, ...(record.conflict ? [record.conflict.document] : []), ...(record.proof ? [record.document] : [])].slice(-MOST_KEPT);
    const arrived = new Set(record.known.arrived);
    for (const file of document.files) if (!arrived.has(file.sha256)) wanted.add(file.sha256);
    if (kept) for (const hash of await onlyHere(record)) wanted.add(hash);
    carried.push({ id, document: JSON.stringify(document), etag, marks, mark: marks.at(-1)!, kept: others.map((one) => JSON.stringify(one)) });
    signs.set(id, await short(packing.pass, marks.at(-1)!));
  }
  const text = new TextEncoder().encode(JSON.stringify(carried)).byteLength + 1000;
  const most = packing.most_bytes ?? 500_000_000;
  if (carried.length > LIST.visits || text > Math.min(LIST.bytes, most)) throw new PhoneProblem("rescue-too-large");
  const start = async () => ({ seal: await sealer(packing), files: [] as { sha256: Sha256; bytes: number }[], frames: [] as Blob[], bytes: text });
  const all = [await start()];
  let done = 0;
  for (const hash of wanted) {
    progress(done, wanted.size);
    done += 1;
    const row = await db().get("bytes", hash);
    const bytes = (row?.bytes.byteLength ?? 0) + PER_FILE;
    if (!row || text + bytes > most || (await sha256(row.bytes)) !== hash) continue;
    if (all.at(-1)!.bytes + bytes > most) all.push(await start());
    const part = all.at(-1)!;
    part.bytes += bytes;
    part.files.push({ sha256: hash, bytes: row.bytes.byteLength });
    part.frames.push(await part.seal.frame(part.files.length, new Uint8Array(row.bytes)));
  }
  const at = instant();
  const parts = await Promise.all(all.map(async ({ seal, files, frames }, index) => {
    const list = { format: 1, user: session.user.id, pass: packing.pass, app: __APP_VERSION__, at, visits: carried, files };
    const first = await seal.frame(0, new TextEncoder().encode(JSON.stringify(list)));
    const blob = new Blob([seal.head, first, ...frames, await seal.frame(files.length + 1, new Uint8Array(), true)], { type: "application/octet-stream" });
    return { name: `beiwang-${stamp()}${all.length > 1 ? `-${index + 1}` : ""}.xtr`, blob };
  }));
  const files = all.reduce((sum, part) => sum + part.files.length, 0);
  return { parts, visits: records.map(({ id }) => id), files, lost: wanted.size - files, signs };
}

interface Sealable { record: VisitRecord; etag: string | null; marks: string[] }

async function toSend({ id, saves, known, unheard }: VisitRecord): Promise<Sealable> {
  // Packed again it stays the same document: the clock's offset is not filled in after the first time.
  const record = await settled(id, unheard?.at(-1)?.saves === saves ? null : clockOffset.value);
  // Whoever sends the file gives the server the last one as etag: by it this phone knows its own document again.
  return { record, etag: known.etag, marks: await marked(id, record.saves) };
}

/** Without an etag the server takes no other document than the one that it has. */
const delivered = (record: VisitRecord): Sealable => ({ record, etag: null, marks: [hex(crypto.getRandomValues(new Uint8Array(16)))] });

/** The photos of versions that lost a choice which the visit itself does not name, as far as they are on this phone. */
async function onlyHere({ document, kept }: VisitRecord): Promise<Sha256[]> {
  const sent = new Set(document.files.map((file) => file.sha256));
  const others = new Set(kept.flatMap(({ files }) => files).filter(({ kind, sha256: hash }) => kind !== "audio" && !sent.has(hash)).map((file) => file.sha256));
  const there = await Promise.all([...others].map((hash) => db().tx(["bytes"], "readonly", (tx) => tx.objectStore("bytes").getKey(hash))));
  return there.filter((hash) => hash !== undefined);
}

/** Sends a colleague's file. Rejects with `rescue-none` for another file, `network`, `login`, or what the server says. */
export async function carry(file: Blob): Promise<CarriedVisit[]> {
  const head = new Uint8Array(await file.slice(0, MAGIC.length).arrayBuffer());
  if (!MAGIC.every((byte, index) => head[index] === byte)) throw new PhoneProblem("rescue-none");
  const answer = await call<{ visits: CarriedVisit[] }>("POST", "/rescue", {
    bytes: file, headers: { "Content-Type": "application/octet-stream" }, timeoutMs: PATIENCE_MS,
  });
  if (!answer.ok) throw answer.problem;
  return answer.data.visits;
}

/** A key for this file alone, and what closes its frames with it. */
async function sealer({ name, key, pass }: Packing): Promise<{ head: Uint8Array<ArrayBuffer>; frame(number: number, content: Uint8Array<ArrayBuffer>, last?: boolean): Promise<Blob> }> {
  if (!name || !key || !pass) throw new PhoneProblem("rescue-no-key");
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const mine = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const theirs = await crypto.subtle.importKey("raw", fromBase64url(key), curve, false, []);
  const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine.privateKey, 256);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", mine.publicKey));
  const head = Uint8Array.from([...MAGIC, ...new TextEncoder().encode(name), ...point]);
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const closing = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: head }, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  return {
    head,
    async frame(number, content, last = false) {
      const iv = new Uint8Array(12);
      new DataView(iv.buffer).setUint32(7, number);
      iv[11] = Number(last);
      const closed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, closing, content);
      const length = new DataView(new ArrayBuffer(4));
      length.setUint32(0, closed.byteLength);
      return new Blob([length.buffer, closed]);
    },
  };
}

/** 20261128-1432, by the clock of Shanghai; the name of the file says nothing else. */
function stamp(): string {
  return new Date(clock.now() + 8 * 3_600_000).toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
}
