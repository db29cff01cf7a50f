/** IndexedDB: stores, versions, strict writes, re-opening when the system closes it, and the keys that its rows are sealed with. */
import { signal, type Signal } from "@preact/signals";
import { deleteDB, openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction, type StoreNames } from "idb";
import { clock } from "./clock";
import { PhoneProblem } from "./problem";
import { ALL_UNDER, merged, through, unopened, type Keys } from "./seal";
import { recall, remember } from "./small";
import type {
  Assignment, BytesRecord, Checklist, CorrectiveAction, Note, Notice, OutboxEntry, Outlet, PhotoRecord, RemoteVisit, Reply, Session, VisitRecord, WeekPlan,
} from "./types";

export interface Stores extends DBSchema {
  meta: { key: string; value: unknown };
  session: { key: string; value: Session };
  assignments: { key: string; value: Assignment };
  outlets: { key: string; value: Outlet };
  checklists: { key: string; value: Checklist };
  remote: { key: string; value: RemoteVisit };
  visits: { key: string; value: VisitRecord };
  photos: { key: string; value: PhotoRecord; indexes: { visit: string; sha256: string } };
  bytes: { key: string; value: BytesRecord };
  outbox: { key: string; value: OutboxEntry };
  notes: { key: string; value: Note };
  actions: { key: string; value: CorrectiveAction };
  replies: { key: string; value: Reply };
  notices: { key: string; value: Notice };
  plans: { key: string; value: WeekPlan };
}
export type Store = StoreNames<Stores>;
export type Mode = "readonly" | "readwrite";
export type Tx<S extends Store, M extends Mode> = IDBPTransaction<Stores, S[], M>;

/** `full`: no room; `frozen`: the store does not answer, the last entry waits in memory: show "请重新打开". */
export const storageProblem: Signal<"full" | "frozen" | "damaged" | null> = signal(null);

/** How many rows of what was read do not open: they stay where they lie, and nothing is dropped that they may need. */
export const leftOut: Signal<number> = signal(0);

type Upgrade = (db: IDBPDatabase<Stores>, tx: IDBPTransaction<Stores, Store[], "versionchange">) => void | Promise<void>;

/** Step n leads from schema n to n + 1; a step that was released is never changed, only followed by another. */
const STEPS: readonly Upgrade[] = [
  (db) => {
    for (const name of ["meta", "session", "checklists"] as const) db.createObjectStore(name);
    for (const name of ["assignments", "outlets", "remote", "visits"] as const) db.createObjectStore(name, { keyPath: "id" });
    const photos = db.createObjectStore("photos", { keyPath: "key" });
    photos.createIndex("visit", "visit");
    photos.createIndex("sha256", "sha256");
    db.createObjectStore("bytes", { keyPath: "sha256" });
    db.createObjectStore("outbox", { keyPath: "visit" });
  },
  (db) => void db.createObjectStore("notes", { keyPath: "id" }),
  (db, tx) => {
    for (const name of ["actions", "replies", "notices"] as const) db.createObjectStore(name, { keyPath: "id" });
    return anew(tx);
  },
  (db, tx) => {
    db.createObjectStore("plans", { keyPath: "id" });
    return anew(tx);
  },
  // Nothing changes, but from here on rows may be sealed: an app that cannot open them must not meet them.
  () => undefined,
];

/** An app that did not know of something has let it pass: a cursor that the server does not know makes it tell everything anew. */
async function anew(tx: Parameters<Upgrade>[1]): Promise<void> {
  const meta = tx.objectStore("meta");
  if (await meta.getKey("cursor")) await meta.put("anew", "cursor");
}

const frozen = new Set<() => Promise<boolean>>();

/** Try the writes again that wait in memory; true when all are stored. */
export async function retryPending(): Promise<boolean> {
  for (const again of [...frozen]) if (await again()) frozen.delete(again);
  if (frozen.size === 0 && storageProblem.value === "frozen") storageProblem.value = null;
  return frozen.size === 0;
}

/** One database: that of the phone (`xunting`, who is signed in) or that of one user (`xunting-<id>`). */
export class Db {
  private handle: Promise<IDBPDatabase<Stores>> | null = null;
  /** Whether it could be opened at all since the page began. */
  private opens = false;
  /** It was erased, here or by another page: to open it would make it anew. */
  private erased = false;
  /** Which rows did not open, and whether for want of their key. */
  private readonly left = new Set<string>();
  wantsKey = false;
  /** Asked for when there is a row that the present ones do not open: another page may have been told them since. */
  findKeys: (() => Promise<Keys | null>) | null = null;

  /** `keys`: what sealed rows are opened with, and new ones are sealed with. */
  constructor(readonly name: string, private readonly steps: readonly Upgrade[] = STEPS, public keys: Keys | null = null) {}

  /** Runs `body` in one transaction and resolves when it is on disk. `body` may run twice: once more after the system
   *  closed the database. `kept` names a visit record that must survive even if that fails too.
   *  Rejects with storage-full, storage-newer, storage-none (a window that may not keep anything), storage-locked, or what `body`
   *  throws; a write to a dead store stays pending (frozen). */
  tx<S extends Store, M extends Mode, T>(stores: S[], mode: M, body: (tx: Tx<S, M>) => Promise<T> | T, kept?: () => VisitRecord): Promise<T> {
    let open = false;
    return this.bare(stores, mode, async (tx) => {
      try {
        return await body(through(tx, this.keys, undefined, open));
      } catch (problem) {
        // The browser has not waited for the sealing: an answer that lies open is better than none.
        open ||= nameOf(problem) === INACTIVE;
        throw problem;
      }
    }, kept);
  }

  /** The same on rows as they lie on the disk: nothing is sealed or opened. */
  async bare<S extends Store, M extends Mode, T>(
    stores: S[], mode: M, body: (tx: Tx<S, M>) => Promise<T> | T, kept?: () => VisitRecord,
  ): Promise<T> {
    try {
      return await this.twice(stores, mode, body);
    } catch (problem) {
      if (!this.opens && !["QuotaExceededError", "VersionError"].includes(nameOf(problem))) throw new PhoneProblem("storage-none", { cause: problem });
      if (!lost(problem) || mode === "readonly") throw shown(named(problem));
      return new Promise<T>((resolve, reject) => {
        frozen.add(async () => {
          try {
            resolve(await this.twice(stores, mode, body));
          } catch (again) {
            if (lost(again)) return false;
            reject(shown(named(again)));
          }
          if (kept) remember(this.asideKey, null);
          return true;
        });
        // First: from here on nothing may be typed that would be lost.
        storageProblem.value = "frozen";
        if (kept) remember(this.asideKey, JSON.stringify(kept()));
      });
    }
  }

  /** The same for what no person waits for: what fails is told to the caller alone, and nothing stays pending. */
  async quietly<S extends Store, M extends Mode, T>(stores: S[], mode: M, body: (tx: Tx<S, M>) => Promise<T> | T): Promise<T> {
    return this.twice(stores, mode, body).catch((problem: unknown) => Promise.reject(named(problem)));
  }

  /** The same with what opens: `getAll` leaves the other rows out, `left` of them until then. */
  async whatOpens<S extends Store, M extends Mode, T>(stores: S[], mode: M, body: (tx: Tx<S, M>, left: () => number) => Promise<T> | T): Promise<T> {
    for (;;) {
      const left = new Map<string, string>();
      const result = await this.bare(stores, mode, (tx) => {
        left.clear();
        return body(through(tx, this.keys, ({ code }, place) => left.set(place, code)), () => left.size);
      });
      const wantsKey = [...left.values()].includes("storage-locked");
      if (wantsKey && (await this.moreKeys())) continue;
      this.wantsKey ||= wantsKey;
      for (const place of this.left) if (stores.some((store) => place.startsWith(`${store} `))) this.left.delete(place);
      for (const place of left.keys()) this.left.add(place);
      leftOut.value = this.left.size;
      return result;
    }
  }

  async get<S extends Store>(store: S, key: string): Promise<Stores[S]["value"] | undefined> {
    return this.tx([store], "readonly", (tx) => tx.objectStore(store).get(key));
  }

  /** Those that open. */
  async all<S extends Store>(store: S): Promise<Stores[S]["value"][]> {
    return this.whatOpens([store], "readonly", (tx) => tx.objectStore(store).getAll());
  }

  async close(): Promise<void> {
    const handle = this.handle;
    this.handle = null;
    (await handle)?.close();
  }

  /** With everything in it, for ever. Other pages let go of it when they are told, and what was on its way here brings nothing back.
   *  Rejects with `erase-waits` where a page that stands still holds it up: it is empty then, and is gone as soon as that page goes on or ends. */
  async erase(): Promise<void> {
    let off = (): void => undefined;
    const late = new Promise<never>((_, reject) => { off = clock.later(3_000, () => reject(new PhoneProblem("erase-waits"))); });
    await Promise.race([late, this.deleted()]).finally(() => off());
  }

  private async deleted(): Promise<void> {
    const opening = this.open();
    this.erased = true;
    // What stands in a transaction's way, or does not open, is deleted all the same.
    await opening.then((db) => {
      const tx = db.transaction([...db.objectStoreNames], "readwrite");
      return Promise.all([...tx.objectStoreNames].map((name) => tx.objectStore(name).clear()).concat(tx.done));
    }).catch(() => undefined);
    await this.close().catch(() => undefined);
    await deleteDB(this.name);
    remember(this.asideKey, null);
  }

  private async twice<S extends Store, M extends Mode, T>(stores: S[], mode: M, body: (tx: Tx<S, M>) => Promise<T> | T): Promise<T> {
    try {
      return await this.once(stores, mode, body);
    } catch (problem) {
      if (lost(problem)) void this.close().catch(() => undefined);
      else if (!(problem instanceof PhoneProblem && problem.code === "storage-locked" && (await this.moreKeys()))) throw problem;
      return this.once(stores, mode, body);
    }
  }

  private async moreKeys(): Promise<boolean> {
    const keys = (await this.findKeys?.()) ?? null;
    if (!keys || Object.keys(keys.all).every((name) => this.keys?.all[name])) return false;
    this.keys = merged(keys, this.keys);
    this.wantsKey = false;
    // What was put aside may be taken in now.
    await this.close();
    // What this page wrote before then lies open: the next start looks for it.
    await this.quietly(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(ALL_UNDER));
    return true;
  }

  private async once<S extends Store, M extends Mode, T>(stores: S[], mode: M, body: (tx: Tx<S, M>) => Promise<T> | T): Promise<T> {
    const db = await this.open();
    const tx = db.transaction(stores, mode, { durability: "strict" });
    const end = tx.done.then(() => null, (problem: unknown) => problem);
    let result: T;
    try {
      result = await body(tx);
    } catch (problem) {
      try {
        tx.abort();
      } catch {
        // The transaction had ended by itself; why is in `end`.
      }
      const why = await end;
      throw nameOf(why) === "QuotaExceededError" ? why : problem;
    }
    const why = await end;
    if (why) throw why;
    if (storageProblem.value === "full" && mode === "readwrite") storageProblem.value = null;
    return result;
  }

  private open(): Promise<IDBPDatabase<Stores>> {
    const handle = (this.handle ??= this.opened());
    handle.catch(() => {
      if (this.handle === handle) this.handle = null;
    });
    return handle;
  }

  private async opened(): Promise<IDBPDatabase<Stores>> {
    if (this.erased) throw new PhoneProblem("login");
    const steps = this.steps;
    const db = await openDB<Stores>(this.name, steps.length, {
      async upgrade(opening, from, _to, tx) {
        for (const step of steps.slice(from)) await step(opening, tx);
      },
      // A newer app in another tab wants to migrate: let go, and open anew at the next write.
      blocking: (_now, next) => {
        this.erased = next === null;
        void this.close();
      },
      terminated: () => {
        this.handle = null;
      },
    });
    this.opens = true;
    try {
      await this.takeIn(db);
    } catch (problem) {
      // Beside a row that does not open it stays aside, and all else is read.
      if (unopened(problem)) return db;
      db.close();
      throw problem;
    }
    return db;
  }

  /** A record that was put aside while the store was dead, before the page was closed. Its photos are what it names, as far
   *  as their bytes are here: the row of the last one was to be written with it. */
  private async takeIn(db: IDBPDatabase<Stores>): Promise<void> {
    const text = frozen.size === 0 ? recall(this.asideKey) : null;
    if (!text) return;
    const record = JSON.parse(text) as VisitRecord;
    const done = db.transaction(["visits", "photos", "bytes"], "readwrite", { durability: "strict" });
    const tx = through(done, this.keys);
    const photos = tx.objectStore("photos");
    const stored = await tx.objectStore("visits").get(record.id);
    if (!stored || stored.saves < record.saves) {
      await tx.objectStore("visits").put(record);
      const rows = new Set(await photos.index("visit").getAllKeys(record.id));
      for (const file of record.document.files) {
        const key = `${record.id}/${file.item ?? ""}/${file.sha256}`;
        if (rows.delete(key) || !(await tx.objectStore("bytes").getKey(file.sha256))) continue;
        await photos.put({ ...file, caption: file.caption ?? "", key, visit: record.id, width: 0, height: 0, thumb: null, state: "waiting", location: null });
      }
      for (const key of rows) await photos.delete(key);
    }
    await done.done;
    remember(this.asideKey, null);
  }

  private get asideKey(): string {
    return `${this.name}-aside`;
  }
}

const INACTIVE = "TransactionInactiveError";

function lost(problem: unknown): boolean {
  return ["InvalidStateError", "UnknownError", "AbortError", INACTIVE].includes(nameOf(problem));
}

function named(problem: unknown): unknown {
  const name = nameOf(problem);
  if (name === "QuotaExceededError") return new PhoneProblem("storage-full", { cause: problem });
  if (name === "VersionError") return new PhoneProblem("storage-newer", { cause: problem });
  return lost(problem) ? new PhoneProblem("storage-frozen", { cause: problem }) : problem;
}

function shown(problem: unknown): unknown {
  const code = problem instanceof PhoneProblem ? problem.code : "";
  if (code === "storage-full") storageProblem.value = "full";
  if (code === "storage-damaged") storageProblem.value = "damaged";
  return problem;
}

function nameOf(problem: unknown): string {
  return problem instanceof Error || problem instanceof DOMException ? problem.name : "";
}
