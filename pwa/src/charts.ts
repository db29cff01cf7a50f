/** The charts of the console: lines of the last periods and a map of bubbles, drawn from the data beside their tables. */

import * as echarts from "echarts/core";
import { LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
import type { EChartsCoreOption } from "echarts/core";

echarts.use([LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

interface Lines {
  kind: "lines";
  periods: string[];
  series: { name: string; values: (number | null)[]; links: string[] }[];
  unit: string;
  target: number | null;
  target_name: string;
}
interface Point { name: string; lng: number; lat: number; outlets: number; said: string; value: number | null; text: string; link: string }
interface Places { kind: "map"; points: Point[] }

/** Each line has a mark and a stroke of its own, so that no colour has to be told apart. */
const SHAPES = ["circle", "rect", "triangle", "diamond", "roundRect", "emptyCircle"];
const STROKES = ["solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4], [3, 3]];
const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The page's own colours as they are at present; paper is always light. */
function colours(on: HTMLElement): (name: string) => string {
  const style = getComputedStyle(on);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

/** The next round step of an axis: 1, 2 or 5 times a power of ten. */
function stride(least: number): number {
  const ten = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((times) => times * ten >= least) ?? 10) * ten;
}

function lines(data: Lines, colour: (name: string) => string, width: number): EChartsCoreOption {
  const narrow = width < 520;
  const values = data.series.flatMap((each) => each.values).filter((value): value is number => value !== null);
  if (data.target !== null) values.push(data.target);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.15, 0.25);
  const step = stride((high - low + 2 * room) / 5);
  const ink = { color: colour("ink-2"), fontSize: 12 };
  const rows = narrow ? data.series.length : Math.ceil(data.series.length / 3);
  return {
    textStyle: { fontFamily: colour("font") || "system-ui, sans-serif" },
    grid: { left: 8, right: narrow ? 12 : 24, top: 20 + rows * 24, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 28, itemGap: 14, textStyle: narrow ? { ...ink, width: width - 48, overflow: "truncate" } : ink, selectedMode: false, orient: narrow ? "vertical" : "horizontal" },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colour("card"), borderColor: colour("edge"),
      textStyle: { color: colour("ink"), fontSize: 13 }, valueFormatter: (value: unknown) => (typeof value === "number" ? `${value.toFixed(2)} ${data.unit}`.trim() : "—"),
    },
    xAxis: { type: "category", data: data.periods, boundaryGap: true, axisLabel: { ...ink, hideOverlap: true }, axisLine: { lineStyle: { color: colour("edge") } }, axisTick: { show: false } },
    yAxis: {
      type: "value", interval: step, min: Math.max(0, Math.floor((low - room) / step) * step), max: Math.ceil((Math.min(high + room, data.unit === "%" ? 100 : Infinity)) / step) * step,
      axisLabel: { ...ink, formatter: `{value}${data.unit && " " + data.unit}` }, splitLine: { lineStyle: { color: colour("line") } },
    },
    series: data.series.map((each, number) => ({
      type: "line", name: each.name, data: each.values, connectNulls: false, symbol: SHAPES[number % SHAPES.length], symbolSize: 8, showAllSymbol: true,
      color: colour(`line-${(number % 6) + 1}`), lineStyle: { width: 2, type: STROKES[number % STROKES.length] }, cursor: "pointer", emphasis: { disabled: true }, triggerLineEvent: false,
      label: { show: data.series.length === 1, color: colour("ink"), fontSize: 12, formatter: ({ value }: { value: unknown }) => (typeof value === "number" ? value.toFixed(2) : "") },
      markLine: number === 0 && data.target !== null
        ? { silent: true, symbol: "none", animation: false, lineStyle: { color: colour("ink-3"), type: "dashed", width: 1.5 }, label: { color: colour("ink-2"), fontSize: 12, position: "insideStartTop", formatter: `${data.target_name} ${data.target} ${data.unit}` }, data: [{ yAxis: data.target }] }
        : undefined,
    })),
  };
}

/** The higher of the values there are, the less one sees through it: as two hexadecimal digits behind a colour of six. */
function shade(value: number | null, least: number, most: number): string {
  const part = value === null ? 0.08 : 0.2 + 0.7 * (most > least ? (value - least) / (most - least) : 1);
  return Math.round(part * 255).toString(16).padStart(2, "0");
}

interface Bubble { x: number; y: number; r: number; letters: string }
interface Box { left: number; right: number; top: number; bottom: number }

/** On which side of each bubble its name covers the least of the other bubbles and of the names before it. */
function beside(bubbles: Bubble[], width: number): string[] {
  const taken: Box[] = bubbles.map(({ x, y, r }) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r }));
  const covered = (one: Box, other: Box): number =>
    Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) * Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));
  return bubbles.map(({ x, y, r, letters }) => {
    const long = [...letters].reduce((sum, letter) => sum + (letter > "\u2e80" ? 12 : 7), 0);
    const boxes: Record<string, Box> = {
      right: { left: x + r + 3, right: x + r + 3 + long, top: y - 8, bottom: y + 8 },
      left: { left: x - r - 3 - long, right: x - r - 3, top: y - 8, bottom: y + 8 },
      bottom: { left: x - long / 2, right: x + long / 2, top: y + r + 3, bottom: y + r + 19 },
      top: { left: x - long / 2, right: x + long / 2, top: y - r - 19, bottom: y - r - 3 },
    };
    const cost = (box: Box): number =>
      taken.reduce((sum, other) => sum + covered(box, other), 0) + 100 * (Math.max(0, -box.left) + Math.max(0, box.right - width));
    const [side, box] = Object.entries(boxes).reduce((best, each) => (cost(each[1]) < cost(best[1]) ? each : best));
    taken.push(box);
    return side;
  });
}

/** A kilometre is as long to the east as to the north: the axes are stretched to the shape of the canvas around the middle. */
function places(data: Places, colour: (name: string) => string, canvas: HTMLElement): EChartsCoreOption {
  const around = (numbers: number[]): [number, number] => [(Math.min(...numbers) + Math.max(...numbers)) / 2, Math.max(...numbers) - Math.min(...numbers)];
  const [lng, wide] = around(data.points.map((point) => point.lng));
  const [lat, tall] = around(data.points.map((point) => point.lat));
  const shrunk = Math.cos((lat * Math.PI) / 180);
  const shape = canvas.clientWidth / canvas.clientHeight;
  const height = Math.max(tall * 1.35, (wide * 1.45 * shrunk) / shape, 0.01);
  const width = (height * shape) / shrunk;
  const found = data.points.flatMap((point) => (point.value === null ? [] : [point.value]));
  const [least, most] = [Math.min(...found), Math.max(...found)];
  const largest = Math.max(...data.points.map((point) => point.outlets));
  const axis = { type: "value", show: false };
  const size = (point: Point): number => (largest === 1 ? 18 : 14 + 30 * Math.sqrt(point.outlets / largest));
  const bubbles = data.points.map((point) => ({
    x: ((point.lng - lng) / width + 0.5) * canvas.clientWidth, y: (0.5 - (point.lat - lat) / height) * canvas.clientHeight, r: size(point) / 2, letters: `${point.name} ${point.text}`,
  }));
  const sides = beside(bubbles, canvas.clientWidth);
  return {
    textStyle: { fontFamily: colour("font") || "system-ui, sans-serif" },
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { ...axis, min: lng - width / 2, max: lng + width / 2 },
    yAxis: { ...axis, min: lat - height / 2, max: lat + height / 2 },
    tooltip: {
      renderMode: "richText", confine: true, backgroundColor: colour("card"), borderColor: colour("edge"), textStyle: { color: colour("ink"), fontSize: 13 },
      formatter: ({ dataIndex }: { dataIndex: number }) => { const point = data.points[dataIndex]!; return [point.name, point.text, point.said].filter(Boolean).join("\n"); },
    },
    series: [{
      type: "scatter", cursor: "pointer", emphasis: { disabled: true },
      data: data.points.map((point, number) => ({
        value: [point.lng, point.lat], symbolSize: size(point), label: { position: sides[number] },
        itemStyle: { color: `${colour("accent")}${shade(point.value, least, most)}`, borderColor: colour("accent"), borderWidth: 1.5 },
      })),
      label: { show: true, distance: 4, color: colour("ink"), fontSize: 12, formatter: ({ dataIndex }: { dataIndex: number }) => { const point = data.points[dataIndex]!; return `${point.name} ${point.text}`; } },
    }],
  };
}

function show(figure: HTMLElement): void {
  const canvas = figure.querySelector<HTMLElement>(".area");
  const told = figure.querySelector("script")?.textContent;
  if (!canvas || !told) return;
  const data = JSON.parse(told) as Lines | Places;
  figure.hidden = false;
  const chart = echarts.init(canvas, null, { renderer: "svg" });
  // Names below each other need their room.
  const fit = (): void => { canvas.style.height = data.kind === "lines" && data.series.length > 3 && canvas.clientWidth < 520 ? "430px" : ""; };
  const draw = (paper: boolean): void => {
    figure.classList.toggle("paper", paper);
    const colour = colours(figure);
    const option = data.kind === "lines" ? lines(data, colour, canvas.clientWidth) : places(data, colour, canvas);
    chart.setOption({ ...option, animation: !paper && !still.matches, animationDuration: 300 }, { notMerge: true });
  };
  // A drawing that knows its box keeps its shape on paper, however wide that is.
  chart.on("rendered", () => canvas.querySelector("svg")?.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`));
  chart.on("click", ({ dataIndex, seriesIndex }) => {
    const link = data.kind === "lines" ? data.series[seriesIndex ?? 0]?.links[dataIndex] : data.points[dataIndex]?.link;
    if (link) location.assign(link);
  });
  fit();
  chart.resize({ animation: { duration: 0 } });
  draw(false);
  figure.dataset["drawn"] = data.kind;
  new ResizeObserver(() => {
    if (canvas.clientWidth === 0 || canvas.clientWidth === chart.getWidth()) return;
    fit();
    chart.resize({ animation: { duration: 0 } });
    draw(false);
  }).observe(canvas);
  dark.addEventListener("change", () => draw(false));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));
}

document.querySelectorAll<HTMLElement>("figure.plot").forEach(show);
document.querySelectorAll<HTMLElement>("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
document.querySelectorAll<HTMLElement>("[data-drawn-only]").forEach((each) => { each.hidden = false; });
// What the charts show need not stand open below them; without a script it does.
document.querySelectorAll<HTMLDetailsElement>("details.numbers").forEach((numbers) => { numbers.open = false; });
