/** The words of the record of a visit, of versions that lost a choice, of weak items at its end, and of photos on their way. */
import type { FileState } from "../data/file_states";
import { texts } from "../ui/text";

export const recordZh = {
  notes: "小结", actions: "整改要求", signatures: "签名", signedAt: (time: string) => `签于 ${time}`, picture: (name: string) => `${name}的签名`, noPicture: "没有签名图", otherPhotos: "其他照片", photoOf: (n: number, all: number) => `照片 ${n} / ${all}`,
  origins: { camera: "拍照", album: "相册" } as Record<string, string>,

  mine: "用本机的", theirs: "用服务器的", some: "按逐项选的合成一份", differ: (n: number) => `${n} 项回答不同`, here: (said: string) => `本机：${said}`, there: (said: string) => `服务器：${said}`, later: "以后再选",
  chosen: "没选的内容留在本机，可在“待发送”里查看和导出。", and: "、",
  kept: "没选的版本", keptLead: "两处改过的内容，选择时没用的那份留在本机，可以看，也可以导出。", keptCount: (n: number) => `${n} 份没选的版本`, version: (when: string) => `${when} 的版本`,
  items: (n: number) => `${n} 项不同`, same: "回答相同", now: (said: string) => `现在的：${said}`, none: "没有", exportIt: "导出",
  exportTitle: "导出没选的版本", exportLead: "把这次检查和没选的版本连同照片打包成一个加密文件。只有服务器能打开，请交给省公司或管理员。", exportNow: "打包", exportHint: "没选的版本仍留在本机。", gone: "本机没有没选的版本。",

  weak: (n: number) => `涉及服务弱项 ${n} 项`,

  photos: (n: number, signed = false) => `逐张看 ${n} 张照片${signed ? "和签名" : ""}`, signature: "签名",
  states: { sent: "已送达", sending: "发送中", waiting: "等待发送", wifi: "等无线网", refused: "没有送出", elsewhere: "在另一台手机上", unasked: "这一项已不用填，不发送" } satisfies Record<FileState, string> as Record<FileState, string>,
};

export const recordWords = texts(recordZh, "record");
