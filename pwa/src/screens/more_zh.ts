/** Chinese of the screens beside the way of a visit: settings, check-up, installing, shared pictures. Fetched with them. */
import type { Check, Results } from "../device/checkup_code";
import type { Inside } from "../device/browser";
import type { Menu } from "../device/menus";

/** What each result of a check means, and what to do; `n` is the number that belongs to it, written out. */
type Meanings = { [C in Exclude<Check, "browser" | "system">]: { [S in Results[C]]: string } };

const meanings: Meanings = {
  installed: { yes: "从主屏幕打开。", no: "在浏览器网页里打开。装到主屏幕后打开更快，内容更不容易被清掉。" },
  kept: { yes: "浏览器已答应保留。", no: "浏览器没有答应，空间不足时可能清掉。装到主屏幕、常用，再请它保留。", none: "这个浏览器不作保证。请换 Chrome 等系统浏览器。" },
  room: { ample: "可用 {n}，足够。", little: "只剩 {n}。请删些视频或不用的应用。", none: "只剩 {n}，照片随时可能存不下。请现在清理手机。", unknown: "浏览器没有说。" },
  store: { whole: "写入 20 MB，重新打开后读回一致。", broken: "写入后读不回来。请重启手机再试；仍不行就换一个浏览器，内容发完前不要清数据。", full: "空间太少，没有试写。请先清理手机。", untried: "没有试。" },
  picture: { worker: "能处理照片，不卡顿。", page: "能处理照片，会慢一些。", broken: "处理不了照片。请更新浏览器或换 Chrome。", untried: "没有试。" },
  camera: { granted: "允许使用。", ask: "还没有问过。点“试一下”，在弹出的框里选“允许”。", denied: "不允许。请在系统设置的应用权限里给浏览器“相机”，再在网站设置里允许。", none: "没有找到相机，或正被别的应用占用。拍不了可以从相册选。" },
  position: { fix: "已定位，误差 {n}。", coarse: "误差 {n}，偏大。请打开系统的“精确位置”，到窗边再试。", ask: "还没有问过。点“试一下”，在弹出的框里选“允许”。", denied: "不允许。请在系统设置里给浏览器“位置信息”；不给也能检查，审核员会看到原因。", none: "暂时定不了位。请打开系统定位，到室外再试。" },
  clock: { right: "与服务器相差 {n}。", off: "与服务器相差 {n}。请在系统设置里打开自动设置时间。", unknown: "没有连上服务器，无法比较。" },
  worker: { controls: "没有网络也能打开。", waits: "有新版本在等，请在“我的”里更新。", missing: "还没有就绪。请联网时关掉再打开一次。", none: "这个浏览器没有网络就打不开。请换 Chrome 或 Safari，不要用无痕窗口。" },
  server: { reached: "连得上。", offline: "连不上。填写照常，有网络时自动发送。", foreign: "网络要先登录或被拦截。请打开浏览器随便看一个网页，完成 Wi-Fi 登录，或改用流量。" },
};

export const moreZh = {
  rescuePack: "打包交给同事代发", rescueCarry: "代同事发送",
  storage: "存储空间", storageUsed: (used: string, all: string) => `已用 ${used}，可用 ${all}`, storageKept: "浏览器已答应保留本机内容", storageMay: "浏览器在空间不足时可能清掉本机内容，请尽早发送", keepStorage: "请浏览器保留",
  upToDate: "已是最新", lastSync: "最近更新", never: "还没有",
  logOut: "退出登录", logOutSure: "退出后，这台手机上要再次联网登录才能使用。", logOutUnsent: (visits: number, photos: number, answers: number) => `还有 ${[visits && `${visits} 份检查`, photos && `${photos} 张照片`, answers && `${answers} 份答复`].filter(Boolean).join("、")}没有送达。退出后它们锁在这台手机上，由您再次登录才能发送。`, logOutType: (word: string) => `确实现在退出，请输入“${word}”`, logOutWord: "退出", logOutSend: "先去发送", loggingOut: "正在存好、加密并退出，请不要关闭页面…", logOutOffline: "现在没有网络：手机上马上退出，服务器要等联网后才知道，之前请不要把手机交给别人。", logOutOpen: "已退出。有内容的密钥还不能确定服务器在保管，所以密钥留在手机上，内容没有锁死。请稍后联网再登录、退出一次。", logOutReadable: "已退出。有些内容没能加密，拿到这台手机的人可能读到。请稍后联网再登录、退出一次。",

  loginTitle: "登录", loginLead: "登录一次，之后没有网络也能用。", username: "用户名", password: "密码", showPassword: "显示密码", hidePassword: "隐藏密码",
  logIn: "登录", loggingIn: "正在登录…", loginNeedsBoth: "请填写用户名和密码。", loginOffline: "现在没有网络，第一次登录需要联网。",
  loginAgain: "登录已过期", loginAgainLead: (name: string) => `${name}，请再输一次密码。填好的内容都在本机，不会丢。`, loginLater: "先继续填写",
  passwordFirst: "现在的密码是别人设的，请换成自己的。", passwordOld: "现在的密码", passwordNew: "新密码（至少 8 个字符）", passwordAgain: "再输一次新密码", passwordDiffers: "两次输入的新密码不一样。", passwordChanged: "密码已改，其他地方的登录都已结束。",

  meTitle: "我的", languageLabel: "语言", textSize: "文字大小", textSizes: { "100": "标准", "115": "大", "130": "较大", "160": "特大", "200": "最大" } as Record<string, string>, theme: "明暗", themes: { auto: "跟随系统", light: "浅色", dark: "深色" } as Record<string, string>, newVersionLead: "在两次检查之间更新，已填内容不受影响。",
  logOutWrong: "请输入“退出”或“清除”。",
  eraseType: (word: string) => `；要把它们连同备忘从本机清除、不再发送，请输入“${word}”`, eraseSent: (word: string) => `要把这台手机上您的检查、照片和备忘也清除，请输入“${word}”`, eraseWord: "清除", eraseNow: "退出并清除", erasing: "正在清除并退出，请不要关闭页面…", eraseWaits: "已退出，但清除还没有做完：请关掉浏览器里其他的巡厅页面，再打开一次，它会接着清除。",

  check: "手机体检", checkLead: "看看这台手机能不能放心用来检查。不会动您的内容。", checkNow: "开始体检", checkAgain: "再查一遍", checking: "正在查…", tryIt: "试一下", askToKeep: "请浏览器保留",
  checkCode: "体检代码", checkCodeHint: "电话求助时，把这八个字符念给对方。", checkGood: "一切正常", checkBad: (n: number) => `${n} 处要留意`, checkOk: "正常", checkWarn: "留意",
  checkNames: { browser: "浏览器", installed: "安装", kept: "内容保留", room: "剩余空间", store: "存储读写", picture: "照片处理", camera: "相机", position: "定位", clock: "手机时钟", worker: "离线打开", server: "服务器" } as Record<Exclude<Check, "system">, string>,
  meanings, browserPlain: "独立的浏览器。", seconds: (n: number) => (n < 120 ? `${n} 秒` : `约 ${Math.round(n / 60)} 分钟`),
  inside: { wechat: ["微信", "在浏览器打开"], qq: ["QQ", "用浏览器打开"], alipay: ["支付宝", "在浏览器打开"], dingtalk: ["钉钉", "在浏览器打开"], wecom: ["企业微信", "在默认浏览器中打开"], weibo: ["微博", "浏览器打开"] } as Record<Exclude<Inside, "plain">, readonly [string, string]>,
  insideLead: (app: string, menu: string) => `您在${app}里打开了这个网页，填的内容可能被它清掉，也装不到主屏幕。请点右上角“…”，选“${menu}”。找不到就复制网址，到手机自带的浏览器里粘贴打开。`, copyAddress: "复制网址", copied: "已复制",

  startTab: "在浏览器网页里不能开始检查：几天不用，浏览器就可能清掉您填的内容。请照下面的步骤装到主屏幕，从那里打开再开始。已经开始的检查可以继续填。", startInside: "在别的应用里不能开始检查：您填的内容可能被它清掉。请照下面的办法用手机自带的浏览器打开，再开始。已经开始的检查可以继续填。",
  guide: "安装说明", install: "添加到主屏幕", installLead: "从主屏幕打开更快，没有网络也能用，内容更不容易被清掉。", installNow: "添加", installed: "已从主屏幕打开", installName: "图标的名字是“备忘”，旁人看不出用途，请不要改。", installThis: "这台手机", installOthers: "其他手机",
  menus: { ios: "苹果手机", chrome: "安卓手机", huawei: "华为浏览器", xiaomi: "小米浏览器" } as Record<Menu, string>,
  menuSteps: {
    ios: ["用 Safari 打开这个网址", "点“分享”（方框里向上的箭头）", "往下找，选“添加到主屏幕”，再点“添加”", "从主屏幕打开“备忘”，再登录一次：Safari 里的内容不会带过去，请先发完"],
    chrome: ["用 Chrome 或 Edge 打开这个网址", "点右上角“⋮”或底部菜单", "选“添加到主屏幕”或“安装应用”", "点“安装”或“添加”"],
    huawei: ["点底部的“⋮”或“更多”", "选“添加至”，再选“桌面”", "没有图标时：设置 › 应用 › 华为浏览器 › 权限，允许“创建桌面快捷方式”", "手机上有 Chrome 或 Edge 的，用它装得更完整"],
    xiaomi: ["点底部的“≡”，选“添加书签”或“工具箱”", "选“桌面”或“添加到桌面”", "没有图标时：设置 › 应用设置 › 浏览器 › 权限管理，允许“桌面快捷方式”", "手机上有 Chrome 或 Edge 的，用它装得更完整"],
  } as Record<Menu, string[]>,

  sharedTitle: "分享来的照片", sharedLead: (n: number) => `${n} 张照片已存在本机，请选它们属于哪份检查的哪一项。`, sharedLost: (n: number) => `${n} 张没有存上，手机空间可能不够。它们还在相册里，清理后请再分享一次。`, sharedNone: "没有等着归类的照片", sharedNoneHint: "在相册里选照片，分享到“备忘”，就会出现在这里。", sharedNoVisit: "现在没有可以填的检查。照片先存在本机，开始检查后在“今日”里归类。",
  sharedVisit: "哪份检查", sharedItem: "哪一项", sharedWanted: "缺照片", sharedPut: (n: number) => `放入 ${n} 张`, sharedDone: (n: number) => `已放入 ${n} 张`, sharedPick: (n: number) => `第 ${n} 张`, sharedDrop: "不要这些照片", sharedDropSure: (n: number) => `确定删除 ${n} 张`,
  typedMark: "输入的姓名",
};
