/** Voice notes of a section: a button beside its title; behind it the recorder and what was recorded. */
import { effect, signal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { settings } from "../data/sync";
import type { PhotoRecord } from "../data/types";
import type { OpenVisit } from "../data/visit";
import { keepTold, told as heard } from "../data/told";
import { gather, speak, unsay } from "../data/voice";
import { stayAwake, visible } from "../device/lifecycle";
import { MOST_MS, NoSound, record, type Recording } from "../device/microphone";
import { complain, Dialog, say } from "../ui/app";
import { Icon } from "../ui/icons";
import { veiled } from "../ui/discreet";
import { clock, stopwatch } from "../ui/moments";
import { sentence, words } from "../ui/text";
import type { Sheet } from "./sheet";
import { voice } from "./voice_words";

/** The last seconds are counted down. */
const WARN_MS = 30_000;

/** What is being recorded; one at a time in the whole app. */
const running = signal<{ recording: Recording; begun: number } | null>(null);
/** Beats while something is recorded. */
const now = signal(0);

const lengthOf = (note: PhotoRecord): string => stopwatch(Math.round((Date.parse(note.ended_at ?? "") - Date.parse(note.taken_at ?? "")) / 1000) || 0);

/** Makes notes of what a kill cut off; what is still being recorded gathers itself. */
export function recover(visit: OpenVisit): void {
  if (!running.peek() && visit.editable.peek()) gather(visit).then((found) => { if (found) say(voice.peek().recovered(found)); }, complain);
}

export function VoiceNotes({ sheet, section }: { sheet: Sheet; section: string }) {
  const v = voice.value;
  const open = useSignal(false);
  const { visit } = sheet;
  const notes = useComputed(() => visit.photos.value.filter((one) => one.kind === "audio" && one.section === section)).value;
  useEffect(() => {
    recover(visit);
    return () => void running.peek()?.recording.stop();
  }, [section]);
  return (
    <>
      <button type="button" class={`voice-open${notes.length ? " some" : ""}`} aria-label={v.open(notes.length)} data-testid="voice" onClick={() => (open.value = true)}><Microphone />{notes.length > 0 && <b aria-hidden="true">{notes.length}</b>}</button>
      {open.value && <VoiceDialog visit={visit} section={section} notes={notes} onClose={() => { void running.peek()?.recording.stop(); open.value = false; }} />}
    </>
  );
}

function VoiceDialog({ visit, section, notes, onClose }: { visit: OpenVisit; section: string; notes: readonly PhotoRecord[]; onClose: () => void }) {
  const v = voice.value;
  const ground = settings.value.voice_ground ?? "";
  // Another ground is told again.
  const told = useSignal<boolean | null>(null);
  useEffect(() => void heard("voice-told").then((text) => (told.value = text === ground), complain), []);
  if (told.value === null) return null;
  return (
    <Dialog title={v.title} name="voice-notes" onClose={onClose}>
      {told.value ? (
        <>
          {visit.editable.value && <Recorder visit={visit} section={section} />}
          {notes.length ? <ul class="voices">{notes.map((note) => <Note key={note.key} visit={visit} note={note} />)}</ul> : <p class="under">{v.none}</p>}
          <p class="under">{v.rule}</p>
          <div class="buttons"><button type="button" class="outline" data-testid="voice-close" onClick={onClose}>{words.value.done}</button></div>
        </>
      ) : (
        <>
          <p>{v.rule}</p>
          <p>{v.after}</p>
          <p class="under">{v.ground(ground)}</p>
          <div class="buttons"><button type="button" class="outline" onClick={onClose}>{words.value.cancel}</button><button type="button" class="primary" data-testid="voice-understood" onClick={() => { told.value = true; void keepTold("voice-told", ground).catch(complain); }}>{v.understood}</button></div>
        </>
      )}
    </Dialog>
  );
}

function Recorder({ visit, section }: { visit: OpenVisit; section: string }) {
  const v = voice.value;
  const wrong = useSignal<string | null>(null);
  const kept = useSignal(false);
  const busy = useSignal(false);
  const button = useRef<HTMLButtonElement>(null);
  const on = running.value;
  const left = useRef(false);
  useEffect(() => { button.current?.focus(); return () => { left.current = true; }; }, []);
  useEffect(() => {
    if (!on) return;
    const beat = setInterval(() => { now.value = performance.now(); }, 200);
    // Whoever looks at something else does not speak to us any more, and no recorder that is not seen runs on.
    const unseen = effect(() => { if (!visible.value || veiled.value) void on.recording.stop(); });
    const awake = stayAwake();
    return () => { clearInterval(beat); unseen(); void on.recording.stop(); void awake.then((end) => end()); };
  }, [on]);
  const start = async () => {
    if (busy.value) return;
    busy.value = true;
    wrong.value = null;
    kept.value = false;
    try {
      const spoken = speak(visit.id, section);
      let type = "";
      const recording = await record((bytes, ms) => spoken.piece(type, bytes, ms), (problem) => {
        running.value = null;
        gather(visit).then(() => { kept.value = problem === null; if (problem) wrong.value = sentence(problem); }, (failed: unknown) => (wrong.value = sentence(failed)));
      });
      type = recording.type;
      now.value = performance.now();
      running.value = { recording, begun: now.value };
      // It was asked for the microphone for so long that nobody waits for it any more.
      if (left.current) void recording.stop();
    } catch (problem) {
      wrong.value = problem instanceof NoSound ? v.troubles[problem.why] : sentence(problem);
    } finally {
      busy.value = false;
    }
  };
  const ms = on ? Math.max(0, now.value - on.begun) : 0;
  return (
    <div class={`recorder${on ? " on" : ""}`}>
      <p class="clock" aria-hidden="true">{on && <i class="pulse" />}{stopwatch(Math.floor(ms / 1000))}</p>
      <button type="button" ref={button} class={on ? "stop" : "go"} data-testid={on ? "voice-stop" : "voice-start"} disabled={busy.value} onClick={() => (on ? void on.recording.stop() : void start())}>{on ? <i aria-hidden="true" /> : <Microphone />}{on ? v.stop : v.start}</button>
      <p class="under" role="status">{on ? (ms > MOST_MS - WARN_MS ? `${v.running} · ${v.left(Math.ceil((MOST_MS - ms) / 1000))}` : v.running) : kept.value ? v.kept : v.most}</p>
      {wrong.value && <p class="wrong" role="alert">{wrong.value}</p>}
    </div>
  );
}

function Note({ visit, note }: { visit: OpenVisit; note: PhotoRecord }) {
  const v = voice.value;
  const bytes = useSignal<Blob | null | undefined>(undefined);
  const sure = useSignal(false);
  useEffect(() => { visit.photoBlob(note.sha256).then((found) => (bytes.value = found), () => (bytes.value = null)); }, [note.sha256]);
  const url = useMemo(() => (bytes.value ? URL.createObjectURL(bytes.value) : null), [bytes.value]);
  useEffect(() => () => { if (url) URL.revokeObjectURL(url); }, [url]);
  const name = v.note(clock(note.taken_at ?? ""), lengthOf(note));
  return (
    <li>
      <span class="name">{name}</span>
      {visit.editable.value && (sure.value
        ? <button type="button" class="danger" data-testid="voice-remove" onClick={() => void unsay(visit, note.key).catch(complain)}><Icon name="trash" />{v.sure}</button>
        : <button type="button" class="icon-button" aria-label={`${v.remove} ${name}`} onClick={() => (sure.value = true)}><Icon name="trash" /></button>)}
      {url ? <audio controls controlsList="nodownload noplaybackrate" preload="metadata" src={url} aria-label={name} /> : bytes.value === null && <span class="under">{v.gone}</span>}
    </li>
  );
}

function Microphone() {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M12 3a3 3 0 00-3 3v5a3 3 0 006 0V6a3 3 0 00-3-3zM5.500 11a6.500 6.500 0 0013 0M12 17.500V21M8.500 21h7" /></svg>;
}
