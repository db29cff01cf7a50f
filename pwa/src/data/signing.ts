/** Signing in and out: whose phone it is from then on, and how what was entered lies there. */
import { leaving } from "./awaited";
import { call, needsLogin, server } from "./api";
import { Db, storageProblem } from "./db";
import { keysOf, read, usable } from "./keys";
import { askBackgroundSync } from "./outbox";
import { PhoneProblem } from "./problem";
import { db, storeOf, use } from "./records";
import { merged, type Keys } from "./seal";
import { mayNeed, OPEN, sealedUnder } from "./sealing";
import { ALL, CURRENT, enter, ERASES, eraseOwed, given, keep, kept, LEAVING, LEFT, letGoOfOwed, me, owes, pages, phone, renew, tellLeaving, unsent, type Change } from "./session";
import { remember } from "./small";
import { forget } from "./sync";
import type { Session } from "./types";

/** Rejects with code `wrong-password`, `login-locked`, `network`, or another of the server's; with `erase-waits` where what is to be erased of
 *  this user still waits for another page. `other`: not the user of before. */
export async function signIn(username: string, password: string): Promise<{ session: Session; other: boolean }> {
  const answer = await call<Session>("POST", "/session", { body: { username, password }, of: null });
  if (!answer.ok) throw answer.problem;
  const other = me.value !== null && me.value.user.id !== answer.data.user.id;
  // Another page may have signed them in, and this one not have heard of it.
  const was = (me.value ?? (await phone.get("session", CURRENT)))?.user.id ?? answer.data.user.id;
  const store = me.value ? db() : new Db(storeOf(was));
  if (was !== answer.data.user.id) await kept();
  const before = was === answer.data.user.id ? null : { store, user: was, ...(await lockUp(store, was)) };
  await eraseOwed(answer.data.user.id);
  const [session, keys] = (await keep(answer.data, { also: async (tx) => {
    await tx.objectStore("meta").delete(LEAVING);
    await tx.objectStore("meta").delete(owes(answer.data.user.id));
    if (before) await tx.objectStore("meta").put(true, owes(before.user));
    await before?.letGo(tx);
  } }))!;
  remember(LEFT, null);
  pages?.postMessage(null);
  if (me.value?.user.id !== session.user.id) await enter(session, keys);
  else await given(db(), keys);
  if (before) await letGoOfOwed(before.store, before.user);
  server.csrf = session.csrf;
  me.value = session;
  needsLogin.value = false;
  return { session, other };
}

/** How what was entered lies after a log-out: `locked`, nobody reads it; `open`, some of it is still read by who has the phone, because
 *  it could not be sealed, or erased; `kept`, the key lies here too, because a row needs one that the server did not say it keeps. */
export type Left = "locked" | "open" | "kept";

/** Rejects with code `unsent` unless forced. The data stays on the phone under this user, but with `erase`. What is on its way to the disk is
 *  waited for; the full one keeps nobody from going. */
export async function signOut({ force = false, erase = false } = {}): Promise<Left> {
  leaving.now = true;
  if (!erase) await kept();
  leaving.now = false;
  if (unsent() > 0 && !force) throw new PhoneProblem("unsent", { detail: String(unsent()) });
  const user = me.value?.user.id ?? "";
  // Whether the server keeps the key is an old word by now.
  if (!erase) await renew(4000).catch(() => false);
  const { csrf } = server;
  const store = db();
  const { left, letGo } = erase ? { left: "locked" as Left, letGo: noKey(user) } : await lockUp(store, user);
  const ended = (word: boolean): Promise<boolean> => phone.tx(["session", "meta"], "readwrite", async (tx) => {
    await tx.objectStore("session").delete(CURRENT);
    if (word) await tx.objectStore("meta").put(csrf, LEAVING);
    if (word) await tx.objectStore("meta").put(erase ? ALL : true, owes(user));
    return letGo(tx);
  });
  let all = false;
  const gone = await ended(true).catch(async (problem: unknown) => {
    if (!(problem instanceof PhoneProblem && problem.code === "storage-full")) throw problem;
    // To delete takes no room, and the word that the server is owed has its place beside the store.
    remember(LEFT, csrf);
    all = erase;
    if (!all) return ended(false);
    remember(ERASES, user);
    await store.erase().catch(() => undefined);
    // There may be room by now.
    return ended(true).catch(() => ended(false));
  });
  pages?.postMessage(null);
  // Before all that may take long, and before anybody else can sign in.
  const told = tellLeaving().catch(() => false);
  me.value = null;
  needsLogin.value = false;
  forget();
  await use(null);
  const forgotten = await letGoOfOwed(store, user, all);
  if (!(await told)) await askBackgroundSync();
  return !gone ? "kept" : forgotten ? left : "open";
}

/** Deletes the key of who leaves, if it is still as it was read. */
type LetGo = (tx: Change) => Promise<boolean>;

const noKey = (user: string, was: Keys | null = null): LetGo => async (tx) => {
  const meta = tx.objectStore("meta");
  const now = was && usable(await meta.get(keysOf(user)));
  if (now && (now.since !== was.since || now.kept !== was.kept)) return false;
  await meta.delete(keysOf(user));
  return true;
};

/** Before the key of who leaves may go: seals what still lies open. */
async function lockUp(store: Db, user: string): Promise<{ left: Left; letGo: LetGo }> {
  const keep = { left: "kept" as Left, letGo: () => Promise.resolve(false) };
  // The store is dead: what waits in memory is to be stored yet.
  if (storageProblem.value === "frozen") return keep;
  const was = await read(phone, keysOf(user));
  store.keys = merged(was, store.keys);
  try {
    const under = await sealedUnder(store);
    if ([...under].some((by) => mayNeed(by, store.keys))) return keep;
    return { left: under.has(OPEN) ? "open" : "locked", letGo: noKey(user, was) };
  } catch (problem) {
    console.info("not locked up:", String(problem));
    return keep;
  }
}
