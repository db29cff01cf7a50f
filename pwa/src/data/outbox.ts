/** The one outbox: waiting → sending → sent | refused | conflict; pauses; reasons to run. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { needsLogin, network, server } from "./api";
import { clock, instant } from "./clock";
import type { Db, Store } from "./db";
import { progress, sends } from "./document";
import { dropReceived, sweep } from "./photos";
import { PhoneProblem } from "./problem";
import { db, keepEntry, kindOf, patience, sendingFile, showEntry, signedIn, stored, visits, waiting } from "./records";
import { unopened } from "./seal";
import { sendReplies, tidyReplies } from "./actions_out";
import { sendAnswers } from "./answers_out";
import { send, type Outcome } from "./send";
import { answered, replies, type Answer } from "./sync";
import type { OutboxEntry, Reply, ShownEntry } from "./types";

export { sendingFile } from "./records";

export interface Summary {
  /** Submitted visits that the server does not hold whole yet; photos and bytes still to go. */
  visits: number; photos: number; bytes: number; sending: boolean; refused: number; conflicts: number;
  /** To assignments and corrective actions: still to go; and refused, which nobody has read yet. */
  answers: number; unread: number;
  lastSentAt: Date | null;
}
export type Reason = "tap" | "online" | "visible" | "launch" | "timer" | "background" | "login";

const sending: Signal<boolean> = signal(false);

/** Newest first; drafts that are mirrored have `kind: "draft"`. */
export const entries: ReadonlySignal<readonly ShownEntry[]> = computed(() =>
  [...stored.value.values()].sort((a, b) => (a.queued_at < b.queued_at ? 1 : -1)).map((entry) => {
    const record = visits.value.get(entry.visit);
    const sent = record ? progress(record) : { photos: { done: 0, all: 0 }, bytes: { done: 0, all: 0 } };
    const now = sendingFile.value;
    if (now?.visit === entry.visit) sent.bytes.done += now.sent;
    // A page that was killed while it sent left the word behind.
    return { ...entry, state: entry.state === "sending" && !sending.value ? "waiting" : entry.state, ...sent };
  }));

export const summary: ReadonlySignal<Summary> = computed(() => {
  const open = entries.value.filter((entry) => entry.state !== "sent" || entry.photos.done < entry.photos.all);
  const times = entries.value.flatMap((entry) => (entry.sent_at ? [Date.parse(entry.sent_at)] : []));
  const proofs = answers("waiting").flatMap((one) => ("files" in one ? one.files.filter(({ sha256 }) => !one.arrived.includes(sha256)) : []));
  return {
    visits: open.filter((entry) => entry.kind !== "draft").length,
    photos: open.reduce((sum, { photos }) => sum + photos.all - photos.done, proofs.length),
    bytes: [...proofs, ...open.map(({ bytes }) => ({ bytes: bytes.all - bytes.done }))].reduce((sum, { bytes }) => sum + bytes, 0),
    sending: sending.value,
    refused: open.filter((entry) => entry.state === "refused").length,
    conflicts: open.filter((entry) => entry.state === "conflict").length,
    answers: answers("waiting").length,
    unread: answers("refused").length + answers("conflict").length,
    lastSentAt: times.length ? new Date(Math.max(...times)) : null,
  };
});

function answers(state: Reply["state"]): (Answer | Reply)[] {
  return [...Object.values(answered.value), ...replies.value.values()].filter((answer) => answer.state === state);
}

const EAGER: readonly Reason[] = ["tap", "online", "login"];
/** No pause is longer; one that seems so was written before the clock was set back. */
const HOUR_MS = 3_600_000;
/** A line that comes and goes is taken for one that came back at most so often. */
const FLAP_MS = 10_000;
let listening = false;
let again: Reason | null = null;
let present: Promise<void> | null = null;
/** For whom: a run of who was here before keeps nobody waiting. */
let of: object | null = null;
let callOff: (() => void) | null = null;
/** The server asked everybody to wait until then, or the phone's own store did not work. */
let holdUntil = 0;
let stumbles = 0;
let backOnline = -FLAP_MS;

/** After launch and after a login; the second call only runs. Listens to `online`, visibility and the service worker. */
export function start(): void {
  if (!listening) listen();
  listening = true;
  void run("launch").then(tidy);
}

function listen(): void {
  const page = globalThis as { document?: EventTarget & { visibilityState: string } };
  worker()?.addEventListener("message", ({ data }) => {
    if (data === "run-outbox") void run("background");
  });
  (globalThis as { navigator?: { connection?: EventTarget } }).navigator?.connection?.addEventListener?.("change", () => void run("online"));
  globalThis.addEventListener?.("online", () => void run("online"));
  page.document?.addEventListener("visibilitychange", () => {
    if (page.document?.visibilityState === "visible") void run("visible");
  });
  // A first change of a draft puts an entry; nobody has to call for it.
  stored.subscribe(() => schedule());
}

/** What a kill left over, and bytes that have been safe at the server for a month. */
async function tidy(): Promise<void> {
  if (!signedIn()) return;
  void tidyReplies().catch(() => undefined);
  await sweep();
  await dropReceived(30);
}

/** `tap`, `online` and `login` do not wait for pauses. Resolves when nothing more can be done now. */
export function run(reason: Reason): Promise<void> {
  const whose = server.of;
  if (whose !== of) holdUntil = stumbles = 0;
  else if (present) {
    if (again === null || EAGER.includes(reason)) again = reason;
    return present;
  }
  of = whose;
  const mine = present = (async () => {
    for (let next: Reason | null = reason; next; next = whose === of ? again : null) {
      again = null;
      await alone(next).catch((problem: unknown) => (whose === server.of ? stumbled(problem) : undefined));
    }
  })().finally(() => {
    if (present !== mine) return;
    present = null;
    sending.value = false;
    schedule();
    if (network.value === "offline" && answers("waiting").length + [...stored.value.values()].filter(isOpen).length) void askBackgroundSync();
  });
  return mine;
}

/** The phone's own store fails, or the part that sends is not here: the server can do nothing about it, so it is left alone for a while. */
async function stumbled(problem: unknown): Promise<void> {
  console.info("the outbox stopped:", problem);
  stumbles += 1;
  holdUntil = clock.now() + pause(stumbles);
  if (problem instanceof PhoneProblem && problem.code === "storage-full") await dropReceived(0).catch(() => 0);
}

/** The person asks for one visit: a refused one too, at once. */
export async function retry(visit: string): Promise<void> {
  const entry = stored.value.get(visit);
  if (!entry || entry.state === "conflict") return;
  await keepEntry({ ...entry, state: "waiting", next_at: 0, tries: 0 });
  await run("tap");
}

/** Only one page of this user sends at a time; another that asks meanwhile has nothing to do. */
async function alone(reason: Reason): Promise<void> {
  if (!signedIn()) return;
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (!locks) return everything(reason);
  await locks.request(`outbox-${db().name}`, { ifAvailable: true }, async (lock) => {
    if (lock) await everything(reason);
  });
}

async function everything(reason: Reason): Promise<void> {
  const store = db();
  const byHand = reason === "tap" || reason === "login";
  const back = reason === "online" && clock.mono() - backOnline >= FLAP_MS;
  if (back) backOnline = clock.mono();
  if (needsLogin.value && reason !== "login") return;
  if (!byHand && waits(holdUntil)) return;
  await missed();
  const due = (await store.all("outbox")).filter((entry) => isOpen(entry) && (byHand || back || !waits(entry.next_at)));
  const says = (answer: Answer | Reply): boolean => answer.state === "waiting" && (byHand || back || !waits(answer.next_at));
  const said = answers("waiting").some(says);
  if (due.length === 0 && !said) return;
  // Small, and somebody may be waiting for them.
  if (said) await sendAnswers(says);
  const rank = ({ kind }: OutboxEntry): number => (kind === "draft" ? 1 : 0);
  due.sort((a, b) => rank(a) - rank(b) || (a.queued_at < b.queued_at ? -1 : 1));
  for (const entry of due) {
    if (store !== server.of || needsLogin.value) return;
    sending.value = true;
    try {
      await keepEntry({ ...entry, state: "sending" });
      const outcome = await send(entry, store);
      await settle(store, entry, outcome);
      stumbles = 0;
      if (outcome.end === "sent") holdUntil = 0;
      if (outcome.end === "login" || outcome.end === "later" && outcome.all) return;
    } catch (problem) {
      const { code, title, detail, status } = problem instanceof PhoneProblem ? problem : new PhoneProblem("storage-frozen");
      const next: OutboxEntry = { ...entry, state: "waiting", problem: { code, title, detail, status } };
      // A row of this visit does not open: the others are sent.
      if (unopened(problem) && store === server.of) await keepEntry({ ...next, tries: entry.tries + 1, next_at: clock.now() + pause(entry.tries + 1) });
      else {
        if (store === server.of) showEntry(next);
        throw problem;
      }
    }
  }
  if (said && store === server.of) {
    sending.value = true;
    await sendReplies(says);
  }
}

function waits(until: number): boolean {
  const left = until - clock.now();
  return left > 0 && left <= HOUR_MS;
}

/** Written in one transaction, against the visit as it is by then: what was tapped meanwhile is not taken for sent. `store`: of whoever
 *  was signed in when it was sent. */
async function settle(store: Db, begun: OutboxEntry, outcome: Outcome): Promise<void> {
  let result: OutboxEntry | undefined;
  await store.tx<Store, "readwrite", void>(["outbox", "visits"], "readwrite", async (tx) => {
    const entry = (await tx.objectStore("outbox").get(begun.visit)) ?? begun;
    // Submitted while its draft was on the way: the new entry is not ours to settle.
    if (entry.kind !== begun.kind) return;
    const record = await tx.objectStore("visits").get(begun.visit);
    result = settled(entry, outcome, record && record.saves > outcome.saves ? patience(record) : null);
    await tx.objectStore("outbox").put(result);
  });
  if (result && store === server.of) showEntry(result);
}

/** `soon`: changed meanwhile, and to be sent again after so long. */
function settled(entry: OutboxEntry, outcome: Outcome, soon: number | null): OutboxEntry {
  const problem = "problem" in outcome ? outcome.problem.asData() : null;
  switch (outcome.end) {
    case "sent":
      return soon !== null
        ? { ...entry, state: "waiting", tries: 0, problem: null, sent_at: instant(), next_at: clock.now() + soon }
        : { ...entry, state: "sent", tries: 0, problem: null, sent_at: instant() };
    case "login":
      return { ...entry, state: "waiting", problem };
    case "later": {
      // No fault of line or server: the change of the line, a tap or the hour ends it.
      if (problem?.code === "wifi-only") return { ...entry, state: "waiting", tries: 0, problem, next_at: clock.now() + (soon ?? HOUR_MS) };
      const tries = entry.tries + 1;
      const wait = Math.min(HOUR_MS, outcome.problem.retryAfterMs ?? pause(tries));
      if (outcome.all && outcome.problem.retryAfterMs !== null) holdUntil = clock.now() + wait;
      return { ...entry, state: "waiting", tries, problem, next_at: clock.now() + wait };
    }
    case "conflict":
      return { ...entry, state: "conflict", problem };
    case "refused":
      return { ...entry, state: "refused", tries: entry.tries + 1, problem };
  }
}

/** 2 s, 4 s … 5 min, each between the half and the whole, so that phones that fell silent together do not return together. */
export function pause(tries: number): number {
  const whole = Math.min(300_000, 2_000 * 2 ** Math.min(tries - 1, 10));
  return Math.round(whole / 2 + (whole / 2) * clock.random());
}

/** A visit with unsent changes and no entry (a store that was taken in again, a kill at the wrong moment) gets one. */
async function missed(): Promise<void> {
  for (const record of visits.value.values()) {
    const entry = stored.value.get(record.id);
    const unsent = record.saves > record.known.saves && record.conflict === null && sends(record);
    const kind = kindOf(record);
    if (!unsent || (entry && entry.state !== "sent" && entry.kind === kind)) continue;
    await keepEntry(waiting(record.id, kind, 0));
  }
}

/** `sending` here is what a killed page left behind: the lock says that nobody sends now. */
function isOpen(entry: OutboxEntry): boolean {
  return entry.state === "waiting" || entry.state === "sending";
}

interface Registrar { ready: Promise<{ sync?: { register(tag: string): Promise<void> } }>; controller: unknown; addEventListener(type: "message", job: (event: MessageEvent<unknown>) => void): void }

function worker(): Registrar | undefined {
  return (globalThis as { navigator?: { serviceWorker?: Registrar } }).navigator?.serviceWorker;
}

/** Where the browser has it, it starts the outbox when the network returns, even with the app closed. One reason among others. */
export async function askBackgroundSync(): Promise<void> {
  if (!worker()?.controller) return;
  try {
    await (await worker()?.ready)?.sync?.register("outbox");
  } catch (problem) {
    // Switched off by the person or the browser.
    console.info("no background sync:", problem);
  }
}

function schedule(): void {
  callOff?.();
  callOff = null;
  const times = [...[...stored.value.values()].filter(isOpen), ...answers("waiting")].map(({ next_at }) => Math.max(next_at, holdUntil));
  if (present || times.length === 0 || needsLogin.value) return;
  callOff = clock.later(Math.max(1_000, Math.min(...times) - clock.now()), () => void run("timer"));
}

