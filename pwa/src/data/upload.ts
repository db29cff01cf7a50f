/** The part of tus 1.0.0 that we use: create with the bytes, ask how far, go on from there, checksum. */
import { ApiProblem, call, type Answered, type Failed, type Options } from "./api";

export interface Upload {
  bytes: ArrayBuffer; sha256: string; visit: string; item: string | null; kind: string; type: string;
  /** Of which sort the record is that it belongs to, where that is no visit but is named in `visit` all the same. */
  record?: "action" | undefined;
  /** Of an upload begun earlier, or null. */
  location: string | null;
  /** Called and awaited as soon as the server named the place, so that a kill does not begin anew. */
  located(location: string): Promise<unknown>;
  progress?(sent: number): void;
  /** For whom; see `call`. */
  of?: Options["of"];
}

const VERSION = "Tus-Resumable";
const BODY = "application/offset+octet-stream";
/** Up to this size a file may be one request, where the line has shown that it carries it. */
const AT_ONCE = 1_000_000;
const FIRST_CHUNK = 128 * 1024;
const LARGEST_CHUNK = 2 * 1024 * 1024;
/** A request should take so long: a cut costs no more, and the way there and back does not count. */
const AIM_MS = 4_000;
/** Fewer bytes than these measure the way there and back, not the line. */
const MEASURES = 16 * 1024;

/** Bytes a millisecond at the last request; null as long as nothing was measured or after a cut. */
export const line: { rate: number | null } = { rate: null };

/** Sends the file or what is left of it. null: the server has it; otherwise why not. Never rejects for the network. */
export async function upload(file: Upload, mono: () => number): Promise<ApiProblem | null> {
  let offset: number | null = null;
  let location = file.location;
  if (location) {
    const asked = await call("HEAD", location, { headers: tus(), mark: VERSION, of: file.of });
    if (asked.ok) offset = offsetOf(asked.headers);
    else if (asked.problem.kind !== "refused") return asked.problem;
    else location = null;
  }
  if (!location) {
    const made = await create(file, mono);
    if ("problem" in made) return made.problem;
    ({ location, offset } = made);
    file.progress?.(offset);
    if (offset < file.bytes.byteLength) await file.located(location);
  }
  return rest(file, location, offset ?? 0, mono);
}

function carries(): number {
  return line.rate === null ? FIRST_CHUNK : Math.min(LARGEST_CHUNK, Math.max(FIRST_CHUNK / 2, Math.floor(line.rate * AIM_MS)));
}

/** A request with bytes; how it went says how large the next may be. */
async function sent(method: string, path: string, options: Options & { bytes: Uint8Array<ArrayBuffer> }, mono: () => number): Promise<Answered<undefined> | Failed> {
  const begun = mono();
  const answer = await call<undefined>(method, path, { ...options, mark: VERSION, timeoutMs: 180_000 });
  if (!answer.ok) line.rate = null;
  else if (options.bytes.byteLength >= MEASURES) line.rate = options.bytes.byteLength / Math.max(1, mono() - begun);
  return answer;
}

async function create(file: Upload, mono: () => number): Promise<{ location: string; offset: number } | { problem: ApiProblem }> {
  const whole = file.bytes.byteLength <= Math.min(AT_ONCE, carries());
  const metadata = { sha256: file.sha256, ...(file.record ? { record: file.visit, record_kind: file.record } : { visit_id: file.visit }), item_id: file.item ?? "", kind: file.kind, filename: `${file.sha256}.${file.type.split("/")[1] ?? "bin"}`, filetype: file.type };
  const headers: Record<string, string> = {
    ...tus(), "Upload-Length": String(file.bytes.byteLength),
    "Upload-Metadata": Object.entries(metadata).filter(([, value]) => value !== "").map(([name, value]) => `${name} ${base64(new TextEncoder().encode(value))}`).join(","),
  };
  if (whole) Object.assign(headers, { "Content-Type": BODY, "Upload-Checksum": `sha256 ${base64(fromHex(file.sha256))}` });
  const answer = await (whole ? sent("POST", "/uploads", { headers, bytes: new Uint8Array(file.bytes), of: file.of }, mono) : call("POST", "/uploads", { headers, mark: VERSION, of: file.of }));
  if (!answer.ok) return { problem: answer.problem };
  const place = answer.headers.get("Location") ?? "";
  // A proxy may have written another scheme or host into it; only the path is ours.
  return { location: new URL(place, "http://phone/").pathname, offset: offsetOf(answer.headers) ?? 0 };
}

/** A chunk without checksum keeps every byte that arrived before a cut; the whole is checked by its SHA-256 at the end. */
async function rest(file: Upload, location: string, from: number, mono: () => number): Promise<ApiProblem | null> {
  let offset = from;
  while (offset < file.bytes.byteLength) {
    const bytes = new Uint8Array(file.bytes, offset, Math.min(carries(), file.bytes.byteLength - offset));
    const answer = await sent("PATCH", location, { headers: { ...tus(), "Upload-Offset": String(offset), "Content-Type": BODY }, bytes, of: file.of }, mono);
    if (!answer.ok) return answer.problem;
    const next = offsetOf(answer.headers);
    if (next === null || next <= offset) return new ApiProblem("network", { code: "network", title: "", detail: `offset ${next}`, status: answer.status });
    offset = next;
    file.progress?.(offset);
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
