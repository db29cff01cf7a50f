/** Business days: dates of Asia/Shanghai, whatever the phone's zone, and the days between two of them. */

/** China has kept UTC+8 without summer time since 1991, so a fixed shift is exact for everything we show. */
const SHANGHAI_MS = 8 * 3600_000;
export const DAY_MS = 24 * 3600_000;

/** An instant moved so that its UTC fields read as the clock in Shanghai. */
export const shifted = (instant: string | number | Date) => new Date(new Date(instant).getTime() + SHANGHAI_MS);

/** The Shanghai date of an instant as "YYYY-MM-DD". */
export const businessDate = (instant: string | number | Date): string => shifted(instant).toISOString().slice(0, 10);

/** Days from one "YYYY-MM-DD" date to another; negative when `to` is earlier. */
export const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
