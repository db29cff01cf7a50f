/** What both bench pages show: a hall, and a generated checklist of n items in eight sections, like the long lists of the field. */
import type { Checklist, Item, Outlet, Section } from "./data/types";

const SECTIONS = 8;

export const outlet: Outlet = {
  id: "01930000-0000-7000-8000-000000000001", code: "B1", name: "测速营业厅", pinyin: "csyyt", tier: "own_hall", class: "A", setting: "city", status: "active", address: null, phone: null, position: null, area: null,
};

export function generated(n: number): Checklist {
  const size = Math.ceil(n / SECTIONS);
  const sections: Section[] = [];
  for (let from = 0; from < n; from += size) {
    const items = Array.from({ length: Math.min(size, n - from) }, (_, at) => item(from + at));
    sections.push({ id: `S${sections.length}`, title: { zh: `环节 ${sections.length + 1}`, en: `Section ${sections.length + 1}` }, when: null, points: items.length * 100, items });
  }
  return {
    engine: 1, id: `bench-${n}`, version: 1, title: { zh: "测速检查表", en: "Bench" }, visit_kinds: ["area_visit"], tiers: ["own_hall"], prohibition_scoring: "all_or_nothing",
    critical_cap: 60, fail_below: 500, prohibitions: [{ id: "P1", text: { zh: "禁止推诿、拒办、冷待客户", en: "No brushing off" } }], sections,
  };
}

/** The number asked for by `?n=`, 240 where it is not. */
export const asked = (): number => Number(new URLSearchParams(location.search).get("n")) || 240;

/** Under which name the checklist is kept. */
export const listName = (): string => `bench-${asked()}@1`;

function item(at: number): Item {
  const text = `第 ${at + 1} 项：台席整齐，没有私人物品，公示内容在有效期内`;
  return {
    id: `I${at}`, indicator: `I${at}`, text: { zh: text, en: text }, source: "S3 §2.2.3.2", kind: "pass_fail", points: 100, when: null, na: true, required: false, min_chars: 0,
    prohibition: at % 9 === 4 ? "P1" : null, critical: false, later_hours: null, voids: [], options: [], min: null, max: null, unit: null,
    credit: { table: { pass: 1000, fail: 0 } }, photo: { when: "on_fail", below: 500, hint: null }, original: false, max_px: 1600, asked: true,
  };
}

/** Resolves after the paint of what holds now, or from the first frame on: a second frame begins when the one before it is painted. */
export function painted(there: () => boolean = () => true): Promise<void> {
  return new Promise((resolve) => {
    const look = () => requestAnimationFrame(() => { if (there()) requestAnimationFrame(() => resolve()); else look(); });
    look();
  });
}

/** What a bench page offers to the one who measures; items are counted from 0. */
export interface Bench {
  /** Resolves when the first section is on screen. */
  ready(): Promise<void>;
  /** Answers through the page's own code; resolves when it is on disk and shown. */
  answer(i: number, value: "pass" | "fail" | "na"): Promise<void>;
  /** Shrinks and stores a photograph; the milliseconds until it is on disk, and its bytes there. The app's page alone. */
  photograph?(i: number, file: Blob): Promise<[number, number]>;
  /** The element that a finger would tap, null while its section is not shown. */
  target(i: number, value: "pass" | "fail" | "na"): HTMLElement | null;
  total(): number;
  /** Stores the whole visit once more; resolves when it is on disk. */
  save(): Promise<void>;
  /** Closes the visit and empties the screen, as the end of the app would. */
  leave(): Promise<void>;
  /** After `leave`: reads the visit from the disk as after a restart and paints it; gives the number of answers found. */
  restore(): Promise<number>;
  /** Brings the item's section and card on screen. */
  show(i: number): Promise<void>;
}

declare global {
  interface Window { bench: Bench }
}
