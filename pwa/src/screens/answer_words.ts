/** The words of answers to assignments, in both languages. */
import { computed } from "@preact/signals";
import { language } from "../ui/text";

export const answerZh = {
  take: "接受", decline: "做不了", takeAfterAll: "还是接受", taken: "已接受", declined: (why: string) => (why ? `您说了做不了：${why}` : "您说了做不了"), waiting: "等待发送",
  title: "做不了这次检查", why: "原因", lead: "省公司会看到原因，另派别人。到期之前您还可以改回接受。", wanted: "请写明原因。", send: "确认做不了",
};

export const answerEn: typeof answerZh = {
  take: "Accept", decline: "I cannot", takeAfterAll: "Accept after all", taken: "Accepted", declined: (why) => (why ? `You said you cannot: ${why}` : "You said you cannot"), waiting: "waiting to be sent",
  title: "Cannot make this visit", why: "Reason", lead: "Head office sees the reason and asks somebody else. Until the window ends you may still accept.", wanted: "Please give a reason.", send: "I cannot make it",
};

export const answer = computed(() => (language.value === "en" ? answerEn : answerZh));
