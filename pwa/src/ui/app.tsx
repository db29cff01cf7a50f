/** The frame around every screen: a small hash router, where focus goes, back and forth in place, dialogs and messages. */
import { signal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { discreet, hidden, opener, veiled } from "./discreet";
import { recall, remember } from "./kept";
import { Icon, type IconName } from "./icons";
import { sentence, words } from "./text";

/** The place in the app: the words of the hash path and its query, e.g. `#/visit/<id>/E?item=OH-26`. */
export interface Route {
  path: string[];
  query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

export const route = signal<Route>(read());

/** A complaint is about the screen it came up on. */
function moved(): void {
  if (message.peek()?.bad) message.value = null;
  route.value = read();
}

const message = signal<{ text: string; bad: boolean } | null>(null);
const scrolls = new Map<string, number>();
let steps = 0;

/** Go to a hash path; `replace` leaves no step behind. */
export function go(path: string, { replace = false } = {}): void {
  scrolls.set(location.hash, scrollY);
  if (replace) history.replaceState(history.state, "", `#${path}`);
  else history.pushState({ step: ++steps }, "", `#${path}`);
  scrolls.delete(location.hash);
  moved();
}

/** A screen that is fetched when it is first opened; where it cannot be, that is told by `fail`, and it is tried again the next time. */
export function later<P extends object>(fetched: () => Promise<ComponentType<P>>, fail: (problem: unknown) => void = complain): ComponentType<P> {
  const found = signal<ComponentType<P> | null>(null);
  return function Later(props: P) {
    const There = found.value;
    useEffect(() => { if (!found.peek()) fetched().then((one) => (found.value = one), fail); }, []);
    return There ? <There {...props} /> : null;
  };
}

/** One step back, or to `fallback` where the app was opened on this very screen. */
export function back(fallback = "/today"): void {
  if ((history.state as { step?: number } | null)?.step) history.back();
  else go(fallback, { replace: true });
}

/** Back and forth lead nowhere while something lies over the screen; what does gives the place back. */
const turned = () => { if (!veiled.peek()) moved(); };
addEventListener("popstate", turned);
addEventListener("hashchange", turned);
history.scrollRestoration = "manual";

/** A screen with its heading: takes the focus when it opens, so that a screen reader starts at the top, and keeps its scroll place.
 *  `kind`: what the browser's history says of a screen whose title names an outlet or what was found there. */
export function Screen(props: { title: string; name: string; bar?: ComponentChildren; tabs?: boolean; foot?: ComponentChildren; children: ComponentChildren; aside?: ComponentChildren; up?: string; kind?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const title = `${props.kind ?? props.title} · ${words.value.appName}`;
  useLayoutEffect(() => { document.title = title; }, [title]);
  useLayoutEffect(() => {
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, scrolls.get(location.hash) ?? 0);
  }, [props.name]);
  return (
    <div class={`screen ${props.name}`} data-testid={`screen-${props.name}`}>
      <header class={props.up === undefined ? "big" : "bar"}>
        <div class="top">
          {props.up !== undefined && <BackButton to={props.up} />}
          <h1 ref={heading} tabIndex={-1}>{props.title}</h1>
          {props.aside}
          <Away />
        </div>
        {props.bar}
      </header>
      <main>{props.children}</main>
      {props.foot && <footer class="foot">{props.foot}</footer>}
      {props.tabs && <Tabs />}
    </div>
  );
}

export function BackButton({ to }: { to: string }) {
  return (
    <button type="button" class="icon-button" aria-label={words.value.back} onClick={() => back(to)}>
      <Icon name="back" />
    </button>
  );
}

/** In discreet mode: one tap, without two fingers, hides the screen behind the notes. */
export function Away() {
  return discreet.value ? <button type="button" class="icon-button away" aria-label={words.value.notes} data-testid="away" onClick={() => (hidden.value = true)}><Icon name="note" /></button> : null;
}

/** How many visits and photos wait; shown as a number on the tab, with words for screen readers. */
export const waiting = signal(0);

function Tabs() {
  const w = words.value;
  const here = route.value.path[0] ?? "today";
  const tab = (name: string, label: string, icon: IconName, count = 0) => (
    <a href={`#/${name}`} aria-current={here === name ? "page" : undefined} onClick={(e) => { e.preventDefault(); if (here !== name) go(`/${name}`, { replace: here !== "today" }); }}>
      <span class="tab-icon"><Icon name={icon} />{count > 0 && <span class="count" aria-hidden="true">{count}</span>}</span>
      {label}
      {count > 0 && <span class="sr">{w.waitingCount(count)}</span>}
    </a>
  );
  return (
    <nav class="tabs" aria-label={w.mainMenu}>
      {tab("today", w.todayTab, "today")}
      {tab("outlets", w.outletsTab, "hall")}
      {tab("outbox", w.outboxTab, "send", waiting.value)}
      {tab("me", w.meTab, "person")}
    </nav>
  );
}

/** A dialog over the screen: the browser's own element keeps the focus inside, closes on Escape and gives the focus back. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren; name?: string }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = `dialog-${props.name ?? "one"}`;
  const over = veiled.value;
  useEffect(() => {
    const dialog = element.current, from = document.activeElement;
    return () => {
      if (veiled.peek()) opener.of = from;
      dialog?.close();
    };
  }, []);
  useEffect(() => {
    const dialog = element.current;
    if (over || dialog?.open) return;
    dialog?.showModal();
    // Not the first field: on a phone that would open the keyboard over what is to be read.
    dialog?.querySelector<HTMLElement>("h2")?.focus();
  }, [over]);
  return (
    <dialog ref={element} class="dialog" aria-labelledby={id} data-testid={props.name} onCancel={(e) => { e.preventDefault(); props.onClose(); }}>
      <h2 id={id} tabIndex={-1}>{props.title}</h2>
      {props.children}
    </dialog>
  );
}

let fading: ReturnType<typeof setTimeout> | undefined;

/** Say one sentence at the foot of the screen; a failure stays until it is put away, good news leaves by itself. */
export function say(text: string, { bad = false } = {}): void {
  message.value = { text, bad };
  clearTimeout(fading);
  if (!bad) fading = setTimeout(() => (message.value = null), 5000);
}

/** Say what went wrong; an expired login says it by itself, over the screen. */
export function complain(problem: unknown): void {
  if ((problem as { code?: string } | null)?.code !== "login") say(sentence(problem), { bad: true });
}

export function Message() {
  const now = message.value;
  return (
    <div class={now?.bad ? "message stays" : "message"} role="status" aria-live="polite">
      {now && (
        <p class={now.bad ? "bad" : ""}>
          {now.bad && <Icon name="warn" />}
          <span>{now.text}</span>
          <button type="button" class="icon-button" aria-label={words.value.close} onClick={() => (message.value = null)}><Icon name="cross" /></button>
        </p>
      )}
    </div>
  );
}

export type Theme = "auto" | "light" | "dark";

/** Text size in percent and light or dark, kept per phone; read before the first paint. */
export const look = signal<{ theme: Theme; text: number }>(kept());

function kept(): { theme: Theme; text: number } {
  const theme = recall("theme");
  return { theme: theme === "light" || theme === "dark" ? theme : "auto", text: Number(recall("text-size")) || 100 };
}

export function setLook(next: Partial<{ theme: Theme; text: number }>): void {
  look.value = { ...look.value, ...next };
  remember("theme", look.value.theme);
  remember("text-size", String(look.value.text));
  applyLook();
}

export function applyLook(): void {
  const root = document.documentElement;
  if (look.value.theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = look.value.theme;
  root.toggleAttribute("data-discreet", discreet.value);
  root.classList.toggle("large-text", look.value.text >= 160);
  root.style.fontSize = look.value.text === 100 ? "" : `${look.value.text}%`;
}
