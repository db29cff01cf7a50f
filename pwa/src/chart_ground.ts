/** The ground of a map, drawn from where units have outlets: land around them, parted halfway to the next unit, with soft borders. */

export type Spot = [number, number];

/** The pixels of a cell's side, and how far land reaches beyond a hull, as a part of the width. */
const CELL = 5;
const REACH = 0.075;

function toSegment([x, y]: Spot, [ax, ay]: Spot, [bx, by]: Spot): number {
  const [dx, dy] = [bx - ax, by - ay];
  const long = dx * dx + dy * dy;
  const part = long === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / long));
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}

/** How far a spot lies outside a convex hull; below zero the deeper it lies within. */
function outside(spot: Spot, hull: readonly Spot[]): number {
  let [near, left, right] = [Infinity, false, false];
  hull.forEach((corner, number) => {
    const next = hull[(number + 1) % hull.length]!;
    near = Math.min(near, toSegment(spot, corner, next));
    const turn = (next[0] - corner[0]) * (spot[1] - corner[1]) - (next[1] - corner[1]) * (spot[0] - corner[0]);
    left ||= turn > 0;
    right ||= turn < 0;
  });
  return hull.length > 2 && left !== right ? -near : near;
}

/** The loops around the cells of one owner, clockwise; holes go the other way and are left out. */
function loops(mine: (column: number, row: number) => boolean, columns: number, rows: number): Spot[][] {
  const edges = new Map<string, Spot[]>();
  const edge = (from: Spot, to: Spot): void => { edges.set(String(from), [...(edges.get(String(from)) ?? []), to]); };
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) {
    if (!mine(column, row)) continue;
    if (!mine(column, row - 1)) edge([column, row], [column + 1, row]);
    if (!mine(column + 1, row)) edge([column + 1, row], [column + 1, row + 1]);
    if (!mine(column, row + 1)) edge([column + 1, row + 1], [column, row + 1]);
    if (!mine(column - 1, row)) edge([column, row + 1], [column, row]);
  }
  const found: Spot[][] = [];
  for (const [start, ends] of edges) while (ends.length > 0) {
    const loop: Spot[] = [];
    let at = start;
    for (let next = ends.pop(); next; next = edges.get(at)?.pop()) {
      loop.push(next);
      at = String(next);
    }
    const area = loop.reduce((sum, [x, y], number) => { const [nx, ny] = loop[(number + 1) % loop.length]!; return sum + x * ny - nx * y; }, 0) / 2;
    if (area > 6) found.push(loop);
  }
  return found;
}

/** Corners become curves: each point goes to the middle of itself and its neighbours, some times over. */
function softened(loop: Spot[]): Spot[] {
  for (let turn = 0; turn < 8; turn += 1) {
    loop = loop.map(([x, y], number) => {
      const [before, after] = [loop[(number + loop.length - 1) % loop.length]!, loop[(number + 1) % loop.length]!];
      return [(before[0] + 2 * x + after[0]) / 4, (before[1] + 2 * y + after[1]) / 4];
    });
  }
  return loop;
}

/** The land of each hull, as loops of pixels; `hulls` are convex and in pixels too. */
export function ground(hulls: readonly (readonly Spot[])[], width: number, height: number): Spot[][][] {
  const [columns, rows] = [Math.ceil(width / CELL), Math.ceil(height / CELL)];
  const owners = new Int16Array(columns * rows).fill(-1);
  for (let row = 0; row < rows; row += 1) for (let column = 0; column < columns; column += 1) {
    let least = width * REACH;
    hulls.forEach((hull, number) => {
      if (hull.length === 0) return;
      const away = outside([(column + 0.5) * CELL, (row + 0.5) * CELL], hull);
      if (away < least) [least, owners[row * columns + column]] = [away, number];
    });
  }
  const owner = (column: number, row: number): number => (column < 0 || row < 0 || column >= columns || row >= rows ? -1 : owners[row * columns + column]!);
  return hulls.map((_, number) =>
    loops((column, row) => owner(column, row) === number, columns, rows).map((loop) => softened(loop).filter((_, at) => at % 2 === 0).map(([x, y]): Spot => [Math.round(x * CELL * 10) / 10, Math.round(y * CELL * 10) / 10])));
}
