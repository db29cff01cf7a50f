/** Exact arithmetic on BigInt: half-up rounding, decimal strings, two decimals. The twin of exact.py. */

const DECIMAL = /^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$/;
const PLACES = 6;

/** part / whole rounded half up, away from zero for negatives; whole is above 0. */
export function divided(part: bigint, whole: bigint): bigint {
  const size = (2n * (part < 0n ? -part : part) + whole) / (2n * whole);
  return part < 0n ? -size : size;
}

/** An integer number of hundredths as text: 6250n is "62.50". */
export function twoDecimals(hundredths: bigint): string {
  const size = hundredths < 0n ? -hundredths : hundredths;
  return `${hundredths < 0n ? "-" : ""}${size / 100n}.${String(size % 100n).padStart(2, "0")}`;
}

export function isDecimal(text: unknown): text is string {
  return typeof text === "string" && DECIMAL.test(text);
}

/** An integer or a decimal string in millionths, so that two of them compare exactly; null when it is neither. */
export function millionths(value: unknown): bigint | null {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) * 1_000_000n : null;
  if (!isDecimal(value)) return null;
  const [whole = "", fraction = ""] = value.split(".");
  return BigInt(whole + fraction.padEnd(PLACES, "0"));
}
