/** Find outlets by name, code or pinyin initials, the best match first. */

export interface Findable {
  name: string;
  code: string;
  pinyin: string;
}

/**
 * Those that match every word of the query, ranked: the start of the initials, code or name first, then anywhere in it,
 * then initials in order with gaps (`tyyz` finds `tyyzdjyyt`). An empty query gives all, in the order they came.
 */
export function find<T extends Findable>(all: Iterable<T>, query: string): T[] {
  const wanted = plain(query).split(" ").filter(Boolean);
  const found: { rank: number; place: number; one: T }[] = [];
  let place = 0;
  for (const one of all) {
    const fields = [plain(one.pinyin), plain(one.code), plain(one.name)];
    let rank = 0;
    for (const word of wanted) rank = Math.max(rank, rankOf(fields, word));
    if (rank < MISS) found.push({ rank, place, one });
    place += 1;
  }
  return found.sort((a, b) => a.rank - b.rank || a.place - b.place).map((each) => each.one);
}

const MISS = 3;

function rankOf(fields: string[], word: string): number {
  if (fields.some((field) => field.startsWith(word))) return 0;
  if (fields.some((field) => field.includes(word))) return 1;
  return /^[a-z]{2,}$/.test(word) && inOrder(fields[0]!, word) ? 2 : MISS;
}

function inOrder(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** Full-width letters and digits become plain ones, so that what a Chinese keyboard types is found as well. */
const plain = (text: string): string => text.normalize("NFKC").toLowerCase().trim().replace(/\s+/g, " ");
