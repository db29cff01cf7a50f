/** The system and the browser's kind of menu, as far as the page is told: the way to the home screen differs. */

export type System = "android" | "ios" | "harmony" | "other";
/** Browsers whose menus need words of their own. */
export type Menu = "ios" | "huawei" | "xiaomi" | "chrome";

export function system(agent: string = navigator.userAgent, apple: boolean = false): System {
  return apple || /iPhone|iPad|iPod/.test(agent) ? "ios" : /OpenHarmony|HarmonyOS/i.test(agent) ? "harmony" : /Android/.test(agent) ? "android" : "other";
}

export function menuOf(agent: string = navigator.userAgent, apple: boolean = false): Menu {
  return system(agent, apple) === "ios" ? "ios" : /HuaweiBrowser/i.test(agent) ? "huawei" : /MiuiBrowser/i.test(agent) ? "xiaomi" : "chrome";
}
