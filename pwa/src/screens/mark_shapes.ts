/** Drawn marks as geometry: from a finger's way to an arrow or circle, moved, sized, turned, and drawn as one path. Lengths are pixels of the picture. */

export type Shape = "arrow" | "circle";
export interface Point { x: number; y: number }
export interface Size { width: number; height: number }
/** An arrow points to `to`; a circle fills the box between both. */
export interface Mark { shape: Shape; from: Point; to: Point }

/** Shares of the picture's long side. */
const LINE = 1 / 130;
const HEAD = 1 / 22;
const TAP = 1 / 40;
const LEAST = 1 / 25;
const PLACED = { arrow: 1 / 6, circle: 1 / 11 };
const WING = Math.PI / 7;

const long = ({ width, height }: Size): number => Math.max(width, height);

/** Width of the coloured line; its edge lies under it, wider by `EDGE`. */
export const lineOf = (size: Size): number => Math.max(2, long(size) * LINE);
export const EDGE = 1.9;

/** Where a finger is on the picture, never outside of it. */
export function pointOn(client: Point, box: { left: number; top: number; width: number; height: number }, size: Size): Point {
  return inside({ x: ((client.x - box.left) * size.width) / box.width, y: ((client.y - box.top) * size.height) / box.height }, size);
}

/** What a finger drew; a tap places a mark of the usual size there. */
export function drawn(shape: Shape, from: Point, to: Point, size: Size): Mark {
  if (distance(from, to) < long(size) * TAP) return placed(shape, to, size);
  if (shape === "arrow") return { shape, from, to };
  // A flat or narrow way is still a circle to be seen.
  const least = long(size) * LEAST;
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const rx = Math.max(Math.abs(to.x - from.x), least) / 2, ry = Math.max(Math.abs(to.y - from.y), least) / 2;
  return within({ shape, from: { x: middle.x - rx, y: middle.y - ry }, to: { x: middle.x + rx, y: middle.y + ry } }, size);
}

/** An arrow that points there from the side with more room, or a circle around it. */
export function placed(shape: Shape, at: Point, size: Size): Mark {
  const part = long(size) * PLACED[shape];
  if (shape === "circle") return within({ shape, from: { x: at.x - part, y: at.y - part }, to: { x: at.x + part, y: at.y + part } }, size);
  const side = part * Math.SQRT1_2;
  const from = { x: at.x + (at.x > size.width / 2 ? -side : side), y: at.y + (at.y > size.height / 2 ? -side : side) };
  return within({ shape, from, to: at }, size);
}

/** By shares of the long side. */
export function moved(mark: Mark, right: number, down: number, size: Size): Mark {
  const by = { x: right * long(size), y: down * long(size) };
  return within({ ...mark, from: add(mark.from, by), to: add(mark.to, by) }, size);
}

/** An arrow keeps its point, a circle its middle. */
export function sized(mark: Mark, factor: number, size: Size): Mark {
  const fixed = mark.shape === "arrow" ? mark.to : { x: (mark.from.x + mark.to.x) / 2, y: (mark.from.y + mark.to.y) / 2 };
  const scale = (point: Point): Point => ({ x: fixed.x + (point.x - fixed.x) * factor, y: fixed.y + (point.y - fixed.y) * factor });
  const next = { ...mark, from: scale(mark.from), to: scale(mark.to) };
  const length = distance(next.from, next.to);
  const fits = Math.abs(next.to.x - next.from.x) <= size.width && Math.abs(next.to.y - next.from.y) <= size.height;
  return length < long(size) * LEAST || !fits ? mark : within(next, size);
}

/** An arrow by an eighth of a turn around its point. */
export function turned(mark: Mark, size: Size): Mark {
  if (mark.shape === "circle") return mark;
  const [x, y] = [mark.from.x - mark.to.x, mark.from.y - mark.to.y];
  const from = { x: mark.to.x + (x - y) * Math.SQRT1_2, y: mark.to.y + (x + y) * Math.SQRT1_2 };
  return within({ ...mark, from }, size);
}

/** The mark as one line of an SVG path, the same on the screen and on a canvas. */
export function pathOf({ shape, from, to }: Mark, size: Size): string {
  if (shape === "circle") {
    const rx = short(Math.abs(to.x - from.x) / 2), ry = short(Math.abs(to.y - from.y) / 2);
    return `M${short(Math.min(from.x, to.x))} ${short((from.y + to.y) / 2)}a${rx} ${ry} 0 1 0 ${short(2 * rx)} 0a${rx} ${ry} 0 1 0 ${short(-2 * rx)} 0z`;
  }
  const back = Math.atan2(from.y - to.y, from.x - to.x);
  const head = Math.min(long(size) * HEAD, distance(from, to) * 0.6);
  const wing = (angle: number): string => `${short(to.x + Math.cos(back + angle) * head)} ${short(to.y + Math.sin(back + angle) * head)}`;
  return `M${short(from.x)} ${short(from.y)}L${short(to.x)} ${short(to.y)}M${wing(WING)}L${short(to.x)} ${short(to.y)}L${wing(-WING)}`;
}

/** The whole mark moved back onto the picture. */
function within(mark: Mark, { width, height }: Size): Mark {
  const shift = (a: number, b: number, most: number): number => Math.max(0, -Math.min(a, b)) - Math.max(0, Math.max(a, b) - most);
  const by = { x: shift(mark.from.x, mark.to.x, width), y: shift(mark.from.y, mark.to.y, height) };
  return { ...mark, from: add(mark.from, by), to: add(mark.to, by) };
}

const inside = ({ x, y }: Point, { width, height }: Size): Point => ({ x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) });
const add = (a: Point, b: Point): Point => ({ x: a.x + b.x, y: a.y + b.y });
const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const short = (value: number): number => Math.round(value * 10) / 10;
