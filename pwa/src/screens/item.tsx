/** One item as a large card: the question, its control, and, where it is due, note, photos and what is still missing. */
import { useSignal } from "@preact/signals";
import { useCallback } from "preact/hooks";
import { cutOff, nameOf } from "../data/awaited";
import type { Answer, Item, Share, Value } from "../data/types";
import { fromCanvas } from "../device/camera";
import { once } from "../device/position";
import { visibleCharacters } from "../rules/score";
import { Dialog } from "../ui/app";
import { Checks, Choices, NumberField, ShareField, Stepper, TextField, Toggle, type Option } from "../ui/controls";
import { Icon } from "../ui/icons";
import { Ink } from "../ui/ink";
import { clock } from "../ui/moments";
import { read, sentence, sourceOf, words } from "../ui/text";
import { Photos } from "./photos";
import type { Sheet } from "./sheet";
import { EditTimer, Limits, TimerControl } from "./timer";

type Attempt = (work: Promise<void>) => Promise<void>;
interface Part {
  sheet: Sheet;
  item: Item;
  answer: Answer | undefined;
  disabled: boolean;
  labelledBy: string;
  attempt: Attempt;
}

export function ItemCard({ sheet, id }: { sheet: Sheet; id: string }) {
  const w = words.value;
  const item = sheet.visit.items.get(id)!;
  const { answer, failed, wants, photos, editable, proof, returned } = sheet.cardOf(id).value;
  const disabled = !editable && !proof;
  const more = useSignal(cutOff.peek().has(nameOf({ visit: sheet.visit.id, item: id })));
  const editing = useSignal(false);
  const problem = useSignal<string | null>(null);
  const label = `question-${id}`;
  const attempt = useCallback<Attempt>((work) => {
    problem.value = null;
    return work.catch((failure: unknown) => { problem.value = sentence(failure); });
  }, [id]);

  const part: Part = { sheet, item, answer, disabled, labelledBy: label, attempt };
  const photoWanted = wants.includes("photo");
  const noteWanted = wants.includes("note");
  const mayPhoto = item.photo.when !== "never" || item.kind === "photo";
  const showPhotos = mayPhoto && (item.kind === "photo" || item.photo.when === "always" || photoWanted || failed || photos || Boolean(answer?.no_photo) || more.value || proof);
  const showNote = item.kind !== "text" && (failed || proof || noteWanted || Boolean(answer?.note) || more.value);
  const prohibition = item.prohibition ? sheet.visit.checklist.prohibitions.find((one) => one.id === item.prohibition) : undefined;

  return (
    <section class={`item${failed ? " failed" : ""}`} id={`item-${id}`} data-testid={`item-${id}`} aria-labelledby={label}>
      <div class="head">
        <div class="words">
          {(prohibition || item.critical) && <p class="tagline">{item.critical && <strong class="critical">{w.critical}</strong>}{prohibition && <span>{w.prohibition} · {read(prohibition.text)}</span>}</p>}
          <h3 id={label} tabIndex={-1}>{read(item.text)}</h3>
          <p class="source">{[item.points > 0 ? w.points(pointsOf(item.points)) : item.asked || item.required ? w.recordOnly : w.optional, sourceOf(item.source)].filter(Boolean).join(" · ")}</p>
        </div>
        {!disabled && <button type="button" class="icon-button" aria-label={w.itemMore} aria-expanded={more.value} onClick={() => (more.value = !more.value)}><Icon name="more" /></button>}
      </div>
      {returned && <p class="returned"><Icon name="warn" />{w.returnedFor(returned)}</p>}
      {control(part)}
      {answer?.value !== undefined && item.voids.some((one) => one === answer.value) && <p class="under warn-line"><Icon name="warn" />{w.voids}</p>}
      {problem.value && <p class="under wrong" role="alert"><Icon name="warn" />{problem.value}</p>}
      {(showNote || showPhotos) && (
        <div class="extra">
          {showNote && <TextField label={noteWanted ? w.naNeedsNote : w.note} wanted={noteWanted} placeholder={w.noteHint} value={answer?.note ?? ""} disabled={disabled} onSet={(text) => sheet.visit.note(id, text)} testId={`note-${id}`} />}
          {showPhotos && <Photos sheet={sheet} item={item} wanted={photoWanted} disabled={disabled} />}
        </div>
      )}
      {editable && item.later_hours !== null && (answer?.pending || answer?.value === undefined) && (
        <Toggle label={answer?.pending ? w.laterOn : w.later(item.later_hours)} hint={w.laterHint} on={answer?.pending === true} disabled={disabled} onChange={(on) => void attempt(on ? sheet.visit.pending(id) : sheet.visit.clear(id))} />
      )}
      {more.value && !disabled && (
        <div class="buttons left">
          {item.kind === "timer" && <button type="button" class="outline" onClick={() => (editing.value = true)}>{w.editTimer}</button>}
          {answer?.value !== undefined && <button type="button" class="outline" onClick={() => void attempt(item.kind === "timer" ? sheet.visit.resetTimer(id) : sheet.visit.clear(id))}>{w.clearAnswer}</button>}
          {item.kind === "timer" && item.na && <button type="button" class="outline" onClick={() => void attempt(sheet.visit.na(id))}>{w.na}</button>}
        </div>
      )}
      {editing.value && <EditTimer sheet={sheet} item={item} onClose={() => (editing.value = false)} />}
    </section>
  );
}

/** The control of an item by its kind; "not applicable" stands beside it wherever the item allows it. A component of its own
 *  for each card would only cost time: it has no state. */
function control(part: Part) {
  const w = words.value;
  const { sheet, item, answer, disabled, labelledBy, attempt } = part;
  const { visit } = sheet;
  const na: Option[] = item.na ? [{ id: "na", label: w.na, tone: "na", icon: "minus" }] : [];
  const set = (value: Value) => attempt(visit.answer(item.id, value));
  const pick = (id: string) => (id === "na" && item.na ? attempt(visit.na(item.id)) : set(id));
  const chosen = typeof answer?.value === "string" ? answer.value : null;
  const numberNow = () => {
    const value = sheet.answerOf(item.id).value?.value;
    return value === undefined || value === "na" ? null : Number(value);
  };
  const named = { labelledBy, disabled };

  switch (item.kind) {
    case "pass_fail":
      return <Choices {...named} layout="seg" value={chosen} onPick={pick} options={[{ id: "pass", label: w.pass, tone: "pass" }, { id: "fail", label: w.fail, tone: "fail", icon: "cross" }, ...na]} />;
    case "scale": {
      const from = Number(item.min ?? 0);
      const steps = Array.from({ length: Number(item.max ?? 0) - from + 1 }, (_, at) => ({ id: String(from + at), label: String(from + at) }));
      const value = typeof answer?.value === "number" ? String(answer.value) : chosen;
      return <Choices {...named} layout="scale" value={value} options={[...steps, ...na]} onPick={(id) => (id === "na" ? pick(id) : set(Number(id)))} />;
    }
    case "choice": {
      const options = [...item.options.map((option) => ({ id: option.id, label: read(option.text) })), ...na];
      return <Choices {...named} layout={options.every((option) => option.label.length <= 12) ? "row" : "rows"} value={chosen} options={options} onPick={pick} />;
    }
    case "multi":
      return <><Checks {...named} none={w.none} value={Array.isArray(answer?.value) ? answer.value : null} options={item.options.map((option) => ({ id: option.id, label: read(option.text) }))} onPick={set} /><NotApplicable {...part} /></>;
    case "count":
      return <><Stepper {...named} value={typeof answer?.value === "number" ? answer.value : null} min={Number(item.min ?? 0)} max={item.max === null ? null : Number(item.max)} unit={read(item.unit)} onSet={set} /><Limits sheet={sheet} item={item} value={numberNow} /><NotApplicable {...part} /></>;
    case "number":
      return <><NumberField {...named} value={chosen !== null && chosen !== "na" ? chosen : ""} min={item.min === null ? null : String(item.min)} max={item.max === null ? null : String(item.max)} unit={read(item.unit)} onSet={set} /><Limits sheet={sheet} item={item} value={numberNow} /><NotApplicable {...part} /></>;
    case "share":
      return <><ShareField {...named} value={isShare(answer?.value) ? answer.value : null} onSet={set} /><NotApplicable {...part} /></>;
    case "timer":
      return answer?.value === "na" ? <NotApplicable {...part} /> : <TimerControl sheet={sheet} item={item} labelledBy={labelledBy} disabled={disabled} attempt={attempt} />;
    case "instant":
      return <><Stamp {...part} /><NotApplicable {...part} /></>;
    case "text":
      return <TextField label={read(item.text)} hideLabel value={chosen ?? ""} minChars={item.min_chars} count={visibleCharacters} rows={3} disabled={disabled} placeholder={w.noteHint} onSet={(text) => (text.trim() === "" ? visit.clear(item.id) : visit.answer(item.id, text))} testId={`text-${item.id}`} />;
    case "signature":
      return <SignatureControl {...part} />;
    case "photo":
      return <NotApplicable {...part} />;
  }
}

function NotApplicable({ item, answer, disabled, attempt, sheet }: Part) {
  if (!item.na) return null;
  return <Toggle label={words.value.na} on={answer?.value === "na"} disabled={disabled} onChange={(on) => void attempt(on ? sheet.visit.na(item.id) : sheet.visit.clear(item.id))} />;
}

/** The instant of now in one tap; a second stamp asks first, because it takes the place of the evidence. */
function Stamp({ item, answer, disabled, attempt, sheet, labelledBy }: Part) {
  const w = words.value;
  const sure = useSignal(false);
  const value = typeof answer?.value === "string" && answer.value !== "na" ? answer.value : null;
  const leaves = item.id === sheet.visit.checklist.leaving;
  const stamp = () => {
    sure.value = false;
    if (leaves) void once({ timeoutMs: 20_000 }).then((place) => sheet.visit.leave(place)).catch(() => undefined);
    return attempt(sheet.visit.answer(item.id, new Date().toISOString()));
  };
  if (value === null) return <button type="button" class="wide go" disabled={disabled} aria-describedby={labelledBy} onClick={() => void stamp()}>{leaves ? w.leftNow : w.stamp}</button>;
  return (
    <div class="stamp">
      <p><Icon name="check" />{w.stampedAt(clock(value, true))}</p>
      {!disabled && (sure.value
        ? <div class="buttons left"><button type="button" class="outline" onClick={() => (sure.value = false)}>{w.cancel}</button><button type="button" class="primary" onClick={() => void stamp()}>{w.stampAgain}</button><p class="under">{w.stampSure}</p></div>
        : <button type="button" class="quiet" onClick={() => (sure.value = true)}>{w.stampAgain}</button>)}
    </div>
  );
}

function SignatureControl({ item, disabled, attempt, sheet }: Part) {
  const w = words.value;
  const open = useSignal(false);
  const lost = useSignal(false);
  const take = useSignal<(() => HTMLCanvasElement | null) | null>(null);
  const has = sheet.photosOf(item.id).value.some((photo) => photo.kind === "signature");
  const keep = async () => {
    const canvas = take.value?.();
    if (!canvas) return;
    await attempt(fromCanvas(canvas, "image/png").then((picture) => sheet.visit.addPhoto(item.id, picture, null, "signature")).then(() => undefined));
    open.value = false;
  };
  return (
    <>
      <button type="button" class={has ? "wide again" : "wide go"} disabled={disabled} onClick={() => (open.value = true)}>{has && <Icon name="check" />}{w.sign}</button>
      {open.value && (
        <Dialog title={read(item.text)} name="sign-item" onClose={() => (open.value = false)}>
          {lost.value ? <p class="wrong">{w.signLost}</p> : <Ink label={w.signHere} ready={(taking) => (take.value = taking)} onFail={() => (lost.value = true)} />}
          <div class="buttons"><button type="button" class="outline" onClick={() => (open.value = false)}>{w.cancel}</button><button type="button" class="primary" onClick={() => void keep()}>{w.signKeep}</button></div>
        </Dialog>
      )}
    </>
  );
}

const isShare = (value: Value | undefined): value is Share => typeof value === "object" && value !== null && !Array.isArray(value);

/** Hundredths as people write them: 200 is "2", 150 is "1.5". */
const pointsOf = (hundredths: number): string => String(hundredths / 100);
