/** What a page remembers of one user: forgotten as soon as somebody else is signed in on the phone, or nobody. */
import { effect, untracked } from "@preact/signals";
import { me } from "./session";

/** Calls `forget` in the same turn in which the user changes. */
export function perUser(forget: () => void): void {
  let user = me.peek()?.user.id;
  effect(() => {
    const now = me.value?.user.id;
    if (now === user) return;
    user = now;
    untracked(forget);
  });
}
