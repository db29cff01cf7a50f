/** The words of answers to assignments, in both languages. */
import { computed } from "@preact/signals";
import { language } from "../ui/text";

export const answerZh = {
  take: "接受", decline: "做不了", takeAfterAll: "还是接受", taken: "已接受", declined: (why: string) => (why ? `您说了做不了：${why}` : "您说了做不了"), waiting: "等待发送",
  title: "做不了这次检查", why: "原因", lead: "省公司会看到原因，另派别人。到期之前您还可以改回接受。", wanted: "请写明原因。", send: "确认做不了",
  listed: "对任务的答复", yours: (said: string, why: string) => `您的答复：${said}${why && `（${why}）`}`, void: "没有生效", read: "知道了", gone: "这次任务已撤回，或者已改派、已到期，您不用再做。",
  became: {
    withdrawn: "省公司已撤回这次任务，您的答复没有生效。您不用再去。", done: "这次任务已经完成，您的答复没有生效。", "not-found": "这次任务已改派别人，您的答复没有生效。您不用再去。",
    taken: "这次检查已经开始，不能再说做不了。", declined: "任务已到期，不能再接受。",
  } as Record<string, string>,
  refused: (why: string) => `您的答复没有生效：${why}`,
};

export const answerEn: typeof answerZh = {
  take: "Accept", decline: "I cannot", takeAfterAll: "Accept after all", taken: "Accepted", declined: (why) => (why ? `You said you cannot: ${why}` : "You said you cannot"), waiting: "waiting to be sent",
  title: "Cannot make this visit", why: "Reason", lead: "Head office sees the reason and asks somebody else. Until the window ends you may still accept.", wanted: "Please give a reason.", send: "I cannot make it",
  listed: "Answers to assignments", yours: (said, why) => `Your answer: ${said}${why && ` (${why})`}`, void: "Did not count", read: "I see", gone: "This assignment was withdrawn, given to somebody else or has run out. It is no longer yours to do.",
  became: {
    withdrawn: "Head office has withdrawn this assignment, so your answer did not count. You need not go.", done: "This assignment is done already, so your answer did not count.",
    "not-found": "This assignment was given to somebody else, so your answer did not count. You need not go.", taken: "This visit has begun, so it cannot be declined any more.", declined: "The window of this assignment is over, so it cannot be accepted any more.",
  },
  refused: (why) => `Your answer did not count: ${why}`,
};

export const answer = computed(() => (language.value === "en" ? answerEn : answerZh));
