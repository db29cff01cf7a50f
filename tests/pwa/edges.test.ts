/** Who may import whom in the phone's code (handbook 7.3), read off the import lines. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";

const SRC = resolve("src");
const ALL = ["data", "device", "rules", "screens", "ui"];
const MAY: Record<string, string[]> = { rules: ["rules"], data: ["data", "rules"], device: ["device"], ui: ["ui", "rules"], screens: ALL, ".": [...ALL, "."] };
/** No DOM library in rules; preact's signals but no rendering in data and device. */
const MAY_NOT: Record<string, RegExp> = { rules: /./, data: /^preact|^@preact\/signals\/|signature_pad/, device: /^preact|idb/ };

const files = (folder: string): string[] =>
  readdirSync(folder).map((name) => join(folder, name)).flatMap((path) => (statSync(path).isDirectory() ? files(path) : /(?<!\.d)\.tsx?$/.test(path) ? [path] : []));
const floor = (path: string): string => (relative(SRC, path).includes("/") ? relative(SRC, path).split("/")[0]! : ".");
const edges = files(SRC).flatMap((path) =>
  [...readFileSync(path, "utf8").matchAll(/(?:^|[;\s])(?:import|export)\s[^"';]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)|^import\s+"([^"]+)"/gm)]
    .map(([, from, lazy, bare]) => ({ path, floor: floor(path), target: (from ?? lazy ?? bare)!, lazy: lazy !== undefined })));

test("each floor imports only what the table allows", () => {
  assert.ok(edges.length > 50);
  const wrong = edges.filter(({ path, floor: from, target }) =>
    target.startsWith(".") ? !MAY[from]!.includes(floor(resolve(dirname(path), target))) : MAY_NOT[from]?.test(target));
  assert.deepEqual(wrong.map(({ path, target }) => `${relative(SRC, path)} → ${target}`), []);
});

test("files stay small and say in their first line what they are for", () => {
  const large = files(SRC).filter((path) => readFileSync(path, "utf8").split("\n").length > 400);
  assert.deepEqual(large.map((path) => relative(SRC, path)), []);
  const silent = files(SRC).filter((path) => !readFileSync(path, "utf8").startsWith("/**"));
  assert.deepEqual(silent.map((path) => relative(SRC, path)), []);
});

/** `let x; … export { x }`. */
const givenLater = (text: string): boolean =>
  [...text.matchAll(/^export \{([^}]*)\}(?!\s*from)/gm)].flatMap(([, names]) => names!.split(",").map((name) => name.trim().split(" as ")[0]!))
    .some((name) => name !== "" && new RegExp(`^(?:let|var) (?:[^;=]*, )?${name}\\b`, "m").test(text));

test("what keeps a picture is there before one is taken: no part is fetched for it that may not come", () => {
  const there = new Set<string>();
  const visit = (path: string): void => {
    if (there.has(path)) return;
    there.add(path);
    for (const { target, lazy } of edges.filter((edge) => edge.path === path)) {
      const found = [".ts", ".tsx"].map((ending) => resolve(dirname(path), target) + ending).find((file) => existsSync(file));
      if (!lazy && found) visit(found);
    }
  };
  visit(join(SRC, "main.tsx"));
  assert.ok(there.has(join(SRC, "screens/taking.ts")) && there.has(join(SRC, "data/picked.ts")));
});

test("nothing that is given to other files is assigned anew: a part takes a value as it is when it is read (parts.mjs)", () => {
  const given = files(SRC).filter((path) => /^export (?:let|var) /m.test(readFileSync(path, "utf8")) || givenLater(readFileSync(path, "utf8")));
  assert.deepEqual(["let x;\nexport { y, x as z };", "const x = 1;\nexport { x };"].map(givenLater), [true, false]);
  assert.deepEqual(given.map((path) => relative(SRC, path)), []);
});
