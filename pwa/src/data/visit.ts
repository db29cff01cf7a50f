/** The open visit: each change is stored first and shown then. */
import { computed, effect, signal } from "@preact/signals";
import { needed } from "../rules/restrict";
import { only, prepare } from "../rules/score";
import { clockOffset } from "./api";
import { awaitingPhoto, cameraOpens, over } from "./awaited";
import { clock, instant, uuid } from "./clock";
import type { Db, Store, Tx } from "./db";
import { adopted, beginning as fresh, chosen, editable, leaving, mayProve, scored } from "./document";
import { hold, type Hold } from "./hold";
import { begin, elapsed, end, seconds, withLap } from "./laps";
import type { OpenVisit, Start } from "./open_visit";
import { keepWithRoom, named, photosIn, placed, proven, reference, row, withFile, withoutFile, type Picture } from "./photos";
import { PhoneProblem } from "./problem";
import { opened as openedFor, provable, proved, sealed } from "./proof";
import { atRest, db, photosOf, reload, underway, visits, write, written } from "./records";
import { piecesLeft } from "./sound";
import { assignments, checklists, outlets, remoteVisits, settings } from "./sync";
import { accepted } from "./values";
import type { Answer, Checklist, Item, PhotoRecord, Signature, VisitDocument, VisitRecord } from "./types";

export { awaitingPhoto, elapsed, visits };
export type { OpenVisit, Start } from "./open_visit";
export type { Picture } from "./photos";

interface Memory {
  /** Open in this page already: the same one again, or the page would wait for its own lock. */
  open: Map<string, Promise<OpenVisit>>;
  /** Started and not yet tapped. */
  begun: Map<string, { record: VisitRecord; checklist: Checklist }>;
}
/** By store, so that another user finds nothing of it. */
const memories = new WeakMap<Db, Memory>();

/** The id of a visit that will be stored with its first tap; an open one of the same assignment is taken up again.
 *  Rejects with `visit-unknown` (no such assignment or outlet here) or `checklist-unknown`. */
export async function startVisit(start: Start): Promise<string> {
  const assignment = typeof start === "string" ? assignments.value.get(start) ?? null : null;
  if (assignment) {
    const open = [...visits.value.values(), ...[...memory().begun.values()].map(({ record }) => record)]
      .find((record) => record.document.assignment_id === assignment.id && editable(record));
    if (open) return open.id;
  }
  const plan = typeof start === "string" ? assignment && { outletId: assignment.outlet_id, ...assignment } : start;
  const outlet = plan && outlets.value.get(plan.outletId);
  if (!plan || !outlet) throw new PhoneProblem("visit-unknown");
  const checklist = checklists.value.get(`${plan.checklist.id}@${plan.checklist.version}`);
  if (!checklist) throw new PhoneProblem("checklist-unknown", { detail: `${plan.checklist.id}@${plan.checklist.version}` });
  const recheckOf = (typeof start === "string" ? assignment?.recheck_of : start.recheckOf) ?? null;
  const record = fresh({ id: uuid(), outlet, kind: plan.kind, part: plan.part ?? null, checklist, assignment, recheckOf });
  memory().begun.set(record.id, { record, checklist });
  return record.id;
}

/** A visit of this phone, one just started, or a draft or returned one that the server has. */
export async function openVisit(id: string): Promise<OpenVisit> {
  const { open } = memory();
  const visit = open.get(id) ?? made(id, () => open.delete(id));
  open.set(id, visit);
  visit.catch(() => open.delete(id));
  return visit;
}

async function made(id: string, closed: () => void): Promise<OpenVisit> {
  const store = db();
  const beginning = memory().begun.get(id);
  const remote = remoteVisits.value.get(id);
  const base = visits.value.get(id) ?? beginning?.record
    ?? (remote?.document ? adopted(remote, remote.document, outlets.value.get(remote.outlet_id)) : undefined);
  if (!base) throw new PhoneProblem("visit-unknown", { detail: id });
  const name = `${base.document.checklist.id}@${base.document.checklist.version}`;
  // All at once: on a slow phone each way to the disk and back is a frame. A published checklist is the same wherever it is read.
  const holding = hold(`visit-${id}`);
  try {
    const [checklist, rows] = await Promise.all([beginning?.checklist ?? checklists.value.get(name) ?? store.get("checklists", name), beginning ? [] : photosOf(id)]);
    if (!checklist) throw new PhoneProblem("checklist-unknown", { detail: name });
    // The asked items with all that they need stay with the visit, whatever becomes of its assignment.
    return opened(base.items ? { ...base, items: needed(checklist, base.items) } : base, checklist, named(base, rows), await holding, closed, store);
  } catch (problem) {
    void holding.then((held) => held.release());
    throw problem;
  }
}

function memory(): Memory {
  const found = memories.get(db()) ?? { open: new Map(), begun: new Map() };
  memories.set(db(), found);
  return found;
}

type Write = Tx<Store, "readwrite">;
type Also = (tx: Write, record: VisitRecord) => Promise<unknown> | unknown;

function opened(start: VisitRecord, published: Checklist, rows: PhotoRecord[], held: Hold, closed: () => void, mine: Db): OpenVisit {
  const { id } = start, checklist = only(published, start.items);
  const items = new Map<string, Item>();
  for (const section of checklist.sections) for (const one of section.items) items.set(one.id, one);
  const prepared = prepare(checklist);
  /** Until the first tap the record lives here alone. */
  const beginning = signal(start);
  const record = computed(() => visits.value.get(id) ?? beginning.value);
  const photos = signal<readonly PhotoRecord[]>(rows);
  const readPhotos = async (): Promise<void> => void (photos.value = named(record.value, await photosOf(id, mine)));
  /** Pictures come and go from elsewhere too: another tab, and a picture or a voice note that came to the disk after its visit was left. */
  const files = computed(() => record.value.document.files);
  const stale = (): boolean => String(files.value.map((one) => one.sha256)) !== String(photos.peek().map((one) => one.sha256));
  const unwatch = effect(() => {
    // What this visit itself is adding it shows itself; what cannot be read is read when the visit is opened again.
    if (stale()) void written().then(() => (stale() ? readPhotos() : undefined)).catch(() => undefined);
  });
  const { begun } = memory();
  let mark: number | null = clock.mono();

  /** One change to the disk, with the time that was spent in the section until now. */
  const store = async (change: (found: VisitRecord) => VisitRecord, also?: Also, before?: () => Promise<void>): Promise<void> => {
    const now = clock.mono();
    const spent = mark === null ? 0 : Math.max(0, Math.round(now - mark));
    mark = now;
    await write(visits.value.get(id) ?? beginning.value, (found) => {
      const next = change(timed(found, spent));
      // What was submitted is kept to the letter, or the server would take it for something else when it comes again.
      return next.proof && !found.proof ? { ...next, proof: found.document } : next;
    }, async (tx, next) => {
      // It is nearly always there, and writing it again would hold up the first tap.
      const lists = tx.objectStore("checklists"), name = `${checklist.id}@${checklist.version}`;
      if (next.saves === 1 && !(await lists.getKey(name))) await lists.put(published, name);
      await also?.(tx, next);
    }, before, mine);
    begun.delete(id);
  };
  const open = (found: VisitRecord, name: string | null = null): VisitRecord => openedFor(found, checklist, name);
  const change = async (next: (document: VisitDocument, found: VisitRecord) => Partial<VisitDocument>, also?: Also, name: string | null = null): Promise<void> => {
    writable(name);
    await store((found) => edited(open(found, name), next(found.document, found)), also);
  };
  const writable = (name: string | null = null): void => {
    if (held.elsewhere.value) throw new PhoneProblem("visit-elsewhere");
    open(record.value, name);
  };
  const item = (name: string): Item => {
    const found = items.get(name);
    if (!found) throw new PhoneProblem("value-wrong", { detail: name });
    return found;
  };
  /** The item is also the place to come back to, should the phone die now. */
  const put = async (name: string, next: (answer: Answer) => Answer, also?: Also): Promise<void> => {
    const { id: at } = item(name);
    writable(at);
    await store((found) => {
      const part = answered(found.document, at, next);
      return { ...edited(open(found, at), { ...part, ...leaving(checklist, at, part) }), place: { ...found.place, item: at } };
    }, also);
  };
  /** What a cleared answer leaves: of a submitted visit the item waits for its proof again. */
  const emptied = (answer: Answer): Answer => (editable(record.value) ? answer : { ...answer, pending: true });
  const whole = (found: VisitRecord): VisitRecord => {
    const { missing } = scored(prepared, found.proof && mayProve(found) ? found : open(found));
    if (missing.length) throw new PhoneProblem("visit-incomplete", { missing });
    if (found.document.kind === "patrol" && !found.document.part) throw new PhoneProblem("part-missing");
    return found;
  };
  const findPhoto = (key: string): PhotoRecord => {
    const found = photos.value.find((photo) => photo.key === key);
    if (!found) throw new PhoneProblem("photo-not-here", { detail: key });
    if (sealed(record.value, found)) throw new PhoneProblem("visit-closed", { detail: record.value.state });
    return found;
  };
  const addRow = async (photo: PhotoRecord, gone: PhotoRecord | null, more: (document: VisitDocument) => Partial<VisitDocument>): Promise<void> => {
    await change((document, found) => ({ ...withFile(found, reference(photo), gone ?? photo).document, ...more(document) }), async (tx) => {
      await tx.objectStore("photos").put(photo);
      if (gone) await tx.objectStore("photos").delete(gone.key);
    }, photo.item);
    photos.value = placed(photos.value, photo, ({ key }) => key === photo.key || key === gone?.key);
  };
  const keep = async (picture: Picture, name: string | null = null): Promise<void> => { writable(name); await keepWithRoom(picture, mine); };

  const visit: OpenVisit = {
    id, record, checklist, items, photos, elsewhere: held.elsewhere,
    score: computed(() => scored(prepared, record.value)),
    savedAt: computed(() => (visits.value.has(id) && record.value.saves > 0 ? new Date(record.value.saved_at) : null)),
    editable: computed(() => editable(record.value) && !held.elsewhere.value),

    provable: computed(() => (held.elsewhere.value ? new Map() : provable(record.value, checklist))),
    proved: computed(() => proved(record.value)),
    sealed: (photo) => sealed(record.value, photo),

    takeOver: async () => {
      await held.takeOver();
      await reload(id);
      await readPhotos();
    },

    answer: async (name, value) => {
      const right = accepted(item(name), value);
      await put(name, ({ pending: _, ...answer }) => ({ ...answer, value: right, at: instant() }));
    },
    na: async (name) => {
      accepted(item(name), "na");
      await put(name, ({ pending: _, ...answer }) => ({ ...answer, value: "na", at: instant() }));
    },
    pending: async (name) => {
      if (item(name).later_hours === null) throw new PhoneProblem("value-wrong", { detail: name });
      await put(name, ({ value: _, ...answer }) => ({ ...answer, pending: true, at: instant() }));
    },
    clear: (name) => put(name, ({ value: _, pending: __, timer: ___, ...answer }) => emptied(answer)),
    note: (name, text) => put(name, ({ note: _, ...answer }) => (text.trim() ? { ...answer, note: text } : answer)),
    noPhoto: (name, reason) => put(name, ({ no_photo: _, ...answer }) => (reason?.trim() ? { ...answer, no_photo: reason } : answer)),
    setPart: (part) => change(() => ({ part })),

    goTo: async (section, name = null) => {
      if (record.value.place.section === section && record.value.place.item === name) { mark ??= clock.mono(); return; }
      if (visits.value.has(id) && editable(record.value) && !held.elsewhere.value) {
        await store((found) => ({ ...found, place: { section, item: name } }));
      } else {
        mark = clock.mono();
        beginning.value = { ...beginning.value, place: { section, item: name } };
      }
    },
    pause: async () => {
      if (visits.value.has(id) && editable(record.value) && !held.elsewhere.value && record.value.place.section !== null) await store((found) => found);
      mark = null;
    },

    awaitPhoto: async (name) => {
      writable(name);
      const { section } = record.value.place;
      await store((found) => ({ ...open(found, name), place: { section, item: name } }), (tx) => cameraOpens(tx, { visit: id, section, item: name }));
    },
    addPhoto: (name, picture, origin, kind = "photo") => underway(async () => {
      if (name !== null) item(name);
      // Voice notes are no photos, here as on the server.
      if (kind !== "audio" && photosIn(record.value.document) >= (settings.value.photos_max ?? 60)) throw new PhoneProblem("photo-too-many");
      await keep(picture, name);
      const photo = row(id, name, picture, origin, kind);
      // The same picture twice at one item is one picture; its caption stays.
      const before = photos.value.find(({ key }) => key === photo.key);
      await addRow(before ? { ...before, thumb: photo.thumb } : photo, null, ({ answers }) => {
        const { pending: waits, ...answer } = (name !== null && answers[name]) || {};
        const byFile = waits && name !== null && ["photo", "signature"].includes(item(name).kind);
        return byFile ? { answers: { ...answers, [name]: { ...answer, at: instant() } } } : {};
      });
      return photo;
    }),
    replacePhoto: (key, picture) => underway(async () => {
      const gone = findPhoto(key);
      await keep(picture, gone.item);
      const photo = { ...row(id, gone.item, picture, gone.origin, gone.kind), taken_at: gone.taken_at, caption: gone.caption };
      await addRow(photo, gone.key === photo.key ? null : gone, () => ({}));
      return photo;
    }),
    removePhoto: async (key) => {
      const gone = findPhoto(key);
      await change((_, found) => withoutFile(found, gone).document, (tx) => tx.objectStore("photos").delete(key), gone.item);
      photos.value = photos.value.filter((photo) => photo.key !== key);
    },
    caption: async (key, text) => {
      const photo = { ...findPhoto(key), caption: text };
      await change((_, found) => withFile(found, reference(photo)).document, (tx) => tx.objectStore("photos").put(photo), photo.item);
      photos.value = photos.value.map((one) => (one.key === key ? photo : one));
    },
    photoBlob: async (hash) => {
      const found = await db().get("bytes", hash);
      return found ? new Blob([found.bytes], { type: found.type }) : null;
    },

    startTimer: async (name) => {
      item(name);
      writable(name);
      await store((found) => ({ ...open(found, name), running: { ...found.running, [name]: found.running[name] ?? begin(clockOffset.value) } }));
    },
    stopTimer: async (name) => {
      writable(name);
      const running = record.value.running[name];
      if (!running) throw new PhoneProblem("timer-idle", { detail: name });
      const { lap, jump } = end(running, clockOffset.value, record.value.saved_at);
      await store((found) => {
        const timer = withLap(found.document.answers[name]?.timer, lap, jump);
        const { [name]: _, ...rest } = found.running;
        const stopped = edited(open(found, name), answered(found.document, name, ({ pending: __, ...answer }) => ({ ...answer, value: seconds(timer.laps), timer, at: lap[1] })));
        return { ...stopped, running: rest };
      });
    },
    editTimer: async (name, whole, reason) => {
      if (!reason.trim()) throw new PhoneProblem("reason-missing", { detail: name });
      const value = accepted(item(name), whole);
      await put(name, ({ pending: _, ...answer }) => ({ ...answer, value, timer: { laps: [], ...answer.timer, edited: reason }, at: instant() }));
    },
    resetTimer: async (name) => {
      item(name);
      writable(name);
      await store((found) => {
        const { [name]: _, ...rest } = found.running;
        return { ...edited(open(found, name), answered(found.document, name, ({ value: __, timer: ___, ...answer }) => emptied(answer))), running: rest };
      });
    },

    arrive: (place) => change((document) => ({ position: { ...document.position, start: place } })),
    leave: (place) => change((document) => ({ position: { ...document.position, end: place }, ...(!checklist.leaving && { left_at: instant() }) })),
    setNotes: (notes) => change((document) => ({ notes: { ...document.notes, ...notes } })),
    putAction: async ({ id: named, ...action }) => {
      const whole = { ...action, id: named ?? uuid() };
      await change((document) => ({
        actions: document.actions.some((one) => one.id === whole.id) ? document.actions.map((one) => (one.id === whole.id ? whole : one)) : [...document.actions, whole],
      }));
    },
    removeAction: (named) => change((document) => ({ actions: document.actions.filter((one) => one.id !== named) })),
    sign: async (role, name, picture, more = {}) => {
      const signature: Signature = { role, name, file: picture?.sha256 ?? null, at: instant(), ...more };
      const signed = (document: VisitDocument) => ({ signatures: [...document.signatures.filter((one) => one.role !== role), signature] });
      const before = record.value.document.signatures.find((one) => one.role === role)?.file;
      const gone = photos.value.find((photo) => photo.kind === "signature" && photo.item === null && photo.sha256 === before) ?? null;
      if (picture) {
        await keep(picture);
        await addRow(row(id, null, picture, null, "signature"), gone && gone.sha256 !== picture.sha256 ? gone : null, signed);
        return;
      }
      await change((document, found) => ({ ...(gone ? withoutFile(found, gone).document : {}), ...signed(document) }), async (tx) => {
        if (gone) await tx.objectStore("photos").delete(gone.key);
      });
      if (gone) photos.value = photos.value.filter((photo) => photo.key !== gone.key);
    },

    finish: () => {
      const { missing } = scored(prepared, record.value);
      return missing.length ? missing : null;
    },
    submit: async () => {
      if (held.elsewhere.value) throw new PhoneProblem("visit-elsewhere");
      // Behind it no picture finds its place any more.
      if (!atRest()) await written();
      let left = false;
      const queue = (): Promise<void> => store((found) => ({
        ...edited(whole(found), {
          // When the visit was left and finished does not change with its later proof.
          ...(!found.proof && { intent: "submit", finished_at: instant(), left_at: found.document.left_at ?? instant() }),
          phone_score: scored(prepared, found).score, app: __APP_VERSION__,
        }),
        state: "queued",
      }), (tx) => over(tx, id), async () => {
        const { document, known } = whole(record.value);
        left = editable(record.value) && (await piecesLeft(id));
        if (left) throw new PhoneProblem("visit-incomplete");
        // What another phone took is its to send.
        const here = new Set((await photosOf(id)).map((photo) => photo.sha256));
        for (const hash of new Set(document.files.map((file) => file.sha256))) {
          if (here.has(hash) && (!known.arrived.includes(hash) || (await db().get("bytes", hash)))) await proven(db(), hash);
        }
      });
      await queue().catch(async (problem: unknown) => {
        if (!left) throw problem;
        // What a kill cut off of a voice note goes along.
        await (await import("./voice")).gather(visit);
        await queue();
      });
    },
    discard: async (reason) => {
      if (!reason.trim()) throw new PhoneProblem("reason-missing");
      writable();
      if (visits.value.has(id)) await store((found) => ({ ...open(found), state: "discarded", discarded: reason, running: {} }));
      begun.delete(id);
    },
    choose: async (side, mix) => {
      await store((found) => chosen(found, side, mix));
      await readPhotos();
    },
    close: () => (mark !== null && visits.value.has(id) && editable(record.value) && record.value.place.section !== null && !held.elsewhere.value ? store((found) => found) : Promise.resolve()).finally(() => {
      mark = null;
      unwatch();
      held.release();
      closed();
    }),
  };
  return visit;
}

/** The record with the time spent since the last change; a visit begins with its first stored tap. */
function timed(record: VisitRecord, spent: number): VisitRecord {
  const { section } = record.place;
  const started = record.saves === 0 && record.known.etag === null ? { started_at: instant() } : {};
  const { section_ms } = record.document;
  return edited(record, { ...started, ...(section !== null && spent > 0 && { section_ms: { ...section_ms, [section]: (section_ms[section] ?? 0) + spent } }) });
}

/** The record with places of its document changed, and the offset of the clock wherever it is known by then. */
function edited(record: VisitRecord, part: Partial<VisitDocument>): VisitRecord {
  const clock_offset_ms = clockOffset.value ?? record.document.clock_offset_ms;
  return { ...record, document: { ...record.document, clock_offset_ms, ...part } };
}

/** One answer changed; a value that was given before and changes after leaving the outlet is marked. */
function answered(document: VisitDocument, item: string, next: (answer: Answer) => Answer): Partial<VisitDocument> {
  const before = document.answers[item];
  const after = next(before ?? {});
  const { [item]: _, ...others } = document.answers;
  const answers = Object.keys(after).some((key) => key !== "at") ? { ...others, [item]: after } : others;
  const changed = document.left_at !== null && before?.value !== undefined && JSON.stringify(before.value) !== JSON.stringify(after.value);
  return { answers, changed_after_end: changed ? [...new Set([...document.changed_after_end, item])] : document.changed_after_end };
}
