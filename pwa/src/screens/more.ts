/** The words of the screens beside the way of a visit, in the present language. */
import { computed } from "@preact/signals";
import { moreEn } from "./more_en";
import { moreZh } from "./more_zh";
import { language } from "../ui/text";

export const more = computed(() => (language.value === "en" ? moreEn : moreZh));
