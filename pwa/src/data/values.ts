/** Which values an item takes, before anything is stored; the server judges again. */
import { PhoneProblem } from "./problem";
import type { Item, Value } from "./types";

/** The value as it is stored (multi sorted); rejects with `value-wrong`. */
export function accepted(item: Item, value: Value): Value {
  const right = value === "na" && item.kind !== "text" ? item.na : fits(item, value);
  if (!right) throw new PhoneProblem("value-wrong", { detail: item.id });
  return Array.isArray(value) ? [...new Set(value)].sort() : value;
}

function fits(item: Item, value: Value): boolean {
  switch (item.kind) {
    case "pass_fail": return value === "pass" || value === "fail";
    case "scale":
    case "count":
    case "timer": return Number.isSafeInteger(value) && within(item, Number(value)) && Number(value) >= (item.kind === "scale" ? -Infinity : 0);
    case "number": return typeof value === "string" && /^-?\d{1,12}(\.\d{1,6})?$/.test(value) && within(item, Number(value));
    case "choice": return item.options.some(({ id }) => id === value);
    case "multi": return Array.isArray(value) && value.every((one) => item.options.some(({ id }) => id === one));
    case "share": return isShare(value);
    case "instant": return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "text":
    case "photo":
    case "signature": return typeof value === "string" && value.length <= 4000;
  }
}

function within({ min, max }: Item, number: number): boolean {
  return (min === null || number >= Number(min)) && (max === null || number <= Number(max));
}

function isShare(value: Value): boolean {
  if (typeof value !== "object" || Array.isArray(value)) return false;
  const { part, whole } = value;
  return Number.isSafeInteger(part) && Number.isSafeInteger(whole) && part >= 0 && part <= whole;
}
