/** A submitted visit to read: how far it has come to the server, the receipt, all that was sent, and the cards of what may still be proved. */
import { useComputed, useSignal } from "@preact/signals";
import { network } from "../data/api";
import { progress, withSignatures } from "../data/document";
import { entries } from "../data/outbox";
import type { Receipt } from "../data/types";
import { complain, go, say, Screen } from "../ui/app";
import { Icon } from "../ui/icons";
import { limit, nearInstant } from "../ui/moments";
import { read, words } from "../ui/text";
import { ConflictNote } from "./conflict";
import { answerWords } from "./conflict_choice";
import { handOut } from "./hand_out";
import { ItemCard } from "./item";
import { Kept } from "./kept";
import { Sent } from "./sent";
import { useSheet, type Sheet } from "./sheet";
import { Shots } from "./shots";
import { connected, Truth } from "./truth";
import { maySeeScore, Opening } from "./visit";

export function RecordScreen({ id }: { id: string }) {
  const sheet = useSheet(id);
  return sheet ? <Record sheet={sheet} /> : <Opening />;
}

function Record({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const { visit } = sheet;
  const record = visit.record.value;
  const { kind } = record.document;
  const waits = visit.provable.value;
  const busy = useSignal(false);
  const submit = async () => {
    busy.value = true;
    try {
      await visit.submit();
      say(network.value === "online" && connected.value ? w.submittedOnline : w.submittedOffline);
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };
  return (
    <Screen name="record" title={record.outlet.name} kind={w.readTitle} up="/today" aside={<span class="tag">{w.states[record.state]}</span>}
      foot={visit.proved.value && !visit.elsewhere.value && <button type="button" class="primary next wide" data-testid="submit-proof" disabled={busy.value} onClick={() => void submit()}>{busy.value ? w.submitting : w.submitProof}</button>}>
      <Truth />
      <ConflictNote visit={visit} />
      <section class="block"><Ladder sheet={sheet} />{record.known.receipt?.signature && <SaveReceipt receipt={record.known.receipt} />}</section>
      {record.returned && <section class="block"><h2>{w.returned}</h2><ul class="said">{record.returned.reasons.map((one, at) => <li key={at}>{one.text}</li>)}</ul></section>}
      {waits.size > 0 && (
        <section data-testid="proof" aria-labelledby="proof-title">
          <h2 class="over" id="proof-title">{w.proof} · {w.until(limit([...waits.values()].sort()[0]!, Date.now()))}</h2>
          <div class="cards">{[...waits.keys()].map((id) => <ItemCard key={id} sheet={sheet} id={id} />)}</div>
        </section>
      )}
      {!visit.editable.value && <p class="under pad">{waits.size > 0 ? w.proofLead : w.cannotChange}</p>}
      {maySeeScore(kind) && <section class="block score-block"><h2>{w.score}</h2><p class="big-score">{visit.score.value.score ?? w.scoreNone}</p></section>}
      {sheet.sections.value.map(({ section }) => (
        <section class="block" key={section.id}>
          <h2>{read(section.title)}</h2>
          <dl class="answers">{sheet.itemsOf(section.id).value.filter((id) => !waits.has(id)).map((id) => <AnswerLine key={id} sheet={sheet} id={id} />)}</dl>
        </section>
      ))}
      <Sent sheet={sheet} />
      <Kept sheet={sheet} />
      {visit.editable.value && <button type="button" class="primary wide" onClick={() => go(`/visit/${visit.id}`, { replace: true })}>{w.resumeVisit}</button>}
    </Screen>
  );
}

/** The signed receipt as a file, which anybody can check with the public key, without this server. */
function SaveReceipt({ receipt }: { receipt: Receipt }) {
  const save = () => handOut(`receipt-${receipt.number}.json`, new Blob([JSON.stringify(receipt)], { type: "application/json" })).catch(complain);
  return <div class="buttons left"><button type="button" class="outline" data-testid="save-receipt" onClick={() => void save()}>{read({ zh: "保存回执文件", en: "Save the receipt" })}</button></div>;
}

function AnswerLine({ sheet, id }: { sheet: Sheet; id: string }) {
  const answer = sheet.answerOf(id).value;
  const photos = sheet.photosOf(id).value;
  const failed = sheet.failed.value.has(id);
  const w = words.value;
  return (
    <div class={failed ? "failed" : ""}>
      <dt>{read(sheet.visit.items.get(id)!.text)}</dt>
      <dd><b class={typeof answer?.value === "string" && answer.value.length > 24 ? "long" : ""}>{failed && <Icon name="cross" />}{answerWords(sheet.visit.items.get(id), answer)}</b>{answer?.note && <span>{answer.note}</span>}{answer?.no_photo && <span>{w.noPhotoSet(w.noPhotos[answer.no_photo] ?? answer.no_photo)}</span>}</dd>
      {photos.length > 0 && <dd><Shots photos={photos} /></dd>}
    </div>
  );
}

/** On this phone → text received → photos n of m → all received, with the receipt's number → reviewed. */
export function Ladder({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const record = sheet.visit.record.value;
  const { known } = record;
  const queued = record.state === "queued";
  const entry = useComputed(() => entries.value.find((one) => one.visit === sheet.visit.id)).value;
  const { done, all } = progress(record).photos;
  const text = !queued && known.state !== null && known.state !== "draft" && known.state !== "returned";
  const whole = !queued && known.receipt !== null;
  const judged = whole && ["accepted", "published", "final", "void"].includes(known.state ?? "");
  const step = (label: string, done: boolean, name?: string) => <li class={done ? "done" : ""} data-testid={name}><span class="rung" aria-hidden="true">{done && <Icon name="check" />}</span><span>{label}{done && <span class="sr"> ✓</span>}</span></li>;
  return (
    <ol class="ladder" data-testid="ladder">
      {step(w.ladder[0]!, true)}
      {step(w.ladder[1]!, text)}
      {all > 0 && step(`${w.photosOf(done, all, withSignatures(record))}${entry?.state === "sending" ? " …" : ""}`, done === all && text)}
      {step(whole ? `${w.ladder[3]} · ${w.receipt(known.receipt!.number)} · ${nearInstant(known.receipt!.at, Date.now())}` : w.ladder[3]!, whole, "rung-whole")}
      {step(judged ? w.states[known.state!]! : w.ladder[4]!, judged, "rung-reviewed")}
    </ol>
  );
}
