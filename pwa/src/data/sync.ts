/** Pull what this user needs offline since the cursor: one transaction per page. */
import { signal, type Signal } from "@preact/signals";
import type { AppSettings, Assignment, Checklist, Outlet, RemoteVisit } from "./types";

export const assignments: Signal<ReadonlyMap<string, Assignment>> = signal(new Map());
export const outlets: Signal<ReadonlyMap<string, Outlet>> = signal(new Map());
/** By `id@version`. */
export const checklists: Signal<ReadonlyMap<string, Checklist>> = signal(new Map());
export const remoteVisits: Signal<ReadonlyMap<string, RemoteVisit>> = signal(new Map());
export const settings: Signal<AppSettings> = signal({ photo_px: 1600, photo_bytes: 300_000, min_stay_minutes: {}, checkin_m: 200, app_version: "" });
export const lastSync: Signal<Date | null> = signal(null);
export const pulling: Signal<boolean> = signal(false);

/** Rejects with a PhoneProblem (`network`, `login`, …); what came before is kept. */
export async function pull(): Promise<void> { throw new Error("not yet"); }
