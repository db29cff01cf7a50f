/** The visits on this phone: one writer queue each, stored first, then shown to every open page. */
import { signal, type Signal } from "@preact/signals";
import { belong } from "./api";
import { clock, instant, page, uuid } from "./clock";
import { leftOut, type Db, type Store, type Tx } from "./db";
import { sends } from "./document";
import { PhoneProblem } from "./problem";
import { unopened } from "./seal";
import type { OutboxEntry, PhotoRecord, VisitRecord } from "./types";

/** All visits on this phone by id. */
export const visits: Signal<ReadonlyMap<string, VisitRecord>> = signal(new Map());
/** What the outbox has stored, by visit. */
export const stored: Signal<ReadonlyMap<string, OutboxEntry>> = signal(new Map());

/** The file that is on its way now. */
export const sendingFile: Signal<{ visit: string; sha256: string; sent: number; all: number } | null> = signal(null);

/** A draft goes to the server at the earliest so long after its first unsent change. */
const MIRROR_AFTER_MS = 15_000;

type Write = Tx<Store, "readwrite">;
type Change = (record: VisitRecord) => VisitRecord;
/** More that belongs into the same transaction: photo rows, marks. */
type Also = (tx: Write, record: VisitRecord) => Promise<unknown> | unknown;

let present: Db | null = null;
let channel: BroadcastChannel | null = null;
const queues = new Map<string, Promise<unknown>>();
const making = new Set<string>();

/** The store of the user who is signed in. */
export function db(): Db {
  if (!present) throw new PhoneProblem("login");
  return present;
}

/** Its name. */
export const storeOf = (user: string): string => `xunting-${user}`;

export function signedIn(): boolean {
  return present !== null;
}

/** Opens another user's store (or none) and shows its visits. */
export async function use(store: Db | null): Promise<void> {
  belong((present = store));
  leftOut.value = 0;
  channel?.close();
  channel = null;
  const [records, rows] = store
    ? await store.whatOpens(["visits", "outbox"], "readonly", (tx) => Promise.all([tx.objectStore("visits").getAll(), tx.objectStore("outbox").getAll()]))
    : [[], []];
  if (store !== present) return;
  visits.value = new Map(records.map((record) => [record.id, record]));
  stored.value = new Map(rows.map((row) => [row.visit, row]));
  if (!store || typeof BroadcastChannel === "undefined") return;
  channel = new BroadcastChannel(store.name);
  channel.onmessage = ({ data }: MessageEvent<string>) => void reload(data);
  (channel as { unref?(): void }).unref?.();
}

/** A change by the inspector: refused when another tab has stored since; makes the visit wait for the outbox.
 *  `before` runs in the same turn: behind every change that is on its way to the disk, and before any later one. */
export async function write(base: VisitRecord, change: Change, also?: Also, before?: () => Promise<void>, store = db()): Promise<VisitRecord> {
  const next: Change = (record) => ({ ...change(record), saves: record.saves + 1, saved_at: instant(), writer: page });
  return inTurn(base.id, async () => {
    await before?.();
    // Whose visits are not shown any more, of theirs nobody knows here what the next change stands on.
    if (store !== present) throw new PhoneProblem("login");
    const shown = visits.value.get(base.id) ?? base;
    return commit(store, base.id, async (tx) => {
      const found = await tx.objectStore("visits").get(base.id);
      // The write was on disk before the system closed the store; the replay must not do it twice.
      if (found && found.saves === shown.saves + 1 && found.writer === page) return found;
      if (found && found.saves !== shown.saves) throw new PhoneProblem("visit-elsewhere");
      const record = next(found ?? base);
      await also?.(tx, record);
      await tx.objectStore("visits").put(record);
      await toOutbox(tx, record);
      return record;
    }, () => next(shown));
  });
}

/** What the server said of a visit; no change by the inspector, so nothing has to be sent again. */
export async function learn(id: string, change: Change, also?: Also, store = db()): Promise<VisitRecord> {
  return inTurn(id, () => commit(store, id, async (tx) => {
    const found = await tx.objectStore("visits").get(id);
    if (!found) throw new PhoneProblem("visit-unknown");
    const record = change(found);
    await also?.(tx, record);
    await tx.objectStore("visits").put(record);
    return record;
  }));
}

/** Stores an entry of the outbox and shows it. */
export async function keepEntry(entry: OutboxEntry): Promise<void> {
  await db().tx(["outbox"], "readwrite", (tx) => tx.objectStore("outbox").put(entry));
  showEntry(entry);
}

export function showEntry(entry: OutboxEntry): void {
  stored.value = new Map(stored.value).set(entry.visit, entry);
}

export async function photosOf(visit: string, store = db()): Promise<PhotoRecord[]> {
  return store.tx(["photos"], "readonly", (tx) => tx.objectStore("photos").index("visit").getAll(visit));
}

/** Jobs of one visit one after the other, whoever asks: the inspector, the outbox, sync. */
function inTurn<T>(visit: string, job: () => Promise<T>): Promise<T> {
  const turn = (queues.get(visit) ?? Promise.resolve()).then(job, job);
  const quiet = turn.catch(() => undefined);
  queues.set(visit, quiet);
  void quiet.then(() => {
    if (queues.get(visit) === quiet) queues.delete(visit);
  });
  return turn;
}

/** What comes to the disk in more steps than one, as a picture does: `written` waits for the last. */
export function underway<T>(job: () => Promise<T>): Promise<T> {
  const name = uuid();
  making.add(name);
  return inTurn(name, () => job().finally(() => making.delete(name)));
}

/** Whether nothing is underway: then nobody has to wait, not even for a turn of others. */
export const atRest = (): boolean => making.size === 0;

/** Resolves when all that was to be written of visits until now is on the disk, or refused. */
export async function written(): Promise<void> {
  while (queues.size > 0) await Promise.all(queues.values());
}

/** For a second life in one process (tests): what hung in the one before is waited for no more. */
export const forgetTurns = (): void => [queues, making].forEach((all) => all.clear());

/** Reads a visit again that another page or the worker has changed. */
export async function reload(id: string): Promise<void> {
  const store = present;
  if (!store) return;
  const [record, entry] = await Promise.all([store.get("visits", id), store.get("outbox", id)]);
  if (store !== present) return;
  if (record) visits.value = new Map(visits.value).set(id, record);
  if (entry) showEntry(entry);
}

async function commit(store: Db, id: string, body: (tx: Write) => Promise<VisitRecord>, kept?: () => VisitRecord): Promise<VisitRecord> {
  let record: VisitRecord;
  let entry: OutboxEntry | undefined;
  try {
    record = await store.tx<Store, "readwrite", VisitRecord>(["visits", "photos", "outbox", "checklists", "meta"], "readwrite", async (tx) => {
      const done = await body(tx);
      entry = await entryOf(tx, id);
      return done;
    }, kept);
  } catch (problem) {
    if (problem instanceof PhoneProblem && problem.code === "visit-elsewhere") await reload(id);
    throw problem;
  }
  if (store === present) {
    visits.value = new Map(visits.value).set(id, record);
    if (entry && entry !== stored.value.get(id)) showEntry(entry);
    channel?.postMessage(id);
  }
  return record;
}

/** One that does not open is made anew: it holds nothing that a person entered. */
async function entryOf(tx: Write, id: string): Promise<OutboxEntry | undefined> {
  return tx.objectStore("outbox").get(id).catch((problem: unknown) => {
    if (!unopened(problem)) throw problem;
    return undefined;
  });
}

async function toOutbox(tx: Write, record: VisitRecord): Promise<void> {
  if (!sends(record)) return;
  const kind = kindOf(record);
  const found = await entryOf(tx, record.id);
  if (found?.state === "conflict" && record.conflict) return;
  // Originals that wait for Wi-Fi make no change urgent.
  const held = kind === "draft" && found?.problem?.code === "wifi-only";
  const next = held ? { ...waiting(record.id, kind, MIRROR_AFTER_MS), problem: found.problem } : waiting(record.id, kind, patience(record));
  if (found && found.kind === kind && (found.state === "sending" || (found.state === "waiting" && (found.tries > 0 || found.next_at <= next.next_at)))) return;
  await tx.objectStore("outbox").put(next);
}

/** How long a change waits for others to go with it: a photo that the server has not does not wait, it takes long enough. */
export function patience({ state, document, known }: VisitRecord): number {
  return state === "queued" || state === "discarded" || document.files.some(({ kind, sha256 }) => kind !== "audio" && !known.arrived.includes(sha256)) ? 0 : MIRROR_AFTER_MS;
}

export function kindOf({ state }: VisitRecord): OutboxEntry["kind"] {
  return state === "queued" ? "submit" : state === "discarded" ? "discard" : "draft";
}

export function waiting(visit: string, kind: OutboxEntry["kind"], afterMs: number): OutboxEntry {
  return {
    visit, kind, state: "waiting", queued_at: instant(), sent_at: null, tries: 0, next_at: clock.now() + afterMs, problem: null,
  };
}
