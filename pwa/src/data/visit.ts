/** The open visit: each change is stored first and shown then. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import type {
  Action, Checklist, FileKind, Item, Kind, Lap, Missing, Origin, PhotoRecord, Place, Running, Score, Sha256, Signature,
  Value, VisitNotes, VisitRecord,
} from "./types";

export type Start =
  | string
  | { outletId: string; kind: Kind; checklist: { id: string; version: number }; part?: string | null; recheckOf?: string | null };

/** What device/camera.ts hands over. */
export interface Picture {
  bytes: ArrayBuffer; sha256: Sha256; type: string; width: number; height: number; thumb: ArrayBuffer | null; takenAt: string | null;
}

/** All visits on this phone by id, newest change first when listed by `saved_at`. Light enough for Today. */
export const visits: Signal<ReadonlyMap<string, VisitRecord>> = signal(new Map());

/** Every mutator resolves when the change is on disk and rejects with a PhoneProblem (code, sentence by ui/text). */
export interface OpenVisit {
  readonly id: string;
  readonly record: ReadonlySignal<VisitRecord>;
  readonly checklist: Checklist;
  readonly items: ReadonlyMap<string, Item>;
  readonly score: ReadonlySignal<Score>;
  readonly photos: ReadonlySignal<readonly PhotoRecord[]>;
  readonly savedAt: ReadonlySignal<Date | null>;
  /** False: submitted, or open in another tab (then `takeOver`). */
  readonly editable: ReadonlySignal<boolean>;
  readonly elsewhere: ReadonlySignal<boolean>;
  takeOver(): Promise<void>;

  answer(item: string, value: Value): Promise<void>;
  /** "na" where the item allows it; a note is asked for on critical and prohibition items by scoring. */
  na(item: string): Promise<void>;
  /** Later proof, where the item allows it. */
  pending(item: string): Promise<void>;
  clear(item: string): Promise<void>;
  note(item: string, text: string): Promise<void>;
  /** null takes the reason back. */
  noPhoto(item: string, reason: string | null): Promise<void>;
  setPart(part: string | null): Promise<void>;
  /** Where the inspector is; also keeps the time spent in sections. */
  goTo(section: string | null, item?: string | null): Promise<void>;
  /** Stop counting section time (page hidden, visit closed). */
  pause(): Promise<void>;

  /** Durable mark before the camera opens; taken away by addPhoto or `cancelled`. */
  awaitPhoto(item: string | null): Promise<void>;
  photoCancelled(): Promise<void>;
  addPhoto(item: string | null, picture: Picture, origin: Origin, kind?: FileKind): Promise<PhotoRecord>;
  /** A photo with drawn marks takes the place of another; the first stays in neither document nor list. */
  replacePhoto(key: string, picture: Picture): Promise<PhotoRecord>;
  removePhoto(key: string): Promise<void>;
  caption(key: string, text: string): Promise<void>;
  /** Full bytes as a Blob, or null when only the server has them. */
  photoBlob(sha256: Sha256): Promise<Blob | null>;

  startTimer(item: string): Promise<void>;
  /** Ends the lap and answers the item with the whole seconds of all laps. */
  stopTimer(item: string): Promise<void>;
  /** By hand, with a reason (rejects with `reason-missing`); marked as edited. */
  editTimer(item: string, seconds: number, reason: string): Promise<void>;
  resetTimer(item: string): Promise<void>;

  arrive(place: Place): Promise<void>;
  leave(place: Place): Promise<void>;
  setNotes(notes: Partial<VisitNotes>): Promise<void>;
  putAction(action: Omit<Action, "id"> & { id?: string }): Promise<void>;
  removeAction(id: string): Promise<void>;
  /** A drawn signature (PNG bytes) or, with `refused`, none. One per role; the later one counts. */
  sign(role: Signature["role"], name: string, picture: Picture | null, refused?: string): Promise<void>;

  /** What is missing in checklist order, or null when the visit can be submitted. */
  finish(): Missing[] | null;
  /** State and outbox entry in one transaction, after every byte was read back and compared. */
  submit(): Promise<void>;
  discard(reason: string): Promise<void>;
  choose(side: "mine" | "theirs"): Promise<void>;
  close(): Promise<void>;
}

/** Gives the id of a visit that is stored with its first tap; an open one of the same assignment is taken up again. */
export async function startVisit(start: Start): Promise<string> { throw new Error(String(start)); }
export async function openVisit(id: string): Promise<OpenVisit> { throw new Error(id); }
/** The item whose camera was open when the page was killed. */
export async function awaitingPhoto(): Promise<{ visit: string; section: string | null; item: string | null } | null> { throw new Error("not yet"); }

/** Whole seconds of the laps and, if it runs, of the timer now. For display, each second. */
export function elapsed(laps: readonly Lap[], running: Running | undefined): number { throw new Error(String([laps, running])); }
