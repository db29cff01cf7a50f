/** The facts of a visit that a checklist allows, which of them its conditions ask for, and the ones to begin with. */
import type { Checklist, Kind, Tier } from "./data/types";

export type Fact = "kind" | "tier" | "class" | "setting" | "part";
export interface VisitFacts { kind: Kind; tier: Tier; class: string; setting: string; part: string | null }

const VALUES = { class: ["A", "B", "C"], setting: ["city", "county_town", "township"], part: ["opening", "round", "closing"] };

/** Every value that a fact may have on a visit of this checklist. */
export function allowed(checklist: Checklist): Record<Fact, readonly string[]> {
  return { kind: checklist.visit_kinds, tier: checklist.tiers, ...VALUES };
}

/** The facts that some condition of the checklist asks for, at sections, items or bands. */
export function asked(checklist: Checklist): ReadonlySet<Fact> {
  const found = new Set<Fact>();
  const look = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    if ("fact" in part && "op" in part) found.add(part.fact as Fact);
    Object.values(part).forEach(look);
  };
  look(checklist.sections);
  return found;
}

/** The facts that a person can choose: what makes a difference, and the time of day of a patrol, which belongs to it. */
export function offered(checklist: Checklist, kind: string): Fact[] {
  const makes = asked(checklist);
  return (["kind", "tier", "class", "setting", "part"] as const).filter((fact) => fact === "kind" || fact === "tier" || makes.has(fact) || (fact === "part" && kind === "patrol"));
}

/** What was wished for where the checklist allows it, else the first that it allows. */
export function begun(checklist: Checklist, wished: Readonly<Record<string, string>> | null): VisitFacts {
  const values = allowed(checklist);
  const first = (fact: Fact): string => (wished && values[fact].includes(wished[fact]!) ? wished[fact]! : values[fact][0]!);
  const kind = first("kind") as Kind;
  const part = kind === "patrol" || asked(checklist).has("part") ? first("part") : null;
  return { kind, tier: first("tier") as Tier, class: first("class"), setting: first("setting"), part };
}
