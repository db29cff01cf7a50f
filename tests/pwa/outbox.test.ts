/** The outbox against a server that cuts, lies, refuses and forgets: nothing twice, nothing lost, nothing in silence. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { needsLogin, network } from "../../pwa/src/data/api";
import { IDBObjectStore as FDBObjectStore } from "fake-indexeddb";
import { entries, pause, retry, run, start, summary } from "../../pwa/src/data/outbox";
import { different, mixed } from "../../pwa/src/data/mixing";
import { setWifiOnly } from "../../pwa/src/data/originals";
import { dropReceived } from "../../pwa/src/data/photos";
import { db, photosOf, visits } from "../../pwa/src/data/records";
import { renew } from "../../pwa/src/data/session";
import { signIn } from "../../pwa/src/data/signing";
import { checklists } from "../../pwa/src/data/sync";
import { openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, CHECKLIST, OUTLET, killed, late, pass, picture, readyPhone, time } from "./make";
import { Stub, cut, json, lost, portal, problem, type Trick } from "./stub_server";

let stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = 0;
  stub.asked.length = 0;
  stub.signedIn = true;
  await readyPhone(stub, base);
});

async function submitted(photos = 1, start: Parameters<typeof startVisit>[0] = ASSIGNMENT.id): Promise<OpenVisit> {
  const visit = await openVisit(await startVisit(start));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  for (let index = 0; index < photos; index += 1) await visit.addPhoto("A1", await picture(`${visit.id} ${index}`), "camera");
  await visit.submit();
  return visit;
}
const another = () => submitted(0, { outletId: OUTLET.id, kind: "mystery", checklist: ASSIGNMENT.checklist });
const entry = (visit: OpenVisit) => entries.value.find((one) => one.visit === visit.id)!;

test("a submitted visit goes out whole, and the receipt with its files comes back", async () => {
  const visit = await submitted(2);
  assert.deepEqual([summary.value.visits, summary.value.photos, summary.value.bytes], [1, 2, 4000]);
  await run("tap");
  assert.equal(entry(visit).state, "sent");
  assert.equal(visit.record.value.state, "submitted");
  assert.equal(visit.record.value.known.receipt?.files?.length, 2);
  assert.deepEqual([summary.value.visits, summary.value.photos, summary.value.sending], [0, 0, false]);
  assert.equal(stub.visits.get(visit.id)?.revision, 1);
  assert.equal(stub.count("POST", /uploads/), 2);
});

test("an answer that was lost on the way makes nothing twice", async () => {
  const visit = await submitted();
  stub.next("PUT", /visits/, lost);
  await run("tap");
  assert.equal(entry(visit).state, "waiting");
  assert.equal(entry(visit).problem?.code, "network");
  assert.equal(network.value, "offline");
  await run("online");
  assert.equal(entry(visit).state, "sent");
  assert.equal(stub.visits.get(visit.id)?.revision, 1);
});

test("a cut at any request of the protocol, with the page killed there, ends in the same whole visit", async () => {
  let requests = 1;
  for (let at = 0; at < requests; at += 1) {
    for (const how of [cut, lost]) {
      for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
      await readyPhone(stub, base);
      const visit = await submitted(2);
      stub.asked.length = 0;
      let left = at;
      stub.tricks.push({ when: () => left-- === 0, act: how });
      await run("tap");
      stub.tricks.length = 0;
      await killed();
      pass(10_000);
      await run("online");
      assert.equal(visits.value.get(visit.id)?.state, "submitted", `cut at request ${at}`);
      assert.equal(visits.value.get(visit.id)?.known.receipt?.files?.length, 2);
      assert.equal(stub.visits.get(visit.id)?.revision, 1);
      requests = Math.max(requests, stub.asked.length - 1);
    }
  }
  assert.ok(requests >= 5);
});

test("a save whose answer is lost is the own one: what is changed after it goes on from there, and is no conflict", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  const again = async () => { pass(10_000); await run("tap"); };
  for (const value of ["fail", "pass", "fail"] as const) {
    await visit.answer("A1", value);
    stub.next("PUT", /visits/, lost);
    await again();
    assert.equal(entry(visit).state, "waiting");
  }
  await visit.answer("A1", "pass");
  await again();
  assert.deepEqual([entry(visit).state, visit.record.value.conflict], ["sent", null]);
  assert.equal(stub.visits.get(visit.id)?.document.answers.A1.value, "pass");
  // What another phone saved meanwhile is one all the same.
  await visit.answer("A1", "fail");
  stub.next("PUT", /visits/, lost);
  await again();
  stub.visits.set(visit.id, { ...stub.visits.get(visit.id)!, etag: "other" });
  await visit.note("A1", "亲眼所见");
  await again();
  assert.equal(entry(visit).state, "conflict");
});

test("the login page of a Wi-Fi is no network, whatever its status says", async () => {
  const visit = await submitted(0);
  stub.next("PUT", /visits/, portal);
  await run("tap");
  assert.equal(entry(visit).problem?.code, "network");
  assert.equal(visit.record.value.state, "queued");
  // One that leads to something that answers in JSON, and one that calls JSON a page.
  stub.next("PUT", /visits/, (response) => void response.writeHead(303, { Location: `${base}/session` }).end());
  await run("tap");
  assert.equal(entry(visit).problem?.code, "network");
  stub.next("PUT", /visits/, (response) => json(response, 200, { etag: "w", revision: 1, state: "submitted", score: null, missing: [], files_missing: [], receipt: null }, "text/html"));
  await run("tap");
  assert.deepEqual([entry(visit).problem?.code, visit.record.value.state], ["network", "queued"]);
  await run("tap");
  assert.equal(entry(visit).state, "sent");
});

test("an expired login stops the outbox without a mark against the visit; signing in sends it", async () => {
  const visit = await submitted();
  stub.signedIn = false;
  await run("tap");
  assert.equal(needsLogin.value, true);
  assert.deepEqual([entry(visit).state, entry(visit).tries], ["waiting", 0]);
  await signIn("lin", "right");
  await run("login");
  assert.equal(entry(visit).state, "sent");
  assert.equal(needsLogin.value, false);
});

test("the cookie of another user sends nothing in that name", async () => {
  await submitted();
  const mine = stub.user;
  stub.user = { ...mine, id: "u-wang", username: "wang" };
  assert.equal(await renew(), false);
  assert.equal(needsLogin.value, true);
  stub.asked.length = 0;
  await run("tap");
  assert.equal(stub.asked.length, 0);
  stub.user = mine;
});

test("a token that is too old is renewed and the request sent again", async () => {
  const visit = await submitted(0);
  stub.next("PUT", /visits/, (response) => problem(response, 403, "foreign-request"));
  await run("tap");
  assert.equal(entry(visit).state, "sent");
});

test("one that is refused says why, and the others go on", async () => {
  const bad = await submitted(0);
  pass(10);
  const good = await another();
  stub.next("PUT", new RegExp(bad.id), (response) => problem(response, 422, "wrong-document", { errors: [{ pointer: "/answers/A1/value", detail: "不是允许的值" }] }));
  await run("tap");
  assert.deepEqual([entry(bad).state, entry(bad).problem?.code, entry(bad).problem?.errors?.[0]?.pointer], ["refused", "wrong-document", "/answers/A1/value"]);
  assert.equal(entry(good).state, "sent");
  assert.equal(summary.value.refused, 1);
  await run("tap");
  assert.equal(stub.count("PUT", new RegExp(bad.id)), 1);
  await retry(bad.id);
  assert.equal(entry(bad).state, "sent");
});

test("a submission that the server finds incomplete is a draft again, with the server's list", async () => {
  const visit = await submitted(0);
  stub.next("PUT", /visits/, (response, _request, proper) => {
    const end = response.end.bind(response);
    response.end = (() => {
      response.end = end;
      response.writeHead = Object.getPrototypeOf(response).writeHead;
      const kept = stub.visits.get(visit.id)!;
      kept.state = "draft";
      problem(response, 422, "visit-incomplete", { missing: [{ item: "A1", what: "photo" }], etag: kept.etag });
      return response;
    }) as typeof response.end;
    response.writeHead = (() => response) as typeof response.writeHead;
    proper();
  });
  await run("tap");
  assert.equal(entry(visit).state, "refused");
  assert.deepEqual(entry(visit).problem?.missing, [{ item: "A1", what: "photo" }]);
  assert.equal(visit.editable.value, true);
  await visit.addPhoto("A1", await picture("later"), "camera");
  await visit.submit();
  await run("tap");
  assert.equal(visit.record.value.state, "submitted");
});

test("an edit on another phone makes a conflict that keeps both versions, until somebody chooses", async () => {
  for (const side of ["mine", "theirs"] as const) {
    for (const part of [stub.visits, stub.files]) part.clear();
    await readyPhone(stub, base);
    const visit = await openVisit(await startVisit(ASSIGNMENT.id));
    await visit.answer("A1", "pass");
    await run("tap");
    const kept = stub.visits.get(visit.id)!;
    stub.visits.set(visit.id, { ...kept, etag: "other", document: { ...kept.document, answers: { A1: { value: "fail" } } } });
    await visit.note("A1", "亲眼所见");
    await run("tap");
    assert.equal(entry(visit).state, "conflict");
    assert.equal(summary.value.conflicts, 1);
    assert.equal(visit.editable.value, false);
    assert.equal(visit.record.value.document.answers["A1"]?.value, "pass");
    await visit.choose(side);
    await run("tap");
    assert.equal(entry(visit).state, "sent");
    assert.equal(stub.visits.get(visit.id)?.document.answers.A1.value, side === "mine" ? "pass" : "fail");
    assert.equal(visit.record.value.kept[0]?.answers["A1"]?.value, side === "mine" ? "fail" : "pass");
    assert.equal(visit.editable.value, true);
  }
});

test("of two versions one can be made item by item, each with its photos, and both stay as they were", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "fail");
  await visit.answer("A2", "pass");
  const shot = await visit.addPhoto("A1", await picture("here"), "camera");
  await visit.addPhoto("A2", await picture("both"), "camera");
  await run("tap");
  const was = stub.visits.get(visit.id)!;
  const there = { ...was.document.files[0], item: "A1", sha256: "f".repeat(64) };
  stub.files.get(visit.id)!.add(there.sha256);
  const theirs = { ...was.document, answers: { A1: { value: "fail", note: "那边看到的" }, A2: { value: "fail" } }, files: [there, was.document.files[1]] };
  stub.visits.set(visit.id, { ...was, etag: "other", document: theirs });
  await visit.editTimer("B1", 100, "没按到");
  await run("tap");
  const { conflict, document: mine } = visit.record.value;
  assert.deepEqual(different(mine, conflict!.document), ["A1", "A2", "B1"]);
  await visit.choose("mine", (here, other) => mixed(here, other, new Set(["A1"])));
  const { document, kept } = visit.record.value;
  assert.deepEqual([document.answers["A1"]?.note, document.answers["A2"]?.value, document.answers["B1"]?.value], ["那边看到的", "pass", 100]);
  assert.deepEqual(document.files.map(({ item, sha256 }) => [item, sha256 === there.sha256]), [["A2", false], ["A1", true]]);
  assert.deepEqual(kept.map(({ answers }) => [answers["A1"]?.note, answers["A2"]?.value]), [["那边看到的", "fail"], [undefined, "pass"]]);
  // A photo of the version that was not taken is not shown as if it went along, and not thrown away; the other phone's is shown.
  assert.deepEqual(visit.photos.value.map(({ item, sha256, thumb }) => [item, sha256 === there.sha256, thumb === null]), [["A2", false, false], ["A1", true, true]]);
  assert.ok(await db().get("bytes", shot.sha256));
  // The other phone's photo is not asked for here, where it never was.
  await visit.submit();
  await run("tap");
  assert.deepEqual([entry(visit).state, stub.visits.get(visit.id)?.document.answers.A1.note], ["sent", "那边看到的"]);
});

test("originals wait for Wi-Fi where that is wanted, the text and the other photos do not, and nobody is asked all the time", async () => {
  const list = { ...CHECKLIST, sections: CHECKLIST.sections.map((section) => ({ ...section, items: section.items.map((one) => ({ ...one, original: one.id === "A1" })) })) };
  const line = { type: "cellular" as string | undefined };
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { connection: line } });
  try {
    await db().tx(["checklists"], "readwrite", (tx) => tx.objectStore("checklists").put(list, "own-hall-mystery@1"));
    checklists.value = new Map([["own-hall-mystery@1", list]]);
    await setWifiOnly(true);
    const visit = await openVisit(await startVisit(ASSIGNMENT.id));
    await visit.answer("A1", "fail");
    await visit.addPhoto("A1", await picture("large"), "camera");
    await visit.answer("A2", "pass");
    await visit.addPhoto("A2", await picture("small"), "camera");
    await run("timer");
    assert.deepEqual([stub.files.get(visit.id)?.size, entry(visit).problem?.code, entry(visit).tries], [1, "wifi-only", 0]);
    // Taps go along as always, not each by itself.
    await visit.note("A1", "门口");
    assert.equal(entry(visit).next_at - time.now, 15_000);
    await visit.editTimer("B1", 100, "没按到");
    await visit.submit();
    await run("timer");
    assert.deepEqual([stub.visits.get(visit.id)?.state, entry(visit).state, entry(visit).photos.done, stub.files.get(visit.id)?.size], ["receiving", "waiting", 1, 1]);
    const asked = stub.asked.length;
    pass(1_800_000);
    await run("visible");
    // A browser that does not say what carries it counts as one without.
    line.type = undefined;
    await run("timer");
    assert.equal(stub.asked.length, asked);
    line.type = "wifi";
    await run("online");
    assert.deepEqual([entry(visit).state, stub.files.get(visit.id)?.size], ["sent", 2]);
    line.type = "cellular";
    await setWifiOnly(false);
    const other = await submitted(1, { outletId: OUTLET.id, kind: "mystery", checklist: ASSIGNMENT.checklist });
    await run("tap");
    assert.equal(entry(other).state, "sent");
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else delete (globalThis as { navigator?: unknown }).navigator;
  }
});

test("a busy server is asked later: its Retry-After counts, and pauses grow with chance in them", async () => {
  const visit = await submitted(0);
  stub.next("PUT", /visits/, (response) => {
    response.setHeader("Retry-After", "120");
    problem(response, 503, "storage-busy");
  });
  await run("tap");
  assert.equal(entry(visit).next_at - time.now, 120_000);
  const other = await another();
  await run("visible");
  assert.equal(stub.count("PUT", /visits/), 1);
  pass(120_001);
  await run("visible");
  assert.deepEqual([entry(visit).state, entry(other).state], ["sent", "sent"]);
  assert.deepEqual([1, 2, 3, 20].map((tries) => pause(tries)), [1500, 3000, 6000, 225_000]);
});

test("a photo goes when it is taken, and one that is taken while another is on its way goes next", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await run("timer");
  assert.equal(stub.visits.size, 0);
  await visit.addPhoto("A1", await picture("one"), "camera");
  stub.next("POST", /uploads/, (_response, _request, proper) => void picture("two").then((two) => visit.addPhoto("A1", two, "camera")).then(proper));
  await run("timer");
  assert.equal(stub.files.get(visit.id)?.size, 1);
  await run("timer");
  assert.equal(stub.files.get(visit.id)?.size, 2);
  assert.equal(entry(visit).state, "sent");
  // A line that is down is not asked at each tap.
  await visit.addPhoto("A1", await picture("three"), "camera");
  stub.tricks.push({ when: () => true, act: cut });
  await run("timer");
  const { next_at } = entry(visit);
  assert.ok(next_at > time.now);
  await visit.note("A1", "门口");
  assert.equal(entry(visit).next_at, next_at);
});

test("drafts are mirrored after a while; a tap meanwhile is not taken for sent", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await run("timer");
  assert.equal(stub.visits.size, 0);
  pass(20_000);
  stub.next("PUT", /visits/, (_response, _request, proper) => void visit.note("A1", "写着").then(proper));
  await run("timer");
  assert.equal(stub.visits.get(visit.id)?.state, "draft");
  assert.equal(entry(visit).state, "waiting");
  assert.equal(visit.record.value.document.answers["A1"]?.note, "写着");
  assert.equal(summary.value.visits, 0);
  pass(20_000);
  await run("timer");
  assert.equal(stub.visits.get(visit.id)?.document.answers.A1.note, "写着");
  assert.equal(entry(visit).state, "sent");
});

test("a line that comes and goes each second is no storm of requests, and a server that asked for time is left alone", async () => {
  pass(10_000);
  const visit = await submitted(0);
  const down: Trick = { when: () => true, act: (...given) => { stub.tricks.push(down); cut(...given); } };
  stub.tricks.push(down);
  for (let second = 0; second < 60; second += 1) {
    pass(1000);
    await run("online");
  }
  // At most the six that come after ten quiet seconds, and those of the growing pauses.
  assert.ok(stub.count("PUT", /visits/) >= 3 && stub.count("PUT", /visits/) <= 12, String(stub.count("PUT", /visits/)));
  stub.tricks.length = 0;
  pass(60_000);
  stub.next("PUT", /visits/, (response) => {
    response.setHeader("Retry-After", "120");
    problem(response, 503, "storage-busy");
  });
  await run("online");
  stub.asked.length = 0;
  pass(30_000);
  await run("online");
  assert.equal(stub.asked.length, 0);
  pass(91_000);
  await run("online");
  assert.equal(entry(visit).state, "sent");
});

test("a clock that is set back does not hold the outbox up until it is that late again", async () => {
  const visit = await submitted(0);
  stub.next("PUT", /visits/, cut);
  await run("timer");
  time.now -= 86_400_000;
  await run("timer");
  assert.equal(entry(visit).state, "sent");
});

test("a disk that is full while it is sent makes no storm, says why, and sends when there is room again", async () => {
  const visit = await submitted(1);
  pass(7_200_000);
  const original = FDBObjectStore.prototype.put;
  // The outbox's own small marks still fit, the visits do not.
  FDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: Parameters<typeof original>) {
    if (this.name === "visits") throw new DOMException("no room", "QuotaExceededError");
    return original.apply(this, given);
  } as typeof original;
  try {
    for (let second = 0; second < 60; second += 1) {
      pass(1000);
      await run("timer");
    }
    assert.ok(stub.count("PUT", /visits/) <= 6, String(stub.count("PUT", /visits/)));
    assert.deepEqual([entry(visit).state, entry(visit).problem?.code], ["waiting", "storage-full"]);
    FDBObjectStore.prototype.put = () => {
      throw new DOMException("no room", "QuotaExceededError");
    };
    await run("tap");
  } finally {
    FDBObjectStore.prototype.put = original;
  }
  await run("tap");
  assert.deepEqual([entry(visit).state, entry(visit).problem, stub.visits.get(visit.id)?.revision], ["sent", null, 1]);
});

test("a visit that is submitted while its draft is on the way is sent as submitted", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 10, "没按到");
  stub.next("PUT", /visits/, (_response, _request, proper) => void visit.submit().then(proper));
  await run("tap");
  assert.deepEqual([entry(visit).kind, entry(visit).state], ["submit", "waiting"]);
  assert.equal(visit.record.value.state, "queued");
  await run("visible");
  assert.equal(visit.record.value.state, "submitted");
});

test("what a killed page was sending is sent by the next", async () => {
  const visit = await submitted(0);
  await db().tx(["outbox"], "readwrite", async (tx) => {
    const found = await tx.objectStore("outbox").get(visit.id);
    await tx.objectStore("outbox").put({ ...found!, state: "sending" });
  });
  await killed();
  await run("launch");
  assert.equal(stub.visits.get(visit.id)?.state, "submitted");
});

test("bytes leave the phone only after a receipt that names them, thumbnails stay", async () => {
  const visit = await submitted(1);
  const [photo] = await photosOf(visit.id);
  assert.equal(await dropReceived(0), 0);
  stub.next("GET", /receipt/, (response) => json(response, 200, { number: "R1", at: new Date(time.now).toISOString(), files: [] }));
  await run("tap");
  assert.equal(await dropReceived(0), 0);
  await db().tx(["visits"], "readwrite", async (tx) => {
    const record = (await tx.objectStore("visits").get(visit.id))!;
    await tx.objectStore("visits").put({ ...record, known: { ...record.known, receipt: { ...record.known.receipt!, files: [photo!.sha256] } } });
  });
  await killed();
  assert.equal(await dropReceived(30), 0);
  assert.ok(await dropReceived(0) >= 2000);
  assert.equal(await db().get("bytes", photo!.sha256), undefined);
  assert.ok((await photosOf(visit.id))[0]?.thumb);
});

test("a photo that the server refuses does not hold up the others", async () => {
  const visit = await submitted(2);
  stub.next("POST", /uploads/, (response) => problem(response, 422, "photo-unreadable"));
  await run("tap");
  assert.deepEqual([entry(visit).state, entry(visit).problem?.code, entry(visit).photos.done], ["refused", "photo-unreadable", 1]);
  await retry(visit.id);
  assert.equal(entry(visit).state, "sent");
});

test("a file that the server lost before the visit was whole is sent again", async () => {
  const visit = await submitted(1);
  stub.next("POST", /uploads/, (response) => void response.writeHead(201, { "Tus-Resumable": "1.0.0", "Upload-Offset": "2000", Location: "/api/v1/uploads/nowhere" }).end());
  await run("tap");
  assert.deepEqual([entry(visit).state, entry(visit).problem?.code], ["waiting", "files-missing"]);
  await run("tap");
  assert.equal(entry(visit).state, "sent");
});

test("a discarded visit is discarded on the server too, one that was never sent makes no request", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await run("tap");
  await visit.discard("走错厅");
  await run("tap");
  assert.equal(stub.visits.get(visit.id)?.state, "discarded");
  const other = await openVisit(await startVisit({ outletId: OUTLET.id, kind: "mystery", checklist: ASSIGNMENT.checklist }));
  await other.answer("A1", "pass");
  await other.discard("重复");
  stub.asked.length = 0;
  await run("tap");
  assert.equal(stub.asked.length, 0);
  assert.equal(entry(other).state, "sent");
});

test("a change makes the outbox come back by itself, and a killed page's entry is taken up", async () => {
  start();
  const visit = await submitted(0);
  await run("launch");
  assert.equal(entry(visit).state, "sent");
  const next = await openVisit(await startVisit({ outletId: OUTLET.id, kind: "mystery", checklist: ASSIGNMENT.checklist }));
  late.length = 0;
  await next.answer("A1", "pass");
  assert.ok(late.some(({ ms }) => ms === 15_000));
  await db().tx(["outbox"], "readwrite", (tx) => tx.objectStore("outbox").delete(next.id));
  await killed();
  await run("launch");
  assert.equal(stub.visits.get(next.id)?.state, "draft");
});
