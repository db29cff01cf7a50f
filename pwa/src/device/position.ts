/** Where the phone is, once, without ever blocking: a fix or the reason why there is none. */

/** As in the visit document: WGS-84 degrees, accuracy in metres, instant of the fix. */
export type Found =
  | { lat: number; lng: number; accuracy_m: number; at: string }
  | { missing: "denied" | "unavailable" | "timeout" | "off" };

const EARTH_M = 6_371_008.8;
const REASONS = ["unavailable", "denied", "unavailable", "timeout"] as const;

/** Always resolves; asks for the permission when it was never asked for. */
export function once({ timeoutMs = 15_000 }: { timeoutMs?: number } = {}): Promise<Found> {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve({ missing: "unavailable" });
    return navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) => resolve({
        lat: coords.latitude, lng: coords.longitude, accuracy_m: Math.round(coords.accuracy), at: new Date(timestamp).toISOString(),
      }),
      ({ code }) => resolve({ missing: REASONS[code] ?? "unavailable" }),
      { enableHighAccuracy: true, timeout: timeoutMs, maximumAge: 30_000 },
    );
  });
}

/** Metres between two points on the sphere, whole. For show; the server judges. */
export function metres(a: { lat: number; lng: number }, b: { lat: number; lng: number }): number {
  const rad = (degrees: number): number => (degrees * Math.PI) / 180;
  const h = Math.sin(rad(b.lat - a.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lng - a.lng) / 2) ** 2;
  return Math.round(2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h))));
}
