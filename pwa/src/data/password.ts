/** Changing the own password; every other phone and window of this user is signed out by it. */
import { call } from "./api";
import { me, renew } from "./session";

/** Rejects with the server's problem; a fault names its place, `/old` or `/new`. */
export async function changePassword(old: string, fresh: string): Promise<void> {
  const answer = await call("PUT", "/session/password", { body: { old, new: fresh } });
  if (!answer.ok) throw answer.problem;
  // The server knows it by now, whether or not the line holds until it says so.
  if (!(await renew()) && me.value) me.value = { ...me.value, must_change: false };
}
