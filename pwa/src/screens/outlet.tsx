/** Outlets: the list with its search, and one outlet with address, way there, what to look at, and the start of a visit. */
import { useSignal } from "@preact/signals";
import { inspects, me } from "../data/session";
import { assignments, checklists, outlets } from "../data/sync";
import type { Assignment, Checklist, Kind, Outlet } from "../data/types";
import { startVisit, visits } from "../data/visit";
import { iOS, room, standalone } from "../device/lifecycle";
import { complain, go, later, route, say, Screen } from "../ui/app";
import { Icon } from "../ui/icons";
import { businessDate } from "../rules/days";
import { limit, nearDate } from "../ui/moments";
import { mapLink } from "../ui/places";
import { read, words } from "../ui/text";
import { byDistance, distanceTo, kindOf, OutletLine, outletWords, Search, searched, useHere } from "./cards";
import { within } from "./hints";
import { Truth } from "./truth";

const Answer = later(() => import("./beside").then((part) => part.Answer));
const Outcome = later(() => import("./beside").then((part) => part.Outcome));

/** Below this much room no visit is begun: its photos could not be kept. */
const ROOM_FLOOR = 30_000_000;
/** Which kinds each role begins without an assignment. */
const BEGINS: Partial<Record<string, Kind[]>> = { area_manager: ["area_visit"], hall_manager: ["patrol"], reviewer: ["announced"], branch_manager: ["announced", "onboarding"] };

const OpenActions = later(() => import("./beside").then((part) => part.OpenActions));
const DiscreetHint = later(() => import("./beside").then((part) => part.DiscreetHint));

export function OutletsScreen() {
  const w = words.value;
  useHere();
  const found = searched.value ?? byDistance([...outlets.value.values()], (one) => one);
  return (
    <Screen name="outlets" title={w.outletsTitle} tabs bar={<Search />}>
      <p class="updated" role="status">{searched.value ? (found.length ? w.found(found.length) : w.foundNone) : ""}</p>
      {found.slice(0, 100).map((outlet) => <OutletLine key={outlet.id} outlet={outlet} />)}
      {outlets.value.size === 0 && (inspects() ? <div class="empty"><p>{w.firstPullFailed}</p></div> : <OpenActions />)}
    </Screen>
  );
}

export function OutletScreen({ id }: { id: string }) {
  const w = words.value;
  useHere();
  const outlet = outlets.value.get(id);
  const wanted = route.value.query.get("assignment");
  if (!outlet) return <Screen name="outlet" title={w.outletTitle} up="/today"><Outcome outlet={id} task={wanted} /></Screen>;
  const begun = [...visits.value.values()].filter((record) => record.document.outlet_id === id && (record.state === "draft" || record.state === "returned"));
  const taken = new Set(begun.map((record) => record.document.assignment_id));
  const due = [...assignments.value.values()].filter((one) => one.outlet_id === id && (["planned", "assigned", "taken"].includes(one.state) || (one.state === "declined" && one.window_to >= businessDate(Date.now()))) && !taken.has(one.id)).sort((a) => (a.id === wanted ? -1 : 1));
  const free = freeKinds(outlet).filter((one) => !due.some((each) => each.kind === one.kind));
  return (
    <Screen name="outlet" title={outlet.name} kind={w.outletTitle} up="/today">
      <Truth />
      <Outcome outlet={id} task={wanted} />
      <section class="block">
        <p class="meta">{[...outletWords(outlet), w.settings[outlet.setting], outlet.code, outlet.area].filter(Boolean).join(" · ")}</p>
        <p class="address">{outlet.address ?? w.noAddress}{distanceTo(outlet) && <small>{distanceTo(outlet)}</small>}</p>
        {outlet.phone && <p class="meta">{outlet.phone}</p>}
        <div class="buttons left even">
          {outlet.position && <a class="button outline" href={mapLink(outlet.position, outlet.name, iOS())} data-testid="navigate"><Icon name="map" />{w.navigate}</a>}
          {outlet.phone && <a class="button outline" href={`tel:${outlet.phone.replace(/[^\d+]/g, "")}`} data-testid="call"><Icon name="phone" />{w.callOutlet}</a>}
        </div>
      </section>
      {outlet.weak && outlet.weak.length > 0 && <section class="block"><h2>{w.weakItems}</h2><ul class="said">{outlet.weak.map((one, at) => <li key={at}>{read(one.text) || weakName(one.item)}</li>)}</ul></section>}
      <OpenActions outlet={id} />
      {outlet.last && outlet.last.length > 0 && (
        <section class="block"><h2>{w.lastResults}</h2><ul class="results">{outlet.last.map((one, at) => <li key={at}><span>{nearDate(businessDate(one.at.length > 10 ? one.at : `${one.at}T04:00:00Z`), businessDate(Date.now()))} · {w.kinds[one.kind]}</span><b>{one.score ?? w.noScore}</b></li>)}</ul></section>
      )}
      {begun.map((record) => <button type="button" key={record.id} class="primary wide" data-testid="resume" onClick={() => go(`/visit/${record.id}`)}>{w.resumeVisit} · {w.kinds[record.document.kind]}</button>)}
      {due.map((one) => <Due key={one.id} assignment={one} />)}
      {free.map((one) => <StartButton key={one.kind + one.checklist.id} label={w.startKind(w.kinds[one.kind]!) + one.called} kind={one.kind} plain={due.length + begun.length > 0} start={(part) => startVisit({ outletId: id, kind: one.kind, checklist: { id: one.checklist.id, version: one.checklist.version }, part })} askPart={one.kind === "patrol"} />)}
      {due.some((one) => one.kind === "mystery") && <DiscreetHint />}
      {!begun.length && !due.length && !free.length && inspects() && <p class="under pad">{w.noChecklist}</p>}
    </Screen>
  );
}

function Due({ assignment }: { assignment: Assignment }) {
  const w = words.value;
  const now = Date.now();
  const known = checklists.value.has(`${assignment.checklist.id}@${assignment.checklist.version}`);
  return (
    <section class="block due">
      <h2>{kindOf(assignment.kind, assignment.part)}</h2>
      <p class="meta">{w.until(assignment.due_at ? limit(assignment.due_at, now) : nearDate(assignment.window_to, businessDate(now)))}</p>
      {assignment.note && <p>{assignment.note}</p>}
      {assignment.state === "declined" ? null : known ? <StartButton label={w.startVisit} kind={assignment.kind} start={() => startVisit(assignment.id)} askPart={false} /> : <p class="under">{w.noChecklist}</p>}
      <Answer assignment={assignment} />
    </section>
  );
}

function StartButton({ label, start, askPart, plain = false, kind }: { label: string; kind: Kind; start: (part: string | null) => Promise<string>; askPart: boolean; plain?: boolean }) {
  const w = words.value;
  const asking = useSignal(false);
  const busy = useSignal(false);
  const begin = async (part: string | null) => {
    // What is filled in there may be gone within days (handbook 10 A6); what was begun is gone on with.
    if (within || (iOS() && !standalone())) return go("/install?start");
    if (busy.value) return;
    busy.value = true;
    try {
      const space = await room();
      if (space && space.free < ROOM_FLOOR) { say(w.startLow, { bad: true }); return; }
      go(`/visit/${await start(part)}`);
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };
  if (asking.value) return (
    <div class="block" role="group" aria-label={w.whichPart}><h2>{w.whichPart}</h2>
      <div class="buttons column">{Object.entries(w.parts).map(([part, name]) => <button type="button" class="outline" key={part} onClick={() => void begin(part)}>{name}</button>)}</div>
    </div>
  );
  return <button type="button" class={plain ? "outline wide" : "primary wide"} data-testid={`start-${kind}`} disabled={busy.value} onClick={() => (askPart ? (asking.value = true) : void begin(null))}>{label}</button>;
}

/** For each kind that this role may begin here, the newest version of every checklist that fits. */
function freeKinds(outlet: Outlet): { kind: Kind; checklist: Checklist; called: string }[] {
  const kinds = BEGINS[me.value?.user.role ?? ""] ?? [];
  return kinds.flatMap((kind) => {
    const fits = [...checklists.value.values()].filter((one) => one.visit_kinds.includes(kind) && one.tiers.includes(outlet.tier));
    const newest = fits.filter((one) => !fits.some((other) => other.id === one.id && other.version > one.version));
    return newest.map((checklist) => ({ kind, checklist, called: newest.length > 1 ? ` · ${read(checklist.title)}` : "" }));
  });
}

function weakName(id: string): string {
  for (const checklist of checklists.value.values()) for (const section of checklist.sections) {
    const item = section.items.find((one) => one.id === id || one.indicator === id);
    if (item) return read(item.text);
  }
  return words.value.other;
}
