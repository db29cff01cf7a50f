/** A server with a switch for each misbehaviour: it cuts, lies, forgets to answer, and otherwise keeps the contract. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked { method: string; path: string; headers: Record<string, string | string[] | undefined>; body: Buffer }
/** Given instead of the proper answer to the next request that it says yes to. */
export interface Trick { when(asked: Asked): boolean; act(response: ServerResponse, request: IncomingMessage, proper: () => void): void }
interface Kept { document: any; etag: string; revision: number; state: string }
interface Unfinished { bytes: Buffer; length: number; sha256: string; visit: string }

export class Stub {
  readonly asked: Asked[] = [];
  readonly tricks: Trick[] = [];
  readonly visits = new Map<string, Kept>();
  /** Corrective actions as sync tells of them, and the words that each was answered with. */
  readonly actions = new Map<string, any>();
  readonly said = new Map<string, string>();
  readonly files = new Map<string, Set<string>>();
  readonly uploads = new Map<string, Unfinished>();
  pages: object[] = [];
  user = { id: "u1", username: "lin", name: "林", role: "shopper", language: "zh" };
  signedIn = true;
  /** What the keys of users are made from; null: an older server, which keeps none. */
  secret: string | null = "secret";
  /** Whether phones are to seal; undefined: a server that said nothing of it. */
  seal: boolean | undefined = undefined;
  /** Whether sound is taken. */
  hears = true;
  private server!: Server;
  private made = 0;

  async listen(): Promise<string> {
    this.server = createServer((request, response) => void this.take(request, response));
    await new Promise<void>((ready) => this.server.listen(0, "127.0.0.1", ready));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** The next request of this method and path is treated so. */
  next(method: string, path: RegExp, act: Trick["act"]): void {
    this.tricks.push({ when: (asked) => asked.method === method && path.test(asked.path), act });
  }

  count(method: string, path: RegExp): number {
    return this.asked.filter((asked) => asked.method === method && path.test(asked.path)).length;
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const asked: Asked = { method: request.method ?? "", path: (request.url ?? "").replace("/api/v1", ""), headers: request.headers, body: Buffer.concat(parts) };
    this.asked.push(asked);
    const proper = (): void => this.answer(asked, response);
    const index = this.tricks.findIndex((trick) => trick.when(asked));
    if (index < 0) return proper();
    this.tricks.splice(index, 1)[0]?.act(response, request, proper);
  }

  private answer(asked: Asked, response: ServerResponse): void {
    const [, room, id, more] = asked.path.split(/[/?]/);
    if (room === "session") return this.session(asked, response);
    if (room === "login") return void response.writeHead(this.signedIn ? 302 : 200, { location: "/" }).end();
    if (!this.signedIn) return problem(response, 401, "not-signed-in");
    if (room === "sync") return json(response, 200, { user: this.user.id, ...(this.pages.shift() ?? { changes: [], removed: [], cursor: "end", more: false }) });
    if (room === "visits" && more === "receipt") return json(response, 200, this.receipt(id!));
    if (room === "visits" && more === "discard") return this.discard(id!, response);
    if (room === "visits" && asked.method === "GET" && this.visits.has(id!)) return json(response, 200, this.visits.get(id!)!);
    if (room === "visits" && asked.method === "PUT") return this.put(id!, asked, response);
    if (room === "actions" && asked.method === "PUT") return this.reply(id!, asked, response);
    if (room === "uploads") return this.tus(id, asked, response);
    return problem(response, 404, "not-found");
  }

  private session(asked: Asked, response: ServerResponse): void {
    if (asked.method === "DELETE") return void response.writeHead(204).end();
    if (asked.method === "POST") {
      const { username, password } = JSON.parse(asked.body.toString());
      if (password !== "right") return problem(response, 401, "wrong-password");
      this.user = { ...this.user, id: `u-${username}`, username };
      this.signedIn = true;
    }
    if (!this.signedIn) return problem(response, 401, "not-signed-in");
    return json(response, 200, { user: this.user, permissions: [], csrf: "token", server_time: new Date().toISOString(),
      ...(this.secret !== null && { store_key: createHash("sha256").update(this.secret + this.user.id).digest("base64url") }), seal: this.seal });
  }

  private put(id: string, asked: Asked, response: ServerResponse): void {
    const document = JSON.parse(asked.body.toString());
    const kept = this.visits.get(id);
    const same = kept && (JSON.stringify(kept.document) === JSON.stringify(document) || (!["draft", "returned"].includes(kept.state) && silent(kept.document) === silent(document)));
    if (!same && !this.hears && silent(document) !== JSON.stringify(document)) return problem(response, 422, "voice-notes-off");
    if (!same) {
      if (kept && !String(asked.headers["if-match"]).split(", ").includes(`"${kept.etag}"`)) {
        return problem(response, 412, "visit-etag-old", { current: { document: kept.document, etag: kept.etag, state: kept.state, revision: kept.revision } });
      }
      if (kept && !["draft", "returned"].includes(kept.state) && !proves(kept, document)) return problem(response, 409, "visit-state-forbids", { state: kept.state });
      const submit = document.intent === "submit";
      this.visits.set(id, { document, etag: String(asked.headers["x-save-mark"] ?? `e${++this.made}`), revision: (kept?.revision ?? 0) + (submit ? 1 : 0), state: submit ? "receiving" : kept?.state ?? "draft" });
    }
    this.whole(id);
    const now = this.visits.get(id)!;
    return json(response, 200, {
      etag: now.etag, revision: now.revision, state: now.state, score: null, missing: [], files_missing: this.missing(id),
      receipt: now.state === "submitted" ? { number: `R${now.revision}`, at: new Date().toISOString() } : null,
    });
  }

  /** An action made by hand, or an answer to one: with the last of its files it is answered. */
  private reply(id: string, asked: Asked, response: ServerResponse): void {
    const text = asked.body.toString();
    const body = JSON.parse(text);
    const kept = this.actions.get(id);
    if (this.said.get(id) !== text) {
      if (asked.headers["if-none-match"] === "*" ? kept : asked.headers["if-match"] !== `"${kept?.etag}"`) return kept ? problem(response, 412, "action-etag-old", { current: kept }) : problem(response, 404, "not-found");
      if (kept && !["open", "reopened"].includes(kept.state)) return problem(response, 409, "action-state-forbids", { state: kept.state });
      this.said.set(id, text);
      this.actions.set(id, { ...(kept ?? { id, outlet_id: body.outlet_id, state: "open", what: body.what, answer: null, files: [] }), ...("answer" in body && { answer: body.answer, files: body.files }), etag: `a${++this.made}` });
    }
    const now = this.answered(id);
    json(response, 200, { id, etag: now.etag, state: now.state, files_missing: this.lacking(now.files, id) });
  }

  private answered(id: string): any {
    const now = this.actions.get(id);
    if (now && now.answer !== null && ["open", "reopened"].includes(now.state) && this.lacking(now.files, id).length === 0) Object.assign(now, { state: "answered", etag: `a${++this.made}` });
    return now;
  }

  private lacking(files: { sha256: string }[], id: string): string[] {
    return files.map(({ sha256 }) => sha256).filter((hash) => !this.files.get(id)?.has(hash));
  }

  private discard(id: string, response: ServerResponse): void {
    const kept = this.visits.get(id);
    if (!kept) return problem(response, 404, "not-found");
    kept.state = "discarded";
    json(response, 200, { etag: kept.etag, state: kept.state });
  }

  private tus(id: string | undefined, asked: Asked, response: ServerResponse): void {
    const has = (offset: number, more: Record<string, string> = {}) => ({ "Tus-Resumable": "1.0.0", "Upload-Offset": String(offset), ...more });
    if (asked.method === "POST") {
      const metadata = Object.fromEntries(String(asked.headers["upload-metadata"]).split(",").map((pair) => {
        const [name, value] = pair.split(" ");
        return [name, Buffer.from(value ?? "", "base64").toString()];
      })) as Record<string, string>;
      if (!this.hears && metadata.kind === "audio") return problem(response, 422, "voice-notes-off");
      const name = `up${++this.made}`;
      const one = { bytes: Buffer.alloc(0), length: Number(asked.headers["upload-length"]), sha256: metadata.sha256!, visit: metadata.visit_id ?? (metadata.record_kind === "action" ? metadata.record! : "") };
      this.uploads.set(name, one);
      if (!this.append(one, asked)) return problem(response, 460, "checksum-wrong");
      return void response.writeHead(201, has(one.bytes.length, { Location: `/api/v1/uploads/${name}` })).end();
    }
    const one = this.uploads.get(id!);
    if (!one) return void response.writeHead(404, { "Tus-Resumable": "1.0.0", "Content-Type": "application/problem+json" }).end();
    if (asked.method === "HEAD") return void response.writeHead(200, has(one.bytes.length, { "Upload-Length": String(one.length), "Cache-Control": "no-store" })).end();
    if (Number(asked.headers["upload-offset"]) !== one.bytes.length) return problem(response, 409, "upload-offset-wrong");
    if (!this.append(one, asked)) return problem(response, 460, "checksum-wrong");
    return void response.writeHead(204, has(one.bytes.length)).end();
  }

  /** Adds bytes; a finished file whose hash is right has arrived for its visit. */
  append(one: Unfinished, asked: Asked): boolean {
    const sum = asked.headers["upload-checksum"];
    if (sum && sum !== `sha256 ${createHash("sha256").update(asked.body).digest("base64")}`) return false;
    one.bytes = Buffer.concat([one.bytes, asked.body]);
    if (one.bytes.length === one.length && createHash("sha256").update(one.bytes).digest("hex") === one.sha256) {
      this.files.set(one.visit, (this.files.get(one.visit) ?? new Set()).add(one.sha256));
      this.whole(one.visit);
      this.answered(one.visit);
    }
    return true;
  }

  private missing(id: string): string[] {
    const there = this.files.get(id) ?? new Set();
    return this.visits.get(id)!.document.files.filter((file: { kind: string }) => this.hears || file.kind !== "audio").map((file: { sha256: string }) => file.sha256).filter((hash: string) => !there.has(hash));
  }

  private whole(id: string): void {
    const kept = this.visits.get(id);
    if (kept?.state === "receiving" && this.missing(id).length === 0) kept.state = "submitted";
  }

  private receipt(id: string): object {
    const { document, revision } = this.visits.get(id)!;
    return { number: `R${revision}`, at: new Date().toISOString(), visit: id, revision, files: document.files.map((file: { sha256: string }) => file.sha256) };
  }
}

/** The document as JSON without its voice notes. */
function silent(document: any): string {
  return JSON.stringify({ ...document, files: document.files.filter((file: { kind: string }) => file.kind !== "audio") });
}

/** Later proof, and nothing else, of what was submitted. */
function proves({ document: before, state }: Kept, after: any): boolean {
  const { answers: were, files: had, ...rest } = before;
  const pending = (item: string): boolean => were[item]?.pending === true;
  const changed = Object.keys(after.answers).filter((item) => JSON.stringify(after.answers[item]) !== JSON.stringify(were[item]));
  const added = after.files.filter((file: object) => !had.some((one: object) => JSON.stringify(one) === JSON.stringify(file)));
  return ["receiving", "submitted", "in_review"].includes(state) && changed.length + added.length > 0 && changed.every(pending)
    && Object.keys(were).every((item) => item in after.answers) && added.length === after.files.length - had.length && added.every((file: any) => pending(file.item))
    && ["intent", "started_at", "left_at", "finished_at", "position", "notes", "actions", "signatures", "part"].every((name) => JSON.stringify(rest[name]) === JSON.stringify(after[name]));
}

export function json(response: ServerResponse, status: number, data: object, type = "application/json"): void {
  response.writeHead(status, { "Content-Type": type, ...("etag" in data && { ETag: `"${String(data.etag)}"` }) }).end(JSON.stringify(data));
}

export function problem(response: ServerResponse, status: number, code: string, facts: object = {}): void {
  json(response, status, { type: `/problems/${code}`, title: code, status, detail: `${code}.`, ...facts }, "application/problem+json");
}

export const cut: Trick["act"] = (_response, request) => void request.socket.destroy();
/** The server did it, the phone never hears of it. */
export const lost: Trick["act"] = (response, request, proper) => {
  response.end = (() => response) as typeof response.end;
  proper();
  request.socket.destroy();
};
export const portal: Trick["act"] = (response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<html>请登录 Wi-Fi</html>");
