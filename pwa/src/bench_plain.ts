/** The floor of the bench: the same cards by hand, no library, no score; a tap is stored as durably before it is shown. */
import { asked, generated, type Bench } from "./bench_items";
import type { Item } from "./data/types";

type Value = "pass" | "fail" | "na";
interface Kept { id: string; answers: Record<string, { value: Value; at: string }>; note: string }

const NAME = "xunting-bench-plain";
const LABELS: Record<Value, string> = { pass: "合格", fail: "不合格", na: "不适用" };
const checklist = generated(asked());
const items = checklist.sections.flatMap((section) => section.items);
const host = document.getElementById("app")!;
let kept: Kept = { id: "visit", answers: {}, note: "" };
let shown = "";
let store: IDBDatabase;

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asking = indexedDB.open(NAME, 1);
    asking.onupgradeneeded = () => asking.result.createObjectStore("visits", { keyPath: "id" });
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error ?? new Error(NAME));
  });
}

function put(next: Kept): Promise<void> {
  return new Promise((resolve, reject) => {
    const tx = store.transaction("visits", "readwrite", { durability: "strict" });
    tx.objectStore("visits").put(next);
    tx.oncomplete = () => { kept = next; resolve(); };
    tx.onerror = () => reject(tx.error ?? new Error(NAME));
  });
}

function mark(id: string): void {
  const value = kept.answers[id]?.value;
  document.querySelectorAll<HTMLElement>(`#item-${id} [data-value]`).forEach((button) => {
    const on = button.dataset.value === value;
    button.setAttribute("aria-checked", String(on));
    button.classList.toggle("on", on);
  });
  document.getElementById("left")!.textContent = `还差 ${items.length - Object.keys(kept.answers).length} 项`;
}

async function answer(id: string, value: Value): Promise<void> {
  await put({ ...kept, answers: { ...kept.answers, [id]: { value, at: new Date().toISOString() } } });
  mark(id);
}

function card(item: Item): HTMLElement {
  const box = document.createElement("section");
  box.className = "item";
  box.id = `item-${item.id}`;
  const title = document.createElement("h3");
  title.textContent = item.text.zh;
  const group = document.createElement("div");
  group.className = "choices seg";
  group.setAttribute("role", "radiogroup");
  for (const value of Object.keys(LABELS) as Value[]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = value;
    button.dataset.value = value;
    button.setAttribute("role", "radio");
    button.textContent = LABELS[value];
    button.addEventListener("click", () => void answer(item.id, value));
    group.append(button);
  }
  box.append(title, group);
  return box;
}

function show(section: string): void {
  if (shown === section) return;
  shown = section;
  const main = document.createElement("main");
  const list = checklist.sections.find((one) => one.id === section)!.items;
  main.append(...list.map(card));
  const foot = document.createElement("footer");
  foot.className = "foot";
  foot.id = "left";
  host.replaceChildren(main, foot);
  list.forEach((item) => mark(item.id));
}

/** The second frame begins when the first is painted. */
const painted = () => new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

const begun = (async () => {
  await new Promise((resolve) => { indexedDB.deleteDatabase(NAME).onsuccess = resolve; });
  store = await opened();
  show("S0");
  await painted();
})();

const bench: Bench = {
  ready: () => begun,
  answer: (i, value) => answer(`I${i}`, value),
  target: (i, value) => document.querySelector<HTMLElement>(`#item-I${i} [data-value=${value}]`),
  total: () => items.length,
  save: () => put({ ...kept, note: String(performance.now()) }),
  leave: async () => {
    store.close();
    host.replaceChildren();
    shown = "";
    kept = { id: "visit", answers: {}, note: "" };
  },
  restore: async () => {
    store = await opened();
    kept = await new Promise<Kept>((resolve, reject) => {
      const asking = store.transaction("visits").objectStore("visits").get("visit");
      asking.onsuccess = () => resolve((asking.result as Kept | undefined) ?? kept);
      asking.onerror = () => reject(asking.error ?? new Error(NAME));
    });
    show("S0");
    await painted();
    return Object.keys(kept.answers).length;
  },
  show: async (i) => {
    show(checklist.sections.find((section) => section.items.some((item) => item.id === `I${i}`))!.id);
    document.getElementById(`item-I${i}`)!.scrollIntoView({ block: "center" });
    await painted();
  },
};
window.bench = bench;
