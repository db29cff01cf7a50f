/** The part of tus 1.0.0 that we use: create with the bytes, ask how far, go on from there, checksum. */
import { ApiProblem, call } from "./api";

export interface Upload {
  bytes: ArrayBuffer; sha256: string; visit: string; item: string | null; kind: string; type: string;
  /** Of an upload begun earlier, or null. */
  location: string | null;
  /** Called and awaited as soon as the server named the place, so that a kill does not begin anew. */
  located(location: string): Promise<unknown>;
  progress?(sent: number): void;
}

const VERSION = "Tus-Resumable";
const BODY = "application/offset+octet-stream";
/** Up to this size a file is one request. */
const AT_ONCE = 1_000_000;
const FIRST_CHUNK = 128 * 1024;
const LARGEST_CHUNK = 2 * 1024 * 1024;
/** A request that takes longer than this was too large for the network. */
const SLOW_MS = 8_000;

/** Sends the file or what is left of it. null: the server has it; otherwise why not. Never rejects for the network. */
export async function upload(file: Upload, mono: () => number): Promise<ApiProblem | null> {
  let offset: number | null = null;
  let location = file.location;
  if (location) {
    const asked = await call("HEAD", location, { headers: tus(), mark: VERSION });
    if (asked.ok) offset = offsetOf(asked.headers);
    else if (asked.problem.kind !== "refused") return asked.problem;
    else location = null;
  }
  if (!location) {
    const made = await create(file);
    if ("problem" in made) return made.problem;
    ({ location, offset } = made);
    file.progress?.(offset);
    if (offset < file.bytes.byteLength) await file.located(location);
  }
  return rest(file, location, offset ?? 0, mono);
}

async function create(file: Upload): Promise<{ location: string; offset: number } | { problem: ApiProblem }> {
  const whole = file.bytes.byteLength <= AT_ONCE;
  const metadata = { sha256: file.sha256, visit_id: file.visit, item_id: file.item ?? "", kind: file.kind, filename: `${file.sha256}.${file.type.split("/")[1] ?? "bin"}`, filetype: file.type };
  const headers: Record<string, string> = {
    ...tus(), "Upload-Length": String(file.bytes.byteLength),
    "Upload-Metadata": Object.entries(metadata).filter(([, value]) => value !== "").map(([name, value]) => `${name} ${base64(new TextEncoder().encode(value))}`).join(","),
  };
  if (whole) Object.assign(headers, { "Content-Type": BODY, "Upload-Checksum": `sha256 ${base64(fromHex(file.sha256))}` });
  const answer = await call("POST", "/uploads", { headers, mark: VERSION, timeoutMs: 180_000, ...(whole && { bytes: new Uint8Array(file.bytes) }) });
  if (!answer.ok) return { problem: answer.problem };
  const place = answer.headers.get("Location") ?? "";
  // A proxy may have written another scheme or host into it; only the path is ours.
  return { location: new URL(place, "http://phone/").pathname, offset: offsetOf(answer.headers) ?? 0 };
}

/** A chunk without checksum keeps every byte that arrived before a cut; the whole is checked by its SHA-256 at the end. */
async function rest(file: Upload, location: string, from: number, mono: () => number): Promise<ApiProblem | null> {
  let offset = from;
  let size = FIRST_CHUNK;
  while (offset < file.bytes.byteLength) {
    const bytes = new Uint8Array(file.bytes, offset, Math.min(size, file.bytes.byteLength - offset));
    const begun = mono();
    const answer = await call("PATCH", location, {
      headers: { ...tus(), "Upload-Offset": String(offset), "Content-Type": BODY }, bytes, mark: VERSION, timeoutMs: 180_000,
    });
    if (!answer.ok) return answer.problem;
    const next = offsetOf(answer.headers);
    if (next === null || next <= offset) return new ApiProblem("network", { code: "network", title: "", detail: `offset ${next}`, status: answer.status });
    offset = next;
    file.progress?.(offset);
    size = mono() - begun > SLOW_MS ? Math.max(FIRST_CHUNK / 2, size / 2) : Math.min(LARGEST_CHUNK, size * 2);
  }
  return null;
}

function tus(): Record<string, string> {
  return { [VERSION]: "1.0.0" };
}

function offsetOf(headers: Headers): number | null {
  const text = headers.get("Upload-Offset");
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}

function fromHex(hash: string): Uint8Array {
  return Uint8Array.from(hash.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
