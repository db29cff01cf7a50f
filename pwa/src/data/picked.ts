/** Pictures from camera or album on their way to the disk: each is kept by itself, and as long as one is not, the mark of its place stands. */
import { cutOff, leaving, nameOf, present, write, type Spot } from "./awaited";
import { storageProblem } from "./db";
import { db, underway } from "./records";

export interface Failed<T> { file: T; why: unknown }

/** So many more are picked for this place, whose camera is closed then; or, below 0, are done with. */
export async function picked(spot: Spot, by: number): Promise<void> {
  const { at, left } = present.get(nameOf(spot)) ?? { at: 0, left: 0 };
  const next = { at: by < 0 ? at : 0, left: left + by };
  const before = storageProblem.peek();
  present.set(nameOf(spot), next);
  try {
    await db().quietly(["meta"], "readwrite", (tx) => write(tx, spot, next));
  } catch {
    // Where the disk takes no mark it takes no picture, which is said.
  }
  // That this little went well does not mean that pictures do.
  if (before === "full") storageProblem.value = before;
}

/** Keeps each of what was picked, one after the other; what fails holds up none. `busy` counts what is not done with.
 *  Gives what failed; behind the limit of a visit nothing more is tried. */
export function keepPicked<T>(spot: Spot, files: readonly T[], busy: { value: number }, store: (file: T) => Promise<unknown>): Promise<Failed<T>[]> {
  busy.value += files.length;
  // A log-out waits for the last of them.
  return underway(async () => {
    const failed: Failed<T>[] = [];
    let limit: unknown;
    await picked(spot, files.length);
    for (const file of files) {
      try {
        if (limit) throw limit;
        await store(file);
      } catch (why) {
        failed.push({ file, why });
        missed(spot);
        if ((why as { code?: string }).code === "photo-too-many") limit = why;
      }
      await picked(spot, -1);
      busy.value -= 1;
    }
    return failed;
  });
}

/** One could not be kept: whoever leaves is told at its place when they are back. */
export function missed(spot: Spot): void {
  if (leaving.now) cutOff.value = new Map([...cutOff.peek(), [nameOf(spot), 1 + (cutOff.peek().get(nameOf(spot)) ?? 0)]]);
}

/** The person has read how many a kill may have cut off here. */
export async function readCutOff(spot: Spot): Promise<void> {
  cutOff.value = new Map([...cutOff.peek()].filter(([name]) => name !== nameOf(spot)));
  await picked(spot, 0);
}
