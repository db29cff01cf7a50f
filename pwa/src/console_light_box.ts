/** The light box of the review page: one photo or two side by side, zoomed and moved together, each turned by itself; nothing of it is kept. */

const all = <T extends Element>(selector: string, root: ParentNode = document): T[] => [...root.querySelectorAll<T>(selector)];
const SCALES = [1, 1.5, 2, 3, 4, 6, 8];
const STEP = 60;

/** What both panes show of their photo: how large, and moved by how many pixels. */
const look = { scale: 1, x: 0, y: 0 };

class Pane {
  readonly image: HTMLImageElement;
  readonly stage: HTMLElement;
  links: HTMLAnchorElement[] = [];
  shown = 0;
  private turned = 0;

  constructor(readonly root: HTMLElement) {
    this.stage = root.querySelector<HTMLElement>(".stage")!;
    this.image = root.querySelector("img")!;
  }

  get link(): HTMLAnchorElement | undefined {
    return this.links[this.shown];
  }

  show(number: number): void {
    if (this.links.length === 0) return;
    this.shown = (number + this.links.length) % this.links.length;
    const link = this.link!;
    this.turned = 0;
    this.image.src = link.href;
    const caption = link.dataset["caption"] ?? "";
    this.image.alt = caption;
    this.root.querySelector(".caption")!.textContent = caption;
    this.root.querySelector(".place")!.textContent = `${this.shown + 1} / ${this.links.length}`;
    // The next one is fetched while this one is looked at.
    new Image().src = this.links[(this.shown + 1) % this.links.length]!.href;
    this.draw();
  }

  turn(): void {
    this.turned = (this.turned + 90) % 360;
    this.draw();
  }

  draw(): void {
    // A photo that lies on its side has to fit by its other side.
    const { clientWidth: wide, clientHeight: high } = this.stage;
    const ratio = this.image.naturalWidth / this.image.naturalHeight || 1;
    const width = Math.min(wide, high * ratio);
    const fit = this.turned % 180 ? Math.min((wide * ratio) / width, high / width) : 1;
    this.image.style.transform = `translate(${look.x}px, ${look.y}px) rotate(${this.turned}deg) scale(${look.scale * fit})`;
  }
}

/** What the page's own keys call: a photo of this item in large, and two of it side by side. */
export interface LightBox {
  open(item: HTMLElement, compared: boolean): void;
}

export function lightBox(): LightBox | undefined {
  const box = document.querySelector<HTMLDialogElement>("#light-box");
  const photos = all<HTMLAnchorElement>("a[data-photo]");
  if (!box || photos.length === 0) return undefined;
  const others = all<HTMLAnchorElement>("a[data-beside]");
  const [left, right] = all<HTMLElement>(".pane", box).map((root) => new Pane(root)) as [Pane, Pane];
  const compare = box.querySelector<HTMLElement>("[data-compare]")!;
  const compared = (): boolean => !right.root.hidden;

  const draw = (): void => {
    left.draw();
    right.draw();
    box.querySelector(".scale")!.textContent = `${Math.round(look.scale * 100)}%`;
    box.classList.toggle("zoomed", look.scale > 1);
  };
  const reset = (): void => {
    [look.scale, look.x, look.y] = [1, 0, 0];
    draw();
  };
  const zoom = (up: boolean): void => {
    const at = SCALES.findIndex((scale) => scale >= look.scale);
    const next = SCALES[Math.max(0, Math.min(SCALES.length - 1, at + (up ? 1 : -1)))]!;
    const factor = next / look.scale;
    [look.scale, look.x, look.y] = next === 1 ? [1, 0, 0] : [next, look.x * factor, look.y * factor];
    draw();
  };
  const move = (x: number, y: number): void => {
    look.x += x;
    look.y += y;
    draw();
  };
  /** Beside a photo stand first those that belong to it, then the others of the visit. */
  const partners = (): void => {
    const sha256 = left.link?.dataset["photo"];
    const own = others.filter((link) => link.dataset["beside"] === sha256);
    right.links = [...own, ...photos.filter((link) => link !== left.link)];
  };
  const side = (on: boolean, first = 0): void => {
    right.root.hidden = !on;
    box.classList.toggle("compared", on);
    compare.setAttribute("aria-pressed", String(on));
    if (on) {
      partners();
      right.show(first);
    }
    reset();
  };
  const show = (number: number): void => {
    left.show(number);
    if (compared()) {
      partners();
      right.show(0);
    }
    reset();
  };
  const open = (link: HTMLAnchorElement, on: boolean, partner?: HTMLAnchorElement): void => {
    left.links = photos;
    left.shown = photos.indexOf(link);
    if (!box.open) box.showModal();
    left.show(left.shown);
    side(on && photos.length + others.length > 1);
    if (partner) right.show(right.links.indexOf(partner));
    left.stage.focus();
  };
  const plain = (event: MouseEvent): boolean => !(event.ctrlKey || event.metaKey || event.shiftKey);

  photos.forEach((link) => link.addEventListener("click", (event) => {
    if (!plain(event)) return;
    event.preventDefault();
    open(link, false);
  }));
  others.forEach((link) => link.addEventListener("click", (event) => {
    const of = photos.find((photo) => photo.dataset["photo"] === link.dataset["beside"]);
    if (!plain(event) || !of) return;
    event.preventDefault();
    open(of, true, link);
  }));
  for (const pane of [left, right]) {
    all<HTMLButtonElement>("[data-go]", pane.root).forEach((button) => button.addEventListener("click", () => {
      const next = pane.shown + Number(button.dataset["go"]);
      if (pane === left) show(next);
      else right.show(next);
    }));
    pane.root.querySelector("[data-turn]")!.addEventListener("click", () => pane.turn());
    pane.image.addEventListener("load", () => pane.draw());
    pane.stage.addEventListener("dblclick", () => (look.scale > 1 ? reset() : zoom(true)));
    pane.stage.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(event.deltaY < 0);
    }, { passive: false });
    pane.stage.addEventListener("pointerdown", (event) => {
      if (look.scale === 1) return;
      pane.stage.setPointerCapture(event.pointerId);
    });
    pane.stage.addEventListener("pointermove", (event) => {
      if (pane.stage.hasPointerCapture(event.pointerId)) move(event.movementX, event.movementY);
    });
  }
  compare.addEventListener("click", () => side(!compared()));
  box.querySelector("[data-larger]")!.addEventListener("click", () => zoom(true));
  box.querySelector("[data-smaller]")!.addEventListener("click", () => zoom(false));
  box.querySelector("[data-close]")!.addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => event.target === box && box.close());
  // Back where the reviewer was: at the photo, so that the keys of the page go on from its item.
  box.addEventListener("close", () => left.link?.focus());
  const next = (step: number) => (): void => show(left.shown + step);
  const beside = (step: number) => (): void => {
    if (!compared()) side(true);
    else right.show(right.shown + step);
  };
  const arrow = (x: number, y: number, step: number) => (): void => {
    if (look.scale > 1) move(x, y);
    else if (step) show(left.shown + step);
  };
  const KEYS: Record<string, () => void> = {
    ArrowRight: arrow(-STEP, 0, 1), ArrowLeft: arrow(STEP, 0, -1), ArrowDown: arrow(0, -STEP, 0), ArrowUp: arrow(0, STEP, 0),
    j: next(1), k: next(-1), h: beside(-1), l: beside(1), "+": () => zoom(true), "=": () => zoom(true), z: () => zoom(true), "-": () => zoom(false),
    "0": reset, t: () => left.turn(), T: () => right.turn(), c: () => side(!compared()),
  };
  box.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  return {
    open(item, on): void {
      const link = item.querySelector<HTMLAnchorElement>("a[data-photo]");
      if (link) open(link, on);
    },
  };
}
