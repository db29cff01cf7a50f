/** The outlet's weak items that a visit asks about. */
import type { Checklist, Outlet } from "./types";

/** Ids in the checklist's order. A weak item is known by its id or, from another checklist, by its indicator; whoever may not see weak
 *  items has none on the phone. */
export function weakTouched(outlet: Outlet | undefined, { sections }: Checklist, visible: ReadonlySet<string>): string[] {
  const weak = new Set(outlet?.weak?.map(({ item }) => item));
  return sections.flatMap(({ items }) => items.filter(({ id, indicator }) => visible.has(id) && (weak.has(id) || weak.has(indicator))).map(({ id }) => id));
}
