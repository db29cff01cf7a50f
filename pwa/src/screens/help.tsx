/** The screens that help around visits, each by the first word of its place. */
import { DoctorScreen } from "./doctor";
import { InstallScreen } from "./install";
import { NextScreen } from "./next";
import { NoticesScreen } from "./notices";
import { RescueScreen } from "./rescue";
import { SharedScreen } from "./shared";

const SCREENS = { doctor: DoctorScreen, install: InstallScreen, next: NextScreen, notices: NoticesScreen, rescue: RescueScreen, shared: SharedScreen };

export function HelpScreen({ name }: { name: string }) {
  const There = SCREENS[name as keyof typeof SCREENS];
  return <There />;
}
