/** Answers to corrective actions in the outbox: what waits with its photos, and what did not go, with the way to decide. */
import { tryAgain } from "../data/actions";
import { replies } from "../data/sync";
import type { Reply } from "../data/types";
import { complain, go } from "../ui/app";
import { Icon } from "../ui/icons";
import { clock } from "../ui/moments";
import { sentence, words } from "../ui/text";
import { action as actionWords } from "./action_words";
import { sendNow } from "./truth";

export function Replies() {
  const open = [...replies.value.values()].filter(({ state }) => state !== "sent" && state !== "draft");
  if (open.length === 0) return null;
  return <section aria-label={actionWords.value.listed}>{open.map((reply) => <One key={reply.id} reply={reply} />)}</section>;
}

function One({ reply }: { reply: Reply }) {
  const w = words.value, a = actionWords.value;
  const { id, state, files, arrived, problem } = reply;
  const bad = state === "refused" || state === "conflict";
  return (
    <article class={`card entry ${state}`} data-testid={`replied-${id}`} data-state={state}>
      <div class="row"><h2 class="name">{reply.outlet.name}</h2><span class={`tag ${bad ? "bad" : "q"}`}>{a.here[state]}</span></div>
      <p class="meta">{[reply.made ? a.madeHere : a.title, reply.made?.what ?? reply.to?.what, files.length > 0 && w.photosOf(arrived.length, files.length)].filter(Boolean).join(" · ")}</p>
      {problem && state !== "conflict" && <div class="why"><p><b>{w.why}: </b>{sentence(problem)}</p><p class="meta">{[reply.tries > 0 && w.triedTimes(reply.tries), state === "waiting" && reply.next_at > Date.now() && w.nextTry(clock(reply.next_at))].filter(Boolean).join(" · ")}</p></div>}
      {state === "conflict" && <p class="why">{a.conflictLead}</p>}
      <div class="buttons left">
        {state === "refused" && <button type="button" class="outline" onClick={() => void sendNow(() => tryAgain(id)).catch(complain)}><Icon name="retry" />{w.retry}</button>}
        <button type="button" class="outline" onClick={() => go(`/action/${id}`)}>{a.openIt}</button>
      </div>
    </article>
  );
}
