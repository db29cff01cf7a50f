/** One timer: a clock to read from afar, one large button that needs no look, the limits it is judged by. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Item } from "../data/types";
import { elapsed } from "../data/visit";
import { beat, listen } from "../device/timers";
import { Dialog } from "../ui/app";
import { LineField, Live } from "../ui/controls";
import { Icon } from "../ui/icons";
import { length, stopwatch } from "../ui/moments";
import { brief, sentence, words } from "../ui/text";
import { bandsNow, creditWords, rangeOf } from "./limits";
import type { Sheet } from "./sheet";

/** Whole seconds of a timer at this moment; follows the beat while it runs. */
function secondsOf(sheet: Sheet, id: string): number {
  const answer = sheet.answerOf(id).value;
  const running = sheet.visit.record.value.running[id];
  if (running) {
    void beat.value;
    return elapsed(answer?.timer?.laps ?? [], running);
  }
  return typeof answer?.value === "number" ? answer.value : 0;
}

export function TimerControl({ sheet, item, labelledBy, disabled, attempt }: { sheet: Sheet; item: Item; labelledBy: string; disabled: boolean; attempt: (work: Promise<void>) => Promise<void> }) {
  const w = words.value;
  const { visit } = sheet;
  const answer = sheet.answerOf(item.id).value;
  const running = useComputed(() => item.id in visit.record.value.running).value;
  const measured = typeof answer?.value === "number";
  useEffect(() => (running ? listen() : undefined), [running]);
  const tap = () => {
    void attempt(running ? visit.stopTimer(item.id) : visit.startTimer(item.id));
  };
  return (
    <div class={`timer${running ? " running" : ""}`}>
      <div class="clock" role="timer" aria-label={w.elapsed} aria-live="off">
        <Live of={() => stopwatch(secondsOf(sheet, item.id))} /><small>{w.minutesSeconds}</small>
      </div>
      {!disabled && (
        <button type="button" class={running ? "stop" : measured ? "again" : "go"} aria-describedby={labelledBy} data-testid={`timer-${item.id}`} onClick={tap}>
          <i aria-hidden="true" />{running ? w.stop : measured ? w.goOnTimer : w.start}
        </button>
      )}
      <p class="sr" role="status">{running ? w.running : measured ? `${w.elapsed} ${length(answer.value as number)}` : ""}</p>
      <Limits sheet={sheet} item={item} value={() => (item.id in visit.record.value.running || sheet.answerOf(item.id).value?.value !== undefined ? secondsOf(sheet, item.id) : null)} />
      {(answer?.timer?.edited || answer?.timer?.jump) && <p class="under marks">{answer.timer.edited && `${w.editedMark}: ${answer.timer.edited}`} {answer.timer.jump && w.clockJump}</p>}
    </div>
  );
}

/** The limits that hold after the answers so far; the one that the running value falls in is marked. */
export function Limits({ sheet, item, value }: { sheet: Sheet; item: Item; value: () => number | null }) {
  const w = words.value;
  const bands = useComputed(() => bandsNow(sheet, item)).value;
  const at = useComputed(() => {
    const now = value();
    return now === null ? -1 : (bandsNow(sheet, item) ?? []).findIndex(([limit]) => limit === null || now <= Number(limit));
  }).value;
  if (bands === null) return item.credit && "bands" in item.credit ? <p class="limits">{w.limitsDepend}</p> : null;
  const timed = item.kind === "timer";
  return (
    <p class="limits">
      {bands.map(([limit, credit], place) => (
        <span key={place} class={place === at ? "here" : ""}>
          {limit === null ? (timed ? w.beyond : w.above)(creditWords(credit)) : timed ? w.within(length(Number(limit)), creditWords(credit)) : w.upTo(rangeOf(item, bands[place - 1]?.[0] ?? null, limit), creditWords(credit))}
        </span>
      ))}
    </p>
  );
}

/** Correct a measured time by hand, with the reason that the reviewer will read. */
export function EditTimer({ sheet, item, onClose }: { sheet: Sheet; item: Item; onClose: () => void }) {
  const w = words.value;
  const before = sheet.answerOf(item.id).peek()?.value;
  const start = typeof before === "number" ? before : 0;
  const minutes = useSignal(String(Math.floor(start / 60)));
  const seconds = useSignal(String(start % 60));
  const reason = useSignal("");
  const wrong = useSignal<string | null>(null);
  const save = async () => {
    const digits = /^\d{1,4}$/;
    if (!digits.test(minutes.value) || !digits.test(seconds.value)) wrong.value = w.notNumber;
    else if (!reason.value.trim()) wrong.value = w.editReasonNeeded;
    else {
      try {
        await sheet.visit.editTimer(item.id, Number(minutes.value) * 60 + Number(seconds.value), reason.value.trim());
        onClose();
      } catch (problem) {
        wrong.value = sentence(problem);
      }
    }
  };
  return (
    <Dialog title={w.editTimer} name="edit-timer" onClose={onClose}>
      <div class="pair">
        <LineField label={w.editMinutes} value={minutes.value} inputMode="numeric" onChange={(text) => (minutes.value = text)} />
        <LineField label={w.editSeconds} value={seconds.value} inputMode="numeric" onChange={(text) => (seconds.value = text)} />
      </div>
      <LineField label={w.editReason} value={reason.value} wrong={wrong.value} onChange={(text) => (reason.value = text)} onEnter={() => void save()} />
      <div class="buttons">
        <button type="button" class="outline" onClick={onClose}>{w.cancel}</button>
        <button type="button" class="primary" onClick={() => void save()}>{w.save}</button>
      </div>
    </Dialog>
  );
}

/** The timers that run outside the section on screen: always in view, a tap goes to the card. */
export function RunningTimers({ sheet, except, onGo }: { sheet: Sheet; except: string | null; onGo: (item: string) => void }) {
  const w = words.value;
  const ids = sheet.running.value.filter((id) => sheet.sectionOf(id) !== except);
  useEffect(() => (ids.length ? listen() : undefined), [ids.length > 0]);
  if (!ids.length) return null;
  return (
    <div class="running-timers" role="group" aria-label={w.timersRunning}>
      {ids.map((id) => (
        <button type="button" key={id} onClick={() => onGo(id)}>
          <span class="pulse" aria-hidden="true" />
          <b><Live of={() => stopwatch(secondsOf(sheet, id))} /></b>
          <span class="name">{nameOf(sheet, id)}</span><Icon name="next" />
        </button>
      ))}
    </div>
  );
}

function nameOf(sheet: Sheet, id: string): string {
  const text = sheet.visit.items.get(id)?.text;
  return text ? brief(text) : "";
}
