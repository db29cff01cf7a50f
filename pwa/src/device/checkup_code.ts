/** The results of a check-up as eight characters that can be told over the phone; server/domain/phone_code.py reads them. */

/** Each check with its possible results, the good one first. Order and number are part of the code: only ever add a new format. */
export const CHECKS = {
  browser: ["plain", "wechat", "qq", "alipay", "dingtalk", "wecom", "weibo"],
  installed: ["yes", "no"],
  kept: ["yes", "no", "none"],
  room: ["ample", "little", "none", "unknown"],
  store: ["whole", "broken", "full", "untried"],
  picture: ["worker", "page", "broken", "untried"],
  camera: ["granted", "ask", "denied", "none"],
  position: ["fix", "coarse", "ask", "denied", "none"],
  clock: ["right", "off", "unknown"],
  worker: ["controls", "waits", "missing", "none"],
  server: ["reached", "offline", "foreign"],
  system: ["android", "ios", "harmony", "other"],
} as const;

export type Check = keyof typeof CHECKS;
export type Results = { [C in Check]: (typeof CHECKS)[C][number] };

/** 23 signs of which none looks like another; a prime, so that the last one finds every wrong sign and every two that changed places. */
export const SIGNS = "34679ACDEFHJKMNPRTUVWXY";
const NAMES = Object.keys(CHECKS) as Check[];

/** "XXXX-XXXX": six signs of two results each, one that is equal for equal versions, and the check. */
export function encode(results: Results, version: string): string {
  const place = (name: Check): number => (CHECKS[name] as readonly string[]).indexOf(results[name]);
  const values = [0, 2, 4, 6, 8, 10].map((at) => place(NAMES[at]!) * CHECKS[NAMES[at + 1]!].length + place(NAMES[at + 1]!));
  values.push((parseInt(version.slice(0, 8), 16) || 0) % SIGNS.length);
  values.push(values.reduce((sum, value, at) => sum + value * (at + 1), 0) % SIGNS.length);
  return values.map((value) => SIGNS[value]).join("").replace(/^..../, "$&-");
}
