/** The console's small enhancements: the light box, the keyboard of the review page, reasons, dropping a PDF. */

const all = <T extends Element>(selector: string, root: ParentNode = document): T[] => [...root.querySelectorAll<T>(selector)];
const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

function lightBox(): void {
  const box = document.querySelector<HTMLDialogElement>("#light-box");
  const links = all<HTMLAnchorElement>("a[data-photo]");
  const image = box?.querySelector("img");
  if (!box || !image || links.length === 0) return;
  const [caption, place, zoom] = [".caption", ".place", "[data-zoom]"].map((selector) => box.querySelector<HTMLElement>(selector)!);
  let shown = 0;
  const enlarge = (on: boolean): void => {
    box.classList.toggle("zoomed", on);
    zoom!.setAttribute("aria-pressed", String(on));
  };
  const show = (number: number): void => {
    shown = (number + links.length) % links.length;
    const link = links[shown]!;
    image.src = link.href;
    image.alt = caption!.textContent = link.dataset["caption"] ?? "";
    place!.textContent = `${shown + 1} / ${links.length}`;
    enlarge(false);
    // The next one is fetched while this one is looked at.
    new Image().src = links[(shown + 1) % links.length]!.href;
  };
  links.forEach((link, number) =>
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      show(number);
      box.showModal();
    }));
  all<HTMLButtonElement>("[data-go]", box).forEach((button) => button.addEventListener("click", () => show(shown + Number(button.dataset["go"]))));
  box.querySelector("[data-close]")!.addEventListener("click", () => box.close());
  zoom!.addEventListener("click", () => enlarge(!box.classList.contains("zoomed")));
  image.addEventListener("dblclick", () => enlarge(!box.classList.contains("zoomed")));
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => links[shown]?.focus());
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, j: 1, k: -1 }[event.key];
    if (step) show(shown + step);
    else if (event.key === "z") enlarge(!box.classList.contains("zoomed"));
    else return;
    event.preventDefault();
  });
}

function reviewKeys(): void {
  const form = document.querySelector<HTMLFormElement>("#decision");
  const items = all<HTMLElement>(".item");
  if (items.length === 0) return;
  const visible = (): HTMLElement[] => items.filter((item) => item.offsetParent !== null);
  const here = (): number => visible().findIndex((item) => item.contains(document.activeElement));
  const move = (step: number): void => {
    const list = visible();
    const at = here();
    const next = list[at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step))];
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "center" });
  };
  const reason = (): void => {
    const details = visible()[here()]?.querySelector<HTMLDetailsElement>("details.say") ?? form?.querySelector("details");
    if (!details) return;
    details.open = true;
    details.querySelector("textarea")?.focus();
  };
  // Whoever opens a reason wants to write it: the field takes the next key.
  all<HTMLDetailsElement>("details.say").forEach((details) =>
    details.addEventListener("toggle", () => details.open && details.querySelector("textarea")?.focus()));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (typing(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).closest<HTMLElement>(".item")?.focus();
      return;
    }
    const act = { j: () => move(1), k: () => move(-1), r: reason, a: () => form?.querySelector<HTMLElement>("#accept")?.focus() }[event.key];
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
lightBox();
reviewKeys();
reasons();
drop();
