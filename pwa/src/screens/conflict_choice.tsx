/** Two versions of one visit, here and on the server: shows where they differ; the person chooses for each item or for the whole, and both are kept. */
import { useSignal } from "@preact/signals";
import { different, mixed } from "../data/mixing";
import type { Answer, Conflict, Item, VisitDocument } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { complain, Dialog, say } from "../ui/app";
import { Choices } from "../ui/controls";
import { clock, length } from "../ui/moments";
import { read, words } from "../ui/text";
import { recordWords } from "./record_words";

export function ConflictChoice({ visit, conflict, onClose }: { visit: OpenVisit; conflict: Conflict; onClose: () => void }) {
  const w = words.value, r = recordWords.value;
  const mine = visit.record.value.document;
  const ids = different(mine, conflict.document);
  /** The items that are taken from the server; nothing is picked as long as nobody said so. */
  const picks = useSignal<Readonly<Record<string, string>>>({});
  const choose = (side: "mine" | "theirs", mix?: Parameters<OpenVisit["choose"]>[1]) => visit.choose(side, mix).then(() => { onClose(); say(r.chosen); }, complain);
  const some = () => choose("mine", (here, there) => mixed(here, there, new Set(ids.filter((id) => picks.value[id] === "theirs"))));
  const said = ({ answers, files }: VisitDocument, id: string) => {
    const photos = files.filter(({ item }) => item === id).length;
    return [answerWords(visit.items.get(id), answers[id]), answers[id]?.note, photos > 0 && `${w.photos} ${photos}`].filter(Boolean).join(" · ");
  };
  return (
    <Dialog title={w.conflictTitle} name="conflict" onClose={onClose}>
      <p>{w.conflictLead}</p>
      <p class="small-title">{r.differ(ids.length)}</p>
      <ul class="differ">
        {ids.map((id) => (
          <li key={id} data-testid={`differ-${id}`}>
            <b id={`differ-${id}`}>{read(visit.items.get(id)?.text)}</b>
            <Choices labelledBy={`differ-${id}`} layout="rows" value={picks.value[id] ?? null} onPick={async (side) => { picks.value = { ...picks.value, [id]: side }; }}
              options={[{ id: "mine", label: r.here(said(mine, id)) }, { id: "theirs", label: r.there(said(conflict.document, id)) }]} />
          </li>
        ))}
      </ul>
      <div class="buttons column">
        {ids.length > 0 && ids.every((id) => picks.value[id]) && <button type="button" class="primary" data-testid="conflict-some" onClick={() => void some()}>{r.some}</button>}
        <button type="button" class="outline" data-testid="conflict-mine" onClick={() => void choose("mine")}>{r.mine}</button>
        <button type="button" class="outline" data-testid="conflict-theirs" onClick={() => void choose("theirs")}>{r.theirs}</button>
        <button type="button" class="quiet" onClick={onClose}>{r.later}</button>
      </div>
    </Dialog>
  );
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
    case "multi": return Array.isArray(value) ? (value.length ? value.map(option).join(recordWords.value.and) : w.none) : "";
    case "timer": return length(Number(value));
    case "instant": return clock(String(value), true);
    case "share": return typeof value === "object" && !Array.isArray(value) ? `${value.part} / ${value.whole}` : "";
    default: return `${String(value)}${unit}`;
  }
}
