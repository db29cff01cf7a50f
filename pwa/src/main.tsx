/** The phone app starts here: open the store, who am I, first screen; the service worker comes when the screen stands. */
import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { needsLogin } from "./data/api";
import { storageProblem, retryPending } from "./data/db";
import { entries, run, start } from "./data/outbox";
import { me, restore, takeUp } from "./data/session";
import { pull } from "./data/sync";
import { awaitingPhoto, visits } from "./data/visit";
import { register, takeOver, updateWaiting, visible } from "./device/lifecycle";
import { FinishScreen } from "./screens/finish";
import { OutletScreen, OutletsScreen } from "./screens/outlet";
import { closeSheet, visitOpen } from "./screens/sheet";
import { TodayScreen } from "./screens/today";
import { VisitScreen } from "./screens/visit";
import { applyLook, complain, go, later, Message, route, waiting } from "./ui/app";
import { Icon } from "./ui/icons";
import { firstLanguage, language, sentence, words } from "./ui/text";

/** Screens beside the way of a visit are files of their own, kept by the service worker like all others. */
const LoginScreen = later(() => import("./screens/beside").then((part) => part.LoginScreen));
const LoginSheet = later(() => import("./screens/beside").then((part) => part.LoginSheet));
const MeScreen = later(() => import("./screens/beside").then((part) => part.MeScreen));
const OutboxScreen = later(() => import("./screens/beside").then((part) => part.OutboxScreen));
const RecordScreen = later(() => import("./screens/beside").then((part) => part.RecordScreen));

function App() {
  const session = me.value;
  const [name = "today", id = "", part] = route.value.path;
  const inVisit = name === "visit" || name === "read";
  useEffect(() => {
    if (!inVisit) void closeSheet().catch(complain);
  }, [inVisit]);
  return (
    <>
      {session ? <Now name={name} id={id} part={part} /> : <LoginScreen />}
      <NewVersion />
      <Message />
      {session && needsLogin.value && <LoginSheet />}
      <StorageStop />
    </>
  );
}

function Now({ name, id, part }: { name: string; id: string; part: string | undefined }) {
  if (name === "visit" && part === "finish") return <FinishScreen key={id} id={id} />;
  if (name === "visit") return <VisitScreen key={id} id={id} section={part} />;
  if (name === "read") return <RecordScreen key={id} id={id} />;
  if (name === "outlet") return <OutletScreen key={id} id={id} />;
  if (name === "outlets") return <OutletsScreen />;
  if (name === "outbox") return <OutboxScreen />;
  if (name === "me") return <MeScreen />;
  return <TodayScreen />;
}

/** A new version waits for a tap, and is offered only between visits. */
function NewVersion() {
  const w = words.value;
  if (!updateWaiting.value || visitOpen.value) return null;
  return <div class="new-version" role="status"><span>{w.newVersion}</span><button type="button" class="quiet" data-testid="update" onClick={takeOver}>{w.updateNow}</button></div>;
}

/** The store does not answer: nothing may be typed that would be lost, so the screen says how to go on. */
function StorageStop() {
  const problem = storageProblem.value;
  if (problem !== "frozen" && problem !== "damaged") return null;
  const w = words.value;
  return (
    <div class="storage-stop" role="alertdialog" aria-modal="true" aria-labelledby="storage-stop">
      <Icon name="warn" />
      <h2 id="storage-stop">{w.storageStop}</h2>
      <p>{w.problems[`storage-${problem}`]}</p>
      <button type="button" class="primary" onClick={() => void retryPending().catch(() => false).then((stored) => { if (stored) storageProblem.value = null; else location.reload(); })}>{w.reopen}</button>
    </div>
  );
}

async function begin(): Promise<void> {
  applyLook();
  effect(() => { document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en"; });
  effect(() => { waiting.value = entries.value.filter((entry) => entry.state !== "sent" && entry.kind !== "draft").length; });
  const session = (await restore()) ?? (navigator.onLine ? await takeUp() : null);
  await firstLanguage(session?.user.language);
  if (session) await firstPlace();
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

begin().catch((problem: unknown) => {
  const text = document.createElement("p");
  text.className = "notice bad";
  text.setAttribute("role", "alert");
  text.textContent = sentence(problem);
  document.getElementById("app")!.replaceChildren(text);
});
