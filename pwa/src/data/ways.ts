/** How the outbox sends: visits, answers and replies, in one part that is fetched when first there is something to send; with what few visits need. */
export { needed } from "../rules/restrict";
export { sendReplies, tidyReplies } from "./actions_out";
export { sendAnswers } from "./answers_out";
export { mayNeed, OPEN, sealedUnder, sealRows } from "./sealing";
export { send } from "./send";
