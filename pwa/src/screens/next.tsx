/** The shortcut of the home screen: on with the visit that was begun last, else to the assignment that is due first. */
import { useEffect } from "preact/hooks";
import { assignments } from "../data/sync";
import { visits } from "../data/visit";
import { go } from "../ui/app";

export function NextScreen() {
  useEffect(() => go(next(), { replace: true }), []);
  return null;
}

function next(): string {
  const mine = [...visits.value.values()];
  const begun = mine.filter(({ state }) => state === "draft").sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1))[0];
  if (begun) return `/visit/${begun.id}`;
  const taken = new Set(mine.filter(({ state }) => state !== "discarded" && state !== "void").map(({ document }) => document.assignment_id));
  const due = [...assignments.value.values()].filter((one) => ["planned", "assigned", "taken"].includes(one.state) && !taken.has(one.id))
    .sort((a, b) => ((a.due_at ?? a.window_to) < (b.due_at ?? b.window_to) ? -1 : 1))[0];
  return due ? `/outlet/${due.outlet_id}?assignment=${due.id}` : "/today";
}
