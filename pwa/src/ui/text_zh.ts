/** Chinese: the source text of every screen. */

const WEEK = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

/** A time ends with a digit, and what is due is due before it; a day is due within itself. */
const before = (when: string) => (/\d$/.test(when) ? " 前" : "内");

const unsent = (visits: number, photos: number, answers: number) => [visits && `${visits} 份检查`, photos && `${photos} 张照片`, answers && `${answers} 份答复`].filter(Boolean).join("、");

export const zh = {
  appName: "巡厅", notes: "备忘",
  back: "返回", close: "关闭", cancel: "取消", done: "完成", remove: "删除", change: "修改", retry: "再试一次",
  mainMenu: "主菜单", todayTab: "今日", outletsTab: "网点", outboxTab: "待发送", meTab: "我的",
  waitingCount: (n: number) => `${n} 份未送达`,

  today: "今天", tomorrow: "明天", yesterday: "昨天",
  weekdays: WEEK,
  longDate: (m: number, d: number, day: number) => `${m + 1}月${d}日 ${WEEK[day]!.replace("周", "星期")}`,
  shortDate: (m: number, d: number) => `${m + 1}月${d}日`,
  length: (m: number, s: number) => (m === 0 ? `${s} 秒` : s === 0 ? `${m} 分钟` : `${m} 分 ${s} 秒`),
  metres: (m: number) => (m < 1000 ? `${Math.round(m / 10) * 10} 米` : `${(m / 1000).toFixed(m < 10_000 ? 1 : 0)} 公里`),

  kinds: { mystery: "暗访", announced: "明查", area_visit: "走访", patrol: "巡检", onboarding: "准入验收", recheck: "复查" } as Record<string, string>,
  tiers: { own_hall: "自有营业厅", franchise: "自建他营店", exclusive: "指定专营店", ordinary: "普通代理店", village: "村级服务站" } as Record<string, string>,
  settings: { city: "城区", county_town: "县城", township: "乡镇" } as Record<string, string>,
  statuses: { onboarding: "准入中", active: "正常", probation: "观察期", exited: "已退出" } as Record<string, string>,
  parts: { opening: "营业前", round: "营业中", closing: "营业后" } as Record<string, string>,
  roles: {
    shopper: "神秘顾客", area_manager: "片区经理", hall_manager: "厅经理", outlet_owner: "代办业主", reviewer: "审核员",
    branch_manager: "分公司管理员", hq: "客户服务部", admin: "系统管理员", auditor: "审计",
  } as Record<string, string>,
  classOf: (c: string) => `${c} 类`,
  other: "其他",

  // login
  passwordTitle: "修改密码",

  // the strip of truth
  offline: "没有网络", offlineSafe: "没有网络，填写照常", allSent: (time: string) => `全部送达 ${time}`, nothingWaiting: "没有待发送的内容",
  waitingWhat: (visits: number, photos: number, size: string, answers: number) => `${unsent(visits, photos, answers)}待发送${visits + photos ? `（${size}）` : ""}`,
  sendingWhat: (visits: number, photos: number, size: string, answers: number) => `正在发送 ${unsent(visits, photos, answers)}${visits + photos ? `（${size}）` : ""}`,
  refusedCount: (n: number) => `${n} 份没有送出，请看原因`,
  sendNow: "立即发送",

  // today
  refresh: "刷新", refreshing: "正在更新…", updatedAt: (time: string) => `更新于 ${time}`, pullHint: "松开更新",
  search: "查找网点：名称、编码或拼音首字母", searchShort: "查找网点", clearSearch: "清除查找", found: (n: number) => `找到 ${n} 个网点`, foundNone: "没有找到。换个名称、编码或拼音首字母试试。",
  goOn: "继续", returned: "被退回", toDo: "要做的检查", beingSent: "已提交", nothingDue: "今天没有要做的检查", nothingDueHint: "有新任务时会出现在这里。也可以从“网点”开始一次检查。",
  orderNear: "按距离排", orderDue: "按期限排",
  overdue: (days: number) => `逾期 ${days} 天`, overdueToday: "已过时限", until: (when: string) => `${when}${before(when)}`, from: (when: string) => `${when}起`,
  proof: "待补证明", toProve: (n: number) => `${n} 项待补`, proofLead: "只有待补的项目可以填，其余内容不再改；补交后和检查一起审核。", submitProof: "提交证明",
  toFix: (n: number) => `${n} 项待补`, reasonOf: (item: string, text: string) => `${item}：${text}`, returnedFor: (text: string) => `退回：${text}`, fixUntil: (when: string) => `请在${when}${before(when)}补齐`, progress: (done: number, all: number) => `${done} / ${all} 项`,
  failedCount: (n: number) => `不合格 ${n}`, photosLeft: (n: number) => `还差 ${n} 张照片`, left: (items: number, photos: number, notes: number) => "还差 " + [items && `${items} 项`, photos && `${photos} 张照片`, notes && `${notes} 处说明`].filter(Boolean).join(" · "),
  saved: (time: string) => `已存 ${time}`, notSaved: "没有存上",
  notBegun: "未开始", otherPhone: "在另一台手机上填写，打开后可继续",
  hintShared: (n: number) => `${n} 张分享来的照片等您归类`, hintInstall: "装到主屏幕，打开更快，内容更不容易丢。", hintInside: "网页开在别的应用里，内容可能被它清掉。", hintHow: "看怎么做",
  firstPull: "正在取任务和检查表…", firstPullFailed: "还没有取到任务。连上网络后点“刷新”。",

  // outlet
  outletsTitle: "网点", outletTitle: "网点", navigate: "导航", callOutlet: "打电话", startVisit: "开始检查", startKind: (kind: string) => `开始${kind}`, resumeVisit: "继续检查",
  weakItems: "服务弱项，这次请留意", lastResults: "最近结果", noScore: "无得分", noAddress: "没有登记地址",
  noChecklist: "本机没有适用的检查表，请联网更新。", startLow: "手机存储空间不够，请先清理再开始。", outletGone: "本机没有这个网点，请联网更新。", whichPart: "选择时段",

  // visit
  sections: "环节", sectionDone: "已完成", sectionFailed: (n: number) => `${n} 项不合格`, nextSection: "下一环节", toFinish: "去提交", backToFinish: "返回提交页",
  jumpHint: "点此逐项补齐", allFilled: "都填好了", liveScore: "得分",
  prohibition: "禁止项", critical: "关键项", points: (p: string) => `${p} 分`, recordOnly: "不计分", sources: { S0: "星级评定", S1: "营业厅规范化", S2: "满意度指标", S3: "自有营业厅服务标准", S4: "代理渠道服务质量" } as Record<string, string>, optional: "选填",
  pass: "合格", fail: "不合格", na: "不适用", naNeedsNote: "选“不适用”要写明原因",
  note: "说明", noteHint: "看到了什么、在哪里", clearAnswer: "清除回答", itemMore: "说明、照片和更多",
  chars: (have: number, need: number) => `${have} / 至少 ${need} 字`,
  none: "都没有", voids: "选这一项，本次检查将作废重访，由审核员确认。",
  less: "减一", plus: "加一", howMany: "数量", value: "数值", partOf: "其中", whole: "总数", partTooBig: "“其中”不能大于总数。", notNumber: "请填数字。", between: (min: string | null, max: string | null) => min !== null && max !== null ? `请填 ${min} 到 ${max}。` : min !== null ? `不能小于 ${min}。` : `不能大于 ${max}。`,
  wholeZero: "总数为 0，按不适用计。",
  stamp: "记录此刻", stampedAt: (time: string) => `已记录 ${time}`, stampAgain: "重新记录", stampSure: "改成现在的时刻？原来的会被替换。",
  start: "开始", stop: "停止", goOnTimer: "继续计时", running: "正在计时", minutesSeconds: "分:秒", elapsed: "用时", editTimer: "手动修改", editedMark: "已手动修改", editReason: "修改原因", editMinutes: "分", editSeconds: "秒", editReasonNeeded: "请写修改原因。", save: "保存",
  clockJump: "计时中手机时钟变动过，已标记", timersRunning: "正在计时",
  full: "满分", half: "半分", share: (percent: string) => `${percent}%`, nothing: "零分", within: (limit: string, credit: string) => `${limit}以内${credit}`, beyond: (credit: string) => `超出${credit}`, upTo: (limit: string, credit: string) => `${limit}：${credit}`, above: (credit: string) => `更多：${credit}`, limitsDepend: "时限随前面的回答而定",
  later: (hours: number) => `稍后补（${hours} 小时内）`, laterOn: "已标为稍后补", laterHint: "可以先提交，补上后再计分。",
  photos: "照片", photoWanted: "需要照片", takePhoto: "拍照", fromAlbum: "相册", burst: "连拍", openPhoto: (n: number) => `看第 ${n} 张照片`,
  photoBusy: (n: number) => `正在处理 ${n} 张照片…`, photoState: { waiting: "待发送", sending: "发送中", arrived: "已送达", refused: "被拒绝" } as Record<string, string>,
  noPhoto: "拍不了？选原因", noPhotoReason: "不能拍照的原因", noPhotos: { unnoticed: "拍照会被发现", forbidden: "现场不让拍照", absent: "现场没有可拍的", broken: "相机用不了" } as Record<string, string>, noPhotoSet: (why: string) => `没有照片：${why}`,
  sign: "签名",

  // finish
  finishTitle: "提交检查", missingTitle: (n: number) => `还差 ${n} 处`, showAll: (n: number) => `再显示 ${n} 处`, missingNone: "没有缺项，可以提交", missingWhat: { answer: "没有回答", photo: "缺照片", note: "缺说明" } as Record<string, string>,
  laterTitle: "提交后再补", failsTitle: (n: number) => `不合格 ${n} 项`, failsNone: "没有不合格项", score: "得分", scoreNone: "还没有得分", graveNote: "有关键项不合格，总分封顶，要第二人复核。", voidNote: "选择了作废的回答，本次检查由审核员确认后作废。", notesTitle: "小结（选填）", strengths: "可取之处", watch: "注意事项", improve: "待改进", how: "如何改进",
  actionsTitle: "整改", actionAdd: "加整改要求", actionFor: "不合格项", actionWhat: "要求", actionDue: "期限", actionWho: "负责人", actionLine: (due: string, who: string) => `${due}前 · ${who}`, actionWrong: "请填写要求、期限和负责人。", actionsHint: "可以不加。",
  leftTitle: "离店", leftHint: "可以不记，提交时自动补上。", leftNow: "记下离店时间和位置", noPlace: "没有定位权限，不影响填写；审核员会看到原因。", leftAt: (time: string) => `离店 ${time}`,
  signaturesTitle: "签名", signInspector: "检查人签名", signOutlet: "网点人员签名", signHere: "在框内签名", signClear: "重签", signKeep: "确认签名", signName: "姓名", signTyped: "改为输入姓名", signDrawn: "改为手写签名", signRefused: "拒绝或无法签名", signRefusedWhy: "没有签名的原因", signRefusedSet: (why: string) => `没有签名：${why}`, signTitle: "职务", signed: (name: string, time: string) => `${name} 已签名 ${time}`, signNameNeeded: "请填姓名。", signEmpty: "请先签名。", signWhyNeeded: "请写原因。", signWanted: "还没有签名", signLost: "手写板没有取到，请改为输入姓名。",
  submit: "提交", submitting: "正在存入待发送…", submitMissing: (n: number) => `还差 ${n} 处，补齐后才能提交。`, submitted: "已提交", submittedOffline: "已提交，有网络时自动发送。", submittedOnline: "已提交，正在发送。",
  discard: "放弃这次检查", discardLead: "放弃后不计入结果，已填内容保留在记录里。", discardWhy: "放弃的原因", discardNow: "放弃", discarded: "已放弃",

  // read only
  readTitle: "检查记录", ladder: ["存在本机", "文字已收", "照片", "已收齐", "审核"] as string[], receipt: (number: string) => `回执 ${number}`, cannotChange: "已提交的检查可以看，不能改；被退回时可以修改。",
  states: {
    draft: "填写中", queued: "待发送", receiving: "接收中", submitted: "已收到", in_review: "审核中", second_review: "复核中", returned: "被退回", accepted: "已通过", published: "已发布", final: "已关账", void: "已作废", discarded: "已放弃",
  } as Record<string, string>,

  // outbox
  outboxTitle: "待发送", outboxEmpty: "都送达了", outboxEmptyHint: "提交的检查和照片会先存在本机，再从这里发出。", outboxStates: { waiting: "等待发送", sending: "正在发送", sent: "已送达", refused: "没有送出", conflict: "两处都改过" } as Record<string, string>,
  sendingPercent: (n: number) => `正在发送 ${n}%`, draftMirror: "草稿备份", draftMirrorHint: "填写中的内容有网络时自动备份到服务器，不算提交。", photosOf: (done: number, all: number, signed = false) => `照片${signed ? "和签名" : ""} ${done} / ${all}`, bytesOf: (done: string, all: string) => `${done} / ${all}`, why: "原因", triedTimes: (n: number) => `已试 ${n} 次`, nextTry: (time: string) => `${time} 再试`, openVisit: "打开检查", recentlySent: "最近送达", stillWaiting: "还在本机", chooseVersion: "选择版本",
  wifiOnly: (bytes: string) => `原图只用无线网发送（${bytes} 待发）`, wifiUnknown: "这个浏览器看不出是不是无线网，开着时原图一直留在本机。",

  // conflict
  conflictTitle: "这份检查在别处也改过", conflictLead: "本机和服务器各有一份，内容不同。选定前两份都不会丢。", noAnswer: "没有回答",

  // me
  version: "版本", newVersion: "有新版本", updateNow: "立即更新",
  clockOff: (minutes: number) => `手机时钟与服务器相差约 ${minutes} 分钟，请在系统设置里打开自动设置时间。`,

  // problems
  problems: {
    network: "网络不通，内容都在本机，稍后会自动再试。", login: "需要重新登录。", busy: "服务器正忙，稍后会自动再试。", "wrong-login": "用户名或密码不对。",
    "erase-waits": "这台手机上次的清除还没有做完。请关掉浏览器里其他的巡厅页面，再登录一次。",
    "storage-full": "手机空间不够，没有存上。请删些别的文件，再点一次。", "storage-frozen": "浏览器断开了本机存储，请关掉页面再打开。刚才这一步可能没有存上。", "storage-damaged": "本机存储读不出来，请不要清除数据，联系管理员。", "storage-newer": "本机内容由更新的版本写成，请更新应用。", "storage-locked": "这台手机上您以前的内容是加密的，服务器现在没有它的密钥。内容都还在，请不要清除数据，联系管理员。", "storage-none": "这个窗口不能保存内容（无痕模式，或禁用了网站数据）。请用普通窗口打开；已经是普通窗口的，请重启浏览器。",
    "visit-unknown": "本机没有这份检查。一项都没填过的不会留下，请重新开始。", "visit-closed": "这份检查已提交，不能再改。", "visit-elsewhere": "这份检查在另一个窗口里改过，请回到那个窗口，或重新打开。", "visit-incomplete": "还有没填的项目。", "checklist-unknown": "本机没有这份检查表，请联网更新。",
    "value-wrong": "这个值不合要求，没有存。", "part-missing": "请先选择这次巡检的时段。", "wrong-password": "用户名或密码不对。", "reason-missing": "请写明原因。", "timer-idle": "计时没有在走。", "photo-damaged": "有照片在本机读不出来，请重拍。", "photo-not-here": "本机没有这张照片。", "photo-elsewhere": "还差的照片在另一台手机上，那台手机有网络时自动送达。", "photo-unreadable": "这个文件不是能用的图片。", "photo-too-many": "照片太多了，一次检查最多 60 张。", unsent: "还有没送达的内容。", "wifi-only": "原图在等无线网，文字和其他照片已发。",
  } as Record<string, string>,
  problemOther: "出了问题，没有完成。请再试一次。",
  reopen: "重新打开", storageStop: "请重新打开", leftOut: (n: number) => `本机有 ${n} 条内容打不开，都还在。请不要清除数据，联系管理员。`,
};
