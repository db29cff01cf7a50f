/** The outbox: each visit and each of its photos, what state it is in, why it was not sent, and what can be done. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { withSignatures } from "../data/document";
import { carrier, originals, readWifiOnly, setWifiOnly, wifiOnly } from "../data/originals";
import { entries, retry, summary } from "../data/outbox";
import { inspects, me, unsentVisits } from "../data/session";
import { checklists } from "../data/sync";
import type { ShownEntry } from "../data/types";
import { visits } from "../data/visit";
import { complain, go, Screen } from "../ui/app";
import { Bar, Toggle } from "../ui/controls";
import { Icon } from "../ui/icons";
import { clock, nearInstant, size } from "../ui/moments";
import { sentence, words } from "../ui/text";
import { action } from "./action_words";
import { Answers } from "./answers";
import { FileLines } from "./file_lines";
import { KeptList } from "./kept";
import { more } from "./more";
import { Replies } from "./replies";
import { sendNow, Truth } from "./truth";

export function OutboxScreen() {
  const w = words.value;
  const all = entries.value.filter((entry) => visits.value.has(entry.visit) && (entry.kind !== "draft" || entry.state !== "sent"));
  const open = all.filter((entry) => entry.state !== "sent" && (entry.kind !== "draft" || entry.state === "refused" || entry.state === "conflict"));
  const copies = all.filter((entry) => entry.kind === "draft" && (entry.state === "waiting" || entry.state === "sending"));
  const sent = all.filter((entry) => entry.state === "sent").slice(0, 20);
  const { answers, unread } = summary.value;
  return (
    <Screen name="outbox" title={w.outboxTitle} tabs bar={<Truth full />}>
      {open.length + copies.length + answers + unread === 0 && <div class="empty"><Icon name="check" /><p><b>{w.outboxEmpty}</b></p><p>{inspects() ? w.outboxEmptyHint : action.value.outboxHint}</p></div>}
      {open.length + answers > 0 && <button type="button" class="primary wide" data-testid="send-all" onClick={() => void sendNow()}>{w.sendNow}</button>}
      <Answers />
      <Replies />
      <Originals />
      {open.length > 0 && <section aria-label={w.stillWaiting}>{open.map((entry) => <Entry key={entry.visit} entry={entry} />)}</section>}
      <Rescue />
      {copies.length > 0 && <section><h2 class="over">{w.draftMirror}</h2><p class="under pad">{w.draftMirrorHint}</p>{copies.map((entry) => <Entry key={entry.visit} entry={entry} />)}</section>}
      <KeptList />
      {sent.length > 0 && <section><h2 class="over">{w.recentlySent}</h2>{sent.map((entry) => <Entry key={entry.visit} entry={entry} />)}</section>}
    </Screen>
  );
}

/** Another way where this phone cannot send: packed for a colleague; and the same for a colleague. */
function Rescue() {
  const m = more.value;
  const own = unsentVisits().length > 0;
  const carries = me.value?.permissions.includes("carry");
  if (!own && !carries) return null;
  return <div class="buttons left rescues">{own && <button type="button" class="outline" data-testid="rescue-pack" onClick={() => go("/rescue")}>{m.rescuePack}</button>}{carries && <button type="button" class="quiet" data-testid="rescue-carry" onClick={() => go("/rescue/carry")}>{m.rescueCarry}</button>}</div>;
}

/** Whether the large ones wait for Wi-Fi, with what they come to; shown where there are any, or where it is switched on. */
function Originals() {
  const w = words.value;
  useEffect(() => { readWifiOnly().catch(complain); }, []);
  let bytes = 0;
  for (const { document, known } of visits.value.values()) {
    for (const [hash, length] of originals(document, checklists.value.get(`${document.checklist.id}@${document.checklist.version}`))) if (!known.arrived.includes(hash)) bytes += length;
  }
  if (bytes === 0 && !wifiOnly.value) return null;
  return <section class="block" data-testid="originals"><Toggle label={w.wifiOnly(size(bytes))} on={wifiOnly.value} hint={carrier() === null ? w.wifiUnknown : undefined} onChange={(on) => void setWifiOnly(on).then(() => (on ? undefined : sendNow())).catch(complain)} /></section>;
}

function Entry({ entry }: { entry: ShownEntry }) {
  const w = words.value;
  const record = visits.value.get(entry.visit)!;
  const busy = useSignal(false);
  const percent = entry.bytes.all ? Math.floor((100 * entry.bytes.done) / entry.bytes.all) : 0;
  const bad = entry.state === "refused" || entry.state === "conflict";
  const act = async (work: () => Promise<void>) => {
    busy.value = true;
    try {
      await work();
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };
  const receipt = record.known.receipt;
  return (
    <article class={`card entry ${entry.state}`} data-testid={`outbox-${entry.visit}`} data-state={entry.state}>
      <div class="row"><h2 class="name">{record.outlet.name}</h2><span class={`tag ${bad ? "bad" : entry.state === "sent" ? "" : "q"}`}>{entry.state === "sending" ? w.sendingPercent(percent) : w.outboxStates[entry.state]}</span></div>
      <p class="meta">{[w.kinds[record.document.kind], entry.state === "sent" && w.states[record.state], entry.photos.all > 0 && w.photosOf(entry.photos.done, entry.photos.all, withSignatures(record)), entry.bytes.all > 0 && w.bytesOf(size(entry.bytes.done), size(entry.bytes.all))].filter(Boolean).join(" · ")}</p>
      {(entry.state === "sending" || (entry.state === "waiting" && entry.bytes.done > 0)) && <Bar done={entry.bytes.done} all={entry.bytes.all} />}
      {receipt && <p class="meta good"><Icon name="check" />{w.ladder[3]} · {w.receipt(receipt.number)} · {nearInstant(receipt.at, Date.now())}</p>}
      {entry.state === "conflict" && <p class="why">{w.conflictLead}</p>}
      {entry.problem && entry.state !== "sent" && entry.state !== "conflict" && (
        <div class="why"><p><b>{w.why}: </b>{sentence(entry.problem)}</p>
          {entry.problem.errors?.map((one) => <p key={one.pointer}>{one.detail}</p>)}
          <p class="meta">{[entry.tries > 0 && w.triedTimes(entry.tries), entry.state === "waiting" && entry.next_at > Date.now() && w.nextTry(clock(entry.next_at))].filter(Boolean).join(" · ")}</p></div>
      )}
      <FileLines record={record} entry={entry} />
      <div class="buttons left">
        {entry.state !== "sent" && entry.state !== "sending" && entry.state !== "conflict" && (entry.kind !== "draft" || entry.problem) && <button type="button" class="outline" disabled={busy.value} onClick={() => void act(() => sendNow(() => retry(entry.visit)))}><Icon name="retry" />{w.retry}</button>}
        <button type="button" class={entry.state === "conflict" ? "primary" : "outline"} onClick={() => go(record.state === "draft" || record.state === "returned" || entry.state === "conflict" ? `/visit/${entry.visit}` : `/read/${entry.visit}`)}>{entry.state === "conflict" ? w.chooseVersion : w.openVisit}</button>
      </div>
    </article>
  );
}
