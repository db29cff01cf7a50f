/** The page and the phone: kept storage, visibility, a new version that waits, installing, room left. */
import { signal, type Signal } from "@preact/signals";

interface InstallPrompt extends Event { prompt(): Promise<void>; userChoice: Promise<{ outcome: "accepted" | "dismissed" }> }

export const visible: Signal<boolean> = signal(typeof document === "undefined" || document.visibilityState === "visible");
/** null: not asked yet; "no": the browser made no promise; "unsupported". */
export const persisted: Signal<"yes" | "no" | "unsupported" | null> = signal(null);
export const updateWaiting: Signal<boolean> = signal(false);
/** True while the browser offers to install. */
export const canInstall: Signal<boolean> = signal(false);

let prompt: InstallPrompt | null = null;
let next: ServiceWorker | null = null;
let asked = false;

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    visible.value = document.visibilityState === "visible";
  });
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event as InstallPrompt;
    canInstall.value = true;
  });
  addEventListener("appinstalled", () => {
    prompt = null;
    canInstall.value = false;
  });
}

/** A moment in which the browser may paint and hear taps: what a slow phone cannot do in one go without being felt is done in pieces. */
export const rest = (): Promise<void> =>
  (globalThis as { scheduler?: { yield?(): Promise<void> } }).scheduler?.yield?.() ?? new Promise((go) => setTimeout(go));

/** After login: asks the browser to keep what is stored, and shows its answer. */
export async function persist(): Promise<void> {
  if (!navigator.storage?.persist) {
    persisted.value = "unsupported";
    return;
  }
  persisted.value = (await navigator.storage.persisted()) || (await navigator.storage.persist()) ? "yes" : "no";
}

/** Bytes; an estimate, as the browser says. null where it says nothing. */
export async function room(): Promise<{ used: number; quota: number; free: number } | null> {
  const estimate = await navigator.storage?.estimate?.();
  if (!estimate) return null;
  const { usage: used = 0, quota = 0 } = estimate;
  return { used, quota, free: Math.max(0, quota - used) };
}

/** In a tap. True when the person installed it. */
export async function install(): Promise<boolean> {
  if (!prompt) return false;
  await prompt.prompt();
  const { outcome } = await prompt.userChoice;
  prompt = null;
  canInstall.value = false;
  return outcome === "accepted";
}

/** Home screen or installed window, not a browser tab. */
export function standalone(): boolean {
  return matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;
}

export function iOS(): boolean {
  return /iPhone|iPad|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
}

/** Registers the service worker; a new one waits and sets `updateWaiting`. Looks for a new one when the page is shown again. */
export async function register(path = "/app/sw_classic.js"): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  workers.addEventListener("controllerchange", () => {
    // Only the person's own consent loads the page anew; the first worker and another tab's consent do not.
    if (asked) location.reload();
    // What came before the first worker is asked for once more, so that it keeps the parts that it has not.
    else for (const { src } of document.scripts) fetch(src).catch((problem: unknown) => console.info("not kept:", problem));
  });
  // An app from before has registered a module; another address would be installed, and offered as new, a second time.
  const module = (await workers.getRegistration("/app/"))?.active?.scriptURL.endsWith("/app/sw.js");
  const registration = await workers.register(module ? "/app/sw.js" : path, { scope: "/app/", updateViaCache: "none", type: module ? "module" : "classic" });
  const waits = (worker: ServiceWorker | null): void => {
    if (!worker || !workers.controller) return;
    next = worker;
    updateWaiting.value = true;
  };
  waits(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => installing.state === "installed" && waits(installing));
  });
  visible.subscribe((shown) => {
    // Without network there is nothing to look for; the browser asks again at the next start.
    if (shown && navigator.onLine) registration.update().catch((problem: unknown) => console.info("no new version looked for:", problem));
  });
}

/** Between visits, on a tap: the waiting version takes over and the page loads again. */
export function takeOver(): void {
  asked = true;
  next?.postMessage("take-over");
}

/** Keep the screen on until the function that comes back is called. */
export async function stayAwake(): Promise<() => void> {
  if (!("wakeLock" in navigator)) return () => undefined;
  try {
    const lock = await navigator.wakeLock.request("screen");
    return () => void lock.release();
  } catch (problem) {
    // Refused on low battery or in the background; the screen then goes dark as always.
    console.info("no wake lock:", problem);
    return () => undefined;
  }
}
