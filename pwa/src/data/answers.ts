/** Answers to assignments: stored first, sent by the outbox, shown until the server's own word is here. */
import { instant } from "./clock";
import { run } from "./outbox";
import { db } from "./records";
import { ANSWERS, assignments, load, outlets, type Answer, type Answers } from "./sync";

/** Takes or declines an assignment here and now; it is sent at once where there is a network. */
export async function answerAssignment(id: string, answer: Answer["answer"], reason: string): Promise<void> {
  const outlet = assignments.value.get(id)?.outlet_id ?? "";
  const said: Answer = {
    answer, reason, at: instant(), outlet: { id: outlet, name: outlets.value.get(outlet)?.name ?? "" },
    tries: 0, next_at: 0, problem: null, state: "waiting", why: "",
  };
  await change((answers) => ({ ...answers, [id]: said }));
  // No reason to send at once what waits out its pause.
  await run("visible");
}

/** The person has read what became of an answer that was refused. */
export async function forgetAnswer(id: string): Promise<void> {
  await change(({ [id]: _, ...others }) => others);
}

async function change(to: (answers: Answers) => Answers): Promise<void> {
  await db().tx(["meta"], "readwrite", async (tx) => {
    const meta = tx.objectStore("meta");
    await meta.put(to(((await meta.get(ANSWERS)) ?? {}) as Answers), ANSWERS);
  });
  await load();
}
