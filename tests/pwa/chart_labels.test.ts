/** The numbers of a line's points: none touches another, and those that matter most are there. */

import { test } from "node:test";
import assert from "node:assert/strict";
import { sides } from "../../pwa/src/chart_labels";

const MONTHS = [null, 86, 87.12, 87.37, 87.46, 87.13, 87.93, 87.14];

for (const step of [20, 26, 34, 60, 120]) {
  test(`at ${step} pixels between points no two numbers touch, and the last, the highest and the lowest are told`, () => {
    const found = sides(MONTHS, step, 50);
    const boxes = found.flatMap((side, at) => (side ? [{ x: at * step, y: -MONTHS[at]! * 50 + (side === "top" ? -13.5 : 13.5) }] : []));
    boxes.forEach((one, number) => boxes.slice(number + 1).forEach((other) => assert.ok(Math.abs(one.x - other.x) >= 40 || Math.abs(one.y - other.y) >= 15)));
    assert.ok(found[7] && found[6] && found[1]);
  });
}

test("a number stands off the line: above a peak, below a valley", () => {
  assert.deepEqual(sides([86, 90, 86, 90], 60, 50), ["bottom", "top", "bottom", "top"]);
});

test("with room every point has its number, and what is missing has none", () => {
  assert.deepEqual(sides([80, null, 80.1, 80], 200, 20), ["top", undefined, "top", "top"]);
});
