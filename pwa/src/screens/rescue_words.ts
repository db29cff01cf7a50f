/** The words of handing unsent visits to a colleague and of sending a colleague's. */
import type { Outcome } from "../data/rescue";
import { texts } from "../ui/text";

export const rescueZh = {
  packTitle: "交给同事代发", packLead: "把还没送达的检查打包成一个加密文件，发给有网络的同事，由同事送达。只有服务器能打开，同事看不到内容。",
  packNow: (visits: number) => `打包 ${visits} 次检查`, packing: (done: number, all: number) => (all ? `正在打包 ${done} / ${all}` : "正在打包…"),
  packed: (visits: number, files: number, size: string) => `已打包：${[`${visits} 次检查`, files && `照片等 ${files} 个文件`, size].filter(Boolean).join("、")}`,
  lost: (n: number) => `有 ${n} 个文件（照片等）没有装进去：在本机已丢失、损坏，或者太大。`,
  parts: (n: number) => `内容太大，分成了 ${n} 个文件，请全部发给同事。`, part: (n: number, all: number, size: string) => `第 ${n} / ${all} 个文件，${size}`, share: "发给同事", keep: "存到手机", kept: (name: string) => `已存到“下载”：${name}`, again: "重新打包",
  keepHint: "这些检查仍留在本机。同事送达后，本机一联网就会自动显示回执，不会重复。之后又改了内容，请重新打包。",
  nothing: "没有要交出去的检查", nothingHint: "本机的内容都已送达服务器。", id: (id: string) => `代号 ${id}`,
  carryTitle: "代同事发送", carryLead: "选同事发来的文件（beiwang 开头，.xtr 或 .txt），由这台手机送到服务器。", choose: "选文件", carrying: (size: string) => `正在发送 ${size}，可能要几分钟，请不要关闭。`,
  offline: "现在没有网络。联网后再发，文件不会坏。", done: (n: number) => `文件里有 ${n} 次检查`, receipt: (number: string) => `回执 ${number}`, tell: "请把结果告诉同事。",
  outcomes: {
    whole: "已完整送达", receiving: "文字已送达", draft: "草稿已存到服务器", incomplete: "已存为草稿", other: "没有改动", refused: "没有收下", disabled: "没有收下",
  } satisfies Record<Outcome, string>,
  hints: {
    whole: "", receiving: "", draft: "同事还没有提交。", incomplete: "还有内容没填完，同事要在手机上补全再提交。", other: "服务器上的这次检查已经不同：后来改过，或者已经结束。如果同事的手机上还有没送达的内容，请把文件交给省公司或管理员，内容不会丢。",
    refused: "内容不符合要求，请把文件交给省公司或管理员。", disabled: "检查人已被停用，不能代发。请把文件交给省公司或管理员，内容不会丢。",
  } satisfies Record<Outcome, string>,
  missing: (n: number) => `还缺 ${n} 个文件（照片等），要由同事的手机自己补发。`,
  problems: {
    "rescue-no-key": "这台手机还没有打包用的密钥。请联网打开一次应用，之后没有网络也能打包。", "rescue-too-large": "没送达的文字内容太多，一个文件装不下。请先联网送达一部分，或者联系管理员。",
    "rescue-none": "这不是同事打包的文件，请重新选。",
    network: "没有发出去：没有网络。文件不会坏，联网后再发一次就行，不会重复。", login: "登录已过期。请登录后再选一次文件。", unreadable: "读不了这个文件，请重新选或请同事重新发。",
  } as Record<string, string>,
};

export const rescueWords = texts(rescueZh, "rescue");
