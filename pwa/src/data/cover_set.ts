/** What lies over the screen, as far as the start has to know: discreet mode with the place left behind the notes, the lock, the camera. */
import { clock } from "./clock";
import { db } from "./records";

/** In the user's own store, because what localStorage was told last is forgotten by a phone that is killed. */
export const LOCK = "app-lock";
const DISCREET = "discreet";
/** A photo that is awaited from the camera app keeps the lock open for so long at most. */
export const CAMERA_MS = 5 * 60_000;

/** `place`: in discreet mode, where the person was last; null while it is off. */
export async function coverSet(): Promise<{ place: string | null; lock: boolean }> {
  return db().tx(["meta"], "readonly", async (tx) => {
    const [place, lock] = await Promise.all([DISCREET, LOCK].map((key) => tx.objectStore("meta").get(key)));
    return { place: (place as string | undefined) ?? null, lock: lock !== undefined };
  });
}

/** Switches discreet mode on, at this place; null ends it. */
export async function keepDiscreet(place: string | null): Promise<void> {
  await db().tx(["meta"], "readwrite", async (tx) => {
    if (place === null) await tx.objectStore("meta").delete(DISCREET);
    else await tx.objectStore("meta").put(place, DISCREET);
  });
  tellCover();
}

/** Where the person is now; nothing unless discreet mode is on, which another page may have ended. */
export async function keepPlace(place: string): Promise<void> {
  await db().tx(["meta"], "readwrite", async (tx) => {
    if ((await tx.objectStore("meta").getKey(DISCREET)) !== undefined) await tx.objectStore("meta").put(place, DISCREET);
  });
}

let channel: BroadcastChannel | null = null;

/** Calls `changed` when another page of this user has changed the lock or discreet mode; without a user it hears nothing. */
export function hearCover(user: string | undefined, changed: () => void): void {
  channel?.close();
  channel = user && typeof BroadcastChannel !== "undefined" ? new BroadcastChannel(`xunting-cover-${user}`) : null;
  if (channel) channel.onmessage = changed;
}

export const tellCover = (): void => channel?.postMessage(null);

/** Whether the page may come back to the photo that it has awaited since then. */
export const cameraFresh = (since: number): boolean => clock.now() >= since && clock.now() - since < CAMERA_MS;
