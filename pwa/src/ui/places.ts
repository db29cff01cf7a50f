/** Distances, and coordinates as Chinese map apps need them (WGS-84 to GCJ-02). */

export interface Position {
  lat: number;
  lng: number;
}

const AXIS = 6378245.0;
const ECCENTRICITY = 0.006693421622965943;
const EARTH_M = 6371008.8;
const rad = (degrees: number) => (degrees * Math.PI) / 180;

/** Metres between two WGS-84 positions along the great circle. */
export function distance(a: Position, b: Position): number {
  const s = Math.sin(rad(b.lat - a.lat) / 2) ** 2 + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lng - a.lng) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(s));
}

/** A WGS-84 position in the shifted GCJ-02 system that maps in mainland China are drawn in; elsewhere unchanged. */
export function gcj02({ lat, lng }: Position): Position {
  if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat, lng };
  const x = lng - 105;
  const y = lat - 35;
  const wave = (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * (2 / 3);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave
    + ((20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * 2) / 3
    + ((160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * 2) / 3;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave
    + ((20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * 2) / 3
    + ((150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * 2) / 3;
  const magic = 1 - ECCENTRICITY * Math.sin(rad(lat)) ** 2;
  return {
    lat: lat + (north * 180) / (((AXIS * (1 - ECCENTRICITY)) / (magic * Math.sqrt(magic))) * Math.PI),
    lng: lng + (east * 180) / ((AXIS / Math.sqrt(magic)) * Math.cos(rad(lat)) * Math.PI),
  };
}

/** A link that opens the phone's own map app at this place; only schemes, so that nothing of ours asks a map server. */
export function mapLink(position: Position, name: string, apple: boolean): string {
  const { lat, lng } = gcj02(position);
  const at = `${lat.toFixed(6)},${lng.toFixed(6)}`;
  return apple ? `maps://?daddr=${at}&q=${encodeURIComponent(name)}` : `geo:${at}?q=${at}(${encodeURIComponent(name)})`;
}
