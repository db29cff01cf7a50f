/** The person's own notes, as any phone has them: a list, a page to write on, and nothing that tells of anything else. */
import { signal } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { storageProblem } from "../data/db";
import { keepNote, newNote, notes, removeNote, writeNote } from "../data/notes";
import { db } from "../data/records";
import type { Note } from "../data/types";
import { perUser } from "../data/user_memory";
import { Icon } from "../ui/icons";
import { businessDate } from "../rules/days";
import { clock, nearDate } from "../ui/moments";
import { words } from "../ui/text";
import { useTyping } from "../ui/typing";
import { cover } from "./cover_words";

/** The note that is open; it stays so while the notes are put away. */
const open = signal<string | null>(null);
/** The note that was deleted last, for as long as it can be had back. */
const gone = signal<Note | null>(null);
perUser(() => (open.value = gone.value = null));

/** Back to the list. */
export function leaveNote(): void {
  open.value = null;
}

export function NotesPage({ onLeave }: { onLeave: () => void }) {
  return open.value ? <Page key={open.value} id={open.value} /> : <List onLeave={onLeave} />;
}

function List({ onLeave }: { onLeave: () => void }) {
  const c = cover.value;
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  return (
    <div class="notes" data-testid="notes">
      <header><h1 ref={heading} tabIndex={-1}>{words.value.notes}</h1></header>
      <main>
        {notes.value.length === 0 && <div class="empty"><b>{c.empty}</b><p>{c.emptyHint}</p></div>}
        <ul>{notes.value.map((note) => <Line key={note.id} note={note} />)}</ul>
      </main>
      <footer>
        <NotSaved />
        <p class="gone" role="status">{gone.value && <><span>{c.removed}</span><button type="button" class="quiet" data-testid="note-undo" onClick={() => { const note = gone.peek(); gone.value = null; if (note) void keepNote(note); }}>{c.undo}</button></>}</p>
        <div class="row">
          <button type="button" class="count" data-testid="notes-count" onClick={onLeave}>{c.noteCount(notes.value.length)}<span class="sr">, {c.goOn}</span></button>
          <button type="button" class="icon-button" aria-label={c.newNote} data-testid="note-new" onClick={() => { gone.value = null; open.value = newNote(); }}><Icon name="plus" /></button>
        </div>
      </footer>
    </div>
  );
}

/** As lists of notes say it: the time of today's, the day of older ones. */
const when = (at: string, now: number): string => (businessDate(at) === businessDate(now) ? clock(at) : nearDate(businessDate(at), businessDate(now)));

function Line({ note }: { note: Note }) {
  const c = cover.value;
  const [title = "", ...more] = note.text.split("\n").map((line) => line.trim()).filter(Boolean);
  return (
    <li>
      <button type="button" onClick={() => { gone.value = null; open.value = note.id; }}>
        <b>{title || c.untitled}</b>
        <span><time dateTime={note.changed_at}>{when(note.changed_at, Date.now())}</time> {more.join(" ") || c.noMore}</span>
      </button>
    </li>
  );
}

function Page({ id }: { id: string }) {
  const c = cover.value;
  const note = notes.value.find((one) => one.id === id);
  const store = useMemo(db, []);
  const typing = useTyping<HTMLTextAreaElement>(note?.text ?? "", (text) => writeNote(id, text, store));
  // The keyboard comes up for a new note alone; an old one is read first.
  useLayoutEffect(() => { (note ? document.querySelector<HTMLElement>(".notes h1") : typing.ref.current)?.focus(); }, []);
  const remove = () => {
    leaveNote();
    if (!note) return;
    gone.value = { ...note, text: typing.ref.current?.value || note.text };
    void removeNote(id);
  };
  return (
    <div class="notes page" data-testid="note-page">
      <header>
        <button type="button" class="icon-button" aria-label={words.value.back} data-testid="note-back" onClick={leaveNote}><Icon name="back" /></button>
        <h1 tabIndex={-1}>{words.value.notes}</h1>
        <button type="button" class="icon-button" aria-label={words.value.remove} data-testid="note-remove" onClick={remove}><Icon name="trash" /></button>
      </header>
      <main>
        <textarea autocomplete="off" ref={typing.ref} {...typing.bind} aria-label={c.note} data-testid="note-text" defaultValue={note?.text ?? ""} aria-invalid={typing.problem.value ? true : undefined} />
        {typing.problem.value && <p class="wrong" role="alert">{typing.problem.value}</p>}
        <NotSaved />
      </main>
    </div>
  );
}

/** The store does not answer: what the screen below says about it is not seen here. */
function NotSaved() {
  return storageProblem.value ? <p class="wrong" role="alert">{cover.value.unsaved}</p> : null;
}
