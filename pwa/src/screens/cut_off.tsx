/** Pictures that were picked and are not there: which failed and why, and how many a kill may have cut off. */
import { cutOff, nameOf, type Spot } from "../data/awaited";
import { readCutOff, type Failed } from "../data/picked";
import { complain, say } from "../ui/app";
import { Icon } from "../ui/icons";
import { sentence, words } from "../ui/text";
import { own } from "./shot_words";

const MOST_NAMES = 3;

/** Says how many of all were not stored, and which for what reason; nothing where all were. Pictures without a name are counted. */
export function tellFailed(all: number, failed: readonly Failed<{ name: string } | null>[]): void {
  if (!failed.length) return;
  if (all === 1) return complain(failed[0]!.why);
  const whys = new Map<string, Set<string>>();
  for (const { file, why } of failed) whys.set(sentence(why), (whys.get(sentence(why)) ?? new Set()).add(file?.name ?? ""));
  const told = [...whys].map(([why, [...names]]) => (names[0] ? words.value.reasonOf(own.value.names(names.slice(0, MOST_NAMES)) + (names.length > MOST_NAMES ? "…" : ""), why) : why));
  say([own.value.notStored(failed.length, all), ...told].join(" "), { bad: true });
}

/** At the place of pictures that were being stored when the page was killed, until it was read. */
export function CutOff({ spot }: { spot: Spot }) {
  const left = cutOff.value.get(nameOf(spot));
  return left ? <p class="notice bad" role="alert" data-testid="cut-off"><Icon name="warn" /><span>{own.value.cutOff(left)}</span><button type="button" class="icon-button" aria-label={words.value.close} onClick={() => void readCutOff(spot)}><Icon name="cross" /></button></p> : null;
}
