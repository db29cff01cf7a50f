/** The week of an area manager on Today: each outlet with why it is due and since when, by urgency or from the nearest on. */
import { computed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isDone, isOld, type Stop, stops, weekPlan } from "../data/plan";
import { assignments, lastSync, outlets } from "../data/sync";
import type { WeekPlan } from "../data/types";
import { visits } from "../data/visit";
import { complain } from "../ui/app";
import { recall, remember } from "../ui/kept";
import { businessDate, daysBetween } from "../rules/days";
import { nearDate } from "../ui/moments";
import { language, words } from "../ui/text";
import { byDistance, CardLink, distanceTo, here, outletWords } from "./cards";

/** So many stand in the list at first: tasks and actions have to be seen below. */
const FIRST = 6;

const zh = {
  title: (done: number, all: number) => `本周走访 ${done} / ${all} 次`, done: "已走访", waits: "已走访，待发送", count: (made: number, asked: number) => `${made} / ${asked} 次`, on: (days: string) => `建议 ${days}`,
  why: { last_of_company: "县内排名靠后", class_a: "A 类，每周走访", others: "到期走访" } as Record<string, string>, old: "这是上一次取到的计划，联网后更新。", nothing: "本周没有要走访的网点", more: (n: number) => `再显示 ${n} 个`, and: "、",
  sorts: { area_meeting: "片区代办商交流会" } as Record<string, string>, hold: (day: string) => `${day} 前举办，在控制台登记`, held: (day: string) => `已于 ${day} 举办`,
};
const en: typeof zh = {
  title: (done, all) => `Visits this week ${done} of ${all}`, done: "Visited", waits: "Visited, to be sent", count: (made, asked) => `${made} of ${asked}`, on: (days) => `proposed ${days}`,
  why: { last_of_company: "among the last of the county", class_a: "class A, each week", others: "due" }, old: "This is the plan as it was fetched last; connect to renew it.", nothing: "No outlet is to be visited this week", more: (n) => `Show ${n} more`, and: ", ",
  sorts: { area_meeting: "Area meeting with agents" }, hold: (day) => `to be held by ${day}; note it at the console`, held: (day) => `held on ${day}`,
};
const weekWords = computed(() => (language.value === "en" ? en : zh));

export function Week() {
  const w = words.value, k = weekWords.value;
  const plan = useSignal<WeekPlan | null>(null);
  const whole = useSignal(false);
  const near = useSignal(recall("plan-order") === "near");
  const at = lastSync.value?.getTime();
  useEffect(() => { weekPlan().then((found) => void (plan.value = found)).catch(complain); }, [at]);
  if (!plan.value) return null;
  const today = businessDate(Date.now());
  const all = stops(plan.value, visits.value.values());
  const open = all.filter((stop) => !isDone(stop)), done = all.filter(isDone);
  const ordered = [...(near.value ? byDistance(open, ({ outlet_id }) => outlets.value.get(outlet_id)) : open), ...done];
  const shown = whole.value ? ordered : ordered.slice(0, FIRST);
  const turn = () => { near.value = !near.value; remember("plan-order", near.value ? "near" : "due"); };
  return (
    <section data-testid="week">
      <div class="row over-row"><h2 class="over">{k.title(all.reduce((sum, stop) => sum + Math.min(stop.made + stop.here, stop.asked), 0), all.reduce((sum, stop) => sum + stop.asked, 0))}</h2>{here.value && open.length > 1 && <button type="button" class="quiet" data-testid="plan-order" onClick={turn}>{near.value ? w.orderDue : w.orderNear}</button>}</div>
      {isOld(plan.value, today) && <p class="notice">{k.old}</p>}
      {all.length === 0 && <p class="under">{k.nothing}</p>}
      {shown.map((stop) => <StopCard key={stop.outlet_id} stop={stop} today={today} />)}
      {shown.length < ordered.length && <button type="button" class="quiet" data-testid="week-more" onClick={() => (whole.value = true)}>{k.more(ordered.length - shown.length)}</button>}
      {plan.value.reminders.map(({ sort, until, held_on }) => <p key={sort} class="under">{k.sorts[sort] ?? w.other} · {held_on ? k.held(nearDate(held_on, today)) : k.hold(nearDate(until, today))}</p>)}
    </section>
  );
}

function StopCard({ stop, today }: { stop: Stop; today: string }) {
  const w = words.value, k = weekWords.value;
  const outlet = outlets.value.get(stop.outlet_id);
  const task = [...assignments.value.values()].find((one) => one.outlet_id === stop.outlet_id && one.kind === "area_visit" && one.state !== "declined");
  const late = stop.overdue_since ? daysBetween(stop.overdue_since, today) : 0;
  const tag = isDone(stop) ? <span class="tag q">{stop.here ? k.waits : k.done}</span> : stop.overdue_since ? <span class="tag bad">{late > 0 ? w.overdue(late) : w.overdueToday}</span> : <span class="tag q">{k.count(stop.made + stop.here, stop.asked)}</span>;
  const days = stop.days.filter((day) => day >= today).map((day) => nearDate(day, today)).join(k.and);
  return (
    <CardLink to={`/outlet/${stop.outlet_id}${task ? `?assignment=${task.id}` : ""}`} testId={`stop-${stop.outlet_id}`} title={outlet?.name ?? w.outletGone} tag={tag}>
      <span class="meta">{[k.why[stop.why] ?? w.other, ...outletWords(outlet), distanceTo(outlet), days && !isDone(stop) && k.on(days)].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}
