/** Sends what is said to corrective actions: the words, then the photos, then the words again, which tell whether all is there. */
import { ApiProblem, call, needsLogin, server } from "./api";
import { clock } from "./clock";
import type { Db } from "./db";
import { pause } from "./outbox";
import { db, photosOf } from "./records";
import { unopened } from "./seal";
import { sendFile } from "./send";
import { actions, load, pull, replies } from "./sync";
import type { CorrectiveAction, Reply } from "./types";

interface Saved { id: string; etag: string; state: string; files_missing: string[] }

/** Those that `due` says yes to, in the name of the user who is signed in now; the pull that follows says how the actions stand. */
export async function sendReplies(due: (reply: Reply) => boolean): Promise<void> {
  const store = db();
  const waiting = (await store.all("replies")).filter((reply) => reply.state === "waiting" && due(reply)).sort((a, b) => (a.at < b.at ? -1 : 1));
  // Another page has sent them.
  if (waiting.length === 0) await load();
  let heard = false;
  for (const reply of waiting) {
    // Somebody else's cookie must carry none of them.
    if (store !== server.of || needsLogin.value) return;
    // One whose photo does not open keeps none of the others.
    const problem = await send(reply.id, store).catch((why: unknown) => {
      if (!unopened(why)) throw why;
      return new ApiProblem("busy", { code: why.code, title: "", detail: "", status: 0 });
    });
    const next = await learn(reply.id, store, (found) => (found.state === "waiting" ? after(found, problem) : found));
    heard ||= next !== null && next.state !== "waiting";
    if (problem?.kind === "network") return;
  }
  if (heard) await pull().catch(() => undefined);
}

/** At launch: what was sent to actions that nobody tells of any more, with its photos. */
export async function tidyReplies(): Promise<void> {
  if (![...replies.value.values()].some(({ id, state }) => state === "sent" && !actions.value.has(id))) return;
  await db().whatOpens(["replies", "actions", "photos"], "readwrite", async (tx) => {
    const told = new Set(await tx.objectStore("actions").getAllKeys());
    for (const { id, state } of await tx.objectStore("replies").getAll()) {
      if (state !== "sent" || told.has(id)) continue;
      await tx.objectStore("replies").delete(id);
      for (const key of await tx.objectStore("photos").index("visit").getAllKeys(id)) await tx.objectStore("photos").delete(key);
    }
  });
  await load();
}

/** null: the server has all of it. */
async function send(id: string, store: Db): Promise<ApiProblem | null> {
  const first = await put(id, store);
  if ("problem" in first) return first.problem;
  if (first.missing.length === 0) return null;
  const rows = new Map((await photosOf(id, store)).map((photo) => [photo.sha256, photo]));
  let refused: ApiProblem | null = null;
  for (const hash of first.missing) {
    const photo = rows.get(hash);
    const problem = photo ? await sendFile(photo, store, "action") : new ApiProblem("refused", { code: "photo-not-here", title: "", detail: "", status: 0 });
    if (problem && problem.kind !== "refused") return problem;
    // One photo that the server does not want keeps none of the others.
    refused = problem ?? refused;
    if (!problem) await learn(id, store, (found) => ({ ...found, arrived: [...new Set([...found.arrived, hash])] }));
  }
  if (refused) return refused;
  const last = await put(id, store);
  if ("problem" in last) return last.problem;
  return last.missing.length ? new ApiProblem("busy", { code: "files-missing", title: "", detail: "", status: 0 }) : null;
}

async function put(id: string, store: Db, again = true): Promise<{ missing: string[] } | { problem: ApiProblem }> {
  // Stored before it leaves: from now on it is the same to the letter, whatever is heard of it.
  const reply = await learn(id, store, (found) => (found.state === "waiting" ? { ...found, tried: true } : found));
  // The person took it back.
  if (reply?.state !== "waiting") return { missing: [] };
  const body = reply.made ? { outlet_id: reply.outlet.id, ...reply.made } : { answer: reply.answer, files: reply.files, at: reply.at };
  const said = await call<Saved>("PUT", `/actions/${id}`, { body, etag: reply.made ? "none" : reply.etag ?? "none", of: store });
  if (said.ok) {
    const missing = said.data.files_missing;
    await learn(id, store, (found) => ({ ...found, heard: true, etag: said.data.etag, arrived: found.files.map(({ sha256 }) => sha256).filter((hash) => !missing.includes(hash)) }));
    return { missing };
  }
  const theirs = said.problem.kind === "conflict" && !reply.made ? (said.problem.facts["current"] as CorrectiveAction) : null;
  if (!theirs) return { problem: said.problem };
  const same = again && reply.to !== null && (["state", "what", "note", "answer", "files"] as const).every((name) => JSON.stringify(reply.to![name]) === JSON.stringify(theirs[name]));
  await learn(id, store, (found) => (same ? { ...found, etag: theirs.etag, to: theirs } : { ...found, theirs }));
  // It went up a level, or got another day: what was answered is still what is asked.
  return same ? put(id, store, false) : { problem: said.problem };
}

function after(reply: Reply, problem: ApiProblem | null): Reply {
  if (!problem) return { ...reply, state: "sent", problem: null, tries: 0 };
  const { kind, retryAfterMs } = problem;
  if (kind === "login") return reply;
  if (kind === "conflict" && !reply.made) return { ...reply, state: "conflict", problem: problem.asData() };
  if (["conflict", "refused"].includes(kind)) return { ...reply, state: "refused", problem: problem.asData() };
  const tries = reply.tries + 1;
  return { ...reply, tries, next_at: clock.now() + (retryAfterMs ?? pause(tries)), problem: problem.asData() };
}

/** Stored, then shown; null where the person has thrown it away meanwhile. */
async function learn(id: string, store: Db, change: (reply: Reply) => Reply): Promise<Reply | null> {
  const next = await store.tx(["replies"], "readwrite", async (tx) => {
    const found = await tx.objectStore("replies").get(id);
    if (!found) return null;
    const reply = change(found);
    await tx.objectStore("replies").put(reply);
    return reply;
  });
  if (next && store === server.of) replies.value = new Map(replies.value).set(id, next);
  return next;
}
