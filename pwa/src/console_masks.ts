/** Masks on a photograph in the console: drawn, moved and sized by mouse, finger or keys; whole thousandths of the picture. */

interface Mask { kind: "face" | "number"; x: number; y: number; w: number; h: number }

const WHOLE = 1000;
const LEAST = 8;
const STEP = 10;
/** How near to a mask's lower right corner, in pixels of the screen, a pointer takes hold of it to size it. */
const GRIP = 22;
const SVG = "http://www.w3.org/2000/svg";

const within = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, Math.round(value)));

/** Inside the picture and at least so large that one can take hold of it. */
function fitted({ kind, x, y, w, h }: Mask): Mask {
  const [wide, high] = [within(w, LEAST, WHOLE), within(h, LEAST, WHOLE)];
  return { kind, x: within(x, 0, WHOLE - wide), y: within(y, 0, WHOLE - high), w: wide, h: high };
}

/** Sized from its upper left corner, which stays where it is. */
function sized(mask: Mask, w: number, h: number): Mask {
  return { ...mask, w: within(w, LEAST, WHOLE - mask.x), h: within(h, LEAST, WHOLE - mask.y) };
}

const between = (kind: Mask["kind"], [a, b]: [number, number], [c, d]: [number, number]): Mask => {
  const [x, y] = [within(Math.min(a, c), 0, WHOLE), within(Math.min(b, d), 0, WHOLE)];
  return { kind, x, y, w: within(Math.max(a, c), 0, WHOLE) - x, h: within(Math.max(b, d), 0, WHOLE) - y };
};

class Shot {
  private masks: Mask[];
  private readonly svg: SVGSVGElement;
  private readonly field: HTMLInputElement;

  constructor(private readonly shot: HTMLElement, private readonly form: HTMLFormElement, private readonly changed: () => void) {
    this.svg = shot.querySelector<SVGSVGElement>("[data-masks]")!;
    this.field = shot.querySelector<HTMLInputElement>("input[name^=shapes-]")!;
    this.masks = JSON.parse(this.field.value) as Mask[];
    this.draw();
    this.pointers();
    this.svg.addEventListener("keydown", (event) => this.key(event));
    shot.querySelectorAll<HTMLButtonElement>("[data-add]").forEach((button) =>
      button.addEventListener("click", () => {
        this.set([...this.masks, { kind: button.dataset["add"] as Mask["kind"], x: 400, y: 400, w: 200, h: 200 }]);
        this.focus(this.masks.length - 1);
        this.say("added");
      }));
    const pen = shot.querySelector<HTMLButtonElement>("[data-draw]")!;
    pen.addEventListener("click", () => pen.setAttribute("aria-pressed", String(shot.classList.toggle("drawing"))));
  }

  private word(name: string): string { return this.form.dataset[name] ?? ""; }
  private say(name: string): void { this.form.querySelector("[data-spoken]")!.textContent = this.word(name); }

  private set(masks: Mask[]): void {
    this.masks = masks;
    this.field.value = JSON.stringify(masks);
    this.svg.classList.remove("proposed");
    this.changed();
    this.draw();
  }

  /** The masks as rectangles; those that are there are changed and not made anew, so that focus and pointer stay. */
  private draw(): void {
    const there = [...this.svg.querySelectorAll<SVGRectElement>("rect")];
    there.slice(this.masks.length).forEach((rect) => rect.remove());
    this.masks.forEach((mask, n) => {
      const rect = there[n] ?? this.svg.appendChild(document.createElementNS(SVG, "rect"));
      const name = this.word("name").replace("{n}", String(n + 1)).replace("{kind}", this.word(mask.kind));
      const given = { class: mask.kind, x: mask.x, y: mask.y, width: mask.w, height: mask.h, tabindex: 0, role: "button", "aria-label": name };
      Object.entries(given).forEach(([key, value]) => rect.setAttribute(key, String(value)));
    });
    this.shot.querySelector("[data-number-of]")!.textContent = this.word("count").replace("{n}", String(this.masks.length));
  }

  private focus(n: number): void {
    const rects = this.svg.querySelectorAll<SVGRectElement>("rect");
    (rects[Math.min(n, rects.length - 1)] ?? this.shot.querySelector<HTMLElement>("[data-add]"))?.focus();
  }

  private replace(n: number, mask: Mask): void {
    this.set(this.masks.map((each, at) => (at === n ? mask : each)));
  }

  private remove(n: number): void {
    this.set(this.masks.filter((_, at) => at !== n));
    this.focus(n);
    this.say("gone");
  }

  private key(event: KeyboardEvent): void {
    const n = [...this.svg.querySelectorAll("rect")].indexOf(event.target as SVGRectElement);
    const mask = this.masks[n];
    if (!mask || event.ctrlKey || event.metaKey || event.altKey) return;
    const [dx, dy] = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key] ?? [0, 0];
    if (dx || dy) this.replace(n, event.shiftKey ? sized(mask, mask.w + dx!, mask.h + dy!) : fitted({ ...mask, x: mask.x + dx!, y: mask.y + dy! }));
    else if (event.key === "Delete" || event.key === "Backspace") this.remove(n);
    else if (event.key === "f" || event.key === "n") this.replace(n, { ...mask, kind: event.key === "f" ? "face" : "number" });
    else return;
    event.preventDefault();
  }

  private pointers(): void {
    const at = (event: PointerEvent): [number, number] => {
      const box = this.svg.getBoundingClientRect();
      return [((event.clientX - box.left) * WHOLE) / box.width, ((event.clientY - box.top) * WHOLE) / box.height];
    };
    this.svg.addEventListener("pointerdown", (down) => {
      const n = [...this.svg.querySelectorAll("rect")].indexOf(down.target as SVGRectElement);
      const start = this.masks[n];
      // A finger on the bare picture scrolls the page, until it was said that it draws.
      if (down.button !== 0 || (!start && down.pointerType !== "mouse" && !this.shot.classList.contains("drawing"))) return;
      down.preventDefault();
      const before = this.masks;
      const from = at(down);
      const edge = start ? (down.target as Element).getBoundingClientRect() : null;
      const grip = edge !== null && edge.right - down.clientX < GRIP && edge.bottom - down.clientY < GRIP;
      this.svg.setPointerCapture(down.pointerId);
      const move = (event: PointerEvent): void => {
        const to = at(event);
        if (!start) this.set([...before, between("face", from, to)]);
        else if (grip) this.replace(n, sized(start, start.w + to[0] - from[0], start.h + to[1] - from[1]));
        else this.replace(n, fitted({ ...start, x: start.x + to[0] - from[0], y: start.y + to[1] - from[1] }));
      };
      const up = (): void => {
        this.svg.removeEventListener("pointermove", move);
        this.svg.removeEventListener("pointerup", up);
        this.svg.removeEventListener("pointercancel", up);
        const drawn = this.masks[before.length];
        if (!start && drawn && (drawn.w < LEAST || drawn.h < LEAST)) this.set(before);
        this.focus(start ? n : this.masks.length - 1);
      };
      this.svg.addEventListener("pointermove", move);
      this.svg.addEventListener("pointerup", up);
      this.svg.addEventListener("pointercancel", up);
    });
  }
}

/** Let the masks of each photograph on the page be edited; what was not sent yet is asked about before the page is left. */
export function masking(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-masking]");
  if (!form) return;
  let open = false;
  form.addEventListener("submit", () => (open = false));
  window.addEventListener("beforeunload", (event) => open && event.preventDefault());
  // Without this script nothing could be drawn: its buttons are there with it alone.
  form.querySelectorAll<HTMLElement>(".tools[hidden]").forEach((tools) => (tools.hidden = false));
  form.querySelectorAll<HTMLElement>("[data-shot]:not([data-fixed])").forEach((shot) => new Shot(shot, form, () => (open = true)));
}

/** Rows that are chosen for a batch: all of a page at once, and how many there are. */
export function choosing(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-choose]");
  const told = form?.querySelector<HTMLElement>("[data-chosen]");
  if (!form || !told) return;
  const every = form.querySelector<HTMLInputElement>("[data-all]");
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=visit]")];
  const count = (): void => {
    const chosen = boxes.filter((box) => box.checked).length;
    told.textContent = chosen ? (told.dataset["some"] ?? "").replace("{n}", String(chosen)) : (told.dataset["none"] ?? "");
    if (every) [every.checked, every.indeterminate] = [chosen === boxes.length, chosen > 0 && chosen < boxes.length];
    form.querySelectorAll<HTMLButtonElement>("[data-needs]").forEach((button) => (button.disabled = chosen === 0));
  };
  every?.addEventListener("change", () => {
    boxes.forEach((box) => (box.checked = every.checked));
    count();
  });
  form.addEventListener("change", count);
  count();
}
