/** Who am I: log in, start offline with the stored session, lock the data when somebody else comes. */
import { signal, type Signal } from "@preact/signals";
import type { Session } from "./types";

export const me: Signal<Session | null> = signal(null);

/** At launch: the stored session and its data, without network; null = show the login. */
export async function restore(): Promise<Session | null> { throw new Error("not yet"); }
/** Rejects with code `wrong-login`, `network`, or the server's. `other`: another user than before. */
export async function signIn(username: string, password: string): Promise<{ session: Session; other: boolean }> { throw new Error(username + password); }
/** Rejects with code `unsent` unless forced. The data stays locked on the phone under this user. */
export async function signOut(options: { force?: boolean } = {}): Promise<void> { throw new Error(String(options)); }
