/** Two versions of one visit: which items differ, and one made of both, item by item. */
import type { VisitDocument } from "./types";

/** The items that were answered otherwise, or have other photos. */
export function different(mine: VisitDocument, theirs: VisitDocument): string[] {
  const of = ({ answers, files }: VisitDocument, id: string): string => {
    const { value, note, pending, no_photo } = answers[id] ?? {};
    return JSON.stringify([value, note, pending, no_photo, files.filter(({ item }) => item === id).map(({ sha256, caption }) => [sha256, caption ?? ""])]);
  };
  const named = [mine, theirs].flatMap(({ answers, files }) => [...Object.keys(answers), ...files.flatMap(({ item }) => item ?? [])]);
  return [...new Set(named)].filter((id) => of(mine, id) !== of(theirs, id));
}

/** Mine, but these items with answer and photos as they are there. */
export function mixed(mine: VisitDocument, theirs: VisitDocument, items: ReadonlySet<string>): VisitDocument {
  const taken = (id: string | null): boolean => id !== null && items.has(id);
  const those = (answers: VisitDocument["answers"], wanted: boolean) => Object.entries(answers).filter(([id]) => taken(id) === wanted);
  return {
    ...mine,
    answers: Object.fromEntries([...those(mine.answers, false), ...those(theirs.answers, true)]),
    files: [...mine.files.filter(({ item }) => !taken(item)), ...theirs.files.filter(({ item }) => taken(item))],
  };
}
