/** From camera or album to one place: every picture that can be kept is, and what failed is told. */
import type { Signal } from "@preact/signals";
import type { Spot } from "../data/awaited";
import type { Picture } from "../data/photos";
import { keepPicked } from "../data/picked";
import { pick, process, type Wanted } from "../device/camera";
import { complain } from "../ui/app";

/** Must be called in a tap; `marked`: the durable mark, begun before the picker opens. Gives how many were stored. */
export async function take(from: "camera" | "album", spot: Spot, marked: Promise<void>, busy: Signal<number>, wanted: Wanted, add: (picture: Picture) => Promise<unknown>): Promise<number> {
  try {
    const [files, unmarked] = await Promise.all([pick(from), marked.then(() => null, (problem: unknown) => problem)]);
    // Without the mark a picture may still have its place, and says itself where it has none.
    if (unmarked && !files.length) throw unmarked;
    const failed = await keepPicked(spot, files, busy, async (file) => add(await process(file, wanted)));
    // Only to tell is a part fetched: a picture is kept where it cannot be.
    if (failed.length) await import("./beside").then((part) => part.tellFailed(files.length, failed), () => complain(failed[0]!.why));
    return files.length - failed.length;
  } catch (problem) {
    complain(problem);
    return 0;
  }
}
