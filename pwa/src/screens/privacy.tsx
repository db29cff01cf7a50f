/** Discreet mode and the app lock in Me, and the hint that offers the first before a covert visit. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { keepDiscreet } from "../data/cover_set";
import { AFTER, appLock, loadLock, removeLock, setAfter } from "../data/lock";
import { inspects } from "../data/session";
import { keepTold, told } from "../data/told";
import { applyLook, complain, Dialog, say } from "../ui/app";
import { Choices, LineField, Toggle } from "../ui/controls";
import { discreet, hidden } from "../ui/discreet";
import { words } from "../ui/text";
import { guard } from "./cover";
import { cover } from "./cover_words";
import { known, NewPin } from "./pin";

async function setDiscreet(on: boolean): Promise<void> {
  if (on) await guard(false);
  await keepDiscreet(on ? location.hash.slice(1) : null);
  await keepTold("discreet-hint", "1");
  discreet.value = on;
  applyLook();
}

export function Privacy() {
  // Whoever makes no visits has nothing to hide in a hall.
  return <>{(inspects() || discreet.value) && <Discreet />}<Lock /></>;
}

function Discreet() {
  const c = cover.value;
  return (
    <section class="block" data-testid="discreet">
      <h2>{c.discreet}</h2>
      <p class="under">{c.discreetLead}</p>
      <Toggle label={c.discreet} on={discreet.value} onChange={(on) => void setDiscreet(on).catch(complain)} />
      {discreet.value && (
        <>
          <ul class="ways">{c.discreetHow.map((way) => <li key={way}>{way}</li>)}</ul>
          <button type="button" class="outline wide" data-testid="discreet-now" onClick={() => (hidden.value = true)}>{c.discreetNow}</button>
        </>
      )}
    </section>
  );
}

function Lock() {
  const c = cover.value;
  const asking = useSignal<"new" | "off" | null>(null);
  useEffect(() => void loadLock().catch(complain), []);
  const lock = appLock.value;
  const done = async (text: string) => {
    asking.value = null;
    await guard(false);
    say(text);
  };
  return (
    <section class="block settings" data-testid="app-lock">
      <h2>{c.lock}</h2>
      <p class="under">{c.lockLead}</p>
      {lock ? (
        <>
          <h2 id="lock-after">{c.after}</h2>
          <Choices labelledBy="lock-after" layout="row" value={String(lock.after)} options={AFTER.map((after) => ({ id: String(after), label: c.afters[after] }))} onPick={(id) => setAfter(AFTER.find((after) => String(after) === id)!).catch(complain)} />
          <p class="under">{c.cameraHint}</p>
          <div class="buttons">
            <button type="button" class="outline" data-testid="pin-change" onClick={() => (asking.value = "new")}>{c.changePin}</button>
            <button type="button" class="danger" data-testid="lock-off" onClick={() => (asking.value = "off")}>{c.removeLock}</button>
          </div>
        </>
      ) : <button type="button" class="outline wide" data-testid="lock-set" onClick={() => (asking.value = "new")}>{c.setLock}</button>}
      {asking.value === "new" && (
        <Dialog title={lock ? c.changePin : c.setLock} name="set-pin" onClose={() => (asking.value = null)}>
          <NewPin ask={lock !== null} onDone={() => void done(c.lockSet).catch(complain)} />
          <button type="button" class="quiet" onClick={() => (asking.value = null)}>{words.value.cancel}</button>
        </Dialog>
      )}
      {asking.value === "off" && <Off onClose={() => (asking.value = null)} onDone={() => void removeLock().then(() => done(c.lockGone)).catch(complain)} />}
    </section>
  );
}

/** Whoever finds the app open must not be able to take its lock away. */
function Off({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const c = cover.value;
  const pin = useSignal("");
  const wrong = useSignal<string | null>(null);
  const off = async () => { if (await known(pin.value, (why) => (wrong.value = why))) onDone(); };
  return (
    <Dialog title={c.removeLock} name="lock-off-sure" onClose={onClose}>
      <form class="login-form" onSubmit={(event) => { event.preventDefault(); void off(); }}>
        <LineField label={c.pinNow} type="password" inputMode="numeric" value={pin.value} wrong={wrong.value} onChange={(text) => { pin.value = text; wrong.value = null; }} testId="pin-present" />
        <div class="buttons">
          <button type="button" class="outline" onClick={onClose}>{words.value.cancel}</button>
          <button type="submit" class="danger" data-testid="lock-off-now">{c.removeLock}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Once, before the first covert visit: while the phone is not yet looked at by anybody. */
export function DiscreetHint() {
  const c = cover.value;
  const wanted = useSignal(false);
  useEffect(() => void told("discreet-hint").then((text) => { wanted.value = text === null && !discreet.peek(); }, complain), []);
  if (!wanted.value) return null;
  const done = () => { wanted.value = false; void keepTold("discreet-hint", "1").catch(complain); };
  return (
    <section class="notice calm once" data-testid="discreet-hint">
      <span>{c.hint}</span>
      <div class="buttons left">
        <button type="button" class="quiet" data-testid="discreet-on" onClick={() => void setDiscreet(true).then(() => { done(); say(c.discreetOn); }, complain)}>{c.hintOn}</button>
        <button type="button" class="quiet" onClick={done}>{c.hintOff}</button>
      </div>
    </section>
  );
}
