/** Answers in the outbox: what waits, and what became of one that did not count, until that was read; the same where the outlet was. */
import { forgetAnswer } from "../data/answers";
import { answered, assignments, outlets, remoteVisits, type Answer } from "../data/sync";
import { visits } from "../data/visit";
import { complain } from "../ui/app";
import { clock } from "../ui/moments";
import { sentence, words } from "../ui/text";
import { answer as answerWords } from "./answer_words";

export function Answers() {
  const open = Object.entries(answered.value).filter(([, { state }]) => state !== "sent");
  if (open.length === 0) return null;
  return <section aria-label={answerWords.value.listed}>{open.map(([id, said]) => <One key={id} id={id} said={said} />)}</section>;
}

function One({ id, said }: { id: string; said: Answer }) {
  const w = words.value;
  const a = answerWords.value;
  const refused = said.state === "refused";
  return (
    <article class={`card entry ${said.state}`} data-testid={`answered-${id}`}>
      <div class="row"><h2 class="name">{said.outlet.name || w.outletTitle}</h2><span class={`tag ${refused ? "bad" : "q"}`}>{refused ? a.void : a.waiting}</span></div>
      <p class="meta">{a.yours(said.answer === "taken" ? a.take : a.decline, said.reason)}</p>
      {refused && <p class="why">{a.became[said.why] ?? a.refused(sentence(said.problem))}</p>}
      {!refused && said.problem && <div class="why"><p><b>{w.why}: </b>{sentence(said.problem)}</p><p class="meta">{[w.triedTimes(said.tries), said.next_at > Date.now() && w.nextTry(clock(said.next_at))].filter(Boolean).join(" · ")}</p></div>}
      {refused && <div class="buttons left"><button type="button" class="outline" data-testid="answer-read" onClick={() => void forgetAnswer(id).catch(complain)}>{a.read}</button></div>}
    </article>
  );
}

/** On an outlet's page: the task that led here is not the person's any more, and what became of the answer to it. */
export function Outcome({ outlet, task }: { outlet: string; task: string | null }) {
  const a = answerWords.value;
  const unread = Object.entries(answered.value).filter(([, said]) => said.state === "refused" && said.outlet.id === outlet);
  const begun = [...visits.value.values()].some(({ document }) => document.assignment_id === task) || [...remoteVisits.value.values()].some((one) => one.assignment_id === task);
  const gone = task !== null && !assignments.value.has(task) && !begun;
  const text = unread.length > 0 ? null : gone ? a.gone : outlets.value.has(outlet) ? null : words.value.outletGone;
  return (
    <>
      {unread.map(([id, said]) => <One key={id} id={id} said={said} />)}
      <p class={text ? "notice" : "sr"} role="status" data-testid="outcome">{text}</p>
    </>
  );
}
