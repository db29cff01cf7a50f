/** What an open visit offers to the screens. */
import type { ReadonlySignal } from "@preact/signals";
import type { Picture } from "./photos";
import type {
  Action, Checklist, FileKind, Instant, Item, Kind, Missing, Origin, PhotoRecord, Place, Score, Sha256, Signature, Value, VisitDocument, VisitNotes, VisitRecord,
} from "./types";

export type Start =
  | string
  | { outletId: string; kind: Kind; checklist: { id: string; version: number }; part?: string | null; recheckOf?: string | null };

/** Every mutator resolves when the change is on disk and rejects with a PhoneProblem (code; the sentence is ui/text's). */
export interface OpenVisit {
  readonly id: string;
  readonly record: ReadonlySignal<VisitRecord>;
  readonly checklist: Checklist;
  readonly items: ReadonlyMap<string, Item>;
  readonly score: ReadonlySignal<Score>;
  readonly photos: ReadonlySignal<readonly PhotoRecord[]>;
  /** null until the first tap is stored. */
  readonly savedAt: ReadonlySignal<Date | null>;
  /** False: submitted, in conflict, or open in another tab (then `takeOver`). */
  readonly editable: ReadonlySignal<boolean>;
  readonly elsewhere: ReadonlySignal<boolean>;
  takeOver(): Promise<void>;
  /** Items of a submitted visit that still wait for proof, with until when; these alone can be answered then. */
  readonly provable: ReadonlySignal<ReadonlyMap<string, Instant>>;
  /** Whether proof was filled in that is not submitted yet. */
  readonly proved: ReadonlySignal<boolean>;
  /** Whether a photo was submitted already and stays as it is. */
  sealed(photo: PhotoRecord): boolean;

  answer(item: string, value: Value): Promise<void>;
  /** Where the item allows it; that a note is due on critical and prohibition items stands in `score.missing`. */
  na(item: string): Promise<void>;
  /** Later proof, where the item allows it. */
  pending(item: string): Promise<void>;
  clear(item: string): Promise<void>;
  note(item: string, text: string): Promise<void>;
  /** null takes the reason back. */
  noPhoto(item: string, reason: string | null): Promise<void>;
  setPart(part: string | null): Promise<void>;
  /** Where the inspector is; also keeps the time spent in sections. Creates nothing before the first answer. */
  goTo(section: string | null, item?: string | null): Promise<void>;
  /** Stop counting section time (page hidden, visit closed). The next change or goTo counts on. */
  pause(): Promise<void>;

  /** Durable mark before the camera opens; data/picked.ts takes it away when that is closed and all that was picked is stored. */
  awaitPhoto(item: string | null): Promise<void>;
  addPhoto(item: string | null, picture: Picture, origin: Origin, kind?: FileKind): Promise<PhotoRecord>;
  /** The picture with drawn marks takes the place of the one before, in one transaction. */
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
  /** A drawn signature (PNG) or, with `refused`, none. One per role; the later one counts. */
  sign(role: Signature["role"], name: string, picture: Picture | null, more?: { title?: string; refused?: string }): Promise<void>;

  /** What is missing in checklist order, or null when the visit can be submitted. */
  finish(): Missing[] | null;
  /** State and outbox entry in one transaction, after every picture in the making is stored and every byte was read back and compared. Of a submitted visit its proof.
   *  Rejects with visit-incomplete (`missing`), part-missing (a patrol without its part), photo-damaged, photo-not-here. */
  submit(): Promise<void>;
  discard(reason: string): Promise<void>;
  /** Ends an edit conflict; the version that loses is kept in `record.kept`, with `mix` both. */
  choose(side: "mine" | "theirs", mix?: (mine: VisitDocument, theirs: VisitDocument) => VisitDocument): Promise<void>;
  close(): Promise<void>;
}
