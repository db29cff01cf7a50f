/** The words of the screens beside the way of a visit, in the present language. */
import { moreZh } from "./more_zh";
import { texts } from "../ui/text";

export const more = texts(moreZh, "more");
