/** Unsent visits packed for a colleague: sealed frame by frame, nothing damaged in silence, and settled afterwards by itself. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { clockOffset } from "../../pwa/src/data/api";
import { entries, run } from "../../pwa/src/data/outbox";
import { db, visits } from "../../pwa/src/data/records";
import { carry, pack } from "../../pwa/src/data/rescue";
import { me, unsentVisits } from "../../pwa/src/data/session";
import { openVisit, startVisit, type OpenVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, code, picture, readyPhone } from "./make";
import { frames, serversKey, type ServersKey } from "./rescue_open";
import { Stub, json, lost } from "./stub_server";

let stub = new Stub();
let base = "";
let key: ServersKey;
before(async () => {
  base = await stub.listen();
  key = await serversKey();
});
after(() => stub.close());
beforeEach(async () => {
  for (const part of [stub.visits, stub.files, stub.uploads]) part.clear();
  stub.tricks.length = 0;
  stub.asked.length = 0;
  await readyPhone(stub, base);
  me.value = { ...me.value!, packing: { name: key.name, key: key.public, pass: "p".repeat(64) } };
});

async function begun(photos: string[]): Promise<OpenVisit> {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  await visit.editTimer("B1", 100, "没按到");
  for (const text of photos) await visit.addPhoto("A1", await picture(text), "camera");
  return visit;
}
async function submitted(photos = ["one", "two"]): Promise<OpenVisit> {
  const visit = await begun(photos);
  await visit.submit();
  return visit;
}
/** Packed into a single file. */
const one = async () => {
  const packed = await pack();
  assert.equal(packed.parts.length, 1);
  return packed as typeof packed & { parts: [(typeof packed.parts)[number]] };
};
const opened = async (blob: Blob) => {
  const [list, ...files] = await frames(key, await blob.arrayBuffer());
  return { list: JSON.parse(new TextDecoder().decode(list)), files };
};

test("all that was not sent is in the file, and only the server's key opens it", async () => {
  const visit = await submitted();
  const { parts: [{ name, blob }], files, lost, signs } = await one();
  assert.match(name, /^beiwang-\d{8}-\d{4}\.xtr$/);
  assert.deepEqual([files, lost], [2, 0]);
  assert.doesNotMatch(Buffer.from(await blob.arrayBuffer()).toString("latin1"), /answers|TY01|迎泽/);
  const { list, files: bytes } = await opened(blob);
  assert.equal(list.user, "u-lin");
  const document = JSON.parse(list.visits[0].document);
  assert.equal(document.answers.A1.value, "pass");
  assert.deepEqual([list.visits[0].id, list.visits[0].etag], [visit.id, null]);
  const sign = createHash("sha256").update("p".repeat(64) + list.visits[0].mark).digest("hex").slice(0, 6).toUpperCase();
  assert.deepEqual([...signs], [[visit.id, sign]]);
  assert.deepEqual(list.files.map(({ bytes: length }: { bytes: number }) => length), [2000, 2000]);
  assert.equal(new TextDecoder().decode(bytes[0]!.slice(0, 3)), "one");
  assert.deepEqual([bytes.length, bytes.at(-1)!.byteLength], [3, 0]);
  const another = await serversKey();
  await assert.rejects(frames({ ...another, name: key.name }, await blob.arrayBuffer()));
});

test("what is at the server already, or was given up, is not packed; a damaged photo is left out and counted", async () => {
  const visit = await submitted(["good", "bad", "there"]);
  const [, bad, there] = visit.record.value.document.files;
  await db().tx(["bytes", "visits"], "readwrite", async (tx) => {
    const row = (await tx.objectStore("bytes").get(bad!.sha256))!;
    await tx.objectStore("bytes").put({ ...row, bytes: new ArrayBuffer(2000) });
    const record = (await tx.objectStore("visits").get(visit.id))!;
    await tx.objectStore("visits").put({ ...record, known: { ...record.known, arrived: [there!.sha256] } });
  });
  const { files, lost, parts: [{ blob }] } = await one();
  assert.deepEqual([files, lost], [1, 1]);
  assert.equal((await opened(blob)).list.files.length, 1);
  await run("tap");
  const next = await begun([]);
  await next.discard("弄错了");
  assert.deepEqual(unsentVisits().map(({ id }) => id), [visit.id]);
});

test("a version that lost a choice goes along", async () => {
  const visit = await begun([]);
  await run("tap");
  const there = stub.visits.get(visit.id)!;
  stub.visits.set(visit.id, { ...there, etag: "other", document: { ...there.document, answers: { A1: { value: "fail" } } } });
  await visit.answer("A1", "pass");
  await visit.note("A1", "这里");
  await run("tap");
  assert.ok(visit.record.value.conflict);
  const { list } = await opened((await pack()).parts[0]!.blob);
  assert.equal(JSON.parse(list.visits[0].document).answers.A1.note, "这里");
  assert.equal(JSON.parse(list.visits[0].kept[0]).answers.A1.value, "fail");
});

test("when a colleague has sent it, the phone hears the receipt by itself, also where the clock was measured only then", async () => {
  clockOffset.value = null;
  const visit = await submitted();
  const { list } = await opened((await pack()).parts[0]!.blob);
  // As the server has it after the file was taken in.
  stub.visits.set(visit.id, { document: JSON.parse(list.visits[0].document), etag: "whole", revision: 1, state: "receiving" });
  stub.files.set(visit.id, new Set(visit.record.value.document.files.map((file) => file.sha256)));
  await run("tap");
  assert.equal(entries.value.find((one) => one.visit === visit.id)!.state, "sent");
  const { state, known, conflict, unheard } = visits.value.get(visit.id)!;
  assert.deepEqual([state, conflict, unheard], ["submitted", null, undefined]);
  assert.equal(known.receipt?.number, "R1");
  assert.equal(stub.count("POST", /uploads/), 0);
});

test("a draft that a colleague sent is this phone's own: it goes on without a choice between versions", async () => {
  const visit = await begun([]);
  const { list } = await opened((await pack()).parts[0]!.blob);
  stub.visits.set(visit.id, { document: JSON.parse(list.visits[0].document), etag: list.visits[0].mark, revision: 0, state: "draft" });
  await visit.answer("A1", "fail");
  await run("tap");
  assert.equal(visits.value.get(visit.id)!.conflict, null);
  assert.equal(stub.visits.get(visit.id)!.document.answers.A1.value, "fail");
});

test("packing again what has not changed gives the same mark, and a changed visit knows those before", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  await visit.answer("A1", "pass");
  const packed = async () => (await opened((await pack()).parts[0]!.blob)).list.visits[0];
  const first = await packed();
  for (let presses = 0; presses < 30; presses += 1) assert.equal((await packed()).mark, first.mark);
  await visit.answer("A1", "fail");
  const second = await packed();
  assert.notEqual(second.mark, first.mark);
  assert.deepEqual(second.marks, [first.mark, second.mark]);
});

test("what was given up after a colleague sent it is given up at the server too; what nobody sent is none there", async () => {
  for (const delivered of [true, false]) {
    const visit = await begun([]);
    const { list } = await opened((await pack()).parts[0]!.blob);
    if (delivered) stub.visits.set(visit.id, { document: JSON.parse(list.visits[0].document), etag: list.visits[0].mark, revision: 0, state: "draft" });
    await visit.discard("弄错了");
    await run("tap");
    assert.equal(stub.visits.get(visit.id)?.state, delivered ? "discarded" : undefined);
    assert.equal(entries.value.find((one) => one.visit === visit.id)!.state, "sent");
  }
});

test("of what was neither sent nor packed the server is asked nothing", async () => {
  const visit = await begun([]);
  await visit.discard("弄错了");
  await run("tap");
  assert.equal(stub.count("POST", /discard/), 0);
  assert.equal(entries.value.find((one) => one.visit === visit.id)!.state, "sent");
});

test("a save whose answer was lost is known by its mark in the file that is packed later", async () => {
  const visit = await begun([]);
  stub.next("PUT", /visits/, lost);
  await run("tap");
  await visit.answer("A1", "fail");
  const { list } = await opened((await pack()).parts[0]!.blob);
  assert.equal(list.visits[0].etag, null);
  assert.ok(list.visits[0].marks.includes(stub.visits.get(visit.id)!.etag));
});

test("what is too large for the server goes into several files, each with all visits", async () => {
  const visit = await submitted(["one", "two", "three"]);
  const text = (await opened((await pack()).parts[0]!.blob)).list.visits;
  const most = Buffer.byteLength(JSON.stringify(text)) + 1000 + 2 * 2160 + 100;
  me.value = { ...me.value!, packing: { ...me.value!.packing!, most_bytes: most } };
  const { parts, files, lost } = await pack();
  assert.deepEqual([parts.length, files, lost], [2, 3, 0]);
  assert.match(parts[1]!.name, /-2\.xtr$/);
  const lists = await Promise.all(parts.map(async ({ blob }) => (await opened(blob)).list));
  assert.ok(parts.every(({ blob }) => blob.size <= most));
  assert.deepEqual(lists.map((list) => list.visits), [text, text]);
  assert.deepEqual(lists.flatMap((list) => list.files.map((file: { sha256: string }) => file.sha256)), visit.record.value.document.files.map((file) => file.sha256));
  me.value = { ...me.value!, packing: { ...me.value!.packing!, most_bytes: 1000 } };
  assert.equal(await code(pack()), "rescue-too-large");
});

test("of many versions that lost a choice the newest go along", async () => {
  const visit = await begun([]);
  await db().tx(["visits"], "readwrite", async (tx) => {
    const record = (await tx.objectStore("visits").get(visit.id))!;
    const kept = Array.from({ length: 150 }, (_, number) => ({ ...record.document, device: `${number}` }));
    await tx.objectStore("visits").put({ ...record, kept });
  });
  const { list } = await opened((await pack()).parts[0]!.blob);
  const kept = list.visits[0].kept.map((text: string) => JSON.parse(text).device);
  assert.deepEqual([kept.length, kept.at(-1)], [20, "149"]);
});

test("another file is not sent at all, and what the server says comes back", async () => {
  assert.equal(await code(carry(new Blob(["%PDF-1.7"]))), "rescue-none");
  assert.equal(stub.count("POST", /rescue/), 0);
  await submitted();
  const { parts: [{ blob }] } = await one();
  stub.next("POST", /rescue/, (response) => json(response, 200, { visits: [{ visit: "ABCDEF", outcome: "whole", receipt: "R", files_missing: 0 }] }));
  assert.equal((await carry(blob))[0]?.outcome, "whole");
  const sent = stub.asked.find(({ path }) => path === "/rescue")!;
  assert.equal(sent.headers["content-type"], "application/octet-stream");
  assert.equal(sent.body.length, blob.size);
});

test("a phone that never heard of the server's key says so", async () => {
  await submitted();
  me.value = { ...me.value!, packing: null };
  assert.equal(await code(pack()), "rescue-no-key");
});
