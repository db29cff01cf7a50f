/** The words of answers to assignments. */
import { texts } from "../ui/text";

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

export const answer = texts(answerZh, "answer");
