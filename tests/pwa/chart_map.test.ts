/** The map of the overview: no bubble and no name covers another, and each place on its ground belongs to one unit. */

import { test } from "node:test";
import assert from "node:assert/strict";
import { ground, type Spot } from "../../pwa/src/chart_ground";
import { leads, places, type Places, type Point } from "../../pwa/src/chart_map";

const colour = (): string => "#0b6e63";
const at = (name: string, lng: number, lat: number, outlets = 20): Point => ({
  name, lng, lat, outlets, said: "", value: 90, text: "90.00", link: `/overview?unit=${name}`, outline: [[lng - 0.3, lat - 0.2], [lng + 0.3, lat - 0.2], [lng, lat + 0.3]],
});
/** Eleven branches as they lie in Shanxi; two of them have nearly the same middle. */
const SHANXI: Places = {
  kind: "map", ground: [],
  points: [
    at("大同", 113.3, 40.08, 22), at("朔州", 112.6, 39.5), at("忻州", 112.75, 38.5), at("太原", 112.55, 37.85, 43), at("晋中", 112.53, 37.6), at("阳泉", 113.5, 37.9),
    at("吕梁", 111.5, 37.5), at("临汾", 111.5, 36.1), at("长治", 113.0, 36.2), at("晋城", 112.75, 35.6), at("运城", 111.0, 35.1, 39),
  ],
};

interface Drawn { value: Spot; symbolSize: number; label: { show: boolean; formatter: () => string; offset: Spot; align: string } }
interface Option { xAxis: { min: number; max: number }; yAxis: { min: number; max: number }; series: { data: Drawn[] }[] }
interface Box { left: number; right: number; top: number; bottom: number }

function laid(data: Places, width: number, height: number): { bubbles: { x: number; y: number; r: number }[]; names: Box[] } {
  const option = places(data, colour, width, height) as unknown as Option;
  const { xAxis, yAxis } = option;
  const drawn = option.series[1]!.data;
  const bubbles = drawn.map(({ value: [lng, lat], symbolSize }) => ({
    x: ((lng - xAxis.min) / (xAxis.max - xAxis.min)) * width, y: ((yAxis.max - lat) / (yAxis.max - yAxis.min)) * height, r: symbolSize / 2,
  }));
  const names = drawn.flatMap(({ label: { show, formatter, offset: [dx, dy], align } }, number) => {
    const { x, y } = bubbles[number]!;
    const long = [...formatter()].reduce((sum, letter) => sum + (letter > "\u2e80" ? 12 : 7), 0);
    const left = x + dx - (align === "left" ? 0 : align === "right" ? long : long / 2);
    return show ? [{ left, right: left + long, top: y + dy - 8, bottom: y + dy + 8 }] : [];
  });
  return { bubbles, names };
}

const cover = (one: Box, other: Box): boolean => one.left < other.right - 0.5 && other.left < one.right - 0.5 && one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5;

for (const [width, height] of [[420, 560], [310, 460], [250, 460]] as const) {
  test(`at ${width} pixels nothing on the map covers anything else, and every branch has its name`, () => {
    const { bubbles, names } = laid(SHANXI, width, height);
    assert.equal(names.length, 11);
    bubbles.forEach((one, number) => bubbles.slice(number + 1).forEach((other) => assert.ok(Math.hypot(one.x - other.x, one.y - other.y) >= one.r + other.r)));
    names.forEach((one, number) => {
      assert.ok(one.left >= 0 && one.right <= width && one.top >= 0 && one.bottom <= height);
      names.slice(number + 1).forEach((other) => assert.ok(!cover(one, other)));
      bubbles.forEach(({ x, y, r }, at) => assert.ok(at === number || !cover(one, { left: x - r, right: x + r, top: y - r, bottom: y + r })));
    });
  });
}

/** Outlets of one area as their names are long. */
const AREA: Places = {
  kind: "map", ground: [[112.5, 37.7], [112.6, 37.7], [112.6, 37.8]],
  points: ([["小店人民路宏达便利店", 112.55, 37.8], ["小店联华通信专营店", 112.53, 37.79], ["小店并州路合作营业厅", 112.59, 37.785], ["小店众合通信专营店", 112.51, 37.782], ["小店金桥通信专营店", 112.508, 37.77],
    ["小店华联手机店", 112.6, 37.755], ["太原长风街营业厅", 112.512, 37.735], ["小店北大街天翔便利店", 112.54, 37.7], ["小店新建路宏达便利店", 112.545, 37.68]] as const)
    .map(([name, lng, lat]) => ({ ...at(name, lng, lat, 1), outline: [] })),
};

for (const [width, height] of [[350, 460], [256, 460], [300, 380]] as const) {
  test(`at ${width} pixels long names of a few outlets do not touch`, () => {
    const { names } = laid(AREA, width, height);
    assert.ok(names.length >= 8);
    names.forEach((one, number) => names.slice(number + 1).forEach((other) => assert.ok(!cover(one, other))));
  });
}

test("a bubble stays near its place", () => {
  const alone = laid({ ...SHANXI, points: SHANXI.points.filter(({ name }) => name !== "晋中") }, 420, 560);
  const beside = laid(SHANXI, 420, 560);
  assert.ok(Math.hypot(alone.bubbles[3]!.x - beside.bubbles[3]!.x, alone.bubbles[3]!.y - beside.bubbles[3]!.y) < 20);
});

test("among many outlets only those names are shown that have room, and all bubbles are apart", () => {
  const many = Array.from({ length: 120 }, (_, number) => ({ ...at(`网点${number}`, 112 + (number % 5) * 0.01, 37 + Math.floor(number / 5) * 0.01, 1), outline: [] }));
  const { bubbles, names } = laid({ kind: "map", points: many, ground: [[112, 37], [112.04, 37], [112.04, 37.23], [112, 37.23]] }, 420, 560);
  assert.ok(names.length < 120);
  names.forEach((one, number) => names.slice(number + 1).forEach((other) => assert.ok(!cover(one, other))));
  bubbles.forEach((one, number) => bubbles.slice(number + 1).forEach((other) => assert.ok(Math.hypot(one.x - other.x, one.y - other.y) >= one.r + other.r - 1)));
});

const inside = ([x, y]: Spot, loop: Spot[]): boolean =>
  loop.filter(([ax, ay], number) => { const [bx, by] = loop[(number + 1) % loop.length]!; return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax; }).length % 2 === 1;

test("land lies around each hull, is parted halfway to the next, and far away there is none", () => {
  const [west, east] = ground([[[100, 100], [150, 100], [125, 150]], [[180, 100], [230, 100], [205, 150]], []], 400, 300).map((each) => each.flat()) as [Spot[], Spot[]];
  assert.ok(inside([125, 120], west) && !inside([125, 120], east));
  assert.ok(inside([205, 120], east) && !inside([205, 120], west));
  assert.ok(inside([158, 110], west) && inside([172, 110], east));
  assert.ok(![west, east].some((loop) => inside([320, 250], loop)));
});

test("a bubble and the ground of its unit lead to the unit", () => {
  assert.equal(leads(SHANXI, 0, 3), "/overview?unit=太原");
  assert.equal(leads(SHANXI, 1, 3), "/overview?unit=太原");
  assert.equal(leads({ ...SHANXI, ground: [[112, 37], [113, 37], [112, 38]] }, 0, 0), undefined);
});
