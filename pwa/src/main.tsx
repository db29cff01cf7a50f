/** The start of the app: who am I, first screen; the service worker comes when the screen stands. */
import "./ui/text";
import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { network } from "./data/api";
import { cameraFresh, coverSet, hearCover } from "./data/cover_set";
import { entries, run, start, summary } from "./data/outbox";
import { hearPages, me, sealAll, stillMe, takeUp, tellLeaving } from "./data/session";
import { actions, assignments, pull, settings } from "./data/sync";
import "./data/told";
import type { Session } from "./data/types";
import { awaitingPhoto, visits } from "./data/visit";
import { register, visible } from "./device/lifecycle";
import { firstLanguage, languageAgain } from "./screens/language";
import { openSheet } from "./screens/sheet";
import { App } from "./shell";
import { applyLook, complain, go, route, waiting } from "./ui/app";
import { discreet } from "./ui/discreet";
import { language, sentence } from "./ui/text";

/** `restored`: whose data is on this phone, or why that cannot be read. */
export const begin = (restored: Promise<Session | null>): Promise<void> => shown(restored).catch(tell);

async function shown(restored: Promise<Session | null>): Promise<void> {
  applyLook();
  effect(() => { document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en"; });
  effect(() => { waiting.value = entries.value.filter((entry) => entry.state !== "sent" && (entry.kind !== "draft" || /^(conf|ref)/.test(entry.state))).length + summary.value.answers + summary.value.unread; });
  const session = (await restored) ?? (navigator.onLine ? await takeUp() : null);
  await firstLanguage(session?.user.language);
  if (session) await firstPlace();
  const [screen, visit] = route.value.path;
  // The first thing drawn is the visit and not an empty screen.
  if (session && screen === "visit" && visit) await openSheet(visit);
  render(<App />, document.getElementById("app")!);
  document.querySelector(".first-text")?.remove();
  void register();
  hearPages();
  addEventListener("online", () => {
    tellLeft();
    if (me.peek()) ask();
    void languageAgain(me.peek()?.user.language);
  });
  // The browser may speak of a network before there is one; an answer of the server is one.
  effect(() => { if (network.value === "online") void untracked(() => languageAgain(me.peek()?.user.language)); });
  let started = false;
  const learn = (told: boolean) => void coverSet().then((cover) => guard(cover, false, told)).catch(complain);
  let user = session?.user.id;
  hearCover(user, () => learn(true));
  effect(() => {
    const now = me.value?.user.id;
    if (now === user) return;
    user = now;
    hearCover(now, () => learn(true));
    if (now) untracked(() => { learn(false); void sealAll().catch(later); void awaitingPhoto().catch(later); });
  });
  effect(() => { if ([...assignments.value.values(), ...actions.value.values()].some((task) => task.before && Object.keys(task.before).length)) void import("./screens/beside").then((part) => part.fetchBefore()).catch(() => undefined); });
  // Only where the operator has a written ground for sound; then it is here before there is no network.
  effect(() => { if (settings.value.voice_notes) void import("./screens/voice").catch(() => undefined); });
  // Shoppers sign nothing; whoever has no pad types the name.
  effect(() => { if (me.value && me.value.user.role !== "shopper") void import("signature_pad").catch(() => undefined); });
  effect(() => {
    if (!me.value || started) return;
    started = true;
    untracked(start);
  });
  let seen = visible.peek();
  effect(() => {
    if (visible.value && !seen) {
      if (me.peek()) untracked(ask);
      else untracked(tellLeft);
    }
    seen = visible.value;
  });
  if (!session) return;
  await pull().then(() => run("launch")).catch(() => undefined);
  await sealAll().catch(later);
}

const ask = (): void => void stillMe().then(pull).catch(() => undefined);

const tellLeft = (): void => void tellLeaving().catch(() => undefined);

/** What is not sealed yet is so at the next start. */
const later = (problem: unknown): void => console.info("not sealed:", problem);

/** Back to the item whose camera was open when the page was killed, or where a shortcut of the home screen or an address points, or to
 *  an item whose pictures a kill cut off, or in discreet mode to what was left behind the notes. Notes and lock come first, but for the photo that was awaited until now. */
async function firstPlace(): Promise<void> {
  const [photo, cover] = await Promise.all([awaitingPhoto().catch(() => null), coverSet()]);
  const to = (place: string) => go(place, { replace: true });
  const outbox = new URLSearchParams(location.search).get("open") === "outbox";
  const back = photo?.at || !(outbox || location.hash) ? photo : null;
  if (back?.place) to(back.place);
  else if (back?.item) to(visits.value.get(back.visit)?.proof ? `/read/${back.visit}` : `/visit/${back.visit}/${encodeURIComponent(back.section ?? "")}?item=${encodeURIComponent(back.item)}`);
  else if (outbox) to("/outbox");
  else if (cover.place && !location.hash) to(cover.place);
  await guard(cover, !(photo?.item && cameraFresh(photo.at)));
}

/** Notes and lock are fetched where one of them is in use; with `begin` nothing is seen before them. `told`: by another page,
 *  which may have ended both. */
async function guard({ place, lock }: Awaited<ReturnType<typeof coverSet>>, begin: boolean, told = false): Promise<void> {
  discreet.value = place !== null;
  applyLook();
  if (told || discreet.value || lock) await (await import("./screens/cover")).guard(begin);
}

async function tell(problem: unknown): Promise<void> {
  await firstLanguage();
  const text = document.createElement("p");
  text.className = "notice bad";
  text.setAttribute("role", "alert");
  text.textContent = sentence(problem);
  document.getElementById("app")!.replaceChildren(text);
}
