/** The words on screen: zh is the source text, en has the same keys by type; which one is the user's choice or the browser's. */
import { batch, signal, type ReadonlySignal } from "@preact/signals";
import { recall, remember } from "./kept";
import { zh } from "./text_zh";

export type Words = typeof zh;
export type Language = "zh" | "en";
/** A text in both languages, as checklists carry it. */
export interface Both { zh: string; en: string }

const kept = recall("language");
const known = (name: string | null | undefined): Language | null => (name?.startsWith("zh") ? "zh" : name?.startsWith("en") ? "en" : null);

/** The language on screen; it changes when its words are here. */
export const language = signal<Language>("zh");

const present = signal<Words>(zh);
/** The words of the present language. */
export const words: ReadonlySignal<Words> = present;

/** At launch, before the first screen: the language that was chosen on this phone, else the browser's, else the profile's. */
export const firstLanguage = (profile?: string): Promise<void> => setLanguage(known(kept) ?? known(navigator.language) ?? known(profile) ?? "zh");

/** The one of both that is read; the Chinese one where a translation is empty. */
export const read = (both: Both | null | undefined): string => (both ? both[language.value] || both.zh : "");

/** Clauses of the standards, "S3 §2.1; S4": each document by its short name. */
export const sourceOf = (clauses: string): string => clauses.replace(/S\d/g, (name) => words.value.sources[name] ?? name);

/** The head of a long text, without what stands in brackets or after a comma: names an item in a list. */
export const brief = (both: Both): string => read(both).split(/[（(，,；;：:]/)[0]!.trim();

/** Set the language; `chosen` keeps it on this phone. */
export async function setLanguage(name: string, { chosen = false } = {}): Promise<void> {
  const next = known(name);
  if (!next) return;
  // English comes later, so that the phones of the many who read Chinese do not start with it.
  const there = next === "en" ? (await import("./text_en")).en : zh;
  batch(() => {
    present.value = there;
    language.value = next;
  });
  if (chosen) remember("language", next);
}

/** A failure as one sentence: our own words for known codes, else what the server said, else a plain way on. */
export function sentence(problem: unknown): string {
  const { code = "", detail = "" } = (problem ?? {}) as { code?: string; detail?: string };
  const w = words.value;
  return w.problems[code] ?? (detail || w.problemOther);
}
