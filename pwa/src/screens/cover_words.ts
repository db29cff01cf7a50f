/** The words of discreet mode, its notes and the app lock. On notes and lock no word tells what the app is for. */
import { texts } from "../ui/text";
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

export const cover = texts(coverZh, "cover");
