/** The mark of a save: the server takes it as etag, so that a phone that hears no answer knows its own save again. */
import { hex } from "./clock";
import { learn } from "./records";
import type { Db } from "./db";
import type { VisitRecord } from "./types";

/** Unanswered saves whose marks are remembered; the server takes as many. */
const MOST = 20;

/** The marks of what was sent, by this phone or a colleague, with nothing heard of it; the last one is of change number `saves`. Stored. */
export async function marked(id: string, saves: number, store?: Db): Promise<string[]> {
  const of = (found: VisitRecord) => found.unheard ?? [];
  const record = await learn(id, (found) => (of(found).at(-1)?.saves === saves ? found
    : { ...found, unheard: [...of(found), { mark: hex(crypto.getRandomValues(new Uint8Array(16))), saves }].slice(-MOST) }), undefined, store);
  return of(record).map(({ mark }) => mark);
}
