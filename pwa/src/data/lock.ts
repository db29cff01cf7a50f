/** The app lock: a PIN that is asked for before the screen is shown. It hides the screen; it does not encrypt what is stored. */
import { signal, type Signal } from "@preact/signals";
import { clock, hex } from "./clock";
import { CAMERA_MS, LOCK, tellCover } from "./cover_set";
import { PhoneProblem } from "./problem";
import { db, signedIn } from "./records";
import { perUser } from "./user_memory";

/** PBKDF2-SHA256: what a slow phone works out within about a second. A PIN of few digits is not safer with more. */
const ROUNDS = 210_000;
/** After so many minutes in the background it locks. */
export type After = 0 | 1 | 5 | 15;
export const AFTER: readonly After[] = [0, 1, 5, 15];
/** So many wrong entries are free; then each wait is twice the one before. */
const FREE = 2;
const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 15 * 60_000;

export interface AppLock {
  salt: string; hash: string; rounds: number; after: After;
  /** Wrong entries in a row. */
  wrong: number;
  /** By the phone's clock, when the wait began, and how long it is. */
  since: number; wait_ms: number;
}
/** An instant by both clocks of the phone. */
export interface Moment { now: number; mono: number }

export const moment = (): Moment => ({ now: clock.now(), mono: clock.mono() });

/** That of the user who is signed in. */
export const appLock: Signal<AppLock | null> = signal(null);
/** What was left of the wait when this page learned of it: the page's own clock cannot be set. */
let known: { mono: number; left: number } | null = null;
perUser(() => show(null));

export async function loadLock(): Promise<void> {
  const store = signedIn() ? db() : null;
  const found = store && (((await store.get("meta", LOCK)) as AppLock | undefined) ?? null);
  if (store === (signedIn() ? db() : null)) show(found);
}

/** The digits of an entry, also those of a Chinese keyboard in full width; null unless they are 4 to 8. */
export function digits(entry: string): string | null {
  const plain = entry.normalize("NFKC").trim();
  return /^\d{4,8}$/.test(plain) ? plain : null;
}

/** Sets or replaces the PIN. Rejects with `pin-digits`. */
export async function setPin(entry: string): Promise<void> {
  const salt = hex(crypto.getRandomValues(new Uint8Array(16)));
  const hash = await derived(pin(entry), salt, ROUNDS);
  await change(() => ({ salt, hash, rounds: ROUNDS, after: appLock.value?.after ?? 1, wrong: 0, since: 0, wait_ms: 0 }));
}

export const setAfter = (after: After): Promise<void> => change((found) => found && { ...found, after });

export const removeLock = (): Promise<void> => change(() => null);

/** Whether it is the PIN. An entry counts as wrong before it is looked at, so that a kill in between wins nothing.
 *  A lock that is not found is opened by none. Rejects with `pin-digits`, or with `pin-wait` while `waitLeft` is not over. */
export async function tryPin(entry: string): Promise<boolean> {
  const tried = pin(entry);
  await loadLock();
  if (waitLeft() > 0) throw new PhoneProblem("pin-wait");
  await change((found) => found && { ...found, wrong: found.wrong + 1, since: clock.now(), wait_ms: waitAfter(found.wrong + 1) });
  const lock = appLock.value;
  if (!lock?.hash) return false;
  const right = (await derived(tried, lock.salt, lock.rounds)) === lock.hash;
  if (right) await change((found) => found && { ...found, wrong: 0, wait_ms: 0 });
  return right;
}

/** Milliseconds until the next entry is taken. A clock that was set back begins the wait anew; one that was set forward while the
 *  page lives wins nothing. */
export function waitLeft(): number {
  const lock = appLock.value;
  if (!lock?.wait_ms) return 0;
  const gone = clock.now() - lock.since;
  if (gone < 0) {
    void change((found) => found && { ...found, since: clock.now() }).catch(() => undefined);
    return lock.wait_ms;
  }
  return Math.max(0, lock.wait_ms - gone, known ? known.left - (clock.mono() - known.mono) : 0);
}

/** Whether the app was away for longer than its owner allows; `camera`: a photo is awaited. Of the two clocks the one that went further
 *  counts, because the page's own may rest while the phone sleeps; a clock that was set back says nothing, so it locks. */
export function overdue(left: Moment, after: After, camera: boolean): boolean {
  const { now, mono } = moment();
  if (now < left.now - 60_000) return true;
  return Math.max(now - left.now, mono - left.mono) >= Math.max(after * 60_000, camera ? CAMERA_MS : 0);
}

function waitAfter(wrong: number): number {
  return wrong <= FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE - 1));
}

function pin(entry: string): string {
  const found = digits(entry);
  if (!found) throw new PhoneProblem("pin-digits");
  return found;
}

async function change(next: (found: AppLock | null) => AppLock | null): Promise<void> {
  let lock: AppLock | null = null;
  await db().tx(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    lock = next(((await meta.get(LOCK)) as AppLock | undefined) ?? null);
    await (lock ? meta.put(lock, LOCK) : meta.delete(LOCK));
  });
  show(lock);
  tellCover();
}

function show(lock: AppLock | null): void {
  const left = lock ? Math.max(0, lock.wait_ms - Math.max(0, clock.now() - lock.since)) : 0;
  const same = lock && appLock.value && lock.since === appLock.value.since && lock.wait_ms === appLock.value.wait_ms;
  known = same ? known : { mono: clock.mono(), left };
  appLock.value = lock;
}

async function derived(digitsOfPin: string, salt: string, iterations: number): Promise<string> {
  const text = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", text.encode(digitsOfPin), "PBKDF2", false, ["deriveBits"]);
  return hex(new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: text.encode(salt), iterations }, key, 256)));
}
