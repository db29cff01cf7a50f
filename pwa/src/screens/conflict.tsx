/** Two versions of one visit, here and on the server: shows where they differ; the person chooses, nothing is merged or lost. */
import { useComputed, useSignal } from "@preact/signals";
import type { Answer, Checklist, Item, VisitDocument } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { complain, Dialog, say } from "../ui/app";
import { Icon } from "../ui/icons";
import { clock, length } from "../ui/moments";
import { read, words } from "../ui/text";

export function ConflictNote({ visit }: { visit: OpenVisit }) {
  const w = words.value;
  const conflict = useComputed(() => visit.record.value.conflict).value;
  const elsewhere = visit.elsewhere.value;
  const open = useSignal(false);
  if (!conflict) {
    if (!elsewhere) return null;
    return <p class="notice bad" role="alert"><Icon name="warn" /><span>{w.problems["visit-elsewhere"]}</span><button type="button" class="outline" onClick={() => void visit.takeOver().catch((problem: unknown) => complain(problem))}>{w.goOn}</button></p>;
  }
  const mine = visit.record.value.document;
  const ids = different(mine, conflict.document);
  const choose = (side: "mine" | "theirs") => visit.choose(side).then(() => { open.value = false; say(w.conflictKept); }, (problem: unknown) => complain(problem));
  return (
    <>
      <div class="notice bad" role="alert"><Icon name="warn" /><span>{w.conflictTitle}</span><button type="button" class="outline" data-testid="conflict-open" onClick={() => (open.value = true)}>{w.chooseVersion}</button></div>
      {open.value && (
        <Dialog title={w.conflictTitle} name="conflict" onClose={() => (open.value = false)}>
          <p>{w.conflictLead}</p>
          <p class="small-title">{w.conflictDiffer(ids.length)}</p>
          <ul class="differ">
            {ids.map((id) => (
              <li key={id}>
                <b>{read(visit.items.get(id)?.text)}</b>
                <span><i>{w.mine}</i> {answerWords(visit.checklist, visit.items.get(id), mine.answers[id])}</span>
                <span><i>{w.theirs}</i> {answerWords(visit.checklist, visit.items.get(id), conflict.document.answers[id])}</span>
              </li>
            ))}
          </ul>
          <div class="buttons column">
            <button type="button" class="primary" data-testid="conflict-mine" onClick={() => void choose("mine")}>{w.conflictMine}</button>
            <button type="button" class="outline" data-testid="conflict-theirs" onClick={() => void choose("theirs")}>{w.conflictTheirs}</button>
            <button type="button" class="quiet" onClick={() => (open.value = false)}>{w.conflictLater}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function different(a: VisitDocument, b: VisitDocument): string[] {
  const same = (id: string) => JSON.stringify([a.answers[id]?.value, a.answers[id]?.note, a.answers[id]?.pending]) === JSON.stringify([b.answers[id]?.value, b.answers[id]?.note, b.answers[id]?.pending]);
  return [...new Set([...Object.keys(a.answers), ...Object.keys(b.answers)])].filter((id) => !same(id));
}

/** An answer as a person reads it. */
export function answerWords(checklist: Checklist, item: Item | undefined, answer: Answer | undefined): string {
  const w = words.value;
  const value = answer?.value;
  if (answer?.pending) return w.laterOn;
  if (value === undefined || value === "") return w.noAnswer;
  if (value === "na") return w.na;
  if (!item) return String(checklist.version && value);
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
