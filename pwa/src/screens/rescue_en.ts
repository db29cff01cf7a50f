/** English of handing unsent visits on: the same keys as the Chinese by type. */
import type { rescueZh } from "./rescue_words";

const some = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;

export const rescueEn: typeof rescueZh = {
  packTitle: "Hand to a colleague", packLead: "Visits that were not delivered go into one encrypted file. A colleague with a network sends it. Only the server can open it; your colleague sees nothing of it.",
  packNow: (visits) => `Pack ${some(visits, "visit")}`, packing: (done, all) => (all ? `Packing ${done} / ${all}` : "Packing…"),
  packed: (visits, files, size) => `Packed: ${[some(visits, "visit"), files && `${files} photos and other files`, size].filter(Boolean).join(", ")}`,
  lost: (n) => `Photos and other files that are not in it, because this phone lost them, or they are damaged or too large: ${n}.`,
  parts: (n) => `This is too much for one file. Please pass on all ${n} files.`, part: (n, all, size) => `File ${n} of ${all}, ${size}`, share: "Share", keep: "Save to this phone", kept: (name) => `Saved to downloads: ${name}`, again: "Pack again",
  keepHint: "The visits stay on this phone. When your colleague has delivered them, this phone shows the receipts as soon as it is online; nothing is sent twice. If you change anything, pack again.",
  nothing: "Nothing to hand over", nothingHint: "The server has all that is on this phone.", id: (id) => `code ${id}`,
  carryTitle: "Send for a colleague", carryLead: "Choose the file that your colleague sent you (beiwang…, .xtr or .txt); this phone takes it to the server.", choose: "Choose file", carrying: (size) => `Sending ${size}. This may take minutes; please keep the app open.`,
  offline: "There is no network. Send it when there is; the file keeps.", done: (n) => `${some(n, "visit")} in the file`, receipt: (number) => `receipt ${number}`, tell: "Please tell your colleague.",
  outcomes: {
    whole: "Delivered whole", receiving: "Text delivered", draft: "Draft kept on the server", incomplete: "Kept as a draft", other: "Nothing was changed", refused: "Not taken", disabled: "Not taken",
  },
  hints: {
    whole: "", receiving: "", draft: "Your colleague has not submitted it yet.", incomplete: "Something is still open; your colleague has to complete it and submit again.", other: "The server has something else of this visit: it was changed since, or has ended. If your colleague's phone still has something undelivered, please give the file to head office or an administrator; nothing is lost.",
    refused: "The content does not fit. Please give the file to head office or an administrator.", disabled: "The inspector was disabled. Please give the file to head office or an administrator; nothing is lost.",
  },
  missing: (n) => `Photos and other files still missing: ${n}. Your colleague's own phone has to send them.`,
  problems: {
    "rescue-no-key": "This phone has no key to pack with yet. Open the app once with a network; after that it packs without one.", "rescue-too-large": "There is more undelivered text than a file can hold. Deliver some of it with a network first, or ask an administrator.",
    "rescue-none": "No colleague packed this file. Please choose another.",
    network: "Not sent: there is no network. The file keeps; send it again later. Nothing is taken twice.", login: "Your log-in expired. Log in and choose the file again.", unreadable: "This file cannot be read. Choose it again, or ask your colleague to send it again.",
  },
};
