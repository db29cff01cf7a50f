/** Signing on glass. The pad itself is loaded when it is first needed; a typed name is always possible instead. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type SignaturePad from "signature_pad";
import { words } from "./text";

/** A frame to sign in. `ready` gets a function that gives the canvas, or null while nothing is drawn. */
export function Ink({ label, ready, onFail }: { label: string; ready: (take: () => HTMLCanvasElement | null) => void; onFail: () => void }) {
  const w = words.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad | null>(null);
  const drawn = useSignal(false);

  useEffect(() => {
    let gone = false;
    const fit = () => {
      const element = canvas.current!;
      const strokes = pad.current?.toData() ?? [];
      // Twice the screen's points at most: enough for print, and small in bytes.
      const scale = Math.min(2, devicePixelRatio || 1);
      element.width = element.clientWidth * scale;
      element.height = element.clientHeight * scale;
      element.getContext("2d")!.scale(scale, scale);
      pad.current?.fromData(strokes, { clear: true });
    };
    import("signature_pad").then(({ default: Pad }) => {
      if (gone) return;
      // Ink is dark on white in either theme, because it will be printed.
      pad.current = new Pad(canvas.current!, { penColor: "#16211f", backgroundColor: "#ffffff", minWidth: 0.8, maxWidth: 2.6 });
      pad.current.addEventListener("endStroke", () => (drawn.value = !pad.current!.isEmpty()));
      fit();
    }).catch(onFail);
    addEventListener("resize", fit);
    ready(() => (pad.current && !pad.current.isEmpty() ? canvas.current : null));
    return () => { gone = true; removeEventListener("resize", fit); pad.current?.off(); };
  }, []);

  return (
    <div class="ink">
      <canvas ref={canvas} role="img" aria-label={label} />
      {!drawn.value && <span class="ink-hint" aria-hidden="true">{w.signHere}</span>}
      {drawn.value && <button type="button" class="quiet" onClick={() => { pad.current?.clear(); drawn.value = false; }}>{w.signClear}</button>}
    </div>
  );
}
