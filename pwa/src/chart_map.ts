/** The map of the console: a soft outline and a bubble for each unit, which cover neither each other nor their names. */

import type { EChartsCoreOption } from "echarts/core";
import { ground, type Spot } from "./chart_ground";

/** `outline` holds corners as longitude and latitude. */
export interface Point { name: string; lng: number; lat: number; outlets: number; said: string; value: number | null; text: string; link: string; outline: Spot[] }
/** `ground` is the outline of all points together, where none has one of its own; `astray` counts outlets that are left out. */
export interface Places { kind: "map"; points: Point[]; ground: Spot[]; astray?: number }

interface Bubble { x: number; y: number; r: number; name: string; text: string }
interface Box { left: number; right: number; top: number; bottom: number }
interface Name { letters: string; dx: number; dy: number; align: "left" | "center" | "right"; shown: boolean }

/** A name that is too long for its place is cut behind so many letters. */
const SHORT = 6;

/** The higher of the values there are, the less one sees through it: as two hexadecimal digits behind a colour of six. */
function shade(value: number | null, least: number, most: number): string {
  const part = value === null ? 0.08 : 0.25 + 0.65 * (most > least ? (value - least) / (most - least) : 1);
  return Math.round(part * 255).toString(16).padStart(2, "0");
}

/** Bubbles that lie over each other are pushed apart, each as little as it needs. */
function apart(bubbles: Bubble[], width: number, height: number): void {
  for (let turn = 0, moved = true; turn < 120 && moved; turn += 1) {
    moved = false;
    bubbles.forEach((one, number) => bubbles.slice(number + 1).forEach((other) => {
      let [dx, dy] = [other.x - one.x, other.y - one.y];
      if (dx === 0 && dy === 0) [dx, dy] = [Math.cos(number * 2.4), Math.sin(number * 2.4)];
      const away = Math.hypot(dx, dy);
      const lacks = one.r + other.r + 3 - away;
      if (lacks < 0.5) return;
      const step = lacks / 2 / away;
      [one.x, one.y, other.x, other.y] = [one.x - dx * step, one.y - dy * step, other.x + dx * step, other.y + dy * step];
      moved = true;
    }));
    for (const each of bubbles) [each.x, each.y] = [Math.min(width - each.r - 2, Math.max(each.r + 2, each.x)), Math.min(height - each.r - 2, Math.max(each.r + 2, each.y))];
  }
}

/** Where beside its bubble a name touches neither a bubble nor a name before it: without room it goes without its figure, then cut, then not at all. */
function names(bubbles: Bubble[], width: number, height: number): Name[] {
  const taken: Box[] = bubbles.map(({ x, y, r }) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r }));
  const covered = (one: Box, other: Box): number =>
    Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) * Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));
  const length = (letters: string): number => [...letters].reduce((sum, letter) => sum + (letter > "\u2e80" ? 12 : 7), 0);
  return bubbles.map(({ x, y, r, name, text }, number) => {
    const slant = r * 0.72 + 4;
    const ways: [number, number, Name["align"]][] = [
      [r + 4, 0, "left"], [-r - 4, 0, "right"], [0, r + 11, "center"], [0, -r - 11, "center"],
      [slant, slant + 4, "left"], [-slant, slant + 4, "right"], [slant, -slant - 4, "left"], [-slant, -slant - 4, "right"],
      [-r, r + 11, "left"], [r, r + 11, "right"], [-r, -r - 11, "left"], [r, -r - 11, "right"],
    ];
    const cut = [...name].length > SHORT + 1 ? [`${[...name].slice(0, SHORT).join("")}…`] : [];
    const tried = [`${name} ${text}`, name, ...cut].flatMap((letters) => ways.map(([dx, dy, align]) => {
      const long = length(letters);
      const left = x + dx - (align === "left" ? 0 : align === "right" ? long : long / 2);
      const box = { left: left - 1, right: left + long + 1, top: y + dy - 9, bottom: y + dy + 9 };
      const out = Math.max(0, -box.left) + Math.max(0, box.right - width) + Math.max(0, -box.top) + Math.max(0, box.bottom - height);
      return { letters, dx, dy, align, box, cost: taken.reduce((sum, other, at) => sum + (at === number ? 0 : covered(box, other)), 0) + 100 * out };
    }));
    const best = tried.reduce((least, each) => (each.cost < least.cost ? each : least));
    const shown = best.cost === 0;
    if (shown) taken.push(best.box);
    return { letters: best.letters, dx: best.dx, dy: best.dy, align: best.align, shown };
  });
}

/** A kilometre is as long to the east as to the north: the axes are stretched to the shape of the canvas around the middle. */
export function places(data: Places, colour: (name: string) => string, across: number, down: number): EChartsCoreOption {
  const around = (numbers: number[]): [number, number] => [(Math.min(...numbers) + Math.max(...numbers)) / 2, Math.max(...numbers) - Math.min(...numbers)];
  const spots = data.points.flatMap((point): Spot[] => [[point.lng, point.lat], ...point.outline]);
  const [lng, wide] = around(spots.map(([east]) => east));
  const [lat, tall] = around(spots.map(([, north]) => north));
  const shrunk = Math.cos((lat * Math.PI) / 180);
  const shape = across / down;
  const height = Math.max(tall * 1.16, (wide * 1.24 * shrunk) / shape, 0.01);
  const width = (height * shape) / shrunk;
  const found = data.points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const [least, most] = [Math.min(...found), Math.max(...found)];
  const largest = Math.max(...data.points.map((point) => point.outlets));
  const size = (point: Point): number => (largest === 1 ? (data.points.length > 40 ? 11 : 18) : 14 + (across < 420 ? 20 : 30) * Math.sqrt(point.outlets / largest));
  const bubbles = data.points.map((point) => ({
    x: ((point.lng - lng) / width + 0.5) * across, y: (0.5 - (point.lat - lat) / height) * down, r: size(point) / 2, name: point.name, text: point.text,
  }));
  apart(bubbles, across, down);
  const beside = names(bubbles, across, down);
  const axis = { type: "value", show: false };
  const pixel = ([east, north]: Spot): Spot => [((east - lng) / width + 0.5) * across, (0.5 - (north - lat) / height) * down];
  const land = ground(data.ground.length > 0 ? [data.ground.map(pixel)] : data.points.map((point) => point.outline.map(pixel)), across, down);
  return {
    textStyle: { fontFamily: colour("font") || "system-ui, sans-serif" },
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { ...axis, min: lng - width / 2, max: lng + width / 2 },
    yAxis: { ...axis, min: lat - height / 2, max: lat + height / 2 },
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: colour("card"), borderColor: colour("edge"), textStyle: { color: colour("ink"), fontSize: 13 },
      formatter: ({ dataIndex }: { dataIndex: number }) => { const point = data.points[dataIndex]!; return [point.name, point.text, point.said].filter(Boolean).join("\n"); },
    },
    series: [
      {
        type: "custom", data: land.map(() => [lng, lat]), cursor: data.ground.length > 0 ? "default" : "pointer", animation: false, tooltip: { show: false }, emphasis: { disabled: true },
        renderItem: ({ dataIndex }: { dataIndex: number }) => ({
          type: "group",
          children: land[dataIndex]!.map((points) => ({ type: "polygon", shape: { points }, style: { fill: colour("map"), stroke: colour("map-edge"), lineWidth: 1, lineJoin: "round" } })),
        }),
      },
      {
        type: "scatter", cursor: "pointer", emphasis: { disabled: true },
        data: data.points.map((point, number) => ({
          value: [lng + (bubbles[number]!.x / across - 0.5) * width, lat + (0.5 - bubbles[number]!.y / down) * height], symbolSize: size(point),
          label: { show: beside[number]!.shown, formatter: () => beside[number]!.letters, position: "inside", offset: [beside[number]!.dx, beside[number]!.dy], align: beside[number]!.align },
          itemStyle: { color: `${colour("accent")}${shade(point.value, least, most)}`, borderColor: colour("accent"), borderWidth: 1.5 },
        })),
        label: { show: true, color: colour("ink"), fontSize: 12 },
      },
    ],
  };
}

/** Where a click on the map leads: the bubbles are the second series, the ground of their units the first. */
export function leads(data: Places, series: number, index: number): string | undefined {
  return series === 0 && data.ground.length > 0 ? undefined : data.points[index]?.link;
}
