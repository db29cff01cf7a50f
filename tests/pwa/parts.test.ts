/** The parts of the app as plain scripts: what one gives the other takes, what comes later is asked for with all that it needs. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";
import esbuild from "esbuild";
// @ts-expect-error A script of the build, without types.
import { plain } from "../../pwa/parts.mjs";

async function built(sources: Record<string, string>, pages: Record<string, string[]>): Promise<{ folder: string; begins: Record<string, string[]> }> {
  const folder = mkdtempSync(join(tmpdir(), "parts-"));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(folder, name), text);
  const { metafile } = await esbuild.build({
    absWorkingDir: folder, entryPoints: Object.values(pages).flat(), outdir: join(folder, "build"), bundle: true, splitting: true, minify: true, format: "esm", metafile: true,
    entryNames: "[name]-[hash]", chunkNames: "part-[hash]",
  });
  return { folder: join(folder, "build"), begins: plain(metafile.outputs, join(folder, "build"), pages) };
}

/** What a page would do with them: run those that it begins with, and fetch others when they are asked for. */
async function run({ folder, begins }: Awaited<ReturnType<typeof built>>, page: string): Promise<{ told: unknown[]; fetched: string[] }> {
  const told: unknown[] = [];
  const fetched: string[] = [];
  const self: Record<string, unknown> = { told };
  const context = createContext({ self, console });
  const script = (name: string) => runInContext(readFileSync(join(folder, `${name}.js`), "utf8"), context);
  self.part = async (names: string[]) => {
    for (const name of names) { fetched.push(name); script(name); }
    return (self.parts as Record<string, unknown>)[names.at(-1)!];
  };
  begins[page]!.forEach((address) => script(address.replace("/app/build/", "").replace(".js", "")));
  await new Promise((resolve) => setImmediate(resolve));
  return { told, fetched };
}

const SOURCES = {
  "count.js": "let n = 0; export const more = () => (n += 1); export default class Named {}",
  "words.js": "export const words = { hello: '你好' };",
  "page.js": "import Named, { more } from './count.js'; self.told.push(more(), typeof Named); import('./later.js').then(({ later }) => later());",
  "later.js": "import { more } from './count.js'; import { words } from './words.js'; export const later = () => self.told.push(more(), words.hello);",
  "worker.js": "import { more } from './count.js'; import { words } from './words.js'; self.told.push(more(), words.hello);",
};

test("parts share what they hold, also with what is fetched later", async () => {
  const made = await built(SOURCES, { page: ["page.js"], worker: ["worker.js"] });
  const { told, fetched } = await run(made, "page");
  assert.deepEqual(told, [1, "function", 2, "你好"]);
  assert.ok(fetched.length > 0 && !fetched.some((name) => made.begins.page!.some((address) => address.includes(name))), "what the page has is not fetched again");
  assert.deepEqual((await run(made, "worker")).told, [1, "你好"]);
});

test("a page begins with every part that its first ones need, each behind what it needs itself", async () => {
  const { begins, folder } = await built(SOURCES, { page: ["page.js", "later.js"], worker: ["worker.js"] });
  assert.ok(begins.page!.at(-1)!.includes("later-"));
  const before = new Set<string>();
  for (const address of begins.page!) {
    const name = address.replace("/app/build/", "").replace(".js", "");
    const wants = [...readFileSync(join(folder, `${name}.js`), "utf8").matchAll(/=self\.parts\["([^"]+)"\]/g)].map(([, part]) => part!);
    assert.ok(wants.every((part) => before.has(part)), `${name} runs before ${wants.join(", ")}`);
    before.add(name);
  }
});
