/** The bench page of the app: a generated checklist through the same screens and the same store as a real visit. */
import { render } from "preact";
import { asked, generated, type Bench } from "./bench_items";
import { Db } from "./data/db";
import { use, visits } from "./data/records";
import { checklists, outlets } from "./data/sync";
import type { Outlet } from "./data/types";
import { openVisit, startVisit } from "./data/visit";
import { closeSheet } from "./screens/sheet";
import { showItem, VisitScreen } from "./screens/visit";
import { go, route } from "./ui/app";

const NAME = "xunting-bench";
const checklist = generated(asked());
const sectionOf = new Map(checklist.sections.flatMap((section) => section.items.map((item) => [item.id, section.id] as const)));
const outlet: Outlet = {
  id: "01930000-0000-7000-8000-000000000001", code: "B1", name: "测速营业厅", pinyin: "csyyt", tier: "own_hall", class: "A", setting: "city", status: "active", address: null, phone: null, position: null, area: null,
};

function Page({ id }: { id: string }) {
  const { path } = route.value;
  return path[0] === "visit" ? <VisitScreen key={id} id={id} section={path[2]} /> : null;
}

/** Resolves when `there` holds after a paint. */
function painted(there: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => { if (there()) requestAnimationFrame(() => resolve()); else requestAnimationFrame(look); };
    look();
  });
}

const host = document.getElementById("app")!;
const first = () => document.querySelector(".item") !== null;

async function begin(): Promise<string> {
  await new Promise((resolve) => { indexedDB.deleteDatabase(NAME).onsuccess = resolve; });
  await use(new Db(NAME));
  outlets.value = new Map([[outlet.id, outlet]]);
  checklists.value = new Map([[`${checklist.id}@${checklist.version}`, checklist]]);
  const id = await startVisit({ outletId: outlet.id, kind: "mystery", checklist: { id: checklist.id, version: checklist.version } });
  go(`/visit/${id}/S0`, { replace: true });
  render(<Page id={id} />, host);
  await painted(first);
  return id;
}

const begun = begin();

const bench: Bench = {
  ready: () => begun.then(() => undefined),
  answer: async (i, value) => {
    const visit = await openVisit(await begun);
    await (value === "na" ? visit.na(`I${i}`) : visit.answer(`I${i}`, value));
  },
  target: (i, value) => document.querySelector<HTMLElement>(`#item-I${i} [data-value=${value}]`),
  total: () => sectionOf.size,
  save: async () => (await openVisit(await begun)).setNotes({ watch: String(performance.now()) }),
  leave: async () => {
    await closeSheet();
    render(null, host);
    await use(null);
  },
  restore: async () => {
    const id = await begun;
    await use(new Db(NAME));
    render(<Page id={id} />, host);
    await painted(first);
    return Object.keys(visits.value.get(id)?.document.answers ?? {}).length;
  },
  show: async (i) => {
    go(`/visit/${await begun}/${sectionOf.get(`I${i}`)}`, { replace: true });
    await painted(() => document.querySelector(`[data-testid=section-${sectionOf.get(`I${i}`)}][aria-current]`) !== null);
    await showItem(`I${i}`, false);
    await painted(() => document.getElementById(`item-I${i}`) !== null);
  },
};
window.bench = bench;
