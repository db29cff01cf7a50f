/** Which screen the place in the app asks for, and what lies over every screen. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { needsLogin, network } from "./data/api";
import { leftOut, storageProblem, retryPending } from "./data/db";
import { me } from "./data/session";
import { takeOver, updateWaiting } from "./device/lifecycle";
import { FinishScreen } from "./screens/finish";
import { OutletScreen, OutletsScreen } from "./screens/outlet";
import { closeSheet, visitOpen } from "./screens/sheet";
import { TodayScreen } from "./screens/today";
import { VisitScreen } from "./screens/visit";
import { connected } from "./screens/truth";
import { complain, later, Message, route } from "./ui/app";
import { Icon } from "./ui/icons";
import { words } from "./ui/text";

/** Screens beside the way of a visit come in one file with all else that the first screen does not need, kept by the service worker like all others. */
const LoginScreen = later(() => import("./screens/beside").then((part) => part.LoginScreen));
const LoginSheet = later(() => import("./screens/beside").then((part) => part.LoginSheet));
const HelpScreen = later(() => import("./screens/beside").then((part) => part.HelpScreen));
const MeScreen = later(() => import("./screens/beside").then((part) => part.MeScreen));
const PasswordScreen = later(() => import("./screens/beside").then((part) => part.PasswordScreen));
const OutboxScreen = later(() => import("./screens/beside").then((part) => part.OutboxScreen));
const ActionScreen = later(() => import("./screens/beside").then((part) => part.ActionScreen));
const RecordScreen = later(() => import("./screens/beside").then((part) => part.RecordScreen));

/** Whoever has a first password may still put its change off, until the app is started anew. */
const putOff = signal(false);

export function App() {
  const session = me.value;
  const [name = "today", id = "", part] = route.value.path;
  // Another page may have ended the session over an open visit: it is let go of, or no other page could go on with it.
  const inVisit = session !== null && (name === "visit" || name === "read");
  useEffect(() => {
    if (!inVisit) void closeSheet().catch(complain);
  }, [inVisit]);
  return (
    <>
      {session && leftOut.value > 0 && <p class="wrong left-out" role="alert"><Icon name="warn" />{words.value.leftOut(leftOut.value)}</p>}
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
  if (name === "action") return <ActionScreen key={id} id={id} />;
  if (name === "outlets") return <OutletsScreen />;
  if (name === "outbox") return <OutboxScreen />;
  if (name === "password") return <PasswordScreen />;
  if (me.value?.must_change && !putOff.value && connected.value && network.value === "online") return <PasswordScreen onLater={() => (putOff.value = true)} />;
  if (name === "me") return <MeScreen />;
  if (/^(doctor|install|next|notices|rescue|shared)$/.test(name)) return <HelpScreen key={name} name={name} />;
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
