/** All English texts by the names of their tables: one part that only those phones fetch on which somebody reads English. */
import { actionEn } from "./action_en";
import { answerEn } from "./answer_en";
import { coverEn } from "./cover_en";
import { moreEn } from "./more_en";
import { noticeEn } from "./notice_en";
import { recordEn } from "./record_en";
import { rescueEn } from "./rescue_en";
import { shotEn } from "./shot_en";
import { voiceEn } from "./voice_en";
import { weekEn } from "./week_en";
import { en } from "../ui/text_en";

export const english = {
  words: en, action: actionEn, answer: answerEn, cover: coverEn, more: moreEn, notice: noticeEn, record: recordEn, rescue: rescueEn, shot: shotEn, voice: voiceEn, week: weekEn,
};
