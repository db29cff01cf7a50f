/** The words of voice notes. */
import { texts } from "../ui/text";

export const voiceZh = {
  title: "语音备忘", open: (notes: number) => (notes ? `语音备忘，本环节 ${notes} 段` : "语音备忘"),
  rule: "只录您自己的话，帮您回忆细节。不要录工作人员或顾客，不要在厅里对着别人说。",
  ground: (text: string) => `依据：${text}`, after: "审核员听过、审核结束后，录音会从服务器和这部手机上删除。", understood: "知道了",
  start: "开始录音", stop: "停止并保存", running: "正在录音", left: (seconds: number) => `还能录 ${seconds} 秒`, most: "一段最长 3 分钟；锁屏或切换应用会停下并保存。",
  none: "本环节还没有录音。", kept: "已保存在手机上。", note: (at: string, length: string) => `${at} · ${length}`,
  remove: "删除录音", sure: "确定删除", gone: "录音不在这部手机上。", recovered: (notes: number) => `找回了中断的录音 ${notes} 段，已保存。`,
  troubles: { denied: "没有麦克风权限。请在浏览器的网站设置里允许使用麦克风，再试一次。", none: "没有可用的麦克风，可能正被别的应用占用。", unsupported: "这个浏览器不能录音，请改用文字。" },
};

export const voice = texts(voiceZh, "voice");
