/** The build's lists of texts: each text stands where its reader looks for it, in both languages. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import esbuild from "esbuild";
// @ts-expect-error A script of the build, without types.
import { lists } from "../../pwa/texts.mjs";

const SRC = resolve("src");
type Tables = Record<string, Record<string, unknown>>;

/** By name what `files` export, built with or without lists. */
async function built(files: string[], listed: boolean): Promise<Tables> {
  const folder = mkdtempSync(resolve("build/texts-"));
  try {
    await esbuild.build({
      stdin: { contents: files.map((file) => `export * from ${JSON.stringify(file)};`).join("\n"), resolveDir: SRC }, bundle: true, format: "esm", outfile: join(folder, "texts.mjs"), target: "node20", logLevel: "error",
      plugins: listed ? [lists(SRC)] : [],
    });
    return await import(join(folder, "texts.mjs")) as Tables;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const same = (text: unknown): unknown => (typeof text === "function" ? String(text) : text && typeof text === "object" ? Object.entries(text).map(([name, one]) => [name, same(one)]).sort() : text);

test("a list has the texts of its table, the English in the order of the Chinese", async () => {
  const files = ["./ui/text_zh", "./ui/text_en", ...readdirSync(join(SRC, "screens")).filter((name) => /^(\w+_words|\w+_(zh|en))\.ts$/.test(name) && !/^(week|notice)/.test(name)).map((name) => `./screens/${name}`)];
  const [plain, listed] = await Promise.all([built(files, false), built(files, true)]);
  const names = Object.keys(plain).filter((name) => /^(zh|en)$|(Zh|En)$/.test(name));
  assert.ok(names.length >= 12, names.join());
  for (const name of names) {
    const chinese = plain[name.replace("En", "Zh").replace(/^en$/, "zh")]!;
    assert.ok(Array.isArray(listed[name]), name);
    assert.deepEqual(same(listed[name]), same(Object.keys(chinese).map((key) => plain[name]![key])), name);
  }
});

test("a table that is read otherwise than by the names of its texts stops the build", async () => {
  for (const [reads, why] of [["words.subscribe(f)", /read as/], ["const { back } = words.value; f(back)", /taken apart/], ["const w = words.value; f(w)", /read as/], ["f(words.value.nowhere)", /no such text/]] as const) {
    const folder = mkdtempSync(resolve("build/texts-"));
    try {
      mkdirSync(join(folder, "ui"));
      writeFileSync(join(folder, "ui/text_zh.ts"), 'export const zh = { back: "返回" };');
      writeFileSync(join(folder, "ui/text_en.ts"), 'export const en = { back: "Back" };');
      mkdirSync(join(folder, "screens"));
      writeFileSync(join(folder, "screens/english.ts"), 'import { en } from "../ui/text_en"; export const english = { words: en };');
      writeFileSync(join(folder, "ui/text.ts"), 'import { zh } from "./text_zh"; const texts = (zh, name) => ({ value: zh }); export const words = texts(zh, "words");');
      writeFileSync(join(folder, "screen.ts"), `import { words } from "./ui/text"; const f = console.log; ${reads};`);
      await assert.rejects(esbuild.build({ entryPoints: [join(folder, "screen.ts")], bundle: true, write: false, logLevel: "silent", plugins: [lists(folder)] }), why, reads);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
