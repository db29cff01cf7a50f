/** Pull what this user needs offline since the cursor: one transaction per page. */
import { signal, type Signal } from "@preact/signals";
import { call, needsLogin, server } from "./api";
import { clock } from "./clock";
import type { Db, Store, Tx } from "./db";
import { told } from "./document";
import { PhoneProblem } from "./problem";
import { db, reload, storeOf, visits } from "./records";
import { REFUSED, silence } from "./sound";
import type { AppSettings, Assignment, Checklist, CorrectiveAction, Outlet, ProblemFacts, RemoteVisit, Reply, VisitRecord, WeekPlan } from "./types";

export const assignments: Signal<ReadonlyMap<string, Assignment>> = signal(new Map());
export const outlets: Signal<ReadonlyMap<string, Outlet>> = signal(new Map());
/** By `id@version`. */
export const checklists: Signal<ReadonlyMap<string, Checklist>> = signal(new Map());
export const remoteVisits: Signal<ReadonlyMap<string, RemoteVisit>> = signal(new Map());
export const actions: Signal<ReadonlyMap<string, CorrectiveAction>> = signal(new Map());
/** What this phone says to them, by action. */
export const replies: Signal<ReadonlyMap<string, Reply>> = signal(new Map());
const DEFAULTS: AppSettings = { photo_px: 1600, photo_bytes: 300_000, min_stay_minutes: {}, checkin_m: 200, app_version: "" };
export const settings: Signal<AppSettings> = signal(DEFAULTS);
/** The last word on an assignment, until a pull that began after the server had heard it brings the server's own. */
export interface Answer {
  answer: "taken" | "declined"; reason: string; at: string; outlet: { id: string; name: string };
  tries: number; next_at: number; problem: ProblemFacts | null;
  /** `refused` stays until it was read; `why` is the state of the assignment, or the code of the problem. */
  state: "waiting" | "sent" | "refused"; why: string;
}
export type Answers = Record<string, Answer>;
export const ANSWERS = "answers";
/** By assignment. */
export const answered: Signal<Answers> = signal({});
export const lastSync: Signal<Date | null> = signal(null);
export const pulling: Signal<boolean> = signal(false);

type Change =
  | { type: "assignment"; id: string; data: Assignment } | { type: "outlet"; id: string; data: Outlet }
  | { type: "checklist"; id: string; data: Checklist } | { type: "visit"; id: string; data: RemoteVisit }
  | { type: "action"; id: string; data: CorrectiveAction } | { type: "plan"; id: string; data: WeekPlan }
  | { type: "setting"; id: string; data: Partial<AppSettings> };
interface Page {
  /** Of whom it tells. */
  user?: string;
  changes: Change[]; removed: { type: Change["type"]; id: string }[]; cursor: string | null; more?: boolean; reset?: boolean;
}
type Write = Tx<Store, "readwrite">;
const PULLED = ["assignments", "outlets", "checklists", "remote", "actions", "notices", "plans"] as const;
const STORE = { assignment: "assignments", outlet: "outlets", checklist: "checklists", visit: "remote", action: "actions", notice: "notices", plan: "plans" } as const;

let running: Promise<void> | null = null;
/** For whom. */
let of: object | null = null;

/** Rejects with a PhoneProblem (`network`, `login`, …); what came before is kept. Called twice for the same user, it runs once. */
export function pull(): Promise<void> {
  if (running && of === server.of) return running;
  of = server.of;
  const mine = running = pages().finally(() => {
    if (running !== mine) return;
    running = null;
    pulling.value = false;
  });
  return mine;
}

/** Shows what is stored; at launch and after another user signed in. */
export async function load(): Promise<void> {
  // In one transaction: on a slow phone each one more is waited for.
  const store = db();
  const [tasks, places, remote, names, lists, set, at, said, asked, replied] = await store.whatOpens([...PULLED, "meta", "replies"], "readonly", (tx) => Promise.all([
    tx.objectStore("assignments").getAll(), tx.objectStore("outlets").getAll(), tx.objectStore("remote").getAll(),
    tx.objectStore("checklists").getAllKeys(), tx.objectStore("checklists").getAll(), tx.objectStore("meta").get("settings"), tx.objectStore("meta").get("last-sync"), tx.objectStore("meta").getAll(ANSWERS),
    tx.objectStore("actions").getAll(), tx.objectStore("replies").getAll(),
  ]));
  if (store !== server.of) return;
  const answers = answered.value = (said[0] ?? {}) as Answers;
  assignments.value = byId(tasks.map((task) => {
    const word = answers[task.id];
    return word && word.state !== "refused" ? { ...task, state: word.answer, answer: word.reason } : task;
  }));
  outlets.value = byId(places);
  remoteVisits.value = byId(remote);
  actions.value = byId(asked);
  replies.value = byId(replied);
  checklists.value = new Map(lists.map((list, index) => [names[index] ?? "", list]));
  settings.value = { ...DEFAULTS, ...(set as Partial<AppSettings> | undefined) };
  lastSync.value = typeof at === "number" ? new Date(at) : null;
}

/** Nothing of one user is shown to the next. */
export function forget(): void {
  assignments.value = new Map();
  outlets.value = new Map();
  checklists.value = new Map();
  remoteVisits.value = new Map();
  actions.value = new Map();
  replies.value = new Map();
  settings.value = DEFAULTS;
  answered.value = {};
  lastSync.value = null;
}

/** Takes from the disk what the server tells again to who logs in. Checklists stay: they are nobody's, and a visit may be measured against one. */
export async function forgetTold(store: Db): Promise<void> {
  await store.quietly<Store, "readwrite", void>([...PULLED, "meta"], "readwrite", async (tx) => {
    for (const name of PULLED) if (name !== "checklists") await tx.objectStore(name).clear();
    for (const key of ["cursor", "last-sync"]) await tx.objectStore("meta").delete(key);
  });
}

async function pages(): Promise<void> {
  pulling.value = true;
  const store = db();
  const [before] = (await store.whatOpens(["meta"], "readonly", (tx) => tx.objectStore("meta").getAll(ANSWERS))) as Answers[];
  let cursor = (await store.get("meta", "cursor")) as string | undefined;
  for (;;) {
    const known = new Map([...visits.value].map(([id, visit]) => [id, visit.known.etag]));
    const answer = await call<Page>("GET", `/sync${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ""}`);
    if (store !== server.of) return;
    if (!answer.ok) throw answer.problem;
    const page = answer.data;
    // The cookie is another user's: nothing of what is told is for this store.
    if (page.user && store.name !== storeOf(page.user)) {
      needsLogin.value = true;
      throw new PhoneProblem("login");
    }
    const { touched, late } = await store.whatOpens<Store, "readwrite", Took>([...PULLED, "visits", "meta", "bytes"], "readwrite", (tx, left) => take(tx, page, left, known, before));
    await load();
    for (const id of touched) await reload(id);
    if (late) continue;
    // A reset that brings no cursor asks to begin again; the same cursor twice would never end.
    if (page.cursor === cursor && page.more) return;
    cursor = page.cursor ?? undefined;
    if (!page.more && !(page.reset && !page.cursor)) return;
  }
}

/** `late`: the answer is older than a save that the server took of a visit meanwhile; the same is asked for again. */
interface Took { touched: string[]; late: boolean }

/** `known`: the etags of this phone's visits when the page was asked for. */
async function take(tx: Write, page: Page, left: () => number, known: Map<string, string | null>, before: Answers = {}): Promise<Took> {
  const meta = tx.objectStore("meta");
  await meta.delete(REFUSED);
  const local = new Map((await tx.objectStore("visits").getAll()).map((visit) => [visit.id, visit]));
  const needed = new Set([...local.values()].map(({ document: { checklist } }) => `${checklist.id}@${checklist.version}`));
  const drop = async (store: (typeof PULLED)[number], id: string): Promise<void> => {
    // A checklist stays as long as a visit on this phone is measured against it, or one that does not open may be.
    if (store !== "checklists" || (!needed.has(id) && left() === 0)) await tx.objectStore(store).delete(id);
  };
  if (page.reset) for (const store of PULLED) for (const id of await tx.objectStore(store).getAllKeys()) await drop(store, id);
  const touched: string[] = [];
  let late = false;
  for (const change of page.changes) {
    if (change.type === "setting") {
      await meta.put({ ...((await meta.get("settings")) as object | undefined), ...change.data }, "settings");
    } else if (change.type === "checklist") {
      const store = tx.objectStore("checklists");
      // Published versions do not change; the one that a visit was begun with least of all.
      if (!needed.has(change.id) || !(await store.getKey(change.id))) await store.put(change.data, change.id);
    } else if (change.type === "visit") {
      const mine = local.get(change.id);
      if (mine && mine.known.etag !== (known.get(change.id) ?? null)) {
        late = true;
        continue;
      }
      await tx.objectStore("remote").put(change.data);
      if (!mine) continue;
      const { id, version } = mine.document.checklist;
      const next: VisitRecord = told(mine, change.data, await tx.objectStore("checklists").get(`${id}@${version}`));
      if (next !== mine) await tx.objectStore("visits").put(next);
      await silence(tx, mine, change.data.state);
      touched.push(change.id);
    } else if (change.type in STORE) {
      await tx.objectStore(STORE[change.type]).put(change.data as never);
    }
  }
  for (const { type, id } of page.removed) {
    if (type in STORE) await drop(STORE[type as keyof typeof STORE], id);
    const mine = type === "visit" && local.get(id);
    if (mine) await silence(tx, mine, null);
  }
  if (late) return { touched, late };
  if (page.cursor) await meta.put(page.cursor, "cursor");
  else await meta.delete("cursor");
  if (!page.more) {
    await meta.put(clock.now(), "last-sync");
    for (const found of (await meta.getAll(ANSWERS)) as Answers[]) {
      const said = { ...found };
      for (const [id, { state, at }] of Object.entries(before)) if (state === "sent" && said[id]?.at === at) delete said[id];
      await (Object.keys(said).length ? meta.put(said, ANSWERS) : meta.delete(ANSWERS));
    }
  }
  return { touched, late };
}

function byId<T extends { id: string }>(rows: T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}
