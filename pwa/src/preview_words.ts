/** The preview's own words in both languages; all else on the page are the phone's. */
import { computed } from "@preact/signals";
import { en as phoneEn } from "./ui/text_en";
import { language } from "./ui/text";
import { zh as phoneZh } from "./ui/text_zh";

const zh = {
  preview: "预览", phone: "手机画面", controls: "条件与样例", language: "语言",
  points: (sum: string) => `分值合计 ${sum}`, pointsWrong: "应为 100",
  facts: "检查条件", names: { kind: "检查类型", tier: "网点层级", class: "网点类别", setting: "所在地", part: "巡检时段" }, restarts: "改动后从头开始。",
  idle: (names: string[]) => `${names.join("、")}不影响这张检查表。`,
  samples: "样例回答", met: "全部合格", some: "有些不合格", random: "随机", clear: "清空", seed: "随机种子", seedHint: "同一个种子，回答相同。",
  score: "得分", noScore: "还没有得分", unsettled: "作废，不计分", missing: (answers: number, photos: number, notes: number) => ["还差", [answers && `${answers} 项回答`, photos && `${photos} 张照片`, notes && `${notes} 处说明`].filter(Boolean).join("、")].join(" "), complete: "没有缺项",
  sections: "各环节得分", section: "环节", worth: "分值", hidden: "不出现", total: "合计",
  violated: "违反的禁止项", noneViolated: "没有违反禁止项", noProhibitions: "这张检查表没有禁止项",
  grave: (cap: number) => `关键项不合格，总分最多 ${cap} 分`, voided: "有作废的回答，这次检查不计分",
  promise: "回答和照片只在这个页面的内存里，关闭即清空；不联网，不发送。",
  nothingSent: "预览到此结束：什么都没有发送。", away: "预览", awayLead: "手机上，这里会回到“今日”。", backToVisit: "回到检查", again: "重新开始", sampleName: "样例", failed: "没有完成", noData: "这个页面没有检查表的内容。",
  text: "这是样例文字：到店时大厅整洁，工作人员主动接待，办理过程清楚。", note: "样例说明：现场看到的与要求不符。",
};

const en: typeof zh = {
  preview: "Preview", phone: "The phone", controls: "Facts and samples", language: "Language",
  points: (sum) => `Points add up to ${sum}`, pointsWrong: "should be 100",
  facts: "Facts of the visit", names: { kind: "Visit", tier: "Outlet", class: "Class", setting: "Setting", part: "Time of day" }, restarts: "A change starts over.",
  idle: (names) => `${names.join(", ")}: no difference to this checklist.`,
  samples: "Sample answers", met: "All met", some: "Some failed", random: "Random", clear: "Clear", seed: "Seed", seedHint: "The same seed gives the same answers.",
  score: "Score", noScore: "No score yet", unsettled: "Void, no score", missing: (answers, photos, notes) => `Missing: ${[answers && `${answers} ${answers === 1 ? "answer" : "answers"}`, photos && `${photos} ${photos === 1 ? "photo" : "photos"}`, notes && `${notes} ${notes === 1 ? "note" : "notes"}`].filter(Boolean).join(", ")}`, complete: "Nothing missing",
  sections: "Score of each section", section: "Section", worth: "Points", hidden: "not shown", total: "Total",
  violated: "Prohibitions violated", noneViolated: "No prohibition violated", noProhibitions: "This checklist has no prohibitions",
  grave: (cap) => `A critical item failed: the total is at most ${cap}`, voided: "An answer voids this visit: no score",
  promise: "Answers and photos stay in this page's memory and go when it is closed. No network, nothing is sent.",
  nothingSent: "The preview ends here: nothing was sent.", away: "Preview", awayLead: "On the phone, this leads back to Today.", backToVisit: "Back to the visit", again: "Start over", sampleName: "Sample", failed: "That did not work", noData: "This page holds no checklist.",
  text: "This is a sample text: the hall was tidy, staff came up by themselves, and every step was explained. ", note: "Sample note: what was seen differs from what is asked.",
};

export const own = computed(() => (language.value === "en" ? en : zh));

/** What the phone says when a visit is submitted would be untrue here. */
export function sayNothingIsSent(): void {
  for (const [phone, here] of [[phoneZh, zh], [phoneEn, en]] as const) Object.assign(phone, { submittedOnline: here.nothingSent, submittedOffline: here.nothingSent });
}
