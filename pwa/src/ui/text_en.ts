/** English: complete, the same keys as the Chinese by type. */
import type { zh } from "./text_zh";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const some = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const all = (visits: number, photos: number, answers: number) => [visits && some(visits, "visit"), photos && some(photos, "photo"), answers && some(answers, "answer")].filter(Boolean).join(", ");

export const en: typeof zh = {
  appName: "Xunting", notes: "Notes",
  back: "Back", close: "Close", cancel: "Cancel", done: "Done", remove: "Remove", change: "Change", retry: "Try again",
  mainMenu: "Main menu", todayTab: "Today", outletsTab: "Outlets", outboxTab: "Outbox", meTab: "Me",
  waitingCount: (n) => `${n} not delivered`,

  today: "today", tomorrow: "tomorrow", yesterday: "yesterday",
  weekdays: DAYS,
  longDate: (m, d, day) => `${DAYS[day]}, ${d} ${MONTHS[m]}`,
  shortDate: (m, d) => `${d} ${MONTHS[m]}`,
  length: (m, s) => (m === 0 ? `${s} s` : s === 0 ? `${m} min` : `${m} min ${s} s`),
  metres: (m) => (m < 1000 ? `${Math.round(m / 10) * 10} m` : `${(m / 1000).toFixed(m < 10_000 ? 1 : 0)} km`),

  kinds: { mystery: "Mystery", announced: "Announced", area_visit: "Area visit", patrol: "Patrol", onboarding: "Entry check", recheck: "Recheck" },
  tiers: { own_hall: "Own hall", franchise: "Franchise", exclusive: "Exclusive shop", ordinary: "Ordinary agent", village: "Village station" },
  settings: { city: "City", county_town: "County town", township: "Township" },
  statuses: { onboarding: "Joining", active: "Active", probation: "On probation", exited: "Left" },
  parts: { opening: "Before opening", round: "In hours", closing: "After closing" },
  roles: {
    shopper: "Mystery shopper", area_manager: "Area manager", hall_manager: "Hall manager", outlet_owner: "Outlet owner", reviewer: "Reviewer",
    branch_manager: "Branch manager", hq: "Customer service HQ", admin: "Administrator", auditor: "Auditor",
  },
  classOf: (c) => `Class ${c}`,
  other: "Other",

  passwordTitle: "Change password",

  offline: "No network", offlineSafe: "No network; keep filling in", allSent: (time) => `All delivered ${time}`, nothingWaiting: "Nothing to send",
  waitingWhat: (visits, photos, size, answers) => `${all(visits, photos, answers)} waiting${visits + photos ? ` (${size})` : ""}`,
  sendingWhat: (visits, photos, size, answers) => `Sending ${all(visits, photos, answers)}${visits + photos ? ` (${size})` : ""}`,
  refusedCount: (n) => `${n} not sent, see why`,
  sendNow: "Send now",

  refresh: "Refresh", refreshing: "Updating…", updatedAt: (time) => `Updated ${time}`, pullHint: "Release to update",
  search: "Find an outlet: name, code or pinyin initials", searchShort: "Find an outlet", clearSearch: "Clear search", found: (n) => `${some(n, "outlet")} found`, foundNone: "Nothing found. Try another name, code or pinyin initials.",
  goOn: "Continue", returned: "Returned", toDo: "Due visits", beingSent: "Submitted", nothingDue: "No visit is due", nothingDueHint: "New assignments appear here. You can also start a visit from Outlets.",
  orderNear: "Nearest first", orderDue: "Most urgent first",
  overdue: (days) => `${some(days, "day")} overdue`, overdueToday: "Past due", until: (when) => `by ${when}`, from: (when) => `from ${when}`,
  proof: "Proof to add", toProve: (n) => `${some(n, "item")} to prove`, proofLead: "Only what waits for proof can be filled in, the rest stays; it is reviewed with the visit.", submitProof: "Submit proof",
  toFix: (n) => `${some(n, "item")} to fix`, reasonOf: (item, text) => `${item}: ${text}`, returnedFor: (text) => `Returned: ${text}`, fixUntil: (when) => `Please fix by ${when}`, progress: (done, all) => `${done} / ${all} items`,
  failedCount: (n) => `${n} failed`, photosLeft: (n) => `${some(n, "photo")} missing`, left: (items, photos, notes) => [items && some(items, "item"), photos && some(photos, "photo"), notes && some(notes, "note")].filter(Boolean).join(" · ") + " left",
  saved: (time) => `Saved ${time}`, notSaved: "Not saved",
  notBegun: "Not started", otherPhone: "Begun on another phone; open it to go on here",
  hintShared: (n) => `${some(n, "shared photo")} to be placed`, hintInstall: "On the home screen it opens faster and keeps its content more safely.", hintInside: "This page is open inside another app, which may clear its content.", hintHow: "Show me how",
  firstPull: "Fetching assignments and checklists…", firstPullFailed: "No assignments on this phone yet. Connect and tap Refresh.",

  outletsTitle: "Outlets", outletTitle: "Outlet", navigate: "Navigate", callOutlet: "Call", startVisit: "Start visit", startKind: (kind) => `Start: ${kind}`, resumeVisit: "Continue visit",
  weakItems: "Weak items to look at this time", lastResults: "Last results", noScore: "no score", noAddress: "No address on file",
  noChecklist: "No suitable checklist on this phone. Connect and refresh.", startLow: "Not enough space on this phone. Free some before you start.", outletGone: "This outlet is not on this phone. Connect and refresh.", whichPart: "Choose the part",

  sections: "Sections", sectionDone: "done", sectionFailed: (n) => `${n} failed`, nextSection: "Next section", toFinish: "Finish", backToFinish: "Back to finish",
  jumpHint: "Tap to go to the next", allFilled: "All filled in", liveScore: "Score",
  prohibition: "Prohibition", critical: "Critical", points: (p) => `${p} pt`, recordOnly: "not scored", sources: { S0: "Star rating", S1: "Hall standardisation", S2: "Satisfaction indicators", S3: "Hall service standard", S4: "Agent channel service quality" }, optional: "optional",
  pass: "Pass", fail: "Fail", na: "N/A", naNeedsNote: "N/A needs a reason here",
  note: "Note", noteHint: "What you saw, and where", clearAnswer: "Clear answer", itemMore: "Note, photo and more",
  chars: (have, need) => `${have} of at least ${need} characters`,
  none: "None of these", voids: "This choice voids the visit; a reviewer confirms it.",
  less: "One less", plus: "One more", howMany: "Count", value: "Value", partOf: "Of these", whole: "Total", partTooBig: "The part cannot exceed the total.", notNumber: "Enter a number.", between: (min, max) => min !== null && max !== null ? `Enter ${min} to ${max}.` : min !== null ? `Not below ${min}.` : `Not above ${max}.`,
  wholeZero: "A total of 0 counts as not applicable.",
  stamp: "Stamp now", stampedAt: (time) => `Stamped ${time}`, stampAgain: "Stamp again", stampSure: "Change it to now? The earlier one is replaced.",
  start: "Start", stop: "Stop", goOnTimer: "Go on", running: "Running", minutesSeconds: "min:s", elapsed: "Elapsed", editTimer: "Edit by hand", editedMark: "Edited by hand", editReason: "Reason for the edit", editMinutes: "min", editSeconds: "s", editReasonNeeded: "Please give the reason.", save: "Save",
  clockJump: "The phone's clock jumped meanwhile; marked", timersRunning: "Timers running",
  full: "full", half: "half", share: (percent) => `${percent}%`, nothing: "none", within: (limit, credit) => `${limit}: ${credit}`, beyond: (credit) => `beyond: ${credit}`, upTo: (limit, credit) => `${limit}: ${credit}`, above: (credit) => `more: ${credit}`, limitsDepend: "Limits depend on earlier answers",
  later: (hours) => `Later (within ${hours} h)`, laterOn: "Marked for later", laterHint: "You may submit now; it is scored once answered.",
  photos: "Photos", photoWanted: "Photo needed", takePhoto: "Camera", fromAlbum: "Album", burst: "Burst", openPhoto: (n) => `Open photo ${n}`,
  photoBusy: (n) => `Preparing ${some(n, "photo")}…`, photoState: { waiting: "waiting", sending: "sending", arrived: "delivered", refused: "refused" },
  noPhoto: "No photo possible? Give the reason", noPhotoReason: "Why no photo", noPhotos: { unnoticed: "Would be noticed", forbidden: "Not allowed here", absent: "Nothing to photograph", broken: "Camera does not work" }, noPhotoSet: (why) => `No photo: ${why}`,
  sign: "Signature",

  finishTitle: "Finish the visit", missingTitle: (n) => `${n} missing`, showAll: (n) => `Show ${n} more`, missingNone: "Nothing is missing, ready to submit", missingWhat: { answer: "no answer", photo: "photo missing", note: "note missing" },
  laterTitle: "To follow after submitting", failsTitle: (n) => `${n} failed`, failsNone: "Nothing failed", score: "Score", scoreNone: "No score yet", graveNote: "A critical item failed: the score is capped and a second person confirms.", voidNote: "A voiding answer was chosen; a reviewer confirms the voiding.", notesTitle: "Summary (optional)", strengths: "Strengths", watch: "To watch", improve: "To improve", how: "How to improve",
  actionsTitle: "Corrective actions", actionAdd: "Add an action", actionFor: "Failed item", actionWhat: "What is asked", actionDue: "Due", actionWho: "Responsible", actionLine: (due, who) => `by ${due} · ${who}`, actionWrong: "Fill in what is asked, the date and who is responsible.", actionsHint: "Optional.",
  leftTitle: "Leaving", leftHint: "Optional: submitting notes it too.", leftNow: "Note leaving time and place", noPlace: "No location permission. Filling in works all the same; the reviewer sees the reason.", leftAt: (time) => `Left ${time}`,
  signaturesTitle: "Signatures", signInspector: "Inspector's signature", signOutlet: "Outlet's signature", signHere: "Sign inside the frame", signClear: "Start over", signKeep: "Keep signature", signName: "Name", signTyped: "Type the name instead", signDrawn: "Sign by hand instead", signRefused: "Refuses or cannot sign", signRefusedWhy: "Reason for no signature", signRefusedSet: (why) => `Not signed: ${why}`, signTitle: "Position", signed: (name, time) => `Signed by ${name} ${time}`, signNameNeeded: "Enter the name.", signEmpty: "Please sign first.", signWhyNeeded: "Please give the reason.", signWanted: "Not signed yet", signLost: "The signing pad did not load. Type the name instead.",
  submit: "Submit", submitting: "Putting it into the outbox…", submitMissing: (n) => `${n} missing. Fill in before you submit.`, submitted: "Submitted", submittedOffline: "Submitted. It is sent as soon as there is a network.", submittedOnline: "Submitted and on its way.",
  discard: "Discard this visit", discardLead: "A discarded visit counts nowhere; what was filled in stays on record.", discardWhy: "Reason", discardNow: "Discard", discarded: "Discarded",

  readTitle: "Visit record", ladder: ["On this phone", "Text received", "Photos", "All received", "Review"], receipt: (number) => `Receipt ${number}`, cannotChange: "A submitted visit can be read, not changed, unless it is returned.",
  states: {
    draft: "In progress", queued: "Waiting to be sent", receiving: "Being received", submitted: "Received", in_review: "In review", second_review: "Second review", returned: "Returned", accepted: "Accepted", published: "Published", final: "Final", void: "Void", discarded: "Discarded",
  },

  outboxTitle: "Outbox", outboxEmpty: "Everything is delivered", outboxEmptyHint: "Submitted visits and photos are kept on this phone first and sent from here.", outboxStates: { waiting: "Waiting", sending: "Sending", sent: "Delivered", refused: "Not sent", conflict: "Changed in two places" },
  sendingPercent: (n) => `Sending ${n}%`, draftMirror: "Draft copies", draftMirrorHint: "What you fill in is copied to the server when there is a network; it is not submitted by that.", photosOf: (done, all, signed) => `Photos${signed ? " and signatures" : ""} ${done} / ${all}`, bytesOf: (done, all) => `${done} / ${all}`, why: "Why", triedTimes: (n) => `Tried ${n === 1 ? "once" : `${n} times`}`, nextTry: (time) => `next try ${time}`, openVisit: "Open visit", recentlySent: "Recently delivered", stillWaiting: "Still on this phone", chooseVersion: "Choose a version",
  wifiOnly: (bytes) => `Send originals only over Wi-Fi (${bytes} to go)`, wifiUnknown: "This browser does not say whether it is on Wi-Fi; while this is on, originals stay on the phone.",

  conflictTitle: "This visit was changed elsewhere too", conflictLead: "This phone and the server hold different versions. Neither is lost before you choose.", noAnswer: "no answer",

  version: "Version", newVersion: "New version", updateNow: "Update now",
  clockOff: (minutes) => `This phone's clock is about ${some(minutes, "minute")} off the server's. Please switch on automatic time in the settings.`,

  problems: {
    network: "The network does not respond. All is on this phone and is tried again.", login: "Please log in again.", busy: "The server is busy; it is tried again.", "wrong-login": "User name or password is wrong.",
    "erase-waits": "The last erase on this phone is not finished. Close every other page of this app in the browser and log in again.",
    "storage-full": "No space left, this was not saved. Delete something else and tap again.", "storage-frozen": "The browser cut the storage off. Close this page and open it again; the last step may not be saved.", "storage-damaged": "The storage cannot be read. Do not clear any data; ask your administrator.", "storage-newer": "What is on this phone was written by a newer version. Please update the app.", "storage-locked": "What you entered on this phone before is encrypted, and the server does not have its key now. All of it is kept. Do not clear any data; ask your administrator.", "storage-none": "This window may not keep anything (private mode, or site data is blocked). Open the app in a normal window; if this is one, restart the browser.",
    "wifi-only": "The originals wait for Wi-Fi; the text and the other photos were sent.",
    "visit-unknown": "This visit is not on this phone. One without any entry is not kept: start it again.", "visit-closed": "This visit was submitted and cannot be changed.", "visit-elsewhere": "This visit was changed in another window. Go back there, or open it again.", "visit-incomplete": "Something is still missing.", "checklist-unknown": "This checklist is not on this phone. Connect and refresh.",
    "value-wrong": "This value is not allowed and was not saved.", "part-missing": "Choose the part of this patrol first.", "wrong-password": "User name or password is wrong.", "reason-missing": "Please give the reason.", "timer-idle": "The timer is not running.", "photo-damaged": "A photo on this phone cannot be read. Please take it again.", "photo-not-here": "This photo is not on this phone.", "photo-elsewhere": "The missing photo is on another phone, which sends it when it has a network.", "photo-unreadable": "This file is not a usable picture.", "photo-too-many": "Too many photos; a visit holds at most 60.", unsent: "Something is not delivered yet.",
  },
  problemOther: "Something went wrong and was not done. Please try again.",
  reopen: "Open again", storageStop: "Please open it again", leftOut: (n) => `${n} ${n === 1 ? "entry" : "entries"} on this phone cannot be opened. All of it is kept. Do not clear any data; ask your administrator.`,
};
