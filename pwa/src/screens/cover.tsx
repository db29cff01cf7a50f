/** What lies over every screen: the notes of discreet mode, the lock, and a blank page while the app is in the background. */
import { batch, effect, signal, untracked } from "@preact/signals";
import { render } from "preact";
import { keepPlace } from "../data/cover_set";
import { appLock, loadLock, moment, overdue, type Moment } from "../data/lock";
import { loadNotes } from "../data/notes";
import { me } from "../data/session";
import { perUser } from "../data/user_memory";
import { pickers } from "../device/camera";
import { applyLook, complain, route } from "../ui/app";
import { discreet, hidden, opener, veiled } from "../ui/discreet";
import { words } from "../ui/text";
import { cover } from "./cover_words";
import { leaveNote, NotesPage } from "./notes";
import { LockPage } from "./lock";

export const locked = signal(false);
/** The system's list of running apps shows each as it was left. */
const away = signal(false);
const dialog = document.createElement("dialog");
let watching = false;
/** When the page went to the background, and how many pickers had been opened when it was last in front. */
let left: Moment | null = null;
let picked = 0;
perUser(() => batch(() => { locked.value = hidden.value = away.value = discreet.value = false; }));

/** Arms notes and lock for whoever is signed in; with `begin` they lie over the screen at once. Called again when that changes, and
 *  when another page has changed them. */
export async function guard(begin: boolean): Promise<void> {
  await Promise.all([loadNotes(), loadLock()]);
  if (begin) batch(() => { locked.value = appLock.value !== null; hidden.value = discreet.value; });
  // Whoever takes the lock off, on whatever page, has said the PIN.
  else if (!appLock.value) locked.value = false;
  if (watching) return leftBehind();
  watching = true;
  dialog.className = "cover";
  document.body.append(dialog);
  effect(() => { applyLook(); colour(discreet.value); });
  effect(() => { const over = me.value !== null && (away.value || locked.value || hidden.value); untracked(() => veil(over)); });
  effect(() => dialog.setAttribute("aria-label", locked.value ? cover.value.locked : words.value.notes));
  render(<Cover />, dialog);
  effect(() => { if (route.value && discreet.value && me.value) void keepPlace(location.hash.slice(1)).catch(complain); });
  watchTitle();
  watchFingers();
  watchBackground();
  leftBehind();
}

function Cover() {
  if (!veiled.value || away.value) return null;
  return locked.value ? <LockPage onOpen={() => (locked.value = false)} /> : <NotesPage onLeave={() => (hidden.value = false)} />;
}

/** The place that is covered: nothing may move it meanwhile, and it is the same when it is seen again. */
let covered = { url: "", state: null as unknown, y: null as number | null };

/** In one turn with what asks for it, so that nothing else is painted. */
function veil(over: boolean): void {
  if (over === veiled.peek()) return;
  const app = document.getElementById("app")!;
  if (over) {
    // At the start the screen goes to its place under the cover.
    covered = { url: location.href, state: history.state, y: app.childElementCount ? scrollY : null };
    dialog.showModal();
  }
  app.inert = over;
  document.documentElement.toggleAttribute("data-veiled", over);
  veiled.value = over;
  if (over) return;
  // Gives the focus back to where it was.
  dialog.close();
  if (covered.y !== null) scrollTo(0, covered.y);
  // What had it may be gone; then it stays in what is put away.
  const lost = () => document.activeElement === document.body || dialog.contains(document.activeElement);
  if (lost()) (opener.of as HTMLElement | null)?.focus({ preventScroll: true });
  if (lost()) app.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  opener.of = null;
}

dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  leaveNote();
});
// Some phones close a dialog by their back key without asking.
dialog.addEventListener("close", () => { if (veiled.peek() && !dialog.open) dialog.showModal(); });

/** Back leads from a note to the list, and whoever goes back or forth there has gone nowhere. */
addEventListener("popstate", () => {
  if (!veiled.peek()) return;
  leaveNote();
  if (location.href !== covered.url) history.pushState(covered.state, "", covered.url);
});

/** The browser's own frame is as dim as the screen. */
function colour(on: boolean): void {
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim();
  for (const tag of document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")) {
    tag.dataset.own ??= tag.content;
    tag.content = on ? ground : tag.dataset.own;
  }
}

/** In discreet mode the title never says more than the notes would: it stands in the list of running apps and on the tabs. */
function watchTitle(): void {
  let own = document.title;
  const neutral = () => discreet.value && me.value !== null;
  const said = () => words.value.notes;
  new MutationObserver(() => {
    if (document.title === said()) return;
    own = document.title;
    if (neutral()) document.title = said();
  }).observe(document.querySelector("title")!, { childList: true });
  effect(() => { document.title = neutral() ? said() : own; });
}

/** How far a finger may slip, and how long two may rest, in a tap. */
const SLIP_PX = 16;
const TAP_MS = 700;

/** Two fingers hide at once when the second comes down; to come back they have to be a tap, which no pinch is. F2 does both. */
function watchFingers(): void {
  let tap: { from: Moment; at: [number, number][] } | null = null;
  const ready = () => (discreet.peek() || hidden.peek()) && me.peek() !== null && !locked.peek() && !away.peek();
  const points = ({ touches }: TouchEvent) => [...touches].map((one): [number, number] => [one.clientX, one.clientY]);
  const quietly = { capture: true, passive: true } as const;
  addEventListener("touchstart", (event) => {
    tap = null;
    if (event.touches.length < 2 || !ready()) return;
    if (!hidden.peek()) hidden.value = true;
    else if (event.touches.length === 2) tap = { from: moment(), at: points(event) };
  }, quietly);
  addEventListener("touchmove", (event) => {
    if (tap && points(event).some(([x, y], n) => Math.hypot(x - (tap!.at[n]?.[0] ?? x), y - (tap!.at[n]?.[1] ?? y)) > SLIP_PX)) tap = null;
  }, quietly);
  addEventListener("touchcancel", () => { tap = null; }, quietly);
  addEventListener("touchend", (event) => {
    if (!tap || event.touches.length > 0) return;
    if (moment().mono - tap.from.mono < TAP_MS) hidden.value = false;
    tap = null;
  }, quietly);
  addEventListener("keydown", (event) => {
    if (event.key !== "F2" || event.repeat || !ready()) return;
    event.preventDefault();
    hidden.value = !hidden.peek();
  }, true);
}

/** Blank when it goes to the background, or learns there that it has to be. */
function leftBehind(): void {
  if (document.visibilityState !== "hidden") return;
  left ??= moment();
  if (appLock.peek() || (discreet.peek() && !hidden.peek())) away.value = true;
}

/** When it comes back it is locked if that took too long. */
function watchBackground(): void {
  const back = () => {
    if (document.visibilityState === "hidden") return;
    const lock = appLock.peek();
    batch(() => {
      if (left && lock && overdue(left, lock.after, pickers() > picked)) locked.value = true;
      away.value = false;
    });
    left = null;
    picked = pickers();
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? leftBehind() : back()));
  // Not every phone tells that the page is in front again; a touch tells it too.
  for (const name of ["pageshow", "focus", "pointerdown", "keydown"]) addEventListener(name, () => { if (away.peek()) back(); }, true);
}
