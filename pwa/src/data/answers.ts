/** Answers to assignments: stored with the assignment first, sent before the next pull, waiting until the server has them. */
import { call } from "./api";
import { instant } from "./clock";
import { db } from "./records";
import { ANSWERS, load, pull, type AnswerToSend } from "./sync";

/** Takes or declines an assignment here and now; it is sent at once where there is a network. */
export async function answerAssignment(id: string, answer: AnswerToSend["answer"], reason: string): Promise<void> {
  await db().tx(["assignments", "meta"], "readwrite", async (tx) => {
    const found = await tx.objectStore("assignments").get(id);
    const waiting = (await tx.objectStore("meta").get(ANSWERS)) as Record<string, AnswerToSend> | undefined;
    if (found) await tx.objectStore("assignments").put({ ...found, state: answer, answer: reason });
    await tx.objectStore("meta").put({ ...waiting, [id]: { answer, reason, at: instant() } }, ANSWERS);
  });
  await load();
  // No network is no failure: the answer waits for it, or for the next start.
  await pull().catch(() => globalThis.addEventListener?.("online", () => void pull().catch(() => undefined), { once: true }));
}

/** Sends what waits; rejects with the problem where it has to wait on. What the server refuses (withdrawn, done meanwhile) is
 *  dropped: the pull that follows says how the assignment stands. */
export async function sendAnswers(): Promise<void> {
  const store = db();
  for (const [id, { at, ...said }] of Object.entries(((await store.get("meta", ANSWERS)) ?? {}) as Record<string, AnswerToSend>)) {
    const sent = await call("POST", `/assignments/${id}/answer`, { body: said });
    if (!sent.ok && sent.problem.kind !== "refused") throw sent.problem;
    await store.tx(["meta"], "readwrite", async (tx) => {
      const { [id]: now, ...others } = (await tx.objectStore("meta").get(ANSWERS)) as Record<string, AnswerToSend>;
      // Another answer was given while this one was on its way.
      if (now && now.at !== at) return;
      await (Object.keys(others).length ? tx.objectStore("meta").put(others, ANSWERS) : tx.objectStore("meta").delete(ANSWERS));
    });
  }
}
