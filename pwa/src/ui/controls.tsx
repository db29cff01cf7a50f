/** The controls of a checklist: large, one tap, with names and states that a screen reader can say. They know no visit. */
import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons";
import { words } from "./text";
import { useTyping } from "./typing";

export interface Option {
  id: string;
  label: string;
  tone?: "pass" | "fail" | "na";
  icon?: IconName;
}

interface Named {
  /** The id of the element that names the control. */
  labelledBy: string;
  describedBy?: string;
  disabled?: boolean;
}

/**
 * One of several. The tapped one is outlined at once and counts as chosen (filled, ticked, announced) only when `onPick` has
 * stored it; arrow keys move the choice as in any group of radio buttons.
 */
export function Choices(props: Named & { options: Option[]; value: string | null; layout: "seg" | "scale" | "row" | "rows"; onPick: (id: string) => Promise<void> }) {
  const pending = useSignal<string | null>(null);
  const group = useRef<HTMLDivElement>(null);
  const pick = (id: string) => {
    if (props.disabled || (id === props.value && pending.peek() === null)) return;
    pending.value = id;
    void props.onPick(id).finally(() => { if (pending.peek() === id) pending.value = null; });
  };
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...group.current!.querySelectorAll("button")];
    const at = (buttons.indexOf(document.activeElement as HTMLButtonElement) + step + buttons.length) % buttons.length;
    buttons[at]!.focus();
    pick(props.options[at]!.id);
  };
  const reachable = props.options.some((option) => option.id === props.value) ? props.value : props.options[0]?.id;
  return (
    <div ref={group} role="radiogroup" class={`choices ${props.layout}`} aria-labelledby={props.labelledBy} aria-describedby={props.describedBy} aria-disabled={props.disabled || undefined} onKeyDown={move} style={props.layout === "row" ? { "--w": `${widest(props.options)}em` } : undefined}>
      {props.options.map((option) => {
        const chosen = option.id === props.value;
        const tone = option.tone ?? "chosen";
        return (
          <button key={option.id} type="button" role="radio" aria-checked={chosen} data-value={option.id} tabIndex={option.id === reachable ? 0 : -1} disabled={props.disabled && !chosen}
            class={`${tone}${chosen ? " on" : ""}${pending.value === option.id ? " pending" : ""}`} onClick={() => pick(option.id)}>
            {chosen && <Icon name={option.icon ?? "check"} />}<span>{option.label}</span>
          </button>
        );
      })}
    </div>
  );
}

/** Any of several; `none` is an answer of its own (the empty list), so that "nothing of it" differs from "not asked yet". */
export function Checks(props: Named & { options: Option[]; value: string[] | null; none: string; onPick: (ids: string[]) => Promise<void> }) {
  const wanted = useRef<string[] | null>(null);
  const value = props.value;
  const send = (ids: string[]) => {
    wanted.current = ids;
    void props.onPick(ids).finally(() => { if (wanted.current === ids) wanted.current = null; });
  };
  const toggle = (id: string) => {
    const now = wanted.current ?? value ?? [];
    send((now.includes(id) ? now.filter((each) => each !== id) : [...now, id]).sort());
  };
  const box = (id: string, label: string, on: boolean, act: () => void) => (
    <button key={id} type="button" role="checkbox" aria-checked={on} data-value={id} disabled={props.disabled} class={`chosen${on ? " on" : ""}`} onClick={act}>
      <span class="box" aria-hidden="true">{on && <Icon name="check" />}</span><span>{label}</span>
    </button>
  );
  return (
    <div role="group" class="choices rows checks" aria-labelledby={props.labelledBy} aria-describedby={props.describedBy}>
      {props.options.map((option) => box(option.id, option.label, value?.includes(option.id) ?? false, () => toggle(option.id)))}
      {box("", props.none, value?.length === 0, () => send([]))}
    </div>
  );
}

/** A whole number by taps or keys; unanswered it is empty, and the left button then offers the zero that is most often meant. */
export function Stepper(props: Named & { value: number | null; min: number; max: number | null; unit: string; onSet: (value: number) => Promise<void> }) {
  const w = words.value;
  const wanted = useRef<number | null>(null);
  const set = (value: number) => {
    if (value < props.min || (props.max !== null && value > props.max)) return;
    wanted.current = value;
    void props.onSet(value).finally(() => { if (wanted.current === value) wanted.current = null; });
  };
  const now = () => wanted.current ?? props.value;
  const typing = useTyping<HTMLInputElement>(props.value === null ? "" : String(props.value), (text) => props.onSet(Number(text)), (text) => wrongNumber(text, /^\d{1,7}$/, String(props.min), props.max === null ? null : String(props.max)));
  const id = useId();
  const step = (by: number) => {
    const from = now();
    const next = from === null ? (by < 0 ? props.min : props.min + 1) : from + by;
    set(next);
    if (typing.ref.current && next >= props.min && (props.max === null || next <= props.max)) typing.ref.current.value = String(next);
  };
  return (
    <div class="stepper-block">
      <div class="stepper" role="group" aria-labelledby={props.labelledBy}>
        <button type="button" disabled={props.disabled} aria-label={props.value === null ? undefined : w.less} onClick={() => step(-1)}>{props.value === null ? String(props.min) : <Icon name="minus" />}</button>
        <input ref={typing.ref} {...typing.bind} type="text" inputMode="numeric" autocomplete="off" readOnly={props.disabled} placeholder="–" defaultValue={props.value === null ? "" : String(props.value)} aria-label={props.unit ? `${w.howMany} (${props.unit})` : w.howMany} aria-describedby={id} aria-invalid={typing.problem.value ? true : undefined} />
        {props.unit && <span class="unit" aria-hidden="true">{props.unit}</span>}
        <button type="button" disabled={props.disabled} aria-label={w.plus} onClick={() => step(1)}><Icon name="plus" /></button>
      </div>
      <Wrong id={id} text={typing.problem.value} />
    </div>
  );
}

/** A decimal number as text, stored only while it is one and within its bounds. */
export function NumberField(props: Named & { value: string; min: string | null; max: string | null; unit: string; onSet: (value: string) => Promise<void> }) {
  const w = words.value;
  const id = useId();
  const typing = useTyping<HTMLInputElement>(props.value, (text) => props.onSet(plainNumber(text)), (text) => wrongNumber(plainNumber(text), /^-?(0|[1-9]\d{0,11})(\.\d{1,6})?$/, props.min, props.max));
  return (
    <div class="number">
      <label class="with-unit">
        <span class="sr">{w.value}</span>
        <input ref={typing.ref} {...typing.bind} type="text" inputMode="decimal" autocomplete="off" readOnly={props.disabled} defaultValue={props.value} aria-labelledby={props.labelledBy} aria-describedby={id} aria-invalid={typing.problem.value ? true : undefined} />
        {props.unit && <span class="unit">{props.unit}</span>}
      </label>
      <Wrong id={id} text={typing.problem.value} />
    </div>
  );
}

/** A part of a whole: stored when both are there and fit together. */
export function ShareField(props: Named & { value: { part: number; whole: number } | null; onSet: (value: { part: number; whole: number }) => Promise<void> }) {
  const w = words.value;
  const part = useRef<HTMLInputElement>(null);
  const whole = useRef<HTMLInputElement>(null);
  const wrong = useSignal<string | null>(null);
  const id = useId();
  const set = (leaving: boolean) => {
    // A field that leaves the page with the focus is blurred when its neighbour is gone already.
    if (!part.current || !whole.current) return;
    const a = part.current.value.trim();
    const b = whole.current.value.trim();
    if (a === "" || b === "") return;
    const digits = /^\d{1,7}$/;
    const now = !digits.test(a) || !digits.test(b) ? w.notNumber : Number(a) > Number(b) ? w.partTooBig : null;
    wrong.value = leaving || !now ? now : wrong.peek();
    if (!now && (Number(a) !== props.value?.part || Number(b) !== props.value.whole)) void props.onSet({ part: Number(a), whole: Number(b) });
  };
  const field = (label: string, ref: typeof part, value: number | undefined) => (
    <label>
      <span>{label}</span>
      <input ref={ref} type="text" inputMode="numeric" autocomplete="off" readOnly={props.disabled} defaultValue={value === undefined ? "" : String(value)} aria-describedby={id} aria-invalid={wrong.value ? true : undefined} onInput={() => set(false)} onBlur={() => set(true)} />
    </label>
  );
  return (
    <div role="group" aria-labelledby={props.labelledBy}>
      <div class="share">
        {field(w.partOf, part, props.value?.part)}
        <span class="of" aria-hidden="true">/</span>
        {field(w.whole, whole, props.value?.whole)}
        {props.value && props.value.whole > 0 && <output class="percent">{Math.floor((100 * props.value.part) / props.value.whole)}%</output>}
      </div>
      <Wrong id={id} text={wrong.value ?? (props.value?.whole === 0 ? w.wholeZero : null)} />
    </div>
  );
}

/** Text in as many lines as it needs; counts what was written where a least length is asked. */
export function TextField(props: { label: string; hideLabel?: boolean; value: string; placeholder?: string; minChars?: number; count?: (text: string) => number; disabled?: boolean; rows?: number; wanted?: boolean; onSet: (text: string) => Promise<void>; testId?: string }) {
  const w = words.value;
  const id = useId();
  const typing = useTyping<HTMLTextAreaElement>(props.value, props.onSet);
  const have = props.count ? props.count(props.value) : props.value.length;
  const need = props.minChars ?? 0;
  return (
    <div class="text">
      <label for={id} class={props.hideLabel ? "sr" : ""}>{props.label}</label>
      <textarea id={id} autocomplete="off" ref={typing.ref} {...typing.bind} data-testid={props.testId} rows={props.rows ?? 2} readOnly={props.disabled} placeholder={props.placeholder} defaultValue={props.value} aria-describedby={`${id}-more`} aria-invalid={typing.problem.value ? true : undefined} class={props.wanted ? "wanted" : ""} />
      <p id={`${id}-more`} class="under">
        {typing.problem.value ? <span class="wrong">{typing.problem.value}</span> : need > 0 && <span class={have < need ? "short" : "enough"}>{have >= need && <Icon name="check" />}{w.chars(have, need)}</span>}
      </p>
    </div>
  );
}

/** One line of text with its label above; Enter during composition belongs to the input method. */
export function LineField(props: { label: string; value: string; type?: "text" | "password" | "date"; name?: string; autocomplete?: string; onChange: (text: string) => void; onEnter?: () => void; wrong?: string | null; aside?: ComponentChildren; autofocus?: boolean; testId?: string; id?: string; inputMode?: "text" | "numeric" }) {
  const made = useId();
  // What lies over the app is drawn apart from it, where the same ids would be made again.
  const id = props.id ?? made;
  return (
    <div class="line">
      <label for={id}>{props.label}</label>
      <div class="with-aside">
        <input id={id} data-testid={props.testId} name={props.name} {...({ type: props.type ?? "text" } as { type: "text" })} inputMode={props.inputMode} value={props.value} autocomplete={(props.autocomplete ?? "off") as "off"} autocapitalize="off" autocorrect="off" spellcheck={false} autofocus={props.autofocus} aria-invalid={props.wrong ? true : undefined} aria-describedby={props.wrong ? `${id}-wrong` : undefined}
          onInput={(event) => props.onChange(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === "Enter" && !event.isComposing && event.keyCode !== 229 && props.onEnter) { event.preventDefault(); props.onEnter(); } }} />
        {props.aside}
      </div>
      {props.wrong && <p id={`${id}-wrong`} class="wrong" role="alert">{props.wrong}</p>}
    </div>
  );
}

/** A yes-or-no that is in force at once. */
export function Toggle(props: { label: string; on: boolean; hint?: string; disabled?: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <div class="toggle">
      <button type="button" role="switch" aria-checked={props.on} aria-describedby={props.hint ? id : undefined} disabled={props.disabled} class={props.on ? "on" : ""} onClick={() => props.onChange(!props.on)}>
        <span class="knob" aria-hidden="true" /><span>{props.label}</span>
      </button>
      {props.hint && props.on && <p id={id} class="under">{props.hint}</p>}
    </div>
  );
}

/** A bar with its numbers in words beside it; the bar itself is silent. */
export function Bar({ done, all, bad }: { done: number; all: number; bad?: boolean }) {
  return <div class={`progress${bad ? " bad" : ""}`} aria-hidden="true"><i style={{ width: `${all ? Math.round((100 * done) / all) : 0}%` }} /></div>;
}

/** A text that only a signal changes, so that a running clock redraws one text and nothing else. */
export function Live({ of }: { of: () => string }) {
  const text = useComputed(of);
  return <>{text}</>;
}

function Wrong({ id, text }: { id: string; text: string | null }) {
  return <p id={id} class={`under${text ? " wrong" : ""}`} role={text ? "alert" : undefined}>{text}</p>;
}

/** The longest label in em: a Chinese character is one wide, a Latin letter about six tenths. */
const widest = (options: Option[]): number => Math.max(...options.map(({ label }) => [...label].reduce((sum, one) => sum + (one > "\u2e80" ? 1 : 0.62), 0)));

const plainNumber = (text: string) => text.normalize("NFKC").trim().replace("。", ".");

function wrongNumber(text: string, shape: RegExp, min: string | null, max: string | null): string | null {
  const w = words.value;
  if (!shape.test(text)) return w.notNumber;
  const value = Number(text);
  return (min !== null && value < Number(min)) || (max !== null && value > Number(max)) ? w.between(min, max) : null;
}
