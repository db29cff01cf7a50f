/** The bench page of the app begins as entry.ts does: the stores are asked while the screens are still read. */
import "./parts";
import "./data/outbox";
import type { Bench } from "./bench_items";
import { restore } from "./data/session";

const restored = restore();
restored.catch(() => undefined);
const begun = import("./bench").then(async ({ bench }) => {
  Object.assign(window.bench, bench);
  await bench.begin(restored);
});
window.bench = { ready: () => begun } as Bench;
