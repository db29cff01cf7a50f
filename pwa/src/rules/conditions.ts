/** Conditions (`when`) over the compiled checklist: tells whether one holds. The twin of conditions.py. */

import { millionths } from "./exact";

export type Operator = "is" | "in" | "at_least" | "at_most";

export type Condition =
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { item: string; op: Operator; value: unknown }
  | { fact: string; op: Operator; value: unknown };

/** Facts of a visit: tier, class, setting, kind, part; a missing one is unknown. */
export type Facts = Readonly<Record<string, string | null | undefined>>;

/**
 * Whether a condition holds; null always does. `shown` has the values of visible, answered items alone, so
 * that an unanswered or hidden item satisfies no comparison and `not` of it holds.
 */
export function holds(condition: Condition | null, facts: Facts, shown: ReadonlyMap<string, unknown>): boolean {
  if (condition === null) return true;
  if ("all" in condition) return condition.all.every((inner) => holds(inner, facts, shown));
  if ("any" in condition) return condition.any.some((inner) => holds(inner, facts, shown));
  if ("not" in condition) return !holds(condition.not, facts, shown);
  const value = "item" in condition ? shown.get(condition.item) : facts[condition.fact];
  return value !== undefined && value !== null && compares(value, condition.op, condition.value);
}

function compares(value: unknown, operator: Operator, wanted: unknown): boolean {
  if (operator === "is") return equal(value, wanted);
  if (operator === "in") return (wanted as unknown[]).some((one) => equal(value, one));
  const number = millionths(value);
  const bound = millionths(wanted);
  if (number === null || bound === null) return false;
  return operator === "at_least" ? number >= bound : number <= bound;
}

/** A set of options equals each option that it contains; numbers are equal by value, not by spelling. */
function equal(value: unknown, wanted: unknown): boolean {
  if (Array.isArray(value)) return value.includes(wanted);
  if (value === wanted) return true;
  const number = millionths(value);
  return number !== null && number === millionths(wanted);
}
