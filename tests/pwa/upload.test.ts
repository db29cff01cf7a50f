/** Uploads go on where they stopped, from the phone's own bytes. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { line, upload } from "../../pwa/src/data/upload";
import { sha256 } from "../../pwa/src/data/clock";
import { newPhone } from "./make";
import { Stub, cut, lost, portal, problem, type Trick } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(() => {
  newPhone(base);
  stub.uploads.clear();
  stub.files.clear();
  stub.asked.length = 0;
  stub.tricks.length = 0;
  line.rate = null;
});

async function file(size: number, location: string | null = null, mono = () => 0) {
  const bytes = new Uint8Array(size).map((_, index) => index % 251).buffer;
  const seen: { location: string | null; sent: number[] } = { location, sent: [] };
  return {
    seen, sha: await sha256(bytes),
    send: async () => upload({
      bytes, sha256: await sha256(bytes), visit: "v", item: "A1", kind: "photo", type: "image/jpeg", location: seen.location,
      located: async (where) => void (seen.location = where), progress: (sent) => seen.sent.push(sent),
    }, mono),
  };
}

test("a small file is one request with its checksum, its hash and its item", async () => {
  const one = await file(100_000);
  assert.equal(await one.send(), null);
  assert.equal(stub.asked.length, 1);
  assert.match(String(stub.asked[0]?.headers["upload-checksum"]), /^sha256 /);
  assert.ok(stub.files.get("v")?.has(one.sha));
});

test("a large file goes in growing pieces that fit together", async () => {
  const one = await file(2_500_000);
  assert.equal(await one.send(), null);
  assert.ok(stub.files.get("v")?.has(one.sha));
  const sizes = stub.asked.filter(({ method }) => method === "PATCH").map(({ body }) => body.length);
  assert.equal(sizes.reduce((sum, size) => sum + size, 0), 2_500_000);
  assert.ok(sizes[1]! > sizes[0]!);
  assert.equal(one.seen.sent.at(-1), 2_500_000);
});

test("the first piece is small, and the next are as the line carries them: a photo is one request on a good one", async () => {
  const sizes = () => stub.asked.splice(0).map(({ body }) => body.length);
  // 20 kB a second: four seconds carry 80 kB.
  let time = 0;
  const slow: Trick = { when: ({ method, body }) => { if (method !== "HEAD") time += body.length / 20; return false; }, act: cut };
  stub.tricks.push(slow);
  await (await file(300_000, null, () => time)).send();
  assert.deepEqual(sizes(), [0, 131_072, 80_000, 80_000, 8_928]);
  await (await file(290_000, null, () => time)).send();
  assert.deepEqual(sizes(), [0, 80_000, 80_000, 80_000, 50_000]);
  stub.tricks.length = 0;
  await (await file(280_000, null, () => time)).send();
  assert.deepEqual(sizes(), [0, 80_000, 200_000]);
  await (await file(300_001, null, () => time)).send();
  assert.deepEqual(sizes(), [300_001]);
  // A cut takes the trust away again.
  stub.next("POST", /uploads/, cut);
  const last = await file(300_002, null, () => time);
  await last.send();
  stub.asked.length = 0;
  await last.send();
  assert.deepEqual(sizes(), [0, 131_072, 168_930]);
});

test("after a cut it asks how far and sends only the rest", async () => {
  const one = await file(2_500_000);
  let patches = 0;
  stub.tricks.push({ when: ({ method }) => method === "PATCH" && ++patches === 3, act: cut });
  assert.equal((await one.send())?.kind, "network");
  assert.ok(one.seen.location);
  stub.asked.length = 0;
  stub.tricks.length = 0;
  assert.equal(await one.send(), null);
  assert.equal(stub.asked[0]?.method, "HEAD");
  assert.ok(stub.asked.reduce((sum, { body }) => sum + body.length, 0) < 2_500_000);
  assert.ok(stub.files.get("v")?.has(one.sha));
});

test("a piece that arrived although its answer was lost is not sent again", async () => {
  const one = await file(1_200_000);
  stub.next("PATCH", /uploads/, lost);
  await one.send();
  stub.asked.length = 0;
  assert.equal(await one.send(), null);
  assert.equal(stub.asked.reduce((sum, { body }) => sum + body.length, 0), 1_200_000 - 128 * 1024);
});

test("an upload that expired is begun anew", async () => {
  const one = await file(2000, "/api/v1/uploads/long-ago");
  assert.equal(await one.send(), null);
  assert.deepEqual(stub.asked.map(({ method }) => method), ["HEAD", "POST"]);
});

test("a wrong checksum, a wrong place and a Wi-Fi page are reasons to try again, not refusals", async () => {
  const one = await file(2000);
  stub.next("POST", /uploads/, (response) => problem(response, 460, "checksum-wrong"));
  assert.equal((await one.send())?.kind, "busy");
  stub.next("POST", /uploads/, portal);
  assert.equal((await one.send())?.kind, "network");
  const large = await file(1_200_000);
  stub.next("PATCH", /uploads/, (response) => problem(response, 409, "upload-offset-wrong", { offset: 0 }));
  assert.equal((await large.send())?.kind, "busy");
  assert.equal(await large.send(), null);
});
