/** The console's small enhancements: the keyboard of the review page, reasons, dropping a PDF. */

import { keepTyped, lookAgain } from "./console_typed";
import { lightBox, type LightBox } from "./console_light_box";
import { choosing, masking } from "./console_masks";

const all = <T extends Element>(selector: string, root: ParentNode = document): T[] => [...root.querySelectorAll<T>(selector)];
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");

function reviewKeys(photos: LightBox | undefined): void {
  const form = document.querySelector<HTMLFormElement>("#decision");
  const items = all<HTMLElement>(".item");
  if (items.length === 0) return;
  const visible = (): HTMLElement[] => items.filter((item) => item.offsetParent !== null);
  const here = (): number => visible().findIndex((item) => item.contains(document.activeElement));
  // A filter hides the item in focus, and the browser drops the focus with it: the keys go on from there all the same.
  let last = -1;
  document.addEventListener("focusin", () => {
    const at = items.findIndex((item) => item.contains(document.activeElement));
    if (at >= 0) last = at;
  });
  const move = (step: number): void => {
    const list = visible();
    const beyond = (item: HTMLElement): boolean => (items.indexOf(item) - last) * step > 0;
    const next = last < 0 ? list.at(step > 0 ? 0 : -1) : list.filter(beyond).at(step > 0 ? 0 : -1) ?? list.at(step > 0 ? -1 : 0);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "center" });
  };
  const reason = (): void => {
    const details = visible()[here()]?.querySelector<HTMLDetailsElement>("details.say") ?? form?.querySelector("details");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea")?.focus();
  };
  const button = (id: string) => (): void => form?.querySelector<HTMLElement>(id)?.focus();
  const follow = (rel: string) => (): void => document.querySelector<HTMLElement>(`.queue a[rel="${rel}"]`)?.click();
  const toggle = (id: string) => (): void => document.querySelector<HTMLElement>(id)?.click();
  const enlarge = (compared: boolean) => (): void => {
    const item = visible()[here()] ?? visible().find((each) => each.querySelector("a[data-photo]"));
    if (item) photos?.open(item, compared);
  };
  const help = document.querySelector<HTMLDialogElement>("#keys");
  const KEYS: Record<string, () => void> = {
    j: () => move(1), k: () => move(-1), n: follow("next"), p: follow("prev"), r: reason, a: button("#accept"), b: button("#return"),
    z: enlarge(false), c: enlarge(true), o: toggle("#only"), d: toggle("#only-changed"), "?": () => help?.showModal(),
  };
  document.querySelector("[data-keys]")?.addEventListener("click", () => help?.showModal());
  // Whoever opens a reason wants to write it: the field takes the next key.
  all<HTMLDetailsElement>("details.say").forEach((details) =>
    details.addEventListener("toggle", () => details.open && details.querySelector("textarea")?.focus()));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).closest<HTMLElement>(".item")?.focus();
      return;
    }
    const act = KEYS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function reasons(): void {
  const form = document.querySelector<HTMLFormElement>("#decision");
  if (!form) return;
  const counter = form.querySelector<HTMLElement>("[data-reasons]");
  const missing = form.querySelector<HTMLElement>(".missing");
  const written = (): number => all<HTMLTextAreaElement>("textarea").filter((field) => field.name !== "note" && field.value.trim()).length;
  const count = (): void => {
    const number = written();
    if (counter) [counter.textContent, counter.hidden] = [String(number), number === 0];
    if (missing && number > 0) missing.hidden = true;
  };
  document.addEventListener("input", count);
  count();
  form.addEventListener("submit", (event) => {
    const decision = (event.submitter as HTMLButtonElement | null)?.value;
    if (decision !== "accept" && written() === 0) {
      event.preventDefault();
      const details = form.querySelector("details");
      if (details) details.open = true;
      if (missing) [missing.textContent, missing.hidden] = [form.dataset["reason"] ?? "", false];
      form.querySelector<HTMLElement>("#whole")?.focus();
    }
  });
}

function drop(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-drop]");
  const input = form?.querySelector<HTMLInputElement>("input[type=file]");
  if (!form || !input) return;
  const mark = (on: boolean) => (event: DragEvent): void => {
    event.preventDefault();
    form.classList.toggle("over", on);
  };
  document.addEventListener("dragover", mark(true));
  document.addEventListener("dragleave", mark(false));
  document.addEventListener("drop", (event) => {
    mark(false)(event);
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}

document.querySelector("[data-back]")?.addEventListener("click", (event) => {
  if (history.length > 1) {
    event.preventDefault();
    history.back();
  }
});
// On a phone the filters would fill the first screen; those that are in use stay open.
all<HTMLDetailsElement>("details[data-fold]").forEach((fold) => (fold.open = fold.dataset["fold"] === "keep" || innerWidth > 760));
// Of a row of tabs that is wider than the screen the chosen one stands in the middle; the page itself stays where it is.
all<HTMLElement>(".tabs > [aria-current]").forEach((tab) => {
  const row = tab.parentElement!;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
});
reviewKeys(lightBox());
keepTyped();
lookAgain();
reasons();
drop();
choosing();
masking();
