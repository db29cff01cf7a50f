/** Unsent visits handed to a colleague as one file, a colleague's file sent from here, and versions that lost a choice as such a file. */
import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { network } from "../data/api";
import type { PhoneProblem } from "../data/problem";
import { carry, pack, type CarriedVisit, type Packed } from "../data/rescue";
import { unsentVisits } from "../data/session";
import { visits } from "../data/visit";
import { pick } from "../device/camera";
import { complain, route, say, Screen } from "../ui/app";
import { Bar } from "../ui/controls";
import { Icon } from "../ui/icons";
import { size } from "../ui/moments";
import { sentence, words } from "../ui/text";
import { forSheet, keep, share } from "./hand_out";
import { recordWords } from "./record_words";
import { rescueWords } from "./rescue_words";
import { connected, sendNow } from "./truth";

export function RescueScreen() {
  const r = rescueWords.value;
  const [, what, id] = route.value.path;
  if (what === "kept") return <Screen name="rescue" title={recordWords.value.exportTitle} up={`/read/${id}`}><Export key="kept" id={id ?? ""} /></Screen>;
  const carrying = what === "carry";
  return <Screen name="rescue" title={carrying ? r.carryTitle : r.packTitle} up="/outbox">{carrying ? <Carry key="carry" /> : <Pack key="pack" />}</Screen>;
}

/** The file as it is being made: `start` makes it. */
function usePacking(kept?: string) {
  const packed = useSignal<Packed | null>(null);
  const going = useSignal<{ done: number; all: number } | null>(null);
  const wrong = useSignal("");
  const start = async () => {
    going.value = { done: 0, all: 0 };
    packed.value = null;
    wrong.value = "";
    try {
      packed.value = await pack((done, all) => { going.value = { done, all }; }, kept);
    } catch (problem) {
      wrong.value = told(problem);
    } finally {
      going.value = null;
    }
  };
  return { packed, going, wrong, start };
}

function Pack() {
  const r = rescueWords.value;
  const w = words.value;
  const { packed, going, wrong, start } = usePacking();
  const open = unsentVisits();
  if (open.length === 0 && !packed.value) return <div class="empty"><Icon name="check" /><p><b>{r.nothing}</b></p><p>{r.nothingHint}</p></div>;
  return (
    <>
      <p class="under lead">{r.packLead}</p>
      {open.length > 0 && (
        <ul class="block carried">
          {open.map((record) => (
            <li key={record.id} data-testid={`packs-${record.id}`}><b>{record.outlet.name}</b><span class="meta">{[w.kinds[record.document.kind], w.states[record.state], packed.value?.signs.has(record.id) && r.id(packed.value.signs.get(record.id)!)].filter(Boolean).join(" · ")}</span></li>
          ))}
        </ul>
      )}
      <Making going={going.value} packed={packed.value} hint={r.keepHint} />
      <Wrong text={wrong.value} />
      {open.length > 0 && <button type="button" class={packed.value ? "quiet wide" : "primary wide"} data-testid="pack" disabled={going.value !== null} onClick={() => void start()}>{packed.value ? r.again : r.packNow(open.length)}</button>}
    </>
  );
}

/** Of a visit that was delivered or not: what was not chosen goes to who can open it. */
function Export({ id }: { id: string }) {
  const r = rescueWords.value, k = recordWords.value;
  const { packed, going, wrong, start } = usePacking(id);
  const record = visits.value.get(id);
  if (!record?.kept.length) return <div class="empty"><p><b>{k.gone}</b></p></div>;
  return (
    <>
      <p class="under lead">{k.exportLead}</p>
      <ul class="block carried"><li><b>{record.outlet.name}</b><span class="meta">{[words.value.kinds[record.document.kind], k.keptCount(record.kept.length)].join(" · ")}</span></li></ul>
      <Making going={going.value} packed={packed.value} hint={k.exportHint} />
      <Wrong text={wrong.value} />
      <button type="button" class={packed.value ? "quiet wide" : "primary wide"} data-testid="pack" disabled={going.value !== null} onClick={() => void start()}>{packed.value ? r.again : k.exportNow}</button>
    </>
  );
}

function Making({ going, packed, hint }: { going: { done: number; all: number } | null; packed: Packed | null; hint: string }) {
  return (
    <div role="status">
      {going && <div class="block"><p>{rescueWords.value.packing(going.done, going.all)}</p><Bar {...going} /></div>}
      {packed && <Ready packed={packed} hint={hint} />}
    </div>
  );
}

/** The share sheet opens in a tap alone, so the file is made first and handed out then. */
function Ready({ packed: { parts, visits, files, lost }, hint }: { packed: Packed; hint: string }) {
  const r = rescueWords.value;
  const bytes = parts.reduce((sum, { blob }) => sum + blob.size, 0);
  return (
    <section class="block" data-testid="packed">
      <h2 class="good"><Icon name="check" />{r.packed(visits.length, files, size(bytes))}</h2>
      {lost > 0 && <p class="warn-line"><Icon name="warn" />{r.lost(lost)}</p>}
      {parts.length > 1 && <p class="warn-line"><Icon name="warn" />{r.parts(parts.length)}</p>}
      {parts.map(({ name, blob }, index) => {
        const file = forSheet(name, blob, true);
        const which = parts.length > 1 ? r.part(index + 1, parts.length, size(blob.size)) : undefined;
        const after = index > 0 ? `-${index + 1}` : "";
        return (
          <Fragment key={name}>
            {which && <p class="under" id={name}><b>{which}</b></p>}
            {file && <button type="button" class="primary wide" aria-describedby={which && name} data-testid={`share-packed${after}`} onClick={() => void share(file).catch(complain)}>{r.share}</button>}
            <button type="button" class={file ? "outline wide" : "primary wide"} aria-describedby={which && name} data-testid={`keep-packed${after}`} onClick={() => { keep(name, blob); say(r.kept(name)); }}>{r.keep}</button>
          </Fragment>
        );
      })}
      <p class="under">{hint}</p>
    </section>
  );
}

function Carry() {
  const r = rescueWords.value;
  const going = useSignal<File | null>(null);
  const found = useSignal<CarriedVisit[] | null>(null);
  const wrong = useSignal("");
  const choose = async () => {
    const [file] = await pick("files");
    if (!file) return;
    going.value = file;
    found.value = null;
    wrong.value = "";
    try {
      await sendNow(async () => { found.value = await carry(file); });
    } catch (problem) {
      wrong.value = told(problem);
    } finally {
      going.value = null;
    }
  };
  const offline = network.value === "offline" || !connected.value;
  return (
    <>
      <p class="under lead">{r.carryLead}</p>
      {offline && !wrong.value && <p class="net warn" role="status"><span class="dot" aria-hidden="true" /><span>{r.offline}</span></p>}
      <div role="status">
        {going.value && <p class="net busy"><span class="dot pulse" aria-hidden="true" /><span>{r.carrying(size(going.value.size))}</span></p>}
        {found.value && <Told visits={found.value} />}
      </div>
      <Wrong text={wrong.value} />
      <button type="button" class={found.value ? "outline wide" : "primary wide"} data-testid="choose-carried" disabled={going.value !== null} onClick={() => void choose().catch(complain)}>{r.choose}</button>
    </>
  );
}

function Told({ visits }: { visits: CarriedVisit[] }) {
  const r = rescueWords.value;
  return (
    <section class="block" data-testid="carried">
      <h2>{r.done(visits.length)}</h2>
      <ul class="carried">
        {visits.map(({ visit, outcome, receipt, files_missing: missing }) => {
          const good = outcome === "whole" || outcome === "draft";
          return (
            <li key={visit} data-testid={`carried-${visit}`} data-outcome={outcome}>
              <b class={good ? "good" : "warn-line"}><Icon name={good ? "check" : "warn"} />{r.outcomes[outcome]}</b>
              <span class="meta">{[r.id(visit), receipt && r.receipt(receipt)].filter(Boolean).join(" · ")}</span>
              {(r.hints[outcome] || missing > 0) && <span class="meta">{r.hints[outcome]}{missing > 0 && r.missing(missing)}</span>}
            </li>
          );
        })}
      </ul>
      <p class="under">{r.tell}</p>
    </section>
  );
}

function Wrong({ text }: { text: string }) {
  return <div role="alert">{text && <p class="net bad" data-testid="rescue-wrong"><Icon name="warn" /><span>{text}</span></p>}</div>;
}

/** What went wrong in words: this screen's own, else the server's or the app's. */
function told(problem: unknown): string {
  const one = problem as PhoneProblem;
  const name = problem instanceof DOMException && problem.name === "NotReadableError" ? "unreadable" : one.code;
  return rescueWords.value.problems[name] ?? sentence(one);
}
