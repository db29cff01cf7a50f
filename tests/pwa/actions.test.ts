/** Corrective actions on the phone: stored first, answered without a network, sent whole and once, both sides kept where they differ. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { addProof, awaitProof, captionProof, choose, forget, handIn, isOpen, makeAction, removeProof, replyTo, takeBack, tryAgain, writable, writeReply } from "../../pwa/src/data/actions";
import { needsLogin } from "../../pwa/src/data/api";
import { fetchBefore } from "../../pwa/src/data/before";
import { Db } from "../../pwa/src/data/db";
import { run, start, summary } from "../../pwa/src/data/outbox";
import { beforeKey, dropReceived, sweep } from "../../pwa/src/data/photos";
import { db, photosOf } from "../../pwa/src/data/records";
import { unsent, unsentVisits } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { actions, pull, replies } from "../../pwa/src/data/sync";
import type { CorrectiveAction } from "../../pwa/src/data/types";
import { awaitingPhoto, openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, OUTLET, code, killed, late, pass, picture, readyPhone, time } from "./make";
import { Stub, cut, lost, problem, type Trick } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());

const id = "0193a000-0000-4000-8000-0000000000f1";
const OLD = "5".repeat(64);
const ACTION: CorrectiveAction = {
  id, outlet_id: OUTLET.id, item: "A1", item_text: { zh: "门头清洁", en: "Clean front" }, sort: "premises", what: "擦净门头", due_at: "2026-11-24T16:00:00Z", state: "open", level: 0, who: "王芳",
  before: [{ sha256: OLD }], answer: null, files: [], note: null, may_answer: true, etag: "a0",
};
const page = (changes: object[] = [], removed: object[] = []) => ({ changes, removed, cursor: `c${stub.asked.length}`, more: false });
/** The server's action as the next pull brings it. */
const tells = (change: Partial<CorrectiveAction> = {}, of = id) => {
  const data = { ...ACTION, ...stub.actions.get(of), ...change, id: of };
  stub.actions.set(of, data);
  stub.pages = [page([{ type: "action", id: of, version: 1, data }])];
  return pull();
};
const here = () => replyTo(actions.value.get(id), replies.value.get(id));
const asked = () => stub.asked.filter(({ path }) => !path.startsWith("/sync")).map(({ method, path }) => `${method} ${path.replace(id, "ID").replace(/up\d+/, "UP")}`);

beforeEach(async () => {
  await run("launch");
  stub.tricks.length = 0;
  for (const part of [stub.visits, stub.files, stub.uploads, stub.actions, stub.said]) part.clear();
  time.now = Date.parse("2026-11-21T02:00:00.000Z");
  stub.signedIn = true;
  await readyPhone(stub, base);
  await tells();
  late.length = stub.asked.length = 0;
});

async function answered(...names: string[]): Promise<void> {
  await writeReply(id, "已擦净，见照片");
  for (const name of names) await addProof(id, await picture(name), "camera");
}
const off: Trick["act"] = cut;
function offline(times = 1): void {
  for (let n = 0; n < times; n += 1) stub.next("PUT", /actions/, off);
}

test("words and photos are stored as they are made, survive a kill and are not sent before they are handed in", async () => {
  await answered("one", "two");
  await captionProof(id, here()!.files[0]!.sha256, "左侧");
  await killed();
  await run("tap");
  assert.deepEqual([here()!.state, here()!.answer, here()!.files.map(({ caption }) => caption)], ["draft", "已擦净，见照片", ["左侧", undefined]]);
  assert.deepEqual((await photosOf(id)).map(({ state, origin }) => [state, origin]), [["waiting", "camera"], ["waiting", "camera"]]);
  assert.deepEqual([asked(), unsent(), summary.value.answers], [[], 1, 0]);
});

test("an answer goes out with its photos, those as files of the action, and is answered when the last has arrived", async () => {
  await answered("one", "two");
  offline();
  await handIn(id);
  assert.deepEqual([here()!.state, summary.value.answers, summary.value.photos, summary.value.bytes, unsent()], ["waiting", 1, 2, 4000, 1]);
  await killed();
  stub.asked.length = 0;
  await run("online");
  assert.deepEqual(asked(), ["PUT /actions/ID", "POST /uploads", "POST /uploads", "PUT /actions/ID"]);
  const metadata = String(stub.asked.find(({ path }) => path === "/uploads")!.headers["upload-metadata"]);
  assert.deepEqual([metadata.includes(`record ${btoa(id)}`), metadata.includes(`record_kind ${btoa("action")}`), metadata.includes("visit_id")], [true, true, false]);
  assert.deepEqual([stub.actions.get(id).state, stub.actions.get(id).files.length, here()!.state, unsent(), summary.value.photos], ["answered", 2, "sent", 0, 0]);
});

test("a cut at any request, with the page killed there, ends in the same answered action, and nothing is said twice", async () => {
  let requests = 1;
  for (let at = 0; at < requests; at += 1) for (const how of [cut, lost]) {
    for (const part of [stub.files, stub.uploads, stub.actions, stub.said]) part.clear();
    await readyPhone(stub, base);
    await tells();
    await answered("one", "two");
    stub.asked.length = 0;
    let left = at;
    stub.tricks.push({ when: ({ path }) => !path.startsWith("/sync") && left-- === 0, act: how });
    await handIn(id);
    stub.tricks.length = 0;
    await killed();
    pass(10_000);
    await run("online");
    assert.deepEqual([stub.actions.get(id).state, here()!.state, here()!.problem], ["answered", "sent", null], `cut at request ${at}`);
    assert.equal(new Set(stub.asked.filter(({ method }) => method === "PUT").map(({ body }) => body.toString())).size, 1);
    requests = Math.max(requests, asked().length);
  }
  assert.ok(requests >= 4);
});

test("an action that went up a level meanwhile is answered all the same", async () => {
  await answered();
  stub.actions.set(id, { ...stub.actions.get(id), level: 1, due_at: "2026-11-20T16:00:00Z", etag: "a-late" });
  await handIn(id);
  assert.deepEqual([here()!.state, stub.actions.get(id).state, stub.count("PUT", /actions/)], ["sent", "answered", 2]);
});

test("what is handed in answers the action as it stands on the screen by then", async () => {
  await answered();
  await tells({ what: "擦净门头和灯箱", etag: "a-newer" });
  await handIn(id);
  assert.deepEqual([here()!.state, stub.count("PUT", /actions/)], ["sent", 1]);
});

test("what somebody else answered meanwhile is kept beside one's own until the person chooses", async () => {
  for (const side of ["mine", "theirs"] as const) {
    for (const part of [stub.actions, stub.said]) part.clear();
    await readyPhone(stub, base);
    await tells();
    await answered("one");
    stub.actions.set(id, { ...stub.actions.get(id), answer: "同事已答", etag: "a-theirs" });
    await handIn(id);
    await killed();
    assert.deepEqual([here()!.state, here()!.theirs?.answer, here()!.answer, summary.value.unread, unsent()], ["conflict", "同事已答", "已擦净，见照片", 1, 1]);
    stub.asked.length = 0;
    await choose(id, side);
    assert.deepEqual([here()!.state, here()!.theirs, stub.actions.get(id).answer], side === "mine" ? ["sent", null, "已擦净，见照片"] : ["draft", null, "同事已答"]);
    assert.equal(here()!.files.length, 1);
  }
});

test("a refused answer says why and keeps the others going; it can be changed, or asked for again", async () => {
  const other = "0193a000-0000-4000-8000-0000000000f2";
  await tells({}, other);
  await answered();
  await writeReply(other, "也好了");
  offline(2);
  await handIn(id);
  await handIn(other);
  stub.actions.set(id, { ...stub.actions.get(id), state: "withdrawn" });
  await run("tap");
  assert.deepEqual([here()!.state, here()!.problem?.code, stub.actions.get(other).state, summary.value.unread, unsent()], ["refused", "action-state-forbids", "answered", 1, 1]);
  await takeBack(id);
  assert.deepEqual([here()!.state, here()!.problem, here()!.answer], ["draft", null, "已擦净，见照片"]);
  stub.actions.set(id, { ...stub.actions.get(id), state: "open" });
  await handIn(id);
  assert.equal(here()!.state, "sent");
});

test("a photo that the server does not want keeps none of the others, and can be sent again", async () => {
  await answered("one", "two");
  stub.next("POST", /uploads/, (response) => problem(response, 422, "photo-not-a-picture"));
  await handIn(id);
  assert.deepEqual([here()!.state, here()!.problem?.code, here()!.arrived.length], ["refused", "photo-not-a-picture", 1]);
  await tryAgain(id);
  assert.deepEqual([here()!.state, stub.actions.get(id).state, stub.count("POST", /uploads/)], ["sent", "answered", 3]);
});

test("an expired login keeps the answer for whoever logs in again", async () => {
  stub.signedIn = false;
  await answered("one");
  await handIn(id);
  assert.deepEqual([needsLogin.value, here()!.state, here()!.tries], [true, "waiting", 0]);
  await signIn("lin", "right");
  await run("login");
  assert.deepEqual([here()!.state, stub.actions.get(id).state], ["sent", "answered"]);
});

test("a stumbling server is asked again after growing pauses, and a visit goes out meanwhile", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  await visit.submit();
  await answered();
  for (let times = 0; times < 2; times += 1) stub.next("PUT", /actions/, (response) => problem(response, 500, "internal"));
  await handIn(id);
  await run("tap");
  assert.deepEqual([here()!.tries, here()!.next_at - time.now, here()!.problem?.status, visit.record.value.state], [2, 3000, 500, "submitted"]);
  await run("visible");
  assert.equal(here()!.tries, 2);
  pass(3000);
  await run("timer");
  assert.equal(here()!.state, "sent");
});

test("when it is reopened a new answer is begun, and the one before is over", async () => {
  await answered("one");
  await handIn(id);
  await tells();
  assert.deepEqual([here()!.state, isOpen(actions.value.get(id)!), writable(actions.value.get(id), here())], ["sent", false, false]);
  await tells({ state: "reopened", note: "看不清", etag: "a-again" });
  assert.deepEqual([here(), writable(actions.value.get(id), here()), actions.value.get(id)!.note], [null, true, "看不清"]);
  await answered("new");
  assert.deepEqual([here()!.files.length, here()!.etag], [1, "a-again"]);
  await handIn(id);
  await tells();
  assert.deepEqual([here()!.state, stub.actions.get(id).state], ["sent", "answered"]);
});

test("only what no request has left with is taken back, and what was sent is not written on", async () => {
  await answered();
  needsLogin.value = true;
  await handIn(id);
  await takeBack(id);
  assert.equal(here()!.state, "draft");
  needsLogin.value = false;
  offline();
  await handIn(id);
  await takeBack(id);
  assert.equal(here()!.state, "waiting");
  assert.equal(await code(writeReply(id, "anders")), "reply-closed");
  assert.equal(await code(addProof(id, await picture("late"), "album")), "reply-closed");
});

test("an answer has a word or a photo, and one whose bytes are lost is not handed in", async () => {
  assert.equal(await code(handIn(id)), "reason-missing");
  await writeReply(id, "  ");
  assert.equal(await code(handIn(id)), "reason-missing");
  await addProof(id, await picture("one"), "album");
  const { sha256 } = here()!.files[0]!;
  await db().tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").delete(sha256));
  assert.equal(await code(handIn(id)), "photo-not-here");
  await removeProof(id, sha256);
  assert.deepEqual([here()!.files, await photosOf(id)], [[], []]);
});

test("an action made by hand is told once, and comes back with the next pull", async () => {
  stub.next("PUT", /actions/, lost);
  const made = await makeAction(OUTLET.id, { what: "补齐宣传单页", due: "2026-11-28", who: "店长" });
  assert.deepEqual([replies.value.get(made)!.state, replies.value.get(made)!.outlet.name, unsent()], ["waiting", OUTLET.name, 1]);
  await killed();
  pass(10_000);
  await run("online");
  const put = stub.asked.filter(({ method }) => method === "PUT");
  assert.deepEqual(put.map(({ headers }) => headers["if-none-match"]), ["*", "*"]);
  assert.deepEqual(JSON.parse(put[1]!.body.toString()), { outlet_id: OUTLET.id, item: null, what: "补齐宣传单页", due: "2026-11-28", who: "店长" });
  assert.deepEqual([replies.value.get(made)!.state, stub.actions.size, unsent()], ["sent", 2, 0]);
  await tells({ may_answer: true, etag: stub.actions.get(made).etag }, made);
  assert.deepEqual([replyTo(actions.value.get(made), replies.value.get(made)), writable(actions.value.get(made), null)], [null, true]);
  await writeReply(made, "已补齐");
  await handIn(made);
  assert.equal(stub.actions.get(made).state, "answered");
});

test("an action of this id that somebody else made is refused, not taken for one's own", async () => {
  stub.next("PUT", /actions/, (response) => problem(response, 412, "action-etag-old", { current: ACTION }));
  const made = await makeAction(OUTLET.id, { what: "补齐宣传单页", due: "2026-11-28", who: "店长" });
  assert.deepEqual([replies.value.get(made)!.state, replies.value.get(made)!.theirs, summary.value.unread], ["refused", null, 1]);
});

test("an answer that is not sent keeps from logging out, waits for its own user, and is no part of what visits are packed with", async () => {
  offline();
  await answered("one");
  await handIn(id);
  assert.deepEqual([await code(signOut()), unsentVisits()], ["unsent", []]);
  await signOut({ force: true });
  await signIn("wang", "right");
  assert.deepEqual([replies.value.size, actions.value.size], [0, 0]);
  await signIn("lin", "right");
  await run("login");
  assert.deepEqual([stub.actions.get(id).state, unsent()], ["answered", 0]);
});

test("the photos of the failure are fetched, kept while an action names them, and gone with it; so is what was sent", async () => {
  stub.next("GET", /^\/photos/, (response) => void response.writeHead(200, { "Content-Type": "image/jpeg" }).end("old"));
  await fetchBefore();
  await answered("one");
  await handIn(id);
  pass(40 * 86_400_000);
  assert.equal(await sweep(), 0);
  assert.notEqual(await db().get("bytes", beforeKey(OLD)), undefined);
  await dropReceived(0);
  assert.notEqual(await db().get("bytes", here()!.files[0]!.sha256), undefined);
  stub.pages = [page([], [{ type: "action", id }])];
  await pull();
  await forgetAll();
  assert.deepEqual([replies.value.size, await photosOf(id), await sweep()], [0, [], 1]);
});

test("of very many actions the photos of those due first are fetched, and of any other when it is looked at", async () => {
  const named = (n: number) => String(n).padStart(64, "0");
  stub.tricks.push(...Array.from({ length: 40 }, () => ({ when: ({ path }: { path: string }) => path.startsWith("/photos"), act: ((response) => void response.writeHead(200, { "Content-Type": "image/jpeg" }).end("old")) as Trick["act"] })));
  stub.pages = [page([...Array(40).keys()].map((n) => ({ type: "action", id: `many${n}`, version: 1, data: { ...ACTION, id: `many${n}`, before: [{ sha256: named(n) }], due_at: `2026-12-${String(40 - n).padStart(2, "0")}T00:00:00Z` } })), [{ type: "action", id }])];
  await pull();
  await fetchBefore();
  const here = async (n: number) => (await db().get("bytes", beforeKey(named(n)))) !== undefined;
  assert.deepEqual([stub.count("GET", /^\/photos/), await here(39), await here(0)], [30, true, false]);
  await fetchBefore([named(0)]);
  assert.deepEqual([stub.count("GET", /^\/photos/), await here(0)], [31, true]);
});

/** What the launch tidies up. */
async function forgetAll(): Promise<void> {
  const { tidyReplies } = await import("../../pwa/src/data/actions_out");
  await tidyReplies();
}

test("what was written and is not wanted any more goes with its photos", async () => {
  await answered("one");
  await forget(id);
  assert.deepEqual([here(), await photosOf(id), unsent()], [null, [], 0]);
});

test("a phone that is killed under the camera comes back to the action, once", async () => {
  await awaitProof(id);
  await killed();
  const found = await awaitingPhoto();
  assert.deepEqual([found?.place, found?.item, found!.at > 0], [`/action/${id}`, id, true]);
  // Told once: a start after that is no return from the camera.
  assert.equal(await awaitingPhoto(), null);
});

test("two pages of one person lose nothing of each other", async () => {
  await Promise.all([writeReply(id, "好了"), addProof(id, await picture("one"), "camera"), addProof(id, await picture("two"), "album")]);
  assert.deepEqual([here()!.answer, here()!.files.length], ["好了", 2]);
});

test("a phone that knew no actions asks for everything anew, and keeps all that it had", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await db().close();
  const name = "xunting-before";
  const older = new Db(name, (db() as unknown as { steps: [] }).steps.slice(0, 2));
  await older.tx(["visits", "meta", "notes"], "readwrite", async (tx) => {
    await tx.objectStore("visits").put(visit.record.value);
    await tx.objectStore("meta").put("c7", "cursor");
    await tx.objectStore("notes").put({ id: "n", text: "备忘", changed_at: "2026-11-21T02:00:00.000Z" });
  });
  await older.close();
  const now = new Db(name);
  assert.deepEqual([(await now.get("visits", visit.id))?.document.answers["A1"]?.value, (await now.all("notes")).length, await now.all("actions"), await now.get("meta", "cursor")], ["pass", 1, [], "anew"]);
  await now.close();
  assert.equal(await new Db("xunting-new").get("meta", "cursor"), undefined);
});

test("what waits is sent by itself when its pause is over", async () => {
  offline();
  await answered();
  await handIn(id);
  start();
  await run("launch");
  const timer = late.filter(({ ms }) => ms < 60_000).at(-1)!;
  pass(timer.ms);
  timer.job();
  await run("launch");
  assert.equal(here()!.state, "sent");
});
