/** Who am I: log in, start offline with the stored session, lock the data when somebody else comes. */
import { signal, type Signal } from "@preact/signals";
import { belong, call, needsLogin, network, server, type ApiProblem } from "./api";
import { Db, storageProblem, type Tx } from "./db";
import { keysOf, learned, read, tried, usable } from "./keys";
import { db, forgetTurns, signedIn, stored, storeOf, use, visits, written } from "./records";
import { merged, type Keys } from "./seal";
import { sealRows } from "./sealing";
import { recall, remember } from "./small";
import { answered, forget, forgetTold, load, replies } from "./sync";
import type { OutboxEntry, Session, VisitRecord } from "./types";

export const me: Signal<Session | null> = signal(null);
/** Whether this person makes visits at all. */
export const inspects = (): boolean => me.value?.permissions.includes("inspect") === true;

/** What belongs to the phone and not to one user: who is signed in, and a log-out that the server has not heard. */
export const phone = new Db("xunting");
export const CURRENT = "current";
export const LEAVING = "leaving";
/** The same in localStorage, where the disk is full. */
export const LEFT = "xunting-leaving";
/** And there, of whom all was to be erased: with the word of it they are not signed in any more. */
export const ERASES = "xunting-erasing";
/** Whose store still holds what was told to them, though they have left; or `ALL`, that was to be erased. */
export const owes = (user: string): string => `told/${user}`;
export const ALL = "all";

/** Says to the other pages of this browser that somebody else is signed in on the phone by now, or nobody. */
export const pages: BroadcastChannel | null = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("xunting-session");
(pages as { unref?(): void } | null)?.unref?.();

/** From now on this page looks who is signed in whenever another says so. */
export function hearPages(): void {
  if (pages) pages.onmessage = () => void stillMe();
}

/** Whoever is not signed in on the phone any more, by another page's doing, is shown here no longer; what was to be written is. */
export async function stillMe(): Promise<void> {
  const who = me.value?.user.id;
  if (who === undefined) return;
  const store = db();
  if ((await phone.get("session", CURRENT))?.user.id === who || me.value?.user.id !== who) return;
  belong(null);
  me.value = null;
  needsLogin.value = false;
  forget();
  await written();
  if (signedIn() && store === db()) await use(null);
}

/** At launch: the stored session and its data, without network; null = show the login. */
export async function restore(): Promise<Session | null> {
  server.renew = () => renew();
  const stored = (withKeys: boolean) => phone.tx(["meta", "session"], "readonly", async (tx) => {
    const meta = tx.objectStore("meta");
    const [left, found, owed] = await Promise.all([meta.get(LEAVING), tx.objectStore("session").get(CURRENT), meta.getAllKeys(IDBKeyRange.bound(owes(""), "told0"))]);
    return [left, found, owed.map((key) => key.slice(owes("").length)), withKeys && found && (await meta.get(keysOf(found.user.id)))] as const;
  });
  // Keys that cannot be read cost the whole transaction, and may cost no more than a question to the server.
  const [leaving, found, owing, keys] = await stored(true).catch(() => stored(false));
  if (leaving ?? recall(LEFT)) void tellLeaving();
  const erases = recall(ERASES);
  const session = found?.user.id === erases ? null : found;
  const user = session?.user.id;
  for (const other of new Set(erases ? [...owing, erases] : owing)) if (other !== user) void letGoOfOwed(new Db(storeOf(other)), other);
  if (!session) return null;
  const here = usable(keys || null);
  if (await enter(session, here, here === null)) return session;
  // What lies here is sealed, and only the server can say with what.
  await use(null);
  forget();
  return null;
}

/** Nobody is signed in on the phone: who signed in at the console of this browser is, unless a log-out waits to be heard. */
export async function takeUp(): Promise<Session | null> {
  if (await toTell()) return null;
  const answer = (await knownHere()) && (await call<Session>("GET", "/session", { timeoutMs: 4000 }));
  // Whose store is still to be erased signs in by hand when that is done.
  if (answer && answer.ok && (await eraseOwed(answer.data.user.id).then(() => true, () => false))) {
    const kept = await keep(answer.data, { still: () => me.value === null });
    if (kept) await enter(...kept);
  }
  return me.value;
}

/** Whether the sign-in page leads on, as it does whoever is signed in. To ask who that is would leave a refusal among the browser's errors. */
async function knownHere(): Promise<boolean> {
  // The first screen waits for it, so not long.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), 4000);
  const page = await server.fetch(`${server.base}/../../login`, { method: "HEAD", redirect: "manual", signal: late.signal }).catch(() => null);
  clearTimeout(timer);
  return page?.ok === false;
}

/** Asks the server who we are; keeps the stored session while there is no network. Sets needsLogin on 401. An answer that comes after
 *  a log-out, or when somebody else has signed in, is nobody's. */
export async function renew(timeoutMs?: number): Promise<boolean> {
  const { of } = server;
  const answer = await call<Session>("GET", "/session", timeoutMs === undefined ? {} : { timeoutMs });
  if (!answer.ok) return false;
  if (!of) {
    // Whose cookie it is matters to nobody here; a log-in needs its token.
    server.csrf = answer.data.csrf;
    return true;
  }
  const who = me.value?.user.id;
  if (answer.data.user.id !== who) {
    // The cookie is another user's: nothing may be sent in that name.
    needsLogin.value = me.value !== null;
    return false;
  }
  const kept = await keep(answer.data, { still: (current) => current?.user.id === who });
  if (!kept || of !== server.of) return false;
  const [session, keys] = kept;
  server.csrf = session.csrf;
  await given(db(), keys);
  me.value = session;
  needsLogin.value = false;
  return true;
}

/** To the store of who is signed in; what was left out for want of a key is shown. */
export async function given(store: Db, keys: Keys | null): Promise<void> {
  store.keys = merged(keys, store.keys);
  if (!store.wantsKey) return;
  store.wantsKey = false;
  await Promise.all([use(store), load()]);
}

/** At launch, when there is time: whether the server still keeps the key, and then what lies open is sealed. */
export async function sealAll(): Promise<void> {
  if (!me.value) return;
  const store = db();
  if (!asked) await renew();
  if (me.value && store === db()) await sealRows(store);
}

/** Whether the server has said in this page's life what the key is. */
let asked = false;

export type Change = Tx<"session" | "meta", "readwrite">;
/** `still`: only if nobody leaves and it holds for who is signed in on the disk by then; `also`: in the same transaction. */
interface Keeping { still?: (current: Session | undefined) => boolean; also?: (tx: Change) => Promise<unknown> }

/** Stores who is signed in, and the key beside it, as one that no script reads out; what the browser cannot keep so is not used. Null where it was not to be. */
export async function keep({ store_key, seal, ...session }: Session, { still, also }: Keeping): Promise<[Session, Keys | null] | null> {
  const place = keysOf(session.user.id);
  const known = await read(phone, place);
  let keys = await learned({ ...(store_key && { store_key }), ...(seal !== undefined && { seal }) }, known);
  asked = true;
  let lasting = keys;
  if (keys && keys.since !== known?.since) {
    const trial = await tried(phone, keys);
    // What this browser cannot do stops the sealing, never the opening.
    if (trial !== true) lasting = keys = { ...keys, now: known?.now ?? null, since: known?.since ?? "" };
    if (trial === false) lasting = known && { ...known, kept: keys.kept };
  }
  // Another page may have been told another one meanwhile.
  lasting = merged(lasting, await read(phone, place));
  return phone.tx(["session", "meta"], "readwrite", async (tx) => {
    const [signed, meta] = [tx.objectStore("session"), tx.objectStore("meta")];
    if (still && ((await meta.getKey(LEAVING)) !== undefined || !still(await signed.get(CURRENT)))) return null;
    await signed.put(session, CURRENT);
    await (lasting ? meta.put(lasting, place) : meta.delete(place));
    await also?.(tx);
    return [session, keys];
  });
}

/** How many visits the server does not hold whole, and answers to assignments and corrective actions that it has not heard. */
export function unsent(): number {
  return unsentAnswers() + [...visits.value.values()].filter((visit) => waits(visit, stored.value.get(visit.id))).length;
}

export function unsentAnswers(): number {
  return Object.values(answered.value).filter(({ state }) => state === "waiting").length + [...replies.value.values()].filter(({ state }) => state !== "sent").length;
}

/** The visits with something that may still be lost; of what was given up nothing can be. */
export function unsentVisits(): VisitRecord[] {
  return [...visits.value.values()].filter((visit) => visit.state !== "discarded" && waits(visit, stored.value.get(visit.id)));
}

function waits(visit: VisitRecord, entry: OutboxEntry | undefined): boolean {
  return visit.saves > visit.known.saves || Boolean(visit.proof) || (entry !== undefined && entry.state !== "sent");
}

/** Lets go of what this user's store owes: what the server tells again, or `all` of it; only after the session has ended, for nobody could work
 *  without it. A kill before leaves the word behind, and the next start does it. False where it could not be done yet. */
export async function letGoOfOwed(store: Db, user: string, all = false): Promise<boolean> {
  try {
    if (await eraseOwed(user, store, all)) return true;
    await forgetTold(store);
    await owesNothing(user);
    return true;
  } catch (problem) {
    console.info("told things stay:", String(problem));
    return false;
  }
}

/** What was to be erased is, before anybody enters that store again, with the pictures that were shared to the app meanwhile. Rejects with `erase-waits`. */
export async function eraseOwed(user: string, store = new Db(storeOf(user)), all = false): Promise<boolean> {
  if (!all && recall(ERASES) !== user && (await phone.get("meta", owes(user))) !== ALL) return false;
  await phone.quietly(["bytes", "session"], "readwrite", async (tx) => {
    // The log-out may have been cut off before it ended the session.
    const signed = tx.objectStore("session");
    if ((await signed.get(CURRENT))?.user.id === user) await signed.delete(CURRENT);
    for (let at = await tx.objectStore("bytes").openCursor(); at; at = await at.continue()) if (at.value.shared?.user === user) await at.delete();
  });
  await store.erase();
  await owesNothing(user);
  return true;
}

async function owesNothing(user: string): Promise<void> {
  if (recall(ERASES) === user) remember(ERASES, null);
  await phone.quietly(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(owes(user)));
}

/** What is on its way to the disk is there, but for what a dead store has to take yet. */
export const kept = (): Promise<void> => Promise.race([written(), new Promise<void>((end) => void storageProblem.subscribe((now) => { if (now === "frozen") end(); }))]);

/** False, with `whole`, where a row does not open for want of its key; without, such rows are left out and counted. */
export async function enter(session: Session, keys: Keys | null, whole = false): Promise<boolean> {
  const store = new Db(storeOf(session.user.id), undefined, keys);
  store.findKeys = () => read(phone, keysOf(session.user.id));
  // Another page may have ended a session here whose pictures are still being stored, and the store it had ends with it.
  await kept();
  forget();
  await Promise.all([use(store), load()]);
  if (store.wantsKey && whole) return false;
  server.csrf = session.csrf;
  me.value = session;
  return true;
}

/** The cookie dies on the server; offline that waits for the network, the next launch or login. False while it waits. */
export function tellLeaving(): Promise<boolean> {
  return (telling ??= toldLeaving().finally(() => (telling = null)));
}

let telling: Promise<boolean> | null = null;

const toTell = async (): Promise<unknown> => (await phone.get("meta", LEAVING)) ?? recall(LEFT) ?? undefined;

/** Until no word of a log-out is left: the next may have come while the one before was told. */
async function toldLeaving(): Promise<boolean> {
  for (;;) {
    const csrf = await toTell();
    if (csrf === undefined) return true;
    const answer = await call("DELETE", "/session", { headers: { "X-CSRF-Token": String(csrf) }, of: null });
    if (!answer.ok && !heard(answer.problem)) return false;
    if (recall(LEFT) === csrf) remember(LEFT, null);
    await phone.tx(["meta"], "readwrite", async (tx) => {
      if ((await tx.objectStore("meta").get(LEAVING)) === csrf) await tx.objectStore("meta").delete(LEAVING);
    });
  }
}

/** A cookie that is another's by now, or nobody's, needs no telling. */
function heard(problem: ApiProblem): boolean {
  return problem.code === "foreign-request" || (network.value === "online" && problem.kind !== "busy" && problem.kind !== "network");
}

/** For a second life in one process (tests): forget what is in memory, keep what is on disk. */
export async function leaveMemory(): Promise<void> {
  await phone.close();
  forgetTurns();
  me.value = null;
  forget();
  await use(null);
}
