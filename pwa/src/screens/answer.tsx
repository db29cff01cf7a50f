/** What the assignee says to an assignment: taken, or cannot, with the reason; a declined one can be taken after all. */
import { useSignal } from "@preact/signals";
import { answerAssignment } from "../data/answers";
import { answered } from "../data/sync";
import type { Assignment } from "../data/types";
import { complain, Dialog } from "../ui/app";
import { LineField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { words } from "../ui/text";
import { answer as answerWords } from "./answer_words";

export function Answer({ assignment: { id, state, answer } }: { assignment: Assignment }) {
  const a = answerWords.value;
  const asking = useSignal(false);
  const waits = answered.value[id]?.state === "waiting";
  const open = state === "planned" || state === "assigned";
  const take = () => void answerAssignment(id, "taken", "").catch(complain);
  return (
    <div class="answer" data-testid={`answer-${id}`}>
      <p class="under" role="status">{[state === "taken" ? a.taken : state === "declined" ? a.declined(answer ?? "") : "", waits && a.waiting].filter(Boolean).join(" · ")}</p>
      <div class="buttons left">
        {open && <button type="button" class="quiet" data-testid="take" onClick={take}><Icon name="check" />{a.take}</button>}
        {state === "declined" && <button type="button" class="outline" data-testid="take" onClick={take}>{a.takeAfterAll}</button>}
        {(open || state === "taken") && <button type="button" class="quiet" data-testid="decline" onClick={() => (asking.value = true)}>{a.decline}</button>}
      </div>
      {asking.value && <Decline id={id} onClose={() => (asking.value = false)} />}
    </div>
  );
}

function Decline({ id, onClose }: { id: string; onClose: () => void }) {
  const a = answerWords.value;
  const why = useSignal("");
  const wrong = useSignal<string | null>(null);
  const decline = () => {
    if (!why.value.trim()) { wrong.value = a.wanted; return; }
    onClose();
    void answerAssignment(id, "declined", why.value.trim().slice(0, 500)).catch(complain);
  };
  return (
    <Dialog title={a.title} name="declining" onClose={onClose}>
      <p>{a.lead}</p>
      <LineField label={a.why} value={why.value} wrong={wrong.value} onChange={(text) => { why.value = text; wrong.value = null; }} onEnter={decline} testId="decline-why" />
      <div class="buttons"><button type="button" class="outline" onClick={onClose}>{words.value.cancel}</button><button type="button" class="primary" data-testid="decline-send" onClick={decline}>{a.send}</button></div>
    </Dialog>
  );
}
