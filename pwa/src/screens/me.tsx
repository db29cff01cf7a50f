/** Me: who I am, language and looks, storage and version, how to install, and logging out without losing anything. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { network } from "../data/api";
import { run, summary } from "../data/outbox";
import { me, unsent, unsentAnswers } from "../data/session";
import { signOut } from "../data/signing";
import { lastSync } from "../data/sync";
import { canInstall, install, persist, persisted, room, standalone, takeOver, updateWaiting } from "../device/lifecycle";
import { complain, Dialog, go, look, say, Screen, setLook, type Theme } from "../ui/app";
import { Bar, Choices, LineField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { setLanguage } from "./language";
import { more } from "./more";
import { noticeWords } from "./notices";
import { Privacy } from "./privacy";
import { nearInstant, size } from "../ui/moments";
import { language, words } from "../ui/text";
import { ClockOff } from "./truth";

export function MeScreen() {
  const w = words.value;
  const m = more.value;
  const session = me.value;
  return (
    <Screen name="me" title={m.meTitle} tabs bar={<ClockOff />}>
      <section class="block person"><span class="face" aria-hidden="true">{session?.user.name.slice(0, 1)}</span><div><h2>{session?.user.name}</h2><p class="meta">{[w.roles[session?.user.role ?? ""], session?.user.username].filter(Boolean).join(" · ")}</p></div></section>
      {updateWaiting.value && <section class="block"><h2>{w.newVersion}</h2><p class="under">{m.newVersionLead}</p><button type="button" class="primary wide" onClick={takeOver}>{w.updateNow}</button></section>}
      <section class="block settings">
        <h2 id="set-language">{m.languageLabel}</h2>
        <Choices labelledBy="set-language" layout="row" value={language.value} options={[{ id: "zh", label: "中文" }, { id: "en", label: "English" }]} onPick={(id) => setLanguage(id, { chosen: true }).catch(complain)} />
        <h2 id="set-text">{m.textSize}</h2>
        <Choices labelledBy="set-text" layout="row" value={String(look.value.text)} options={Object.entries(m.textSizes).map(([id, label]) => ({ id, label }))} onPick={async (id) => setLook({ text: Number(id) })} />
        <h2 id="set-theme">{m.theme}</h2>
        <Choices labelledBy="set-theme" layout="row" value={look.value.theme} options={Object.entries(m.themes).map(([id, label]) => ({ id, label }))} onPick={async (id) => setLook({ theme: id as Theme })} />
      </section>
      <Privacy />
      <Storage />
      <Install />
      <section class="block"><h2>{w.version}</h2><p class="meta">{__APP_VERSION__} · {updateWaiting.value ? w.newVersion : m.upToDate}</p><p class="meta">{m.lastSync} {lastSync.value ? nearInstant(lastSync.value.toISOString(), Date.now()) : m.never}</p></section>
      <button type="button" class="outline wide" data-testid="notices" onClick={() => go("/notices")}>{noticeWords.value.title}</button>
      <button type="button" class="outline wide" data-testid="doctor" onClick={() => go("/doctor")}>{m.check}</button>
      <button type="button" class="outline wide" data-testid="password" onClick={() => go("/password")}>{w.passwordTitle}</button>
      <LogOut />
    </Screen>
  );
}

function Storage() {
  const m = more.value;
  const space = useSignal<Awaited<ReturnType<typeof room>>>(null);
  useEffect(() => { room().then((found) => (space.value = found), () => undefined); }, []);
  const kept = persisted.value === "yes";
  return (
    <section class="block">
      <h2>{m.storage}</h2>
      {space.value && <><p class="meta">{m.storageUsed(size(space.value.used), size(space.value.free))}</p><Bar done={space.value.used} all={space.value.quota} /></>}
      <p class={`under ${kept ? "good" : "warn-line"}`}><Icon name={kept ? "check" : "warn"} />{kept ? m.storageKept : m.storageMay}</p>
      {!kept && <button type="button" class="outline wide" onClick={() => void persist()}>{m.keepStorage}</button>}
    </section>
  );
}

function Install() {
  const m = more.value;
  if (standalone()) return <section class="block"><h2>{m.install}</h2><p class="under good"><Icon name="check" />{m.installed}</p></section>;
  return (
    <section class="block">
      <h2>{m.install}</h2>
      <p class="under">{m.installLead}</p>
      {canInstall.value ? <button type="button" class="primary wide" onClick={() => void install()}>{m.installNow}</button>
        : <button type="button" class="outline wide" data-testid="guide" onClick={() => go("/install")}>{m.guide}</button>}
    </section>
  );
}

/** Logging out is refused while something is unsent, unless the loss is named and typed over; erasing is typed always. */
function LogOut() {
  const w = words.value;
  const m = more.value;
  const asking = useSignal(false);
  const busy = useSignal(false);
  const typed = useSignal("");
  const tried = useSignal(false);
  // Drafts count as well: what the server has not is gone for whoever does not come back.
  const answers = unsentAnswers();
  const visits = unsent() - answers;
  const { photos } = summary.value;
  const guarded = visits + photos + answers > 0;
  const leave = async (force: boolean) => {
    tried.value = true;
    if (!sure) return;
    busy.value = true;
    try {
      const left = await signOut({ force, erase });
      go("/today", { replace: true });
      // After the way, which takes every complaint away.
      if (left !== "locked") say(erase ? m.eraseWaits : left === "kept" ? m.logOutOpen : m.logOutReadable, { bad: true });
    } catch (problem) {
      complain(problem);
    } finally {
      busy.value = false;
    }
  };
  /** The one way in which unsent work goes from this phone without having arrived, and all else with it. */
  const word = typed.value.trim().toLowerCase();
  const erase = word === m.eraseWord;
  const sure = erase || word === m.logOutWord || (!guarded && !word);
  return (
    <div class="discard">
      <button type="button" class="outline wide" data-testid="log-out" onClick={() => { asking.value = true; typed.value = ""; tried.value = false; }}>{m.logOut}</button>
      {asking.value && (
        <Dialog title={m.logOut} name="log-out" onClose={() => (asking.value = busy.value)}>
          {guarded ? (
            <>
              <p class="warn-line"><Icon name="warn" />{m.logOutUnsent(visits, photos, answers)}</p>
              <button type="button" class="primary wide" onClick={() => { asking.value = false; void run("tap"); go("/outbox"); }}>{m.logOutSend}</button>
            </>
          ) : <p>{m.logOutSure}</p>}
          <LineField label={guarded ? `${m.logOutType(m.logOutWord)}${m.eraseType(m.eraseWord)}` : m.eraseSent(m.eraseWord)} value={typed.value} wrong={tried.value && !sure ? m.logOutWrong : null} onChange={(text) => (typed.value = text)} />
          {network.value === "offline" && <p class="under">{m.logOutOffline}</p>}
          <p class="under" role="status">{busy.value && (erase ? m.erasing : m.loggingOut)}</p>
          <div class="buttons">
            <button type="button" class="outline" disabled={busy.value} onClick={() => (asking.value = false)}>{w.cancel}</button>
            <button type="button" class="danger" disabled={busy.value} data-testid="log-out-now" onClick={() => void leave(guarded)}>{erase ? m.eraseNow : m.logOut}</button>
          </div>
        </Dialog>
      )}
    </div>
  );
}
