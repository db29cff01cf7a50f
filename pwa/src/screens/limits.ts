/** Bands in words: which limits hold for an item after the answers so far, and what a credit is called. */
import type { Item } from "../data/types";
import { holds } from "../rules/conditions";
import { words } from "../ui/text";
import type { Sheet } from "./sheet";

export type Band = [number | string | null, number];

/** The first case whose condition holds, or null while none does (an earlier answer decides it). */
export function bandsNow(sheet: Sheet, item: Item): Band[] | null {
  if (!item.credit || !("bands" in item.credit)) return null;
  const shown = { get: (id: string) => (sheet.visible.value.has(id) ? sheet.answerOf(id).value?.value : undefined) } as ReadonlyMap<string, unknown>;
  const facts = sheet.visit.record.value.facts;
  return item.credit.bands.find((one) => holds(one.when, facts, shown))?.bands ?? null;
}

export function creditWords(thousandths: number): string {
  const w = words.value;
  if (thousandths === 1000) return w.full;
  if (thousandths === 500) return w.half;
  if (thousandths === 0) return w.nothing;
  return w.share(String(thousandths / 10));
}

/** The values between two bounds: whole numbers as "0" or "2–5", decimals as "≤ 2.5". */
export function rangeOf(item: Item, after: number | string | null, limit: number | string): string {
  if (item.kind !== "count") return `≤ ${limit}`;
  const from = after === null ? Number(item.min ?? 0) : Number(after) + 1;
  return from === Number(limit) ? String(limit) : `${from}–${limit}`;
}
