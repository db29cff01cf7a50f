/** Makes plain scripts of the parts that the app is built in, which are modules: of modules Chromium keeps no compiled code, so that a slow
 *  phone would compile hundreds of functions at each start.
 *
 *  What a part gives to others lies in `self.parts` of the page or worker, under the part's name; what it fetches later it asks of `self.part`
 *  (src/parts.ts), with all that this needs. A value that is given must not be assigned anew later: whoever takes it has it as it was.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const IMPORT = /import(?:\{([^}]*)\}from)?"\.\/([\w-]+)\.js";/y;
const EXPORT = /export\{([^}]*)\};\s*$/;
const LATER = /\bimport\("\.\/([\w-]+)\.js"\)/g;

const named = (path) => basename(path, ".js");

/** Rewrites the scripts that `outputs` (of esbuild's metafile) names in `folder`. `pages`: the sources that each page, or worker, begins with;
 *  gives back their addresses with all that they need, in order. What they have is not fetched again later. */
export function plain(outputs, folder, pages) {
  const scripts = Object.entries(outputs).filter(([path]) => path.endsWith(".js"));
  const imports = Object.fromEntries(scripts.map(([path, output]) => [named(path), output.imports]));
  const whole = (sources) => sources.flatMap((source) => scripts.filter(([, { entryPoint }]) => entryPoint === source)).reduce((found, [path]) => needed(imports, named(path), found), []);
  const begins = Object.entries(pages).map(([page, sources]) => [page, whole(sources)]);
  const there = new Set(begins[0][1]);
  // What nobody fetches by name gives a list: its names are esbuild's own, and a place is shorter.
  const lists = Object.fromEntries(scripts.filter(([, { entryPoint }]) => !entryPoint).map(([path, { exports }]) => [named(path), exports]));
  for (const name of Object.keys(imports)) {
    const file = join(folder, `${name}.js`);
    writeFileSync(file, rewritten(readFileSync(file, "utf8"), name, lists, (wanted) => needed(imports, wanted).filter((one) => one === wanted || !there.has(one))));
  }
  return Object.fromEntries(begins.map(([page, names]) => [page, names.map((name) => `/app/build/${name}.js`)]));
}

/** The part and all that it imports, each behind what it needs itself. */
function needed(scripts, name, found = []) {
  for (const { path, kind } of scripts[name] ?? []) if (kind === "import-statement" && !found.includes(named(path))) needed(scripts, named(path), found);
  return found.includes(name) ? found : (found.push(name), found);
}

function rewritten(text, name, lists, later) {
  let from = 0;
  const taken = [];
  for (IMPORT.lastIndex = 0; ; from = IMPORT.lastIndex) {
    const found = IMPORT.exec(text);
    if (!found) break;
    const [, names, part] = found;
    if (names) taken.push(`${lists[part] ? `[${places(names, lists[part]).join().replace(/,+$/, "")}]` : `{${names.replace(/([\w$]+) as /g, "$1:")}}`}=self.parts["${part}"]`);
  }
  const given = EXPORT.exec(text)?.[1] ?? "";
  const body = text.slice(from).replace(EXPORT, "").replace(LATER, (_, part) => `self.part(${JSON.stringify(later(part))})`);
  if (/\b(?:import\s*[{"*]|import\("\.|export\s*[{*])/.test(body)) throw new Error(`${name} imports or exports in a way that no plain script can`);
  const head = taken.length ? `var${taken.join(",")};` : "";
  return `(()=>{"use strict";${head}${body};(self.parts??={})["${name}"]=${lists[name] ? `[${places(given.replace(/([\w$]+) as ([\w$]+)/g, "$2 as $1"), lists[name])}]` : `{${given.replace(/([\w$]+) as ([\w$]+)/g, "$2:$1")}}`}})();\n`;
}

/** "a as x,c as y" → ["x", undefined, "y"], each at the place of its name in the list. */
function places(names, list) {
  const by = new Map(names.split(",").map((one) => one.split(" as ")).map(([name, own = name]) => [name, own]));
  return list.map((name) => by.get(name));
}
