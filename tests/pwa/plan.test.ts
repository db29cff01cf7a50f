/** The week plan on the phone: there without a network, renewed by the sync, with what waits here counted in. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Db } from "../../pwa/src/data/db";
import { isDone, isOld, stops, weekPlan } from "../../pwa/src/data/plan";
import { beginning } from "../../pwa/src/data/document";
import { pull } from "../../pwa/src/data/sync";
import type { VisitRecord, WeekPlan } from "../../pwa/src/data/types";
import { CHECKLIST, OUTLET, killed, readyPhone } from "./make";
import { Stub } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  stub.tricks.length = 0;
  await readyPhone(stub, base);
});

const stop = (outlet_id: string, given: Partial<WeekPlan["stops"][number]> = {}) => ({ outlet_id, why: "others", asked: 1, made: 0, overdue_since: null, days: [], ...given });
const plan = (...all: WeekPlan["stops"]): WeekPlan => ({ id: "week", monday: "2026-11-23", stops: all, reminders: [] });
const bring = async (data: WeekPlan, cursor = "p1") => {
  stub.pages = [{ changes: [{ type: "plan", id: "week", version: 1, data }], removed: [], cursor, more: false }];
  await pull();
};
const visit = (given: Partial<VisitRecord>, started_at = "2026-11-24T02:00:00Z"): VisitRecord => {
  const made = beginning({ id: "v", outlet: OUTLET, kind: "area_visit", part: null, checklist: CHECKLIST, assignment: null, recheckOf: null });
  return { ...made, state: "queued", ...given, document: { ...made.document, ...given.document, started_at } };
};

test("the plan is there without a network and renewed by the next sync", async () => {
  assert.equal(await weekPlan(), null);
  await bring(plan(stop("a")));
  await killed();
  assert.deepEqual((await weekPlan())?.stops.map(({ outlet_id }) => outlet_id), ["a"]);
  await bring(plan(stop("b")), "p2");
  assert.deepEqual((await weekPlan())?.stops.map(({ outlet_id }) => outlet_id), ["b"]);
});

test("a plan that is no longer for this user goes", async () => {
  await bring(plan(stop("a")));
  stub.pages = [{ changes: [], removed: [{ type: "plan", id: "week" }], cursor: "p2", more: false }];
  await pull();
  assert.equal(await weekPlan(), null);
});

test("a visit that waits here counts as made in its week alone, and what is done stands last", () => {
  const week = plan(stop(OUTLET.id, { overdue_since: "2026-11-20" }), stop("b"));
  const [first, last] = stops(week, [visit({})]);
  assert.deepEqual([first!.outlet_id, last!.here, isDone(last!), isDone(first!)], ["b", 1, true, false]);
  for (const other of [visit({}, "2026-11-30T02:00:00Z"), visit({}, "2026-11-22T15:00:00Z"), visit({ state: "draft" })]) assert.equal(stops(week, [other])[0]!.here, 0);
  // Sunday evening in London is Monday here.
  assert.equal(stops(week, [visit({}, "2026-11-22T16:30:00Z")])[1]!.here, 1);
});

test("two visits a week are done with the second", () => {
  const [one] = stops(plan(stop(OUTLET.id, { asked: 2, made: 1 })), []);
  assert.equal(isDone(one!), false);
  assert.equal(isDone(stops(plan(stop(OUTLET.id, { asked: 2, made: 1 })), [visit({})])[0]!), true);
});

test("two visits of one day count once, as they do at the server", () => {
  const [one] = stops(plan(stop(OUTLET.id, { asked: 2 })), [visit({}), visit({}, "2026-11-24T06:00:00Z")]);
  assert.deepEqual([one!.here, isDone(one!)], [1, false]);
});

test("a plan of an earlier week is told as old", () => {
  assert.deepEqual(["2026-11-29", "2026-11-30"].map((day) => isOld(plan(), day)), [false, true]);
});

test("an app that did not know of plans is told everything anew", async () => {
  const name = "xunting-older";
  await new Promise<void>((resolve, reject) => {
    const opening = indexedDB.open(name, 3);
    opening.onupgradeneeded = () => opening.result.createObjectStore("meta").put("c9", "cursor");
    opening.onsuccess = () => resolve(opening.result.close());
    opening.onerror = () => reject(opening.error ?? new Error("not opened"));
  });
  const opened = new Db(name);
  assert.equal(await opened.get("meta", "cursor"), "anew");
  assert.deepEqual(await opened.all("plans"), []);
});
