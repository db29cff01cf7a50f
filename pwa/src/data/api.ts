/** One way to the server: CSRF, ETag, problem+json, the server's clock, and what counts as "no network". */
import { signal, type Signal } from "@preact/signals";
import { clock } from "./clock";
import { PhoneProblem } from "./problem";
import type { ProblemFacts } from "./types";

export const network: Signal<"online" | "offline"> = signal("online");
/** Server minus phone, in milliseconds; null until the server was heard once. */
export const clockOffset: Signal<number | null> = signal(null);
/** True: the password is asked over the present screen; nothing is lost. */
export const needsLogin: Signal<boolean> = signal(false);

/** Where the API is, what proves that a write is ours, and `of` whom this page is (`belong`): the store of who is signed in, another one
 *  after each log-in; null where nobody is. */
export const server: { base: string; csrf: string; fetch: typeof fetch; renew: (() => Promise<boolean>) | null; of: object | null } = {
  base: "/api/v1", csrf: "", fetch: (input, init) => fetch(input, init), renew: null, of: null,
};

/** What is on its way, and for whom it was begun. */
const underway = new Map<AbortController, object | null>();

/** From now on the page is `of` them; what was begun for others is let go of, or its lock would outlive them by minutes. */
export function belong(of: object | null): void {
  server.of = of;
  for (const [abort, whose] of underway) if (whose !== of) abort.abort();
}

export interface Options {
  body?: unknown;
  /** `If-Match` with this etag; "none": `If-None-Match: *`. */
  etag?: string | "none";
  /** More etags that the server's version may have. */
  marks?: string[];
  headers?: Record<string, string>;
  /** Bytes instead of JSON (uploads). */
  bytes?: Uint8Array<ArrayBuffer> | Blob;
  timeoutMs?: number;
  /** Answers without a body are ours only when they carry this header (tus). */
  mark?: string;
  /** For whom it was begun, where that is not who is signed in now; null: it goes on whoever that is. */
  of?: object | null | undefined;
}
export interface Answered<T> { ok: true; status: number; data: T; etag: string | null; headers: Headers }
export interface Failed { ok: false; problem: ApiProblem; headers: Headers | null }

/** `kind` says what to do: network/busy: later · login: ask · conflict: choose · refused: show and go on with others. */
export class ApiProblem extends PhoneProblem {
  constructor(
    readonly kind: "network" | "busy" | "login" | "conflict" | "refused", plain: ProblemFacts,
    /** All that the problem document holds: `current`, `missing`, `etag`, `state` … */
    readonly facts: Record<string, unknown> = {}, readonly retryAfterMs: number | null = null,
  ) {
    super(plain.code, plain);
  }

  asData(): ProblemFacts {
    const { errors, missing } = this.facts as Pick<ProblemFacts, "errors" | "missing">;
    return { code: this.code, title: this.title, detail: this.detail, status: this.status, ...(errors && { errors }), ...(missing && { missing }) };
  }
}

/** Never rejects. A success is only what our server can have said: JSON, or the marked empty answer. Once somebody else is signed in, or
 *  nobody, what was begun before is neither sent nor heard: `login`. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answered<T> | Failed> {
  const { of = server.of } = options;
  const once = async (): Promise<Answered<T> | Failed> => {
    const late = (): boolean => of !== server.of && options.of !== null;
    const answer = late() ? null : await attempt<T>(method, path, options, of);
    if (!answer || late()) return failed("login", "login");
    if (of && !answer.ok && answer.problem.kind === "login") needsLogin.value = true;
    return answer;
  };
  const first = await once();
  // The CSRF token is older than the session; nothing of the request was taken, so it can be sent again.
  return !first.ok && first.problem.code === "foreign-request" && (await server.renew?.()) ? once() : first;
}

/** What a bad line or an old proof does to a request; sending again is the cure. */
const AGAIN = ["body-cut", "checksum-wrong", "photo-hash-wrong", "upload-offset-wrong", "foreign-request"];

async function attempt<T>(method: string, path: string, options: Options, of: object | null): Promise<Answered<T> | Failed | null> {
  const headers: Record<string, string> = { Accept: "application/json, application/problem+json", ...options.headers };
  let body: BodyInit | undefined;
  if (options.bytes) body = options.bytes;
  else if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers["Content-Type"] = "application/json";
  }
  if (method !== "GET" && method !== "HEAD") headers["X-CSRF-Token"] ??= server.csrf;
  if (options.etag === "none") headers["If-None-Match"] = "*";
  const seen = [...(options.marks ?? []), ...(options.etag && options.etag !== "none" ? [options.etag] : [])];
  if (seen.length > 0) headers["If-Match"] = seen.map((etag) => `"${etag}"`).join(", ");
  const url = /^https?:|^\/api\//.test(path) ? absolute(path) : server.base + path;
  const abort = new AbortController();
  if (options.of !== null) underway.set(abort, of);
  const callOff = clock.later(options.timeoutMs ?? 60_000, () => abort.abort());
  try {
    const sent = clock.now();
    // A login page of a Wi-Fi likes to redirect; our API never does.
    const response = await server.fetch(url, {
      method, headers, body, signal: abort.signal, credentials: "same-origin", cache: "no-store", redirect: "error",
    });
    const heard = clock.now();
    return await read<T>(response, options, sent, heard);
  } catch (problem) {
    if (!(problem instanceof Error || problem instanceof DOMException)) throw problem;
    // Let go of: that says nothing of the network.
    if (underway.has(abort) && of !== server.of) return null;
    return noNetwork(problem.message);
  } finally {
    underway.delete(abort);
    callOff();
  }
}

async function read<T>(response: Response, options: Options, sent: number, heard: number): Promise<Answered<T> | Failed> {
  const { status, headers } = response;
  const type = headers.get("Content-Type") ?? "";
  if (options.mark && headers.has(options.mark) && response.ok) {
    network.value = "online";
    return { ok: true, status, data: undefined as T, etag: null, headers };
  }
  if (!type.includes("json")) {
    if (status === 204 && !options.mark) return { ok: true, status, data: undefined as T, etag: null, headers };
    // A marked refusal without a body (HEAD) is ours, and a proxy's limit is a limit; any other page is somebody else's.
    if (status === 413 || (options.mark && headers.has(options.mark) && status < 500)) return refusal(status, {}, headers);
    return noNetwork(`${status} ${type}`);
  }
  // An answer to HEAD says what it is and has no body; a cut one does not parse.
  const body = await response.text();
  if (body === "" && response.ok) return noNetwork(`${status} without a body`);
  const data: unknown = body === "" ? {} : JSON.parse(body);
  network.value = "online";
  measure(data, headers, sent, heard);
  if (response.ok) return { ok: true, status, data: data as T, etag: headers.get("ETag")?.replace(/^(W\/)?"|"$/g, "") ?? null, headers };
  return refusal(status, data as Record<string, unknown>, headers);
}

function refusal(status: number, data: Record<string, unknown>, headers: Headers): Failed {
  const code = typeof data["type"] === "string" ? data["type"].split("/").at(-1) : "";
  const kind = status === 401 ? (code === "wrong-password" ? "refused" : "login")
    : status === 412 && data["current"] ? "conflict"
    : status >= 500 || [408, 423, 425, 429].includes(status) || AGAIN.includes(code ?? "") ? "busy" : "refused";
  const facts = { code: kind === "login" ? "login" : code || `http-${status}`, title: text(data["title"]), detail: text(data["detail"]), status };
  return { ok: false, problem: new ApiProblem(kind, facts, data, retryAfter(headers)), headers };
}

function noNetwork(detail: string): Failed {
  network.value = "offline";
  return failed("network", "network", detail);
}

function failed(kind: ApiProblem["kind"], code: string, detail = ""): Failed {
  return { ok: false, problem: new ApiProblem(kind, { code, title: "", detail, status: 0 }), headers: null };
}

/** Half of the way there and back is taken off; a slow answer measures nothing. */
function measure(data: unknown, headers: Headers, sent: number, heard: number): void {
  if (heard - sent > 10_000 || heard < sent) return;
  const exact = (data as { server_time?: unknown } | null)?.server_time;
  const date = headers.get("Date");
  const theirs = typeof exact === "string" ? Date.parse(exact) : date ? Date.parse(date) + 500 : NaN;
  if (Number.isNaN(theirs)) return;
  const offset = Math.round(theirs - (sent + heard) / 2);
  // The header has whole seconds: it must not spoil a better measurement.
  if (typeof exact === "string" || clockOffset.value === null || Math.abs(offset - clockOffset.value) > 1500) clockOffset.value = offset;
}

function retryAfter(headers: Headers): number | null {
  const value = headers.get("Retry-After");
  if (!value) return null;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - clock.now() : seconds * 1000;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function absolute(path: string): string {
  return path.startsWith("http") ? path : new URL(path, new URL(server.base, globalThis.location?.href ?? server.base)).href;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
