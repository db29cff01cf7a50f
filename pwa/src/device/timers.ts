/** The beat for running timers on the screen; durations themselves come from stored instants. */
import { signal, type ReadonlySignal } from "@preact/signals";

const count = signal(0);
let listeners = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Counts up about once a second while somebody `listen`s and the page is visible. */
export const beat: ReadonlySignal<number> = count;

/** Begin to need the beat; call what it gives back to end. */
export function listen(): () => void {
  listeners += 1;
  if (listeners === 1) {
    document.addEventListener("visibilitychange", tick);
    tick();
  }
  let on = true;
  return () => {
    if (!on) return;
    on = false;
    listeners -= 1;
    if (listeners > 0) return;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", tick);
  };
}

function tick(): void {
  clearTimeout(timer);
  if (document.visibilityState === "hidden") return;
  count.value += 1;
  // On the whole second, so that several timers change together and the beat does not drift.
  timer = setTimeout(tick, 1000 - (Date.now() % 1000));
}
