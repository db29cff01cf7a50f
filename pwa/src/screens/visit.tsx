/** The visit: one section on screen at a time, a strip of all of them, what was saved, and the way to what is missing. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { me } from "../data/session";
import { storageProblem } from "../data/db";
import { rest } from "../device/lifecycle";
import { Away, back, BackButton, complain, go, route } from "../ui/app";
import { Choices } from "../ui/controls";
import { Icon } from "../ui/icons";
import { clock } from "../ui/moments";
import { read, sentence, words } from "../ui/text";
import { ConflictNote } from "./conflict";
import { SectionBody, showItem } from "./section";
import { openProblem, useSheet, type SectionState, type Sheet } from "./sheet";
import { RunningTimers } from "./timer";

export function VisitScreen({ id, section: wanted }: { id: string; section: string | undefined }) {
  const sheet = useSheet(id);
  if (!sheet) return <Opening />;
  return <Open sheet={sheet} wanted={wanted} />;
}

export function Opening() {
  const w = words.value;
  const problem = openProblem.value;
  return (
    <div class="screen opening" data-testid="screen-opening">
      <header class="bar"><div class="top"><BackButton to="/today" /><h1 tabIndex={-1} ref={(title) => { if (problem) title?.focus(); }}>{w.readTitle}</h1></div></header>
      <main>{problem ? <><p class="notice bad" role="alert"><Icon name="warn" /><span>{sentence(problem)}</span></p><button type="button" class="primary wide" onClick={() => back()}>{w.back}</button></> : null}</main>
    </div>
  );
}

function Open({ sheet, wanted }: { sheet: Sheet; wanted: string | undefined }) {
  const w = words.value;
  const { visit } = sheet;
  const record = visit.record.peek();
  const ids = useComputed(() => sheet.sections.value.map((state) => state.section.id).join("\n")).value.split("\n");
  const place = record.place.section;
  const current = wanted && ids.includes(wanted) ? wanted : place && ids.includes(place) ? place : ids[0]!;
  const asked = route.value.query.get("item");
  // Whoever went on from there comes back to where they went.
  const jump = sheet.seen.has(current) ? null : asked;
  const fromFinish = route.value.query.has("finish");
  const heading = useRef<HTMLHeadingElement>(null);
  /** The cards come a moment after what stands around them. */
  const framed = useSignal(false);
  /** The item at which this section was left: the one in the middle of the screen, after a restart the last one that was answered. */
  const left = (section: string) => { const kept = visit.record.peek().place; return sheet.seen.has(section) ? sheet.seen.get(section)! : kept.section === section ? kept.item : null; };
  /** Asked in a tap, when everything is laid out; in the middle may be the gap between two cards. */
  const leave = () => {
    const cardAt = (y: number) => document.elementFromPoint(innerWidth / 2, y)?.closest("[id^=item-]");
    const card = scrollY > 0 && (cardAt(innerHeight / 2) ?? cardAt(innerHeight / 2 + 32));
    sheet.seen.set(current, card ? card.id.slice(5) : null);
  };

  useDrawn(() => {
    document.title = w.appName;
    if (jump) return;
    // A returned visit begins with the first fault, until somebody has begun to mend it.
    const { returned, saves, known } = record;
    const fault = wanted === undefined && saves === known.saves ? returned?.reasons.find((one) => one.item && sheet.visible.peek().has(one.item))?.item : null;
    if (fault) { toItem(fault); return; }
    heading.current?.focus({ preventScroll: true });
    if (!left(current)) scrollTo(0, 0);
  }, [current]);
  useLayoutEffect(() => void rest().then(() => (framed.value = true)), []);
  useLayoutEffect(() => {
    const back = left(current);
    if (framed.value && !jump && back) void showItem(back, false);
  }, [current, framed.value]);
  useEffect(() => {
    if (!framed.value) return;
    if (jump) void showItem(jump, true);
    // Coming back to the section that was left keeps its item.
    void visit.goTo(current, jump ?? left(current)).catch(() => undefined);
  }, [current, jump, framed.value]);

  const to = (section: string, item?: string) => {
    if (item) sheet.seen.delete(section);
    go(`/visit/${visit.id}/${encodeURIComponent(section)}${item ? `?item=${encodeURIComponent(item)}${fromFinish ? "&finish" : ""}` : ""}`, { replace: true });
  };
  const toItem = (item: string) => to(sheet.sectionOf(item), item);
  const nextMissing = () => {
    const missing = visit.score.peek().missing.map((one) => one.item);
    const here = Math.max(sheet.numberOf(asked ?? ""), 0);
    // After the one that was jumped to last, else the first of this section, else the first of all.
    const next = (asked && sheet.sectionOf(asked) === current && missing.find((item) => sheet.numberOf(item) > here)) || missing.find((item) => sheet.sectionOf(item) === current && item !== asked) || missing.find((item) => item !== asked) || missing[0];
    if (next) toItem(next);
  };
  const at = ids.indexOf(current);
  const last = at === ids.length - 1;

  return (
    <div class="screen visit" data-testid="screen-visit">
      <header class="bar" onClickCapture={leave}>
        <div class="top">
          <BackButton to="/today" />
          <h1 ref={heading} tabIndex={-1}>{record.outlet.name}</h1>
          <div class="right"><LiveScore sheet={sheet} /><Saved sheet={sheet} /></div>
          <Away />
        </div>
        <Strip sheet={sheet} current={current} onGo={(section) => to(section)} />
        <RunningTimers sheet={sheet} except={current} onGo={toItem} />
      </header>
      <main>
        <ConflictNote visit={visit} />
        <WhichPart sheet={sheet} />
        <Returned sheet={sheet} onGo={toItem} />
        {framed.value && <SectionBody key={current} sheet={sheet} id={current} at={jump ?? left(current)} />}
      </main>
      <footer class="foot" onClickCapture={leave}>
        <Left sheet={sheet} onGo={nextMissing} />
        {fromFinish || last
          ? <button type="button" class="primary next" data-testid="to-finish" onClick={() => go(`/visit/${visit.id}/finish`)}>{fromFinish ? w.backToFinish : w.toFinish}</button>
          : <button type="button" class="primary next" data-testid="next-section" onClick={() => to(ids[at + 1]!)}>{w.nextSection}</button>}
      </footer>
    </div>
  );
}

/** Whether this person may see scores while filling in: never on a covert visit, whatever the role. */
export const maySeeScore = (kind: string): boolean => kind !== "mystery" && me.value !== null && me.value.user.role !== "shopper" && me.value.permissions.includes("see_own_score");

function LiveScore({ sheet }: { sheet: Sheet }) {
  const kind = sheet.visit.record.peek().document.kind;
  const score = useComputed(() => sheet.visit.score.value.score).value;
  if (!maySeeScore(kind)) return null;
  return <span class="live-score"><span class="sr">{words.value.liveScore} </span>{score ?? "–"}</span>;
}

function Saved({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const at = sheet.visit.savedAt.value;
  const bad = storageProblem.value !== null;
  return (
    <span class={`saved${bad ? " bad" : ""}`} role="status" aria-live="polite" data-testid="saved">
      {bad ? <><Icon name="warn" />{w.notSaved}</> : at && <><Icon name="check" />{w.saved(clock(at, true))}</>}
    </span>
  );
}

/** What wants the layout of what was drawn. In the app's first drawing it comes a moment later, since a slow phone lays out its first text for long. */
function useDrawn(place: () => void, when: unknown[]): void {
  useLayoutEffect(() => {
    if (document.querySelector(".first-text")) void rest().then(place);
    else place();
  }, when);
}

function Strip({ sheet, current, onGo }: { sheet: Sheet; current: string; onGo: (section: string) => void }) {
  const w = words.value;
  const nav = useRef<HTMLElement>(null);
  useDrawn(() => {
    const chip = nav.current?.querySelector<HTMLElement>("[aria-current]");
    // Only the strip moves; scrollIntoView would move the page as well.
    if (chip && nav.current) nav.current.scrollLeft = chip.offsetLeft - (nav.current.clientWidth - chip.offsetWidth) / 2;
  }, [current]);
  return (
    <nav class="strip" ref={nav} aria-label={w.sections}>
      {sheet.sections.value.map((state) => <Chip key={state.section.id} state={state} here={state.section.id === current} onGo={() => onGo(state.section.id)} />)}
    </nav>
  );
}

function Chip({ state, here, onGo }: { state: SectionState; here: boolean; onGo: () => void }) {
  const w = words.value;
  const left = state.answers + state.photos + state.notes;
  const optional = state.all - state.done - state.answers;
  const look = here ? "on" : state.failed ? "bad" : left === 0 ? "done" : "";
  return (
    <button type="button" class="chip" aria-current={here ? "step" : undefined} data-testid={`section-${state.section.id}`} onClick={onGo}>
      <span class={look}>
        {left === 0 && !state.failed && <Icon name="check" />}
        {read(state.section.title)}
        {left > 0 && <b aria-hidden="true">{state.done}/{state.all}</b>}
        {state.failed > 0 && <em aria-hidden="true"><Icon name="cross" />{state.failed}</em>}
      </span>
      <span class="sr">{[left === 0 ? w.sectionDone : `${w.progress(state.done, state.all)}, ${w.left(state.answers, state.photos, state.notes)}`, optional > 0 && `${w.optional} ${optional}`, state.failed > 0 && w.sectionFailed(state.failed)].filter(Boolean).join(", ")}</span>
    </button>
  );
}

/** A patrol belongs to a part of the day; where the plan does not say which, the person does. */
function WhichPart({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const { kind, part } = useComputed(() => sheet.visit.record.value.document).value;
  if (kind !== "patrol" || (part && sheet.visit.record.peek().document.assignment_id)) return null;
  return (
    <section class="block">
      <h2 id="which-part">{w.whichPart}</h2>
      <Choices labelledBy="which-part" layout="row" value={part} disabled={!sheet.visit.editable.value} options={Object.entries(w.parts).map(([id, label]) => ({ id, label }))} onPick={(id) => sheet.visit.setPart(id).catch(complain)} />
    </section>
  );
}

/** The reviewer's words of a returned visit, each a way to its item. */
function Returned({ sheet, onGo }: { sheet: Sheet; onGo: (item: string) => void }) {
  const returned = useComputed(() => sheet.visit.record.value.returned).value;
  const open = useSignal(true);
  if (!returned || !open.value) return null;
  const w = words.value;
  return (
    <section class="notice quote-box" aria-label={w.returned}>
      <div class="notice-head"><strong>{w.returned}</strong><button type="button" class="icon-button" aria-label={w.close} onClick={() => (open.value = false)}><Icon name="cross" /></button></div>
      {returned.note && <p>{returned.note}</p>}
      <ul>{returned.reasons.map((reason, at) => {
        const item = reason.item ? sheet.visit.items.get(reason.item) : undefined;
        return <li key={at}>{item && sheet.sectionOf(item.id) ? <button type="button" class="link" onClick={() => onGo(item.id)}>{reason.text}<small>{read(item.text)}</small></button> : reason.text}</li>;
      })}</ul>
    </section>
  );
}

function Left({ sheet, onGo }: { sheet: Sheet; onGo: () => void }) {
  const w = words.value;
  const { answers, photos, notes } = useComputed(() => sheet.whole.value).value;
  if (answers + photos + notes === 0) return <p class="left-over all"><Icon name="check" />{w.allFilled}</p>;
  return <button type="button" class="left-over" data-testid="next-missing" onClick={onGo}><b>{w.left(answers, photos, notes)}</b><span>{w.jumpHint}</span></button>;
}
