/** The strip that says the truth about the network and the outbox, in words and with a way to act. */
import { signal } from "@preact/signals";
import { clockOffset, network } from "../data/api";
import { run, summary } from "../data/outbox";
import { stayAwake } from "../device/lifecycle";
import { go } from "../ui/app";
import { Icon } from "../ui/icons";
import { clock, size } from "../ui/moments";
import { words } from "../ui/text";

/** What the phone itself says; a call that fails says it too, where there is a network that leads nowhere. */
export const connected = signal(navigator.onLine);
addEventListener("online", () => (connected.value = true));
addEventListener("offline", () => (connected.value = false));

/** Five minutes: from here on the dates of a visit are doubtful. */
const CLOCK_MS = 300_000;

/** By hand, with the screen on until nothing more can be done: a phone that goes dark stops in the middle of a photo. */
export async function sendNow(send: () => Promise<void> = () => run("tap")): Promise<void> {
  const rest = await stayAwake();
  await send().finally(rest);
}

export function Truth({ full = false }: { full?: boolean }) {
  const w = words.value;
  const offline = network.value === "offline" || !connected.value;
  const { visits, photos, bytes, answers, sending, refused, conflicts, unread, lastSentAt } = summary.value;
  const waits = visits + photos + answers > 0;
  const bad = refused + conflicts + unread;
  const what = !waits ? (lastSentAt ? w.allSent(clock(lastSentAt)) : w.nothingWaiting) : sending ? w.sendingWhat(visits, photos, size(bytes), answers) : w.waitingWhat(visits, photos, size(bytes), answers);
  const text = offline ? `${waits ? w.offline : w.offlineSafe}${waits ? ` · ${what}` : ""}` : what;
  const tone = offline ? "warn" : waits ? "busy" : "calm";
  // What was refused is not on its way and not delivered either: it speaks for itself below.
  const silent = tone === "calm" && bad > 0;
  return (
    <div class="truth">
      {!silent && <p class={`net ${tone}`} role="status" data-testid="net-strip">
        {tone === "calm" && lastSentAt ? <Icon name="check" /> : <span class={`dot${sending ? " pulse" : ""}`} aria-hidden="true" />}
        <span>{text}</span>
        {waits && !sending && !offline && !full && <button type="button" class="quiet" onClick={() => void sendNow()}>{w.sendNow}</button>}
      </p>}
      {bad > 0 && !full && <button type="button" class="net bad" onClick={() => go("/outbox")}><Icon name="warn" /><span>{w.refusedCount(bad)}</span><Icon name="next" /></button>}
      <ClockOff />
    </div>
  );
}

export function ClockOff() {
  const off = clockOffset.value;
  if (off === null || Math.abs(off) <= CLOCK_MS) return null;
  return <p class="net warn" role="status"><Icon name="warn" /><span>{words.value.clockOff(Math.round(Math.abs(off) / 60_000))}</span></p>;
}
