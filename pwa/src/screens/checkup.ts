/** The check-up of a phone: each check runs by itself, disturbs no data, and always comes to a result. */
import { storageProblem, Db } from "../data/db";
import { inWorker, process } from "../device/camera";
import { inside } from "../device/browser";
import type { Check, Results } from "../device/checkup_code";
import { iOS, persist, persisted, room, standalone, updateWaiting } from "../device/lifecycle";
import { system } from "../device/menus";
import { once } from "../device/position";

/** A result, and a number that belongs to it: bytes, metres, seconds. */
export interface Found<C extends Check = Check> { state: Results[C]; fact?: number }

const MB = 1_000_000;
const PIECES = 20;
const CLOCK_MS = 300_000;
const COARSE_M = 100;
const SCRATCH = "checkup";

/** With `ask` a check may open the browser's question; without it none does. */
export const RUN: { [C in Check]: (ask: boolean) => Promise<Found<C>> } = {
  browser: async () => ({ state: inside() }),
  installed: async () => ({ state: standalone() ? "yes" : "no" }),
  kept: async (ask) => {
    if (ask) await persist();
    if (persisted.value === "unsupported" || !navigator.storage?.persisted) return { state: "none" };
    return { state: (await navigator.storage.persisted()) ? "yes" : "no" };
  },
  room: async () => {
    const free = (await room())?.free;
    return free === undefined ? { state: "unknown" } : { state: free < 100 * MB ? "none" : free < 500 * MB ? "little" : "ample", fact: free };
  },
  store: async () => {
    const free = (await room())?.free ?? Infinity;
    // A phone that is nearly full is not filled up for a test.
    return free < 3 * PIECES * MB ? { state: "full", fact: free } : { state: await within(60_000, written(), "broken") };
  },
  picture: async () => {
    const state = await within(20_000, made(), "broken");
    return { state };
  },
  camera: async (ask) => {
    if (!navigator.mediaDevices?.getUserMedia) return { state: "none" };
    if (!ask) {
      const state = await allowed("camera");
      return { state: state === "prompt" ? "ask" : state };
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      stream.getTracks().forEach((track) => track.stop());
      return { state: "granted" };
    } catch (problem) {
      return { state: (problem as { name?: string }).name === "NotAllowedError" ? "denied" : "none" };
    }
  },
  position: async (ask) => {
    if (!ask && (await allowed("geolocation")) === "prompt") return { state: "ask" };
    const found = await once({ timeoutMs: 20_000 });
    if ("missing" in found) return { state: found.missing === "denied" ? "denied" : "none" };
    return { state: found.accuracy_m > COARSE_M ? "coarse" : "fix", fact: found.accuracy_m };
  },
  clock: async () => {
    const { offset } = await asked();
    return offset === null ? { state: "unknown" } : { state: Math.abs(offset) > CLOCK_MS ? "off" : "right", fact: Math.round(Math.abs(offset) / 1000) };
  },
  worker: async () => {
    if (!("serviceWorker" in navigator)) return { state: "none" };
    return { state: !navigator.serviceWorker.controller ? "missing" : updateWaiting.value ? "waits" : "controls" };
  },
  server: async () => ({ state: (await asked()).server }),
  system: async () => ({ state: system(navigator.userAgent, iOS()) }),
};

async function allowed(name: "camera" | "geolocation"): Promise<PermissionState> {
  // Some browsers do not know the question; then only trying tells.
  return navigator.permissions?.query({ name } as PermissionDescriptor).then(({ state }) => state, () => "prompt" as const) ?? "prompt";
}

function within<T>(ms: number, job: Promise<T>, late: T): Promise<T> {
  return Promise.race([job, new Promise<T>((end) => setTimeout(end, ms, late))]);
}

/** 20 MB in pieces as photos are stored, in a database of their own; read back after it was closed; nothing of it stays. */
async function written(): Promise<Results["store"]> {
  const before = storageProblem.value;
  const store = new Db(SCRATCH);
  try {
    await gone();
    for (let piece = 0; piece < PIECES; piece += 1) {
      const bytes = sample(piece).buffer;
      await store.tx(["bytes"], "readwrite", (tx) => tx.objectStore("bytes").put({ sha256: String(piece), bytes, type: "", stored_at: "" }));
    }
    await store.close();
    for (let piece = 0; piece < PIECES; piece += 1) {
      const found = new Uint8Array((await store.get("bytes", String(piece)))?.bytes ?? new ArrayBuffer(0));
      const wanted = sample(piece);
      if (found.length !== wanted.length || found.some((byte, at) => byte !== wanted[at])) return "broken";
    }
    return "whole";
  } catch (problem) {
    return (problem as { code?: string }).code === "storage-full" ? "full" : "broken";
  } finally {
    // The app's own store did not fail by this.
    storageProblem.value = before;
    await store.close().catch(() => undefined);
    await gone();
  }
}

const grains: Uint32Array<ArrayBuffer> = new Uint32Array(MB / 4);

/** A megabyte that no disk can make smaller, the same for the same piece. */
function sample(piece: number): Uint8Array<ArrayBuffer> {
  let grain = piece + 1;
  for (let at = 0; at < grains.length; at += 1) {
    grain ^= grain << 13;
    grain ^= grain >>> 17;
    grain ^= grain << 5;
    grains[at] = grain;
  }
  return new Uint8Array(grains.slice().buffer);
}

function gone(): Promise<void> {
  return new Promise((end) => {
    const request = indexedDB.deleteDatabase(SCRATCH);
    request.onsuccess = request.onerror = request.onblocked = () => end();
  });
}

async function made(): Promise<Results["picture"]> {
  try {
    const canvas = document.createElement("canvas");
    canvas.width = 1600;
    canvas.height = 1200;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "#0b6e63";
    context.fillRect(100, 100, 1000, 800);
    const blob = await new Promise<Blob | null>((end) => canvas.toBlob(end, "image/jpeg"));
    const picture = await process(blob!, { maxPx: 800, targetBytes: 100_000, original: false });
    return picture.width === 800 && picture.bytes.byteLength > 0 ? (inWorker() ? "worker" : "page") : "broken";
  } catch {
    return "broken";
  }
}

/** Our server answers with JSON; a Wi-Fi's log-in page, or anybody else, does not. */
async function asked(): Promise<{ server: Results["server"]; offset: number | null }> {
  const sent = Date.now();
  const abort = new AbortController();
  const stop = setTimeout(() => abort.abort(), 10_000);
  try {
    const response = await fetch("/healthz", { cache: "no-store", redirect: "manual", credentials: "omit", signal: abort.signal });
    const ours = response.ok && (response.headers.get("Content-Type") ?? "").includes("json") && ((await response.json()) as { status?: string }).status === "alive";
    const date = Date.parse(response.headers.get("Date") ?? "");
    return { server: ours ? "reached" : "foreign", offset: ours && !Number.isNaN(date) ? date + 500 - (sent + Date.now()) / 2 : null };
  } catch (problem) {
    return { server: problem instanceof SyntaxError ? "foreign" : "offline", offset: null };
  } finally {
    clearTimeout(stop);
  }
}
