/** A phone in memory: fake IndexedDB, clocks that are set by hand, a small checklist, a picture. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { server } from "../../pwa/src/data/api";
import { clock, sha256 } from "../../pwa/src/data/clock";
import type { Picture } from "../../pwa/src/data/photos";
import { db } from "../../pwa/src/data/records";
import { leaveMemory, restore } from "../../pwa/src/data/session";
import { signIn } from "../../pwa/src/data/signing";
import { pull } from "../../pwa/src/data/sync";
import type { Assignment, Checklist, Item, Outlet } from "../../pwa/src/data/types";
import type { Stub } from "./stub_server";

const both = (text: string) => ({ zh: text, en: text });

/** What is late is called by hand; nothing in these tests waits for a clock. */
export const late: { ms: number; job: () => void }[] = [];
export const time = { now: Date.parse("2026-11-21T02:00:00.000Z"), mono: 1000 };

export function setClocks(): void {
  clock.now = () => time.now;
  clock.mono = () => time.mono;
  clock.random = () => 0.5;
  clock.later = (ms, job) => {
    const one = { ms, job };
    late.push(one);
    return () => void (late.includes(one) && late.splice(late.indexOf(one), 1));
  };
}

export function pass(ms: number): void {
  time.now += ms;
  time.mono += ms;
}

export function newPhone(base: string): void {
  globalThis.indexedDB = new IDBFactory();
  server.base = base;
  server.csrf = "";
  setClocks();
}

export function item(id: string, more: Partial<Item> = {}): Item {
  return {
    id, indicator: id, text: both(id), source: "S3", kind: "pass_fail", points: 200, when: null, na: false, required: true, min_chars: 0,
    prohibition: null, critical: false, later_hours: null, voids: [], options: [], min: null, max: null, unit: null,
    credit: { table: { pass: 1000, fail: 0 } }, photo: { when: "optional", below: 500, hint: null }, original: false, max_px: 1600, asked: true, ...more,
  };
}

export const CHECKLIST: Checklist = {
  engine: 1, id: "own-hall-mystery", version: 1, title: both("暗访"), visit_kinds: ["mystery"], tiers: ["own_hall"],
  prohibition_scoring: "per_item", critical_cap: 60, fail_below: 500, prohibitions: [],
  sections: [
    { id: "A", title: both("环境"), when: null, points: 400, items: [item("A1"), item("A2", { when: { item: "A1", op: "is", value: "fail" }, photo: { when: "on_fail", below: 500, hint: null } })] },
    { id: "B", title: both("等候"), when: null, points: 200, items: [item("B1", { kind: "timer", credit: { bands: [{ when: null, bands: [[600, 1000], [null, 0]] }] } })] },
  ],
};
export const OUTLET: Outlet = {
  id: "0193a000-0000-7000-8000-000000000001", code: "TY01", name: "迎泽厅", pinyin: "yzt", tier: "own_hall", class: "A", setting: "city", status: "active",
  address: null, phone: null, position: null, area: null,
};
export const ASSIGNMENT: Assignment = {
  id: "0193a000-0000-7000-8000-0000000000a1", outlet_id: OUTLET.id, kind: "mystery", part: null, checklist: { id: CHECKLIST.id, version: 1 },
  window_from: "2026-11-20", window_to: "2026-11-25", due_at: null, state: "taken", note: null,
};
export const CHANGES = [
  { type: "assignment", id: ASSIGNMENT.id, version: 1, data: ASSIGNMENT },
  { type: "outlet", id: OUTLET.id, version: 1, data: OUTLET },
  { type: "checklist", id: "own-hall-mystery@1", version: 1, data: CHECKLIST },
];

/** Signed in, with one assignment pulled. */
export async function readyPhone(stub: Stub, base: string, username = "lin"): Promise<void> {
  newPhone(base);
  await leaveMemory();
  stub.pages = [{ changes: CHANGES, removed: [], cursor: "c1", more: false }];
  await signIn(username, "right");
  await pull();
}

/** The page dies and is opened again on the same disk. */
export async function killed(): Promise<void> {
  await db().close();
  await leaveMemory();
  await restore();
}

export async function picture(text: string, size = 2000): Promise<Picture> {
  const bytes = new Uint8Array(size);
  new TextEncoder().encodeInto(text, bytes);
  return { bytes: bytes.buffer, sha256: await sha256(bytes.buffer), type: "image/jpeg", width: 10, height: 10, thumb: new ArrayBuffer(8), takenAt: null };
}

export async function code(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (problem) {
    return (problem as { code?: string }).code ?? String(problem);
  }
  return "done";
}
