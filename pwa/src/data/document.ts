/** The visit document: how it begins, what of it is sent, and what the server's word changes in the record. */
import { prepare, score, type Prepared } from "../rules/score";
import { clock, instant } from "./clock";
import type {
  Assignment, Checklist, Conflict, Facts, Kind, Known, Outlet, Receipt, RemoteVisit, Returned, Score, ServerState, VisitDocument, VisitRecord,
  VisitState,
} from "./types";

const WRITABLE: readonly VisitState[] = ["draft", "returned"];
const PROVABLE: readonly VisitState[] = ["receiving", "submitted", "in_review"];

/** The answer of the server to a PUT. */
export interface Taken {
  etag: string; revision: number; state: ServerState; score: string | null; missing: { item: string; what: string }[];
  files_missing: string[]; receipt: Receipt | null;
}
export interface Beginning {
  id: string; outlet: Outlet; kind: Kind; part: string | null; checklist: Checklist; assignment: Assignment | null; recheckOf: string | null;
}

/** A record in memory; it is stored with its first tap. */
export function beginning(start: Beginning): VisitRecord {
  const { outlet, kind, part, checklist } = start;
  const document: VisitDocument = {
    id: start.id, outlet_id: outlet.id, assignment_id: start.assignment?.id ?? null, kind, part, recheck_of: start.recheckOf,
    checklist: { id: checklist.id, version: checklist.version }, intent: "draft", started_at: instant(), left_at: null, finished_at: null,
    clock_offset_ms: null, app: __APP_VERSION__, device: deviceName(), position: {}, answers: {}, files: [],
    notes: { strengths: "", watch: "", improve: "", how: "" }, actions: [], signatures: [], phone_score: null, section_ms: {},
    changed_after_end: [],
  };
  return { ...around(document, outlet, { etag: null, revision: 0, state: null, receipt: null, saves: 0, arrived: [] }, "draft"), items: start.assignment?.items };
}

/** A draft or returned visit of another phone (or of this one, after its store was lost), taken up here. */
export function adopted(remote: RemoteVisit, document: VisitDocument, outlet: Outlet | undefined): VisitRecord {
  const known: Known = {
    etag: remote.etag, revision: remote.revision, state: remote.state, receipt: remote.receipt, saves: 0,
    arrived: [...new Set(document.files.map((file) => file.sha256))],
  };
  const record = around(filled(document), outlet, known, remote.state);
  return { ...record, returned: remote.returned, items: remote.items };
}

/** What is sent: without the answers and files of hidden items, which stay on the phone (02 2.2). Proof adds to what was
 *  sent, so that what its answers show or hide does not matter. */
export function sendable(record: VisitRecord, checklist: Checklist | undefined): VisitDocument {
  const document = outgoing(record);
  if (!checklist) return document;
  const visible = new Set(scored(prepare(checklist), { ...record, document: record.proof ?? document }).visible);
  return {
    ...document,
    answers: Object.fromEntries(Object.entries(document.answers).filter(([item]) => visible.has(item))),
    files: document.files.filter((file) => file.item === null || visible.has(file.item)),
    changed_after_end: document.changed_after_end.filter((item) => visible.has(item)),
  };
}

/** When the inspector left is said by the checklist's own item, where it has one. */
export function leaving(checklist: Checklist, item: string, { answers = {} }: Partial<VisitDocument>): Partial<VisitDocument> {
  if (item !== checklist.leaving) return {};
  const value = answers[item]?.value;
  return { left_at: typeof value === "string" && value !== "na" ? value : null };
}

export function scored(prepared: Prepared, record: VisitRecord): Score {
  const photos: Record<string, number> = {};
  for (const { item } of record.document.files) if (item !== null) photos[item] = (photos[item] ?? 0) + 1;
  return score(prepared, { ...record.facts, ...partFact(record.document.part) }, record.document.answers, photos);
}

/** The record after sync told of the visit. An unsent change keeps its old etag, so that the server sees the conflict. */
export function told(record: VisitRecord, remote: RemoteVisit, checklist: Checklist | undefined): VisitRecord {
  const { known } = record;
  const unsent = record.saves > known.saves || Boolean(record.proof);
  if (record.conflict || (known.etag === remote.etag && known.state === remote.state && known.receipt?.number === remote.receipt?.number)) return record;
  if (proving(record)) {
    const after = moved({ ...record, known: { ...known, state: remote.state } }, remote.state, remote.returned);
    return after.proof || editable(after) ? after : told(after, remote, checklist);
  }
  if (unsent) return known.state === remote.state ? record : { ...record, known: { ...known, state: remote.state } };
  const next: VisitRecord = {
    ...record, state: remote.state, returned: remote.returned ?? (WRITABLE.includes(remote.state) ? record.returned : null),
    known: { ...known, etag: remote.etag, revision: remote.revision, state: remote.state, receipt: withFiles(remote.receipt, known.receipt) },
    // A returned visit keeps its etag; what is saved of it from now on is a draft until it is submitted again.
    ...(WRITABLE.includes(remote.state) && { document: { ...record.document, intent: "draft" as const } }),
  };
  if (!remote.document || !WRITABLE.includes(remote.state) || known.etag === remote.etag) return next;
  const sent = sendable(record, checklist).answers;
  const hidden = Object.fromEntries(Object.entries(record.document.answers).filter(([item]) => !(item in sent)));
  const theirs = filled(remote.document);
  return { ...next, document: { ...theirs, intent: "draft", answers: { ...hidden, ...theirs.answers } } };
}

/** The record after the server took the document of save number `saves`. */
export function taken(record: VisitRecord, answer: Taken, saves: number, sent: VisitDocument): VisitRecord {
  const missing = new Set(answer.files_missing);
  const arrived = new Set([...record.known.arrived, ...sent.files.map((file) => file.sha256)].filter((hash) => !missing.has(hash)));
  const known: Known = {
    etag: answer.etag, revision: answer.revision, state: answer.state, saves, arrived: [...arrived],
    receipt: withFiles(answer.receipt, record.known.receipt),
  };
  const { unheard: _, ...rest } = record;
  if (proving(record)) return moved({ ...rest, known, conflict: null }, answer.state, record.returned);
  const changed = record.saves !== saves;
  const state = changed || record.state === "discarded" ? record.state : answer.state;
  return { ...rest, known, state, conflict: null, returned: WRITABLE.includes(state) ? record.returned : null, proof: changed ? record.proof : null };
}

/** Whether proof was begun and not submitted yet: what the server has is `proof`, not `document`. */
function proving(record: VisitRecord): boolean {
  return Boolean(record.proof) && record.state !== "queued";
}

/** The document as it is to be at the server: not the proof that is still being filled in. */
export function outgoing(record: VisitRecord): VisitDocument {
  return (proving(record) && record.proof) || record.document;
}

/** Whether a change of the record waits for the outbox; proof does only when it is submitted. */
export function sends(record: VisitRecord): boolean {
  return !proving(record);
}

/** Whether the server still takes later proof of this visit. */
export function mayProve(record: VisitRecord): boolean {
  return PROVABLE.includes(record.state) && record.conflict === null;
}

/** Where a visit is at the server, while proof is filled in: it can go on, it belongs to the correction, or it comes too late. */
function moved(record: VisitRecord, state: ServerState, returned: Returned | null): VisitRecord {
  if (PROVABLE.includes(state)) return { ...record, state };
  if (WRITABLE.includes(state)) return { ...record, state, returned, proof: null, document: { ...record.document, intent: "draft" } };
  return withdrawn(record, state);
}

/** The visit as it was submitted; the proof that the server does not take is kept aside. */
export function withdrawn(record: VisitRecord, state: VisitState): VisitRecord {
  if (!record.proof) return record;
  return { ...record, state, document: record.proof, proof: null, kept: [...record.kept, record.document], known: { ...record.known, saves: record.saves } };
}

export function inConflict(record: VisitRecord, current: Conflict): VisitRecord {
  return { ...record, conflict: { ...current, document: filled(current.document) } };
}

/** A choice between both versions, or `mix`, one of both; what is not taken is kept. */
export function chosen(record: VisitRecord, side: "mine" | "theirs", mix?: (mine: VisitDocument, theirs: VisitDocument) => VisitDocument): VisitRecord {
  const { conflict, known, document } = record;
  if (!conflict) return record;
  const named = ({ files }: VisitDocument): string[] => files.map((file) => file.sha256);
  const mine = new Set(named(document));
  // Photos that only the other phone has are its to send; the server's next answer says which are missing.
  const arrived = [...new Set([...known.arrived, ...named(conflict.document).filter((hash) => !mine.has(hash))])];
  const after = { ...known, arrived, etag: conflict.etag, revision: conflict.revision, state: conflict.state };
  const kept = [...record.kept, ...(side === "mine" ? [conflict.document] : []), ...(side === "theirs" || mix ? [document] : [])];
  if (side === "mine") return { ...record, conflict: null, kept, document: mix?.(document, conflict.document) ?? document, known: after, proof: record.proof ? conflict.document : null };
  return { ...record, conflict: null, kept, document: conflict.document, state: conflict.state, known: { ...after, saves: record.saves }, proof: null };
}

export function editable(record: VisitRecord): boolean {
  return WRITABLE.includes(record.state) && record.conflict === null;
}

/** Bytes of the distinct files that the document names, and of those that are at the server; voice notes, which may stay here, are not counted. */
export function progress(record: VisitRecord): { photos: { done: number; all: number }; bytes: { done: number; all: number } } {
  const files = new Map(outgoing(record).files.filter(({ kind }) => kind !== "audio").map((file) => [file.sha256, file.bytes]));
  const there = new Set(record.known.arrived);
  let done = 0, bytesDone = 0, bytesAll = 0;
  for (const [hash, bytes] of files) {
    bytesAll += bytes;
    if (!there.has(hash)) continue;
    done += 1;
    bytesDone += bytes;
  }
  return { photos: { done, all: files.size }, bytes: { done: bytesDone, all: bytesAll } };
}

/** Whether signatures go along with the photos. */
export const withSignatures = (record: VisitRecord): boolean => outgoing(record).files.some(({ kind }) => kind === "signature");

function around(document: VisitDocument, outlet: Outlet | undefined, known: Known, state: VisitRecord["state"]): VisitRecord {
  const facts: Facts = { kind: document.kind, ...(outlet && { tier: outlet.tier, class: outlet.class, setting: outlet.setting }) };
  return {
    id: document.id, state, document, facts, outlet: { name: outlet?.name ?? "", code: outlet?.code ?? "" },
    place: { section: null, item: null }, running: {}, saves: 0, saved_at: instant(clock.now()), writer: "", known, conflict: null,
    kept: [], returned: null, discarded: null,
  };
}

/** The server leaves empty places out or null; the phone's code does not want to ask each time. */
function filled(document: VisitDocument): VisitDocument {
  const notes = { strengths: "", watch: "", improve: "", how: "" };
  for (const [name, text] of Object.entries(document.notes ?? {})) if (text !== null) notes[name as keyof typeof notes] = text;
  return {
    ...document, position: document.position ?? {}, answers: document.answers ?? {}, files: document.files ?? [], notes,
    actions: document.actions ?? [], signatures: document.signatures ?? [], section_ms: document.section_ms ?? {},
    changed_after_end: document.changed_after_end ?? [],
  };
}

function partFact(part: string | null): Facts {
  return part ? { part } : {};
}

/** A receipt whose list of files was fetched is not replaced by the same one without it. */
function withFiles(newer: Receipt | null, older: Receipt | null): Receipt | null {
  return newer && older && newer.number === older.number ? { ...older, ...newer } : newer;
}

/** Which browser it was, short; the whole user-agent string says more about a person than a reviewer needs. */
function deviceName(): string {
  const agent = (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? "";
  const system = /Android [\d.]+|iPhone OS [\d_]+|Windows|Mac OS X|Linux/.exec(agent)?.[0] ?? "";
  const browser = /(?:MicroMessenger|EdgA?|CriOS|FxiOS|Firefox|SamsungBrowser|Chrome|Version)\/[\d]+/.exec(agent)?.[0] ?? "";
  return [system, browser].filter(Boolean).join(" · ").slice(0, 80) || "-";
}
