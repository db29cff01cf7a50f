/** English of the record of a visit: the same keys as the Chinese by type. */
import type { recordZh } from "./record_words";

const some = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;

export const recordEn: typeof recordZh = {
  notes: "Summary", actions: "Corrective actions", signatures: "Signatures", signedAt: (time) => `signed at ${time}`, picture: (name) => `Signature of ${name}`, noPicture: "No picture of it", otherPhotos: "Other photos", photoOf: (n, all) => `Photo ${n} of ${all}`,
  origins: { camera: "camera", album: "album" },

  mine: "Use this phone's", theirs: "Use the server's", some: "Use what I chose item by item", differ: (n) => `${some(n, "answer")} ${n === 1 ? "differs" : "differ"}`, here: (said) => `This phone: ${said}`, there: (said) => `Server: ${said}`, later: "Choose later",
  chosen: "The other one stays on this phone; see and export it in the Outbox.", and: ", ",
  kept: "Versions that were not chosen", keptLead: "What was changed in two places and not chosen stays on this phone. You can read it and export it.", keptCount: (n) => `${some(n, "version")} not chosen`, version: (when) => `Version of ${when}`,
  items: (n) => `${some(n, "item")} ${n === 1 ? "differs" : "differ"}`, same: "Answers are the same", now: (said) => `Now: ${said}`, none: "none", exportIt: "Export",
  exportTitle: "Export versions", exportLead: "The visit and the versions that were not chosen go into one encrypted file with their photos. Only the server can open it: please give it to head office or an administrator.", exportNow: "Pack", exportHint: "The versions stay on this phone.", gone: "There is no such version on this phone.",

  weak: (n) => `${some(n, "weak item")} in this visit`,

  photos: (n, signed) => `Show ${signed ? `${n} photos and signatures` : some(n, "photo")} one by one`, signature: "Signature",
  states: { sent: "Delivered", sending: "Sending", waiting: "Waiting", wifi: "Waiting for Wi-Fi", refused: "Not sent", elsewhere: "On another phone", unasked: "Not asked any more, so not sent" },
};
