/** The bench page of the app: a visit of a generated checklist, started, filled in and restored by the app's own code.
 *
 *  It starts as entry.ts and main.tsx do, from the session and the stores on the phone, and shows the app's own screens. It does not pull
 *  and does not send: the server is out of reach where this is measured.
 */
import { render } from "preact";
import { asked, generated, listName, outlet, painted, type Bench } from "./bench_items";
import { Db } from "./data/db";
import { keysOf, learned } from "./data/keys";
import { visits } from "./data/records";
import { leaveMemory, restore } from "./data/session";
import { checklists } from "./data/sync";
import type { Session } from "./data/types";
import { openVisit, startVisit } from "./data/visit";
import { process } from "./device/camera";
import { setLanguage } from "./screens/language";
import { showItem } from "./screens/section";
import { closeSheet, openSheet } from "./screens/sheet";
import { App } from "./shell";
import { applyLook, go } from "./ui/app";

/** Somebody who sees the live score while filling in. */
const session: Session = {
  user: { id: "bench", username: "bench", name: "测速", role: "area_manager", language: "zh" }, permissions: ["see_own_score"], csrf: "", server_time: "2026-01-01T00:00:00Z",
};
const host = document.getElementById("app")!;
const first = () => document.querySelector(".item") !== null;

/** What signing in and the first sync would have left on the phone. */
async function signedIn(): Promise<void> {
  const phone = new Db("xunting");
  const own = new Db(`xunting-${session.user.id}`);
  const keys = await learned({ store_key: "A".repeat(43) }, null);
  await phone.tx(["session", "meta"], "readwrite", async (tx) => {
    await tx.objectStore("session").put(session, "current");
    await tx.objectStore("meta").put(keys, keysOf(session.user.id));
  });
  await own.tx(["outlets", "checklists"], "readwrite", async (tx) => {
    await tx.objectStore("outlets").put(outlet);
    await tx.objectStore("checklists").put(generated(asked()), listName());
  });
  await Promise.all([phone.close(), own.close()]);
}

async function begin(restored: Promise<Session | null>): Promise<string> {
  applyLook();
  if (!(await restored) || !checklists.value.has(listName())) await signedIn().then(restore);
  await setLanguage("zh");
  const list = checklists.value.get(listName())!;
  const id = await startVisit({ outletId: outlet.id, kind: "area_visit", checklist: { id: list.id, version: list.version } });
  go(`/visit/${id}`, { replace: true });
  await shown(id);
  void navigator.serviceWorker?.register("sw.js");
  return id;
}

async function shown(id: string): Promise<void> {
  await openSheet(id);
  render(<App />, host);
  document.querySelector(".first-text")?.remove();
  await painted(first);
}

let begun: Promise<string>;

export const bench: Omit<Bench, "ready"> & { begin(restored: Promise<Session | null>): Promise<unknown> } = {
  begin: (restored) => (begun = begin(restored)),
  answer: async (i, value) => {
    const visit = await openVisit(await begun);
    await (value === "na" ? visit.na(`I${i}`) : visit.answer(`I${i}`, value));
  },
  photograph: async (i, file) => {
    const visit = await openVisit(await begun);
    const began = performance.now();
    const picture = await process(file, { maxPx: 1600, targetBytes: 300_000, original: false });
    const size = picture.bytes.byteLength;
    await visit.addPhoto(`I${i}`, picture, "album");
    return [performance.now() - began, size];
  },
  target: (i, value) => document.querySelector<HTMLElement>(`#item-I${i} [data-value=${value}]`),
  total: () => asked(),
  save: async () => (await openVisit(await begun)).setNotes({ watch: String(performance.now()) }),
  leave: async () => {
    await closeSheet();
    render(null, host);
    await leaveMemory();
    // Where the address would lead after a restart: to the visit, which knows the place in it.
    go(`/visit/${await begun}`, { replace: true });
  },
  restore: async () => {
    const id = await begun;
    await restore();
    await shown(id);
    return Object.keys(visits.value.get(id)?.document.answers ?? {}).length;
  },
  show: async (i) => {
    const section = checklists.value.get(listName())!.sections.find((one) => one.items.some((item) => item.id === `I${i}`))!.id;
    go(`/visit/${await begun}/${section}`, { replace: true });
    await painted(() => document.querySelector(`[data-testid=section-${section}][aria-current]`) !== null);
    await showItem(`I${i}`, false);
    await painted(() => document.getElementById(`item-I${i}`) !== null);
  },
};
