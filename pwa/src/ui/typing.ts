/** Typing that is stored as it is typed: never half-composed Chinese, never two writes at once, the last text always wins. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sentence } from "./text";

type Field = HTMLInputElement | HTMLTextAreaElement;

export interface Typing<F extends Field> {
  ref: { current: F | null };
  /** Why the last text was not stored, in words; null while all is well. */
  problem: Signal<string | null>;
  bind: {
    onInput: (event: InputEvent) => void;
    onCompositionStart: () => void;
    onCompositionEnd: () => void;
    onBlur: () => void;
    onKeyDown: (event: KeyboardEvent) => void;
  };
}

/**
 * Connects a field to its store. `check` gives a sentence for a text that cannot be stored yet; it is shown when the field is
 * left. There is no pause between key and disk: while one write runs, only the newest text waits behind it.
 */
export function useTyping<F extends Field>(stored: string, save: (text: string) => Promise<void>, check?: (text: string) => string | null): Typing<F> {
  const ref = useRef<F | null>(null);
  const problem = useSignal<string | null>(null);
  const state = useRef({ composing: false, writing: false, next: null as string | null, last: stored, save, check }).current;
  state.save = save;
  state.check = check;

  useEffect(() => {
    const field = ref.current;
    if (!field || state.writing || document.activeElement === field) return;
    state.last = stored;
    if (field.value !== stored) field.value = stored;
  }, [stored]);

  const push = async (text: string, leaving: boolean) => {
    const wrong = state.check?.(text) ?? null;
    problem.value = leaving || !wrong ? wrong : problem.peek();
    if (wrong || text === (state.next ?? state.last)) return;
    state.next = text;
    if (state.writing) return;
    state.writing = true;
    try {
      while (state.next !== null) {
        const now: string = state.next;
        await state.save(now);
        state.last = now;
        if (state.next === now) state.next = null;
      }
      problem.value = null;
    } catch (failure) {
      state.next = null;
      problem.value = sentence(failure);
    } finally {
      state.writing = false;
    }
  };
  const take = (leaving = false) => {
    if (!state.composing && ref.current) void push(ref.current.value, leaving);
  };

  return {
    ref, problem,
    bind: {
      onInput: (event) => { if (!event.isComposing) take(); },
      onCompositionStart: () => { state.composing = true; },
      onCompositionEnd: () => { state.composing = false; take(); },
      onBlur: () => { state.composing = false; take(true); },
      onKeyDown: (event) => { if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation(); },
    },
  };
}
