/** The week plan of an area manager as the last sync brought it, with what this phone has done since. */
import { businessDate, daysBetween } from "../rules/days";
import { db, visits } from "./records";
import type { Day, VisitRecord, WeekPlan } from "./types";

export type Stop = WeekPlan["stops"][number] & {
  /** Days of this week with visits that wait on this phone to be sent: a day counts once, as it does at the server. */
  here: number;
};

/** The plan of the present week or the last one that is known; null before the first sync. */
export async function weekPlan(): Promise<WeekPlan | null> {
  return (await db().all("plans"))[0] ?? null;
}

/** Whether the plan is one of an earlier week: the phone has heard of no newer one. */
export const isOld = (plan: WeekPlan, today: Day): boolean => daysBetween(plan.monday, today) > 6;

/** The stops with what waits here counted in; what is done stands last, else the order of the plan stays. */
export function stops(plan: WeekPlan, local: Iterable<VisitRecord> = visits.value.values()): Stop[] {
  const waiting = [...local].filter(({ state, document: { kind, started_at } }) => {
    const days = daysBetween(plan.monday, businessDate(started_at));
    return kind === "area_visit" && state === "queued" && days >= 0 && days < 7;
  });
  return plan.stops
    .map((stop) => ({ ...stop, here: new Set(waiting.filter(({ document }) => document.outlet_id === stop.outlet_id).map(({ document }) => businessDate(document.started_at))).size }))
    .sort((one, other) => Number(isDone(one)) - Number(isDone(other)));
}

export const isDone = (stop: Stop): boolean => stop.made + stop.here >= stop.asked;
