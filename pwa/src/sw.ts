/** Caches what was built, answers from it, and takes over only when told. The API is none of its business. */
import { restore, tellLeaving } from "./data/session";
import { run } from "./data/outbox";
import { takeIn } from "./data/shared";

const scope = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `shell-${__APP_VERSION__}`;
const FILES = __SHELL__;
/** Parts that most phones never need. */
const RARE = __RARE__;
/** The page that every place in the app begins with: the first of the list. */
const SHELL = FILES[0]!;

scope.addEventListener("install", (event) => event.waitUntil(fill()));

/** Keeps what is not kept yet of this version and of the rare parts that were used. */
async function fill(): Promise<void> {
  const [cache, rare] = await Promise.all([caches.open(CACHE), used()]);
  const there = (await cache.keys()).map(({ url }) => new URL(url).pathname);
  // Past the HTTP cache: a shell must never be made of two versions.
  await cache.addAll([...FILES, ...rare].filter((path) => !there.includes(path)).map((path) => new Request(path, { cache: "reload" })));
}

/** Where nothing hangs on it now: whatever could not be fetched is tried again another time. */
const fillUp = (): Promise<void> => fill().catch((problem: unknown) => console.info("not kept:", problem));

/** The rare parts that the versions before have kept, as they are called in this one. */
async function used(): Promise<string[]> {
  const stem = (path: string) => path.replace(/^.*\/|-\w+\.js$/g, "");
  const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
  const stems = kept.flat().map(({ url }) => stem(url));
  // In the versions before these parts somebody may have used all of them.
  return RARE.filter((path) => stems.includes(stem(path)) || (stems.length > 0 && !stems.includes("beside")));
}

scope.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const older = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== CACHE);
    // The last one stays: another tab may still run it, with an open visit and parts that it has not loaded yet.
    for (const name of older.slice(0, -1)) await caches.delete(name);
    await scope.clients.claim();
    // Rare parts that were used first while this version waited.
    await fillUp();
  })());
});

scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === "POST" && url.origin === scope.location.origin && url.pathname === "/app/share") return event.respondWith(shared(request));
  if (request.method !== "GET" || url.origin !== scope.location.origin || !url.pathname.startsWith("/app/")) return;
  if (request.mode === "navigate") event.respondWith(shell(event));
  else if (url.pathname.startsWith("/app/build/") || FILES.includes(url.pathname)) event.respondWith(cached(request));
});

/** Background Sync: sends what waits while no page is open. A rejected run is repeated by the browser. */
scope.addEventListener("sync", (event) => {
  const { tag, waitUntil } = event as ExtendableEvent & { tag: string };
  if (tag !== "outbox") return;
  waitUntil.call(event, (async () => {
    if (!(await tellLeaving())) throw new Error("a log-out waits for the network");
    const pages = await scope.clients.matchAll({ type: "window" });
    if (pages.length > 0) return pages.forEach((page) => page.postMessage("run-outbox"));
    if (await restore()) await run("background");
    return undefined;
  })());
});

/** Another app shares pictures: kept first, then the page that asks where they belong. A store that hangs must not hold the person up. */
async function shared(request: Request): Promise<Response> {
  const files = (await request.formData()).getAll("photos").filter((one): one is File => one instanceof File && one.size > 0);
  const lost = await Promise.race([takeIn(files).catch(() => files.length), new Promise<number>((end) => setTimeout(end, 30_000, files.length))]);
  return Response.redirect(`/app/#/shared${lost ? `?lost=${lost}` : ""}`, 303);
}

async function shell(event: FetchEvent): Promise<Response> {
  const found = await (await caches.open(CACHE)).match(SHELL, { ignoreVary: true });
  // Somebody emptied what the browser keeps.
  if (!found) event.waitUntil(fillUp());
  return found ?? fetch(event.request);
}

/** Names of built files carry their hash, so whichever version has one has the right one. A rare part stays once somebody has asked for it. */
async function cached(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = (await cache.match(request, { ignoreSearch: true, ignoreVary: true })) ?? (await caches.match(request, { ignoreSearch: true, ignoreVary: true }));
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok && RARE.includes(new URL(request.url).pathname)) await cache.put(request, answer.clone()).catch((problem: unknown) => console.info("not kept:", problem));
  return answer;
}
