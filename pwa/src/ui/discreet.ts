/** Discreet mode, as much of it as every screen needs to know: whether it is on, and whether something lies over the screen. */
import { signal } from "@preact/signals";

/** Chosen in Me, kept for each user of this phone. */
export const discreet = signal(false);
/** The notes lie over the screen. */
export const hidden = signal(false);
/** Notes, lock or the blank page of the background lie over the screen: no dialog opens meanwhile. */
export const veiled = signal(false);
/** What opened a dialog that was closed meanwhile: it cannot take the focus back before it is seen again. */
export const opener: { of: Element | null } = { of: null };
