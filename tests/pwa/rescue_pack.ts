/** A phone that packs one visit: its session, document and pictures come as JSON on stdin, the file goes to stdout. */
import "fake-indexeddb/auto";
import { readFileSync, writeSync } from "node:fs";
import { sha256 } from "../../pwa/src/data/clock";
import { Db } from "../../pwa/src/data/db";
import { db, use } from "../../pwa/src/data/records";
import { pack } from "../../pwa/src/data/rescue";
import { me } from "../../pwa/src/data/session";
import type { Session, VisitDocument, VisitRecord } from "../../pwa/src/data/types";

const given = JSON.parse(readFileSync(0, "utf8")) as { session: Session; document: VisitDocument; pictures: string[] };
const { id } = given.document;
const record: VisitRecord = {
  id, state: "queued", document: given.document, facts: {}, outlet: { name: "", code: "" }, place: { section: null, item: null }, running: {}, saves: 1,
  saved_at: "2026-11-21T02:00:00Z", writer: "", known: { etag: null, revision: 0, state: null, receipt: null, saves: 0, arrived: [] }, conflict: null,
  kept: [], returned: null, discarded: null,
};
await new Db("phone").tx(["visits", "bytes"], "readwrite", (tx) => tx.objectStore("visits").put(record));
await use(new Db("phone"));
me.value = given.session;
for (const text of given.pictures) {
  const bytes = Uint8Array.from(Buffer.from(text, "base64")).buffer;
  const row = { sha256: await sha256(bytes), bytes, type: "image/jpeg", stored_at: "2026-11-21T02:00:00Z" };
  await db().tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").put(row));
}
const { parts } = await pack();
writeSync(1, Buffer.from(await parts[0]!.blob.arrayBuffer()));
process.exit(0);
