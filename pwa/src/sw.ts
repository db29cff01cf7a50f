/** Caches what was built, answers from it, and takes over only when told. The API is none of its business. */
import { restore } from "./data/session";
import { run } from "./data/outbox";

const scope = self as unknown as ServiceWorkerGlobalScope;
const CACHE = `shell-${__APP_VERSION__}`;
const SHELL = "/app/";

scope.addEventListener("install", (event) => {
  // Past the HTTP cache: a shell must never be made of two versions.
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(__SHELL__.map((path) => new Request(path, { cache: "reload" })))));
});

scope.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== CACHE) await caches.delete(name);
    await scope.clients.claim();
  })());
});

scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.location.origin || !url.pathname.startsWith("/app/")) return;
  if (request.mode === "navigate") event.respondWith(cached(SHELL, request));
  else if (__SHELL__.includes(url.pathname)) event.respondWith(cached(url.pathname, request));
});

/** Background Sync: sends what waits while no page is open. A rejected run is repeated by the browser. */
scope.addEventListener("sync", (event) => {
  const { tag, waitUntil } = event as ExtendableEvent & { tag: string };
  if (tag !== "outbox") return;
  waitUntil.call(event, (async () => {
    const pages = await scope.clients.matchAll({ type: "window" });
    if (pages.length > 0) return pages.forEach((page) => page.postMessage("run-outbox"));
    if (await restore()) await run("background");
    return undefined;
  })());
});

async function cached(path: string, request: Request): Promise<Response> {
  const found = await (await caches.open(CACHE)).match(path, { ignoreVary: true });
  return found ?? fetch(request);
}
