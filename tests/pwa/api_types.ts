/** The phone's names against the types made from the server's own OpenAPI document: nothing runs, tsc judges.
 *  `python -m server openapi > FILE`, `node build.mjs --types FILE`, `npm run check:api`. */
import type { components } from "../../pwa/src/data/api.d";
import type { Taken } from "../../pwa/src/data/document";
import type { Answer, CorrectiveAction, Place, ProofFile, Receipt, Reply, Returned, Session, Signature, VisitDocument, VisitFile } from "../../pwa/src/data/types";

type Server = components["schemas"];
/** Compiles only where everything that is `Given` may stand where `Wanted` is asked for. */
type Fits<Given extends Wanted, Wanted> = [Given, Wanted];

/** Where the phone's type is a plain string, or a value that the item decides. */
type Looser = "answers" | "part" | "actions" | "files";

export type Sent = [
  Fits<Omit<VisitDocument, Looser>, Omit<Server["VisitDocument"], Looser>>,
  Fits<keyof VisitDocument, keyof Server["VisitDocument"]>, Fits<keyof Server["VisitDocument"], keyof VisitDocument>,
  Fits<keyof Answer, keyof Server["Answer"]>, Fits<Omit<VisitFile, "type">, Omit<Server["VisitFile"], "type">>, Fits<Signature, Server["Signature"]>,
  Fits<Place, Server["Fix"] | Server["NoFix"]>, Fits<keyof ProofFile, keyof NonNullable<Server["ActionSent"]["files"]>[number]>,
  Fits<Pick<Reply, "answer" | "at">, Pick<Server["ActionSent"], "answer" | "at">>, Fits<keyof NonNullable<Reply["made"]>, keyof Server["ActionSent"]>,
];
export type Heard = [
  Fits<Server["SavedVisit"], Taken>, Fits<Server["Receipt"], Receipt>, Fits<Server["Session"], Session>,
  Fits<keyof Returned, keyof Server["Returned"]>, Fits<Omit<Server["ActionSeen"], "files">, Omit<CorrectiveAction, "files">>,
  Fits<keyof CorrectiveAction, keyof Server["ActionSeen"]>,
];
