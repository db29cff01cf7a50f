/** Which language is on screen: what was chosen on this phone, else the browser's, else the profile's. */
import { PhoneProblem } from "../data/problem";
import { recall, remember } from "../ui/kept";
import { language, speak, type Language } from "../ui/text";

const known = (name: string | null | undefined): Language | null => (name?.startsWith("zh") ? "zh" : name?.startsWith("en") ? "en" : null);

const own = (profile?: string): Promise<void> => setLanguage(chosenHere ?? known(recall("language")) ?? known(navigator.language) ?? known(profile) ?? "zh");
const missed = (problem: unknown): void => console.info("no English:", problem);

/** At launch, before the first screen. It ends within a second: where the English is not here by then, nobody is to wait for a network
 *  that may be silent, and what is drawn in Chinese changes when it comes. */
export const firstLanguage = (profile?: string): Promise<void> => Promise.race([own(profile).catch(missed), new Promise<void>((go) => setTimeout(go, 1000))]);

/** When the network is back: what was asked for without it may fail only now. */
export const languageAgain = (profile?: string): Promise<void> => own(profile).catch(() => own(profile)).catch(missed);

let wanted: Language;
/** Also where the browser keeps nothing. */
let chosenHere: Language | null = null;

/** `chosen` keeps it on this phone. Rejects where English has never been here and cannot be fetched; then the language stays as it was. */
export async function setLanguage(name: string, { chosen = false } = {}): Promise<void> {
  const next = known(name);
  if (!next) return;
  wanted = next;
  // The many who read Chinese do not have the English on their phones.
  const tables = next === "en" && language.peek() !== next ? await fetched() : null;
  // What was chosen while it was on its way counts.
  if (wanted !== next) return;
  if (language.peek() !== next) speak(tables);
  if (!chosen) return;
  chosenHere = next;
  remember("language", next);
}

/** Whoever asks for English may not read a sentence in Chinese alone. */
const fetched = (): Promise<Record<string, object>> => import("./english").then(
  (part) => part.english,
  (cause: unknown) => { throw new PhoneProblem("no-english", { detail: "现在取不到英文，请联网或更新后再选。English cannot be fetched now: choose it again with a network, or after the update.", cause }); },
);
