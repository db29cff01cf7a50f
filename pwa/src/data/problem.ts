/** PhoneProblem: every failure of the lower floors, by a stable code that the screens put into words. */
import type { ProblemFacts } from "./types";

export class PhoneProblem extends Error implements ProblemFacts {
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly errors?: ProblemFacts["errors"];
  readonly missing?: ProblemFacts["missing"];

  constructor(readonly code: ProblemCode | (string & {}), facts: Partial<ProblemFacts> & { cause?: unknown } = {}) {
    super(facts.detail || facts.title || code, { cause: facts.cause });
    this.name = "PhoneProblem";
    this.title = facts.title ?? "";
    this.detail = facts.detail ?? "";
    this.status = facts.status ?? 0;
    if (facts.errors) this.errors = facts.errors;
    if (facts.missing) this.missing = facts.missing;
  }
}

/** The codes that are made on the phone; the server's own come as the last part of their `type`. */
export type ProblemCode =
  | "network" | "login" | "busy" | "wrong-login"
  | "storage-full" | "storage-frozen" | "storage-damaged" | "storage-newer" | "storage-none" | "storage-locked"
  | "visit-unknown" | "visit-closed" | "visit-elsewhere" | "visit-incomplete" | "part-missing" | "checklist-unknown"
  | "value-wrong" | "reason-missing" | "timer-idle"
  | "photo-damaged" | "photo-not-here" | "photo-elsewhere" | "photo-unreadable" | "photo-too-many"
  | "unsent" | "pin-digits" | "pin-wait";
