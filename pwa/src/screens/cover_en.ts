/** English of discreet mode, its notes and the app lock: the same keys as the Chinese by type. */
import type { coverZh } from "./cover_words";

export const coverEn: typeof coverZh = {
  note: "Text of the note", newNote: "New note", noteCount: (n) => `${n} ${n === 1 ? "note" : "notes"}`, goOn: "Go back to before", empty: "No notes", emptyHint: "Write one with the button at the bottom right.",
  noMore: "No additional text", untitled: "New note", removed: "Note deleted", undo: "Undo", unsaved: "Not saved. Please close this and open it again.",

  locked: "Locked", pin: "PIN", pinHint: "4 to 8 digits", unlock: "Open", erase: "Delete a digit", wrongPin: "That is not it. Try again.", wrongShort: "Enter 4 to 8 digits.",
  waits: (time) => `Too many wrong entries. Wait ${time}.`, forgot: "Forgotten", forgotLead: "Open it with your log-in password (this needs a network), then set a new PIN.", password: "Log-in password", logIn: "Open", backToPin: "Back",
  newPinLead: "Set a new PIN.", keepOff: "Use none",

  discreet: "Discreet mode", discreetLead: "The app opens on a page of notes with the visit behind it; colours are dim, and the title says “Notes”.",
  discreetHow: ["Tap the screen with two fingers: hides the visit, or returns to it", "Or tap the note icon at the top right, and to return the number of notes at the foot; F2 on a keyboard", "The notes are real and yours to write; they stay on this phone and are never sent", "While hidden, timers run on and nothing is lost"],
  discreetNow: "Have a look", hint: "Might people see your screen? With discreet mode, two fingers leave nothing but a page of notes.", hintOn: "Switch on", hintOff: "Not now", discreetOn: "Discreet mode is on. Tap with two fingers to hide, and to return.",

  lock: "App lock", lockLead: "Asks for a PIN when the app opens, and after it was away for a while. It hides the screen; it does not encrypt what is on this phone. Keep the phone's own lock on.",
  setLock: "Set a PIN", changePin: "Change the PIN", removeLock: "Switch the lock off", lockSet: "The app lock is set.", lockGone: "The app lock is off.",
  pinNow: "Present PIN", pinNew: "New PIN (4 to 8 digits)", pinAgain: "Once more", pinDiffers: "The two entries differ.", save: "Save",
  after: "Lock when away for", afters: { 0: "No time", 1: "1 minute", 5: "5 minutes", 15: "15 minutes" }, cameraHint: "It stays open for photos, for 5 minutes at most.",
};
