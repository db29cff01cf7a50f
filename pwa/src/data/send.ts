/** One visit to the server: the document, then its files, then the receipt. */
import { ApiProblem, call, clockOffset } from "./api";
import { clock, sha256 } from "./clock";
import type { Db } from "./db";
import { inConflict, sendable, taken, withdrawn, type Taken } from "./document";
import { marked } from "./marks";
import { heldBack } from "./originals";
import { learn, photosOf, sendingFile } from "./records";
import { heard, REFUSED } from "./sound";
import { upload, type Upload } from "./upload";
import type { Conflict, OutboxEntry, PhotoRecord, Receipt, ServerState, VisitDocument, VisitRecord } from "./types";

/** `saves`: the number of the stored change that was sent. `all`: others cannot be sent now either. */
export type Outcome = { saves: number } & (
  | { end: "sent" }
  | { end: "later"; problem: ApiProblem; all: boolean }
  | { end: "login" | "conflict" | "refused"; problem: ApiProblem });

const WHOLE = ["submitted", "in_review", "second_review", "accepted", "published", "final", "void"];

/** In the name of whose `store` it is, and of nobody else. Never rejects for what server or network do; rejects when the phone's own store fails. */
export async function send(entry: OutboxEntry, store: Db): Promise<Outcome> {
  const record = await store.get("visits", entry.visit);
  if (!record) return refusedHere(0, "visit-unknown");
  if (entry.kind === "discard") return discard(record, store);
  const first = await put(record, store);
  if ("end" in first) return first;
  const files = await sendFiles(first.record, first.sent, store);
  if (files.stop) return { ...ended(files.stop), saves: first.record.known.saves };
  let last = first;
  if (first.sent.intent === "submit" && (files.count > 0 || !WHOLE.includes(first.record.known.state ?? ""))) {
    // The same document again changes nothing and answers with the state as it is now.
    const asked = await put(first.record, store, true);
    if ("end" in asked) return asked;
    last = asked;
  }
  const { known } = last.record;
  if (files.refused) return { end: "refused", problem: files.refused, saves: known.saves };
  if (files.held) return { end: "later", problem: plain("busy", "wifi-only"), all: false, saves: known.saves };
  if (first.sent.intent === "submit") {
    if (known.state === "receiving") return { end: "later", problem: plain("busy", files.elsewhere ? "photo-elsewhere" : "files-missing"), all: false, saves: known.saves };
    const receipt = await askReceipt(last.record, store);
    if (receipt) return { ...ended(receipt), saves: known.saves };
  }
  return { end: "sent", saves: known.saves };
}

/** What the server says where sound has no ground any more. */
const OFF = "voice-notes-off";

async function forbid(store: Db): Promise<void> {
  await store.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put(true, REFUSED));
}

interface Put { record: VisitRecord; sent: VisitDocument }

async function put(read: VisitRecord, store: Db, again = false): Promise<Put | Outcome> {
  const checklist = await store.get("checklists", `${read.document.checklist.id}@${read.document.checklist.version}`);
  // What the server has already must stay the same document.
  const asItIs = read.document.clock_offset_ms !== null || clockOffset.value === null || read.saves === read.known.saves || (await wasTaken(read, store));
  const record = asItIs ? read : await settled(read.id, clockOffset.value, store);
  const { known, saves } = record;
  const sent = await heard(sendable(record, checklist));
  if (!again && known.etag !== null && saves === known.saves && sent.intent === "draft") return { record, sent };
  const marks = await marked(record.id, saves, store);
  const answer = await call<Taken>("PUT", `/visits/${record.id}`, { body: sent, etag: known.etag ?? "none", marks, headers: { "X-Save-Mark": marks.at(-1)! }, of: store });
  if (answer.ok) return { record: await learn(record.id, (found) => taken(found, answer.data, saves, sent), undefined, store), sent };
  const { problem } = answer;
  if (problem.code === OFF) {
    await forbid(store);
    return put(record, store, again);
  }
  if (problem.kind === "conflict") {
    const current = problem.facts["current"] as Conflict;
    await learn(record.id, (found) => inConflict(found, current), undefined, store);
  } else if (problem.code === "visit-incomplete") {
    await learn(record.id, (found) => reopened(found, problem, saves), undefined, store);
  } else if (problem.kind === "refused" && record.proof && record.state === "queued") {
    await learn(record.id, (found) => withdrawn(found, problem.code === "visit-state-forbids" ? (problem.facts["state"] as ServerState) : found.known.state ?? found.state), undefined, store);
  }
  return { ...ended(problem), saves };
}

/** The visit with the clock's offset: measured now, but filled in once and stored, so that sending twice sends the same. */
export async function settled(id: string, offset: number | null, store?: Db): Promise<VisitRecord> {
  return learn(id, (found) => ({ ...found, document: { ...found.document, clock_offset_ms: found.document.clock_offset_ms ?? offset } }), undefined, store);
}

/** Whether just this has reached the server, by a colleague or by a line that was cut before the answer: then nothing is filled in any more, so that it is the same document. */
async function wasTaken({ id, saves, known, unheard }: VisitRecord, of: Db): Promise<boolean> {
  if (unheard?.at(-1)?.saves !== saves) return false;
  const answer = await call<{ etag: string }>("GET", `/visits/${id}`, { of });
  return answer.ok ? answer.data.etag !== known.etag : answer.problem.kind !== "refused";
}

/** The server kept the submission as a draft: it is one here again, and can be completed. */
function reopened(record: VisitRecord, problem: ApiProblem, saves: number): VisitRecord {
  // Of a proof the server keeps nothing: it is filled in again where it was begun.
  if (record.proof) return { ...record, state: record.known.state ?? record.state };
  const etag = typeof problem.facts["etag"] === "string" ? problem.facts["etag"] : record.known.etag;
  return {
    ...record, state: record.state === "queued" ? "draft" : record.state, document: { ...record.document, intent: "draft" },
    known: { ...record.known, etag, state: "draft", saves },
  };
}

/** `held`: originals stay until there is Wi-Fi; `elsewhere`: another phone took a picture and has still to send it; `stop`: the rest has to wait too; `refused`: a single file that the server does not want, the others went on. */
async function sendFiles(record: VisitRecord, sent: VisitDocument, store: Db): Promise<{ count: number; stop: ApiProblem | null; refused: ApiProblem | null; held: boolean; elsewhere: boolean }> {
  const wait = await heldBack(sent);
  let held = false;
  let elsewhere = false;
  const rows = new Map((await photosOf(record.id, store)).map((row) => [row.sha256, row]));
  const arrived = new Set(record.known.arrived);
  let count = 0;
  let refused: ApiProblem | null = null;
  for (const hash of new Set(sent.files.map((file) => file.sha256))) {
    if (arrived.has(hash)) continue;
    if (wait.has(hash)) {
      held = true;
      continue;
    }
    const row = rows.get(hash);
    if (!row) {
      elsewhere = true;
      continue;
    }
    const problem = await sendFile(row, store);
    if (problem?.code === OFF) {
      await forbid(store);
      continue;
    }
    if (problem === null) count += 1;
    else if (problem.kind === "refused") refused = problem;
    else return { count, stop: problem, refused, held, elsewhere };
    await learn(record.id, (found) => (problem ? found : { ...found, known: { ...found.known, arrived: [...new Set([...found.known.arrived, hash])] } }), async (tx) => {
      const now = await tx.objectStore("photos").get(row.key);
      if (now) await tx.objectStore("photos").put({ ...now, state: problem ? "refused" : "arrived", location: null });
    }, store);
  }
  return { count, stop: null, refused, held, elsewhere };
}

/** One file of a visit or, with `record`, of something else, out of what is stored here. */
export async function sendFile(row: PhotoRecord, of: Db, record?: Upload["record"]): Promise<ApiProblem | null> {
  const stored = await of.get("bytes", row.sha256);
  if (!stored) return plain("refused", "photo-not-here");
  if ((await sha256(stored.bytes)) !== row.sha256) return plain("refused", "photo-damaged");
  const show = (sent: number): void => {
    sendingFile.value = { visit: row.visit, sha256: row.sha256, sent, all: row.bytes };
  };
  show(0);
  const located = (location: string): Promise<unknown> => of.tx(["photos"], "readwrite", async (tx) => {
    const photos = tx.objectStore("photos");
    const now = await photos.get(row.key);
    if (now) await photos.put({ ...now, location });
  });
  try {
    return await upload({ ...row, of, record, bytes: stored.bytes, located, progress: show }, clock.mono);
  } finally {
    sendingFile.value = null;
  }
}

/** The receipt with its list of files: the only thing that lets bytes leave the phone. */
async function askReceipt(record: VisitRecord, of: Db): Promise<ApiProblem | null> {
  if (record.known.receipt?.files) return null;
  const answer = await call<Receipt>("GET", `/visits/${record.id}/receipt`, { of });
  if (!answer.ok) return answer.problem.kind === "refused" ? null : answer.problem;
  await learn(record.id, (found) => ({ ...found, known: { ...found.known, receipt: { ...found.known.receipt, ...answer.data } } }), undefined, of);
  return null;
}

async function discard(record: VisitRecord, of: Db): Promise<Outcome> {
  const { saves, known, unheard } = record;
  // What was sent without an answer, or packed for a colleague, may be there all the same.
  const there = known.etag !== null || Boolean(unheard?.length);
  const answer = there ? await call<Partial<Taken>>("POST", `/visits/${record.id}/discard`, { body: { reason: record.discarded ?? "" }, of }) : null;
  const none = !answer || (!answer.ok && answer.problem.status === 404 && known.etag === null);
  if (answer && !answer.ok && !none) return { ...ended(answer.problem), saves };
  await learn(record.id, (found) => ({ ...found, known: { ...found.known, saves, ...(answer?.ok && { state: "discarded" as const, etag: answer.data?.etag ?? found.known.etag }) } }), undefined, of);
  return { end: "sent", saves };
}

function ended(problem: ApiProblem): Outcome {
  const { kind } = problem;
  if (kind === "network") return { end: "later", problem, all: true, saves: 0 };
  if (kind === "busy") return { end: "later", problem, all: problem.status === 429 || problem.status === 503, saves: 0 };
  return { end: kind, problem, saves: 0 };
}

function plain(kind: "busy" | "refused", code: string): ApiProblem {
  return new ApiProblem(kind, { code, title: "", detail: "", status: 0 });
}

function refusedHere(saves: number, code: string): Outcome {
  return { end: "refused", problem: plain("refused", code), saves };
}
