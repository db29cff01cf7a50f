/** A checklist of which a recheck asks single items alone. The twin of `restricted` in rechecks.py. */
import type { Condition } from "./conditions";
import { only, type Compiled } from "./score";

/** The checklist with the asked items and those that they need; null asks for all of it. */
export function restricted(checklist: Compiled, items: readonly string[] | null): Compiled {
  return only(checklist, items && needed(checklist, items));
}

/** The asked items and those that decide what they show or are worth: `when` and limits of item and section name them, and theirs
 *  others. Ids that the checklist does not have are passed over. */
export function needed(checklist: Compiled, items: readonly string[]): string[] {
  const kept = new Set<string>();
  const add = (id: string): void => {
    for (const section of checklist.sections) for (const item of section.items) {
      if (item.id !== id || kept.has(id)) continue;
      kept.add(id);
      const { credit } = item;
      for (const each of [section.when, item.when, ...(credit && "bands" in credit ? credit.bands : []).map(({ when }) => when)]) name(each);
    }
  };
  const name = (condition: Condition | null): void => {
    if (!condition) return;
    if ("not" in condition) name(condition.not);
    else if ("item" in condition) add(condition.item);
    else if (!("fact" in condition)) ("all" in condition ? condition.all : condition.any).forEach(name);
  };
  items.forEach(add);
  return [...kept];
}
