/** The screens beside the way of a visit, in one file that is fetched when the first of them is opened. */
export { Actions } from "./actions";
export { ConflictChoice } from "./conflict_choice";
export { HelpScreen } from "./help";
export { LoginScreen, LoginSheet } from "./login";
export { MeScreen } from "./me";
export { OutboxScreen } from "./outbox";
export { PasswordScreen } from "./password";
export { RecordScreen } from "./record";
export { TypedName } from "./typed";
