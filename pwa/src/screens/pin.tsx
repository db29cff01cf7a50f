/** Choosing a PIN: twice the same 4 to 8 digits; where one is set already, that one first. */
import { useSignal } from "@preact/signals";
import { digits, setPin, tryPin, waitLeft } from "../data/lock";
import { LineField } from "../ui/controls";
import { length } from "../ui/moments";
import { sentence } from "../ui/text";
import { cover } from "./cover_words";

/** True when it is the PIN; else `says` gets the reason. */
export async function known(entry: string, says: (why: string) => void): Promise<boolean> {
  const c = cover.value;
  try {
    if (await tryPin(entry)) return true;
    says(c.wrongPin);
  } catch (problem) {
    const { code } = problem as { code?: string };
    says(code === "pin-wait" ? c.waits(length(Math.ceil(waitLeft() / 1000))) : code === "pin-digits" ? c.wrongShort : sentence(problem));
  }
  return false;
}

export function NewPin({ ask = false, onDone }: { ask?: boolean; onDone: () => void }) {
  const c = cover.value;
  const present = useSignal("");
  const fresh = useSignal("");
  const again = useSignal("");
  const wrong = useSignal<{ at: "present" | "fresh" | "again"; why: string } | null>(null);
  const busy = useSignal(false);
  const save = async () => {
    if (busy.peek()) return;
    wrong.value = null;
    if (!digits(fresh.value)) { wrong.value = { at: "fresh", why: c.wrongShort }; return; }
    if (digits(fresh.value) !== digits(again.value)) { wrong.value = { at: "again", why: c.pinDiffers }; return; }
    busy.value = true;
    try {
      if (ask && !(await known(present.value, (why) => (wrong.value = { at: "present", why })))) return;
      await setPin(fresh.value);
      onDone();
    } catch (problem) {
      wrong.value = { at: "fresh", why: sentence(problem) };
    } finally {
      busy.value = false;
    }
  };
  const field = (at: "present" | "fresh" | "again", label: string, value: typeof fresh) => (
    <LineField label={label} type="password" inputMode="numeric" autocomplete="off" value={value.value} wrong={wrong.value?.at === at ? wrong.value.why : null} onChange={(text) => (value.value = text)} testId={`pin-${at}`} id={`pin-${at}`} />
  );
  return (
    <form class="login-form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {ask && field("present", c.pinNow, present)}
      {field("fresh", c.pinNew, fresh)}
      {field("again", c.pinAgain, again)}
      <button type="submit" class="primary wide" data-testid="pin-save" disabled={busy.value}>{c.save}</button>
    </form>
  );
}
