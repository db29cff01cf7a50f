/** Unsent visits as one file that a colleague can send and only the server can open; server/domain/rescue.py says its form. */
import { call, clockOffset } from "./api";
import { clock, instant, sha256 } from "./clock";
import { sendable } from "./document";
import { marked } from "./marks";
import { PhoneProblem } from "./problem";
import { db } from "./records";
import { settled } from "./send";
import { me, unsentVisits } from "./session";
import { heard } from "./sound";
import type { Packing, Sha256 } from "./types";

const MAGIC = Uint8Array.of(0x58, 0x54, 0x52, 1);
/** Over a slow line a file takes long, and none of it is lost by that. */
const PATIENCE_MS = 45 * 60_000;

export interface Packed {
  name: string; blob: Blob; visits: string[];
  /** Photos and other files in it, and those that are lost or damaged on this phone. */
  files: number; lost: number;
}
export type Outcome = "whole" | "receiving" | "draft" | "incomplete" | "other" | "refused" | "disabled";
/** What became of one visit; `visit` is the end of its id. */
export interface CarriedVisit { visit: string; outcome: Outcome; receipt: string | null; files_missing: number }

/** The end of a visit's id, by which both phones call it. */
export const short = (id: string): string => id.slice(-6).toUpperCase();

/** Packs all unsent visits; one file is in memory at a time. Rejects with `rescue-no-key` before this phone heard of the server's key. */
export async function pack(progress: (done: number, all: number) => void = () => {}): Promise<Packed> {
  const session = me.value;
  if (!session?.packing) throw new PhoneProblem("rescue-no-key");
  const records = unsentVisits();
  const carried = [];
  const wanted = new Set<Sha256>();
  for (const { id } of records) {
    const record = await settled(id, clockOffset.value);
    // Whoever sends the file gives the server the last one as etag: by it this phone knows its own document again.
    const marks = await marked(id, record.saves);
    const { checklist } = record.document;
    const document = await heard(sendable(record, await db().get("checklists", `${checklist.id}@${checklist.version}`)));
    const kept = [...record.kept, ...(record.conflict ? [record.conflict.document] : []), ...(record.proof ? [record.document] : [])];
    const arrived = new Set(record.known.arrived);
    for (const file of document.files) if (!arrived.has(file.sha256)) wanted.add(file.sha256);
    carried.push({
      id, document: JSON.stringify(document), etag: record.known.etag, marks, mark: marks.at(-1)!, kept: kept.map((one) => JSON.stringify(one)),
    });
  }
  const seal = await sealer(session.packing);
  const files: { sha256: Sha256; bytes: number }[] = [];
  const frames: Blob[] = [];
  let done = 0;
  for (const hash of wanted) {
    progress(done, wanted.size);
    done += 1;
    const row = await db().get("bytes", hash);
    if (!row || (await sha256(row.bytes)) !== hash) continue;
    files.push({ sha256: hash, bytes: row.bytes.byteLength });
    frames.push(await seal.frame(files.length, new Uint8Array(row.bytes)));
  }
  const list = { format: 1, user: session.user.id, pass: session.packing.pass, app: __APP_VERSION__, at: instant(), visits: carried, files };
  const first = await seal.frame(0, new TextEncoder().encode(JSON.stringify(list)));
  const blob = new Blob([seal.head, first, ...frames, await seal.frame(files.length + 1, new Uint8Array(), true)], { type: "application/octet-stream" });
  return { name: `beiwang-${stamp()}.xtr`, blob, visits: records.map(({ id }) => id), files: files.length, lost: wanted.size - files.length };
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
