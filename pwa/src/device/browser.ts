/** Which app shows this page, as far as it says. */

export type Inside = "plain" | "wechat" | "qq" | "alipay" | "dingtalk" | "wecom" | "weibo";

/** WeCom calls itself WeChat as well, so it is asked first. */
const APPS: readonly (readonly [Inside, RegExp])[] = [
  ["wecom", /wxwork/i], ["dingtalk", /DingTalk/i], ["alipay", /AlipayClient/i], ["wechat", /MicroMessenger/i], ["qq", /\bQQ\/\d/], ["weibo", /Weibo/i],
];

/** The app whose own browser this is: its storage is not to be trusted, and nothing can be installed from it. */
export function inside(agent: string = navigator.userAgent): Inside {
  return APPS.find(([, sign]) => sign.test(agent))?.[0] ?? "plain";
}
