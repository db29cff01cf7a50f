/** What the screens read of the open visit, each as a signal of its own, so that a tap redraws one card and not the list. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { Answer, Checklist, Item, Missing, PhotoRecord, Returned, Section, VisitRecord } from "../data/types";
import { scored } from "../data/document";
import { piecesLeft } from "../data/sound";
import { openVisit, type OpenVisit } from "../data/visit";
import { rest, visible } from "../device/lifecycle";
import { once } from "../device/position";
import { only, prepare, type Prepared } from "../rules/score";

/** How far a section, or a whole visit, has come: visible items, answered ones, failed ones, and what is missing by sort. */
export interface Progress {
  all: number; done: number; failed: number; answers: number; photos: number; notes: number;
}
export interface SectionState extends Progress {
  section: Section;
}

/** What one card says and may do; the same value as long as nothing of it changes. */
export interface CardState {
  answer: Answer | undefined;
  failed: boolean;
  /** What is missing here, by name: "answer photo". */
  wants: string;
  photos: boolean;
  editable: boolean;
  /** Whether later proof may still be added. */
  proof: boolean;
  /** The reviewer's words on this item of a returned visit. */
  returned: string;
}

export interface Sheet {
  readonly visit: OpenVisit;
  readonly visible: ReadonlySignal<ReadonlySet<string>>;
  readonly failed: ReadonlySignal<ReadonlySet<string>>;
  /** What each incomplete item still wants. */
  readonly missing: ReadonlySignal<ReadonlyMap<string, ReadonlySet<Missing["what"]>>>;
  /** Sections that have at least one visible item, in checklist order. */
  readonly sections: ReadonlySignal<readonly SectionState[]>;
  readonly whole: ReadonlySignal<Progress>;
  /** Which item stood in the middle of the screen where a section was left, null at its beginning; for as long as the visit is open. */
  readonly seen: Map<string, string | null>;
  /** Ids of the timers that run. */
  readonly running: ReadonlySignal<readonly string[]>;
  cardOf(item: string): ReadonlySignal<CardState>;
  answerOf(item: string): ReadonlySignal<Answer | undefined>;
  photosOf(item: string): ReadonlySignal<readonly PhotoRecord[]>;
  /** Ids of the section's visible items; the same array as long as they are the same. */
  itemsOf(section: string): ReadonlySignal<readonly string[]>;
  /** Running number of an item in the checklist, from 1. */
  numberOf(item: string): number;
  sectionOf(item: string): string;
}

export function sheetOf(visit: OpenVisit): Sheet {
  const numbers = computed(() => {
    const found = new Map<string, { number: number; section: string }>();
    for (const section of visit.checklist.sections) for (const item of section.items) found.set(item.id, { number: found.size + 1, section: section.id });
    return found;
  });
  const answers = computed(() => visit.record.value.document.answers);
  const shown = computed(() => new Set(visit.score.value.visible));
  const failed = computed(() => new Set([...visit.score.value.failed, ...plainFails(answers.value, shown.value)]));
  const missing = computed(() => byItemOf(visit.score.value.missing));
  const sections = computed(() => visit.checklist.sections
    .map((section) => ({ section, ...progressOver(section.items, answers.value, shown.value, failed.value, missing.value) }))
    .filter((state) => state.all > 0));
  const each = <T,>(make: (id: string) => ReadonlySignal<T>) => {
    const made = new Map<string, ReadonlySignal<T>>();
    return (id: string) => {
      let one = made.get(id);
      if (!one) made.set(id, (one = make(id)));
      return one;
    };
  };
  const byItem = computed(() => {
    const found = new Map<string, PhotoRecord[]>();
    for (const photo of visit.photos.value) if (photo.item) found.set(photo.item, [...(found.get(photo.item) ?? []), photo]);
    return found;
  });
  return {
    visit, visible: shown, failed, missing, sections, seen: new Map(),
    whole: computed(() => sections.value.reduce(added, EMPTY)),
    running: steady(() => Object.keys(visit.record.value.running)),
    cardOf: each((id) => same(() => ({
      answer: answers.value[id], failed: failed.value.has(id), wants: [...(missing.value.get(id) ?? [])].join(" "), photos: byItem.value.has(id),
      editable: visit.editable.value, proof: visit.provable.value.has(id), returned: reasonFor(visit.record.value.returned, id),
    }))),
    answerOf: each((id) => computed(() => answers.value[id])),
    photosOf: each((id) => steady(() => byItem.value.get(id) ?? [])),
    itemsOf: each((id) => steady(() => (visit.checklist.sections.find((one) => one.id === id)?.items ?? []).map((item) => item.id).filter((one) => shown.value.has(one)))),
    numberOf: (item) => numbers.peek().get(item)?.number ?? 0,
    sectionOf: (item) => numbers.peek().get(item)?.section ?? "",
  };
}

/** The progress of a visit that is not open, from its record and checklist; for the cards of Today. */
export function progressOf(record: VisitRecord, published: Checklist): Progress {
  const checklist = only(published, record.items);
  const { answers } = record.document;
  const result = scored(prepared(checklist), record);
  const shown = new Set(result.visible);
  const missing = byItemOf(result.missing);
  const failed = new Set([...result.failed, ...plainFails(answers, shown)]);
  return checklist.sections.map((section) => progressOver(section.items, answers, shown, failed, missing)).reduce(added, EMPTY);
}

export const isAnswered = (answer: Answer | undefined): boolean => answer !== undefined && (answer.pending === true || (answer.value !== undefined && answer.value !== ""));

const opened = signal<Sheet | null>(null);
let opening: string | null = null;
/** Why the last visit could not be opened. */
export const openProblem = signal<unknown>(null);

/** The sheet of this visit, null until its record is read; the visit stays open from screen to screen. */
export function useSheet(id: string): Sheet | null {
  useEffect(() => accompany(id), [id]);
  // Before the paint, or the phone would draw an empty screen first.
  useLayoutEffect(() => void openSheet(id), [id]);
  const sheet = opened.value;
  return sheet?.visit.id === id ? sheet : null;
}

/** Opens a visit that is not open yet; resolves when its sheet, or why there is none, stands in the signals. */
export async function openSheet(id: string): Promise<void> {
  if (opened.peek()?.visit.id === id || opening === id) return;
  opening = id;
  openProblem.value = null;
  try {
    await closeSheet();
    const visit = await openVisit(id);
    const sheet = sheetOf(visit);
    // Worked out before anything is drawn of it.
    sheet.whole.peek();
    await rest();
    if (opening === id) {
      opened.value = sheet;
      // Beside the first picture: a voice note that a kill cut off. What fails here is tried again at submission.
      void rest().then(() => piecesLeft(id)).then(async (some) => { if (some) (await import("./voice")).recover(visit); }).catch(() => undefined);
    } else void visit.close();
  } catch (problem) {
    openProblem.value = problem;
  } finally {
    if (opening === id) opening = null;
  }
}

/** True while a visit is open: no new version may take over then. */
export const visitOpen = computed(() => opened.value !== null);

/**
 * Beside the open visit: with its first stored tap the place of arrival is noted, which never holds anything up; and the time
 * in a section stops counting while the page is hidden.
 */
function accompany(id: string): () => void {
  let asked = false;
  return effect(() => {
    const visit = opened.value?.visit.id === id ? opened.value.visit : null;
    if (!visit) return;
    if (!visible.value) void visit.pause().catch(() => undefined);
    if (asked || !visit.savedAt.value || !visit.editable.value || visit.record.value.document.position.start) return;
    asked = true;
    void once({ timeoutMs: 20_000 }).then((place) => visit.arrive(place)).catch(() => undefined);
  });
}

export async function closeSheet(): Promise<void> {
  const sheet = opened.peek();
  opened.value = null;
  await sheet?.visit.close();
}

const EMPTY: Progress = { all: 0, done: 0, failed: 0, answers: 0, photos: 0, notes: 0 };

function added(a: Progress, b: Progress): Progress {
  return { all: a.all + b.all, done: a.done + b.done, failed: a.failed + b.failed, answers: a.answers + b.answers, photos: a.photos + b.photos, notes: a.notes + b.notes };
}

/** A "fail" on an item without points is no failed item for the score, but it is one for the person who tapped it. */
function plainFails(answers: Readonly<Record<string, Answer>>, visible: ReadonlySet<string>): string[] {
  return Object.keys(answers).filter((id) => answers[id]!.value === "fail" && visible.has(id));
}

function progressOver(items: readonly Item[], answers: Readonly<Record<string, Answer>>, visible: ReadonlySet<string>, failed: ReadonlySet<string>, missing: ReadonlyMap<string, ReadonlySet<Missing["what"]>>): Progress {
  const sum = { ...EMPTY };
  for (const { id } of items) {
    if (!visible.has(id)) continue;
    sum.all += 1;
    if (isAnswered(answers[id])) sum.done += 1;
    if (failed.has(id)) sum.failed += 1;
    const wants = missing.get(id);
    if (wants?.has("answer")) sum.answers += 1;
    if (wants?.has("photo")) sum.photos += 1;
    if (wants?.has("note")) sum.notes += 1;
  }
  return sum;
}

const ALONE: Record<Missing["what"], ReadonlySet<Missing["what"]>> = { answer: new Set(["answer"]), photo: new Set(["photo"]), note: new Set(["note"]) };

/** What each item lacks. Most lack one thing, and share the set of it. */
function byItemOf(missing: readonly Missing[]): Map<string, ReadonlySet<Missing["what"]>> {
  const found = new Map<string, ReadonlySet<Missing["what"]>>();
  for (const { item, what } of missing) {
    const before = found.get(item);
    found.set(item, before ? new Set([...before, what]) : ALONE[what]);
  }
  return found;
}

const ready = new WeakMap<Checklist, Prepared>();

function prepared(checklist: Checklist): Prepared {
  let one = ready.get(checklist);
  if (!one) ready.set(checklist, (one = prepare(checklist)));
  return one;
}

const reasonFor = (returned: Returned | null, id: string): string => (returned ? returned.reasons.filter((one) => one.item === id).map((one) => one.text).join(" ") : "");

/** A computed value of several fields that keeps its identity while each of them is the same. */
function same<T extends object>(make: () => T): ReadonlySignal<T> {
  let last: T | undefined;
  return computed(() => {
    const next = make();
    if (!last || (Object.keys(next) as (keyof T)[]).some((key) => next[key] !== last![key])) last = next;
    return last;
  });
}

/** A computed list that keeps its identity while its members are the same, so that nothing redraws for an equal list. */
function steady<T>(make: () => readonly T[]): ReadonlySignal<readonly T[]> {
  let last: readonly T[] = [];
  return computed(() => {
    const next = make();
    if (next.length !== last.length || next.some((one, at) => one !== last[at])) last = next;
    return last;
  });
}
