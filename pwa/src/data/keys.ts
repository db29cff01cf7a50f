/** The keys of users on this phone: told by the server, kept as long as somebody is signed in, and never to be read out by a script. */
import { hex } from "./clock";
import type { Db } from "./db";
import { PhoneProblem } from "./problem";
import { through, type Keys } from "./seal";
import type { Session } from "./types";

/** Where they lie in `meta` of the phone's own store. */
export const keysOf = (user: string): string => `keys/${user}`;

/** As they were read from the disk, without those that the browser has lost; null where it gives back none. */
export function usable(found: unknown): Keys | null {
  const keys = found as Keys | null | undefined;
  const all = Object.fromEntries(Object.entries(keys?.all ?? {}).filter(([, key]) => key instanceof CryptoKey));
  return keys && Object.keys(all).length ? { ...keys, now: keys.now !== null && all[keys.now] ? keys.now : null, all } : null;
}

/** A record that cannot be read at all is none: the server tells it again. */
export const read = (phone: Db, place: string): Promise<Keys | null> => phone.quietly(["meta"], "readonly", (tx) => tx.objectStore("meta").get(place)).then(usable, () => null);

/** Where such ones lie while it is tried: nobody's place. */
const TRIAL = keysOf("");

/** A row that is sealed, read and gone in one transaction. */
const PROBE = "voice/try";

/** What the server told beside what is known already. Another key than before seals from now on, and the one before still opens.
 *  Where nothing is to be sealed the key opens and no more. Of a server that keeps none, or in a browser that cannot, what was known stays. */
export async function learned({ store_key: text, seal = true }: Pick<Session, "store_key" | "seal">, known: Keys | null): Promise<Keys | null> {
  if (!text) return known && { ...known, kept: null };
  const raw = Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const name = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", raw))).slice(0, 16);
  const now = seal ? name : null;
  if (known?.now === now && known.all[name]) return { ...known, kept: name };
  const key = known?.all[name] ?? (await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]));
  return { now, all: { ...known?.all, [name]: key }, kept: name, since: crypto.randomUUID() };
}

/** Tries whether this browser keeps such keys in the phone's own store, gives them back as they were and, where one seals, waits with a
 *  transaction while a row is sealed; one that does not stores as it did. A full disk says nothing of the browser. The one that is tried opens
 *  nothing: a kill may leave it behind. */
export async function tried(phone: Db, keys: Keys): Promise<boolean | "full"> {
  const said = { by: keys.now, bytes: new ArrayBuffer(100_000) };
  try {
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const all = Object.fromEntries(Object.keys(keys.all).map((name) => [name, key]));
    await phone.quietly(["meta"], "readwrite", (tx) => tx.objectStore("meta").put({ ...keys, all }, TRIAL));
    const kept = await read(phone, TRIAL);
    if (!kept?.all[keys.kept!] || kept.now !== keys.now) return false;
    if (kept.now === null) return true;
    return await phone.quietly(["meta"], "readwrite", async (tx) => {
      const meta = through(tx, kept).objectStore("meta");
      await meta.put(said, PROBE);
      const back = (await meta.get(PROBE)) as typeof said;
      await meta.delete(PROBE);
      return back.by === said.by && back.bytes.byteLength === said.bytes.byteLength;
    });
  } catch (problem) {
    console.info("this browser cannot seal:", String(problem));
    return problem instanceof PhoneProblem && problem.code === "storage-full" && "full";
  } finally {
    await phone.quietly(["meta"], "readwrite", (tx) => tx.objectStore("meta").delete(TRIAL)).catch(() => undefined);
  }
}
