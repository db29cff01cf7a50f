/** How the outbox sends: visits and answers, in one part that is fetched when first there is something to send. */
export { sendAnswers } from "./answers_out";
export { send } from "./send";
