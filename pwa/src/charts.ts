/** The charts of the console: lines of the last periods and a map of bubbles, drawn from the data beside their tables. */

import * as echarts from "echarts/core";
import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";
import type { EChartsCoreOption } from "echarts/core";
import { sides } from "./chart_labels";
import { leads, places, type Places } from "./chart_map";

echarts.use([CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

interface Lines {
  kind: "lines";
  periods: string[];
  series: { name: string; values: (number | null)[]; links: string[] }[];
  unit: string;
  target: number | null;
  target_name: string;
}

/** Each line has a mark and a stroke of its own, so that no colour has to be told apart. */
const SHAPES = ["circle", "rect", "triangle", "diamond", "roundRect", "emptyCircle"];
const STROKES = ["solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4], [3, 3]];
/** Within so many pixels of a mark a click is meant for it. */
const REACH = 14;
/** The pixels of a chart on paper, about as wide as it stands there, so that its letters keep their size. */
const PAPER = { map: [290, 380], lines: [330, 230], wide: [680, 230] } as const;
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

function lines(data: Lines, colour: (name: string) => string, width: number, height: number): EChartsCoreOption {
  const narrow = width < 520;
  const values = data.series.flatMap((each) => each.values).filter((value): value is number => value !== null);
  if (data.target !== null) values.push(data.target);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = Math.max((high - low) * 0.15, 0.25);
  const step = stride((high - low + 2 * room) / 5);
  const ink = { color: colour("ink-2"), fontSize: 12 };
  const goal = data.target === null ? [] : [{
    type: "line", name: `${data.target_name} ${data.target} ${data.unit}`.trim(), data: data.periods.map(() => data.target), symbol: "none", silent: true,
    color: colour("ink-3"), itemStyle: { opacity: 0 }, lineStyle: { width: 1.5, type: "dashed" }, emphasis: { disabled: true },
  }];
  const named = data.series.length + goal.length;
  const rows = narrow ? named : Math.ceil(named / 3);
  const [least, most] = [Math.max(0, Math.floor((low - room) / step) * step), Math.ceil((Math.min(high + room, data.unit === "%" ? 100 : Infinity)) / step) * step];
  const [right, top] = [narrow ? 28 : 24, 20 + rows * 24];
  const told = data.series.length === 1 ? sides(data.series[0]!.values, (width - 52 - right) / data.periods.length, (height - top - 32) / (most - least)) : [];
  return {
    textStyle: { fontFamily: colour("font") || "system-ui, sans-serif" },
    grid: { left: 8, right, top, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, itemWidth: 28, itemGap: 14, textStyle: narrow ? { ...ink, width: width - 48, overflow: "truncate" } : ink, selectedMode: false, orient: narrow ? "vertical" : "horizontal" },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colour("card"), borderColor: colour("edge"),
      textStyle: { color: colour("ink"), fontSize: 13 }, valueFormatter: (value: unknown) => (typeof value === "number" ? `${value.toFixed(2)} ${data.unit}`.trim() : "—"),
    },
    xAxis: { type: "category", data: data.periods, boundaryGap: true, axisLabel: { ...ink, hideOverlap: true }, axisLine: { lineStyle: { color: colour("edge") } }, axisTick: { show: false } },
    yAxis: {
      type: "value", interval: step, min: least, max: most,
      axisLabel: { ...ink, formatter: `{value}${data.unit && " " + data.unit}` }, splitLine: { lineStyle: { color: colour("line") } },
    },
    series: [...data.series.map((each, number) => ({
      type: "line", name: each.name, connectNulls: false, symbol: SHAPES[number % SHAPES.length], symbolSize: 8, showAllSymbol: true,
      data: each.values.map((value, at) => ({ value, label: { show: told[at] !== undefined, position: told[at] ?? "top" } })),
      color: colour(`line-${(number % 6) + 1}`), lineStyle: { width: 2, type: STROKES[number % STROKES.length] }, cursor: "pointer", emphasis: { disabled: true }, triggerLineEvent: false,
      label: { color: colour("ink"), fontSize: 12, formatter: ({ value }: { value: unknown }) => (typeof value === "number" ? value.toFixed(2) : "") },
    })), ...goal],
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
    const [width, height] = paper ? PAPER[data.kind === "lines" && figure.closest(".trend:first-child") ? "wide" : data.kind] : [canvas.clientWidth, canvas.clientHeight];
    chart.resize({ width, height, animation: { duration: 0 } });
    const colour = colours(figure);
    const option = data.kind === "lines" ? lines(data, colour, width, height) : places(data, colour, width, height);
    chart.setOption({ ...option, animation: !paper && !still.matches, animationDuration: 300 }, { notMerge: true });
  };
  // A drawing that knows its box keeps its shape on paper, however wide that is.
  chart.on("rendered", () => canvas.querySelector("svg")?.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`));
  chart.on("click", ({ dataIndex, seriesIndex }) => {
    const link = data.kind === "map" && leads(data, seriesIndex ?? 0, dataIndex);
    if (link) location.assign(link);
  });
  // A finger seldom hits a mark of eight pixels: the nearest one within its reach counts.
  if (data.kind === "lines") chart.getZr().on("click", ({ offsetX, offsetY }) => {
    const marks = data.series.flatMap((each, seriesIndex) => each.values.flatMap((value, at) => {
      if (value === null) return [];
      const [x, y] = chart.convertToPixel({ seriesIndex }, [at, value]) as [number, number];
      return [{ link: each.links[at], away: Math.hypot(x - offsetX, y - offsetY) }];
    }));
    const nearest = marks.reduce((best, each) => (each.away < best.away ? each : best));
    if (nearest.link && nearest.away <= REACH) location.assign(nearest.link);
  });
  fit();
  draw(false);
  figure.dataset["drawn"] = data.kind;
  new ResizeObserver(() => {
    if (figure.classList.contains("paper") || canvas.clientWidth === 0 || canvas.clientWidth === chart.getWidth()) return;
    fit();
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
const tables = document.querySelectorAll<HTMLDetailsElement>("details.numbers");
tables.forEach((numbers) => { numbers.open = false; });
// Paper cannot be opened: it has every table, and the screen afterwards those that were open before.
let shut: HTMLDetailsElement[] = [];
addEventListener("beforeprint", () => { shut = [...tables].filter((numbers) => !numbers.open); shut.forEach((numbers) => { numbers.open = true; }); });
addEventListener("afterprint", () => shut.forEach((numbers) => { numbers.open = false; }));
