/** Pictures that another app shared: which open visit and which item they belong to. They stay stored until they are in it. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Failed } from "../data/picked";
import { me } from "../data/session";
import { waitingFor } from "../data/shared";
import { letGo, sharedFile } from "../data/shared_out";
import { settings } from "../data/sync";
import type { Sha256, VisitRecord } from "../data/types";
import { openVisit, visits, type OpenVisit } from "../data/visit";
import { process } from "../device/camera";
import { complain, go, route, say, Screen } from "../ui/app";
import { Choices } from "../ui/controls";
import { Icon } from "../ui/icons";
import { more } from "./more";
import { clock } from "../ui/moments";
import { brief, words } from "../ui/text";
import { kindOf } from "./cards";
import { hide } from "./photos";
import { tellFailed } from "./cut_off";

const fillable = (record: VisitRecord): boolean => record.state === "draft" || record.state === "returned";

export function SharedScreen() {
  const m = more.value;
  const waits = useSignal<Sha256[] | null>(null);
  const left = useSignal<ReadonlySet<Sha256>>(new Set());
  const visit = useSignal<OpenVisit | null>(null);
  const item = useSignal("");
  const busy = useSignal(false);
  const sure = useSignal(false);
  const open = useComputed(() => [...visits.value.values()].filter(fillable).sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1))).value;
  const lost = Number(route.value.query.get("lost"));
  const chosen = (waits.value ?? []).filter((hash) => !left.value.has(hash));

  const look = () => waitingFor(me.value!.user.id).then((found) => (waits.value = found));
  const pick = async (id: string) => {
    try {
      const opened = await openVisit(id);
      if (visit.peek() !== opened) void visit.peek()?.close();
      visit.value = opened;
      item.value = itemsOf(opened).find(({ wanted }) => wanted)?.id ?? "";
    } catch (problem) {
      complain(problem);
    }
  };
  useEffect(() => {
    look().catch(complain);
    if (open[0]) void pick(open[0].id);
    return () => void visit.peek()?.close();
  }, []);

  const put = async () => {
    const into = visit.peek()!;
    const to = into.items.get(item.peek())!;
    busy.value = true;
    const failed: Failed<null>[] = [];
    try {
      for (const hash of chosen) {
        try {
          const file = await sharedFile(hash);
          // Whoever kills the app between both steps is asked again, and the same picture at one item stays one.
          if (file) await into.addPhoto(to.id, await process(file, { maxPx: to.max_px || settings.value.photo_px, targetBytes: settings.value.photo_bytes, original: to.original }), "album");
          await letGo(hash);
        } catch (why) {
          failed.push({ file: null, why });
        }
      }
      if (failed.length) tellFailed(chosen.length, failed);
      else say(m.sharedDone(chosen.length));
      await look();
      const section = into.checklist.sections.find(({ items }) => items.includes(to))!.id;
      if (!waits.value?.length) go(`/visit/${into.id}/${encodeURIComponent(section)}?item=${encodeURIComponent(to.id)}`, { replace: true });
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };
  const drop = async () => {
    if (!sure.peek()) { sure.value = true; return; }
    try {
      for (const hash of chosen) await letGo(hash);
      await look();
    } catch (problem) {
      complain(problem);
    }
    sure.value = false;
  };

  return (
    <Screen name="shared" title={m.sharedTitle} up="/today"
      foot={chosen.length > 0 && visit.value && <button type="button" class="primary next wide" data-testid="shared-put" disabled={busy.value || !item.value} onClick={() => void put()}>{busy.value ? words.value.photoBusy(chosen.length) : m.sharedPut(chosen.length)}</button>}>
      {lost > 0 && <p class="notice bad" role="alert"><Icon name="warn" /><span>{m.sharedLost(lost)}</span></p>}
      {waits.value?.length === 0 && <div class="empty"><Icon name="album" /><p><b>{m.sharedNone}</b></p><p>{m.sharedNoneHint}</p></div>}
      {waits.value && waits.value.length > 0 && (
        <>
          <p class="under lead">{m.sharedLead(waits.value.length)}</p>
          <div class="shots shared-shots">
            {waits.value.map((hash, at) => <Pick key={hash} hash={hash} label={m.sharedPick(at + 1)} on={!left.value.has(hash)} onToggle={() => { const next = new Set(left.value); if (!next.delete(hash)) next.add(hash); left.value = next; sure.value = false; }} />)}
          </div>
          {open.length === 0 ? <p class="notice"><Icon name="warn" /><span>{m.sharedNoVisit}</span></p> : (
            <section class="block">
              <h2 id="shared-visit">{m.sharedVisit}</h2>
              <Choices labelledBy="shared-visit" layout="rows" value={visit.value?.id ?? null} options={open.map((record) => ({ id: record.id, label: `${record.outlet.name} · ${kindOf(record.document.kind, record.document.part)} · ${clock(record.saved_at)}` }))} onPick={pick} />
              {visit.value && <Where visit={visit.value} value={item.value} onPick={(id) => (item.value = id)} />}
            </section>
          )}
          {chosen.length > 0 && <button type="button" class={sure.value ? "danger" : "quiet"} data-testid="shared-drop" disabled={busy.value} onClick={() => void drop()}><Icon name="trash" />{sure.value ? m.sharedDropSure(chosen.length) : m.sharedDrop}</button>}
        </>
      )}
    </Screen>
  );
}

/** Visible items that take a photo, with whether one is missing. */
function itemsOf(visit: OpenVisit) {
  const { visible, missing } = visit.score.value;
  const wants = new Set(missing.filter(({ what }) => what === "photo").map(({ item }) => item));
  return visible.map((id) => visit.items.get(id)!).filter((one) => one.kind !== "signature" && (one.photo.when !== "never" || one.kind === "photo")).map((one) => ({ id: one.id, text: brief(one.text), wanted: wants.has(one.id) }));
}

function Where({ visit, value, onPick }: { visit: OpenVisit; value: string; onPick: (id: string) => void }) {
  const m = more.value;
  const items = useComputed(() => itemsOf(visit)).value;
  const order = [...items.filter(({ wanted }) => wanted), ...items.filter(({ wanted }) => !wanted)];
  return (
    <div class="line shared-item">
      <label for="shared-item">{m.sharedItem}</label>
      <select id="shared-item" data-testid="shared-item" value={value} onChange={(event) => onPick(event.currentTarget.value)}>
        <option value="" disabled />
        {order.map(({ id, text, wanted }) => <option key={id} value={id}>{wanted ? `${text} · ${m.sharedWanted}` : text}</option>)}
      </select>
    </div>
  );
}

function Pick({ hash, label, on, onToggle }: { hash: Sha256; label: string; on: boolean; onToggle: () => void }) {
  const url = useSignal("");
  useEffect(() => {
    sharedFile(hash).then((file) => { if (file) url.value = URL.createObjectURL(file); }, complain);
    return () => URL.revokeObjectURL(url.peek());
  }, [hash]);
  return (
    <button type="button" role="checkbox" aria-checked={on} aria-label={label} class={`shot${on ? " on" : ""}`} onClick={onToggle}>
      {url.value && <img src={url.value} alt="" onError={hide} />}
      <span class="mark" aria-hidden="true">{on && <Icon name="check" />}</span>
    </button>
  );
}
