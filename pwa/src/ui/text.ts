/** The words on screen: zh is the source text, en has the same keys by type and comes in a part of its own (screens/language.ts). */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { zh } from "./text_zh";

export type Words = typeof zh;
export type Language = "zh" | "en";
/** A text in both languages, as checklists carry it. */
export interface Both { zh: string; en: string }

/** The English tables by their names, while English is read. */
const english = signal<Record<string, object> | null>(null);

/** The language on screen. */
export const language: ReadonlySignal<Language> = computed(() => (english.value ? "en" : "zh"));

/** A table of texts in the language on screen; `name`: what its English is called in screens/english.ts. */
export const texts = <T extends object>(chinese: T, name: string): ReadonlySignal<T> => computed(() => (english.value ? (english.value[name] as T) : chinese));

/** The words that most screens share. */
export const words = texts(zh, "words");

/** Sets the language on screen: English by its tables, Chinese by none. */
export function speak(tables: Record<string, object> | null): void {
  english.value = tables;
}

/** The one of both that is read; the Chinese one where a translation is empty. */
export const read = (both: Both | null | undefined): string => (both ? both[language.value] || both.zh : "");

/** Clauses of the standards, "S3 §2.1; S4": each document by its short name. */
export const sourceOf = (clauses: string): string => clauses.replace(/S\d/g, (name) => words.value.sources[name] ?? name);

/** The head of a long text, without what stands in brackets or after a comma: names an item in a list. */
export const brief = (both: Both): string => read(both).split(/[（(，,；;：:]/)[0]!.trim();

/** A failure as one sentence: our own words for known codes, else what the server said, else a plain way on. */
export function sentence(problem: unknown): string {
  const { code = "", detail = "" } = (problem ?? {}) as { code?: string; detail?: string };
  const w = words.value;
  return w.problems[code] ?? (detail || w.problemOther);
}
