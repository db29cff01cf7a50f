/** Logging in, and the sheet that asks an expired login for its password over whatever is on screen. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { needsLogin } from "../data/api";
import { run } from "../data/outbox";
import { me } from "../data/session";
import { signIn } from "../data/signing";
import { pull } from "../data/sync";
import { persist } from "../device/lifecycle";
import { complain, Dialog } from "../ui/app";
import { LineField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { language, sentence, words } from "../ui/text";
import { firstLanguage, setLanguage } from "./language";
import { more } from "./more";

export function LoginScreen() {
  const m = more.value;
  const name = useSignal("");
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = m.loginTitle;
  }, [m.loginTitle]);
  return (
    <div class="screen login" data-testid="screen-login">
      <main>
        <div class="sign">
          <img src="/app/icons/icon-192.png" alt="" width="64" height="64" />
          <h1 ref={heading} tabIndex={-1}>{m.loginTitle}</h1>
          <p>{m.loginLead}</p>
        </div>
        <LoginForm name={name.value} onName={(text) => (name.value = text)} />
        <button type="button" class="quiet language" lang={language.value === "zh" ? "en" : "zh-CN"} onClick={() => setLanguage(language.value === "zh" ? "en" : "zh", { chosen: true }).catch(complain)}>{language.value === "zh" ? "English" : "中文"}</button>
      </main>
    </div>
  );
}

/** Over the present screen; can be put away, because everything but sending works without it. */
export function LoginSheet() {
  const m = more.value;
  const away = useSignal(false);
  const wanted = needsLogin.value;
  useEffect(() => { if (!wanted) away.value = false; }, [wanted]);
  const session = me.value;
  if (!wanted || !session) return null;
  if (away.value) return <button type="button" class="login-again" onClick={() => (away.value = false)}><Icon name="person" />{m.loginAgain}</button>;
  return (
    <Dialog title={m.loginAgain} name="login-again" onClose={() => (away.value = true)}>
      <p>{m.loginAgainLead(session.user.name)}</p>
      <LoginForm name={session.user.username} />
      <button type="button" class="quiet" onClick={() => (away.value = true)}>{m.loginLater}</button>
    </Dialog>
  );
}

function LoginForm({ name, onName }: { name: string; onName?: (text: string) => void }) {
  const w = words.value;
  const m = more.value;
  const password = useSignal("");
  const shown = useSignal(false);
  const busy = useSignal(false);
  const wrong = useSignal<string | null>(null);
  const submit = async () => {
    if (busy.value) return;
    if (!name.trim() || !password.value) { wrong.value = m.loginNeedsBoth; return; }
    busy.value = true;
    wrong.value = null;
    try {
      const { session } = await signIn(name.trim(), password.value);
      void firstLanguage(session.user.language);
      void persist();
      // What follows a login must not hold it up: it shows its own state on Today.
      void pull().then(() => run("login")).catch(() => undefined);
    } catch (problem) {
      const { code } = problem as { code?: string };
      wrong.value = code === "network" && onName ? m.loginOffline : code === "login" ? w.problems["wrong-login"]! : sentence(problem);
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="login-form" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
      {onName
        ? <LineField label={m.username} value={name} name="username" autocomplete="username" onChange={onName} testId="username" />
        : <input type="hidden" name="username" value={name} autocomplete="username" />}
      <LineField label={m.password} value={password.value} type={shown.value ? "text" : "password"} name="password" autocomplete="current-password" wrong={wrong.value} onChange={(text) => (password.value = text)} testId="password"
        aside={<button type="button" class="quiet show" aria-pressed={shown.value} aria-label={shown.value ? m.hidePassword : m.showPassword} onClick={() => (shown.value = !shown.value)}><Icon name={shown.value ? "cross" : "eye"} /></button>} />
      <button type="submit" class="primary wide" data-testid="log-in" disabled={busy.value}>{busy.value ? m.loggingIn : m.logIn}</button>
    </form>
  );
}

