/** English of answers to assignments: the same keys as the Chinese by type. */
import type { answerZh } from "./answer_words";

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
