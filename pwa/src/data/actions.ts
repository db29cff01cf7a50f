/** What is said to corrective actions on this phone: stored first, photos by themselves, sent by the one outbox when it is handed in. */
import { cameraOpens, over, type Spot } from "./awaited";
import { instant, uuid } from "./clock";
import type { Store, Tx } from "./db";
import { run } from "./outbox";
import { keepWithRoom, placed, proven, row, type Picture } from "./photos";
import { PhoneProblem } from "./problem";
import { db, written } from "./records";
import { actions, outlets, replies, settings } from "./sync";
import type { CorrectiveAction, Day, Origin, Reply, Sha256 } from "./types";

const OPEN = ["open", "reopened"];

/** Whether somebody has still to answer it. */
export const isOpen = ({ state }: CorrectiveAction): boolean => OPEN.includes(state);

/** What this phone says to an action now. What was sent is over when an action that was made here is there, and when one that was
 *  answered here is reopened after it. */
export function replyTo(action: CorrectiveAction | undefined, found: Reply | undefined): Reply | null {
  const over = found?.state === "sent" && action && (found.made !== null || (action.state === "reopened" && ![found.etag, found.to?.etag].includes(action.etag)));
  return found && !over ? found : null;
}

/** Whether this person may write an answer to it, or go on with one. */
export function writable(action: CorrectiveAction | undefined, reply: Reply | null): boolean {
  return action?.may_answer === true && isOpen(action) && (reply === null || reply.state === "draft");
}

export const writeReply = (id: string, answer: string): Promise<void> => change(id, (reply) => ({ ...open(reply), answer }));

/** The bytes are on disk before the row, and the row before the picture shows. Rejects with `photo-too-many`. */
export async function addProof(id: string, picture: Picture, origin: Origin): Promise<void> {
  if ((replyTo(actions.value.get(id), replies.value.get(id))?.files.length ?? 0) >= (settings.value.photos_max ?? 60)) throw new PhoneProblem("photo-too-many");
  await keepWithRoom(picture);
  const photo = row(id, null, picture, origin, "photo");
  const { sha256, bytes, type, taken_at } = photo;
  await change(id, (reply) => ({ ...open(reply), files: placed(reply.files, { sha256, bytes, type, taken_at, origin }, (one) => one.sha256 === sha256) }), (tx) => tx.objectStore("photos").put(photo));
}

/** Its row goes with it, and a day later its bytes, as with every photo. */
export function removeProof(id: string, hash: Sha256): Promise<void> {
  return change(id, (reply) => ({ ...open(reply), files: reply.files.filter(({ sha256 }) => sha256 !== hash) }), (tx) => tx.objectStore("photos").delete(`${id}//${hash}`));
}

export const captionProof = (id: string, hash: Sha256, caption: string): Promise<void> =>
  change(id, (reply) => ({ ...open(reply), files: reply.files.map((one) => (one.sha256 === hash ? { ...one, caption: caption.trim() || null } : one)) }));

/** Where pictures for it go. */
export const spotOf = (id: string): Spot => ({ visit: id, section: null, item: id, place: `/action/${id}` });

/** Durable mark before the camera opens, so that a phone that is killed under it comes back here. */
export const awaitProof = (id: string): Promise<void> => db().tx(["meta"], "readwrite", async (tx) => void (await cameraOpens(tx, spotOf(id))));

/** Hands the answer in, after every picture in the making is stored and every byte was read back; sent at once where there is a network. Rejects with `reason-missing` for
 *  one without a word or photo, `photo-damaged`, `photo-not-here`. */
export async function handIn(id: string): Promise<void> {
  await written();
  const reply = replies.value.get(id);
  if (!reply?.answer.trim() && !reply?.files.length) throw new PhoneProblem("reason-missing");
  for (const { sha256 } of reply.files) if (!reply.arrived.includes(sha256)) await proven(db(), sha256);
  // It answers what the screen shows now, which may be newer than what stood there when the first word was written.
  const now = actions.value.get(id);
  await change(id, (found) => ({ ...open(found), state: "waiting", answer: found.answer.trim(), at: instant(), ...(now && { to: now, etag: now.etag }) }), (tx) => over(tx, id));
  await run("visible");
}

/** Asks for something to be put right at an outlet; gives the id of the action. */
export async function makeAction(outlet: string, made: { what: string; due: Day; who: string; item?: string | null }): Promise<string> {
  const id = uuid();
  await put({ ...blank(id, outlet), made: { item: null, ...made }, state: "waiting" });
  await run("visible");
  return id;
}

/** Back to writing: what was refused, or what no request has left with yet. */
export const takeBack = (id: string): Promise<void> => change(id, (reply) => (reply.state === "refused" || (reply.state === "waiting" && !reply.tried) ? { ...reply, ...AFRESH, state: "draft", to: actions.value.get(id) ?? reply.to, etag: actions.value.get(id)?.etag ?? reply.etag } : reply));

/** The person asks for it again, at once. */
export async function tryAgain(id: string): Promise<void> {
  await change(id, (reply) => (reply.state === "refused" ? { ...reply, state: "waiting", tries: 0, next_at: 0 } : reply));
  await run("tap");
}

/** Ends a conflict: this phone's answer is sent in place of the other, or stays here as a draft that nobody has to send. */
export async function choose(id: string, side: "mine" | "theirs"): Promise<void> {
  await change(id, (reply) => (reply.theirs ? { ...reply, ...AFRESH, to: reply.theirs, etag: reply.theirs.etag, state: side === "mine" ? "waiting" : "draft" } : reply));
  await run("tap");
}

/** Throws away what was written here and is not at the server. */
export async function forget(id: string): Promise<void> {
  await db().tx(["replies", "photos"], "readwrite", async (tx) => {
    await tx.objectStore("replies").delete(id);
    for (const key of await tx.objectStore("photos").index("visit").getAllKeys(id)) await tx.objectStore("photos").delete(key);
  });
  show(id, null);
}

const AFRESH = { tries: 0, next_at: 0, problem: null, theirs: null, tried: false, heard: false } as const;

function blank(id: string, outlet: string): Reply {
  const to = actions.value.get(id) ?? null;
  return {
    id, outlet: { id: outlet, name: outlets.value.get(outlet)?.name ?? "" }, to, made: null, answer: "", files: [], state: "draft", at: instant(), etag: to?.etag ?? null, arrived: [], ...AFRESH,
  };
}

/** The reply as it may be changed. Rejects with `reply-closed`: it is on its way, or there. */
function open(reply: Reply): Reply {
  if (reply.state !== "draft") throw new PhoneProblem("reply-closed");
  return reply;
}

type Also = (tx: Tx<Store, "readwrite">) => Promise<unknown>;

/** Reads, changes and writes in one transaction, so that two pages of one person lose nothing of each other. */
async function change(id: string, to: (reply: Reply) => Reply, also?: Also): Promise<void> {
  const action = actions.value.get(id);
  const next = await db().tx<Store, "readwrite", Reply>(["replies", "photos", "meta"], "readwrite", async (tx) => {
    const found = replyTo(action, await tx.objectStore("replies").get(id)) ?? blank(id, action?.outlet_id ?? "");
    const reply = to(found);
    await tx.objectStore("replies").put(reply);
    await also?.(tx);
    return reply;
  });
  show(id, next);
}

async function put(reply: Reply): Promise<void> {
  await db().tx(["replies"], "readwrite", (tx) => tx.objectStore("replies").put(reply));
  show(reply.id, reply);
}

function show(id: string, reply: Reply | null): void {
  const all = new Map(replies.value);
  if (reply) all.set(id, reply);
  else all.delete(id);
  replies.value = all;
}
