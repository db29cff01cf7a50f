/** Scoring of a visit on the phone: credit, effects, score, what is missing. The twin of scoring.py. */

import { type Condition, type Facts, holds } from "./conditions";
import { divided, millionths, twoDecimals } from "./exact";

export type { Condition, Facts } from "./conditions";

export interface Words {
  zh: string;
  en: string;
}

export type Kind =
  | "pass_fail" | "scale" | "choice" | "multi" | "count" | "number" | "timer" | "share"
  | "text" | "photo" | "signature" | "instant";

/** A row of a band table: the upper bound (an integer, or a decimal string for `number`; null is unbounded) and the credit. */
export type Band = [number | string | null, number];

export type Credit =
  | { table: Record<string, number> }
  | { sum: Record<string, number> }
  | { bands: { when: Condition | null; bands: Band[] }[] }
  | { ratio: true };

export interface Item {
  id: string;
  indicator: string;
  text: Words;
  source: string;
  kind: Kind;
  points: number;
  when: Condition | null;
  na: boolean;
  required: boolean | "any_failed";
  min_chars: number;
  prohibition: string | null;
  critical: boolean;
  later_hours: number | null;
  voids: string[];
  options: { id: string; text: Words }[];
  min: number | string | null;
  max: number | string | null;
  unit: Words | null;
  credit: Credit | null;
  photo: { when: "always" | "on_fail" | "optional" | "never"; below: number; hint: Words | null };
  original: boolean;
  max_px: number;
  asked: boolean;
}

export interface Section {
  id: string;
  title: Words;
  when: Condition | null;
  points: number;
  items: Item[];
}

/** The compiled checklist of engine 1. */
export interface Compiled {
  engine: 1;
  id: string;
  version: number;
  title: Words;
  visit_kinds: string[];
  tiers: string[];
  prohibition_scoring: "all_or_nothing" | "per_item";
  critical_cap: number;
  fail_below: number;
  /** The item whose answer is when the inspector left. */
  leaving?: string | null;
  prohibitions: { id: string; text: Words }[];
  sections: Section[];
}

/** What scoring reads of an answer of the visit document. */
export interface Answer {
  value?: unknown;
  note?: string | null;
  no_photo?: string | null;
  pending?: boolean | null;
}

export interface Missing {
  item: string;
  what: "answer" | "photo" | "note";
}

/** The score of a visit; the fields are those of the server's `Score`. */
export interface Score {
  score: string | null;
  prohibition_score: string | null;
  touchpoint_score: string | null;
  sections: Record<string, string | null>;
  violated: string[];
  grave: string[];
  counted: string[];
  failed: string[];
  met: string[];
  zeroed: string[];
  credits: Record<string, number | null>;
  visible: string[];
  voided: boolean;
  missing: Missing[];
}

type Lookup =
  | { as: "none" | "ratio" }
  | { as: "table" | "sum"; of: Readonly<Record<string, number>> }
  | { as: "bands"; of: { when: Condition | null; bands: { bound: bigint | null; credit: number }[] }[] };

interface Ready {
  item: Item;
  lookup: Lookup;
}

/** A checklist made ready for scoring: look-ups built once, so that a tap costs one walk over the items. */
export interface Prepared {
  checklist: Compiled;
  sections: { section: Section; items: Ready[] }[];
}

interface Seen {
  item: Item;
  section: string;
  answer: Answer;
  answered: boolean;
  na: boolean;
  pending: boolean;
  credit: number | null;
}

interface Counted extends Seen {
  credit: number;
}

const BLANKS = /[ \t\r\n\u00a0\u3000]/g;
const NOT_BLANK = /[^ \t\r\n\u00a0\u3000]/;
const NO_ANSWER: Answer = {};

export function prepare(checklist: Compiled): Prepared {
  const ready = (item: Item): Ready => ({ item, lookup: lookup(item.credit) });
  return {
    checklist,
    sections: checklist.sections.map((section) => ({ section, items: section.items.map(ready) })),
  };
}

const still = <T extends { when: Condition | null }>(one: T): T => (/"fact":"(kind|part)"/.test(JSON.stringify(one.when)) ? { ...one, when: null } : one);

/** The checklist with these items alone, which name all that they need; the same one where no list is given. What depends on the
 *  kind of the visit or its part of the day is asked all the same: a recheck is of another. */
export function only(checklist: Compiled, items: readonly string[] | null | undefined): Compiled {
  return items ? {
    ...checklist, leaving: items.find((id) => id === checklist.leaving) ?? null,
    sections: checklist.sections.map((section) => {
      const kept = section.items.filter(({ id }) => items.includes(id)).map(still);
      return { ...still(section), items: kept, points: kept.reduce((sum, { points }) => sum + points, 0) };
    }).filter((section) => section.items.length),
  } : checklist;
}

/** The score from facts, answers and the number of files per item; the answer of a hidden item is ignored.
 *  A visit that an answer voids asks for nothing more: its `missing` is empty. */
export function score(
  prepared: Prepared,
  facts: Facts,
  answers: Readonly<Record<string, Answer>>,
  photos: Readonly<Record<string, number>>,
): Score {
  const { checklist } = prepared;
  const seen = visible(prepared, facts, answers, photos);
  const counted = seen.filter((one): one is Counted => one.credit !== null && one.item.points > 0);
  const failed = counted.filter((one) => one.credit < checklist.fail_below);
  const lost = new Set(counted.filter((one) => one.credit === 0).map((one) => one.item.prohibition));
  const grave = counted.filter((one) => one.item.critical && one.credit === 0);
  const nulled = new Set<string | null>(checklist.prohibition_scoring === "all_or_nothing" ? lost : []);
  for (const one of grave) nulled.add(one.item.prohibition);
  nulled.delete(null);
  const voided = seen.some(voids);
  const credits: Record<string, number | null> = {};
  for (const one of seen) if (one.answered) credits[one.item.id] = one.credit;
  const lacking: Missing[] = [];
  if (!voided) for (const one of seen) missing(one, photos, failed.length > 0, lacking);
  const figure = (parts: Counted[], cap: number | null = null) => (voided ? null : ratio(parts, nulled, cap));

  const bySection = new Map<string, Counted[]>(checklist.sections.map((section) => [section.id, []]));
  for (const one of counted) bySection.get(one.section)?.push(one);
  return {
    score: figure(counted, grave.length ? checklist.critical_cap : null),
    prohibition_score: figure(counted.filter((one) => one.item.prohibition !== null)),
    touchpoint_score: figure(counted.filter((one) => one.item.prohibition === null)),
    sections: Object.fromEntries([...bySection].map(([id, parts]) => [id, figure(parts)])),
    violated: checklist.prohibitions.map((each) => each.id).filter((id) => lost.has(id)),
    grave: grave.map(id),
    counted: counted.map(id),
    failed: failed.map(id),
    met: counted.filter((one) => one.credit === 1000).map(id),
    zeroed: counted.filter((one) => one.credit > 0 && nulled.has(one.item.prohibition)).map(id),
    credits,
    visible: seen.map(id),
    voided,
    missing: lacking,
  };
}

/** How many characters of a text are not blanks, by code points as the server counts them. */
export function visibleCharacters(text: string): number {
  return [...text.replace(BLANKS, "")].length;
}

function id(one: Seen): string {
  return one.item.id;
}

function lookup(credit: Credit | null): Lookup {
  if (credit === null) return { as: "none" };
  if ("ratio" in credit) return { as: "ratio" };
  if ("table" in credit) return { as: "table", of: credit.table };
  if ("sum" in credit) return { as: "sum", of: credit.sum };
  const of = credit.bands.map((each) => ({
    when: each.when,
    bands: each.bands.map(([bound, thousandths]) => ({ bound: millionths(bound), credit: thousandths })),
  }));
  return { as: "bands", of };
}

/** One walk in checklist order: conditions name earlier items alone, so each is decided when it is reached. */
function visible(
  prepared: Prepared,
  facts: Facts,
  answers: Readonly<Record<string, Answer>>,
  photos: Readonly<Record<string, number>>,
): Seen[] {
  const seen: Seen[] = [];
  const shown = new Map<string, unknown>();
  for (const { section, items } of prepared.sections) {
    if (!holds(section.when, facts, shown)) continue;
    for (const { item, lookup } of items) {
      if (!holds(item.when, facts, shown)) continue;
      const answer = answers[item.id] ?? NO_ANSWER;
      const value = answer.value;
      const byFile = item.kind === "photo" || item.kind === "signature";
      const answered = !blank(value) || (byFile && (photos[item.id] ?? 0) > 0);
      const pending = !answered && answer.pending === true && item.later_hours !== null;
      const na = item.na && value === "na";
      const credit = na || !answered ? null : creditOf(lookup, value, facts, shown);
      seen.push({ item, section: section.id, answer, answered, na, pending, credit });
      if (answered) shown.set(item.id, value);
    }
  }
  return seen;
}

/** The credit in thousandths; null: no credit of its own, or not applicable. */
function creditOf(lookup: Lookup, value: unknown, facts: Facts, shown: ReadonlyMap<string, unknown>): number | null {
  switch (lookup.as) {
    case "none":
      return null;
    case "table":
      return worth(lookup.of, String(value)) ?? null;
    case "sum": {
      const sum = (value as string[]).reduce((total, option) => total + (worth(lookup.of, option) ?? 0), 0);
      return Math.min(1000, Math.max(0, sum));
    }
    case "ratio": {
      const { part, whole } = value as { part: number; whole: number };
      return whole ? Number(divided(1000n * BigInt(part), BigInt(whole))) : null;
    }
    case "bands": {
      const number = millionths(value);
      const table = lookup.of.find((each) => holds(each.when, facts, shown));
      if (number === null || table === undefined) return null;
      return table.bands.find(({ bound }) => bound === null || number <= bound)?.credit ?? null;
    }
  }
}

/** What a table gives for an option of its own; no option is called by a name that every object knows. */
function worth(table: Readonly<Record<string, number>>, option: string): number | undefined {
  return Object.prototype.hasOwnProperty.call(table, option) ? table[option] : undefined;
}

/** 100 * sum(points * credit) / sum(points * 1000), held under `cap` points; null when nothing counts. */
function ratio(parts: Counted[], nulled: ReadonlySet<string | null>, cap: number | null): string | null {
  let earned = 0;
  let possible = 0;
  for (const { item, credit } of parts) {
    possible += item.points * 1000;
    if (!nulled.has(item.prohibition)) earned += item.points * credit;
  }
  if (possible === 0) return null;
  const hundredths = divided(10_000n * BigInt(earned), BigInt(possible));
  return twoDecimals(cap !== null && hundredths > BigInt(100 * cap) ? BigInt(100 * cap) : hundredths);
}

function voids({ item, answer, answered }: Seen): boolean {
  if (!answered || item.voids.length === 0) return false;
  const values: unknown[] = Array.isArray(answer.value) ? answer.value : [answer.value];
  return values.some((option) => item.voids.includes(option as string));
}

/** Adds what this item lacks to `found`. */
function missing(one: Seen, photos: Readonly<Record<string, number>>, anyFailed: boolean, found: Missing[]): void {
  const { item, answer, answered, na, credit } = one;
  if (one.pending) return;
  const due = item.required === true || (item.required === "any_failed" && anyFailed);
  const hasPhoto = (photos[item.id] ?? 0) > 0 || !blank(answer.no_photo);
  if ((due || item.asked) && !(answered && (!due || longEnough(one)))) {
    if (item.kind !== "photo") found.push({ item: item.id, what: "answer" });
    else if (!hasPhoto) found.push({ item: item.id, what: "photo" });
  }
  if (na && (item.critical || item.prohibition !== null) && blank(answer.note)) {
    found.push({ item: item.id, what: "note" });
  }
  const { when, below } = item.photo;
  const demanded = !na && (when === "always" || (when === "on_fail" && credit !== null && credit < below));
  if (demanded && !hasPhoto && item.kind !== "photo") found.push({ item: item.id, what: "photo" });
}

function longEnough({ item, answer, na }: Seen): boolean {
  return na || typeof answer.value !== "string" || visibleCharacters(answer.value) >= item.min_chars;
}

function blank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && !NOT_BLANK.test(value));
}
