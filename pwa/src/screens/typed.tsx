/** A signature by typed name, for whoever cannot draw: the name as a picture for the report, marked as typed. */
import { useEffect, useRef } from "preact/hooks";
import { more } from "./more";

const [WIDTH, HEIGHT] = [800, 260];

/** Shows the picture as it will be kept; `ready` gets a function that gives its canvas, or null without a name. */
export function TypedName({ name, ready }: { name: string; ready: (take: () => HTMLCanvasElement | null) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const text = name.trim();
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const { fontFamily } = getComputedStyle(document.body);
    // Dark on white in either theme, because it will be printed.
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, WIDTH, HEIGHT);
    context.fillStyle = "#16211f";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `120px ${fontFamily}`;
    context.font = `${Math.floor(Math.min(120, (120 * (WIDTH - 60)) / Math.max(1, context.measureText(text).width)))}px ${fontFamily}`;
    context.fillText(text, WIDTH / 2, HEIGHT / 2 - 16);
    context.font = `28px ${fontFamily}`;
    context.fillStyle = "#51605d";
    context.fillText(more.value.typedMark, WIDTH / 2, HEIGHT - 34);
    ready(() => (text ? canvas.current : null));
  }, [text, more.value.typedMark]);
  return <div class="ink typed"><canvas ref={canvas} width={WIDTH} height={HEIGHT} role="img" aria-label={`${text} · ${more.value.typedMark}`} /></div>;
}
