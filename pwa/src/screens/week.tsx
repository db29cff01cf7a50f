/** The week of an area manager on Today: each outlet with why it is due and since when, by urgency or from the nearest on. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { isDone, isOld, type Stop, stops, weekPlan } from "../data/plan";
import { lastSync, outlets } from "../data/sync";
import type { Assignment, WeekPlan } from "../data/types";
import { visits } from "../data/visit";
import { complain } from "../ui/app";
import { recall, remember } from "../ui/kept";
import { businessDate, daysBetween } from "../rules/days";
import { nearDate } from "../ui/moments";
import { texts, words } from "../ui/text";
import { byDistance, CardLink, distanceTo, here, outletWords, planned } from "./cards";

/** So many stand in the list at first: tasks and actions have to be seen below. */
const FIRST = 6;

export const weekZh = {
  title: (done: number, all: number) => `本周走访 ${done} / ${all} 次`, done: "已走访", waits: "已走访，待发送", count: (made: number, asked: number) => `${made} / ${asked} 次`, on: (days: string) => `建议 ${days}`,
  why: { last_of_company: (n: number) => `县内排名靠后，每周 ${n} 次`, class_a: (n: number) => `A 类，每周 ${n} 次`, others: () => "到期走访" } as Record<string, (n: number) => string>, week: (made: number, asked: number) => `本周 ${made} / ${asked} 次`, old: "这是上一次取到的计划，联网后更新。", nothing: "本周没有要走访的网点", more: (n: number) => `再显示 ${n} 个`, and: "、", weeks: (n: number) => `${n} 周未走访`, half: "上周没有做满", since: (day: string) => `自 ${day}起逾期`, noCalendar: (year: number) => `${year} 年的工作日历还没有发布，这一年的日子不作安排，请自行选定。`, plan: "本周计划：", tasks: (n: number) => `另有 ${n} 个网点已在上面的任务中`,
  sorts: { area_meeting: "片区代办商交流会" } as Record<string, string>, hold: (day: string) => `${day} 前举办，在控制台登记`, held: (day: string) => `已于 ${day} 举办`,
};
const weekWords = texts(weekZh, "week");

export function Week({ tasks }: { tasks: readonly Assignment[] }) {
  const w = words.value, k = weekWords.value;
  const plan = useSignal<WeekPlan | null>(null);
  const whole = useSignal(false);
  const near = useSignal(recall("plan-order") === "near");
  const at = lastSync.value?.getTime();
  useEffect(() => { weekPlan().then((found) => void (plan.value = found)).catch(complain); }, [at]);
  const today = businessDate(Date.now());
  const all = plan.value ? stops(plan.value, visits.value.values()) : [];
  // An outlet stands once: as the task, where one is for this week, with what the plan says of it.
  const asTask = new Map(all.filter(({ outlet_id }) => tasks.some((one) => one.kind === "area_visit" && one.outlet_id === outlet_id && daysBetween(plan.value!.monday, one.window_from) < 7)).map((stop) => [stop.outlet_id, { standing: standing(stop, today), why: k.plan + reason(stop, today), state: isDone(stop) ? "done" as const : stop.overdue_since ? "late" as const : "open" as const }]));
  useEffect(() => { planned.value = asTask; });
  if (!plan.value) return null;
  const rest = all.filter(({ outlet_id }) => !asTask.has(outlet_id));
  const open = rest.filter((stop) => !isDone(stop)), done = rest.filter(isDone);
  const ordered = [...(near.value ? byDistance(open, ({ outlet_id }) => outlets.value.get(outlet_id)) : open), ...done];
  const shown = whole.value ? ordered : ordered.slice(0, FIRST);
  const turn = () => { near.value = !near.value; remember("plan-order", near.value ? "near" : "due"); };
  return (
    <section data-testid="week">
      <div class="row over-row"><h2 class="over">{k.title(all.reduce((sum, stop) => sum + Math.min(stop.made + stop.here, stop.asked), 0), all.reduce((sum, stop) => sum + stop.asked, 0))}</h2>{here.value && open.length > 1 && <button type="button" class="quiet" data-testid="plan-order" onClick={turn}>{near.value ? w.orderDue : w.orderNear}</button>}</div>
      {isOld(plan.value, today) && <p class="notice">{k.old}</p>}
      {!isOld(plan.value, today) && plan.value.no_calendar?.map((year) => <p key={year} class="notice">{k.noCalendar(year)}</p>)}
      {all.length === 0 && <p class="under">{k.nothing}</p>}
      {shown.map((stop) => <StopCard key={stop.outlet_id} stop={stop} today={today} />)}
      {asTask.size > 0 && <p class="under">{k.tasks(asTask.size)}</p>}
      {shown.length < ordered.length && <button type="button" class="quiet" data-testid="week-more" onClick={() => (whole.value = true)}>{k.more(ordered.length - shown.length)}</button>}
      {plan.value.reminders.map(({ sort, until, held_on }) => <p key={sort} class="under">{k.sorts[sort] ?? w.other} · {held_on ? k.held(nearDate(held_on, today)) : k.hold(nearDate(until, today))}</p>)}
    </section>
  );
}

/** How a stop stands, in a word or two; why it is in the plan, and of an overdue one its visits of this week, or since when where that is a day of its own. */
const standing = (stop: Stop, today: string): string => {
  const w = words.value, k = weekWords.value, late = stop.overdue_since ? daysBetween(stop.overdue_since, today) : 0;
  return isDone(stop) ? (stop.here ? k.waits : k.done) : !stop.overdue_since ? k.count(stop.made + stop.here, stop.asked) : stop.weeks_missed ? k.weeks(stop.weeks_missed) : stop.why !== "others" ? k.half : late > 0 ? w.overdue(late) : w.overdueToday;
};
const reason = (stop: Stop, today: string): string => {
  const k = weekWords.value, days = isDone(stop) ? "" : stop.days.filter((day) => day >= today).map((day) => nearDate(day, today)).join(k.and);
  const late = stop.overdue_since && !isDone(stop), weekly = stop.why !== "others";
  // The tag of a late one says how late it is: how many visits it needs and has is said here.
  const since = late ? (weekly ? k.week(stop.made + stop.here, stop.asked) : k.since(nearDate(stop.overdue_since!, today))) : "";
  return [k.why[stop.why]?.(stop.asked) ?? words.value.other, since, days && k.on(days)].filter(Boolean).join(" · ");
};

function StopCard({ stop, today }: { stop: Stop; today: string }) {
  const outlet = outlets.value.get(stop.outlet_id);
  return (
    <CardLink to={`/outlet/${stop.outlet_id}`} testId={`stop-${stop.outlet_id}`} title={outlet?.name ?? words.value.outletGone} tag={<span class={`tag ${stop.overdue_since && !isDone(stop) ? "bad" : "q"}`}>{standing(stop, today)}</span>}>
      <span class="meta">{[reason(stop, today), ...outletWords(outlet), distanceTo(outlet)].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}
