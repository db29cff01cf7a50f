/** Which language is on screen: what was chosen on this phone, else the browser's, else the profile's. */
import { PhoneProblem } from "../data/problem";
import { recall, remember } from "../ui/kept";
import { language, speak, type Language } from "../ui/text";

const kept = recall("language");
const known = (name: string | null | undefined): Language | null => (name?.startsWith("zh") ? "zh" : name?.startsWith("en") ? "en" : null);

/** At launch, before the first screen. Where the English cannot be had, the Chinese is better than nothing. */
export const firstLanguage = (profile?: string): Promise<void> =>
  setLanguage(known(kept) ?? known(navigator.language) ?? known(profile) ?? "zh").catch((problem: unknown) => console.info("no English:", problem));

/** `chosen` keeps it on this phone. Rejects where English has never been here and cannot be fetched; then the language stays as it was. */
export async function setLanguage(name: string, { chosen = false } = {}): Promise<void> {
  const next = known(name);
  if (!next) return;
  // The many who read Chinese do not have the English on their phones.
  if (next !== language.peek()) speak(next === "en" ? await fetched() : null);
  if (chosen) remember("language", next);
}

/** Whoever asks for English may not read a sentence in Chinese alone. */
const fetched = (): Promise<Record<string, object>> => import("./english").then(
  (part) => part.english,
  (cause: unknown) => { throw new PhoneProblem("no-english", { detail: "英文要联网取一次。English comes once there is a network.", cause }); },
);
