/** The cards of one section, drawn as they are needed: what is on the screen first, the rest when the phone is idle. */
import { signal, useComputed, useSignal, type Signal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { settings } from "../data/sync";
import { laidOut } from "../device/lifecycle";
import { later } from "../ui/app";
import { read } from "../ui/text";
import { ItemCard } from "./item";
import type { Sheet } from "./sheet";

/** Only where the operator has a written ground for sound. */
const VoiceNotes = later(() => import("./beside").then((part) => part.VoiceNotes));

/** So many cards share the room that is kept for them until they are drawn. */
const GROUP = 5;
/** So many are drawn in one go behind the first screen; few enough that a slow phone does it between two frames of a finger. */
const MORE = 2;
/** The room of a card that is not drawn: what the style sheet gives one that is off the screen, and its margin. */
const CARD_PX = 202;
/** Asks the section to draw a card that somebody goes to. */
const CALL = "call-card";

/** Resolves when the first screen of the last section stands, or the section is gone. */
let stands: Promise<unknown> = Promise.resolve();

export function SectionBody({ sheet, id, at }: { sheet: Sheet; id: string; at: string | null }) {
  const section = sheet.visit.checklist.sections.find((one) => one.id === id);
  const box = useRef<HTMLDivElement>(null);
  const busy = useSignal(true);
  const groups = useMemo(() => groupsOf(section?.items.map((item) => item.id) ?? []), [id]);
  useLayoutEffect(() => {
    let on = true;
    const first = around(groups, sheet.visible.peek(), at);
    // One card in a task, its layout in another.
    stands = (async () => {
      for (const [group, many] of first) {
        for (group.near = many; on && group.drawn.peek() < many; group.drawn.value += 1) await laidOut();
      }
      await laidOut();
      busy.value = false;
    })();
    const called = ({ detail }: Event & { detail?: unknown }) => around(groups, sheet.visible.peek(), String(detail)).forEach((_, group) => (group.drawn.value = GROUP));
    box.current!.addEventListener(CALL, called);
    const from = Math.max(0, groups.findIndex((group) => first.has(group)));
    const waiting = [...groups.slice(from), ...groups.slice(0, from).reverse()];
    void stands.then(() => whenIdle(() => {
      const next = on && waiting.find((group) => group.drawn.peek() < GROUP);
      if (next) next.drawn.value += MORE;
      return Boolean(next);
    }));
    return () => { on = false; };
  }, []);
  return (
    <div class="cards" ref={box} aria-busy={busy.value}>
      <div class={settings.value.voice_notes ? "section-head" : undefined}><h2 class="section-title">{read(section?.title)}</h2>{settings.value.voice_notes && <VoiceNotes sheet={sheet} section={id} />}</div>
      {groups.map((group) => <Group key={group.items[0]} sheet={sheet} group={group} />)}
    </div>
  );
}

/** Cards that stand next to each other in the checklist, whether they are shown or not, so that none ever changes its group. */
interface CardGroup {
  items: readonly string[];
  /** How many of those that are shown are drawn, from the first one on; and how many of them because they stand on the first screen. */
  drawn: Signal<number>;
  near: number;
}

function groupsOf(items: readonly string[]): CardGroup[] {
  const groups: CardGroup[] = [];
  for (let from = 0; from < items.length; from += GROUP) groups.push({ items: items.slice(from, from + GROUP), drawn: signal(0), near: 0 });
  return groups;
}

/** The groups that hold the visible cards of a screen on which `item` stands in the middle, or of the first screen, and how many of each it takes. */
function around(groups: CardGroup[], visible: ReadonlySet<string>, item: string | null): Map<CardGroup, number> {
  const cards = groups.flatMap((group) => group.items.filter((id) => visible.has(id)).map((id, at) => ({ id, group, many: at + 1 })));
  const many = Math.ceil(innerHeight / CARD_PX);
  const from = Math.max(0, cards.findIndex(({ id }) => id === item) - (many >> 1));
  return new Map(cards.slice(from, from + many).map((card) => [card.group, card.many]));
}

function Group({ sheet, group }: { sheet: Sheet; group: CardGroup }) {
  const shown = useComputed(() => group.items.filter((id) => sheet.visible.value.has(id)).join("\n")).value;
  const ids = shown ? shown.split("\n") : [];
  const toCome = ids.length - group.drawn.value;
  return (
    <>
      {ids.slice(0, group.drawn.value).map((id, at) => <ItemCard key={id} sheet={sheet} id={id} near={at < group.near} />)}
      {toCome > 0 && <div class="to-come" style={{ height: `${toCome * CARD_PX}px` }} />}
    </>
  );
}

/** Runs `step` again and again while it gives true, with a rest between, so that a touch never waits for long. */
function whenIdle(step: () => boolean): void {
  // Old WebKit has no idle callbacks.
  const idle = (job: () => void) => (typeof requestIdleCallback === "function" ? requestIdleCallback(job, { timeout: 200 }) : job());
  const next = () => { if (step()) setTimeout(idle, 50, next); };
  idle(next);
}

/** Bring a card to the middle of the screen; `focus` puts the cursor on its question as well. */
export async function showItem(id: string, focus: boolean): Promise<void> {
  await stands;
  if (!document.getElementById(`item-${id}`)) {
    document.querySelector(".cards")?.dispatchEvent(new CustomEvent(CALL, { detail: id }));
    await new Promise(requestAnimationFrame);
  }
  const card = document.getElementById(`item-${id}`);
  if (!card) return;
  card.scrollIntoView({ block: card.offsetHeight > innerHeight / 2 ? "start" : "center" });
  if (focus) card.querySelector<HTMLElement>("h3")?.focus({ preventScroll: true });
}
