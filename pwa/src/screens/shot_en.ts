/** English of photos, marks and the camera: the same keys as the Chinese by type. */
import type { shotZh } from "./shot_words";

export const shotEn: typeof shotZh = {
  photoNumber: (n, all) => `Photo ${n} of ${all}`, caption: "Caption", removePhoto: "Remove photo", sureRemove: "Remove it", photoGone: "This photo is not on this phone; it can be seen with a network.", toMark: "Mark", markNever: "This item wants the original as evidence: nothing is drawn on it.",
  mark: "Mark the photo", surface: "Drawing area", surfaceWith: (marked) => `Drawing area: ${marked}`, arrow: "Arrow", circle: "Circle", bigger: "Larger", smaller: "Smaller", turn: "Turn", undo: "Undo", place: "Place in the middle", keep: "Keep marks",
  how: "Draw with a finger; a tap places one too. Keys: arrows move, plus and minus size, R turns.", marked: (count) => (count ? `${count} ${count === 1 ? "mark" : "marks"}` : "No marks yet"), saving: "Saving…", sure: "Discard marks",
  camera: "Burst", view: "Viewfinder", shutter: "Take a photo", hint: "Tap for one, hold for more", stored: (count) => `${count} saved`, storing: (count) => `saving ${count}`,
  failed: (count) => `${count} not saved`, refusals: { full: "This visit has all the photos it may have.", slow: "Still saving: wait a moment." }, torch: "Light", opening: "Opening the camera…", again: "Try again",
  troubles: {
    denied: "The camera is not allowed. Allow “Camera” in the browser's site settings, or close this and use “Camera”.", none: "No camera was found on this phone. Close this and use “Album”.",
    busy: "Another app is using the camera. Close that app and try again, or use “Camera”.", insecure: "This address is not https, so the browser opens no camera. Close this and use “Camera”.", other: "The camera does not open. Close this and use “Camera”.",
  },
  notStored: (count, all) => `${count} of ${all} photos not stored.`, cutOff: (count) => `${count} ${count === 1 ? "photo" : "photos"} from last time may not be stored. Please check, and take again what is missing.`, names: (all) => all.join(", "),
  before: "Before", beforeNumber: (at, all) => `Photo from before ${at}/${all}`, beforeLater: "Photos from before come when there is a network", overlay: "Photo from before on top", off: "Off", next: "Next",
};
