/** What each user of this phone was told once; the next one on the same phone has not heard it. */
import { db } from "./records";

export type Told = "discreet-hint" | "voice-told";

/** The text it was told with; null when it never was. */
export async function told(what: Told): Promise<string | null> {
  return ((await db().get("meta", what)) as string | undefined) ?? null;
}

export async function keepTold(what: Told, text: string): Promise<void> {
  await db().tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put(text, what));
}
