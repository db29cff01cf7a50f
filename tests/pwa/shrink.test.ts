/** Shrinking: near the size that is wanted in few tries, and nothing enlarged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encoded, fitted } from "../../pwa/src/device/shrink";

/** An encoder whose pictures grow with the quality as real ones do: `busy` bytes at the quality 0.82, falling with `power`. */
function encoder(busy: number, power: number): { tries: number[]; jpeg: (quality: number) => Promise<Blob> } {
  const steps = (quality: number) => (quality >= 0.5 ? 2 - 2 * quality : 0.5 / quality);
  const tries: number[] = [];
  return { tries, jpeg: async (quality) => { tries.push(quality); return new Blob([new Uint8Array(Math.round(busy * (steps(quality) / steps(0.82)) ** -power))]); } };
}

test("what fits at once is encoded once", async () => {
  const { tries, jpeg } = encoder(260_000, 0.7);
  assert.equal((await encoded(jpeg, 300_000)).size, 260_000);
  assert.deepEqual(tries, [0.82]);
});

test("whatever the picture is like, at most three tries end under the size that is wanted and not far from it", async () => {
  for (const power of [0.5, 0.6, 0.7, 0.8, 0.9]) {
    for (const busy of [170_000, 310_000, 450_000, 700_000]) {
      const { tries, jpeg } = encoder(busy, power);
      const { size } = await encoded(jpeg, 300_000);
      assert.ok(tries.length <= 3, `${tries.length} tries`);
      assert.ok(size <= 300_000 || Math.min(...tries) === 0.3, `${size} bytes of ${busy} with ${power}`);
      assert.ok(size >= 0.5 * 300_000, `${size} bytes of ${busy} with ${power}`);
    }
  }
});

test("a picture without end becomes as small as it may, an empty one is not blown up", async () => {
  const noise = encoder(5_000_000, 0.7);
  const found = await encoded(noise.jpeg, 300_000);
  assert.equal(Math.min(...noise.tries), 0.3);
  assert.equal(found.size, (await noise.jpeg(0.3)).size);
  const flat = encoder(20_000, 0.7);
  await encoded(flat.jpeg, 300_000);
  assert.ok(Math.max(...flat.tries) <= 0.92);
});

test("no side is enlarged or lost", () => {
  assert.deepEqual(fitted(4032, 3024, 1600), [1600, 1200]);
  assert.deepEqual(fitted(800, 600, 1600), [800, 600]);
  assert.deepEqual(fitted(10_000, 3, 1600), [1600, 1]);
});
