/** The unread notices in Me: what was told, when, and that it was read. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { markRead, notices } from "../data/notices";
import type { Notice } from "../data/types";
import { complain, Screen } from "../ui/app";
import { nearInstant } from "../ui/moments";
import { read, texts } from "../ui/text";
import { ClockOff } from "./truth";

export const noticeZh = { title: "通知", none: "没有未读的通知", hint: "与您有关的事发生时，联网后会在这里告诉您。", all: "全部标为已读" };
export const noticeWords = texts(noticeZh, "notice");

export function NoticesScreen() {
  const n = noticeWords.value;
  const list = useSignal<readonly Notice[] | null>(null);
  const busy = useSignal(false);
  const load = () => notices().then((found) => void (list.value = found)).catch(complain);
  useEffect(() => void load(), []);
  const mark = async () => {
    busy.value = true;
    await markRead(list.value ?? []).catch(complain);
    busy.value = false;
    await load();
  };
  return (
    <Screen name="notices" title={n.title} up="/me" bar={<ClockOff />}>
      {list.value?.length === 0 && <div class="empty"><b>{n.none}</b><p>{n.hint}</p></div>}
      {!!list.value?.length && <>
        <ul class="cards">{list.value.map((one) => <li key={one.id} class="card"><span>{read(one.text)}</span><span class="meta">{nearInstant(one.at, Date.now())}</span></li>)}</ul>
        <button type="button" class="outline wide" data-testid="notices-read" disabled={busy.value} onClick={() => void mark()}>{n.all}</button>
      </>}
    </Screen>
  );
}
