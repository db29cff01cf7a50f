/** Giving a visit up, with the reason. */
import { useSignal } from "@preact/signals";
import { Dialog, go, say } from "../ui/app";
import { LineField } from "../ui/controls";
import { sentence, words } from "../ui/text";
import type { Sheet } from "./sheet";

export function Discard({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const open = useSignal(false);
  const why = useSignal("");
  const wrong = useSignal<string | null>(null);
  const discard = async () => {
    if (!why.value.trim()) { wrong.value = w.signWhyNeeded; return; }
    try {
      await sheet.visit.discard(why.value.trim());
      say(w.discarded);
      go("/today", { replace: true });
    } catch (problem) {
      wrong.value = sentence(problem);
    }
  };
  return (
    <div class="discard">
      <button type="button" class="quiet" onClick={() => (open.value = true)}>{w.discard}</button>
      {open.value && (
        <Dialog title={w.discard} name="discard" onClose={() => (open.value = false)}>
          <p>{w.discardLead}</p>
          <LineField label={w.discardWhy} value={why.value} wrong={wrong.value} onChange={(text) => (why.value = text)} />
          <div class="buttons"><button type="button" class="outline" onClick={() => (open.value = false)}>{w.cancel}</button><button type="button" class="danger" onClick={() => void discard()}>{w.discardNow}</button></div>
        </Dialog>
      )}
    </div>
  );
}
