/** The last resort: document and photos in one JSON file. */
import { PhoneProblem } from "./problem";
import { db } from "./records";
import { base64 } from "./upload";

/** Rejects with `visit-unknown`. */
export async function exportFile(visit: string): Promise<{ name: string; blob: Blob }> {
  const record = await db().get("visits", visit);
  if (!record) throw new PhoneProblem("visit-unknown");
  const parts: BlobPart[] = [`{"xunting_export":1,"app":${JSON.stringify(__APP_VERSION__)},"record":${JSON.stringify(record)},"files":[`];
  let comma = "";
  for (const hash of new Set(record.document.files.map((file) => file.sha256))) {
    const row = await db().get("bytes", hash);
    if (!row) continue;
    parts.push(`${comma}{"sha256":"${hash}","type":"${row.type}","base64":"${base64(new Uint8Array(row.bytes))}"}`);
    comma = ",";
  }
  parts.push("]}");
  return { name: `xunting-${record.outlet.code || "visit"}-${visit.slice(0, 13)}.json`, blob: new Blob(parts, { type: "application/json" }) };
}
