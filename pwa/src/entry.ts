/** The first that runs on the phone: the stores are asked who is signed in while the screens are still read, and a slow phone has two
 *  short tasks in the place of a long one. */
import "./parts";
import "./data/outbox";
import "./data/shared";
import { restore } from "./data/session";

const session = restore();
session.catch(() => undefined);
void import("./main").then(({ begin }) => begin(session));
