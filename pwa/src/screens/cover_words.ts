/** The words of discreet mode, its notes and the app lock, in both languages. On notes and lock no word tells what the app is for. */
import { computed } from "@preact/signals";
import { language } from "../ui/text";
import type { After } from "../data/lock";

export const coverZh = {
  note: "备忘内容", newNote: "新备忘", noteCount: (n: number) => `${n} 条备忘`, goOn: "回到刚才", empty: "没有备忘", emptyHint: "点右下角新建一条。",
  noMore: "没有更多文字", untitled: "新备忘", removed: "已删除一条备忘", undo: "撤销", unsaved: "没有存上，请关掉再打开。",

  locked: "已锁定", pin: "数字密码", pinHint: "4 到 8 位数字", unlock: "打开", erase: "删除一位", wrongPin: "不对，请再输一次。", wrongShort: "请输入 4 到 8 位数字。",
  waits: (time: string) => `输错太多次，请等 ${time} 再试。`, forgot: "忘了", forgotLead: "请用登录密码打开（要有网络），再设一个新的。", password: "登录密码", logIn: "打开", backToPin: "返回",
  newPinLead: "请设一个新的数字密码。", keepOff: "不再使用",

  discreet: "暗访模式", discreetLead: "打开应用先看到一页备忘，检查藏在后面；颜色变暗，标题只写“备忘”。",
  discreetHow: ["两指同时点一下屏幕：藏起检查，或回到检查", "也可以点右上角的备忘图标，回来点备忘页底部的条数；外接键盘按 F2", "备忘是真的，可以随手写；只存在这台手机上，从不发送", "藏起时计时照走，填好的都在"],
  discreetNow: "现在看看", hint: "旁边有人会看到屏幕？打开暗访模式，两指一点就只剩一页备忘。", hintOn: "打开暗访模式", hintOff: "不用", discreetOn: "已打开。两指点一下屏幕，藏起或回来。",

  lock: "应用锁", lockLead: "打开应用，或离开一段时间后，先问一个数字密码。它挡住屏幕，不加密本机内容；手机自己的锁屏密码请一直开着。",
  setLock: "设数字密码", changePin: "换数字密码", removeLock: "关闭应用锁", lockSet: "应用锁已设好。", lockGone: "应用锁已关闭。",
  pinNow: "现在的数字密码", pinNew: "新的数字密码（4 到 8 位）", pinAgain: "再输一次", pinDiffers: "两次输入的不一样。", save: "保存",
  after: "离开多久后锁上", afters: { 0: "立即", 1: "1 分钟", 5: "5 分钟", 15: "15 分钟" } as Record<After, string>, cameraHint: "拍照时不锁，最多 5 分钟。",
};

const coverEn: typeof coverZh = {
  note: "Text of the note", newNote: "New note", noteCount: (n) => `${n} ${n === 1 ? "note" : "notes"}`, goOn: "Go back to before", empty: "No notes", emptyHint: "Write one with the button at the bottom right.",
  noMore: "No additional text", untitled: "New note", removed: "Note deleted", undo: "Undo", unsaved: "Not saved. Please close this and open it again.",

  locked: "Locked", pin: "PIN", pinHint: "4 to 8 digits", unlock: "Open", erase: "Delete a digit", wrongPin: "That is not it. Try again.", wrongShort: "Enter 4 to 8 digits.",
  waits: (time) => `Too many wrong entries. Wait ${time}.`, forgot: "Forgotten", forgotLead: "Open it with your log-in password (this needs a network), then set a new PIN.", password: "Log-in password", logIn: "Open", backToPin: "Back",
  newPinLead: "Set a new PIN.", keepOff: "Use none",

  discreet: "Discreet mode", discreetLead: "The app opens on a page of notes with the visit behind it; colours are dim, and the title says “Notes”.",
  discreetHow: ["Tap the screen with two fingers: hides the visit, or returns to it", "Or tap the note icon at the top right, and to return the number of notes at the foot; F2 on a keyboard", "The notes are real and yours to write; they stay on this phone and are never sent", "While hidden, timers run on and nothing is lost"],
  discreetNow: "Have a look", hint: "Might people see your screen? With discreet mode, two fingers leave nothing but a page of notes.", hintOn: "Switch on", hintOff: "Not now", discreetOn: "Discreet mode is on. Tap with two fingers to hide, and to return.",

  lock: "App lock", lockLead: "Asks for a PIN when the app opens, and after it was away for a while. It hides the screen; it does not encrypt what is on this phone. Keep the phone's own lock on.",
  setLock: "Set a PIN", changePin: "Change the PIN", removeLock: "Switch the lock off", lockSet: "The app lock is set.", lockGone: "The app lock is off.",
  pinNow: "Present PIN", pinNew: "New PIN (4 to 8 digits)", pinAgain: "Once more", pinDiffers: "The two entries differ.", save: "Save",
  after: "Lock when away for", afters: { 0: "No time", 1: "1 minute", 5: "5 minutes", 15: "15 minutes" }, cameraHint: "It stays open for photos, for 5 minutes at most.",
};

export { coverEn };
export const cover = computed(() => (language.value === "en" ? coverEn : coverZh));
