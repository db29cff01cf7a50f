/** English of corrective actions: the same keys as the Chinese by type. */
import type { actionZh } from "./action_words";

export const actionEn: typeof actionZh = {
  title: "Corrective action", toAnswer: "To put right", toCheck: "To check", answeredList: "Answered", nothing: "Nothing to put right", nothingHint: "What an outlet has to put right appears here.", fetching: "Fetching corrective actions…", notFetched: "No corrective actions on this phone yet. Connect and tap Refresh.",
  states: { open: "To put right", answered: "Being checked", accepted: "Accepted", reopened: "To redo", withdrawn: "Withdrawn" },
  sorts: { grave: "Grave", premises: "Premises and equipment", other: "Other", coaching: "Coaching" },
  levels: ["", "Raised to the county", "Raised to the branch", "Raised to the province"],
  here: { draft: "Not finished", waiting: "Waiting to be sent", refused: "Not sent", conflict: "Changed in two places", sent: "Delivered" },
  more: (n) => `Show ${n} more`, asked: "What is asked", standard: "Standard", who: (who) => `Responsible: ${who}`, due: (when) => `Due: ${when}`,
  why: "Why it has to be redone", earlier: (text) => `Answered before: ${text}`, answer: "What was done", hint: "What you did, and how it is now", proof: "Photos of the result", before: "Before", after: "After", noBefore: "No photos to be seen", noAfter: "No photos yet",
  photo: (n, all) => `Photo of the result ${n} of ${all}`, beforePhoto: (n, all) => `Photo from before ${n} of ${all}`, compare: "Side by side",
  send: "Submit", sending: "Storing it to be sent…", queued: "Submitted; it is sent when there is a network.", sent: "Submitted.", empty: "Please say what was done, or take a photo.",
  onPhone: "On this phone", words: "Text received", photos: (done, all) => `Photos ${done} of ${all}`, whole: "All received, being checked", judged: "Checked",
  takeBack: "Take back and change", edit: "Change it and submit again", drop: "Delete the answer on this phone", dropSure: "Delete it", dropped: "The answer on this phone was deleted",
  left: "An answer that was not sent", leftHint: "This action needs no answer now. What you wrote stays on this phone and is not sent.",
  conflictLead: "Your answer differs from the server's. Neither is lost until you choose.", useMine: "Use my answer", keepTheirs: "Keep the server's", mine: "This phone", theirs: "Server", noWords: "No text",
  make: "Ask for a correction", makeLead: "The outlet sees it on the phone and answers with photos.", what: "What is asked", responsible: "Responsible", until: "Due", wrong: "Please say what is asked, who is responsible and a day after today.", made: "Stored; it is sent when there is a network.", makeNow: "Ask for it",
  listed: "Answers to corrective actions", outboxHint: "What you submit is stored on this phone first, then sent from here.", madeHere: "New corrective action", gone: "This action is not on this phone; it may be over.", openIt: "Open the action", check: "Check it at the console",
};
