/** The outlet's weak items that this visit touches, before it is submitted, each with what was found; only for who may see them. */
import { useComputed } from "@preact/signals";
import { outlets } from "../data/sync";
import { weakTouched } from "../data/weak";
import { answerWords } from "./conflict_choice";
import { Jump } from "./finish";
import { recordWords } from "./record_words";
import { isAnswered, type Sheet } from "./sheet";

export function Weak({ sheet }: { sheet: Sheet }) {
  const { visit } = sheet;
  const ids = useComputed(() => weakTouched(outlets.value.get(visit.record.value.document.outlet_id), visit.checklist, sheet.visible.value)).value;
  if (!ids.length) return null;
  return (
    <section class="block" data-testid="weak">
      <h2>{recordWords.value.weak(ids.length)}</h2>
      <ul class="jumps">
        {ids.map((id) => {
          const answer = sheet.answerOf(id).value;
          return <Jump key={id} sheet={sheet} id={id} why={answerWords(visit.items.get(id), answer)} tone={sheet.failed.value.has(id) ? "fail" : isAnswered(answer) ? "na" : "warn"} />;
        })}
      </ul>
    </section>
  );
}
