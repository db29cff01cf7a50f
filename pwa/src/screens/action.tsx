/** One corrective action: what is asked, how it looked, and the answer with photos of how it looks now, as far as each has come. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { addProof, awaitProof, choose, forget, handIn, isOpen, replyTo, spotOf, takeBack, tryAgain, writable, writeReply } from "../data/actions";
import { network } from "../data/api";
import { me } from "../data/session";
import { actions, outlets, replies, settings } from "../data/sync";
import type { CorrectiveAction, Reply } from "../data/types";
import { complain, say, Screen } from "../ui/app";
import { TextField } from "../ui/controls";
import { Icon } from "../ui/icons";
import { businessDate } from "../rules/days";
import { limit, nearDate } from "../ui/moments";
import { read, sentence, words } from "../ui/text";
import { action as actionWords } from "./action_words";
import { CutOff } from "./cut_off";
import { Limit } from "./open_actions";
import { Proofs } from "./proofs";
import { take } from "./taking";
import { connected, Truth } from "./truth";

export function ActionScreen({ id }: { id: string }) {
  const w = words.value, a = actionWords.value;
  const action = actions.value.get(id);
  const reply = replyTo(action, replies.value.get(id));
  const busy = useSignal(0);
  const storing = useSignal(false);
  const may = writable(action, reply);
  const name = outlets.value.get(action?.outlet_id ?? "")?.name ?? reply?.outlet.name ?? "";
  const submit = async () => {
    if (!reply?.answer.trim() && !reply?.files.length) { say(a.empty, { bad: true }); return; }
    storing.value = true;
    try {
      await handIn(id);
      say(network.value === "online" && connected.value ? a.sent : a.queued);
    } catch (problem) {
      complain(problem);
    } finally {
      storing.value = false;
    }
  };
  const spot = spotOf(id);
  const add = (from: "camera" | "album") => void take(from, spot, awaitProof(id), busy, { maxPx: settings.value.photo_px, targetBytes: settings.value.photo_bytes, original: false }, (picture) => addProof(id, picture, from));
  const mine = reply && !reply.made ? reply : null;
  const files = mine ?? (action && !may ? action : { files: [] });
  return (
    <Screen name="action" title={name || a.title} kind={a.title} up="/today" aside={action && <span class="tags"><Limit action={action} /></span>}
      foot={may && <button type="button" class="primary next wide" data-testid="hand-in" disabled={storing.value || busy.value > 0} onClick={() => void submit()}>{storing.value ? a.sending : a.send}</button>}>
      <Truth />
      {!action && !reply && <p class="notice" role="status">{a.gone}</p>}
      {action?.state === "reopened" && action.note && (may || reply?.state === "draft") && <section class="notice bad" data-testid="reopened"><Icon name="warn" /><span><b>{a.why}</b><br />{action.note}{action.answer && <small>{a.earlier(action.answer)}</small>}</span></section>}
      <Asked action={action} reply={reply} />
      {reply && <Trouble action={action} reply={reply} />}
      {action && (
        <Proofs key={id} id={id} before={action.before.map(({ sha256 }) => sha256)} files={files.files} editable={may}>
          {may && (
            <>
              <button type="button" class="add main-add" data-testid="proof-camera" onClick={() => add("camera")}><Icon name="camera" /><span>{w.takePhoto}</span></button>
              <button type="button" class="add" data-testid="proof-album" onClick={() => add("album")}><Icon name="album" /><span>{w.fromAlbum}</span></button>
            </>
          )}
        </Proofs>
      )}
      <CutOff spot={spot} />
      <p class="under" role="status">{busy.value > 0 && w.photoBusy(busy.value)}</p>
      {may && <section class="block"><h2>{a.answer}</h2><TextField label={a.answer} hideLabel placeholder={a.hint} rows={4} value={reply?.answer ?? ""} testId="reply" onSet={(text) => writeReply(id, text.slice(0, 4000))} /></section>}
      {!may && mine?.state !== "draft" && (mine?.answer || action?.answer) && <section class="block"><h2>{a.answer}</h2><p class="said-words">{mine?.answer || action?.answer}</p></section>}
      {reply && reply.state !== "draft" || action && !may && !isOpen(action) ? <section class="block"><Ladder action={action} reply={reply?.state === "draft" ? null : reply} /></section> : null}
      {action && !may && reply?.state === "draft" && <Left id={id} reply={reply} />}
      {action?.state === "answered" && me.value?.permissions.includes("accept_actions") && <a class="button outline wide" data-testid="to-console" href={`/actions/${id}`}>{a.check}</a>}
    </Screen>
  );
}

function Asked({ action, reply }: { action: CorrectiveAction | undefined; reply: Reply | null }) {
  const w = words.value, a = actionWords.value;
  const made = reply?.made;
  if (!action && !made) return null;
  const due = action ? limit(action.due_at, Date.now()) : nearDate(made!.due, businessDate(Date.now()));
  const line = [a.due(w.until(due)), (action ?? made)!.who && a.who((action ?? made)!.who), action && a.sorts[action.sort], action && a.levels[action.level]];
  const what = (action ?? made)!.what;
  return (
    <section class="block asked" data-testid="asked">
      <h2>{a.asked}</h2>
      <p>{what || read(action?.item_text)}</p>
      {action?.item_text && what && what !== read(action.item_text) && <p class="under"><b>{a.standard}</b> {read(action.item_text)}</p>}
      <p class="meta">{line.filter(Boolean).join(" · ")}</p>
    </section>
  );
}

/** What the person has to decide: why it did not go, or which of two answers counts. */
function Trouble({ action, reply }: { action: CorrectiveAction | undefined; reply: Reply }) {
  const w = words.value, a = actionWords.value;
  const { id, theirs } = reply;
  const act = (work: Promise<void>) => void work.catch(complain);
  if (reply.state === "conflict" && theirs) return (
    <section class="notice bad" data-testid="reply-conflict">
      <span>{a.conflictLead}</span>
      <dl class="answers two">
        <div><dt>{a.mine}</dt><dd>{reply.answer || a.noWords}<small>{w.photos} {reply.files.length}</small></dd></div>
        <div><dt>{a.theirs} · {a.states[theirs.state] ?? w.other}</dt><dd>{theirs.answer || a.noWords}<small>{w.photos} {theirs.files.length}</small></dd></div>
      </dl>
      <div class="buttons">
        <button type="button" class="outline" data-testid="keep-theirs" onClick={() => act(choose(id, "theirs"))}>{a.keepTheirs}</button>
        {isOpen(theirs) && <button type="button" class="outline" data-testid="use-mine" onClick={() => act(choose(id, "mine"))}>{a.useMine}</button>}
      </div>
    </section>
  );
  if (reply.state !== "refused") return null;
  return (
    <section class="notice bad" role="alert" data-testid="reply-refused">
      <Icon name="warn" /><span><b>{a.here["refused"]}</b><br />{sentence(reply.problem)}</span>
      <div class="buttons">
        <button type="button" class="outline" onClick={() => act(tryAgain(id))}><Icon name="retry" />{w.retry}</button>
        {action?.may_answer && isOpen(action) ? <button type="button" class="outline" onClick={() => act(takeBack(id))}>{a.edit}</button> : <Drop id={id} />}
      </div>
    </section>
  );
}

/** Written here, and by now answered or over without it. */
function Left({ id, reply }: { id: string; reply: Reply }) {
  const w = words.value, a = actionWords.value;
  return (
    <section class="block" data-testid="reply-left">
      <h2>{a.left}</h2>
      <p class="under">{a.leftHint}</p>
      <p class="said-words">{reply.answer || a.noWords}</p>
      <p class="meta">{w.photos} {reply.files.length}</p>
      <div class="buttons left"><Drop id={id} /></div>
    </section>
  );
}

function Drop({ id }: { id: string }) {
  const a = actionWords.value;
  const sure = useSignal(false);
  return <button type="button" class={sure.value ? "danger" : "outline"} data-testid="drop-reply" onClick={() => { if (sure.value) void forget(id).then(() => say(a.dropped), complain); else sure.value = true; }}><Icon name="trash" />{sure.value ? a.dropSure : a.drop}</button>;
}

/** On this phone → text received → photos n of m → all received → accepted, or to be redone. Of what was not answered here the end. */
function Ladder({ action, reply }: { action: CorrectiveAction | undefined; reply: Reply | null }) {
  const a = actionWords.value;
  const judged = action !== undefined && ["accepted", "reopened", "withdrawn"].includes(action.state) && reply?.state !== "waiting";
  const whole = judged || action?.state === "answered" || reply?.state === "sent";
  const text = whole || reply?.heard === true;
  const files = reply?.files.length ?? 0;
  const arrived = whole ? files : reply?.arrived.length ?? 0;
  const step = (label: ComponentChildren, done: boolean) => <li class={done ? "done" : ""}><span class="rung" aria-hidden="true">{done && <Icon name="check" />}</span><span>{label}{done && <span class="sr"> ✓</span>}</span></li>;
  return (
    <>
      <ol class="ladder" data-testid="reply-ladder" data-state={reply?.state ?? action?.state}>
        {reply && step(a.onPhone, true)}
        {reply && step(a.words, text)}
        {files > 0 && step(a.photos(arrived, files), text && arrived === files)}
        {step(a.whole, whole)}
        {step(judged ? a.states[action!.state] : a.judged, judged)}
      </ol>
      {reply?.state === "waiting" && reply.problem && <div class="why"><p><b>{words.value.why}: </b>{sentence(reply.problem)}</p></div>}
      {reply?.state === "waiting" && !reply.tried && !reply.made && <button type="button" class="quiet" data-testid="take-back" onClick={() => void takeBack(reply.id).catch(complain)}>{a.takeBack}</button>}
    </>
  );
}
