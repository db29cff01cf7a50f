/** Dates, times and lengths as people read them: every business time is Asia/Shanghai, whatever the phone's zone. */
import { DAY_MS, businessDate, daysBetween, shifted } from "../rules/days";
import { words } from "./text";

const two = (n: number) => String(n).padStart(2, "0");

/** "14:32", or "14:32:07" with seconds. */
export function clock(instant: string | number | Date, seconds = false): string {
  const d = shifted(instant);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${seconds ? `:${two(d.getUTCSeconds())}` : ""}`;
}

/** A "YYYY-MM-DD" date with its weekday, e.g. "11月23日 星期一". */
export function longDate(date: string): string {
  const d = new Date(`${date}T00:00:00Z`);
  return words.value.longDate(d.getUTCMonth(), d.getUTCDate(), d.getUTCDay());
}

/** A date near today in words (今天, 明天, 周五), else month and day. */
export function nearDate(date: string, today: string): string {
  const w = words.value;
  const days = daysBetween(today, date);
  const d = new Date(`${date}T00:00:00Z`);
  if (days === 0) return w.today;
  if (days === 1) return w.tomorrow;
  if (days === -1) return w.yesterday;
  if (days > 1 && days < 7) return w.weekdays[d.getUTCDay()]!;
  return w.shortDate(d.getUTCMonth(), d.getUTCDate());
}

/** An instant as near date and time, e.g. "明天 10:00". */
export const nearInstant = (instant: string, now: number): string =>
  `${nearDate(businessDate(instant), businessDate(now))} ${clock(instant)}`;

/** Until when, in near words: midnight is the end of the day before, and told by that day alone. */
export const limit = (instant: string, now: number): string =>
  shifted(instant).getTime() % DAY_MS === 0 ? nearDate(businessDate(Date.parse(instant) - 1), businessDate(now)) : nearInstant(instant, now);

/** Whole seconds as "06:41", from an hour on "1:06:41". */
export function stopwatch(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const tail = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${tail}` : tail;
}

/** Whole seconds in words, e.g. "10 分钟", "1 分 30 秒". */
export function length(seconds: number): string {
  return words.value.length(Math.floor(seconds / 60), seconds % 60);
}

/** Bytes with one decimal, e.g. "2.1 MB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} KB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
