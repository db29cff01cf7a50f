/** Signing on glass; a typed name is always possible instead. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { padOn, type Pad } from "./pad";
import { words } from "./text";

/** A frame to sign in. `ready` gets a function that gives the canvas, or null while nothing is drawn. */
export function Ink({ label, ready }: { label: string; ready: (take: () => HTMLCanvasElement | null) => void }) {
  const w = words.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<Pad | null>(null);
  const drawn = useSignal(false);

  useEffect(() => {
    const made = (pad.current = padOn(canvas.current!, () => (drawn.value = true)));
    ready(() => (made.empty() ? null : canvas.current));
    return made.off;
  }, []);

  return (
    <div class="ink">
      <canvas ref={canvas} role="img" aria-label={label} />
      {!drawn.value && <span class="ink-hint" aria-hidden="true">{w.signHere}</span>}
      {drawn.value && <button type="button" class="quiet" onClick={() => { pad.current?.clear(); drawn.value = false; }}>{w.signClear}</button>}
    </div>
  );
}
