/** What several lists share: the card that leads on, an outlet's line, its search, and how far it is from here. */
import { computed, signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { outlets } from "../data/sync";
import type { Outlet } from "../data/types";
import { once } from "../device/position";
import { go } from "../ui/app";
import { find } from "../ui/find";
import { Icon } from "../ui/icons";
import { distance, type Position } from "../ui/places";
import { words } from "../ui/text";

export function CardLink(props: { to: string; title: string; tag?: ComponentChildren; testId?: string; children?: ComponentChildren }) {
  return (
    <a class="card" href={`#${props.to}`} data-testid={props.testId} onClick={(event) => { event.preventDefault(); go(props.to); }}>
      <span class="row"><span class="name">{props.title}</span>{props.tag}</span>
      {props.children}
    </a>
  );
}

export const kindOf = (kind: string, part: string | null): string => {
  const w = words.value;
  return [w.kinds[kind] ?? w.other, part && w.parts[part]].filter(Boolean).join(" · ");
};

export const outletWords = (outlet: Outlet | undefined): string[] => {
  const w = words.value;
  return outlet ? [w.tiers[outlet.tier] ?? w.other, outlet.class && w.classOf(outlet.class)].filter(Boolean) : [];
};

export function OutletLine({ outlet }: { outlet: Outlet }) {
  const w = words.value;
  return (
    <CardLink to={`/outlet/${outlet.id}`} title={outlet.name} testId={`outlet-${outlet.id}`} tag={outlet.status === "active" ? null : <span class="tag q">{w.statuses[outlet.status] ?? w.other}</span>}>
      <span class="meta">{[...outletWords(outlet), outlet.code, distanceTo(outlet)].filter(Boolean).join(" · ")}</span>
    </CardLink>
  );
}

/** What the week says of the outlets that stand on Today as tasks: it tells it here and leaves them out itself. */
export const planned = signal(new Map<string, { standing: string; why: string; state: "done" | "late" | "open" }>());

const query = signal("");
/** What the search found; null while nothing is asked. */
export const searched = computed<Outlet[] | null>(() => (query.value.trim() ? find(outlets.value.values(), query.value) : null));

export function Search() {
  const w = words.value;
  return (
    <form class="search" role="search" onSubmit={(event) => { event.preventDefault(); (document.activeElement as HTMLElement | null)?.blur(); }}>
      <Icon name="search" />
      <input type="search" enterkeyhint="search" value={query.value} placeholder={w.searchShort} aria-label={w.search} data-testid="search" autocomplete="off" onInput={(event) => { if (!event.isComposing) query.value = event.currentTarget.value; }} onCompositionEnd={(event) => (query.value = event.currentTarget.value)} />
      {query.value && <button type="button" class="icon-button" aria-label={w.clearSearch} onClick={() => (query.value = "")}><Icon name="cross" /></button>}
    </form>
  );
}

/** Where the phone is, as far as it may be asked. */
export const here = signal<Position | null>(null);

/** The phone's place for distances, only where it was already allowed: no question is asked for a convenience. */
export function useHere() {
  useEffect(() => {
    if (here.peek()) return;
    navigator.permissions?.query({ name: "geolocation" })
      .then(({ state }) => (state === "granted" ? once({ timeoutMs: 8000 }) : null))
      .then((found) => { if (found && "lat" in found) here.value = { lat: found.lat, lng: found.lng }; })
      .catch(() => undefined);
  }, []);
}

export function distanceTo(outlet: Outlet | undefined): string {
  return here.value && outlet?.position ? words.value.metres(distance(here.value, outlet.position)) : "";
}

/** The nearest first; as it was where the phone does not know its place. */
export function byDistance<T>(list: T[], outletOf: (one: T) => Outlet | undefined): T[] {
  const from = here.value;
  if (!from) return list;
  const far = (one: T) => { const to = outletOf(one)?.position; return to ? distance(from, to) : Infinity; };
  return list.map((one) => ({ one, far: far(one) })).sort((a, b) => a.far - b.far).map((each) => each.one);
}
