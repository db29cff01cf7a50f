/** What was sent of a visit beside its answers: the summary, corrective actions, signatures, and photos of no item. */
import type { ComponentChildren } from "preact";
import type { PhotoRecord, Signature, VisitDocument } from "../data/types";
import { businessDate } from "../rules/days";
import { clock, nearDate } from "../ui/moments";
import { brief, words } from "../ui/text";
import type { Sheet } from "./sheet";
import { recordWords } from "./record_words";
import { Shots, Whole } from "./shots";

export function Sent({ sheet }: { sheet: Sheet }) {
  const r = recordWords.value;
  const { document } = sheet.visit.record.value;
  const others = sheet.visit.photos.value.filter(({ item, kind }) => item === null && kind !== "signature" && kind !== "audio");
  return (
    <>
      {Object.values(document.notes).some(Boolean) && <Block title={r.notes} name="sent-notes"><NoteLines document={document} /></Block>}
      {document.actions.length > 0 && <Block title={r.actions} name="sent-actions"><ActionLines sheet={sheet} document={document} /></Block>}
      {others.length > 0 && <Block title={r.otherPhotos} name="sent-others"><Shots photos={others} /></Block>}
      {document.signatures.length > 0 && <Block title={r.signatures} name="sent-signatures">{document.signatures.map((one) => <Signed key={one.role} signature={one} photos={sheet.visit.photos.value} />)}</Block>}
    </>
  );
}

export function NoteLines({ document: { notes } }: { document: VisitDocument }) {
  const w = words.value;
  const titles = { strengths: w.strengths, watch: w.watch, improve: w.improve, how: w.how };
  return <dl class="answers">{(["strengths", "watch", "improve", "how"] as const).filter((key) => notes[key]).map((key) => <div key={key}><dt>{titles[key]}</dt><dd><b class="long">{notes[key]}</b></dd></div>)}</dl>;
}

export function ActionLines({ sheet, document: { actions } }: { sheet: Sheet; document: VisitDocument }) {
  const w = words.value;
  const name = (id: string | null) => { const item = id ? sheet.visit.items.get(id) : undefined; return item ? brief(item.text) : w.other; };
  return <dl class="answers">{actions.map((one) => <div key={one.id}><dt>{name(one.item)}</dt><dd><b class="long">{one.what}</b></dd><dd class="meta">{w.actionLine(nearDate(one.due, businessDate(Date.now())), one.who)}</dd></div>)}</dl>;
}

/** Drawn or typed it is a picture; refused, the reason stands in its place. */
function Signed({ signature: { role, name, title, file, at, refused }, photos }: { signature: Signature; photos: readonly PhotoRecord[] }) {
  const w = words.value, r = recordWords.value;
  const photo = file && photos.find(({ sha256 }) => sha256 === file);
  return (
    <div class="signing" data-testid={`sent-${role}`}>
      <div>
        <b>{role === "outlet" ? w.signOutlet : w.signInspector}</b>
        <p>{[name, title].filter(Boolean).join(" · ")}</p>
        {refused ? <p>{w.signRefusedSet(refused)}</p> : file ? <div class="inked"><Whole photo={photo || { sha256: file }} alt={r.picture(name)} /></div> : <p class="meta">{r.noPicture}</p>}
        <p class="meta">{r.signedAt(clock(at))}</p>
      </div>
    </div>
  );
}

function Block({ title, name, children }: { title: string; name: string; children: ComponentChildren }) {
  return <section class="block" data-testid={name}><h2>{title}</h2>{children}</section>;
}
