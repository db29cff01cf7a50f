/** The lock: a keypad for one thumb, the wait after wrong entries, and the way in by the log-in password for whoever forgot the PIN. */
import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { digits, removeLock, tryPin, waitLeft } from "../data/lock";
import { me } from "../data/session";
import { signIn } from "../data/signing";
import { LineField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { length } from "../ui/moments";
import { sentence, words } from "../ui/text";
import { cover } from "./cover_words";
import { NewPin } from "./pin";

export function LockPage({ onOpen }: { onOpen: () => void }) {
  const way = useSignal<"pin" | "password" | "new">("pin");
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => { if (way.value !== "pin") heading.current?.focus(); }, [way.value]);
  return (
    <div class="lock" data-testid="lock">
      <header><h1 ref={heading} tabIndex={-1}>{cover.value.locked}</h1></header>
      <main>
        {way.value === "pin" && <Keypad onOpen={onOpen} onForgot={() => (way.value = "password")} />}
        {way.value === "password" && <Password onBack={() => (way.value = "pin")} onRight={() => (way.value = "new")} />}
        {way.value === "new" && <Anew onOpen={onOpen} />}
      </main>
    </div>
  );
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MOST = 8;

function Keypad({ onOpen, onForgot }: { onOpen: () => void; onForgot: () => void }) {
  const c = cover.value;
  const field = useRef<HTMLInputElement>(null);
  const entry = useSignal("");
  const wrong = useSignal("");
  const busy = useSignal(false);
  const wait = useSignal(waitLeft());
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (wait.value <= 0) return;
    const beat = setInterval(() => { wait.value = waitLeft(); }, 500);
    return () => clearInterval(beat);
  }, [wait.value > 0]);
  const open = async () => {
    if (busy.peek() || waitLeft() > 0) return;
    if (!digits(entry.peek())) { wrong.value = c.wrongShort; return; }
    busy.value = true;
    wrong.value = "";
    try {
      if (await tryPin(entry.peek())) { onOpen(); return; }
      wrong.value = c.wrongPin;
    } catch (problem) {
      if ((problem as { code?: string }).code !== "pin-wait") wrong.value = sentence(problem);
    } finally {
      busy.value = false;
      wait.value = waitLeft();
    }
    entry.value = "";
    field.current?.focus();
  };
  const type = (key: string) => { wrong.value = ""; entry.value = (entry.peek() + key).slice(0, MOST); };
  const waits = wait.value > 0;
  return (
    <form class="pin-form" onSubmit={(event) => { event.preventDefault(); void open(); }}>
      <input ref={field} type="password" inputMode="none" name="pin" autocomplete="off" maxLength={MOST * 2} aria-label={c.pin} aria-describedby="pin-says" aria-invalid={wrong.value ? true : undefined} data-testid="pin" value={entry.value}
        onInput={(event) => { wrong.value = ""; entry.value = event.currentTarget.value; }} />
      <p id="pin-says" class={wrong.value || waits ? "wrong" : "under"} role="status" data-testid="pin-says">{waits ? <Wait ms={wait.value} /> : wrong.value || c.pinHint}</p>
      <div class="keypad">
        {KEYS.map((key) => <button type="button" key={key} data-testid={`key-${key}`} onClick={() => type(key)}>{key}</button>)}
        <button type="button" class="plain" aria-label={c.erase} data-testid="key-erase" onClick={() => (entry.value = entry.peek().slice(0, -1))}><svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M9 5h12v14H9l-7-7zM12 9l6 6M18 9l-6 6" /></svg></button>
        <button type="button" data-testid="key-0" onClick={() => type("0")}>0</button>
        <button type="submit" class="enter" aria-label={c.unlock} data-testid="unlock" disabled={waits || busy.value}><Icon name="check" /></button>
      </div>
      <button type="button" class="quiet" data-testid="pin-forgot" onClick={onForgot}>{c.forgot}</button>
    </form>
  );
}

/** Read out once; the seconds that go by are for the eye. */
function Wait({ ms }: { ms: number }) {
  const c = cover.value;
  const first = useRef(ms).current;
  const say = (rest: number) => c.waits(length(Math.ceil(rest / 1000)));
  return <><span class="sr">{say(first)}</span><span aria-hidden="true">{say(ms)}</span></>;
}

function Password({ onBack, onRight }: { onBack: () => void; onRight: () => void }) {
  const c = cover.value;
  const user = me.value!.user;
  const password = useSignal("");
  const wrong = useSignal<string | null>(null);
  const busy = useSignal(false);
  const open = async () => {
    if (busy.peek() || !password.peek()) return;
    busy.value = true;
    wrong.value = null;
    try {
      await signIn(user.username, password.peek());
      onRight();
    } catch (problem) {
      const { code } = problem as { code?: string };
      wrong.value = code === "login" ? words.value.problems["wrong-login"]! : sentence(problem);
      busy.value = false;
    }
  };
  return (
    <form class="login-form" onSubmit={(event) => { event.preventDefault(); void open(); }}>
      <p>{c.forgotLead}</p>
      <input type="hidden" name="username" value={user.username} autocomplete="username" />
      <LineField label={c.password} type="password" name="password" autocomplete="current-password" value={password.value} wrong={wrong.value} onChange={(text) => (password.value = text)} testId="lock-password" id="lock-password" />
      <button type="submit" class="primary wide" data-testid="lock-log-in" disabled={busy.value}>{c.logIn}</button>
      <button type="button" class="quiet" onClick={onBack}>{c.backToPin}</button>
    </form>
  );
}

/** The old PIN holds until there is a new one, or none is wanted. */
function Anew({ onOpen }: { onOpen: () => void }) {
  const c = cover.value;
  return (
    <>
      <p class="lead">{c.newPinLead}</p>
      <NewPin onDone={onOpen} />
      <button type="button" class="quiet" data-testid="pin-none" onClick={() => void removeLock().then(onOpen)}>{c.keepOff}</button>
    </>
  );
}
