/** The cards of one section, drawn as they are needed: what is on the screen first, the rest when the phone is idle. */
import { signal, useComputed, type Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { unseen } from "../data/awaited";
import { settings } from "../data/sync";
import { later } from "../ui/app";
import { read } from "../ui/text";
import { ItemCard } from "./item";
import type { Sheet } from "./sheet";

/** Only where the operator has a written ground for sound; an aid to memory, whose absence interrupts nobody. */
const VoiceNotes = later(() => import("./voice").then((part) => part.VoiceNotes), () => undefined);
const CutOff = later(() => import("./beside").then((part) => part.CutOff));

/** So many cards are drawn in one go; few enough that a slow phone does it between two frames of a finger. */
const GROUP = 4;
/** The room of a card that is not drawn: what the style sheet gives one that is off the screen, and its margin. */
const CARD_PX = 202;
/** The room of what stands above and below the cards. */
const BARS_PX = 180;
/** Asks the section to draw a card that somebody goes to. */
const CALL = "call-card";

export function SectionBody({ sheet, id, at }: { sheet: Sheet; id: string; at: string | null }) {
  const section = sheet.visit.checklist.sections.find((one) => one.id === id);
  const box = useRef<HTMLDivElement>(null);
  const groups = useMemo(() => groupsOf(section?.items.map((item) => item.id) ?? []), [id]);
  const draw = (item: string | null) => around(groups, sheet.visible.peek(), item).forEach((group) => (group.drawn.value = true));
  useMemo(() => draw(at), [id]);
  useEffect(() => {
    const called = ({ detail }: Event & { detail?: unknown }) => draw(String(detail));
    box.current!.addEventListener(CALL, called);
    const from = groups.findIndex((group) => group.drawn.peek());
    const waiting = [...groups.slice(from), ...groups.slice(0, from).reverse()];
    return whenIdle(() => {
      const next = waiting.find((group) => !group.drawn.peek());
      if (next) next.drawn.value = true;
      return next !== undefined;
    });
  }, []);
  return (
    <div class="cards" ref={box}>
      <div class={settings.value.voice_notes ? "section-head" : undefined}><h2 class="section-title">{read(section?.title)}</h2>{settings.value.voice_notes && <VoiceNotes sheet={sheet} section={id} />}</div>
      <Unseen sheet={sheet} />
      {groups.map((group) => <Group key={group.items[0]} sheet={sheet} group={group} />)}
    </div>
  );
}

/** What a kill cut off at items that are not asked any more. */
function Unseen({ sheet }: { sheet: Sheet }) {
  return <>{unseen(sheet.visit.id, sheet.visible.value).map((spot) => <CutOff key={spot.item} spot={spot} />)}</>;
}

/** Cards that stand next to each other in the checklist, whether they are shown or not, so that none ever changes its group. */
interface CardGroup {
  items: readonly string[];
  drawn: Signal<boolean>;
}

function groupsOf(items: readonly string[]): CardGroup[] {
  const groups: CardGroup[] = [];
  for (let from = 0; from < items.length; from += GROUP) groups.push({ items: items.slice(from, from + GROUP), drawn: signal(false) });
  return groups;
}

/** The groups that hold the visible cards of a screen on which `item` stands in the middle, or of the first screen. */
function around(groups: CardGroup[], visible: ReadonlySet<string>, item: string | null): Set<CardGroup> {
  const cards = groups.flatMap((group) => group.items.filter((id) => visible.has(id)).map((id) => ({ id, group })));
  const many = Math.ceil((innerHeight - BARS_PX) / CARD_PX);
  const from = Math.max(0, cards.findIndex(({ id }) => id === item) - (many >> 1));
  return new Set(cards.slice(from, from + many).map(({ group }) => group));
}

function Group({ sheet, group }: { sheet: Sheet; group: CardGroup }) {
  const shown = useComputed(() => group.items.filter((id) => sheet.visible.value.has(id)).join("\n")).value;
  const ids = shown ? shown.split("\n") : [];
  if (group.drawn.value) return <>{ids.map((id) => <ItemCard key={id} sheet={sheet} id={id} />)}</>;
  return <div class="to-come" style={{ height: `${ids.length * CARD_PX}px` }} />;
}

/** Runs `step` again and again while it gives true, with a rest between, so that a touch never waits for long; the function that comes back ends it. */
function whenIdle(step: () => boolean): () => void {
  let on = true;
  // Old WebKit has no idle callbacks.
  const idle = (job: () => void) => (typeof requestIdleCallback === "function" ? requestIdleCallback(job, { timeout: 200 }) : job());
  const next = () => { if (on && step()) setTimeout(idle, 100, next); };
  idle(next);
  return () => { on = false; };
}

/** Bring a card to the middle of the screen; `focus` puts the cursor on its question as well. */
export async function showItem(id: string, focus: boolean): Promise<void> {
  if (!document.getElementById(`item-${id}`)) {
    document.querySelector(".cards")?.dispatchEvent(new CustomEvent(CALL, { detail: id }));
    await new Promise(requestAnimationFrame);
  }
  const card = document.getElementById(`item-${id}`);
  if (!card) return;
  card.scrollIntoView({ block: card.offsetHeight > innerHeight / 2 ? "start" : "center" });
  if (focus) card.querySelector<HTMLElement>("h3")?.focus({ preventScroll: true });
}
