/** Today: what was begun, what came back, what is due, what is on its way; and the search over all outlets. */
import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { run } from "../data/outbox";
import { provable } from "../data/proof";
import { inspects, me } from "../data/session";
import { actions, assignments, checklists, lastSync, outlets, pull, pulling, remoteVisits } from "../data/sync";
import type { Assignment, RemoteVisit, VisitRecord } from "../data/types";
import { visits } from "../data/visit";
import { complain, later, Screen } from "../ui/app";
import { recall, remember } from "../ui/kept";
import { Bar } from "../ui/controls";
import { Icon } from "../ui/icons";
import { businessDate, daysBetween } from "../rules/days";
import { clock, limit, longDate, nearDate } from "../ui/moments";
import { brief, words } from "../ui/text";
import { byDistance, CardLink, distanceTo, here, kindOf, OutletLine, outletWords, planned, Search, searched, useHere } from "./cards";
import { Hints } from "./hints";
import { progressOf } from "./sheet";
import { Truth } from "./truth";

const OpenActions = later(() => import("./beside").then((part) => part.OpenActions));
const Week = later(() => import("./week").then((part) => part.Week));

const far = (outlet: string): string => distanceTo(outlets.value.get(outlet));
const OPEN_STATES = ["planned", "assigned", "taken"];
/** How far a pull must go, in pixels, to refresh. */
const PULL_PX = 72;

export function TodayScreen() {
  const w = words.value;
  useHere();
  const now = Date.now();
  const today = businessDate(now);
  const local = useComputed(() => [...visits.value.values()].sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1))).value;
  const drafts = local.filter((record) => record.state === "draft");
  const returned = local.filter((record) => record.state === "returned");
  // What another phone of this person holds, or this one held before it was cleared.
  const remote = [...remoteVisits.value.values()].filter((one) => !visits.value.has(one.id));
  const remoteReturned = remote.filter((one) => one.state === "returned");
  const remoteDrafts = remote.filter((one) => one.state === "draft" && one.document);
  const proofs = local.flatMap((record) => {
    const { id, version } = record.document.checklist;
    const checklist = checklists.value.get(`${id}@${version}`);
    const waits = checklist ? [...provable(record, checklist).values()].sort() : [];
    return waits.length ? [{ record, waits }] : [];
  });
  const onTheWay = local.filter((record) => !proofs.some((one) => one.record === record) && ["queued", "receiving", "submitted", "in_review", "second_review"].includes(record.state)).slice(0, 10);
  const begun = new Set<string | null>([...local.filter((record) => record.state !== "discarded" && record.state !== "void").map((record) => record.document.assignment_id), ...remote.map((one) => one.assignment_id)]);
  const due = [...assignments.value.values()].filter((one) => OPEN_STATES.includes(one.state) && !begun.has(one.id)).sort((a, b) => (limitOf(a) < limitOf(b) ? -1 : 1));
  const near = useSignal(recall("day-order") === "near");
  const turn = () => { near.value = !near.value; remember("day-order", near.value ? "near" : "due"); };
  const order = here.value && due.length > 1 && <button type="button" class="quiet" data-testid="day-order" onClick={turn}>{near.value ? w.orderDue : w.orderNear}</button>;
  const toMend = [...actions.value.values()].some(({ state }) => /open/.test(state));
  const plans = me.value?.permissions.includes("plan_week");
  const first = lastSync.value === null && due.length === 0 && local.length === 0;
  const refreshing = useSignal(false);
  const refresh = async () => {
    if (refreshing.value) return;
    refreshing.value = true;
    try {
      await pull();
      await run("tap");
    } catch (problem) {
      complain(problem);
    } finally {
      refreshing.value = false;
    }
  };
  const body = useRef<HTMLDivElement>(null);
  const pulled = usePull(body, refresh);
  return (
    <Screen name="today" title={w.todayTab} tabs aside={<span class="date">{longDate(today)}</span>} bar={<><Truth /><Search /></>}>
      <div ref={body} class="pull-area">
        {pulled.value > 0 && <p class="pull" aria-hidden="true" style={{ height: `${Math.min(pulled.value, PULL_PX + 16)}px` }}>{pulled.value > PULL_PX ? w.pullHint : "↓"}</p>}
        {searched.value ? <Found /> : (
          <>
            {drafts.length + remoteDrafts.length > 0 && <Part title={w.goOn}>{drafts.map((record) => <BegunCard key={record.id} record={record} now={now} />)}{remoteDrafts.map((one) => <RemoteCard key={one.id} visit={one} />)}</Part>}
            {returned.length + remoteReturned.length > 0 && <Part title={w.returned}>{[...returned.map((record) => ({ ...record.document, id: record.id, name: record.outlet.name, returned: record.returned })), ...remoteReturned.map((one) => ({ ...one, name: outlets.value.get(one.outlet_id)?.name ?? w.other }))].map((one) => <ReturnedCard key={one.id} {...one} now={now} />)}</Part>}
            {proofs.length > 0 && <Part title={w.proof}>{proofs.map(({ record, waits }) => <ProofCard key={record.id} record={record} waits={waits} now={now} />)}</Part>}
            {due.length > 0 && <Part title={w.toDo} aside={order}>{(near.value ? byDistance(due, (one) => outlets.value.get(one.outlet_id)) : due).map((one) => <DueCard key={one.id} assignment={one} today={today} now={now} />)}</Part>}
            {plans && <Week tasks={due} />}
            {(actions.value.size > 0 || !inspects()) && <OpenActions />}
            {first && inspects() && <div class="empty"><p>{pulling.value || refreshing.value ? w.firstPull : w.firstPullFailed}</p></div>}
            {!first && inspects() && !toMend && !plans && drafts.length + remoteDrafts.length + returned.length + remoteReturned.length + proofs.length + due.length === 0 && <div class="empty"><Icon name="check" /><p><b>{w.nothingDue}</b></p><p>{w.nothingDueHint}</p></div>}
            {onTheWay.length > 0 && <Part title={w.beingSent}>{onTheWay.map((record) => <SentCard key={record.id} record={record} />)}</Part>}
            <Hints />
            <p class="updated">
              <button type="button" class="quiet" data-testid="refresh" disabled={refreshing.value || pulling.value} onClick={() => void refresh()}><Icon name="retry" />{refreshing.value || pulling.value ? w.refreshing : w.refresh}</button>
              {lastSync.value && <span>{w.updatedAt(clock(lastSync.value))}</span>}
            </p>
          </>
        )}
      </div>
    </Screen>
  );
}

function Part({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }) {
  return <section><div class="row over-row"><h2 class="over">{title}</h2>{aside}</div>{children}</section>;
}

function Found() {
  const w = words.value;
  const found = searched.value!;
  return (
    <section>
      <p class="over" role="status">{found.length ? w.found(found.length) : w.foundNone}</p>
      {found.slice(0, 30).map((outlet) => <OutletLine key={outlet.id} outlet={outlet} />)}
    </section>
  );
}

function BegunCard({ record, now }: { record: VisitRecord; now: number }) {
  const w = words.value;
  const { document: doc } = record;
  const checklist = checklists.value.get(`${doc.checklist.id}@${doc.checklist.version}`);
  const progress = checklist ? progressOf(record, checklist) : null;
  const assignment = doc.assignment_id ? assignments.value.get(doc.assignment_id) : undefined;
  const late = assignment && lateWords(assignment, now);
  return (
    <CardLink to={`/visit/${record.id}`} testId={`draft-${record.id}`} title={record.outlet.name} tag={<>{late && <span class="tag bad">{late}</span>}<span class="tag">{kindOf(doc.kind, doc.part)}</span></>}>
      <span class="meta">{[w.tiers[record.facts.tier ?? ""], far(doc.outlet_id), assignment && !late && limitWords(assignment, now), w.saved(clock(record.saved_at, true))].filter(Boolean).join(" · ")}</span>
      {progress && (
        <>
          <Bar done={progress.done} all={progress.all} />
          <span class="meta">{[w.progress(progress.done, progress.all), progress.failed > 0 && w.failedCount(progress.failed), progress.photos > 0 && w.photosLeft(progress.photos)].filter(Boolean).join(" · ")}</span>
        </>
      )}
    </CardLink>
  );
}

function RemoteCard({ visit }: { visit: RemoteVisit }) {
  const w = words.value;
  return (
    <CardLink to={`/visit/${visit.id}`} testId={`draft-${visit.id}`} title={outlets.value.get(visit.outlet_id)?.name ?? w.other} tag={<span class="tag">{kindOf(visit.kind, visit.part)}</span>}>
      <span class="meta">{[far(visit.outlet_id), w.otherPhone].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}

function ReturnedCard({ id, name, returned, checklist, kind, part, outlet_id, now }: Pick<RemoteVisit, "id" | "returned" | "checklist" | "kind" | "part" | "outlet_id"> & { name: string; now: number }) {
  const w = words.value;
  const items = checklists.value.get(`${checklist.id}@${checklist.version}`)?.sections.flatMap((section) => section.items);
  const due = returned?.due ? (returned.due.length > 10 ? limit(returned.due, now) : nearDate(returned.due, businessDate(now))) : null;
  return (
    <CardLink to={`/visit/${id}`} testId={`returned-${id}`} title={name} tag={<span class="tag bad">{returned?.reasons.length ? w.toFix(returned.reasons.length) : w.returned}</span>}>
      {returned && <span class="quote">{[returned.note, ...returned.reasons.map(({ item, text }) => { const named = items?.find((one) => one.id === item); return named ? w.reasonOf(brief(named.text), text) : text; })].filter(Boolean).map((text, at) => <span key={at}>{text}</span>)}</span>}
      <span class="meta">{[kindOf(kind, part), far(outlet_id), due && w.fixUntil(due)].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}

/** A submitted visit that waits for later proof, with the first limit of its items. */
function ProofCard({ record, waits, now }: { record: VisitRecord; waits: readonly string[]; now: number }) {
  const w = words.value;
  return (
    <CardLink to={`/read/${record.id}`} testId={`proof-${record.id}`} title={record.outlet.name} tag={<span class="tag q">{w.until(limit(waits[0]!, now))}</span>}>
      <span class="meta">{[w.kinds[record.document.kind], far(record.document.outlet_id), w.toProve(waits.length), w.states[record.state]].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}

function DueCard({ assignment, today, now }: { assignment: Assignment; today: string; now: number }) {
  const w = words.value;
  const outlet = outlets.value.get(assignment.outlet_id);
  const known = checklists.value.has(`${assignment.checklist.id}@${assignment.checklist.version}`);
  const late = lateWords(assignment, now);
  const plan = assignment.kind === "area_visit" ? planned.value.get(assignment.outlet_id) : undefined;
  const until = limitWords(assignment, now);
  // What the week says of the outlet weighs more than a limit that has not passed.
  const told = !late && plan && plan.state !== "open";
  const tag = late ? <span class="tag bad">{late}</span> : told ? <span class={`tag ${plan.state === "late" ? "bad" : ""}`}>{plan.standing}</span> : <span class="tag q">{until}</span>;
  return (
    <CardLink to={`/outlet/${assignment.outlet_id}?assignment=${assignment.id}`} testId={`due-${assignment.id}`} title={outlet?.name ?? w.outletGone} tag={tag}>
      <span class="meta">{[kindOf(assignment.kind, assignment.part), ...outletWords(outlet), distanceTo(outlet), known && w.notBegun].filter(Boolean).join(" · ")}</span>
      {plan && <span class="meta">{[told ? until : plan.standing, plan.why].join(" · ")}</span>}
      {assignment.window_from > today && <span class="meta">{w.from(nearDate(assignment.window_from, today))}</span>}
      {!known && <span class="meta">{w.noChecklist}</span>}
      {assignment.note && <span class="meta">{assignment.note}</span>}
    </CardLink>
  );
}

function SentCard({ record }: { record: VisitRecord }) {
  const w = words.value;
  return (
    <CardLink to={`/read/${record.id}`} testId={`sent-${record.id}`} title={record.outlet.name} tag={<span class={`tag ${record.known.receipt ? "" : "q"}`}>{w.states[record.state]}</span>}>
      <span class="meta">{[w.kinds[record.document.kind], record.known.receipt ? w.receipt(record.known.receipt.number) : null, clock(record.saved_at)].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}

const limitOf = (one: Assignment): string => one.due_at ?? `${one.window_to}T16:00:00Z`;

/** What is late, said; null while there is time. */
const lateWords = (one: Assignment, now: number): string | null => {
  const days = daysBetween(one.window_to, businessDate(now));
  return days > 0 ? words.value.overdue(days) : one.due_at && Date.parse(one.due_at) < now ? words.value.overdueToday : null;
};

const limitWords = (one: Assignment, now: number): string => words.value.until(one.due_at ? limit(one.due_at, now) : nearDate(one.window_to, businessDate(now)));

/** Pull from the top to refresh; only with a finger, and only when the page stands at its top. */
function usePull(area: { current: HTMLElement | null }, act: () => Promise<void>) {
  const pulled = useSignal(0);
  useEffect(() => {
    const element = area.current!;
    let from: number | null = null;
    const start = (event: TouchEvent) => { from = scrollY <= 0 ? event.touches[0]!.clientY : null; };
    const move = (event: TouchEvent) => { if (from !== null) pulled.value = Math.max(0, (event.touches[0]!.clientY - from) / 2 - 8); };
    const end = () => {
      if (pulled.peek() > PULL_PX) void act();
      pulled.value = 0;
      from = null;
    };
    element.addEventListener("touchstart", start, { passive: true });
    element.addEventListener("touchmove", move, { passive: true });
    element.addEventListener("touchend", end);
    element.addEventListener("touchcancel", end);
    return () => {
      element.removeEventListener("touchstart", start);
      element.removeEventListener("touchmove", move);
      element.removeEventListener("touchend", end);
      element.removeEventListener("touchcancel", end);
    };
  }, []);
  return pulled;
}
