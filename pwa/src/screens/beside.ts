/** What stands beside the way of a visit, in one file that is fetched when the first of it is used: many small ones would share their
 *  words with nobody and weigh a fifth more. */
export { fetchBefore } from "../data/before";
export { ActionScreen } from "./action";
export { Actions } from "./actions";
export { Answer } from "./answer";
export { Outcome } from "./answers";
export { Before } from "./before";
export { CameraView } from "./camera_view";
export { ConflictChoice } from "./conflict_choice";
export { CutOff, tellFailed } from "./cut_off";
export { Discard } from "./discard";
export { HelpScreen } from "./help";
export { LoginScreen, LoginSheet } from "./login";
export { MeScreen } from "./me";
export { OutboxScreen } from "./outbox";
export { OpenActions } from "./open_actions";
export { PasswordScreen } from "./password";
export { DiscreetHint, Privacy } from "./privacy";
export { RecordScreen } from "./record";
export { TypedName } from "./typed";
export { Viewer } from "./viewer";
export { Weak } from "./weak";
