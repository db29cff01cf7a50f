/** Builds the phone app: app, photo worker, console, preview and css with hashed names, then the service worker with list and version.
 *
 *  node build.mjs [--watch | --tests | --types openapi.json] [--bench]
 *
 *  Out (build/): <name>-<hash>.js|css, index.html (the shell), sw_classic.js (the service worker), manifest.webmanifest, icons/, every text also as .br
 *  and .gz, and assets.json, which the server reads:
 *    {"version": "3f2a…", "files": {"app.js": "/app/build/app-8XK….js", …}, "bytes": {"app.js": {"raw": 1, "gz": 1, "br": 1}}}
 *  With --bench also bench/app/ and bench/plain/ (by hand), each with its page and a service worker of the app's kind.
 *  In index.html {{app.css}}, {{scripts}} and {{version}} are replaced.
 */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { basename, extname, join, relative } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { minify } from "@swc/core";
import esbuild from "esbuild";
import { plain } from "./parts.mjs";
import { lists } from "./texts.mjs";

const here = import.meta.dirname;
const at = (...parts) => join(here, ...parts);
const out = at("build");
const common = {
  absWorkingDir: here, bundle: true, minify: true, target: ["es2022", "safari15", "chrome91", "firefox91"], jsx: "automatic",
  jsxImportSource: "preact", charset: "utf8", legalComments: "none", sourcemap: "external", metafile: true, logLevel: "warning", external: ["/app/*"],
};

/** What a page fetches after its first screen is one file: many small ones would share their words with nobody. Only what most phones never
 *  need are others, which the service worker keeps once they were used. The app runs by then, so that whatever it begins with is no reason
 *  to cut the first parts smaller. */
const LATER = {
  beside: ["./src/screens/beside", "./src/screens/cover"],
  english: ["./src/screens/english"],
  voice: ["./src/screens/voice", "./src/data/voice"],
  week: ["./src/screens/week"],
  pen: ["signature_pad"],
};
/** Texts stand together, before what uses them: like beside like packs best. */
const TEXTS = readdirSync(at("src/screens")).filter((name) => /(?<!voice)_(words|zh)\.ts$/.test(name)).map((name) => `./src/screens/${name}`);
const fetchedBy = (page) => ({
  name: "fetched later",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
      const wanted = path.startsWith(".") ? `./${relative(here, join(resolveDir, path))}` : path;
      const name = kind === "dynamic-import" && Object.keys(LATER).find((one) => LATER[one].includes(wanted));
      return name ? { path: name, namespace: "later" } : undefined;
    });
    onLoad({ filter: /./, namespace: "later" }, ({ path: name }) => ({
      contents: [`./${page}`, ...(name === "beside" ? TEXTS : [])].map((path) => `import "${path}";`)
        .concat(LATER[name].map((path) => `export ${path.startsWith(".") ? "*" : "{ default }"} from "${path}";`)).join("\n"), resolveDir: here,
    }));
  },
});

/** Methods of signature_pad that nothing here calls; no bundler leaves methods out by itself. */
const UNUSED = ["fromDataURL", "toDataURL", "toSVG"];
const withoutUnused = {
  name: "without unused methods",
  setup: ({ onLoad }) => onLoad({ filter: /signature_pad\.js$/ }, ({ path }) => {
    let contents = readFileSync(path, "utf8");
    for (const name of UNUSED) {
      const method = new RegExp(`^  ${name}\\([^]*?^  \\}\\n`, "m");
      if (!method.test(contents)) fail(`signature_pad has no method ${name}`);
      contents = contents.replace(method, "");
    }
    return { contents };
  }),
};

/** How the scripts of the app's pages are built. Elements are calls of `h`, which are shorter than those that the types are checked for. */
const paged = (page) => ({
  format: "esm", splitting: true, plugins: [fetchedBy(page), lists(at("src")), withoutUnused], jsx: "transform", jsxFactory: "h", jsxFragment: "Fragment",
  inject: [at("node_modules/preact/dist/preact.mjs")], tsconfigRaw: { compilerOptions: { useDefineForClassFields: true, verbatimModuleSyntax: true } },
});

const isRare = (path) => Object.keys(LATER).some((name) => name !== "beside" && basename(path).startsWith(`${name}-`));

/** Stand in the service worker for the lists of files until all of them are built. */
const SHELL_LATER = "SHELL_OF_THE_APP", RARE_LATER = "RARE_OF_THE_APP";

/** The version is the hash of everything that the build reads, so equal sources give equal names. */
function version() {
  const hash = createHash("sha256");
  const walk = (path) => readdirSync(path, { withFileTypes: true }).filter(({ name }) => !name.endsWith(".d.ts")).sort((a, b) => (a.name < b.name ? -1 : 1))
    .forEach((entry) => (entry.isDirectory() ? walk(join(path, entry.name)) : hash.update(entry.name).update(readFileSync(join(path, entry.name)))));
  ["src", "static"].forEach((folder) => walk(at(folder)));
  ["index.html", "package-lock.json", "build.mjs", "parts.mjs", "texts.mjs"].filter((name) => existsSync(at(name))).forEach((name) => hash.update(readFileSync(at(name))));
  return hash.digest("hex").slice(0, 12);
}

async function build() {
  const started = performance.now();
  if (existsSync(out)) readdirSync(out).filter((name) => name !== "tests").forEach((name) => rmSync(join(out, name), { recursive: true }));
  mkdirSync(out, { recursive: true });
  const define = { __APP_VERSION__: JSON.stringify(version()), __PHOTO_WORKER__: '""', __SHELL__: "[]", __RARE__: "[]" };
  const files = {};
  /** What each page begins with, as addresses in order; of `app` also what its service worker does. */
  const begins = {};
  const script = async (name, source, { plainly = null, ...options } = {}) => {
    if (!existsSync(at(source))) return [];
    const { metafile } = await esbuild.build({ ...common, ...(plainly && { sourcemap: false }), define, entryPoints: { [name]: source }, outdir: out, entryNames: "[name]-[hash]", chunkNames: "part-[hash]", ...options });
    const written = Object.entries(metafile.outputs).filter(([path]) => !path.endsWith(".map"));
    for (const [path, { entryPoint }] of written) if (entryPoint === source) files[`${name}${extname(path)}`] = `/app/build/${basename(path)}`;
    // A page asks at once for the part that its first one fetches, and not only when that one runs.
    if (plainly) Object.assign(begins, plain(metafile.outputs, out, plainly));
    if (plainly || name === "photo_worker") for (const [path] of written) await shorten(at(path), !plainly);
    return written.map(([path]) => `/app/build/${basename(path)}`);
  };
  const style = async (name, parts) => {
    const contents = parts.filter((part) => existsSync(at("static", part))).map((part) => `@import "./${part}";`).join("\n");
    const result = await esbuild.build({ ...common, sourcemap: false, write: false, stdin: { contents, loader: "css", resolveDir: at("static") } });
    const css = result.outputFiles[0].contents;
    const file = `${name}-${createHash("sha256").update(css).digest("hex").slice(0, 8)}.css`;
    writeFileSync(join(out, file), css);
    files[`${name}.css`] = `/app/build/${file}`;
  };

  const classic = { format: "iife", splitting: false };
  const worker = await script("photo_worker", "src/photo_worker.ts", { format: "esm", sourcemap: false });
  define.__PHOTO_WORKER__ = JSON.stringify(files["photo_worker.js"] ?? "");
  Object.assign(define, { __SHELL__: SHELL_LATER, __RARE__: RARE_LATER });
  // The service worker shares the app's parts: what keeps and sends is on the phone once.
  const app = await script("app", "src/entry.ts", {
    ...paged("src/main.tsx"), chunkNames: "[name]-[hash]", entryPoints: { app: "src/entry.ts", sw: "src/sw.ts" },
    plainly: { app: ["src/entry.ts", "src/main.tsx"], sw: ["src/sw.ts"] },
  });
  await script("console", "src/console.ts", { format: "esm", splitting: true });
  // A file of its own, which only pages with charts load.
  await script("charts", "src/charts.ts", { format: "esm" });
  await style("app", ["tokens.css", "field.css", "beside.css"]);
  await style("console", ["tokens.css", "console.css"]);
  // One file that can be laid into a page: no parts, no map, no address of ours, and none of the browser's doors to the outside.
  const doors = { "globalThis.navigator": "navigator", "globalThis.localStorage": "localStorage", "globalThis.location": "location" };
  await script("preview", "src/preview.tsx", { ...classic, sourcemap: false, inject: [at("src/preview_doors.ts")], define: { ...define, ...doors, __PHOTO_WORKER__: '""' } });
  await style("preview", ["tokens.css", "field.css", "beside.css", "preview.css"]);

  cpSync(at("static/icons"), join(out, "icons"), { recursive: true });
  cpSync(at("static/manifest.webmanifest"), join(out, "manifest.webmanifest"));
  if (existsSync(at("index.html"))) {
    const page = readFileSync(at("index.html"), "utf8").replaceAll("{{version}}", JSON.parse(define.__APP_VERSION__)).replace("{{scripts}}", tags(begins.app))
      .replace(/\{\{([\w.]+)\}\}/g, (_, name) => files[name] ?? fail(`index.html names ${name}, which was not built`));
    writeFileSync(join(out, "index.html"), page);
  }
  const icons = readdirSync(join(out, "icons")).map((name) => `/app/icons/${name}`);
  const [own, parts] = [app.filter((path) => path.includes("/sw-")), app.filter((path) => !path.includes("/sw-"))];
  const shell = [...new Set(["/app/", "/app/manifest.webmanifest", ...parts.filter((path) => !isRare(path)), ...worker, files["app.css"], ...icons])];
  placeWorker(basename(own[0]), { [SHELL_LATER]: shell, [RARE_LATER]: parts.filter(isRare) }, begins.sw.slice(0, -1));

  if (process.argv.includes("--bench")) {
    for (const [page, source, main] of [["app", "src/bench_entry.ts", "src/bench.tsx"], ["plain", "src/bench_plain.ts", "src/bench_plain.ts"]]) {
      const folder = join(out, "bench", page);
      const own = await script(`bench_${page}`, source, { ...paged(main), chunkNames: "bench-part-[hash]", plainly: { [page]: [source, main] } });
      Object.assign(define, { __SHELL__: JSON.stringify([`/app/bench/${page}/`, ...own, files["app.css"]]), __RARE__: "[]" });
      await script("sw", "src/sw.ts", { ...classic, entryNames: "[name]", outdir: folder });
      const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>bench</title><link rel="icon" href="data:,"><link rel="stylesheet" href="${files["app.css"]}">`;
      const body = page === "app" ? readFileSync(at("index.html"), "utf8").split("<body>")[1] : `<div id="app"></div></body></html>`;
      writeFileSync(join(folder, "index.html"), `<!doctype html><html lang="zh-CN"><head>${head}${tags(begins[page])}</head><body>${body}`);
    }
    delete files["sw.js"];
  }

  const bytes = {};
  for (const name of readdirSync(out).filter((file) => /\.(js|css|html|webmanifest)$/.test(file))) {
    const raw = readFileSync(join(out, name));
    const gz = gzipSync(raw, { level: 9 });
    const br = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    writeFileSync(join(out, `${name}.gz`), gz);
    writeFileSync(join(out, `${name}.br`), br);
    const logical = Object.keys(files).find((key) => files[key].endsWith(`/${name}`)) ?? name;
    bytes[logical] = { raw: raw.length, gz: gz.length, br: br.length };
  }
  writeFileSync(join(out, "assets.json"), JSON.stringify({ version: JSON.parse(define.__APP_VERSION__), files, bytes }, null, 1));
  console.table(bytes);
  console.log(`built ${JSON.parse(define.__APP_VERSION__)} in ${Math.round(performance.now() - started)} ms`);
}

/** What a phone loads is minified once more: names in their order and shorter expressions are 3 % less. */
async function shorten(path, module) {
  const { code } = await minify(readFileSync(path, "utf8"), { module, ecma: 2020, compress: { ecma: 2020, passes: 3, sequences: false, unsafe_arrows: true }, mangle: { toplevel: module } });
  writeFileSync(path, code);
}

/** In the order in which they stand they run, when the page is read. */
const tags = (addresses) => addresses.map((address) => `<script defer src="${address}"></script>`).join("\n");

/** The lists of files are known when all are built; the worker stands at the app's root, one floor above its parts. `sw.js` is the same as a
 *  module, for phones on which an app from before has registered that. */
function placeWorker(built, lists, parts) {
  const text = readFileSync(join(out, built), "utf8").replace(new RegExp(Object.keys(lists).join("|"), "g"), (name) => JSON.stringify(lists[name]));
  writeFileSync(join(out, "sw_classic.js"), `importScripts(${JSON.stringify(parts).slice(1, -1)});\n${text}`);
  writeFileSync(join(out, "sw.js"), parts.map((part) => `import${JSON.stringify(part)};`).join("") + text);
  rmSync(join(out, built));
}

/** tests/pwa/*.test.ts → build/tests/*.test.mjs, because Node 20 does not run TypeScript. */
async function tests() {
  rmSync(join(out, "tests"), { recursive: true, force: true });
  const folder = at("../tests/pwa");
  const entryPoints = readdirSync(folder).filter((name) => name.endsWith(".test.ts")).map((name) => join(folder, name));
  await esbuild.build({
    ...common, minify: false, sourcemap: "inline", entryPoints, outdir: join(out, "tests"), outExtension: { ".js": ".mjs" }, platform: "node", format: "esm",
    target: "node20", external: ["esbuild", "typescript"], nodePaths: [at("node_modules")], define: { __APP_VERSION__: '"test"', __PHOTO_WORKER__: '""', __SHELL__: "[]", __RARE__: "[]" },
  });
}

async function types(source) {
  const { default: openapi, astToString } = await import("openapi-typescript");
  const ast = await openapi(JSON.parse(readFileSync(source, "utf8")), { defaultNonNullable: false });
  writeFileSync(at("src/data/api.d.ts"), `/** Made by build.mjs --types from the server's own OpenAPI document. */\n${astToString(ast)}`);
}

function fail(sentence) {
  throw new Error(sentence);
}

const [mode, argument] = process.argv.slice(2);
if (mode === "--tests") await tests();
else if (mode === "--types") await types(argument ?? fail("--types wants the path of an OpenAPI file"));
else {
  await build();
  if (mode === "--watch") {
    let waiting = null;
    const again = () => { clearTimeout(waiting); waiting = setTimeout(() => build().catch((problem) => console.error(problem.message)), 80); };
    ["src", "static", "index.html"].filter((path) => existsSync(at(path))).forEach((path) => watch(at(path), { recursive: true }, again));
  }
}
