/** What the server has told this user and was not read yet: as the last sync brought it, marked as read over the network. */
import { call } from "./api";
import { db } from "./records";
import type { Notice } from "./types";

/** The newest first. */
export async function notices(): Promise<Notice[]> {
  return (await db().all("notices")).sort((a, b) => (a.at < b.at ? 1 : -1));
}

/** Rejects with a PhoneProblem (`network`, `login`, …); then they stay unread. */
export async function markRead(read: readonly Notice[]): Promise<void> {
  const answer = await call("POST", "/notices/read", { body: { ids: read.map(({ id }) => id) } });
  if (!answer.ok) throw answer.problem;
  await db().tx(["notices"], "readwrite", async (tx) => {
    for (const { id } of read) await tx.objectStore("notices").delete(id);
  });
}
