/** How far each file of a visit has come on its way to the server. */
import { outgoing, sendable } from "./document";
import type { Checklist, PhotoRecord, Sha256, VisitFile, VisitRecord } from "./types";

/** `wifi`: an original that waits for Wi-Fi; `elsewhere`: another phone took it and has to send it; `unasked`: its item is not
 *  asked any more, so that it stays here. */
export type FileState = "sent" | "sending" | "waiting" | "wifi" | "refused" | "elsewhere" | "unasked";
/** `percent` of what is on its way, else null. */
export interface FileOnItsWay { file: VisitFile; state: FileState; percent: number | null }

/** Each distinct file but voice notes, in the document's order. `rows`: what was taken on this phone; `held`: what waits for Wi-Fi;
 *  `now`: the file that is being sent. */
export function fileStates(
  record: VisitRecord, checklist: Checklist | undefined, rows: readonly PhotoRecord[], held: ReadonlyMap<Sha256, number>,
  now: { visit: string; sha256: Sha256; sent: number; all: number } | null,
): FileOnItsWay[] {
  const files = new Map(outgoing(record).files.filter(({ kind }) => kind !== "audio").map((file) => [file.sha256, file]));
  const asked = new Set(sendable(record, checklist).files.map(({ sha256 }) => sha256));
  const here = new Map(rows.map((row) => [row.sha256, row]));
  const stateOf = (hash: Sha256): FileState => {
    if (record.known.arrived.includes(hash)) return "sent";
    if (!asked.has(hash)) return "unasked";
    if (now?.visit === record.id && now.sha256 === hash) return "sending";
    if (held.has(hash)) return "wifi";
    const row = here.get(hash);
    return !row ? "elsewhere" : row.state === "refused" ? "refused" : "waiting";
  };
  return [...files.values()].map((file) => {
    const state = stateOf(file.sha256);
    return { file, state, percent: state === "sending" && now!.all > 0 ? Math.floor((100 * now!.sent) / now!.all) : null };
  });
}
