/** Names of what the phone keeps and exchanges: visits, photos, outbox, session, what sync brings. */
import type { Answer as Scored, Facts, Missing } from "../rules/score";

export type { Compiled as Checklist, Condition, Credit, Facts, Item, Kind as ItemKind, Missing, Score, Section } from "../rules/score";

export interface Both { zh: string; en: string }
export type Role =
  | "shopper" | "area_manager" | "hall_manager" | "outlet_owner" | "reviewer"
  | "branch_manager" | "hq" | "admin" | "auditor";
export type Tier = "own_hall" | "franchise" | "exclusive" | "ordinary" | "village";
export type Kind = "mystery" | "announced" | "area_visit" | "patrol" | "onboarding" | "recheck";

/** RFC 3339 in UTC, e.g. `2026-11-21T02:10:05.120Z`. */
export type Instant = string;
/** `2026-11-21` in Asia/Shanghai. */
export type Day = string;
/** 64 lower-case hexadecimal digits. */
export type Sha256 = string;

export interface User { id: string; username: string; name: string; role: Role; language: "zh" | "en" | string }
export interface Session {
  user: User; permissions: string[]; csrf: string; server_time: Instant; demo?: boolean;
  /** The password is one that somebody else chose. */
  must_change?: boolean;
  /** What unsent visits are packed with for a colleague. */
  packing?: Packing | null;
  /** What this user's rows are sealed with on every phone (32 bytes, base64url); only as it is told, never stored so. */
  store_key?: string | null;
  /** Whether they are to be sealed from now on; a server that gave no other word with its key wanted it. */
  seal?: boolean;
}
/** The server's public key (P-256, base64url), its name, what proves that a file was packed on a phone of this user, and how large one may be. */
export interface Packing { name: string; key: string; pass: string; most_bytes?: number }

export interface ChecklistName { id: string; version: number }
export interface Assignment {
  id: string; outlet_id: string; kind: Kind; part: string | null; checklist: ChecklistName;
  window_from: Day; window_to: Day; due_at: Instant | null;
  state: "planned" | "assigned" | "taken" | "declined" | "withdrawn" | "done" | string; note: string | null;
  /** Why it was declined. */
  answer?: string;
  /** The visit that is looked at again, and by item that failed in it the names of its photos, as far as this user may see them. */
  recheck_of?: string | null; before?: Record<string, Sha256[]>;
  /** The items that are asked; null: all of the checklist. */
  items?: string[] | null;
}
/** What the user is told, and has not read. */
export interface Notice { id: string; code: string; text: Both; subject: string; subject_id: string; at: Instant; read: boolean }
/** The week of an area manager as it stood at the last sync: the overdue first, and the days that are proposed. */
export interface WeekPlan {
  id: string; monday: Day;
  /** The years of the week whose calendar is not published: none of their days is proposed. */
  no_calendar?: number[];
  stops: { outlet_id: string; why: "last_of_company" | "class_a" | "others" | string; asked: number; made: number; overdue_since: Day | null; weeks_missed?: number; days: Day[] }[];
  reminders: { sort: string; period: string; until: Day; held_on: Day | null }[];
}
/** A corrective action as sync tells of it. */
export interface CorrectiveAction {
  id: string; outlet_id: string; item: string | null; item_text: Both | null; sort: "grave" | "premises" | "other" | "coaching" | string; what: string;
  due_at: Instant; state: "open" | "answered" | "accepted" | "reopened" | "withdrawn" | string; level: number; who: string;
  /** The failure as it was photographed, as far as this user may see it. */
  before: { sha256: Sha256 }[];
  answer: string | null; files: ProofFile[];
  /** Why it was reopened; empty where it was not. */
  note: string | null; may_answer: boolean; etag: string;
}
/** A photo that shows what was put right. */
export interface ProofFile { sha256: Sha256; bytes: number; type: string; taken_at: Instant | null; origin: Origin; caption?: string | null }
/** What this phone says to a corrective action: its answer, or the action itself where it was made by hand here. */
export interface Reply {
  /** Of the action. */
  id: string; outlet: { id: string; name: string };
  /** The action that is answered, as it was read; null for one that is made here. */
  to: CorrectiveAction | null;
  made: { item: string | null; what: string; due: Day; who: string } | null;
  answer: string; files: ProofFile[];
  /** `draft` is not to be sent yet; `refused` and `conflict` wait for the person. */
  state: "draft" | "waiting" | "sent" | "refused" | "conflict";
  /** When it was handed in, which is a part of what is sent. */
  at: Instant;
  /** Whether a request with it has left: then it is not changed any more. */
  tried: boolean;
  /** Whether the server has its words; it counts when the photos are there too. */
  heard: boolean;
  /** The server's version that it answers, and then that which it made. */
  etag: string | null;
  /** Files that are at the server for this action. */
  arrived: Sha256[];
  /** What the server has instead, until somebody chose. */
  theirs: CorrectiveAction | null;
  tries: number; next_at: number; problem: ProblemFacts | null;
}
export interface Outlet {
  id: string; code: string; name: string; pinyin: string; tier: Tier; class: "A" | "B" | "C" | string;
  setting: string; status: string; address: string | null; phone: string | null;
  position: { lat: number; lng: number } | null; area: string | null;
  /** Only for roles that may see them. */
  weak?: { item: string; text?: Both; [more: string]: unknown }[];
  last?: { at: Instant | Day; kind: Kind; score: string | null; [more: string]: unknown }[];
}
export interface Returned { reasons: { item: string | null; text: string }[]; due: Day | Instant | null; note: string | null }
export interface AppSettings {
  photo_px: number; photo_bytes: number; min_stay_minutes: Record<string, number>; checkin_m: number; app_version: string;
  /** Photos a visit may have; 60 where the server does not say. */
  photos_max?: number;
  /** Whether sound is taken, and by which written ground. */
  voice_notes?: boolean; voice_ground?: string;
}
export interface Receipt {
  number: string; at: Instant;
  /** What the server says it holds; bytes may leave the phone only when their hash stands here. */
  visit?: string; revision?: number; files?: Sha256[];
  /** By which key, and in hexadecimal; older receipts are not signed. */
  answers_sha256?: Sha256; key?: string | null; signature?: string | null;
}

export type ServerState =
  | "draft" | "receiving" | "submitted" | "in_review" | "second_review" | "returned" | "accepted"
  | "published" | "final" | "void" | "discarded";
/** `queued`: submitted on this phone, not yet known to the server. */
export type VisitState = ServerState | "queued";

/** A visit as sync tells of it. */
export interface RemoteVisit {
  id: string; outlet_id: string; assignment_id: string | null; kind: Kind; part: string | null;
  checklist: ChecklistName; state: ServerState; revision: number; etag: string; score: string | null;
  returned: Returned | null; document?: VisitDocument | null; receipt: Receipt | null; updated_at: Instant;
  /** Of a recheck: the items that are asked. */
  items?: string[] | null;
}

export interface Share { part: number; whole: number }
/** `pass`/`fail`/`na`, option id, decimal string, instant, text · integer · sorted list · share. */
export type Value = string | number | string[] | Share;
export type Lap = [Instant, Instant];
export interface TimerProof { laps: Lap[]; edited: string | null; jump?: boolean }
export interface Answer extends Scored {
  value?: Value; note?: string; no_photo?: string; pending?: true; timer?: TimerProof; at?: Instant;
}
export type FileKind = "photo" | "original" | "signature" | "audio" | "proof";
/** null: drawn on the phone (a signature). */
export type Origin = "camera" | "album" | null;
export interface VisitFile {
  sha256: Sha256; item: string | null; kind: FileKind; origin: Origin; taken_at: Instant | null;
  caption: string | null; bytes: number; type: string;
  /** Of sound alone: the section that it belongs to, and when it ended (`taken_at` is when it began). */
  section?: string | null; ended_at?: Instant | null;
}
export interface Fix { lat: number; lng: number; accuracy_m: number; at: Instant }
/** `off`: switched off here by the inspector or the operator. */
export type Place = Fix | { missing: "denied" | "unavailable" | "timeout" | "off" };
export interface VisitNotes { strengths: string; watch: string; improve: string; how: string }
export interface Action { id: string; item: string | null; what: string; due: Day; who: string }
export interface Signature {
  role: "inspector" | "outlet"; name: string; title?: string; file: Sha256 | null; at: Instant; refused?: string;
}

/** The visit document of the API, as sent. Optional places are left out of the JSON while empty. */
export interface VisitDocument {
  id: string; outlet_id: string; assignment_id: string | null; kind: Kind; part: string | null;
  recheck_of: string | null; checklist: ChecklistName; intent: "draft" | "submit";
  started_at: Instant; left_at: Instant | null; finished_at: Instant | null; clock_offset_ms: number | null;
  app: string; device: string; position: { start?: Place; end?: Place };
  answers: Record<string, Answer>; files: VisitFile[]; notes: VisitNotes; actions: Action[];
  signatures: Signature[]; phone_score: string | null; section_ms: Record<string, number>;
  changed_after_end: string[];
}

/** A timer that runs now: the instant, and the page's own clock while that page lives. */
export interface Running { at: Instant; mono: number; page: string; offset: number | null }

/** What the server last said of a visit; only the outbox and sync write here. */
export interface Known {
  etag: string | null; revision: number; state: ServerState | null; receipt: Receipt | null;
  /** `saves` of the newest document that the server has; 0 before the first. */
  saves: number;
  /** Files that are at the server for this visit. */
  arrived: Sha256[];
}
/** The other side of an edit conflict, kept until somebody chose. */
export interface Conflict { document: VisitDocument; etag: string; state: ServerState; revision: number }

/** A visit on this phone. `document` holds hidden answers too; they are taken out when it is sent. */
export interface VisitRecord {
  id: string; state: VisitState; document: VisitDocument; facts: Facts;
  outlet: { name: string; code: string };
  /** Where the inspector is: the section and item last touched. */
  place: { section: string | null; item: string | null };
  running: Record<string, Running>;
  /** One more at each stored change; a second tab with an old number is refused. */
  saves: number; saved_at: Instant;
  /** The page that wrote last, so that a replayed write is known as one's own. */
  writer: string;
  known: Known; conflict: Conflict | null;
  /** Documents that lost a choice; never thrown away by themselves. */
  kept: VisitDocument[];
  returned: Returned | null; discarded: string | null;
  /** The etags that the server gives what was sent or packed for a colleague with nothing heard of it since, each with its stored change. */
  unheard?: { mark: string; saves: number }[];
  /** Of a recheck: the items that are asked, also when its assignment is gone; null: all. */
  items?: string[] | null | undefined;
  /** The document as it was submitted, while later proof is added to `document` or is on its way. */
  proof?: VisitDocument | null;
}

/** One picture of one item; its bytes lie in the store `bytes` under the hash. */
export interface PhotoRecord {
  key: string; visit: string; item: string | null; sha256: Sha256; kind: FileKind; origin: Origin;
  taken_at: Instant | null; caption: string; bytes: number; type: string; width: number; height: number;
  thumb: ArrayBuffer | null;
  state: "waiting" | "arrived" | "refused"; location: string | null;
  section?: string | null; ended_at?: Instant | null;
}
/** One of the person's own notes. */
export interface Note { id: string; text: string; changed_at: Instant }

/** `shared`: by whom (null: nobody was signed in) a picture of another app was handed over that waits for its visit. */
export interface BytesRecord { sha256: Sha256; bytes: ArrayBuffer; type: string; stored_at: Instant; shared?: { user: string | null; modified: number } }

export type OutboxState = "waiting" | "sending" | "sent" | "refused" | "conflict";
/** One per visit. Problems keep their code and the server's sentence, so that the reason can be shown. */
export interface OutboxEntry {
  visit: string; kind: "draft" | "submit" | "discard"; state: OutboxState;
  queued_at: Instant; sent_at: Instant | null; tries: number;
  /** Milliseconds since 1970; not before then unless somebody asks. */
  next_at: number;
  problem: ProblemFacts | null;
}
/** What the outbox screen shows: the entry with what of its files has arrived. */
export interface ShownEntry extends OutboxEntry {
  photos: { done: number; all: number }; bytes: { done: number; all: number };
}

/** RFC 9457 as data; `code` is the last part of `type`, or ours (`network`, `login`, `storage-full` …). */
export interface ProblemFacts {
  code: string; title: string; detail: string; status: number;
  errors?: { pointer: string; detail: string }[]; missing?: Missing[];
}
