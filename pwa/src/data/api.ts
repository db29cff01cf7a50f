/** One way to the server: CSRF, ETag, problem+json, the server's clock, and what counts as "no network". */
import { signal, type Signal } from "@preact/signals";

export const network: Signal<"online" | "offline"> = signal("online");
/** Server minus phone, in milliseconds; null until the server was heard once. */
export const clockOffset: Signal<number | null> = signal(null);
/** True: the password is asked over the present screen; nothing is lost. */
export const needsLogin: Signal<boolean> = signal(false);
