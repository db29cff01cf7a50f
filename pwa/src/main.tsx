/** The phone app starts here: open the store, who am I, first screen; the service worker comes when the screen stands. */
import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { entries, run, start } from "./data/outbox";
import { me, restore, takeUp } from "./data/session";
import { pull } from "./data/sync";
import { awaitingPhoto, visits } from "./data/visit";
import { register, visible } from "./device/lifecycle";
import { openSheet } from "./screens/sheet";
import { App } from "./shell";
import { applyLook, go, route, waiting } from "./ui/app";
import { firstLanguage, language, sentence } from "./ui/text";

async function begin(): Promise<void> {
  applyLook();
  effect(() => { document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en"; });
  effect(() => { waiting.value = entries.value.filter((entry) => entry.state !== "sent" && entry.kind !== "draft").length; });
  const session = (await restore()) ?? (navigator.onLine ? await takeUp() : null);
  await firstLanguage(session?.user.language);
  if (session) await firstPlace();
  const [screen, visit] = route.value.path;
  // The first thing drawn is the visit and not an empty screen.
  if (session && screen === "visit" && visit) await openSheet(visit);
  render(<App />, document.getElementById("app")!);
  void register();
  let started = false;
  effect(() => {
    if (!me.value || started) return;
    started = true;
    untracked(start);
  });
  let seen = visible.peek();
  effect(() => {
    if (visible.value && !seen && me.peek()) void pull().catch(() => undefined);
    seen = visible.value;
  });
  if (session) await pull().then(() => run("launch")).catch(() => undefined);
}

/** Back to the item whose camera was open when the page was killed; or where a shortcut of the home screen points. */
async function firstPlace(): Promise<void> {
  const photo = await awaitingPhoto().catch(() => null);
  if (photo?.item && visits.value.get(photo.visit)?.proof) { go(`/read/${photo.visit}`, { replace: true }); return; }
  if (photo?.item) { go(`/visit/${photo.visit}/${encodeURIComponent(photo.section ?? "")}?item=${encodeURIComponent(photo.item)}`, { replace: true }); return; }
  if (new URLSearchParams(location.search).get("open") === "outbox") go("/outbox", { replace: true });
}

begin().catch(async (problem: unknown) => {
  await firstLanguage().catch(() => undefined);
  const text = document.createElement("p");
  text.className = "notice bad";
  text.setAttribute("role", "alert");
  text.textContent = sentence(problem);
  document.getElementById("app")!.replaceChildren(text);
});
