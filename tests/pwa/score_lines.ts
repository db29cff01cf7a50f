/** The phone's scoring as a filter: a line {"checklist"} prepares one, a line {"facts", …} scores a visit by it. */

import { createInterface } from "node:readline";
import { type Prepared, prepare, score } from "../../pwa/src/rules/score";

let prepared: Prepared | null = null;
createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  if (order.checklist) {
    prepared = prepare(order.checklist);
    return;
  }
  if (prepared === null) throw new Error("a visit came before its checklist");
  process.stdout.write(JSON.stringify(score(prepared, order.facts, order.answers, order.photos)) + "\n");
});
