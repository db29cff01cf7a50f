/** The check-up and the way to the home screen: the code as headquarters reads it, and which app shows the page. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inside } from "../../pwa/src/device/browser";
import { CHECKS, encode, SIGNS, type Check, type Results } from "../../pwa/src/device/checkup_code";
import { menuOf, system } from "../../pwa/src/device/menus";
import { moreEn } from "../../pwa/src/screens/more_en";
import { moreZh } from "../../pwa/src/screens/more_zh";

test("the codes are those that headquarters reads", () => {
  const { cases } = JSON.parse(readFileSync(new URL("../../../tests/vectors/phone_codes.json", import.meta.url), "utf8")) as { cases: { version: string; results: Results; code: string }[] };
  assert.deepEqual(cases.map(({ results, version }) => encode(results, version)), cases.map(({ code }) => code));
});

test("two checks fit into one sign, and no two signs look alike", () => {
  const names = Object.keys(CHECKS) as Check[];
  names.forEach((name, at) => { if (at % 2 === 0) assert.ok(CHECKS[name].length * CHECKS[names[at + 1]!].length <= SIGNS.length); });
  assert.equal(new Set(SIGNS).size, 23);
  assert.doesNotMatch(SIGNS, /[0OQIL1Z2S5B8G]/);
});

test("every result but the browser's has its sentence in both languages", () => {
  for (const [check, states] of Object.entries(CHECKS)) {
    if (check === "browser" || check === "system") continue;
    for (const words of [moreZh, moreEn]) assert.deepEqual(Object.keys(words.meanings[check as keyof typeof words.meanings]).sort(), [...states].sort());
  }
});

const ANDROID = "Mozilla/5.0 (Linux; Android 12; V2118A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36";

test("a page inside another app knows which one", () => {
  assert.equal(inside(`${ANDROID} XWEB/1160065 MMWEBSDK/20231202 MicroMessenger/8.0.47.2560(0x28002F51) WeChat/arm64`), "wechat");
  assert.equal(inside(`${ANDROID} wxwork/4.1.10 MicroMessenger/7.0.1 Language/zh`), "wecom");
  assert.equal(inside(`${ANDROID} V1_AND_SQ_8.9.50_3898_YYB_D QQ/8.9.50.10650 NetType/WIFI`), "qq");
  assert.equal(inside(`${ANDROID} NebulaSDK/1.8 AliApp(AP/10.5.0) AlipayClient/10.5.0`), "alipay");
  assert.equal(inside(`${ANDROID} AliApp(DingTalk/7.1.0) com.alibaba.android.rimet`), "dingtalk");
  assert.equal(inside(`${ANDROID} Weibo (vivo-V2118A__weibo__13.9.3__android)`), "weibo");
  for (const own of [ANDROID, `${ANDROID} MQQBrowser/13.7`, `${ANDROID} HuaweiBrowser/14.0`, `${ANDROID} XiaoMi/MiuiBrowser/17.8`]) assert.equal(inside(own), "plain");
});

test("system and menu are told from what the browser says", () => {
  const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)";
  assert.deepEqual([system(phone), system(ANDROID), system("Phone; OpenHarmony 5.0"), system("X11; Linux"), system("Macintosh", true)], ["ios", "android", "harmony", "other", "ios"]);
  assert.deepEqual([menuOf(phone), menuOf(ANDROID), menuOf(`${ANDROID} HuaweiBrowser/14.0`), menuOf(`${ANDROID} XiaoMi/MiuiBrowser/17.8`)], ["ios", "chrome", "huawei", "xiaomi"]);
});
