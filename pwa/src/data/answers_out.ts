/** Sends the answers that wait: one that fails keeps waiting, with growing pauses; one that is refused stays until it was read. */
import { call, server, type ApiProblem } from "./api";
import { clock } from "./clock";
import { pause } from "./outbox";
import { db } from "./records";
import { ANSWERS, load, pull, type Answer, type Answers } from "./sync";

/** Those that `due` says yes to, in the name of the user who is signed in now; the pull that follows says how the assignments stand. */
export async function sendAnswers(due: (answer: Answer) => boolean): Promise<void> {
  const store = db();
  const waiting = Object.entries(((await store.get("meta", ANSWERS)) ?? {}) as Answers).filter(([, said]) => due(said));
  // Another page has sent them.
  if (waiting.length === 0) await load();
  let heard = false;
  for (const [id, said] of waiting) {
    if (store !== server.of) return;
    const sent = await call("POST", `/assignments/${id}/answer`, { body: { answer: said.answer, reason: said.reason }, of: store });
    if (store !== server.of) return;
    const next: Answer = sent.ok ? { ...said, state: "sent", problem: null } : failed(said, sent.problem);
    heard ||= next.state !== "waiting";
    await store.tx(["meta"], "readwrite", async (tx) => {
      const meta = tx.objectStore("meta");
      const answers = (await meta.get(ANSWERS)) as Answers;
      // Another answer was given while this one was on its way.
      if (answers[id]?.at === said.at) await meta.put({ ...answers, [id]: next }, ANSWERS);
    });
    if (store !== server.of) return;
    await load();
    if (!sent.ok && ["network", "login"].includes(sent.problem.kind)) return;
  }
  if (heard) await pull().catch(() => undefined);
}

function failed(said: Answer, problem: ApiProblem): Answer {
  const { kind, code, facts, retryAfterMs } = problem;
  if (kind === "login") return said;
  if (kind === "refused") return { ...said, state: "refused", why: String(facts["state"] ?? code), problem: problem.asData() };
  const tries = said.tries + 1;
  return { ...said, tries, next_at: clock.now() + (retryAfterMs ?? pause(tries)), problem: problem.asData() };
}
