/** Who am I: log in, start offline with the stored session, lock the data when somebody else comes. */
import { signal, type Signal } from "@preact/signals";
import { call, needsLogin, network, server, type ApiProblem } from "./api";
import { Db } from "./db";
import { keysOf, learned, TRIAL, tried, usable } from "./keys";
import { PhoneProblem } from "./problem";
import { db, signedIn, stored, use, visits } from "./records";
import type { Keys } from "./seal";
import { answered, forget, forgetTold, load, replies } from "./sync";
import type { OutboxEntry, Session, VisitRecord } from "./types";

export const me: Signal<Session | null> = signal(null);
/** Whether this person makes visits at all. */
export const inspects = (): boolean => me.value?.permissions.includes("inspect") === true;

/** What belongs to the phone and not to one user: who is signed in, and a log-out that the server has not heard. */
let phone = new Db("xunting");
const CURRENT = "current";
const LEAVING = "leaving";

/** At launch: the stored session and its data, without network; null = show the login. */
export async function restore(): Promise<Session | null> {
  server.renew = renew;
  const [leaving, session, keys] = await phone.tx(["meta", "session"], "readonly", async (tx) => {
    const [left, found] = await Promise.all([tx.objectStore("meta").get(LEAVING), tx.objectStore("session").get(CURRENT)]);
    return [left, found, found && (await tx.objectStore("meta").get(keysOf(found.user.id)))] as const;
  });
  if (leaving) void tellLeaving();
  return session ? unlocked(session, usable(keys)) : null;
}

/** null: what lies here is sealed, and only the server can say with what. */
async function unlocked(session: Session, keys: Keys | null): Promise<Session | null> {
  try {
    await enter(session, keys);
    return session;
  } catch (problem) {
    if (!locked(problem)) throw problem;
    await use(null);
    forget();
    return null;
  }
}

const locked = (problem: unknown): boolean => problem instanceof PhoneProblem && problem.code === "storage-locked";

/** Nobody is signed in on the phone: who signed in at the console of this browser is, unless a log-out waits to be heard. */
export async function takeUp(): Promise<Session | null> {
  if (await phone.get("meta", LEAVING)) return null;
  const answer = (await knownHere()) && (await call<Session>("GET", "/session", { timeoutMs: 4000 }));
  if (answer && answer.ok) {
    const kept = await keep(answer.data, { still: () => me.value === null });
    if (kept) await unlocked(...kept);
  }
  needsLogin.value = false;
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
export async function renew(): Promise<boolean> {
  const who = me.value?.user.id;
  const store = who === undefined ? null : db();
  const answer = await call<Session>("GET", "/session");
  if (!answer.ok) return false;
  if (!store) {
    // Whose cookie it is matters to nobody here; a log-in needs its token.
    if (!me.value) server.csrf = answer.data.csrf;
    return !me.value;
  }
  if (me.value?.user.id !== who) return false;
  if (answer.data.user.id !== who) {
    // The cookie is another user's: nothing may be sent in that name.
    needsLogin.value = true;
    return false;
  }
  const kept = await keep(answer.data, { still: (current) => current?.user.id === who });
  if (!kept || store !== (signedIn() && db()) || me.value?.user.id !== who) return false;
  const [session, keys] = kept;
  server.csrf = session.csrf;
  store.keys = keys ?? store.keys;
  me.value = session;
  needsLogin.value = false;
  return true;
}

/** At launch, when there is time: whether the server still keeps the key, and then what lies open is sealed. */
export async function sealAll(): Promise<void> {
  if (!me.value) return;
  const store = db();
  if (!asked) await renew();
  const { sealRows } = await import("./ways");
  if (me.value && store === db()) await sealRows(store);
}

/** Whether the server has said in this page's life what the key is. */
let asked = false;

/** `still`: only if nobody leaves and it holds for who is signed in on the disk by then; `gone`: what goes from `meta` at once. */
interface Keeping { still?: (current: Session | undefined) => boolean; gone?: string[] }

/** Stores who is signed in, and the key beside it, as one that no script reads out; what the browser cannot keep so is not used. Null where it was not to be. */
async function keep({ store_key, ...session }: Session, { still, gone = [] }: Keeping): Promise<[Session, Keys | null] | null> {
  const place = keysOf(session.user.id);
  const known = usable(await phone.get("meta", place));
  let keys = await learned({ store_key }, known);
  asked = true;
  if (keys && keys.now !== known?.now && !(await tried(phone, keys))) keys = known && { ...known, kept: false };
  return phone.tx(["session", "meta"], "readwrite", async (tx) => {
    const [signed, meta] = [tx.objectStore("session"), tx.objectStore("meta")];
    if (still && ((await meta.getKey(LEAVING)) !== undefined || !still(await signed.get(CURRENT)))) return null;
    await signed.put(session, CURRENT);
    await (keys ? meta.put(keys, place) : meta.delete(place));
    for (const one of gone) await meta.delete(one);
    return [session, keys];
  });
}

/** Rejects with code `wrong-password`, `login-locked`, `network`, or another of the server's. `other`: not the user of before. */
export async function signIn(username: string, password: string): Promise<{ session: Session; other: boolean }> {
  const answer = await call<Session>("POST", "/session", { body: { username, password } });
  if (!answer.ok) {
    needsLogin.value = me.value !== null && needsLogin.value;
    throw answer.problem;
  }
  const other = me.value !== null && me.value.user.id !== answer.data.user.id;
  const before = other ? me.value!.user.id : null;
  const left = before && (await lockUp());
  const [session, keys] = (await keep(answer.data, { gone: left ? [LEAVING, keysOf(before)] : [LEAVING] }))!;
  try {
    if (me.value?.user.id !== session.user.id) await enter(session, keys);
    else db().keys = keys ?? db().keys;
  } catch (problem) {
    // Nothing is shown or changed of what cannot be opened; who comes next begins at the login.
    if (locked(problem)) {
      await phone.tx(["session"], "readwrite", (tx) => tx.objectStore("session").delete(CURRENT));
      me.value = null;
      forget();
      await use(null);
    }
    throw problem;
  }
  server.csrf = session.csrf;
  me.value = session;
  needsLogin.value = false;
  return { session, other };
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

/** Rejects with code `unsent` unless forced. The data stays on the phone under this user, but with `erase`, and its key goes; false
 *  where it had to stay, because the server does not keep it. */
export async function signOut(options: { force?: boolean; erase?: boolean } = {}): Promise<boolean> {
  if (unsent() > 0 && !options.force) throw new PhoneProblem("unsent", { detail: String(unsent()) });
  const csrf = server.csrf;
  const user = me.value?.user.id ?? "";
  const gone = options.erase === true || (await lockUp());
  await phone.tx(["session", "meta"], "readwrite", async (tx) => {
    await tx.objectStore("session").delete(CURRENT);
    await tx.objectStore("meta").put(csrf, LEAVING);
    if (gone) for (const one of [keysOf(user), TRIAL]) await tx.objectStore("meta").delete(one);
  });
  const left = db();
  me.value = null;
  needsLogin.value = false;
  forget();
  await use(null);
  if (options.erase) await left.erase();
  await tellLeaving();
  return gone;
}

/** Before the key of who leaves may go: seals what still lies open, and lets go of what the server can tell again. False where a row
 *  may be under a key that the server does not give. */
async function lockUp(): Promise<boolean> {
  const store = db();
  const { keys } = store;
  if (!keys) return true;
  const whole = await import("./ways").then(({ sealRows }) => sealRows(store)).catch(() => false);
  await forgetTold(store).catch(() => undefined);
  return keys.kept && (whole || Object.keys(keys.all).length === 1);
}

async function enter(session: Session, keys: Keys | null): Promise<void> {
  const store = new Db(`xunting-${session.user.id}`, undefined, keys);
  store.findKeys = async () => usable(await phone.get("meta", keysOf(session.user.id)));
  forget();
  await Promise.all([use(store), load()]);
  server.csrf = session.csrf;
  me.value = session;
}

/** The cookie dies on the server; offline that waits for the next launch or login. */
async function tellLeaving(): Promise<void> {
  const csrf = await phone.get("meta", LEAVING);
  const answer = await call("DELETE", "/session", { headers: { "X-CSRF-Token": String(csrf) } });
  needsLogin.value = false;
  const gone = answer.ok || heard(answer.problem);
  if (gone) await phone.tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(LEAVING));
}

function heard(problem: ApiProblem): boolean {
  return network.value === "online" && problem.kind !== "busy" && problem.kind !== "network";
}

/** For a second life in one process (tests): forget what is in memory, keep what is on disk. */
export async function leaveMemory(): Promise<void> {
  await phone.close();
  phone = new Db("xunting");
  me.value = null;
  forget();
  await use(null);
}
