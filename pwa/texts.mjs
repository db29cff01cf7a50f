/** The tables of texts as lists: a phone needs no text's name, only its place.
 *
 *  A table is a constant `zh`, `en`, `…Zh` or `…En`, read through a signal: `const w = words.value`, then `w.back`; or `words.value.back`, `words.peek().back`.
 *  Built, `{ back: "返回", close: "关闭" }` is `["返回", "关闭"]` and `w.close` is `w[1]`. The English has the Chinese order; what in a
 *  Chinese text is an object by name (`kinds`) is a list in the English one, which gets the names back when it is read in. Whatever
 *  reads a table in another way fails the build, so that no text can be mistaken for another.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import ts from "typescript";

const TABLE = /^(zh|en)$|(Zh|En)$/;
/** The signal whose English comes later is not made of two tables in one line, as all others are. */
const WORDS = { signal: "ui/text.ts:words", zh: "ui/text_zh.ts:zh", en: "ui/text_en.ts:en" };
/** Gives lists inside of an English table the names that the Chinese one has there. */
const NAMED = `export const named = (zh, list) => Array.isArray(zh) ? list.map((one, place) => named(zh[place], one))
  : Object(zh) === zh && list.map ? Object.fromEntries(Object.keys(zh).map((name, place) => [name, named(zh[name], list[place])])) : list;`;

/** An esbuild plugin for the sources in `folder`. */
export const lists = (folder) => ({
  name: "texts as lists",
  setup: ({ onStart, onResolve, onLoad }) => {
    let changed = new Map();
    onStart(() => { changed = listed(folder); });
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => (changed.has(path) ? { contents: changed.get(path), loader: extname(path).slice(1) } : undefined));
    onResolve({ filter: /^texts:named$/ }, ({ path }) => ({ path, namespace: "texts" }));
    onLoad({ filter: /./, namespace: "texts" }, () => ({ contents: NAMED }));
  },
});

/** path → source, of every file that holds or reads a table. */
function listed(folder) {
  const files = new Map(readdirSync(folder, { recursive: true }).filter((name) => /(?<!\.d)\.tsx?$/.test(name)).map((name) => join(folder, name))
    .map((path) => [path, ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true)]));
  const imports = new Map([...files].map(([path, source]) => [path, imported(source, files)]));
  const found = (path, name) => imports.get(path).get(name) ?? `${path}:${name}`;
  const literals = new Map(), signals = new Map([[join(folder, WORDS.signal), { zh: join(folder, WORDS.zh), en: join(folder, WORDS.en) }]]);
  for (const [path, source] of files) {
    for (const { name, initializer } of constants(source)) {
      if (initializer && ts.isObjectLiteralExpression(initializer) && TABLE.test(name.text)) literals.set(`${path}:${name.text}`, initializer);
      const [, en, zh] = /^computed\(\(\) => \(language\.value === "en" \? (\w+) : (\w+)\)\)$/.exec(initializer?.getText() ?? "") ?? [];
      if (zh) signals.set(`${path}:${name.text}`, { zh: found(path, zh), en: found(path, en) });
    }
  }
  const tables = new Map();
  for (const { zh, en } of signals.values()) for (const table of [zh, en]) tables.set(literals.get(table), { zh, like: literals.get(zh), english: table === en });
  return new Map([...files].map(([path, source]) => [path, rewritten(source, tables, (name) => literals.get(signals.get(found(path, name))?.zh))]).filter(([path, text]) => text !== files.get(path).text));
}

/** The source with lists in the place of its `tables`, and places in the place of names that are read through a `signal(name)`. */
function rewritten(source, tables, signal) {
  const edits = [], added = [];
  const fail = (node, why) => { throw new Error(`${relative(process.cwd(), source.fileName)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${why}: ${node.parent.getText().slice(0, 80)}`); };
  /** The table that `words.value` or `words.peek()` is. */
  const tableOf = (node) => {
    const read = node && ts.isCallExpression(node) && !node.arguments.length ? node.expression : node;
    return read && ts.isPropertyAccessExpression(read) && read.name.text === (read === node ? "value" : "peek") && ts.isIdentifier(read.expression) ? signal(read.expression.text) : undefined;
  };
  const list = (literal, like) => {
    const names = namesOf(like), own = namesOf(literal);
    if (names.length !== own.length || names.some((name) => !own.includes(name))) fail(literal, "the English has not the names of the Chinese");
    return `[${names.map((name) => {
      const [value, theirs] = [literal, like].map(({ properties }) => plain(properties.find((one) => one.name.text === name)));
      return literal !== like && ts.isObjectLiteralExpression(theirs) && ts.isObjectLiteralExpression(value) ? list(value, theirs) : cut(value.getStart(), value.end);
    }).join(", ")}]`;
  };
  const walk = (node, known) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    const here = ts.isBlock(node) || ts.isFunctionLike(node) || ts.isForOfStatement(node) ? new Map(known) : known;
    if (ts.isFunctionLike(node)) node.parameters.flatMap(({ name }) => bound(name)).forEach((name) => here.set(name, null));
    if (ts.isVariableDeclaration(node)) {
      bound(node.name).forEach((name) => here.set(name, tableOf(node.initializer) ?? null));
      if (tableOf(node.initializer)) return void (ts.isIdentifier(node.name) || fail(node.name, "a table of texts is taken apart"));
    }
    if (tables.has(node)) {
      const { zh, like, english } = tables.get(node);
      const [path, name] = zh.split(":");
      if (english) added.push(`import { named } from "texts:named";`, ...(path === source.fileName ? [] : [`import { ${name} } from "${path}";`]));
      edits.push([node.getStart(), node.end, () => (english ? `named(${name}, ${list(node, like)})` : list(node, like))]);
    }
    if (ts.isPropertyAccessExpression(node)) {
      const table = tableOf(node.expression) ?? (ts.isIdentifier(node.expression) ? here.get(node.expression.text) : undefined);
      if (table) {
        const place = namesOf(table).indexOf(node.name.text);
        return void (place < 0 ? fail(node, "no such text") : edits.push([node.expression.end, node.end, () => `[${place}]`]));
      }
      return walk(node.expression, here);
    }
    if (ts.isIdentifier(node) && (here.has(node.text) ? here.get(node.text) : signal(node.text)) && !names(node)) fail(node, "a table of texts is read as `w.name`");
    ts.forEachChild(node, (child) => walk(child, here));
  };
  /** The text between two places with what is edited inside of it; an edit of the whole is not inside. */
  const cut = (from, to) => {
    let text = "", at = from;
    for (const [start, end, made] of edits.filter(([start, end]) => start >= from && end <= to && end - start < to - from).sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
      if (start >= at) { text += source.text.slice(at, start) + made(); at = end; }
    }
    return text + source.text.slice(at, to);
  };
  walk(source, new Map());
  return [...added, cut(0, source.text.length + 1)].join("\n");
}

/** The names of an object as its keys come: numbers first. */
const namesOf = ({ properties }) => Object.keys(Object.fromEntries(properties.map(({ name }) => [name.text, true])));

/** The value of a property without what only the types need. */
function plain(property) {
  let value = property.initializer ?? property.name;
  while (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) value = value.expression;
  return value;
}

/** An identifier that names a property or an element and reads nothing. */
const names = (node) => node.parent.propertyName === node || node.parent.tagName === node
  || ((ts.isPropertyAssignment(node.parent) || ts.isJsxAttribute(node.parent) || ts.isVariableDeclaration(node.parent)) && node.parent.name === node);

const bound = (name) => (ts.isIdentifier(name) ? [name.text] : name.elements.flatMap((element) => (ts.isOmittedExpression(element) ? [] : bound(element.name))));

const constants = (source) => source.statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => [...declarationList.declarations]).filter(({ name }) => ts.isIdentifier(name));

/** local name → "path:name" of what a file imports from its own folder tree. */
function imported(source, files) {
  const names = new Map();
  for (const { importClause, moduleSpecifier } of source.statements.filter(ts.isImportDeclaration)) {
    if (!moduleSpecifier.text.startsWith(".") || !importClause?.namedBindings?.elements) continue;
    const path = [".ts", ".tsx"].map((end) => join(dirname(source.fileName), moduleSpecifier.text) + end).find((one) => files.has(one));
    for (const { name, propertyName } of importClause.namedBindings.elements) names.set(name.text, `${path}:${(propertyName ?? name).text}`);
  }
  return names;
}
