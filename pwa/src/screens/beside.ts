/** The screens beside the way of a visit, in one file that is fetched when the first of them is opened. */
export { Actions } from "./actions";
export { ConflictChoice } from "./conflict_choice";
export { DoctorScreen } from "./doctor";
export { InstallScreen } from "./install";
export { LoginScreen, LoginSheet } from "./login";
export { MeScreen } from "./me";
export { NextScreen } from "./next";
export { OutboxScreen } from "./outbox";
export { PasswordScreen } from "./password";
export { RecordScreen } from "./record";
export { SharedScreen } from "./shared";
export { TypedName } from "./typed";
