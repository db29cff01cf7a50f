/** Later proof: which items of a submitted visit may still be answered, until when, and how their change begins. */
import { clock, instant } from "./clock";
import { editable, mayProve, sendable } from "./document";
import { PhoneProblem } from "./problem";
import type { Checklist, Instant, PhotoRecord, VisitRecord } from "./types";

const HOUR_MS = 3_600_000;

/** The items that wait for proof, each with the instant until which it is taken: its hours run from leaving the outlet. */
export function provable(record: VisitRecord, checklist: Checklist): ReadonlyMap<string, Instant> {
  const found = new Map<string, Instant>();
  const base = record.proof ?? record.document;
  if (!mayProve(record) || !Object.values(base.answers).some((answer) => answer.pending)) return found;
  const { answers } = sendable({ ...record, document: base, proof: null }, checklist);
  const left = Date.parse(base.left_at ?? base.finished_at ?? base.started_at);
  for (const { id, later_hours: hours } of checklist.sections.flatMap((section) => section.items)) {
    if (hours === null || !answers[id]?.pending) continue;
    const until = left + hours * HOUR_MS;
    if (clock.now() < until) found.set(id, instant(until));
  }
  return found;
}

/** The record as it may be changed: a draft or returned one anywhere, a submitted one where `item` waits for proof, and then
 *  what was sent is kept beside the change. Rejects with `visit-closed`; what was tapped while the submission was on its way
 *  to the disk comes too late. */
export function opened(record: VisitRecord, checklist: Checklist, item: string | null): VisitRecord {
  if (editable(record)) return record;
  if (item !== null && provable(record, checklist).has(item)) return { ...record, proof: record.proof ?? record.document };
  throw new PhoneProblem("visit-closed", { detail: record.state });
}

/** Whether a photo was submitted already: such ones stay as they are. */
export function sealed(record: VisitRecord, photo: Pick<PhotoRecord, "sha256" | "item">): boolean {
  return !editable(record) && (record.proof ?? record.document).files.some(({ sha256, item }) => sha256 === photo.sha256 && item === photo.item);
}

/** Whether there is something to submit: a pending item that is answered now, or a file for one. */
export function proved(record: VisitRecord): boolean {
  const { proof, document } = record;
  if (!proof || !mayProve(record)) return false;
  return document.files.length > proof.files.length || Object.keys(proof.answers).some((id) => proof.answers[id]!.pending && !document.answers[id]?.pending);
}
