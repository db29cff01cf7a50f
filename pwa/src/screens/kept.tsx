/** Versions of a visit that lost a choice between two: to read what is different in them, and to export them. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { versions, type Version } from "../data/kept";
import { named } from "../data/photos";
import { photosOf } from "../data/records";
import type { PhotoRecord } from "../data/types";
import { visits } from "../data/visit";
import { complain, Dialog, go } from "../ui/app";
import { Icon } from "../ui/icons";
import { nearInstant } from "../ui/moments";
import { read, words } from "../ui/text";
import { answerWords } from "./conflict_choice";
import { recordWords } from "./record_words";
import { ActionLines, NoteLines } from "./sent";
import type { Sheet } from "./sheet";
import { Shots } from "./shots";

/** In the record of the visit. */
export function Kept({ sheet }: { sheet: Sheet }) {
  const r = recordWords.value;
  const { id, record } = sheet.visit;
  const all = versions(record.value);
  const shown = useSignal<number | null>(null);
  const open = shown.value === null ? undefined : all[shown.value];
  if (!all.length) return null;
  return (
    <section class="block" data-testid="kept">
      <h2>{r.kept}</h2>
      <p class="under">{r.keptLead}</p>
      <ul class="jumps">
        {all.map((version, at) => <li key={at}><button type="button" data-testid="kept-version" onClick={() => (shown.value = at)}><span>{r.version(nearInstant(version.at, Date.now()))}</span><b>{version.items.length ? r.items(version.items.length) : r.same}</b><Icon name="next" /></button></li>)}
      </ul>
      <div class="buttons left"><button type="button" class="outline" data-testid="kept-export" onClick={() => go(`/rescue/kept/${id}`)}>{r.exportIt}</button></div>
      {open && <VersionDialog sheet={sheet} version={open} onClose={() => (shown.value = null)} />}
    </section>
  );
}

function VersionDialog({ sheet, version, onClose }: { sheet: Sheet; version: Version; onClose: () => void }) {
  const w = words.value, r = recordWords.value;
  const { visit } = sheet;
  const { document } = version;
  const photos = useSignal<readonly PhotoRecord[]>([]);
  useEffect(() => { photosOf(visit.id).then((rows) => (photos.value = named({ ...visit.record.peek(), document }, rows)), complain); }, [document]);
  const now = visit.record.value.document;
  const ids = [...visit.items.keys()].filter((id) => version.items.includes(id));
  const said = (id: string, { answers }: typeof now) => [answerWords(visit.items.get(id), answers[id]), answers[id]?.note].filter(Boolean).join(" · ");
  const pictures = (id: string) => now.files.filter(({ item, kind }) => item === id && kind !== "audio").length;
  return (
    <Dialog title={r.version(nearInstant(version.at, Date.now()))} name="version" onClose={onClose}>
      {document.device.length > 1 && <p class="meta">{document.device}</p>}
      <dl class="answers">
        {ids.map((id) => {
          const shots = photos.value.filter(({ item, kind }) => item === id && kind !== "audio");
          return <div key={id}><dt>{read(visit.items.get(id)?.text)}</dt><dd><b>{said(id, document)}</b></dd>{shots.length > 0 && <dd><Shots photos={shots} /></dd>}<dd class="meta">{r.now([said(id, now), pictures(id) > 0 && `${w.photos} ${pictures(id)}`].filter(Boolean).join(" · "))}</dd></div>;
        })}
      </dl>
      {version.notes && <><h3>{r.notes}</h3>{Object.values(document.notes).some(Boolean) ? <NoteLines document={document} /> : <p class="meta">{r.none}</p>}</>}
      {version.actions && <><h3>{r.actions}</h3>{document.actions.length ? <ActionLines sheet={sheet} document={document} /> : <p class="meta">{r.none}</p>}</>}
      {version.signatures && <><h3>{r.signatures}</h3><p class="meta">{document.signatures.map(({ name, refused }) => (refused ? w.signRefusedSet(refused) : name)).join(r.and) || r.none}</p></>}
      <div class="buttons"><button type="button" class="primary" onClick={onClose}>{w.close}</button></div>
    </Dialog>
  );
}

/** In the outbox: each visit that has some, drafts too. */
export function KeptList() {
  const r = recordWords.value;
  const all = [...visits.value.values()].filter(({ kept }) => kept.length > 0).sort((a, b) => (a.saved_at < b.saved_at ? 1 : -1));
  if (!all.length) return null;
  return (
    <section class="block" data-testid="kept-list">
      <h2>{r.kept}</h2>
      <ul class="jumps">{all.map(({ id, outlet, kept }) => <li key={id}><button type="button" data-testid={`kept-of-${id}`} onClick={() => go(`/read/${id}`)}><span>{outlet.name}</span><b>{r.keptCount(kept.length)}</b><Icon name="next" /></button></li>)}</ul>
    </section>
  );
}
