/** What a person enters lies sealed on the phone (AES-GCM, row by row), under a key that the server keeps for this user. */
import type { Mode, Store, Tx } from "./db";
import { PhoneProblem } from "./problem";

/** The names of keys are the beginning of their hash. `now` seals (null: nothing may be sealed here), each of `all` opens; `kept`: the one that
 *  the server said last it keeps; `since` is another whenever `now` has changed. */
export interface Keys { now: string | null; all: Record<string, CryptoKey>; kept: string | null; since: string }

/** With what the others open. */
export const merged = (keys: Keys | null, others: Keys | null): Keys | null => keys && others ? { ...keys, all: { ...others.all, ...keys.all } } : keys ?? others;

/** What stays readable of a row: keys and indexes, and by what old bytes are found. All else of these stores is sealed. */
const CLEAR: Partial<Record<Store, readonly string[]>> = {
  visits: ["id"], photos: ["key", "visit", "sha256"], bytes: ["sha256", "stored_at"], outbox: ["visit"], notes: ["id"], replies: ["id"], meta: [],
};
/** Of `meta` only what was said or spoken. */
const IN_META = /^(answers$|voice\/)/;
export const SEALED = Object.keys(CLEAR) as Store[];
/** In the user's `meta`: the key that all rows are under, and since when it seals. */
export const ALL_UNDER = "sealed";

/** A row as it lies on the disk: like what is stored, or what stays readable beside `sealed`. */
export type Row = Record<string, unknown>;
interface SealedRow extends Row { by: string; iv: Uint8Array<ArrayBuffer>; sealed: ArrayBuffer }

export const sealedBy = (row: unknown): string | undefined => ((row as Row | undefined)?.["sealed"] instanceof ArrayBuffer ? (row as SealedRow).by : undefined);
export const mustSeal = (store: Store, key: unknown): boolean => store in CLEAR && (store !== "meta" || IN_META.test(String(key)));

/** Whether the row comes back from its bytes as it was; any other lies open. */
export function sealable(row: Row): boolean {
  const values = Object.values(row);
  return !("" in row) && !("sealed" in row) && values.filter((value) => value instanceof ArrayBuffer).length < 2 && values.every((value) => value instanceof ArrayBuffer || plain(value));
}

function plain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "number" ? Number.isFinite(value) : typeof value !== "bigint";
  return Array.isArray(value) ? value.every((one) => one !== undefined && plain(one)) : Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(plain);
}

/** The row as bytes: the length of its JSON, the JSON, and the one buffer that a row may have. Equal rows give equal bytes. */
export function packed(row: Row): Uint8Array<ArrayBuffer> {
  const name = Object.keys(row).find((one) => row[one] instanceof ArrayBuffer);
  const json = new TextEncoder().encode(JSON.stringify(name ? { ...row, [name]: 0, "": name } : row));
  const buffer = new Uint8Array((name ? row[name] : []) as ArrayBuffer);
  const bytes = new Uint8Array(4 + json.length + buffer.length);
  new DataView(bytes.buffer).setUint32(0, json.length);
  bytes.set(json, 4);
  bytes.set(buffer, 4 + json.length);
  return bytes;
}

function unpacked(bytes: ArrayBuffer): Row {
  const end = 4 + new DataView(bytes).getUint32(0);
  const { "": name, ...row } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, end - 4))) as Row & { ""?: string };
  return name ? { ...row, [name]: bytes.slice(end) } : row;
}

/** No row can be put in the place of another. */
function how(store: Store, iv: Uint8Array<ArrayBuffer>, clear: Row): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode([store, ...(CLEAR[store] ?? []).map((name) => clear[name])].join(" ")) };
}

export async function sealed(store: Store, row: Row, { now, all }: Keys): Promise<SealedRow> {
  const clear = Object.fromEntries((CLEAR[store] ?? []).map((name) => [name, row[name]]));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { ...clear, by: now!, iv, sealed: await crypto.subtle.encrypt(how(store, iv, clear), all[now!]!, packed(row)) };
}

/** Rejects with `storage-locked` where its key is not here, with `storage-damaged` where it is not as it was sealed. */
export async function opened<T>(store: Store, row: T, keys: Keys | null): Promise<T> {
  const by = sealedBy(row);
  if (by === undefined) return row;
  const key = keys?.all[by];
  if (!key) throw new PhoneProblem("storage-locked");
  const { iv, sealed: bytes, ...clear } = row as SealedRow;
  try {
    return unpacked(await crypto.subtle.decrypt(how(store, iv, clear), key, bytes)) as T;
  } catch (problem) {
    throw new PhoneProblem("storage-damaged", { cause: problem });
  }
}

/** What each tap reads and writes again, as it was sealed or opened last, known by its iv: a tap then waits once and not four times. */
const RECENT: readonly Store[] = ["visits", "outbox"];
const recent = new WeakMap<Keys, Map<string, { iv: string; row: unknown }>>();

function remembered(store: Store, row: SealedRow, keys: Keys | null): { row: unknown } | undefined {
  const found = keys && recent.get(keys)?.get(place(store, row));
  return found?.iv === String(row.iv) ? found : undefined;
}

function remember(store: Store, { iv, ...row }: SealedRow, keys: Keys, as: unknown): void {
  if (!RECENT.includes(store)) return;
  if (!recent.has(keys)) recent.set(keys, new Map());
  recent.get(keys)!.set(place(store, row), { iv: String(iv), row: as });
}

const place = (store: Store, row: Row): string => `${store} ${String(row[CLEAR[store]![0] ?? "iv"])}`;

interface Asked { getKey(key: string): Promise<unknown> }

/** Awaits what is no business of the store's. A transaction ends by itself when nothing is asked of it, so it is asked until then. */
export async function during<T>(store: Asked, work: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  while (!over) await store.getKey("");
  return work;
}

/** Whether it says that a row does not open. */
export const unopened = (problem: unknown): problem is PhoneProblem => problem instanceof PhoneProblem && ["storage-locked", "storage-damaged"].includes(problem.code);

/** Told of each row that `getAll` leaves out because it does not open, and where it lies. */
export type LeftOut = (problem: PhoneProblem, place: string) => void;

type Through = (...given: never[]) => Promise<unknown>;

/** The transaction as the app uses it: what it writes is sealed where there is a key, what it reads is opened. Cursors show rows as they lie on the disk.
 *  `open`: what is written is left so.
 *  Without `leftOut` a row that does not open is a rejection of `getAll` too, as it always is of `get`. */
export function through<S extends Store, M extends Mode>(tx: Tx<S, M>, keys: Keys | null, leftOut?: LeftOut, open = false): Tx<S, M> {
  return { objectStore: (name: S) => (name in CLEAR ? room(tx.objectStore(name) as never, name, keys, leftOut, open) : tx.objectStore(name)) } as never;
}

const LEFT_OUT = Symbol();

function room(store: Asked & Record<"put" | "get" | "getAll" | "index", Through>, name: Store, keys: Keys | null, leftOut?: LeftOut, open = false): unknown {
  const read = async (row: unknown): Promise<unknown> => {
    const plain = await opened(name, row, keys);
    if (plain !== row) remember(name, row as SealedRow, keys!, plain);
    return plain;
  };
  const all = async (rows: unknown[], from = read): Promise<unknown[]> => {
    const here = rows.map((row) => (sealedBy(row) === undefined ? { row } : remembered(name, row as SealedRow, keys)));
    return here.every(Boolean) ? here.map((one) => one!.row) : during(store, Promise.all(here.map((one, at) => one?.row ?? from(rows[at]))));
  };
  const some = async (rows: unknown[]): Promise<unknown[]> => (await all(rows, (row) => read(row).catch((problem: unknown) => {
    if (!leftOut || !unopened(problem)) throw problem;
    leftOut(problem, place(name, row as Row));
    return LEFT_OUT;
  }))).filter((row) => row !== LEFT_OUT);
  const one = async (row: unknown): Promise<unknown> => (await all([row]))[0];
  const write = async (row: never, key: unknown): Promise<unknown> => {
    if (open || !keys?.now || !mustSeal(name, key) || !sealable(row)) return row;
    const next = await during(store, sealed(name, row, keys));
    remember(name, next, keys, row);
    return next;
  };
  const own = {
    put: async (row: never, ...key: never[]) => store.put((await write(row, key[0])) as never, ...key),
    get: async (key: never) => one(await store.get(key)),
    getAll: async (...range: never[]) => some((await store.getAll(...range)) as unknown[]),
    index: (by: never) => over(store.index(by), { getAll: async (...range: never[]) => some((await (store.index(by) as unknown as typeof store).getAll(...range)) as unknown[]) }),
  };
  return over(store, own);
}

function over(under: object, own: Record<string, unknown>): unknown {
  return new Proxy(under, {
    get(target, name) {
      if (name in own) return own[name as string];
      const found = Reflect.get(target, name) as unknown;
      return typeof found === "function" ? (found as Through).bind(target) : found;
    },
  });
}
