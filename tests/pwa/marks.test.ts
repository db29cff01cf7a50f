/** Drawn marks: what a finger's way becomes, always on the picture, the same path for the screen and the file. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, lineOf, moved, pathOf, placed, pointOn, sized, turned, type Mark, type Shape } from "../../pwa/src/screens/mark_shapes";

const SIZE = { width: 1600, height: 1200 };
const SHAPES: Shape[] = ["arrow", "circle"];
const onPicture = ({ from, to }: Mark, { width, height } = SIZE) => [from, to].every(({ x, y }) => x >= 0 && y >= 0 && x <= width && y <= height);

test("a finger is where it is on the picture, however small it is shown, and never outside", () => {
  const box = { left: 10, top: 100, width: 320, height: 240 };
  assert.deepEqual(pointOn({ x: 170, y: 220 }, box, SIZE), { x: 800, y: 600 });
  assert.deepEqual(pointOn({ x: -50, y: 900 }, box, SIZE), { x: 0, y: 1200 });
});

test("an arrow points to where the finger ended, a circle fills the way between, whichever direction", () => {
  const [a, b] = [{ x: 900, y: 700 }, { x: 300, y: 400 }];
  assert.deepEqual(drawn("arrow", a, b, SIZE), { shape: "arrow", from: a, to: b });
  assert.deepEqual(drawn("circle", a, b, SIZE), { shape: "circle", from: b, to: a });
});

test("a tap places a mark on the picture that begins or goes around where the finger was, in the corners too", () => {
  for (const shape of SHAPES) {
    for (const at of [{ x: 800, y: 600 }, { x: 0, y: 0 }, { x: 1600, y: 1200 }, { x: 1600, y: 0 }, { x: 3, y: 1190 }]) {
      const mark = drawn(shape, at, { x: at.x + 4, y: at.y }, SIZE);
      assert.ok(onPicture(mark), `${shape} at ${at.x},${at.y}`);
      if (shape === "arrow") assert.ok(Math.hypot(mark.to.x - at.x, mark.to.y - at.y) < 40);
    }
  }
});

test("a flat way still becomes a circle that is seen", () => {
  const { from, to } = drawn("circle", { x: 100, y: 500 }, { x: 900, y: 502 }, SIZE);
  assert.ok(to.y - from.y > 50);
  assert.equal(to.x - from.x, 800);
});

test("keys move a mark and stop it at the edge; it grows and shrinks within limits and keeps what it points to", () => {
  for (const shape of SHAPES) {
    const begun = placed(shape, { x: 800, y: 600 }, SIZE);
    let mark = begun;
    for (let n = 0; n < 200; n += 1) mark = moved(mark, 0.02, 0.02, SIZE);
    assert.ok(onPicture(mark));
    assert.equal(Math.max(mark.from.x, mark.to.x), 1600);
    let large = begun, small = begun;
    for (let n = 0; n < 100; n += 1) [large, small] = [sized(large, 1.25, SIZE), sized(small, 0.8, SIZE)];
    assert.ok(onPicture(large));
    assert.ok(Math.hypot(small.to.x - small.from.x, small.to.y - small.from.y) >= 1600 / 25);
    if (shape === "arrow") assert.deepEqual(small.to, begun.to);
  }
});

test("eight turns bring an arrow around its point back", () => {
  const begun: Mark = { shape: "arrow", from: { x: 900, y: 700 }, to: { x: 800, y: 600 } };
  let mark = begun;
  for (let n = 0; n < 8; n += 1) {
    mark = turned(mark, SIZE);
    assert.deepEqual(mark.to, begun.to);
  }
  assert.ok(Math.abs(mark.from.x - 900) < 1e-6 && Math.abs(mark.from.y - 700) < 1e-6);
});

test("the path is closed for circles, has both wings for arrows, and its line grows with the picture", () => {
  const circle = pathOf({ shape: "circle", from: { x: 400, y: 300 }, to: { x: 200, y: 100 } }, SIZE);
  assert.equal(circle, "M200 200a100 100 0 1 0 200 0a100 100 0 1 0 -200 0z");
  const arrow = pathOf({ shape: "arrow", from: { x: 500, y: 100 }, to: { x: 100, y: 100 } }, SIZE);
  assert.match(arrow, /^M500 100L100 100M(\d+\.?\d*) (\d+\.?\d*)L100 100L\1 \d+\.?\d*$/);
  assert.ok(lineOf(SIZE) > 10 && lineOf({ width: 320, height: 240 }) < 4);
});
