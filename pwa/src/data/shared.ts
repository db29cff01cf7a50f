/** Pictures that another app handed over: on disk before anything is shown, and there until each is in its visit. */
import { instant, sha256 } from "./clock";
import { Db } from "./db";
import { proven } from "./photos";
import type { BytesRecord, Sha256 } from "./types";

/** They belong to the phone: whoever shares may not be signed in, and a sweep of a user's store must not take them. */
export const phone = new Db("xunting");

type Shared = Required<BytesRecord>;

/** Stores each picture and reads it back; gives how many could not be kept. Twice the same picture is one. */
export async function takeIn(files: readonly File[]): Promise<number> {
  const user = (await phone.get("session", "current"))?.user.id ?? null;
  let lost = 0;
  for (const file of files) {
    try {
      const bytes = await file.arrayBuffer();
      const record: Shared = { sha256: await sha256(bytes), bytes, type: file.type, stored_at: instant(), shared: { user, modified: file.lastModified } };
      await phone.tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").put(record));
      await proven(phone, record.sha256);
    } catch (problem) {
      console.error("a shared picture was not kept:", problem);
      lost += 1;
    }
  }
  return lost;
}

/** What waits for this user, by name, the oldest first. */
export async function waitingFor(user: string): Promise<Sha256[]> {
  return phone.tx(["bytes"], "readonly", async (tx) => {
    const found: { hash: Sha256; at: string }[] = [];
    for (let at = await tx.objectStore("bytes").openCursor(); at; at = await at.continue()) {
      const { sha256: hash, shared, stored_at } = at.value;
      if (shared && (shared.user ?? user) === user) found.push({ hash, at: stored_at });
    }
    return found.sort((a, b) => (a.at < b.at ? -1 : 1)).map(({ hash }) => hash);
  });
}
