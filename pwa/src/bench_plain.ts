/** The floor of the bench: the visit screen written by hand in plain DOM, with one database and no library.
 *
 *  It does for the user what the app's screen does with this checklist: outlet, state of saving and live score in the head; the
 *  strip of sections with done, failed and left; the cards of one section, all of them at once from one cloned template; note,
 *  photos and the reason for none where an item fails or its menu is opened; the foot with what is left, a way to it and to the
 *  next section. Each tap is on disk, as durably as the app's, before it is shown. Starting and restoring read checklist, visit
 *  and photos' rows in one transaction and go back to the place that was left.
 *
 *  It does not know conditions, other kinds of items, languages, who is signed in, other tabs, an outbox, timers, shrinking of
 *  pictures or stores that die, and has no other screen; its score is a sum over this checklist, not the engine.
 */
import { asked, generated, listName, outlet, painted, type Bench } from "./bench_items";
import type { Checklist, Item } from "./data/types";

type Value = "pass" | "fail" | "na";
interface Answer { value?: Value; note?: string; no_photo?: string; at: string }
interface Visit { id: string; answers: Record<string, Answer>; place: { section: string; item: string | null }; saved_at: string | null }
interface Photo { key: string; visit: string; item: string; bytes: Blob }
interface Sum { all: number; done: number; failed: number; answers: number; photos: number; notes: number }

const STORE = "xunting-bench-plain";
const ICON = (path: string) => `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
const CHECK = ICON("M5 12.5l4.5 4.5L19 7.5");
const CROSS = ICON("M6 6l12 12M18 6L6 18");
const MINUS = ICON("M5 12h14");
const MARKS: Record<Value, string> = { pass: CHECK, fail: CROSS, na: MINUS };
const LABELS: Record<Value, string> = { pass: "合格", fail: "不合格", na: "不适用" };
const REASONS: Record<string, string> = { unnoticed: "会被发现", forbidden: "不让拍", absent: "拍不到", broken: "相机坏了" };

const CARD = made(`<section class="item"><div class="head"><div class="words"><p class="tagline"><span></span></p><h3 tabindex="-1"></h3><p class="source"></p></div>
<button type="button" class="icon-button" data-act="more" aria-label="更多" aria-expanded="false">${ICON("M5 12h.01M12 12h.01M19 12h.01")}</button></div>
<div class="choices seg" role="radiogroup">${(Object.keys(LABELS) as Value[]).map((value) => `<button type="button" role="radio" class="${value}" data-value="${value}" aria-checked="false"><span>${LABELS[value]}</span></button>`).join("")}</div></section>`);
const EXTRA = made(`<div class="extra"><div class="text"><label>说明</label><textarea rows="2" placeholder="看到了什么"></textarea></div>
<div class="photos"><p class="small-title">照片</p><div class="shots"><button type="button" class="add main-add" data-act="camera"><span>拍照</span></button><button type="button" class="add" data-act="album"><span>相册</span></button></div>
<p class="reason"></p><div class="reasons">${Object.entries(REASONS).map(([id, text]) => `<button type="button" data-reason="${id}">${text}</button>`).join("")}</div></div></div>`);
const FRAME = made(`<div class="screen visit"><header class="bar"><div class="top"><button type="button" class="icon-button" data-act="back" aria-label="返回">${ICON("M15 5l-7 7 7 7")}</button><h1 tabindex="-1"></h1>
<div class="right"><span class="live-score"></span><span class="saved" role="status"></span></div></div><nav class="strip" aria-label="环节"></nav></header>
<main></main><footer class="foot"><button type="button" class="left-over" data-act="missing"><b id="left"></b><span>点这里去补</span></button><button type="button" class="primary next" data-act="next">下一环节</button></footer></div>`);

const host = document.getElementById("app")!;
let store: IDBDatabase;
let checklist: Checklist;
let items: Item[] = [];
let visit: Visit;
let photos: Photo[] = [];
let shown = "";
const opened = new Set<string>();
/** What stands in each chip of the strip. */
const chips = new Map<string, string>();
const at = (selector: string) => host.querySelector<HTMLElement>(selector)!;
const cardOf = (id: string) => document.getElementById(`item-${id}`);
const sectionOf = (item: string) => checklist.sections.find((section) => section.items.some(({ id }) => id === item))!;

function made(html: string): HTMLElement {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild as HTMLElement;
}

const copy = (node: HTMLElement) => node.cloneNode(true) as HTMLElement;

function done<T>(asking: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error ?? new Error(STORE));
  });
}

async function open(): Promise<void> {
  const asking = indexedDB.open(STORE, 1);
  asking.onupgradeneeded = () => {
    asking.result.createObjectStore("visits", { keyPath: "id" });
    asking.result.createObjectStore("photos", { keyPath: "key" }).createIndex("visit", "visit");
    asking.result.createObjectStore("checklists");
  };
  store = await done(asking);
}

/** Everything that the screen needs, in one transaction. */
async function read(id: string): Promise<void> {
  const tx = store.transaction(["visits", "photos", "checklists"]);
  const [list, found, rows] = await Promise.all([
    done<Checklist | undefined>(tx.objectStore("checklists").get(listName())), done<Visit | undefined>(tx.objectStore("visits").get(id)), done<Photo[]>(tx.objectStore("photos").index("visit").getAll(id)),
  ]);
  checklist = list ?? await learned();
  items = checklist.sections.flatMap((section) => section.items);
  visit = found ?? { id, answers: {}, place: { section: "S0", item: null }, saved_at: null };
  photos = rows;
}

async function learned(): Promise<Checklist> {
  const list = generated(asked());
  await done(store.transaction("checklists", "readwrite").objectStore("checklists").put(list, listName()));
  return list;
}

function put(change: Partial<Visit>, photo?: Photo): Promise<void> {
  const next = { ...visit, ...change, saved_at: new Date().toISOString() };
  return new Promise((resolve, reject) => {
    const tx = store.transaction(["visits", "photos"], "readwrite", { durability: "strict" });
    tx.objectStore("visits").put(next);
    if (photo) tx.objectStore("photos").put(photo);
    tx.oncomplete = () => { visit = next; resolve(); };
    tx.onerror = () => reject(tx.error ?? new Error(STORE));
  });
}

async function answer(id: string, change: Partial<Answer>, photo?: Photo): Promise<void> {
  const answers = { ...visit.answers, [id]: { ...visit.answers[id], ...change, at: new Date().toISOString() } };
  await put({ answers, place: { ...visit.place, item: id } }, photo);
  if (photo) photos.push(photo);
  mark(id);
  sum();
}

function wants(item: Item): { answer: boolean; photo: boolean; note: boolean } {
  const { value, note, no_photo } = visit.answers[item.id] ?? {};
  return { answer: !value, photo: value === "fail" && !no_photo && !photos.some((one) => one.item === item.id), note: value === "na" && item.prohibition !== null && !note };
}

/** Counts and score anew and writes what changed into head, strip and foot. */
function sum(): void {
  const broken = new Set(items.filter((item) => item.prohibition && visit.answers[item.id]?.value === "fail").map((item) => item.prohibition));
  const left = { answers: 0, photos: 0, notes: 0 };
  let earned = 0, possible = 0;
  for (const section of checklist.sections) {
    const own: Sum = { all: section.items.length, done: 0, failed: 0, answers: 0, photos: 0, notes: 0 };
    for (const item of section.items) {
      const value = visit.answers[item.id]?.value;
      const missing = wants(item);
      if (value) own.done += 1;
      if (value === "fail") own.failed += 1;
      if (missing.answer) own.answers += 1;
      if (missing.photo) own.photos += 1;
      if (missing.note) own.notes += 1;
      if (!value || value === "na") continue;
      possible += item.points;
      if (value === "pass" && !broken.has(item.prohibition)) earned += item.points;
    }
    left.answers += own.answers; left.photos += own.photos; left.notes += own.notes;
    chip(section.id, section.title.zh, own);
  }
  const parts = [left.answers && `${left.answers} 项`, left.photos && `${left.photos} 张照片`, left.notes && `${left.notes} 处说明`].filter(Boolean);
  write(at("#left"), parts.length ? `还差 ${parts.join(" · ")}` : "全部填好");
  write(at(".live-score"), possible ? (Math.round((earned * 10_000) / possible) / 100).toFixed(2) : "–");
  write(at(".saved"), visit.saved_at ? `已存 ${new Date(Date.parse(visit.saved_at) + 8 * 3_600_000).toISOString().slice(11, 19)}` : "");
}

function write(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function chip(id: string, title: string, { all, done: filled, failed, answers, photos: shots, notes }: Sum): void {
  const button = at(`[data-section=${id}]`);
  const left = answers + shots + notes;
  const look = id === shown ? "on" : failed ? "bad" : left === 0 ? "done" : "";
  const html = `<span class="${look}">${left === 0 && !failed ? CHECK : ""}${title}${left ? `<b>${filled}/${all}</b>` : ""}${failed ? `<em>${CROSS}${failed}</em>` : ""}</span><span class="sr">${left ? `还差 ${left}` : "已填完"}${failed ? `，不合格 ${failed}` : ""}</span>`;
  if (chips.get(id) === html) return;
  chips.set(id, html);
  button.innerHTML = html;
}

/** The card as its answer wants it. */
function mark(id: string): void {
  const card = cardOf(id);
  if (!card) return;
  const { value, note, no_photo } = visit.answers[id] ?? {};
  card.classList.toggle("failed", value === "fail");
  for (const button of card.querySelectorAll<HTMLElement>("[data-value]")) {
    const on = button.dataset.value === value;
    if (on === button.classList.contains("on")) continue;
    button.setAttribute("aria-checked", String(on));
    button.classList.toggle("on", on);
    if (on) button.insertAdjacentHTML("afterbegin", MARKS[value!]);
    else button.querySelector(".icon")?.remove();
  }
  const mine = photos.filter((one) => one.item === id);
  const needed = value === "fail" || opened.has(id) || Boolean(note) || mine.length > 0 || wants(items.find((item) => item.id === id)!).note;
  let extra = card.querySelector<HTMLElement>(".extra");
  if (!needed) { extra?.remove(); return; }
  if (!extra) {
    card.append(extra = copy(EXTRA));
    extra.querySelector("textarea")!.value = note ?? "";
  }
  extra.querySelector(".small-title")!.textContent = value === "fail" && !mine.length ? "请拍照" : "照片";
  extra.querySelector(".reason")!.textContent = no_photo ? `没有照片：${REASONS[no_photo]}` : "";
  extra.querySelector<HTMLElement>(".reasons")!.hidden = value !== "fail" || mine.length > 0;
  extra.querySelectorAll(".shot").forEach((shot) => shot.remove());
  for (const photo of mine) {
    const image = new Image();
    image.className = "shot";
    image.src = URL.createObjectURL(photo.bytes);
    extra.querySelector(".shots")!.prepend(image);
  }
}

function card(item: Item): HTMLElement {
  const box = copy(CARD);
  box.id = `item-${item.id}`;
  const title = box.querySelector("h3")!;
  title.textContent = item.text.zh;
  title.id = `question-${item.id}`;
  box.setAttribute("aria-labelledby", title.id);
  box.querySelector(".choices")!.setAttribute("aria-labelledby", title.id);
  const tagline = box.querySelector(".tagline")!;
  if (item.prohibition) tagline.firstElementChild!.textContent = `禁止项 · ${checklist.prohibitions.find((one) => one.id === item.prohibition)!.text.zh}`;
  else tagline.remove();
  box.querySelector(".source")!.textContent = `${item.points / 100} 分 · ${item.source}`;
  return box;
}

function frame(): void {
  const screen = copy(FRAME);
  screen.querySelector("h1")!.textContent = outlet.name;
  screen.querySelector(".strip")!.append(...checklist.sections.map((section) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.dataset.section = section.id;
    return button;
  }));
  screen.addEventListener("click", tapped);
  screen.addEventListener("input", ({ target }) => { if (target instanceof HTMLTextAreaElement) void answer(target.closest(".item")!.id.slice(5), { note: target.value }); });
  host.replaceChildren(screen);
}

/** One section, at the card that was left or at its top. */
function show(id: string, item: string | null = null): void {
  if (shown === id && !item) return;
  if (!host.firstChild) frame();
  if (shown !== id) {
    shown = id;
    const title = document.createElement("h2");
    title.className = "section-title";
    const section = checklist.sections.find((one) => one.id === id)!;
    title.textContent = section.title.zh;
    const cards = document.createElement("div");
    cards.className = "cards";
    cards.append(title, ...section.items.map(card));
    at("main").replaceChildren(cards);
    for (const one of section.items) if (visit.answers[one.id] || opened.has(one.id)) mark(one.id);
    for (const chip of host.querySelectorAll<HTMLElement>(".chip")) { if (chip.dataset.section === id) chip.setAttribute("aria-current", "step"); else chip.removeAttribute("aria-current"); }
    at("[data-act=next]").hidden = id === checklist.sections.at(-1)!.id;
    sum();
    const strip = at(".strip");
    const here = at("[aria-current]");
    strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }
  const wanted = item && cardOf(item);
  if (wanted) wanted.scrollIntoView({ block: "center" });
  else {
    scrollTo(0, 0);
    at("h1").focus({ preventScroll: true });
  }
  if (visit.place.section === id) return;
  visit = { ...visit, place: { section: id, item: null } };
  if (visit.saved_at) void put({});
}

function tapped({ target }: Event): void {
  const button = (target as Element).closest<HTMLElement>("button");
  if (!button) return;
  const id = button.closest(".item")?.id.slice(5);
  const { value, reason, section, act } = button.dataset;
  if (section) show(section);
  else if (id && value) void answer(id, { value: value as Value });
  else if (id && reason) void answer(id, { no_photo: reason });
  else if (id && act === "more") {
    button.setAttribute("aria-expanded", String(!opened.delete(id) && Boolean(opened.add(id))));
    mark(id);
  } else if (id && (act === "camera" || act === "album")) {
    const input = document.createElement("input");
    Object.assign(input, { type: "file", accept: "image/*", ...(act === "camera" && { capture: "environment" }) });
    input.onchange = () => { const bytes = input.files?.[0]; if (bytes) void answer(id, {}, { key: `${visit.id}/${id}/${crypto.randomUUID()}`, visit: visit.id, item: id, bytes }); };
    input.click();
  } else if (act === "next") show(checklist.sections[checklist.sections.findIndex((one) => one.id === shown) + 1]!.id);
  else if (act === "missing") {
    const missing = items.find((item) => Object.values(wants(item)).some(Boolean));
    if (missing) show(sectionOf(missing.id).id, missing.id);
  } else if (act === "back") history.back();
}

async function begin(id: string): Promise<void> {
  await open();
  await read(id);
  show(visit.place.section, visit.place.item);
  await painted();
}

const id = crypto.randomUUID();
const begun = begin(id).then(() => void navigator.serviceWorker?.register("sw.js"));

const bench: Bench = {
  ready: () => begun,
  answer: (i, value) => answer(`I${i}`, { value }),
  target: (i, value) => document.querySelector<HTMLElement>(`#item-I${i} [data-value=${value}]`),
  total: () => items.length,
  save: () => put({}),
  leave: async () => {
    store.close();
    host.replaceChildren();
    shown = "";
    opened.clear();
    chips.clear();
  },
  restore: async () => {
    await begin(id);
    return Object.keys(visit.answers).length;
  },
  show: async (i) => {
    show(sectionOf(`I${i}`).id, `I${i}`);
    await painted();
  },
};
window.bench = bench;
