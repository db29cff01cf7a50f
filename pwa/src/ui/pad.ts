/** Drawing on glass with finger, pen or mouse: smooth lines that get thinner the faster they are drawn. Lengths are pixels of the page. */

/** `wide`: of the line that leads here; `at`: milliseconds. */
interface Point { x: number; y: number; at: number; wide: number }

const THIN = 0.8;
const BROAD = 2.6;

export interface Pad { empty(): boolean; clear(): void; off(): void }

/** Lets people draw on `canvas`, and tells of each finished line. Ink is dark on white in either theme, because it will be printed. */
export function padOn(canvas: HTMLCanvasElement, onLine: () => void): Pad {
  const pen = canvas.getContext("2d")!;
  let lines: Point[][] = [];
  let drawing: number | null = null;

  /** From the middle before a line's point `at` - 1 to the middle after it, bent by that point. */
  const piece = (line: Point[], at: number) => {
    const here = line[at]!;
    const last = line[at - 1] ?? here;
    const first = line[at - 2] ?? last;
    pen.beginPath();
    if (at === 0) {
      pen.arc(here.x, here.y, here.wide / 2, 0, 2 * Math.PI);
      pen.fill();
      return;
    }
    pen.lineWidth = here.wide;
    pen.moveTo((first.x + last.x) / 2, (first.y + last.y) / 2);
    pen.quadraticCurveTo(last.x, last.y, (last.x + here.x) / 2, (last.y + here.y) / 2);
    pen.stroke();
  };
  const add = (line: Point[], point: Point) => piece(line, line.push(point) - 1);

  /** A canvas of another size is empty: everything is drawn anew. */
  const fit = () => {
    // Twice the screen's points at most: enough for print, and small in bytes.
    const scale = Math.min(2, devicePixelRatio || 1);
    canvas.width = canvas.clientWidth * scale;
    canvas.height = canvas.clientHeight * scale;
    pen.scale(scale, scale);
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = pen.strokeStyle = "#16211f";
    pen.lineCap = pen.lineJoin = "round";
    for (const line of lines) line.forEach((_, at) => piece(line, at));
  };

  const point = ({ clientX, clientY, timeStamp: at }: PointerEvent, last?: Point): Point => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left - canvas.clientLeft, clientY - box.top - canvas.clientTop];
    if (!last) return { x, y, at, wide: (THIN + BROAD) / 2 };
    const speed = Math.hypot(x - last.x, y - last.y) / Math.max(1, at - last.at);
    return { x, y, at, wide: 0.7 * last.wide + 0.3 * Math.max(THIN, BROAD / (1 + speed)) };
  };
  const down = (event: PointerEvent) => {
    if (drawing !== null || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    const line: Point[] = [];
    lines.push(line);
    add(line, point(event));
  };
  const move = (event: PointerEvent) => {
    if (event.pointerId !== drawing) return;
    const line = lines.at(-1)!;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) add(line, point(step, line.at(-1)));
  };
  const up = (event: PointerEvent) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    // The way from the last middle to where the finger left.
    const line = lines.at(-1)!;
    add(line, line.at(-1)!);
    onLine();
  };
  const heard = { pointerdown: down, pointermove: move, pointerup: up, pointercancel: up };

  for (const [name, hear] of Object.entries(heard)) canvas.addEventListener(name as keyof typeof heard, hear);
  // A dialog has no size before it is open.
  const sized = new ResizeObserver(fit);
  sized.observe(canvas);
  return {
    empty: () => lines.length === 0,
    clear: () => {
      lines = [];
      drawing = null;
      fit();
    },
    off: () => sized.disconnect(),
  };
}
