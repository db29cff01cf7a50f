/** When a JPEG says that it was taken; nothing else of its metadata is read, and none of it is kept. */

const DATE_TIME_ORIGINAL = 0x9003;
const OFFSET_TIME_ORIGINAL = 0x9011;
const EXIF_BLOCK = 0x8769;

/** RFC 3339 in UTC, or null. Without an offset in the file the phone's own time zone counts. */
export function takenAt(head: ArrayBuffer): string | null {
  try {
    return read(new DataView(head));
  } catch (problem) {
    // A cut or made-up header points outside of the file: then the picture says nothing.
    if (problem instanceof RangeError) return null;
    throw problem;
  }
}

function read(view: DataView): string | null {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 4 <= view.byteLength;) {
    const marker = view.getUint16(at);
    if (marker < 0xffc0 || marker === 0xffda) return null;
    if (marker === 0xffe1 && view.getUint32(at + 4) === 0x45786966) return fromTiff(new DataView(view.buffer, view.byteOffset + at + 10));
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

function fromTiff(tiff: DataView): string | null {
  const little = tiff.getUint16(0) === 0x4949;
  const block = entry(tiff, tiff.getUint32(4, little), EXIF_BLOCK, little);
  if (block === null) return null;
  const at = tiff.getUint32(block + 8, little);
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(text(tiff, entry(tiff, at, DATE_TIME_ORIGINAL, little), little));
  if (!found) return null;
  const zone = /^[+-]\d\d:\d\d/.exec(text(tiff, entry(tiff, at, OFFSET_TIME_ORIGINAL, little), little))?.[0] ?? "";
  const [, year, month, day, hour, minute, second] = found;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** Where the entry with this tag stands in a directory. */
function entry(tiff: DataView, directory: number, tag: number, little: boolean): number | null {
  const count = tiff.getUint16(directory, little);
  for (let index = 0; index < count; index += 1) {
    const at = directory + 2 + index * 12;
    if (tiff.getUint16(at, little) === tag) return at;
  }
  return null;
}

function text(tiff: DataView, at: number | null, little: boolean): string {
  if (at === null) return "";
  const length = tiff.getUint32(at + 4, little);
  const from = length > 4 ? tiff.getUint32(at + 8, little) : at + 8;
  let found = "";
  for (let index = 0; index < Math.min(length, 32); index += 1) found += String.fromCharCode(tiff.getUint8(from + index));
  return found;
}
