/** English of the screens beside the way of a visit: the same keys as the Chinese by type. */
import type { moreZh } from "./more_zh";

const some = (n: number, one: string, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
const all = (visits: number, photos: number, answers: number) => [visits && some(visits, "visit"), photos && some(photos, "photo"), answers && some(answers, "answer")].filter(Boolean).join(", ");

export const moreEn: typeof moreZh = {
  rescuePack: "Hand to a colleague", rescueCarry: "Send for a colleague",
  storage: "Storage", storageUsed: (used, all) => `${used} used, ${all} available`, storageKept: "The browser promised to keep what is on this phone", storageMay: "The browser may clear it when space runs out; send soon", keepStorage: "Ask to keep it",
  upToDate: "Up to date", lastSync: "Last update", never: "not yet",
  logOut: "Log out", logOutSure: "After this the phone must be online to log in again.", logOutUnsent: (visits, photos, answers) => `${all(visits, photos, answers)} not delivered. They stay locked on this phone until you log in again.`, logOutType: (word) => `To log out all the same, type “${word}”`, logOutWord: "log out", logOutSend: "Send them first", loggingOut: "Storing, encrypting and logging out; please leave this page open…", logOutOffline: "There is no network: this phone logs out at once, the server only hears of it when the phone is online again. Do not hand the phone to anyone before.", logOutOpen: "Logged out. It is not certain that the server keeps every key of what is here, so the key stays on the phone and nothing is locked away. Log in and out once more later, online.", logOutReadable: "Logged out. Some of what is here could not be encrypted, and whoever has this phone may read it. Log in and out once more later, online.",

  loginTitle: "Log in", loginLead: "Log in once; after that it works without a network.", username: "User name", password: "Password", showPassword: "Show password", hidePassword: "Hide password",
  logIn: "Log in", loggingIn: "Logging in…", loginNeedsBoth: "Enter the user name and the password.", loginOffline: "There is no network. The first log-in needs one.",
  loginAgain: "Log-in expired", loginAgainLead: (name) => `${name}, enter your password again. What you filled in is on this phone and safe.`, loginLater: "Keep filling in",
  passwordFirst: "Somebody else chose your present password. Please choose your own.", passwordOld: "Present password", passwordNew: "New password (at least 8 characters)", passwordAgain: "New password once more", passwordDiffers: "The two new passwords differ.", passwordChanged: "Password changed. Everywhere else you are logged out now.",

  meTitle: "Me", languageLabel: "Language", textSize: "Text size", textSizes: { "100": "Normal", "115": "Large", "130": "Larger", "160": "Very large", "200": "Largest" }, theme: "Light or dark", themes: { auto: "As the phone", light: "Light", dark: "Dark" }, newVersionLead: "Update between visits; what you filled in stays.",
  logOutWrong: "Type “log out” or “erase”.",
  eraseType: (word) => `; to erase it all with your notes from this phone, unsent for ever, type “${word}”`, eraseSent: (word) => `To erase your visits, photos and notes from this phone as well, type “${word}”`, eraseWord: "erase", eraseNow: "Log out and erase", erasing: "Erasing and logging out; please leave this page open…", eraseWaits: "Logged out, but erasing is not finished: close every other page of this app in the browser and open it once more, and it goes on.",

  check: "Phone check-up", checkLead: "Whether this phone can be trusted with a visit. Nothing of yours is touched.", checkNow: "Start", checkAgain: "Check again", checking: "Checking…", tryIt: "Try it", askToKeep: "Ask to keep it",
  checkCode: "Check-up code", checkCodeHint: "When you call for help, read these eight characters out.", checkGood: "All is well", checkBad: (n) => `${some(n, "thing")} to see to`, checkOk: "Fine", checkWarn: "See to it",
  checkNames: { browser: "Browser", installed: "Installed", kept: "Content kept", room: "Free space", store: "Storage", picture: "Photos", camera: "Camera", position: "Location", clock: "Clock", worker: "Opens offline", server: "Server" },
  meanings: {
    installed: { yes: "Opened from the home screen.", no: "Opened in a browser tab. From the home screen it opens faster, and its content is safer." },
    kept: { yes: "The browser promised to keep it.", no: "No promise: the browser may clear it when space runs out. Add it to the home screen, use it often, then ask again.", none: "This browser promises nothing. Use Chrome or the phone's own browser." },
    room: { ample: "{n} free, enough.", little: "Only {n} left. Delete some videos or apps.", none: "Only {n} left; photos may not fit. Clear some space now.", unknown: "The browser does not say." },
    store: { whole: "20 MB written, opened again and read back the same.", broken: "What was written cannot be read. Restart the phone and try again, else use another browser; clear no data before all is sent.", full: "Too little space to try. Clear some first.", untried: "Not tried." },
    picture: { worker: "Photos are made smoothly.", page: "Photos are made, but slowly.", broken: "Photos cannot be made. Update the browser or use Chrome.", untried: "Not tried." },
    camera: { granted: "Allowed.", ask: "Not asked yet. Tap “Try it”, then “Allow”.", denied: "Not allowed. Give the browser the camera in the phone's app settings, then allow it for this site.", none: "No camera found, or another app uses it. Photos can come from the album." },
    position: { fix: "Found, within {n}.", coarse: "Only within {n}. Switch on precise location and try by a window.", ask: "Not asked yet. Tap “Try it”, then “Allow”.", denied: "Not allowed. Give the browser the location in the phone's settings; visits work without, the reviewer sees why.", none: "No location now. Switch it on, and try outside." },
    clock: { right: "{n} off the server's.", off: "{n} off the server's. Switch on automatic time in the settings.", unknown: "No server to compare with." },
    worker: { controls: "Opens without a network.", waits: "A new version waits; update it under Me.", missing: "Not ready. Close and open it once while online.", none: "This browser cannot open it offline. Use Chrome or Safari, and no private window." },
    server: { reached: "Reached.", offline: "Not reached. Fill in all the same; it is sent later.", foreign: "The network wants a log-in first. Open any web page and finish the Wi-Fi log-in, or use mobile data." },
  },
  browserPlain: "A browser of its own.", seconds: (n) => (n < 120 ? `${n} s` : `about ${Math.round(n / 60)} min`),
  inside: { wechat: ["WeChat", "Open in browser"], qq: ["QQ", "Open in browser"], alipay: ["Alipay", "Open in browser"], dingtalk: ["DingTalk", "Open in browser"], wecom: ["WeCom", "Open in default browser"], weibo: ["Weibo", "Open in browser"] },
  insideLead: (app, menu) => `This page is open inside ${app}, which may clear what you fill in and cannot install it. Tap “…” at the top right and choose “${menu}”. If it is not there, copy the address and open it in the phone's own browser.`, copyAddress: "Copy address", copied: "Copied",

  startTab: "No visit can be started in a browser tab: after some days without use the browser may clear what you fill in. Put the app on the home screen as described below and start from there. A visit that was begun can be continued.", startInside: "No visit can be started inside another app, which may clear what you fill in. Open this page in the phone's own browser as described below and start there. A visit that was begun can be continued.",
  guide: "How to install", install: "Add to home screen", installLead: "From there it opens faster and without a network, and its content is kept more safely.", installNow: "Add", installed: "Opened from the home screen", installName: "The icon is called “备忘” (memo), which tells nobody what it is for. Please leave the name.", installThis: "This phone", installOthers: "Other phones",
  menus: { ios: "iPhone", chrome: "Android", huawei: "Huawei browser", xiaomi: "Xiaomi browser" },
  menuSteps: {
    ios: ["Open this address in Safari", "Tap Share (the box with an arrow)", "Scroll down to “Add to Home Screen”, then “Add”", "Open “备忘” from the home screen and log in once more: what is in Safari does not move along, so send it first"],
    chrome: ["Open this address in Chrome or Edge", "Tap “⋮” at the top right, or the menu below", "Choose “Add to home screen” or “Install app”", "Tap “Install” or “Add”"],
    huawei: ["Tap “⋮” or “More” below", "Choose “Add to”, then “Home screen”", "No icon? Settings › Apps › Browser › Permissions: allow home screen shortcuts", "Where there is Chrome or Edge, it installs more completely"],
    xiaomi: ["Tap “≡” below, then “Add bookmark” or “Tools”", "Choose “Home screen”", "No icon? Settings › Apps › Browser › Permissions: allow home screen shortcuts", "Where there is Chrome or Edge, it installs more completely"],
  },

  sharedTitle: "Shared photos", sharedLead: (n) => `${some(n, "photo")} kept on this phone. Choose the visit and the item.`, sharedLost: (n) => `${some(n, "photo")} not kept; the phone may be full. The album still has them: clear some space and share again.`, sharedNone: "No photos wait to be placed", sharedNoneHint: "Choose photos in the album and share them to “备忘”; they appear here.", sharedNoVisit: "No visit is open now. The photos stay on this phone; place them from Today once a visit has begun.",
  sharedVisit: "Visit", sharedItem: "Item", sharedWanted: "photo missing", sharedPut: (n) => `Place ${some(n, "photo")}`, sharedDone: (n) => `${some(n, "photo")} placed`, sharedPick: (n) => `Photo ${n}`, sharedDrop: "Not needed", sharedDropSure: (n) => `Delete ${some(n, "photo")}`,
  typedMark: "typed name",
};
