/** Says that a visit was changed in two places, or is open in another tab, and leads to the choice. */
import { useComputed, useSignal } from "@preact/signals";
import type { OpenVisit } from "../data/visit";
import { complain, later } from "../ui/app";
import { Icon } from "../ui/icons";
import { words } from "../ui/text";

/** Seldom needed, so fetched when it is. */
const ConflictChoice = later(() => import("./beside").then((part) => part.ConflictChoice));

export function ConflictNote({ visit }: { visit: OpenVisit }) {
  const w = words.value;
  const conflict = useComputed(() => visit.record.value.conflict).value;
  const elsewhere = visit.elsewhere.value;
  const open = useSignal(false);
  if (!conflict) {
    if (!elsewhere) return null;
    return <p class="notice bad" role="alert"><Icon name="warn" /><span>{w.problems["visit-elsewhere"]}</span><button type="button" class="outline" onClick={() => void visit.takeOver().catch(complain)}>{w.goOn}</button></p>;
  }
  return (
    <>
      <div class="notice bad" role="alert"><Icon name="warn" /><span>{w.conflictTitle}</span><button type="button" class="outline" data-testid="conflict-open" onClick={() => (open.value = true)}>{w.chooseVersion}</button></div>
      {open.value && <ConflictChoice visit={visit} conflict={conflict} onClose={() => (open.value = false)} />}
    </>
  );
}
