/** Timers as instants: seconds that survive a kill, exact while the page lives, with a jump of the clock marked. */
import { clock, instant, page } from "./clock";
import type { Instant, Lap, Running, TimerProof } from "./types";

/** The wall clock may differ so much from the page's own before we call it a jump. */
const JUMP_MS = 2_000;

export function begin(offset: number | null): Running {
  return { at: instant(), mono: clock.mono(), page, offset };
}

/** Ends a lap. In the life of one page the page's clock counts, whatever the wall clock did; across a kill the instants.
 *  `seen`: an instant that was stored meanwhile; one that is still to come says that the clock was set back. */
export function end(running: Running, offset: number | null, seen?: Instant): { lap: Lap; jump: boolean } {
  const from = Date.parse(running.at);
  const byWall = clock.now() - from;
  if (running.page === page) {
    const byPage = Math.max(0, clock.mono() - running.mono);
    return { lap: [running.at, instant(from + Math.round(byPage))], jump: Math.abs(byWall - byPage) > JUMP_MS };
  }
  const moved = running.offset !== null && offset !== null && Math.abs(running.offset - offset) > JUMP_MS;
  const back = seen !== undefined && Date.parse(seen) > clock.now() + JUMP_MS;
  return { lap: [running.at, instant(from + Math.max(0, byWall))], jump: moved || back || byWall < 0 };
}

/** Whole seconds of all laps. */
export function seconds(laps: readonly Lap[]): number {
  return Math.floor(laps.reduce((sum, [from, to]) => sum + Date.parse(to) - Date.parse(from), 0) / 1000);
}

/** Whole seconds of the laps and, if it runs, of the timer now. For display, each second. */
export function elapsed(laps: readonly Lap[], running: Running | undefined): number {
  return seconds(running ? [...laps, end(running, null).lap] : laps);
}

export function withLap(proof: TimerProof | undefined, lap: Lap, jump: boolean): TimerProof {
  return { laps: [...(proof?.laps ?? []), lap], edited: null, ...((proof?.jump || jump) && { jump: true }) };
}
