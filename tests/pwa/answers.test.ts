/** Answers to assignments: stored first, sent by the outbox, never in the way of a pull, never gone without a word. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { answerAssignment, forgetAnswer } from "../../pwa/src/data/answers";
import { run, summary } from "../../pwa/src/data/outbox";
import { db } from "../../pwa/src/data/records";
import { unsent } from "../../pwa/src/data/session";
import { signIn } from "../../pwa/src/data/signing";
import { answered, assignments, lastSync, pull } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, CHANGES, OUTLET, killed, late, pass, readyPhone, time } from "./make";
import { Stub, cut, json, problem, type Trick } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  await run("launch");
  stub.tricks.length = 0;
  time.now = Date.parse("2026-11-21T02:00:00.000Z");
  await readyPhone(stub, base);
  late.length = stub.asked.length = 0;
});

const id = ASSIGNMENT.id;
const here = () => assignments.value.get(id);
const taken: Trick["act"] = (response) => json(response, 200, { id, state: "taken", reason: "" });
const broken: Trick["act"] = (response) => problem(response, 500, "internal");
const withdrawn: Trick["act"] = (response) => problem(response, 409, "assignment-state-forbids", { state: "withdrawn" });
const page = (cursor: string, changes: object[] = [], removed: object[] = []) => ({ changes, removed, cursor, more: false });
const asked = () => stub.asked.map(({ method, path }) => `${method} ${path.split("?")[0]}`);
const POST = `POST /assignments/${id}/answer`;

test("an answer is stored first, survives a kill, and goes out with the outbox", async () => {
  stub.next("POST", /assignments/, cut);
  await answerAssignment(id, "declined", "那天不在太原");
  assert.deepEqual([here()!.state, here()!.answer, unsent(), summary.value.answers], ["declined", "那天不在太原", 1, 1]);
  await killed();
  assert.deepEqual([here()!.state, answered.value[id]!.outlet], ["declined", { id: OUTLET.id, name: OUTLET.name }]);
  stub.asked.length = 0;
  stub.next("POST", /assignments/, taken);
  stub.pages = [page("c2", [{ ...CHANGES[0], data: { ...ASSIGNMENT, state: "declined", answer: "那天不在太原" } }])];
  await run("online");
  assert.deepEqual(asked(), [POST, "GET /sync"]);
  assert.deepEqual(JSON.parse(stub.asked[0]!.body.toString()), { answer: "declined", reason: "那天不在太原" });
  assert.deepEqual([answered.value, unsent(), here()!.state], [{}, 0, "declined"]);
});

test("an answer that makes the server stumble holds up neither pull nor visits, and is tried again after growing pauses", async () => {
  const visit = await openVisit(await startVisit(id));
  await visit.answer("A1", "pass");
  for (let times = 0; times < 3; times += 1) stub.next("POST", /assignments/, broken);
  stub.pages = [page("c2")];
  await answerAssignment(id, "taken", "");
  assert.deepEqual([answered.value[id]!.tries, answered.value[id]!.next_at - time.now, answered.value[id]!.problem?.status], [1, 1500, 500]);
  lastSync.value = null;
  await pull();
  assert.notEqual(lastSync.value, null);
  await run("launch");
  assert.equal(stub.count("POST", /assignments/), 1);
  pass(1500);
  await run("timer");
  assert.deepEqual([answered.value[id]!.tries, answered.value[id]!.next_at - time.now], [2, 3000]);
  assert.ok(late.some(({ ms }) => ms === 3000), "nobody comes back to it");
  await run("tap");
  assert.deepEqual([stub.count("POST", /assignments/), stub.visits.size, unsent()], [3, 1, 1]);
});

test("the last word is the one that is sent; one given while another is on its way is sent too", async () => {
  stub.next("POST", /assignments/, cut);
  await answerAssignment(id, "declined", "没空");
  stub.asked.length = 0;
  pass(10_000);
  let second: Promise<void> | null = null;
  stub.next("POST", /assignments/, (response) => {
    pass(5);
    second = answerAssignment(id, "declined", "生病");
    setImmediate(() => taken(response, undefined as never, () => undefined));
  });
  stub.next("POST", /assignments/, taken);
  await answerAssignment(id, "taken", "");
  await second;
  assert.deepEqual(stub.asked.filter(({ method }) => method === "POST").map(({ body }) => JSON.parse(body.toString()).reason), ["", "生病"]);
});

test("what the server withdrew meanwhile is said until it was read, and then waits for nothing", async () => {
  stub.next("POST", /assignments/, withdrawn);
  stub.pages = [page("w", [], [{ type: "assignment", id }, { type: "outlet", id: OUTLET.id }])];
  await answerAssignment(id, "taken", "");
  await killed();
  assert.equal(here(), undefined);
  const { state, why, outlet } = answered.value[id]!;
  assert.deepEqual([state, why, outlet.name, unsent(), summary.value.unread], ["refused", "withdrawn", OUTLET.name, 0, 1]);
  stub.asked.length = 0;
  await run("tap");
  assert.deepEqual(asked(), []);
  await forgetAnswer(id);
  assert.deepEqual([answered.value, summary.value.unread], [{}, 0]);
});

test("a pull that began before the server heard the answer does not take it back", async () => {
  let go = (): void => undefined;
  const old = { changes: [{ ...CHANGES[0], data: { ...ASSIGNMENT, state: "assigned" } }], removed: [], cursor: "old", more: false };
  const arrived = new Promise<void>((ready) => stub.next("GET", /sync/, (response) => { go = () => json(response, 200, old); ready(); }));
  const pulled = pull();
  await arrived;
  stub.next("POST", /assignments/, taken);
  const said = answerAssignment(id, "declined", "没空");
  while (answered.value[id]?.state !== "sent") await new Promise(setImmediate);
  go();
  await Promise.all([pulled, said]);
  assert.deepEqual([here()!.state, unsent()], ["declined", 0]);
  stub.pages = [page("new", [{ ...CHANGES[0], data: { ...ASSIGNMENT, state: "declined" } }])];
  await pull();
  assert.deepEqual([here()!.state, answered.value], ["declined", {}]);
});

test("nobody's answer goes out with somebody else's cookie", async () => {
  const other = "0193a000-0000-7000-8000-0000000000a2";
  stub.next("POST", /assignments/, cut);
  await answerAssignment(id, "taken", "");
  stub.next("POST", /assignments/, cut);
  await answerAssignment(other, "taken", "");
  stub.asked.length = 0;
  const first = db();
  let entered: Promise<unknown> | null = null;
  stub.next("POST", /assignments/, (response) => {
    entered = signIn("wang", "right").then(() => taken(response, undefined as never, () => undefined));
  });
  await run("tap");
  await entered;
  assert.notEqual(db(), first);
  assert.equal(stub.count("POST", /assignments/), 1);
  assert.equal(Object.keys((await first.get("meta", "answers")) as object).length, 2);
});

test("what another page has sent is not waited for here", async () => {
  stub.next("POST", /assignments/, cut);
  await answerAssignment(id, "taken", "");
  const said = answered.value[id]!;
  await db().tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put({ [id]: { ...said, state: "sent" } }, "answers"));
  stub.asked.length = 0;
  await run("tap");
  assert.deepEqual([asked(), unsent(), summary.value.answers], [[], 0, 0]);
});

test("without a network the browser is asked to wake the outbox for an answer too", async () => {
  const tags: string[] = [];
  const found = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const sync = { register: async (tag: string) => void tags.push(tag) };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { serviceWorker: { controller: {}, ready: Promise.resolve({ sync }), addEventListener: () => undefined } } });
  try {
    stub.next("POST", /assignments/, cut);
    await answerAssignment(id, "taken", "");
    while (tags.length === 0) await new Promise(setImmediate);
    assert.deepEqual(tags, ["outbox"]);
  } finally {
    if (found) Object.defineProperty(globalThis, "navigator", found);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
  stub.next("POST", /assignments/, taken);
  await run("tap");
  assert.equal(unsent(), 0);
});
