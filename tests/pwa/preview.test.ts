/** The preview's sample answers: fitting for every kind of item under every condition, whole, and the same for the same seed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Checklist, Item } from "../../pwa/src/data/types";
import { accepted } from "../../pwa/src/data/values";
import { chanceFrom, sample, type How, type Sample } from "../../pwa/src/preview_answers";
import { allowed, asked, begun, offered } from "../../pwa/src/preview_facts";
import { prepare, score, type Score } from "../../pwa/src/rules/score";
import { CHECKLIST, item } from "./make";

const both = (text: string) => ({ zh: text, en: text });
const options = (...ids: string[]) => ids.map((id) => ({ id, text: both(id) }));
const bands = (...rows: [number | string | null, number][]) => ({ bands: [{ when: null, bands: rows }] });
const record = (id: string, more: Partial<Item>): Item => item(id, { points: 0, credit: null, ...more });

/** Every kind with points and as a record, conditions over facts and answers, and each rule of prohibitions. */
const ALL: Checklist = {
  ...CHECKLIST, visit_kinds: ["mystery", "announced", "patrol"], tiers: ["own_hall", "village"], prohibition_scoring: "all_or_nothing",
  prohibitions: [{ id: "P1", text: both("p1") }, { id: "P2", text: both("p2") }], leaving: "Z9",
  sections: [
    { id: "A", title: both("A"), when: null, points: 0, items: [
      record("A1", { kind: "choice", options: options("busy", "idle", "closed"), voids: ["closed"] }),
      record("A2", { kind: "instant", photo: { when: "always", below: 500, hint: null } }),
      record("A3", { kind: "scale", min: 1, max: 5 }), record("A4", { kind: "count", min: 2, max: null }), record("A5", { kind: "number", min: "-1.5", max: "0.5" }),
      record("A6", { kind: "multi", options: options("a", "b") }), record("A7", { kind: "share" }), record("A8", { kind: "timer" }), record("A9", { kind: "pass_fail" }),
      record("AP", { kind: "photo" }), record("AS", { kind: "signature" }), record("AT", { kind: "text", required: "any_failed", min_chars: 80 }),
    ] },
    { id: "B", title: both("B"), when: null, points: 2000, items: [
      item("B2", { critical: true, prohibition: "P2", na: true }), item("B1", { prohibition: "P1", na: true, photo: { when: "on_fail", below: 500, hint: null } }),
      item("B3", { kind: "scale", min: 0, max: 3, credit: { table: { "0": 0, "1": 333, "2": 667, "3": 1000 } }, na: true }),
      item("B4", { kind: "choice", options: options("full", "half", "none"), credit: { table: { half: 500, full: 1000, none: 0 } } }),
      item("B5", { kind: "multi", options: options("c", "b", "a"), credit: { sum: { a: 600, b: 400, c: -500 } } }),
      item("B6", { kind: "count", min: null, max: 5, credit: bands([0, 1000], [2, 500], [9, 100], [null, 0]) }),
      item("B7", { kind: "number", min: "0", max: null, credit: bands(["0.25", 1000], ["0.5", 300], [null, 0]) }),
      item("B8", { kind: "timer", credit: { bands: [{ when: { item: "A1", op: "is", value: "busy" }, bands: [[600, 1000], [900, 500], [null, 0]] }, { when: null, bands: [[300, 1000], [null, 0]] }] }, na: true }),
      item("B9", { kind: "share", credit: { ratio: true }, later_hours: 24 }),
    ] },
    { id: "C", title: both("C"), when: { fact: "kind", op: "is", value: "mystery" }, points: 200, items: [item("C1"), record("C2", { when: { item: "C1", op: "is", value: "fail" }, kind: "text" })] },
    { id: "Z", title: both("Z"), when: { fact: "class", op: "in", value: ["A", "B"] }, points: 200, items: [item("Z1", { when: { not: { item: "B1", op: "is", value: "pass" } } }), record("Z9", { kind: "instant" })] },
  ],
};
const ITEMS = new Map(ALL.sections.flatMap((section) => section.items).map((one) => [one.id, one]));
const FACTS: Record<string, string>[] = [{ kind: "mystery", tier: "own_hall", class: "A" }, { kind: "patrol", tier: "village", class: "C", part: "opening" }];
const BEGUN = Date.parse("2026-11-21T02:00:00.000Z");
const make = (how: How, seed: number, facts: Record<string, string>): Sample => sample(ALL, facts, how, seed, { text: "样例。", note: "说明" }, BEGUN);
const scored = (one: Sample, facts: Record<string, string>): Score => score(prepare(ALL), facts, one.answers, Object.fromEntries(one.pictures.map((id) => [id, 1])));

/** Each answer fits its item, each visible item has one, and with its pictures nothing is missing and nothing void. */
function whole(one: Sample, facts: Record<string, string>): Score {
  for (const [id, answer] of Object.entries(one.answers)) {
    if (answer.value !== undefined) assert.deepEqual(accepted(ITEMS.get(id)!, answer.value), answer.value, id);
    if (answer.timer) assert.equal(Date.parse(answer.timer.laps[0]![1]) - Date.parse(answer.timer.laps[0]![0]), 1000 * Number(answer.value));
  }
  const result = scored(one, facts);
  const given = new Set([...Object.keys(one.answers), ...one.pictures]);
  assert.deepEqual(result.visible.filter((id) => !given.has(id)), []);
  assert.deepEqual([...given].filter((id) => !result.visible.includes(id)), []);
  assert.deepEqual(result.missing, []);
  assert.equal(result.voided, false);
  return result;
}

test("all met is 100.00 in every section, whatever the facts", () => {
  for (const facts of FACTS) {
    const result = whole(make("met", 1, facts), facts);
    assert.equal(result.score, "100.00");
    assert.deepEqual(Object.values(result.sections).filter((figure) => figure !== null && figure !== "100.00"), []);
    assert.deepEqual([result.failed, result.violated], [[], []]);
  }
});

test("some failed fails some, with a note each, and no critical item", () => {
  for (const facts of FACTS) {
    const one = make("some", 1, facts);
    const result = whole(one, facts);
    assert.ok(result.failed.length >= 2, String(result.failed));
    assert.ok(Number(result.score) > 40 && Number(result.score) < 100, String(result.score));
    assert.deepEqual(result.grave, []);
    for (const id of result.failed) assert.equal(one.answers[id]!.note, "说明");
  }
});

test("by chance: the same seed gives the same answers, another seed others, and every one of them fits", () => {
  for (const facts of FACTS) {
    const seen = new Map<string, Set<string>>();
    for (let seed = 0; seed < 300; seed += 1) {
      const one = make("random", seed, facts);
      whole(one, facts);
      assert.deepEqual(make("random", seed, facts), one);
      for (const [id, { value }] of Object.entries(one.answers)) seen.set(id, (seen.get(id) ?? new Set()).add(JSON.stringify(value)));
    }
    assert.deepEqual([...seen.get("A1")!].sort(), ['"busy"', '"idle"']);
    assert.deepEqual([...seen.get("B1")!].sort(), ['"fail"', '"na"', '"pass"']);
    assert.deepEqual([...seen.get("B7")!].sort(), ['"0.25"', '"0.5"', '"1.5"']);
    // Each band that the limit leaves open, and none beyond it.
    assert.deepEqual([...seen.get("B6")!].sort(), ["0", "1", "2", "3", "4", "5"]);
    assert.ok(seen.get("A5")!.size === 1 && seen.get("B8")!.size > 50);
  }
});

test("the generator is the same on every device", () => {
  const chance = chanceFrom(42);
  assert.deepEqual([chance(), chance(), chance()].map((one) => Math.floor(one * 1e6)), [601103, 448290, 852465]);
});

test("facts: those that a condition names are offered, and a wish that the checklist does not allow is not taken", () => {
  assert.deepEqual([...asked(ALL)].sort(), ["class", "kind"]);
  assert.deepEqual(allowed(ALL).kind, ["mystery", "announced", "patrol"]);
  assert.deepEqual(offered(ALL, "mystery"), ["kind", "tier", "class"]);
  assert.deepEqual(offered(ALL, "patrol"), ["kind", "tier", "class", "part"]);
  assert.deepEqual(begun(ALL, null), { kind: "mystery", tier: "own_hall", class: "A", setting: "city", part: null });
  assert.deepEqual(begun(ALL, { kind: "patrol", tier: "franchise", class: "C" }), { kind: "patrol", tier: "own_hall", class: "C", setting: "city", part: "opening" });
});
