/** Discreet mode, as much of it as every screen needs to know: whether it is on, and whether something lies over the screen. */
import { signal } from "@preact/signals";
import { recall } from "./kept";

/** Chosen in Me, kept per phone. */
export const discreet = signal(recall("discreet") === "on");
/** The notes lie over the screen. */
export const hidden = signal(false);
/** Notes, lock or the blank page of the background lie over the screen: no dialog opens meanwhile. */
export const veiled = signal(false);
