/** Where the phone is, once, without ever blocking: a fix or the reason why there is none. */

export type Found =
  | { lat: number; lng: number; accuracy_m: number; at: string }
  | { missing: "denied" | "unavailable" | "timeout" | "unsupported"; at: string };
export function once(options: { timeoutMs?: number } = {}): Promise<Found> { throw new Error(String(options)); }
/** Metres between two points on the sphere, whole. */
export function metres(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number { throw new Error(String([a, b])); }
