/** Signing on glass; a typed name is always possible instead. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { words } from "./text";

interface Point { x: number; y: number; at: number; wide: number }

/** The pen's widths: a slow hand writes wide, a fast one thin. */
const [THIN, WIDE] = [1.6, 5.2];

/** A frame to sign in. `ready` gets a function that gives the canvas, or null while nothing is drawn. */
export function Ink({ label, ready }: { label: string; ready: (take: () => HTMLCanvasElement | null) => void }) {
  const w = words.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const strokes = useRef<Point[][]>([]);
  const drawn = useSignal(false);

  const fit = () => {
    const element = canvas.current!;
    const pen = element.getContext("2d")!;
    // Twice the screen's points at most: enough for print, and small in bytes.
    const scale = Math.min(2, devicePixelRatio || 1);
    element.width = element.clientWidth * scale;
    element.height = element.clientHeight * scale;
    pen.scale(scale, scale);
    // Ink is dark on white in either theme, because it will be printed.
    pen.fillStyle = "#ffffff";
    pen.fillRect(0, 0, element.width, element.height);
    pen.strokeStyle = "#16211f";
    pen.lineCap = "round";
    for (const stroke of strokes.current) stroke.forEach((_, at) => line(pen, stroke.slice(0, at + 1)));
  };
  const touch = (event: PointerEvent & { currentTarget: HTMLCanvasElement }) => {
    const { currentTarget: element } = event;
    if (!event.isPrimary || (event.type !== "pointerdown" && !element.hasPointerCapture(event.pointerId))) return;
    if (event.type === "pointerdown") {
      element.setPointerCapture(event.pointerId);
      strokes.current.push([]);
      drawn.value = true;
    }
    const stroke = strokes.current.at(-1)!;
    const { left, top } = element.getBoundingClientRect();
    const all = event.type === "pointermove" ? event.getCoalescedEvents?.() ?? [] : [];
    for (const { clientX, clientY, timeStamp: at } of all.length ? all : [event]) {
      const [x, y, last] = [clientX - left - element.clientLeft, clientY - top - element.clientTop, stroke.at(-1)];
      const way = last ? Math.hypot(x - last.x, y - last.y) : 0;
      if (last && way < 1) continue;
      const wide = last ? Math.max(THIN, .3 * last.wide + .7 * (WIDE / (1 + way / Math.max(1, at - last.at)))) : (THIN + WIDE) / 2;
      stroke.push({ x, y, at, wide });
      line(element.getContext("2d")!, stroke);
    }
    if (event.type !== "pointerup") return;
    stroke.push(stroke.at(-1)!);
    line(element.getContext("2d")!, stroke);
  };

  useEffect(() => {
    fit();
    addEventListener("resize", fit);
    ready(() => (strokes.current.length ? canvas.current : null));
    return () => removeEventListener("resize", fit);
  }, []);

  return (
    <div class="ink">
      <canvas ref={canvas} role="img" aria-label={label} onPointerDown={touch} onPointerMove={touch} onPointerUp={touch} />
      {!drawn.value && <span class="ink-hint" aria-hidden="true">{w.signHere}</span>}
      {drawn.value && <button type="button" class="quiet" onClick={() => { strokes.current = []; drawn.value = false; fit(); }}>{w.signClear}</button>}
    </div>
  );
}

/** Draws the last piece of a stroke, half way to its last point, which stands there twice when it is the end; of the first point a dot. */
function line(pen: CanvasRenderingContext2D, stroke: readonly Point[]): void {
  const [to, by, from] = [stroke.at(-1)!, stroke.at(-2) ?? stroke[0]!, stroke.at(-3) ?? stroke[0]!];
  pen.lineWidth = to.wide;
  pen.beginPath();
  pen.moveTo((from.x + by.x) / 2, (from.y + by.y) / 2);
  pen.quadraticCurveTo(by.x, by.y, (by.x + to.x) / 2 + (to === from ? .01 : 0), (by.y + to.y) / 2);
  pen.stroke();
}
