/** Out of the waiting pictures into a visit, or away. */
import { phone } from "./shared";
import type { Sha256 } from "./types";

/** The picture as the other app gave it, or null when it is in its visit already. */
export async function sharedFile(hash: Sha256): Promise<File | null> {
  const found = await phone.get("bytes", hash);
  return found?.shared ? new File([found.bytes], hash, { type: found.type, lastModified: found.shared.modified }) : null;
}

export async function letGo(hash: Sha256): Promise<void> {
  await phone.tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").delete(hash));
}
