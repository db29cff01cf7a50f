/** The words of corrective actions. */
import { texts } from "../ui/text";

export const actionZh = {
  title: "整改单", toAnswer: "待整改", toCheck: "待验收", answeredList: "已回复", nothing: "没有待整改的事项", nothingHint: "网点有需要整改的事项时，会出现在这里。", fetching: "正在取整改单…", notFetched: "本机还没有整改单。请联网后点“刷新”。",
  states: { open: "待整改", answered: "待验收", accepted: "已通过", reopened: "需重做", withdrawn: "已撤回" } as Record<string, string>,
  sorts: { grave: "重大", premises: "场地设备", other: "其他", coaching: "经营指导" } as Record<string, string>,
  levels: ["", "已上报县公司", "已上报市公司", "已上报省公司"] as string[],
  here: { draft: "没写完", waiting: "等待发送", refused: "没有送出", conflict: "两处都改过", sent: "已送达" } as Record<string, string>,
  more: (n: number) => `再显示 ${n} 份`, asked: "要求", standard: "标准", who: (who: string) => `负责人：${who}`, due: (when: string) => `期限：${when}`,
  why: "为什么要重做", earlier: (text: string) => `上次的回复：${text}`, answer: "整改情况", hint: "做了什么，现在怎样", proof: "整改照片", before: "整改前", after: "整改后", noBefore: "没有可看的照片", noAfter: "还没有照片",
  photo: (n: number, all: number) => `整改照片 ${n} / ${all}`, beforePhoto: (n: number, all: number) => `整改前的照片 ${n} / ${all}`, compare: "对照",
  send: "提交整改", sending: "正在存入待发送…", queued: "已提交，有网络时自动发送。", sent: "已提交。", empty: "请写明整改情况，或拍一张照片。",
  onPhone: "存在本机", words: "文字已收", photos: (done: number, all: number) => `照片 ${done} / ${all}`, whole: "已收齐，待验收", judged: "验收",
  takeBack: "收回修改", edit: "修改后再交", drop: "删除本机的回复", dropSure: "确定删除", dropped: "已删除本机的回复",
  left: "本机没有发送的回复", leftHint: "这份整改单现在不用回复。写下的内容留在本机，不会发送。",
  conflictLead: "您的回复和服务器上的不同。选定前两份都不会丢。", useMine: "用我的回复", keepTheirs: "保留服务器的", mine: "本机", theirs: "服务器", noWords: "没有文字",
  make: "开整改单", makeLead: "网点会在手机上看到，整改后回复照片。", what: "要求", responsible: "负责人", until: "期限", wrong: "请填写要求、负责人和今天以后的期限。", made: "整改单已存，有网络时自动发送。", makeNow: "开单",
  listed: "整改回复", outboxHint: "提交的整改会先存在本机，再从这里发出。", madeHere: "新开的整改单", gone: "这份整改单不在本机，可能已结束。", openIt: "打开整改单", check: "到控制台验收",
};

export const action = texts(actionZh, "action");
