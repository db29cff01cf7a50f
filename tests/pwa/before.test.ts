/** Rechecks on the phone: which visit they are of, and the photos from before: fetched once, kept while they are named, never for evidence. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { server } from "../../pwa/src/data/api";
import { beforePhotos, fetchBefore } from "../../pwa/src/data/before";
import { beforeKey, dropReceived, sweep } from "../../pwa/src/data/photos";
import { db } from "../../pwa/src/data/records";
import { pull } from "../../pwa/src/data/sync";
import { openVisit, startVisit } from "../../pwa/src/data/visit";
import { ASSIGNMENT, killed, pass, picture, readyPhone } from "./make";
import { Stub } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());

const [ONE, TWO] = ["1".repeat(64), "2".repeat(64)];
const RECHECK = { ...ASSIGNMENT, id: "again", kind: "recheck" as const, recheck_of: "earlier", before: { A1: [ONE, TWO] } };
const sends = (hash: string, text: string, type = "image/jpeg") => stub.next("GET", new RegExp(`^/photos/${hash}\\?size=screen$`), (response) => void response.writeHead(200, { "Content-Type": type }).end(text));
const texts = async (hashes = [ONE, TWO]) => Promise.all((await beforePhotos(hashes)).map((blob) => blob.text()));

beforeEach(async () => {
  stub.asked.length = stub.tricks.length = 0;
  await readyPhone(stub, base);
  stub.pages = [{ changes: [{ type: "assignment", id: "again", version: 1, data: RECHECK }], removed: [], cursor: "c2", more: false }];
  await pull();
});

test("the visit of a recheck names the one that it looks at again", async () => {
  const visit = await openVisit(await startVisit("again"));
  assert.equal(visit.record.value.document.recheck_of, "earlier");
  assert.equal((await openVisit(await startVisit(ASSIGNMENT.id))).record.value.document.recheck_of, null);
});

test("what did not come is asked for again, what came is not, and a login page is no picture", async () => {
  sends(ONE, "one");
  sends(TWO, "<html>", "text/html");
  await fetchBefore();
  assert.deepEqual(await texts(), ["one"]);
  sends(TWO, "two");
  void fetchBefore();
  // Whoever asks meanwhile waits for the same.
  await fetchBefore();
  assert.deepEqual(await texts(), ["one", "two"]);
  const asked = stub.count("GET", /^\/photos/);
  await fetchBefore();
  assert.equal(stub.count("GET", /^\/photos/), asked);
});

test("they lie in the phone's own store and not in the browser's cache beside it, which nobody seals", async () => {
  const caches: unknown[] = [];
  const { fetch } = server;
  server.fetch = (input, init) => {
    caches.push(init?.cache);
    return fetch(input, init);
  };
  sends(ONE, "one");
  sends(TWO, "two");
  await fetchBefore();
  server.fetch = fetch;
  assert.deepEqual([caches, await texts()], [["no-store", "no-store"], ["one", "two"]]);
});

test("they stay while an assignment names them, after a kill too, and go a day after it is gone", async () => {
  sends(ONE, "one");
  sends(TWO, "two");
  await fetchBefore();
  await killed();
  pass(40 * 86_400_000);
  assert.equal(await sweep(), 0);
  assert.deepEqual(await texts(), ["one", "two"]);
  stub.pages = [{ changes: [], removed: [{ type: "assignment", id: "again" }], cursor: "c3", more: false }];
  await pull();
  assert.equal(await sweep(), 2);
  assert.deepEqual(await texts(), []);
});

test("where there is no room they go first, and nothing that is not at the server goes with them", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  const mine = await visit.addPhoto("A1", await picture("evidence"), "camera");
  sends(ONE, "one");
  await fetchBefore();
  assert.equal(await dropReceived(30), 0);
  assert.deepEqual(await texts(), ["one"]);
  assert.ok(await dropReceived(0) >= 3);
  assert.deepEqual(await texts(), []);
  assert.equal((await db().get("bytes", mine.sha256))?.bytes.byteLength, mine.bytes);
});

test("a photo from before never stands in the place of this phone's own bytes of the same name", async () => {
  const visit = await openVisit(await startVisit(ASSIGNMENT.id));
  const mine = await visit.addPhoto("A1", await picture("evidence"), "camera");
  stub.pages = [{ changes: [{ type: "assignment", id: "again", version: 2, data: { ...RECHECK, before: { A1: [mine.sha256] } } }], removed: [], cursor: "c4", more: false }];
  await pull();
  sends(mine.sha256, "smaller");
  await fetchBefore();
  assert.deepEqual(await texts([mine.sha256]), ["smaller"]);
  assert.equal((await db().get("bytes", mine.sha256))?.bytes.byteLength, mine.bytes);
  assert.notEqual(beforeKey(mine.sha256), mine.sha256);
});
