/** Bursts: stored in the order of the taps whatever each one takes, within the limits, and one that fails takes none with it. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { burst, EVERY_MS, hold, MOST_IN_HOLD, MOST_WAITING } from "../../pwa/src/data/burst";
import { late, pass, setClocks } from "./make";

beforeEach(() => {
  setClocks();
  late.length = 0;
});

const shot = (name: string) => () => Promise.resolve(new Blob([name]));

test("pictures are stored one at a time in the order of their taps, each with the moment of its tap", async () => {
  const kept: string[] = [];
  let running = 0;
  const queue = burst(async (blob, taken) => {
    running += 1;
    assert.equal(running, 1);
    for (let turns = 5 - kept.length; turns > 0; turns -= 1) await null;
    kept.push(`${await blob.text()} ${taken.slice(17, 19)}`);
    running -= 1;
    return kept.length;
  }, () => 60);
  const frames: ((blob: Blob) => void)[] = [];
  for (const name of ["a", "b", "c"]) {
    assert.equal(queue.take(() => new Promise((done) => frames.push(done))), "taken", name);
    pass(1000);
  }
  // Every frame was grabbed at its tap, before anything of the first was stored.
  assert.equal(frames.length, 3);
  assert.deepEqual([queue.waiting.value, queue.stored.value], [3, []]);
  ["c", "b", "a"].forEach((name, at) => frames[2 - at]?.(new Blob([name])));
  await queue.settled();
  assert.deepEqual(kept.map((one) => one[0]), ["a", "b", "c"]);
  assert.equal(new Set(kept.map((one) => one.slice(2))).size, 3);
  assert.deepEqual([queue.waiting.value, queue.stored.value], [0, [1, 2, 3]]);
});

test("one that cannot be grabbed or stored is counted and the others are kept", async () => {
  const queue = burst(async (blob) => {
    const name = await blob.text();
    if (name === "b") throw new Error("no room");
    return name;
  }, () => 60);
  queue.take(shot("a"));
  queue.take(shot("b"));
  queue.take(() => Promise.reject(new Error("no frame")));
  queue.take(shot("d"));
  await queue.settled();
  assert.deepEqual(queue.stored.value, ["a", "d"]);
  assert.equal(queue.failed.value?.count, 2);
  assert.equal(queue.waiting.value, 0);
});

test("never more wait than there is room for, in the visit or in memory", async () => {
  let free = 2;
  const few = burst(async () => { free -= 1; }, () => free);
  assert.deepEqual(["a", "b", "c"].map((name) => few.take(shot(name))), ["taken", "taken", "full"]);
  await few.settled();
  assert.equal(few.take(shot("d")), "full");

  const many = burst(async () => undefined, () => 60);
  for (let n = 0; n < MOST_WAITING; n += 1) assert.equal(many.take(shot("x")), "taken");
  assert.equal(many.take(shot("x")), "slow");
  await many.settled();
  assert.equal(many.take(shot("x")), "taken");
});

test("holding takes one at once and three a second, ten at most; letting go ends it", () => {
  let taken = 0;
  const take = () => Boolean((taken += 1));
  const letGo = hold(take);
  assert.equal(taken, 1);
  assert.equal(late[0]?.ms, EVERY_MS);
  for (let n = 0; n < 30; n += 1) late.shift()?.job();
  assert.equal(taken, MOST_IN_HOLD);
  letGo();

  taken = 0;
  const release = hold(take);
  late.shift()?.job();
  release();
  assert.equal(late.length, 0);
  assert.equal(taken, 2);
});
