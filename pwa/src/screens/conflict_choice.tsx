/** Two versions of one visit, here and on the server: shows where they differ; the person chooses, nothing is merged or lost. */
import type { Answer, Conflict, Item, VisitDocument } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { complain, Dialog, say } from "../ui/app";
import { clock, length } from "../ui/moments";
import { read, words } from "../ui/text";

export function ConflictChoice({ visit, conflict, onClose }: { visit: OpenVisit; conflict: Conflict; onClose: () => void }) {
  const w = words.value;
  const mine = visit.record.value.document;
  const ids = different(mine, conflict.document);
  const choose = (side: "mine" | "theirs") => visit.choose(side).then(() => { onClose(); say(w.conflictKept); }, complain);
  return (
    <Dialog title={w.conflictTitle} name="conflict" onClose={onClose}>
      <p>{w.conflictLead}</p>
      <p class="small-title">{w.conflictDiffer(ids.length)}</p>
      <ul class="differ">
        {ids.map((id) => (
          <li key={id}>
            <b>{read(visit.items.get(id)?.text)}</b>
            <span><i>{w.mine}</i> {answerWords(visit.items.get(id), mine.answers[id])}</span>
            <span><i>{w.theirs}</i> {answerWords(visit.items.get(id), conflict.document.answers[id])}</span>
          </li>
        ))}
      </ul>
      <div class="buttons column">
        <button type="button" class="primary" data-testid="conflict-mine" onClick={() => void choose("mine")}>{w.conflictMine}</button>
        <button type="button" class="outline" data-testid="conflict-theirs" onClick={() => void choose("theirs")}>{w.conflictTheirs}</button>
        <button type="button" class="quiet" onClick={onClose}>{w.conflictLater}</button>
      </div>
    </Dialog>
  );
}

function different(a: VisitDocument, b: VisitDocument): string[] {
  const same = (id: string) => JSON.stringify([a.answers[id]?.value, a.answers[id]?.note, a.answers[id]?.pending]) === JSON.stringify([b.answers[id]?.value, b.answers[id]?.note, b.answers[id]?.pending]);
  return [...new Set([...Object.keys(a.answers), ...Object.keys(b.answers)])].filter((id) => !same(id));
}

/** An answer as a person reads it. */
export function answerWords(item: Item | undefined, answer: Answer | undefined): string {
  const w = words.value;
  const value = answer?.value;
  if (answer?.pending) return w.laterOn;
  if (value === undefined || value === "") return w.noAnswer;
  if (value === "na") return w.na;
  if (!item) return w.other;
  const unit = item.unit ? ` ${read(item.unit)}` : "";
  const option = (id: string) => read(item.options.find((one) => one.id === id)?.text) || w.other;
  switch (item.kind) {
    case "pass_fail": return value === "pass" ? w.pass : w.fail;
    case "choice": return option(String(value));
    case "multi": return Array.isArray(value) ? (value.length ? value.map(option).join("、") : w.none) : "";
    case "timer": return length(Number(value));
    case "instant": return clock(String(value), true);
    case "share": return typeof value === "object" && !Array.isArray(value) ? `${value.part} / ${value.whole}` : "";
    default: return `${String(value)}${unit}`;
  }
}
