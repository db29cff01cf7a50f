/** The server's side of a rescue file in a few lines: its key, and a file's frames opened. */
import { createDecipheriv, createECDH, hkdfSync, createHash, type ECDH } from "node:crypto";

export interface ServersKey { name: string; public: string; pair: ECDH }

export async function serversKey(): Promise<ServersKey> {
  const pair = createECDH("prime256v1");
  const point = pair.generateKeys();
  return { name: createHash("sha256").update(point).digest("hex").slice(0, 16), public: point.toString("base64url"), pair };
}

/** Throws for a byte that is not as it was sealed. */
export async function frames(key: ServersKey, whole: ArrayBuffer): Promise<Buffer[]> {
  const data = Buffer.from(whole);
  const head = data.subarray(0, 85);
  if (head.toString("latin1", 0, 4) !== "XTR\x01" || head.toString("latin1", 4, 20) !== key.name) throw new Error("not for this key");
  const derived = Buffer.from(hkdfSync("sha256", key.pair.computeSecret(head.subarray(20)), Buffer.alloc(0), head, 32));
  const found: Buffer[] = [];
  for (let place = 85; place < data.length;) {
    const end = place + 4 + data.readUInt32BE(place);
    const iv = Buffer.alloc(12);
    iv.writeUInt32BE(found.length, 7);
    iv[11] = Number(end === data.length);
    const open = createDecipheriv("aes-256-gcm", derived, iv);
    open.setAuthTag(data.subarray(end - 16, end));
    found.push(Buffer.concat([open.update(data.subarray(place + 4, end - 16)), open.final()]));
    place = end;
  }
  return found;
}
