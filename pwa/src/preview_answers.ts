/** Sample answers to a checklist: all met, some failed, or by chance; the same seed gives the same answers. */
import type { Answer, Checklist, Facts, Item, Value } from "./data/types";
import { holds } from "./rules/conditions";
import { prepare, score, visibleCharacters, type Band } from "./rules/score";

export type How = "met" | "some" | "random";
/** What stands in text answers and in the notes of failed items. */
export interface Said { text: string; note: string }
export interface Sample {
  answers: Record<string, Answer>;
  /** Items that want a picture: a photo, or a signature. */
  pictures: string[];
}

/** One possible answer with its credit; null where it has none of its own. */
interface Choice { value: Value; credit: number | null }
/** 0 ≤ x < 1 */
type Chance = () => number;

/** Of the items that can fail, one in so many does where some are to fail. */
const EACH = 6;
/** By chance: as often an answer is the best one, and as often an item that allows it does not apply; else any answer is. */
const RIGHT = 3 / 4;
const NOT_APPLICABLE = 1 / 12;

/** Answers to each item that these answers leave visible, none of which voids the visit; nothing that is required stays open. */
export function sample(checklist: Checklist, facts: Facts, how: How, seed: number, said: Said, begins: number): Sample {
  const chance = how === "random" ? chanceFrom(seed) : () => 0.5;
  const shown = new Map<string, unknown>();
  const answers: Record<string, Answer> = {};
  let moment = begins;
  let able = 0;
  for (const section of checklist.sections) {
    if (!holds(section.when, facts, shown)) continue;
    for (const item of section.items) {
      if (!holds(item.when, facts, shown)) continue;
      moment += 5_000 + Math.floor(chance() * 20_000);
      const at = new Date(moment).toISOString();
      if (how === "random" && item.na && chance() < NOT_APPLICABLE) {
        answers[item.id] = { value: "na", note: said.note, at };
        shown.set(item.id, "na");
        continue;
      }
      const all = choices(item, facts, shown, chance, said, at);
      const worst = lowest(all);
      const fails = how === "some" && !item.critical && item.points > 0 && worst !== undefined && worst.credit! < checklist.fail_below && able++ % EACH === 0;
      const one = how === "random" && chance() > RIGHT ? all[Math.floor(chance() * all.length)] : fails ? worst : highest(all);
      if (!one) continue;
      answers[item.id] = { value: one.value, at, ...(item.kind === "timer" && { timer: { laps: [[at, new Date((moment += Number(one.value) * 1000)).toISOString()]], edited: null } }) };
      shown.set(item.id, one.value);
    }
  }
  return complete(checklist, facts, answers, said);
}

/** The notes of failed items, and which items want a picture. */
function complete(checklist: Checklist, facts: Facts, answers: Record<string, Answer>, said: Said): Sample {
  const result = score(prepare(checklist), facts, answers, {});
  for (const id of result.failed) answers[id] = { ...answers[id], note: said.note };
  const shown = new Set(result.visible);
  const drawn = checklist.sections.flatMap((section) => section.items).filter((item) => (item.kind === "photo" || item.kind === "signature") && shown.has(item.id) && answers[item.id]?.value !== "na");
  const wanting = result.missing.filter(({ what }) => what === "photo").map(({ item }) => item);
  return { answers, pictures: [...new Set([...drawn.map((item) => item.id), ...wanting])] };
}

/** A small generator (mulberry32): the same numbers for the same seed on every device. */
export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const highest = (all: Choice[]): Choice | undefined => all.reduce<Choice | undefined>((best, one) => (best === undefined || (one.credit ?? -1) > (best.credit ?? -1) ? one : best), undefined);
const lowest = (all: Choice[]): Choice | undefined => all.reduce<Choice | undefined>((worst, one) => (one.credit !== null && (worst === undefined || one.credit < worst.credit!) ? one : worst), undefined);

/** One answer for each credit that the item can give; none for what is answered by a picture. */
function choices(item: Item, facts: Facts, shown: ReadonlyMap<string, unknown>, chance: Chance, said: Said, at: string): Choice[] {
  const { credit } = item;
  const table = credit && "table" in credit ? credit.table : {};
  const worth = (option: string | number): number | null => table[String(option)] ?? null;
  switch (item.kind) {
    case "pass_fail": return ["pass", "fail"].map((value) => ({ value, credit: worth(value) }));
    case "scale": return steps(Number(item.min ?? 0), Number(item.max ?? 0)).map((value) => ({ value, credit: worth(value) }));
    case "choice": return item.options.filter(({ id }) => !item.voids.includes(id)).map(({ id }) => ({ value: id, credit: worth(id) }));
    case "multi": return several(item, credit && "sum" in credit ? credit.sum : {});
    case "share": return [[4, 1000], [2, 500], [0, 0]].map(([part, thousandths]) => ({ value: { part: part!, whole: 4 }, credit: credit ? thousandths! : null }));
    case "count":
    case "timer":
    case "number": return inBands(item, bandsNow(item, facts, shown), chance);
    case "text": return [{ value: written(said.text, item.min_chars), credit: null }];
    case "instant": return [{ value: at, credit: null }];
    case "photo":
    case "signature": return [];
  }
}

const steps = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, step) => to - step);

/** Everything that counts for the outlet, half of it, and what counts against it. */
function several(item: Item, sum: Readonly<Record<string, number>>): Choice[] {
  const options = item.options.map(({ id }) => id).filter((id) => !item.voids.includes(id));
  const good = options.filter((id) => (sum[id] ?? 0) > 0);
  const bad = options.filter((id) => (sum[id] ?? 0) < 0);
  const credit = (ids: string[]) => (item.credit ? Math.min(1000, Math.max(0, ids.reduce((total, id) => total + (sum[id] ?? 0), 0))) : null);
  return [good, good.slice(0, good.length >> 1), bad].map((ids) => ({ value: [...ids].sort(), credit: credit(ids) }));
}

function bandsNow(item: Item, facts: Facts, shown: ReadonlyMap<string, unknown>): Band[] | null {
  return item.credit && "bands" in item.credit ? item.credit.bands.find(({ when }) => holds(when, facts, shown))?.bands ?? null : null;
}

/** A number inside each band that the item's limits leave open. */
function inBands(item: Item, bands: Band[] | null, chance: Chance): Choice[] {
  const whole = item.kind !== "number";
  const min = item.min === null ? (whole ? 0 : null) : Number(item.min);
  const max = item.max === null ? null : Number(item.max);
  const found: Choice[] = [];
  let before: number | null = null;
  for (const [bound, credit] of bands ?? [[null, null] as const]) {
    const next = before === null ? null : before + 1;
    const low: number = Math.max(...[min, next].filter((one) => one !== null), min === null && next === null ? (bound === null ? 0 : Number(bound)) : -Infinity);
    const open = bound !== null ? Number(bound) : whole ? low + Math.max(2, low >> 1) : low;
    const high = max === null ? open : Math.min(open, max);
    // A band may be narrower than one: its bound belongs to it, the one before does not.
    const value: number = whole ? low + Math.floor(chance() * (high - low + 1)) : high;
    if ((before === null || value > before) && (min === null || value >= min) && (whole ? low <= high : true)) found.push({ value: whole ? value : decimal(value, bound), credit });
    before = bound === null ? before : Number(bound);
  }
  return found;
}

/** A decimal as it is stored: as the bound is written where the value is that bound. */
const decimal = (value: number, bound: number | string | null): string => (bound !== null && Number(bound) === value ? String(bound) : String(value));

/** A text long enough. */
function written(text: string, most: number): string {
  let whole = text;
  while (visibleCharacters(whole) < most) whole += text;
  return whole;
}
