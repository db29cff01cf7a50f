/** Before submitting: what is missing as ways to go, what failed, the summary, signatures where they are asked, and the one button. */
import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { network } from "../data/api";
import { me } from "../data/session";
import type { Signature, VisitNotes } from "../data/types";
import { fromCanvas } from "../device/camera";
import { once, type Found } from "../device/position";
import { complain, Dialog, go, later, say, Screen } from "../ui/app";
import { LineField, TextField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { Ink } from "../ui/ink";
import { clock } from "../ui/moments";
import { read, sentence, words } from "../ui/text";
import { ConflictNote } from "./conflict";
import { useSheet, type Sheet } from "./sheet";
import { connected } from "./truth";
import { maySeeScore, Opening } from "./visit";

/** Only announced visits agree on corrective actions. */
const Actions = later(() => import("./beside").then((part) => part.Actions));
const Discard = later(() => import("./beside").then((part) => part.Discard));
const Weak = later(() => import("./beside").then((part) => part.Weak));
const TypedName = later(() => import("./beside").then((part) => part.TypedName));

/** Visit kinds that are signed on glass; a covert visit asks for no signature. */
const SIGNED = ["announced", "area_visit", "onboarding"];

type Role = Signature["role"];
const ROLES: Role[] = ["inspector", "outlet"];
const signTitle = (role: Role): string => (role === "outlet" ? words.value.signOutlet : words.value.signInspector);

/** The phone's place within `ms`, even while the question for the permission stands open. */
const here = (ms: number): Promise<Found> => Promise.race([once({ timeoutMs: ms }), new Promise<Found>((late) => setTimeout(late, ms, { missing: "timeout" }))]);

/** So many missing items are listed at first. */
const HEAD = 6;

export function FinishScreen({ id }: { id: string }) {
  const sheet = useSheet(id);
  return sheet ? <Finish sheet={sheet} /> : <Opening />;
}

function Finish({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const { visit } = sheet;
  const { document: doc, outlet } = visit.record.peek();
  const list = useRef<HTMLElement>(null);
  const busy = useSignal(false);
  const signing = useSignal<Role | null>(null);
  const editable = visit.editable.value;
  const { signatures, position } = useComputed(() => visit.record.value.document).value;
  const signed = SIGNED.includes(doc.kind);
  const unsigned = signed ? ROLES.filter((role) => !signatures.some((one) => one.role === role)) : [];
  const wanting = sheet.missing.value.size + unsigned.length;

  const submit = async () => {
    if (wanting) {
      list.current?.focus();
      list.current?.scrollIntoView({ block: "start" });
      say(w.submitMissing(wanting), { bad: true });
      return;
    }
    busy.value = true;
    try {
      // A covert visit is mostly finished after leaving, perhaps at home: that place is nobody's business.
      if (!visit.record.peek().document.position.end) await visit.leave(signed ? await here(3000) : { missing: "off" });
      await visit.submit();
      say(network.value === "online" && connected.value ? w.submittedOnline : w.submittedOffline);
      go(`/read/${visit.id}`, { replace: true });
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };

  return (
    <Screen name="finish" title={w.finishTitle} up={`/visit/${visit.id}`} aside={<span class="under-title">{outlet.name}</span>}
      foot={editable && <button type="button" class="primary next wide" data-testid="submit" disabled={busy.value} onClick={() => void submit()}>{busy.value ? w.submitting : w.submit}</button>}>
      <ConflictNote visit={visit} />
      <section class="block" tabIndex={-1} ref={list} aria-labelledby="missing-title" data-testid="missing">
        <h2 id="missing-title">{wanting ? w.missingTitle(wanting) : <span class="good"><Icon name="check" />{w.missingNone}</span>}</h2>
        <MissingList sheet={sheet} />
        {unsigned.length > 0 && <ul class="jumps">{unsigned.map((role) => <li key={role}><button type="button" data-testid={`missing-${role}`} onClick={() => (signing.value = role)}><span>{signTitle(role)}</span><b class="warn">{w.signWanted}</b><Icon name="next" /></button></li>)}</ul>}
      </section>
      <Later sheet={sheet} />
      <Fails sheet={sheet} />
      <Weak sheet={sheet} />
      {maySeeScore(doc.kind) && <section class="block score-block"><h2>{w.score}</h2><p class="big-score">{visit.score.value.score ?? w.scoreNone}</p>{visit.score.value.grave.length > 0 && <p class="under warn-line"><Icon name="warn" />{w.graveNote}</p>}</section>}
      {visit.score.value.voided && <p class="notice bad"><Icon name="warn" /><span>{w.voidNote}</span></p>}
      {signed && <Actions sheet={sheet} />}
      {position.start && "missing" in position.start && position.start.missing === "denied" && <p class="notice">{w.noPlace}</p>}
      <Leaving sheet={sheet} />
      <Notes sheet={sheet} />
      {signed && <section class="block"><h2>{w.signaturesTitle}</h2>{ROLES.map((role) => <Signing key={role} sheet={sheet} role={role} onSign={() => (signing.value = role)} />)}</section>}
      {editable && <Discard sheet={sheet} />}
      {signing.value && <SignDialog sheet={sheet} role={signing.value} onClose={() => (signing.value = null)} />}
    </Screen>
  );
}

/** What is missing, one line for each item; a long list begins with its head, so that the rest of the page stays in reach. */
function MissingList({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const all = useSignal(false);
  const items = [...sheet.missing.value];
  if (!items.length) return null;
  const shown = all.value || items.length <= HEAD + 2 ? items : items.slice(0, HEAD);
  return (
    <>
      <ul class="jumps">{shown.map(([id, wants]) => <Jump key={id} sheet={sheet} id={id} why={[...wants].map((what) => w.missingWhat[what]).join(" · ")} tone="warn" />)}</ul>
      {shown.length < items.length && <button type="button" class="quiet" data-testid="missing-all" onClick={() => (all.value = true)}>{w.showAll(items.length - HEAD)}</button>}
    </>
  );
}

export function Jump({ sheet, id, why, tone }: { sheet: Sheet; id: string; why: string; tone: "warn" | "fail" | "na" }) {
  const item = sheet.visit.items.get(id);
  if (!item) return null;
  return (
    <li>
      <button type="button" onClick={() => { sheet.seen.delete(sheet.sectionOf(id)); go(`/visit/${sheet.visit.id}/${encodeURIComponent(sheet.sectionOf(id))}?item=${encodeURIComponent(id)}&finish`); }}>
        <span>{read(item.text)}</span><b class={tone}>{why}</b><Icon name="next" />
      </button>
    </li>
  );
}

function Later({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const ids = useComputed(() => sheet.visit.score.value.visible.filter((id) => sheet.answerOf(id).value?.pending)).value;
  if (!ids.length) return null;
  return <section class="block"><h2>{w.laterTitle}</h2><ul class="jumps">{ids.map((id) => <Jump key={id} sheet={sheet} id={id} why={w.laterOn} tone="na" />)}</ul></section>;
}

function Fails({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const ids = useComputed(() => sheet.visit.score.value.visible.filter((id) => sheet.failed.value.has(id))).value;
  return (
    <section class="block">
      <h2>{ids.length ? w.failsTitle(ids.length) : w.failsNone}</h2>
      {ids.length > 0 && <ul class="jumps">{ids.map((id) => <Jump key={id} sheet={sheet} id={id} why={sheet.visit.items.get(id)?.critical ? w.critical : w.fail} tone="fail" />)}</ul>}
    </section>
  );
}

/** When and where the inspector left: the limits of the report run from here. Some checklists have an item of their own for it. */
function Leaving({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const left = useComputed(() => sheet.visit.record.value.document.left_at).value;
  const busy = useSignal(false);
  const leave = async () => {
    busy.value = true;
    try {
      await sheet.visit.leave(await here(8000));
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };
  if (sheet.visit.checklist.leaving) return null;
  if (left) return <section class="block"><h2>{w.leftTitle}</h2><p class="good"><Icon name="check" />{w.leftAt(clock(left))}</p></section>;
  if (!sheet.visit.editable.value) return null;
  return <section class="block"><h2>{w.leftTitle}</h2><p class="under">{w.leftHint}</p><button type="button" class="outline wide" data-testid="leave" disabled={busy.value} onClick={() => void leave()}>{w.leftNow}</button></section>;
}

function Notes({ sheet }: { sheet: Sheet }) {
  const w = words.value;
  const notes = useComputed(() => sheet.visit.record.value.document.notes).value;
  const disabled = !sheet.visit.editable.value;
  const field = (key: keyof VisitNotes, label: string) => <TextField label={label} value={notes?.[key] ?? ""} disabled={disabled} testId={`notes-${key}`} onSet={(text) => sheet.visit.setNotes({ [key]: text })} />;
  return <section class="block fields"><h2>{w.notesTitle}</h2>{field("strengths", w.strengths)}{field("watch", w.watch)}{field("improve", w.improve)}{field("how", w.how)}</section>;
}

function Signing({ sheet, role, onSign }: { sheet: Sheet; role: Role; onSign: () => void }) {
  const w = words.value;
  const signed = useComputed(() => sheet.visit.record.value.document.signatures.find((one) => one.role === role)).value;
  const disabled = !sheet.visit.editable.value;
  return (
    <div class="signing">
      <div><b>{signTitle(role)}</b><p class={signed ? "under good" : "under"}>{signed ? signed.refused ? w.signRefusedSet(signed.refused) : <><Icon name="check" />{w.signed([signed.name, signed.title].filter(Boolean).join(" · "), clock(signed.at))}</> : w.signWanted}</p></div>
      {!disabled && <button type="button" class="outline" data-testid={`sign-${role}`} onClick={onSign}>{signed ? w.change : w.sign}</button>}
    </div>
  );
}

function SignDialog({ sheet, role, onClose }: { sheet: Sheet; role: Role; onClose: () => void }) {
  const w = words.value;
  const way = useSignal<"drawn" | "typed" | "refused">("drawn");
  const name = useSignal(role === "inspector" ? me.value?.user.name ?? "" : "");
  const title = useSignal("");
  const why = useSignal("");
  const wrong = useSignal<{ at: "name" | "why" | "ink"; text: string } | null>(null);
  const take = useRef<(() => HTMLCanvasElement | null) | null>(null);
  const turn = (to: typeof way.value) => { way.value = to; wrong.value = take.current = null; };
  const keep = async () => {
    const canvas = way.value === "refused" ? null : take.current?.() ?? null;
    if (way.value !== "refused" && !name.value.trim()) wrong.value = { at: "name", text: w.signNameNeeded };
    else if (way.value === "refused" && !why.value.trim()) wrong.value = { at: "why", text: w.signWhyNeeded };
    else if (way.value === "drawn" && !canvas) wrong.value = { at: "ink", text: w.signEmpty };
    else {
      try {
        const picture = canvas ? await fromCanvas(canvas, "image/png") : null;
        await sheet.visit.sign(role, name.value.trim(), picture, { ...(title.value.trim() && { title: title.value.trim() }), ...(way.value === "refused" && { refused: why.value.trim() }) });
        onClose();
      } catch (problem) {
        wrong.value = { at: "ink", text: sentence(problem) };
      }
    }
  };
  const at = (place: "name" | "why" | "ink") => (wrong.value?.at === place ? wrong.value.text : null);
  return (
    <Dialog title={signTitle(role)} name={`signing-${role}`} onClose={onClose}>
      <LineField label={w.signName} value={name.value} wrong={at("name")} onChange={(text) => (name.value = text)} testId="sign-name" />
      {role === "outlet" && <LineField label={w.signTitle} value={title.value} onChange={(text) => (title.value = text)} testId="sign-title" />}
      {way.value === "drawn" && <Ink label={w.signHere} ready={(taking) => (take.current = taking)} onFail={() => { turn("typed"); wrong.value = { at: "ink", text: w.signLost }; }} />}
      {way.value === "typed" && <TypedName name={name.value} ready={(taking) => (take.current = taking)} />}
      {way.value === "refused" && <LineField label={w.signRefusedWhy} value={why.value} wrong={at("why")} onChange={(text) => (why.value = text)} testId="sign-why" />}
      {at("ink") && <p class="wrong" role="alert">{at("ink")}</p>}
      <div class="buttons left">
        <button type="button" class="quiet" data-testid="sign-way" onClick={() => turn(way.value === "drawn" ? "typed" : "drawn")}>{way.value === "drawn" ? w.signTyped : w.signDrawn}</button>
        {role === "outlet" && way.value !== "refused" && <button type="button" class="quiet" onClick={() => turn("refused")}>{w.signRefused}</button>}
      </div>
      <div class="buttons">
        <button type="button" class="outline" onClick={onClose}>{w.cancel}</button>
        <button type="button" class="primary" data-testid="sign-keep" onClick={() => void keep()}>{way.value === "drawn" ? w.signKeep : w.save}</button>
      </div>
    </Dialog>
  );
}
