/** The numbers beside the points of a line: those that touch neither each other nor the line nor a mark; the table has them all. */

export type Side = "top" | "bottom";

interface Box { left: number; right: number; top: number; bottom: number }

/** Half of a number's width, and how far its box begins and ends beyond the middle of a mark, in pixels. */
const HALF = 20;
const NEAR = 6;
const FAR = 21;

/** On which side each point has its number, undefined where it has none; `step` pixels lie between points, `tall` in one unit of the values.
 *
 *  The last value comes first, then the highest and the lowest, then the others as they stand. */
export function sides(values: readonly (number | null)[], step: number, tall: number): (Side | undefined)[] {
  const points = values.flatMap((value, at) => (value === null ? [] : [{ at, x: at * step, y: -value * tall }]));
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  const height = (x: number): number | undefined => {
    const after = points.findIndex((point) => point.x >= x);
    const [one, other] = [points[after - 1], points[after]];
    return one && other && other.at === one.at + 1 ? one.y + ((x - one.x) / (other.x - one.x)) * (other.y - one.y) : undefined;
  };
  const free = (box: Box): boolean => {
    for (let x = box.left; x <= box.right; x += 2) { const y = height(x); if (y !== undefined && y > box.top && y < box.bottom) return false; }
    return taken.every((other) => other.left >= box.right || other.right <= box.left || other.top >= box.bottom || other.bottom <= box.top);
  };
  const byHeight = [...points].sort((one, other) => one.y - other.y);
  const found: (Side | undefined)[] = values.map(() => undefined);
  for (const point of new Set([points.at(-1), byHeight[0], byHeight.at(-1), ...points])) {
    if (!point) continue;
    const { at, x, y } = point;
    const box = (side: Side): Box => ({ left: x - HALF, right: x + HALF, top: side === "top" ? y - FAR : y + NEAR, bottom: side === "top" ? y - NEAR : y + FAR });
    found[at] = (["top", "bottom"] as const).find((side) => free(box(side)));
    if (found[at]) taken.push(box(found[at]));
  }
  return found;
}
