/** Corrective actions that are agreed on the spot: what is asked for a failed item, by when, and of whom. */
import { useComputed, useSignal } from "@preact/signals";
import type { Action } from "../data/types";
import { complain, Dialog } from "../ui/app";
import { Choices, LineField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { businessDate } from "../rules/days";
import { nearDate } from "../ui/moments";
import { brief, read, sentence, words } from "../ui/text";
import type { Sheet } from "./sheet";

/** A week is the usual time for what is neither grave nor a matter of premises (handbook 03, "fix task"). */
const USUAL_DAYS = 7;
const DAY_MS = 86_400_000;

export function Actions({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const actions = useComputed(() => sheet.visit.record.value.document.actions).value;
  const failed = useComputed(() => sheet.visit.score.value.visible.filter((id) => sheet.failed.value.has(id))).value;
  const open = useSignal<Partial<Action> | null>(null);
  const editable = sheet.visit.editable.value;
  if (!failed.length && !actions.length) return null;
  const name = (id: string | null) => { const item = id ? sheet.visit.items.get(id) : undefined; return item ? brief(item.text) : w.other; };
  return (
    <section class="block">
      <h2>{w.actionsTitle}</h2>
      {actions.map((action) => (
        <div class="signing" key={action.id}>
          <div><b>{name(action.item)}</b><p>{action.what}</p><p class="meta">{w.actionLine(nearDate(action.due, businessDate(Date.now())), action.who)}</p></div>
          {editable && <button type="button" class="icon-button" aria-label={`${w.remove}: ${name(action.item)}`} onClick={() => void sheet.visit.removeAction(action.id).catch(complain)}><Icon name="trash" /></button>}
        </div>
      ))}
      {editable && failed.length > 0 && <><p class="under">{w.actionsHint}</p><button type="button" class="outline wide" data-testid="action-add" onClick={() => (open.value = { item: failed.find((id) => !actions.some((one) => one.item === id)) ?? failed[0]! })}><Icon name="plus" />{w.actionAdd}</button></>}
      {open.value && <ActionDialog sheet={sheet} failed={failed} first={open.value.item ?? null} onClose={() => (open.value = null)} />}
    </section>
  );
}

function ActionDialog({ sheet, failed, first, onClose }: { sheet: Sheet; failed: readonly string[]; first: string | null; onClose: () => void }) {
  const w = words.value;
  const item = useSignal(first);
  const what = useSignal("");
  const who = useSignal("");
  const due = useSignal(businessDate(Date.now() + USUAL_DAYS * DAY_MS));
  const wrong = useSignal<string | null>(null);
  const save = async () => {
    if (!what.value.trim() || !who.value.trim() || !/^\d{4}-\d\d-\d\d$/.test(due.value)) { wrong.value = w.actionWrong; return; }
    try {
      await sheet.visit.putAction({ item: item.value, what: what.value.trim(), due: due.value, who: who.value.trim() });
      onClose();
    } catch (problem) {
      wrong.value = sentence(problem);
    }
  };
  return (
    <Dialog title={w.actionAdd} name="action" onClose={onClose}>
      <p class="small-title" id="action-item">{w.actionFor}</p>
      <Choices labelledBy="action-item" layout="rows" value={item.value} options={failed.map((id) => ({ id, label: read(sheet.visit.items.get(id)?.text) }))} onPick={async (id) => { item.value = id; }} />
      <div class="line-gap" />
      <LineField label={w.actionWhat} value={what.value} onChange={(text) => (what.value = text)} testId="action-what" />
      <LineField label={w.actionWho} value={who.value} onChange={(text) => (who.value = text)} testId="action-who" />
      <LineField label={w.actionDue} type="date" value={due.value} onChange={(text) => (due.value = text)} testId="action-due" />
      {wrong.value && <p class="wrong" role="alert">{wrong.value}</p>}
      <div class="buttons">
        <button type="button" class="outline" onClick={onClose}>{w.cancel}</button>
        <button type="button" class="primary" data-testid="action-save" onClick={() => void save()}>{w.save}</button>
      </div>
    </Dialog>
  );
}
