/** English of voice notes: the same keys as the Chinese by type. */
import type { voiceZh } from "./voice_words";

export const voiceEn: typeof voiceZh = {
  title: "Voice notes", open: (notes) => (notes ? `Voice notes, ${notes} in this section` : "Voice notes"),
  rule: "Record only your own words, to help you remember. Never staff or customers, and not aloud in front of others.",
  ground: (text) => `Ground: ${text}`, after: "After the review the sound is deleted from the server and from this phone.", understood: "Understood",
  start: "Start recording", stop: "Stop and keep", running: "Recording", left: (seconds) => `${seconds} s left`, most: "At most 3 minutes each. Locking the phone or changing apps stops and keeps it.",
  none: "Nothing recorded in this section yet.", kept: "Kept on this phone.", note: (at, length) => `${at} · ${length}`,
  remove: "Delete this note", sure: "Really delete", gone: "The sound is not on this phone.", recovered: (notes) => `Interrupted voice notes recovered and kept: ${notes}.`,
  troubles: { denied: "No permission for the microphone. Allow it in the browser’s site settings and try again.", none: "No microphone can be used; another app may hold it.", unsupported: "This browser cannot record; please use text." },
};
