/** The page and the phone: kept storage, visibility, a new version that waits, installing, room left. */
import { signal, type Signal } from "@preact/signals";

export const visible: Signal<boolean> = signal(true);
/** null: not asked yet; "no": the browser made no promise; "unsupported". */
export const persisted: Signal<"yes" | "no" | "unsupported" | null> = signal(null);
export const updateWaiting: Signal<boolean> = signal(false);
/** True while the browser offers to install. */
export const canInstall: Signal<boolean> = signal(false);

export function persist(): Promise<void> { throw new Error("not yet"); }
export function room(): Promise<{ used: number; quota: number; free: number } | null> { throw new Error("not yet"); }
export function install(): Promise<boolean> { throw new Error("not yet"); }
/** Home screen or installed window, not a browser tab. */
export function standalone(): boolean { throw new Error("not yet"); }
export function inApp(): "wechat" | null { throw new Error("not yet"); }
export function iOS(): boolean { throw new Error("not yet"); }
/** Registers the service worker; a new one waits and sets `updateWaiting`. */
export function register(path?: string): Promise<void> { throw new Error("not yet"); }
/** Between visits, on a tap: the waiting version takes over and the page loads again. */
export function takeOver(): void { throw new Error("not yet"); }
/** Ask for a run of the outbox when network returns, where the browser has Background Sync. */
export function askBackgroundSync(): Promise<boolean> { throw new Error("not yet"); }
/** Keep the screen on until the function that comes back is called. */
export function stayAwake(): Promise<() => void> { throw new Error("not yet"); }
