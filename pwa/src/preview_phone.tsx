/** The phone in the preview's frame: the app's own visit screens on a store in memory, begun and filled in from the panel beside it. */
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { instant, sha256 } from "./data/clock";
import { Db } from "./data/db";
import { leaving } from "./data/document";
import type { OpenVisit } from "./data/open_visit";
import { keepBytes, reference, row, type Picture } from "./data/photos";
import { write } from "./data/records";
import { restore } from "./data/session";
import { outlets } from "./data/sync";
import type { Checklist, PhotoRecord, Score, Session, Signature } from "./data/types";
import { openVisit, startVisit } from "./data/visit";
import { rest } from "./device/lifecycle";
import { sample, type How } from "./preview_answers";
import type { VisitFacts } from "./preview_facts";
import { own, sayNothingIsSent } from "./preview_words";
import { FinishScreen } from "./screens/finish";
import { setLanguage } from "./screens/language";
import { RecordScreen } from "./screens/record";
import { openSheet } from "./screens/sheet";
import { VisitScreen } from "./screens/visit";
import { applyLook, complain, go, Message, route, Screen } from "./ui/app";
import { Icon } from "./ui/icons";
import { language } from "./ui/text";

/** What the panel learns with every tap. */
export interface Told { score: Score; part: string | null; answered: number }
/** What the panel asks of the phone; each resolves when it stands on the screen. */
export interface Phone {
  begin(facts: VisitFacts): Promise<void>;
  fill(how: How, seed: number): Promise<void>;
  speak(language: string): Promise<void>;
}
/** What the panel leaves in the frame before the phone starts there. */
export interface Link { checklist: Checklist; language: string; tell(told: Told): void; ready(phone: Phone): void }

const session: Session = {
  user: { id: "preview", username: "preview", name: "样例 Sample", role: "area_manager", language: "zh" }, permissions: ["see_own_score"], csrf: "", server_time: "2026-01-01T00:00:00Z",
};
const OUTLET = "01930000-0000-7000-8000-000000000001";
/** Visit kinds of which Finish asks for signatures do not get far without them. */
const SIGNERS = ["inspector", "outlet"] as const;

const current = signal<OpenVisit | null>(null);
let facts: VisitFacts;
let picture: Promise<Picture | null> | null = null;

export async function startPhone(link: Link): Promise<void> {
  document.documentElement.classList.add("pv-inside");
  sayNothingIsSent();
  applyLook();
  await Promise.all([signedIn(link.checklist), setLanguage(link.language)]);
  document.addEventListener("click", stay);
  render(<Inside />, document.getElementById("app")!);
  effect(() => {
    const visit = current.value;
    if (visit) link.tell({ score: visit.score.value, part: visit.record.value.document.part, answered: Object.keys(visit.record.value.document.answers).length });
  });
  link.ready({ begin: (wanted) => begin(link.checklist, wanted), fill: (how, seed) => fill(link.checklist, how, seed), speak: setLanguage });
}

/** What signing in and a first sync would have left on the phone. */
async function signedIn(checklist: Checklist): Promise<void> {
  const phone = new Db("xunting");
  const mine = new Db(`xunting-${session.user.id}`);
  await phone.tx(["session"], "readwrite", (tx) => tx.objectStore("session").put(session, "current"));
  await mine.tx(["checklists"], "readwrite", (tx) => tx.objectStore("checklists").put(checklist, `${checklist.id}@${checklist.version}`));
  await Promise.all([phone.close(), mine.close()]);
  await restore();
}

/** A link to an address would load the page anew in the frame. */
function stay(event: MouseEvent): void {
  if ((event.target as Element).closest("a[href]")) event.preventDefault();
}

async function begin(checklist: Checklist, wanted: VisitFacts): Promise<void> {
  facts = wanted;
  const { kind, part, tier, setting } = wanted;
  outlets.value = new Map([[OUTLET, {
    id: OUTLET, code: "SAMPLE", name: language.peek() === "zh" ? "样例网点" : "Sample outlet", pinyin: "ylwd", tier, class: wanted.class, setting, status: "active", address: null, phone: null, position: null, area: null,
  }]]);
  const id = await startVisit({ outletId: OUTLET, kind, part, checklist: { id: checklist.id, version: checklist.version } });
  await openSheet(id);
  current.value = await openVisit(id);
  go(`/visit/${id}`, { replace: true });
  // The screen takes the focus a moment after it is drawn.
  await rest().then(rest);
}

/** Puts sample answers with their pictures in the place of all answers, in one change as a tap is one. */
async function fill(checklist: Checklist, how: How, seed: number): Promise<void> {
  const part = current.peek()!.record.peek().document.part;
  if (!current.peek()!.editable.peek()) await begin(checklist, facts);
  const visit = current.peek()!;
  const w = own.peek();
  const { answers, pictures } = sample(checklist, { ...facts, part }, how, seed, { text: w.text, note: w.note }, Date.now());
  const drawn = pictures.length ? await (picture ??= samplePicture()) : null;
  const photos: PhotoRecord[] = drawn ? pictures.map((item) => row(visit.id, item, drawn, "camera", visit.items.get(item)!.kind === "signature" ? "signature" : "photo")) : [];
  // Where this browser cannot make a picture, the reason stands in for it, as on a phone whose camera is broken.
  if (!drawn) for (const item of pictures) answers[item] = visit.items.get(item)!.kind === "signature" ? { value: w.sampleName } : { ...answers[item], no_photo: "broken" };
  if (drawn) await keepBytes(drawn);
  const signatures: Signature[] = SIGNERS.map((role) => ({ role, name: w.sampleName, file: null, at: instant() }));
  await write(visit.record.peek(), (found) => ({
    ...found, running: {},
    document: { ...found.document, answers, files: photos.map(reference), signatures, part, ...(checklist.leaving && leaving(checklist, checklist.leaving, { answers })) },
  }), async (tx) => {
    for (const key of await tx.objectStore("photos").index("visit").getAllKeys(visit.id)) await tx.objectStore("photos").delete(key);
    for (const photo of photos) await tx.objectStore("photos").put(photo);
  });
  // Reads the rows of the photos again.
  await visit.takeOver();
}

/** A drawn picture that says what it is; null where this browser makes no hashes, as on a page of an unsafe address. */
async function samplePicture(): Promise<Picture | null> {
  const canvas = document.createElement("canvas");
  canvas.width = 640;
  canvas.height = 480;
  const pen = canvas.getContext("2d")!;
  const paint = (colour: string, x: number, y: number, width: number, height: number) => { pen.fillStyle = colour; pen.fillRect(x, y, width, height); };
  paint("#cfe3df", 0, 0, 640, 480);
  paint("#9fc5bd", 0, 330, 640, 150);
  paint("#f7faf9", 90, 120, 460, 230);
  paint("#0b6e63", 90, 120, 460, 64);
  [130, 260, 390].forEach((x) => paint("#dfe9e7", x, 214, 110, 136));
  pen.fillStyle = "#ffffff";
  pen.font = "600 34px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.fillText("样例 SAMPLE", 320, 164);
  // At once, and not by toBlob, which browsers put off until nobody taps any more.
  const bytes = Uint8Array.from(atob(canvas.toDataURL("image/jpeg", 0.8).split(",")[1]!), (one) => one.charCodeAt(0)).buffer;
  const hash = await sha256(bytes).catch(() => null);
  return hash === null ? null : { bytes, sha256: hash, type: "image/jpeg", width: canvas.width, height: canvas.height, thumb: bytes, takenAt: instant() };
}

/** The screens of a visit; every other place of the app is named, and leads back. */
function Inside() {
  const [name = "", id = "", part] = route.value.path;
  return (
    <>
      {name === "visit" && part === "finish" ? <FinishScreen key={id} id={id} />
        : name === "visit" ? <VisitScreen key={id} id={id} section={part} />
        : name === "read" ? <><p class="notice pv-end" role="status"><Icon name="check" /><span>{own.value.nothingSent}</span></p><RecordScreen key={id} id={id} /></>
        : name ? <Away /> : null}
      <Message />
    </>
  );
}

function Away() {
  const w = own.value;
  const visit = current.value!;
  const open = visit.editable.value;
  const again = () => void begin(visit.checklist, facts).catch(complain);
  return (
    <Screen name="away" title={w.away}>
      <section class="block"><p>{w.awayLead}</p></section>
      {open && <button type="button" class="primary wide" data-testid="back-to-visit" onClick={() => go(`/visit/${visit.id}`, { replace: true })}>{w.backToVisit}</button>}
      <button type="button" class={open ? "outline wide" : "primary wide"} data-testid="again" onClick={again}>{w.again}</button>
    </Screen>
  );
}
