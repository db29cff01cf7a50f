/** The tables of texts as lists: a phone needs no text's name, only its place.
 *
 *  A table is a constant `zh`, `en`, `…Zh` or `…En`, read through a signal: `export const words = texts(zh, "words")` and `const w = words.value`, then
 *  `w.back`; or `words.value.back`, `words.peek().back`. Its English stands in screens/english.ts under the same name, and has the Chinese order.
 *  Built, `{ back: "返回", close: "关闭" }` is `["返回", "关闭"]` and `w.close` is `w[1]`. Whatever reads a table in another way fails the
 *  build, so that no text can be mistaken for another.
 */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import ts from "typescript";

const TABLE = /^(zh|en)$|(Zh|En)$/;
/** Where the English of all tables stands by name. */
const ENGLISH = "screens/english.ts";

/** An esbuild plugin for the sources in `folder`. */
export const lists = (folder) => ({
  name: "texts as lists",
  setup: ({ onStart, onLoad }) => {
    let changed = new Map();
    onStart(() => { changed = listed(folder); });
    onLoad({ filter: /\.tsx?$/ }, ({ path }) => (changed.has(path) ? { contents: changed.get(path), loader: extname(path).slice(1) } : undefined));
  },
});

/** path → source, of every file that holds or reads a table. */
function listed(folder) {
  const files = new Map(readdirSync(folder, { recursive: true }).filter((name) => /(?<!\.d)\.tsx?$/.test(name)).map((name) => join(folder, name))
    .map((path) => [path, ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true)]));
  const imports = new Map([...files].map(([path, source]) => [path, imported(source, files)]));
  const found = (path, name) => imports.get(path).get(name) ?? `${path}:${name}`;
  const literals = new Map(), signals = new Map();
  const collection = constants(files.get(join(folder, ENGLISH))).find(({ name }) => name.text === "english").initializer;
  const english = new Map(collection.properties.map(({ name, initializer }) => [name.text, found(join(folder, ENGLISH), initializer.text)]));
  for (const [path, source] of files) {
    for (const { name, initializer } of constants(source)) {
      if (initializer && ts.isObjectLiteralExpression(initializer) && TABLE.test(name.text)) literals.set(`${path}:${name.text}`, initializer);
      const [, zh, en] = /^texts\((\w+), "(\w+)"\)$/.exec(initializer?.getText() ?? "") ?? [];
      if (zh) signals.set(`${path}:${name.text}`, { zh: found(path, zh), en: english.get(en) });
    }
  }
  const tables = new Map();
  for (const { zh, en } of signals.values()) for (const table of [zh, en]) tables.set(literals.get(table), literals.get(zh));
  return new Map([...files].map(([path, source]) => [path, rewritten(source, tables, (name) => literals.get(signals.get(found(path, name))?.zh))]).filter(([path, text]) => text !== files.get(path).text));
}

/** The source with lists in the place of its `tables`, and places in the place of names that are read through a `signal(name)`. */
function rewritten(source, tables, signal) {
  const edits = [];
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
      const value = plain(literal.properties.find((one) => one.name.text === name));
      return cut(value.getStart(), value.end);
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
    if (tables.has(node)) edits.push([node.getStart(), node.end, () => list(node, tables.get(node))]);
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
  return cut(0, source.text.length + 1);
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
