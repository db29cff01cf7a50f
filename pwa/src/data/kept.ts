/** Versions of a visit that lost a choice between two: they stay in its record, also after the visit went to the server. */
import { different } from "./mixing";
import type { Instant, VisitDocument, VisitRecord } from "./types";

/** What of a version is not as the visit says it now; `items` by id. */
export interface Version {
  document: VisitDocument;
  /** The latest instant that anything in it bears. */
  at: Instant;
  items: string[]; notes: boolean; actions: boolean; signatures: boolean;
}

/** Newest first. */
export function versions({ document, kept }: VisitRecord): Version[] {
  return kept.map((version) => ({
    document: version, at: latest(version), items: different(document, version),
    notes: other(document.notes, version.notes), actions: other(document.actions, version.actions), signatures: other(document.signatures, version.signatures),
  })).sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

function latest({ started_at, left_at, finished_at, answers, files, signatures }: VisitDocument): Instant {
  const all = [left_at, finished_at, ...Object.values(answers).map(({ at }) => at), ...files.map(({ taken_at }) => taken_at), ...signatures.map(({ at }) => at)];
  return all.reduce<Instant>((last, at) => (at && Date.parse(at) > Date.parse(last) ? at : last), started_at);
}

/** Whatever the order of their places, since one side comes from the server. */
function other(mine: object, theirs: object): boolean {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    return Object.entries(value).filter(([, one]) => one !== null && one !== "").sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, plain(one)]);
  };
  return JSON.stringify(plain(mine)) !== JSON.stringify(plain(theirs));
}
