/** Changing the password: asked for where somebody else chose it, never in the way of what is filled in or sent. */
import { useSignal } from "@preact/signals";
import { changePassword } from "../data/password";
import { me } from "../data/session";
import { go, say, Screen } from "../ui/app";
import { LineField } from "../ui/controls";
import { sentence, words } from "../ui/text";
import { more } from "./more";

type Field = "old" | "new" | "again";

/** `onLater`: it is not asked for again until the app is started anew. */
export function PasswordScreen({ onLater }: { onLater?: () => void }) {
  const w = words.value;
  const m = more.value;
  const old = useSignal("");
  const fresh = useSignal("");
  const again = useSignal("");
  const busy = useSignal(false);
  const wrong = useSignal<{ at: Field; text: string } | null>(null);
  const change = async () => {
    if (busy.value) return;
    wrong.value = fresh.value === again.value ? null : { at: "again", text: m.passwordDiffers };
    if (wrong.value) return;
    busy.value = true;
    try {
      await changePassword(old.value, fresh.value);
      say(m.passwordChanged);
      if (!onLater) go("/me", { replace: true });
    } catch (problem) {
      wrong.value = { at: place(problem), text: fault(problem)?.detail ?? sentence(problem) };
    } finally {
      busy.value = false;
    }
  };
  const at = (field: Field) => (wrong.value?.at === field ? wrong.value.text : null);
  return (
    <Screen name="password" title={w.passwordTitle} {...(!onLater && { up: "/me" })}>
      <form class="block login-form" onSubmit={(event) => { event.preventDefault(); void change(); }}>
        {me.value?.must_change && <p>{m.passwordFirst}</p>}
        <input type="hidden" name="username" value={me.value?.user.username ?? ""} autocomplete="username" />
        <LineField label={m.passwordOld} value={old.value} type="password" name="old" autocomplete="current-password" wrong={at("old")} onChange={(text) => (old.value = text)} testId="password-old" />
        <LineField label={m.passwordNew} value={fresh.value} type="password" name="new" autocomplete="new-password" wrong={at("new")} onChange={(text) => (fresh.value = text)} testId="password-new" />
        <LineField label={m.passwordAgain} value={again.value} type="password" name="again" autocomplete="new-password" wrong={at("again")} onChange={(text) => (again.value = text)} testId="password-again" />
        <button type="submit" class="primary wide" data-testid="password-change" disabled={busy.value || !old.value || !fresh.value}>{w.passwordTitle}</button>
        {onLater && <button type="button" class="quiet" data-testid="password-later" onClick={onLater}>{m.loginLater}</button>}
      </form>
    </Screen>
  );
}

const fault = (problem: unknown) => (problem as { facts?: { errors?: { pointer: string; detail: string }[] } }).facts?.errors?.[0];

function place(problem: unknown): Field {
  const { pointer } = fault(problem) ?? {};
  return pointer === "/old" ? "old" : pointer === "/new" || (problem as { code?: string }).code === "password-too-short" ? "new" : "again";
}
