/** What people read and look for: both languages whole and clean, outlets found by what a thumb types, places as maps want them. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { find } from "../../pwa/src/ui/find";
import { distance, gcj02, mapLink } from "../../pwa/src/ui/places";
import { actionZh } from "../../pwa/src/screens/action_words";
import { answerZh } from "../../pwa/src/screens/answer_words";
import { coverZh } from "../../pwa/src/screens/cover_words";
import { english } from "../../pwa/src/screens/english";
import { moreZh } from "../../pwa/src/screens/more_zh";
import { recordZh } from "../../pwa/src/screens/record_words";
import { rescueZh } from "../../pwa/src/screens/rescue_words";
import { shotZh } from "../../pwa/src/screens/shot_words";
import { voiceZh } from "../../pwa/src/screens/voice_words";
import { zh } from "../../pwa/src/ui/text_zh";

const files = (folder: string): string[] => readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))).filter((path) => /\.tsx?$/.test(path));

/** Every text with placeholders filled in, by its path; a list of one number reads as that number. */
function texts(words: object, path = ""): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] => {
    const here = `${path}/${key}`;
    if (typeof value === "string") return [[here, value]];
    if (typeof value === "function") return [[here, String((value as (...all: unknown[]) => unknown)([1], [2], [3]))]];
    return texts(value as object, here);
  });
}

const chinese = { words: zh, more: moreZh, cover: coverZh, voice: voiceZh, answer: answerZh, action: actionZh, record: recordZh, rescue: rescueZh, shot: shotZh };
const en = english.words;

test("no English word leaks into the Chinese texts", () => {
  const allowed = /MB|KB|GB|QQ|Chrome|Edge|Safari|Wi-Fi|beiwang|\.xtr|\.txt|https/g;
  const leaks = texts(chinese).filter(([, text]) => /[A-Za-z]{2,}/.test(text.replace(allowed, "")));
  assert.deepEqual(leaks, []);
});

test("no Chinese character leaks into the English texts, but the name on the home screen", () => {
  const leaks = texts(english).filter(([, text]) => /[\u3400-\u9fff]/.test(text.replaceAll("备忘", "")));
  assert.deepEqual(leaks, []);
});

test("every text is there in both languages, down to the names of states and kinds", () => {
  const paths = (words: object): string[] => texts(words).map(([path]) => path).sort();
  for (const [name, ours] of Object.entries(chinese)) assert.deepEqual(paths(ours), paths(english[name as keyof typeof english]), name);
  assert.deepEqual(texts({ zh, moreZh, en, moreEn: english.more }).filter(([, text]) => text.trim() === ""), []);
});

test("each table finds its English under the name that it is given", () => {
  const named = files("src").flatMap((path) => [...readFileSync(path, "utf8").matchAll(/= texts\((\w+), "(\w+)"\)/g)].map(([, table, name]) => [name!, table!] as const));
  const expected = (table: string, name: string): boolean => table === (name === "words" ? "zh" : `${name}Zh`);
  assert.deepEqual(named.map(([name]) => name).sort(), Object.keys(english).sort());
  assert.deepEqual(named.filter(([name, table]) => !expected(table, name)), []);
});

const outlets = [
  { name: "太原小店区亲贤北街专营店", code: "SX010207", pinyin: "tyxdqqxbjzyd" },
  { name: "太原迎泽大街营业厅", code: "SX010001", pinyin: "tyyzdjyyt" },
  { name: "古交市河口村服务站", code: "SX010412", pinyin: "gjshkcfwz" },
];
const names = (query: string) => find(outlets, query).map((one) => one.code);

test("an outlet is found by name, code, the start of its initials, and initials with gaps", () => {
  assert.deepEqual(names("迎泽"), ["SX010001"]);
  assert.deepEqual(names("0412"), ["SX010412"]);
  assert.deepEqual(names("TYYZ"), ["SX010001"]);
  assert.deepEqual(names("yzyyt"), ["SX010001"]);
  assert.deepEqual(names("ｓｘ０１０２０７"), ["SX010207"]);
  assert.deepEqual(names("没有这个"), []);
});

test("the best match stands first and an empty query keeps the order", () => {
  assert.deepEqual(names("ty"), ["SX010207", "SX010001"]);
  assert.deepEqual(names("太原 营业厅"), ["SX010001"]);
  assert.deepEqual(names(" "), outlets.map((one) => one.code));
});

test("what is due at midnight is due within the day before", async () => {
  Object.assign(globalThis, { localStorage: { getItem: () => null } });
  const { limit } = await import("../../pwa/src/ui/moments");
  const now = Date.parse("2026-11-23T02:00:00Z");
  const until = (instant: string) => zh.until(limit(instant, now));
  assert.equal(until("2026-12-04T16:00:00Z"), "12月4日内");
  assert.equal(until("2026-12-04T16:00:00.000Z"), "12月4日内");
  assert.equal(en.until(limit("2026-12-04T16:00:00Z", now).replace("12月4日", en.shortDate(11, 4))), "by 4 Dec");
  assert.equal(until("2026-11-23T16:00:00Z"), "今天内");
  assert.equal(until("2026-11-24T16:00:00Z"), "明天内");
  assert.equal(until("2026-12-04T16:00:30Z"), "12月5日 00:00 前");
  assert.equal(until("2026-12-04T15:59:00Z"), "12月4日 23:59 前");
  assert.equal(until("2026-12-04T10:00:00Z"), "12月4日 18:00 前");
});

test("a place in China moves by the offset of its maps and one abroad stays", () => {
  const moved = gcj02({ lat: 39.908823, lng: 116.39747 });
  const metres = distance({ lat: 39.908823, lng: 116.39747 }, moved);
  assert.ok(metres > 300 && metres < 900, String(metres));
  assert.ok(moved.lng > 116.39747 && moved.lat > 39.908823);
  assert.deepEqual(gcj02({ lat: 48.8584, lng: 2.2945 }), { lat: 48.8584, lng: 2.2945 });
});

test("one degree of latitude is 111 kilometres and the way to a place is handed over by scheme alone", () => {
  assert.equal(Math.round(distance({ lat: 37, lng: 112 }, { lat: 38, lng: 112 }) / 1000), 111);
  assert.match(mapLink({ lat: 37.87, lng: 112.55 }, "迎泽", false), /^geo:37\.87\d+,112\.55\d+\?q=/);
  assert.match(mapLink({ lat: 37.87, lng: 112.55 }, "迎泽", true), /^maps:\/\/\?daddr=/);
});

test("a clause is named by the document it stands in, wherever its number is", async () => {
  Object.assign(globalThis, { localStorage: { getItem: () => null } });
  const { sourceOf } = await import("../../pwa/src/ui/text");
  assert.equal(sourceOf("S3 §4.3.2.1"), "自有营业厅服务标准 §4.3.2.1");
  assert.equal(sourceOf("S4 后台支撑第九章; S3 §2.2.4.2"), "代理渠道服务质量 后台支撑第九章; 自有营业厅服务标准 §2.2.4.2");
  assert.equal(sourceOf("实名登记规定"), "实名登记规定");
});

test("the language chosen on the phone comes first, then the browser's, then the profile's", async () => {
  const { firstLanguage, setLanguage } = await import("../../pwa/src/screens/language");
  const { language, words } = await import("../../pwa/src/ui/text");
  const first = async (browser: string, profile: string) => {
    Object.defineProperty(globalThis, "navigator", { value: { language: browser }, configurable: true });
    await firstLanguage(profile);
    return language.value;
  };
  assert.deepEqual([await first("en-GB", "zh"), await first("zh-TW", "en"), await first("fr", "en"), await first("fr", "fr")], ["en", "zh", "en", "zh"]);
  await setLanguage("en");
  assert.deepEqual([language.value, words.value.back], ["en", en.back]);
  await setLanguage("zh");
  assert.deepEqual([language.value, words.value.back], ["zh", zh.back]);
  // Here nothing is kept; when the network is back it is asked for again.
  await setLanguage("zh", { chosen: true });
  assert.equal(await first("en-GB", "en"), "zh");
});
