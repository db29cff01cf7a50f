/** What is awaited from camera or album, durably: whoever is killed meanwhile comes back to its place. */
import { signal, type Signal } from "@preact/signals";
import { clock, page } from "./clock";
import type { Store, Tx } from "./db";
import { editable } from "./document";
import { db, visits } from "./records";

/** Where pictures go: an item of a visit, or `place` where it is none. */
export interface Spot { visit: string; section: string | null; item: string | null; place?: string }
/** `at`: since when a camera is open, by the phone's clock, or 0; `left`: how many were picked and are not stored; `by`: which page waits for them. */
export interface Mark { at: number; left: number; by?: string }
type Write = Tx<Store, "readwrite">;

const marks = (of = ""): IDBKeyRange => IDBKeyRange.bound(`picked/${of}`, `picked/${of}\uffff`);
export const nameOf = ({ visit, item }: Pick<Spot, "visit" | "item">): string => `${visit}/${item}`;

const locks = (): LockManager | undefined => (globalThis.navigator as Navigator | undefined)?.locks;
/** Held by a page with marks for as long as it lives. */
const lockOf = (by: string | undefined): string => `page-${by}`;
let living: Promise<unknown> | undefined;

/** By place, how many pictures a page that was killed had not stored; until the person has read it. */
export const cutOff: Signal<ReadonlyMap<string, number>> = signal(new Map());
/** Whether a log-out waits for what is being stored: no message outlives it. */
export const leaving = { now: false };
/** What this page is at, by place. */
export const present = new Map<string, Mark>();

export function write(tx: Write, spot: Spot, { at, left }: Mark): Promise<unknown> {
  const meta = tx.objectStore("meta"), name = nameOf(spot);
  const all = left + (cutOff.peek().get(name) ?? 0);
  present.set(name, { at, left });
  living ??= locks()?.request(lockOf(page), () => new Promise(() => undefined)).catch(() => undefined);
  return at || all ? meta.put({ ...spot, at, left: all, by: page }, `picked/${name}`) : meta.delete(`picked/${name}`);
}

/** Durable mark before a camera opens: whoever is killed under it comes back to its place. */
export const cameraOpens = (tx: Write, spot: Spot): Promise<unknown> => write(tx, spot, { left: 0, ...present.get(nameOf(spot)), at: clock.now() });

/** Nothing of this visit or action is awaited any more. */
export const over = (tx: Write, id: string): Promise<unknown> => tx.objectStore("meta").delete(marks(`${id}/`));

/** Those of a visit whose item is not among the visible ones, so that no card tells of them. */
export const unseen = (visit: string, visible: ReadonlySet<string>): Spot[] => [...cutOff.value]
  .flatMap(([name, left]) => (left && name.startsWith(`${visit}/`) ? [{ visit, section: null, item: name.slice(visit.length + 1) }] : [])).filter(({ item }) => !visible.has(item));

/** At the start: the place whose camera was open when the page was killed, or one whose pictures were still being stored. Each is told once:
 *  a later start comes from no camera, and what may be missing stands at its place. What a page beside this one waits for is its own. */
export async function awaitingPhoto(): Promise<(Spot & Mark) | null> {
  const alive = new Set((await locks()?.query().catch(() => null))?.held?.map(({ name }) => name));
  return db().tx(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    const found = ((await meta.getAll(marks())) as (Spot & Mark & { led?: true })[]).filter(({ by }) => by === page || !alive.has(lockOf(by)));
    present.clear();
    cutOff.value = new Map(found.map((one) => [nameOf(one), one.left]));
    for (const one of found) if (one.at) await write(tx, one, { at: 0, left: 0 });
    const open = ({ visit, place }: Spot): boolean => { const record = visits.peek().get(visit); return place !== undefined || (record !== undefined && editable(record)); };
    const first = found.find((one) => one.at) ?? found.find((one) => !one.led && open(one)) ?? null;
    if (first?.left) await meta.put({ ...first, at: 0, led: true }, `picked/${nameOf(first)}`);
    return first;
  });
}
