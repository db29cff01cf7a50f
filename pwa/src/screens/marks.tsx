/** Drawing on a stored photo: arrows and circles by finger, by tap or by keys, over the picture itself; kept as one new picture in its place. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { OpenVisit } from "../data/visit";
import type { PhotoRecord } from "../data/types";
import { fromCanvas } from "../device/camera";
import { Dialog } from "../ui/app";
import { veiled } from "../ui/discreet";
import { Icon } from "../ui/icons";
import { sentence, words } from "../ui/text";
import { drawn, EDGE, lineOf, moved, pathOf, placed, pointOn, sized, turned, type Mark, type Point, type Shape, type Size } from "./mark_shapes";
import { useObjectUrl } from "./photos";
import { own } from "./shot_words";

/** One red with a white edge: one of both is seen on any picture, in either light. */
const COLOUR = "#e3001b";
const STEP = 0.02;
const MOVES: Record<string, [number, number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

export function Marks({ visit, photo, blob, onClose }: { visit: OpenVisit; photo: PhotoRecord; blob: Blob; onClose: (key: string) => void }) {
  const w = words.value, o = own.value;
  const url = useObjectUrl(blob, photo.sha256);
  const image = useRef<HTMLImageElement>(null);
  const surface = useRef<SVGSVGElement>(null);
  const size = useSignal<Size | null>(null);
  const shape = useSignal<Shape>("arrow");
  const marks = useSignal<readonly Mark[]>([]);
  const way = useSignal<{ pointer: number; from: Point; to: Point } | null>(null);
  const saving = useSignal(false);
  const sure = useSignal(false);
  const wrong = useSignal<string | null>(null);
  const last = marks.value.at(-1);

  const add = (mark: Mark) => { marks.value = [...marks.value, mark]; sure.value = false; };
  const change = (next: (mark: Mark, size: Size) => Mark) => { if (last && size.value) marks.value = [...marks.value.slice(0, -1), next(last, size.value)]; };
  const middle = () => { if (size.value) add(placed(shape.value, { x: size.value.width / 2, y: size.value.height / 2 }, size.value)); };
  const at = (event: PointerEvent): Point => pointOn({ x: event.clientX, y: event.clientY }, surface.current!.getBoundingClientRect(), size.value!);

  const down = (event: PointerEvent) => {
    // Two fingers mean something else; the one that came first draws no more.
    if (!event.isPrimary) { way.value = null; return; }
    if (!size.value || way.value || saving.value || event.button !== 0) return;
    surface.current!.setPointerCapture(event.pointerId);
    way.value = { pointer: event.pointerId, from: at(event), to: at(event) };
  };
  const move = (event: PointerEvent) => { if (way.value?.pointer === event.pointerId) way.value = { ...way.value, to: at(event) }; };
  const up = (event: PointerEvent) => {
    if (way.value?.pointer !== event.pointerId || !size.value) return;
    const { from } = way.value;
    way.value = null;
    if (event.type === "pointerup") add(drawn(shape.value, from, at(event), size.value));
  };
  useSignalEffect(() => { if (veiled.value) way.value = null; });
  const key = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (by) change((mark, full) => moved(mark, by[0], by[1], full));
    else if (event.key === "+" || event.key === "=") change((mark, full) => sized(mark, 1.25, full));
    else if (event.key === "-") change((mark, full) => sized(mark, 0.8, full));
    else if (event.key === "r" || event.key === "R") change(turned);
    else if (event.key === "Enter" || event.key === " ") middle();
    else if (event.key === "Backspace" || event.key === "Delete") marks.value = marks.value.slice(0, -1);
    else return;
    event.preventDefault();
  };

  const keep = async () => {
    if (!size.value || !image.current || saving.value) return;
    saving.value = true;
    wrong.value = null;
    try {
      const picture = await fromCanvas(painted(image.current, size.value, marks.value), "image/jpeg");
      const { key: made } = await visit.replacePhoto(photo.key, picture);
      onClose(made);
    } catch (problem) {
      // The picture stays as it was, and so do the marks on the screen.
      saving.value = false;
      wrong.value = sentence(problem);
    }
  };
  const leave = () => {
    if (saving.value) return;
    if (marks.value.length && !sure.value) sure.value = true;
    else onClose(photo.key);
  };

  const shown = way.value && size.value ? [...marks.value, drawn(shape.value, way.value.from, way.value.to, size.value)] : marks.value;
  const tool = (one: Shape, label: string) => <button type="button" class={shape.value === one ? "on" : ""} aria-pressed={shape.value === one} onClick={() => (shape.value = one)}>{label}</button>;
  return (
    <Dialog title={o.mark} name="marks" onClose={leave}>
      <div class="tools" role="group" aria-label={o.mark}>
        {tool("arrow", o.arrow)}{tool("circle", o.circle)}
        <button type="button" disabled={!marks.value.length} onClick={() => (marks.value = marks.value.slice(0, -1))}>{o.undo}</button>
      </div>
      <div class="drawing" data-testid="drawing" tabIndex={0} role="application" aria-label={o.surfaceWith(o.marked(marks.value.length))} aria-describedby="marks-how" onKeyDown={key}>
        <img ref={image} src={url ?? undefined} alt={photo.caption} draggable={false} onLoad={() => { const { naturalWidth: width, naturalHeight: height } = image.current!; size.value = { width, height }; }} />
        {size.value && (
          <svg ref={surface} viewBox={`0 0 ${size.value.width} ${size.value.height}`} aria-hidden="true" onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}>
            {shown.map((mark, n) => { const d = pathOf(mark, size.value!), line = lineOf(size.value!); return <g key={n}><path d={d} stroke="#fff" stroke-width={line * EDGE} /><path d={d} stroke={COLOUR} stroke-width={line} /></g>; })}
          </svg>
        )}
      </div>
      <p class="sr" role="status">{saving.value ? o.saving : o.marked(marks.value.length)}</p>
      <div class="tools" role="group" aria-label={o.surface}>
        {last ? (
          <>
            <button type="button" aria-label={o.smaller} onClick={() => change((mark, full) => sized(mark, 0.8, full))}><Icon name="minus" /></button>
            <button type="button" aria-label={o.bigger} onClick={() => change((mark, full) => sized(mark, 1.25, full))}><Icon name="plus" /></button>
            {last.shape === "arrow" && <button type="button" onClick={() => change(turned)}>{o.turn}</button>}
          </>
        ) : <button type="button" onClick={middle}>{o.place}</button>}
      </div>
      <p id="marks-how" class="under">{wrong.value ? <span class="wrong" role="alert">{wrong.value}</span> : o.how}</p>
      <div class="buttons">
        <button type="button" class={sure.value ? "danger" : "outline"} onClick={leave}>{sure.value ? o.sure : w.cancel}</button>
        <button type="button" class="primary" disabled={!marks.value.length || saving.value} onClick={() => void keep()}>{o.keep}</button>
      </div>
    </Dialog>
  );
}

/** The picture in all its pixels with the marks on it; encoded once, from here. */
function painted(image: HTMLImageElement, { width, height }: Size, marks: readonly Mark[]): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.drawImage(image, 0, 0, width, height);
  context.lineCap = context.lineJoin = "round";
  for (const mark of marks) {
    const path = new Path2D(pathOf(mark, { width, height }));
    for (const [colour, wide] of [["#fff", EDGE], [COLOUR, 1]] as const) {
      context.strokeStyle = colour;
      context.lineWidth = lineOf({ width, height }) * wide;
      context.stroke(path);
    }
  }
  return canvas;
}
