/** What has to be put right: on Today for all outlets of this person, on an outlet's page for that one, with a way to ask for more. */
import { useSignal } from "@preact/signals";
import { isOpen, makeAction, replyTo } from "../data/actions";
import { me } from "../data/session";
import { actions, lastSync, outlets, pulling, replies } from "../data/sync";
import type { CorrectiveAction } from "../data/types";
import { complain, Dialog, say } from "../ui/app";
import { LineField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { businessDate, daysBetween } from "../rules/days";
import { limit } from "../ui/moments";
import { brief, read, words } from "../ui/text";
import { action as actionWords } from "./action_words";
import { CardLink, distanceTo } from "./cards";

/** So many stand in a list at first: few where visits have to be seen below. */
const FIRST = 20, FEW = 5;
const DAY_MS = 86_400_000;
/** The usual time for what is neither grave nor a matter of premises (handbook 03, "fix task"). */
const USUAL_DAYS = 7;

export function OpenActions({ outlet }: { outlet?: string }) {
  const a = actionWords.value;
  const { permissions } = me.value!;
  const mine = [...actions.value.values()].filter((one) => !outlet || one.outlet_id === outlet).sort((one, other) => (one.due_at < other.due_at ? -1 : 1));
  const open = mine.filter(isOpen);
  const answered = mine.filter(({ state }) => state === "answered");
  const alone = !outlet && !permissions.includes("inspect");
  const first = outlet || alone ? FIRST : FEW;
  return (
    <>
      <Listed name="to-answer" title={a.toAnswer} all={open} first={first} one={outlet !== undefined} />
      <Listed name="answered" title={permissions.includes("accept_actions") ? a.toCheck : a.answeredList} all={answered} first={first} one={outlet !== undefined} />
      {alone && mine.length === 0 && <div class="empty"><Icon name="check" />{lastSync.value ? <><p><b>{a.nothing}</b></p><p>{a.nothingHint}</p></> : <p>{pulling.value ? a.fetching : a.notFetched}</p>}</div>}
      {outlet && permissions.includes("make_actions") && <Make outlet={outlet} />}
    </>
  );
}

function Listed({ name, title, all, first, one }: { name: string; title: string; all: readonly CorrectiveAction[]; first: number; one: boolean }) {
  const whole = useSignal(false);
  if (all.length === 0) return null;
  const shown = whole.value ? all : all.slice(0, first);
  return (
    <section data-testid={name}>
      <h2 class="over">{title}</h2>
      {shown.map((action) => <ActionCard key={action.id} action={action} named={!one} />)}
      {shown.length < all.length && <button type="button" class="quiet" onClick={() => (whole.value = true)}>{actionWords.value.more(all.length - shown.length)}</button>}
    </section>
  );
}

function ActionCard({ action, named }: { action: CorrectiveAction; named: boolean }) {
  const a = actionWords.value;
  const reply = replyTo(action, replies.value.get(action.id));
  const title = action.item_text ? brief(action.item_text) : action.what;
  const told = reply && !(reply.state === "sent" && !isOpen(action)) ? a.here[reply.state] : null;
  return (
    <CardLink to={`/action/${action.id}`} testId={`action-${action.id}`} title={title} tag={<>{told && <span class={`tag ${reply!.state === "refused" || reply!.state === "conflict" ? "bad" : "q"}`}>{told}</span>}<Limit action={action} /></>}>
      {action.item_text && action.what && action.what !== read(action.item_text) && <span class="meta">{action.what}</span>}
      {action.state === "reopened" && action.note && <span class="quote">{action.note}</span>}
      <span class="meta">{[named && outlets.value.get(action.outlet_id)?.name, named && distanceTo(outlets.value.get(action.outlet_id)), action.who && a.who(action.who), a.levels[action.level]].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}

/** Until when, in words and red once it is over; for what waits for nobody here its state. */
export function Limit({ action }: { action: CorrectiveAction }) {
  const w = words.value, a = actionWords.value;
  const now = Date.now();
  if (!isOpen(action)) return <span class="tag q">{a.states[action.state] ?? w.other}</span>;
  const late = Date.parse(action.due_at) <= now;
  // What was due at midnight was due on the day before.
  const days = daysBetween(businessDate(Date.parse(action.due_at) - 1), businessDate(now));
  return (
    <>
      {action.state === "reopened" && <span class="tag bad">{a.states["reopened"]}</span>}
      <span class={`tag ${late ? "bad" : "q"}`}>{late ? (days > 0 ? w.overdue(days) : w.overdueToday) : w.until(limit(action.due_at, now))}</span>
    </>
  );
}

/** Asks for something to be put right that no visit has found. */
function Make({ outlet }: { outlet: string }) {
  const w = words.value, a = actionWords.value;
  const asking = useSignal(false);
  const what = useSignal("");
  const who = useSignal("");
  const due = useSignal("");
  const wrong = useSignal<string | null>(null);
  const waiting = [...replies.value.values()].filter((reply) => reply.made && reply.outlet.id === outlet && !actions.value.has(reply.id));
  const ask = () => {
    what.value = who.value = "";
    due.value = businessDate(Date.now() + USUAL_DAYS * DAY_MS);
    wrong.value = null;
    asking.value = true;
  };
  const make = async () => {
    const made = { what: what.value.trim().slice(0, 500), who: who.value.trim().slice(0, 60), due: due.value };
    if (!made.what || !made.who || !/^\d{4}-\d\d-\d\d$/.test(made.due) || made.due <= businessDate(Date.now())) { wrong.value = a.wrong; return; }
    asking.value = false;
    try {
      await makeAction(outlet, made);
      say(a.made);
    } catch (problem) {
      complain(problem);
    }
  };
  return (
    <>
      {waiting.map((reply) => <CardLink key={reply.id} to={`/action/${reply.id}`} testId={`made-${reply.id}`} title={reply.made!.what} tag={<span class={`tag ${reply.state === "refused" ? "bad" : "q"}`}>{a.here[reply.state]}</span>}><span class="meta">{a.madeHere}</span></CardLink>)}
      <button type="button" class="outline wide" data-testid="make-action" onClick={ask}><Icon name="plus" />{a.make}</button>
      {asking.value && (
        <Dialog title={a.make} name="making" onClose={() => (asking.value = false)}>
          <p class="under">{a.makeLead}</p>
          <LineField label={a.what} value={what.value} onChange={(text) => (what.value = text)} testId="make-what" />
          <LineField label={a.responsible} value={who.value} onChange={(text) => (who.value = text)} testId="make-who" />
          <LineField label={a.until} type="date" value={due.value} onChange={(text) => (due.value = text)} testId="make-due" />
          {wrong.value && <p class="wrong" role="alert">{wrong.value}</p>}
          <div class="buttons">
            <button type="button" class="outline" onClick={() => (asking.value = false)}>{w.cancel}</button>
            <button type="button" class="primary" data-testid="make-now" onClick={() => void make()}>{a.makeNow}</button>
          </div>
        </Dialog>
      )}
    </>
  );
}
