/** Who am I: log in, start offline with the stored session, lock the data when somebody else comes. */
import { signal, type Signal } from "@preact/signals";
import { call, needsLogin, network, server, type ApiProblem } from "./api";
import { Db } from "./db";
import { PhoneProblem } from "./problem";
import { db, stored, use, visits } from "./records";
import { answered, forget, load, replies } from "./sync";
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
  const [leaving, session] = await phone.tx(["meta", "session"], "readonly", (tx) => Promise.all([tx.objectStore("meta").get(LEAVING), tx.objectStore("session").get(CURRENT)]));
  if (leaving) void tellLeaving();
  if (session) await enter(session);
  return session ?? null;
}

/** Nobody is signed in on the phone: who signed in at the console of this browser is, unless a log-out waits to be heard. */
export async function takeUp(): Promise<Session | null> {
  if (await phone.get("meta", LEAVING)) return null;
  const answer = (await knownHere()) && (await call<Session>("GET", "/session", { timeoutMs: 4000 }));
  if (answer && answer.ok) {
    await phone.tx(["session"], "readwrite", (tx) => tx.objectStore("session").put(answer.data, CURRENT));
    await enter(answer.data);
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

/** Asks the server who we are; keeps the stored session while there is no network. Sets needsLogin on 401. */
export async function renew(): Promise<boolean> {
  const answer = await call<Session>("GET", "/session");
  if (!answer.ok) return false;
  if (me.value && answer.data.user.id !== me.value.user.id) {
    // The cookie is another user's: nothing may be sent in that name.
    needsLogin.value = true;
    return false;
  }
  await phone.tx(["session"], "readwrite", (tx) => tx.objectStore("session").put(answer.data, CURRENT));
  server.csrf = answer.data.csrf;
  me.value = answer.data;
  needsLogin.value = false;
  return true;
}

/** Rejects with code `wrong-password`, `login-locked`, `network`, or another of the server's. `other`: not the user of before. */
export async function signIn(username: string, password: string): Promise<{ session: Session; other: boolean }> {
  const answer = await call<Session>("POST", "/session", { body: { username, password } });
  if (!answer.ok) {
    needsLogin.value = me.value !== null && needsLogin.value;
    throw answer.problem;
  }
  const session = answer.data;
  const other = me.value !== null && me.value.user.id !== session.user.id;
  await phone.tx(["session", "meta"], "readwrite", async (tx) => {
    await tx.objectStore("session").put(session, CURRENT);
    await tx.objectStore("meta").delete(LEAVING);
  });
  if (me.value?.user.id !== session.user.id) await enter(session);
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

/** Rejects with code `unsent` unless forced. The data stays locked on the phone under this user, but with `erase`. */
export async function signOut(options: { force?: boolean; erase?: boolean } = {}): Promise<void> {
  if (unsent() > 0 && !options.force) throw new PhoneProblem("unsent", { detail: String(unsent()) });
  const csrf = server.csrf;
  await phone.tx(["session", "meta"], "readwrite", async (tx) => {
    await tx.objectStore("session").delete(CURRENT);
    await tx.objectStore("meta").put(csrf, LEAVING);
  });
  const left = db();
  me.value = null;
  needsLogin.value = false;
  forget();
  await use(null);
  if (options.erase) await left.erase();
  await tellLeaving();
}

async function enter(session: Session): Promise<void> {
  const store = new Db(`xunting-${session.user.id}`);
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
