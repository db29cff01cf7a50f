/** The photos of a visit in the outbox, each with how far it has come; shown when somebody opens them. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { withSignatures } from "../data/document";
import { fileStates, type FileState } from "../data/file_states";
import { heldBack, wifiOnly } from "../data/originals";
import { sendingFile } from "../data/outbox";
import { db, photosOf } from "../data/records";
import type { Checklist, PhotoRecord, Sha256, ShownEntry, VisitRecord } from "../data/types";
import { complain } from "../ui/app";
import { Icon, type IconName } from "../ui/icons";
import { brief, words } from "../ui/text";
import { Picture, thumbOf } from "./proofs";
import { recordWords } from "./record_words";

interface There { checklist: Checklist | undefined; rows: PhotoRecord[]; held: ReadonlyMap<Sha256, number> }

const MARKS: Partial<Record<FileState, IconName>> = { sent: "check", sending: "send", refused: "warn" };

export function FileLines({ record, entry }: { record: VisitRecord; entry: ShownEntry }) {
  const open = useSignal(false);
  if (entry.photos.all === 0) return null;
  return (
    <details class="files" onToggle={({ currentTarget }) => (open.value = currentTarget.open)}>
      <summary data-testid={`files-${record.id}`}>{recordWords.value.photos(entry.photos.all, withSignatures(record))}</summary>
      {open.value && <Lines record={record} entry={entry} />}
    </details>
  );
}

function Lines({ record, entry }: { record: VisitRecord; entry: ShownEntry }) {
  const w = words.value, r = recordWords.value;
  const there = useSignal<There | null>(null);
  const { checklist: { id, version } } = record.document;
  // What was refused stands in the rows, which change with each try.
  useEffect(() => {
    Promise.all([db().get("checklists", `${id}@${version}`), photosOf(record.id), heldBack(record.document)])
      .then(([checklist, rows, held]) => (there.value = { checklist, rows, held }), complain);
  }, [record, entry.state, sendingFile.value?.sha256, wifiOnly.value]);
  if (!there.value) return null;
  const { checklist, rows, held } = there.value;
  const items = new Map(checklist?.sections.flatMap((section) => section.items).map((item) => [item.id, item]));
  return (
    <ul>
      {fileStates(record, checklist, rows, held, sendingFile.value).map(({ file, state, percent }) => {
        const item = file.item === null ? undefined : items.get(file.item);
        return (
          <li key={file.sha256} class={state} data-testid={`file-${file.sha256}`} data-state={state}>
            <span class="shot"><Picture blob={thumbOf(rows.find(({ sha256 }) => sha256 === file.sha256))} of={file.sha256} alt="" thumb /></span>
            <span class="of">{item ? brief(item.text) : file.kind === "signature" ? r.signature : w.other}{file.caption && <small>{file.caption}</small>}</span>
            <b>{MARKS[state] && <Icon name={MARKS[state]} />}{percent === null ? r.states[state] : w.sendingPercent(percent)}</b>
          </li>
        );
      })}
    </ul>
  );
}
