/** A decoder that does not answer: after a while its picture is to be taken again, and it holds up none of the others. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { mock, test } from "node:test";
import esbuild from "esbuild";

type Process = typeof import("../../pwa/src/device/camera").process;
const WANTED = { maxPx: 1600, targetBytes: 300_000, original: true };

/** What decodes, here played: "stuck" never ends, "bad" is no picture. */
const decoded: string[] = [];
const workers: Played[] = [];
class Played {
  onmessage: ((event: { data: object }) => void) | null = null;
  ended = false;
  constructor() { workers.push(this); }
  async postMessage({ file }: { file: Blob }): Promise<void> {
    const picture = await bitmap(file).catch(() => null);
    this.onmessage?.({ data: picture ? { picture: { sha256: await file.text(), takenAt: null } } : { problem: "bad" } });
  }
  terminate(): void { this.ended = true; }
}
async function bitmap(file: Blob): Promise<object> {
  const text = await file.text();
  decoded.push(text);
  if (text === "bad") throw new Error("no picture");
  return text === "stuck" ? new Promise(() => undefined) : {};
}
Object.assign(globalThis, { createImageBitmap: bitmap, Worker: Played, OffscreenCanvas: class { convertToBlob(): void {} } });

/** The app's own file, where there is a worker and where there is none. */
async function processOf(worker: string): Promise<Process> {
  const folder = mkdtempSync(resolve("build/camera-"));
  try {
    await esbuild.build({ entryPoints: [resolve("src/device/camera.ts")], bundle: true, format: "esm", outfile: join(folder, "camera.mjs"), external: [worker], define: { __PHOTO_WORKER__: JSON.stringify(worker) } });
    return ((await import(join(folder, "camera.mjs"))) as { process: Process }).process;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const reading = async (until: () => boolean): Promise<void> => { while (!until()) await new Promise((done) => setImmediate(done)); };
/** So often three seconds in which the page lives. */
const pass = (steps: number): void => { for (let n = 0; n < steps; n += 1) mock.timers.tick(3_000); };

test("a worker that does not answer is ended, its picture is to be taken again, and the next has a worker of its own", async () => {
  const process = await processOf("/worker.js");
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const files = ["good", "stuck", "bad", "last"].map((text) => process(new Blob([text]), WANTED).then(({ sha256 }) => sha256, ({ code }) => code as string));
    await reading(() => decoded.includes("stuck"));
    pass(8);
    // The phone was put away for an hour, and with it the worker.
    mock.timers.tick(3_600_000);
    await new Promise((done) => setImmediate(done));
    assert.deepEqual([workers.map(({ ended }) => ended), decoded], [[false], ["good", "stuck"]]);
    pass(1);
    assert.deepEqual(workers.map(({ ended }) => ended), [true]);
    assert.deepEqual(await Promise.all(files), ["good", "photo-damaged", "photo-unreadable", "last"]);
    assert.deepEqual(workers.map(({ ended }) => ended), [true, false]);
  } finally {
    mock.timers.reset();
  }
});

test("where there is no worker the page goes on with the next picture as well", async () => {
  const process = await processOf("");
  mock.timers.enable({ apis: ["setTimeout"] });
  decoded.length = 0;
  try {
    const files = ["stuck", "bad"].map((text) => process(new Blob([text]), WANTED).catch(({ code }) => code as string));
    await reading(() => decoded.includes("stuck"));
    pass(10);
    assert.deepEqual(await Promise.all(files), ["photo-damaged", "photo-unreadable"]);
    assert.deepEqual(decoded, ["stuck", "bad"]);
  } finally {
    mock.timers.reset();
  }
});

test("several that hang one after the other have less time each, until one is made", async () => {
  const process = await processOf("/worker.js");
  mock.timers.enable({ apis: ["setTimeout"] });
  const hangs = async (steps: number): Promise<void> => {
    decoded.length = 0;
    const ended = process(new Blob(["stuck"]), WANTED).catch(({ code }) => code as string);
    await reading(() => decoded.length === 1);
    pass(steps - 1);
    assert.equal(workers.at(-1)!.ended, false);
    pass(1);
    assert.deepEqual([workers.at(-1)!.ended, await ended], [true, "photo-damaged"]);
  };
  try {
    for (const steps of [10, 6, 4, 3, 2, 2]) await hangs(steps);
    await process(new Blob(["good"]), WANTED);
    await hangs(10);
  } finally {
    mock.timers.reset();
  }
});
