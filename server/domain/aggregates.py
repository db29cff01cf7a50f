"""Aggregates of a period: means of an outlet's visits, of a branch's halls, and the day figure of patrols (2.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

from server.domain.explain import Explanation, named, note
from server.domain.rules_visits import Aggregates, PatrolDay

HUNDRED = Fraction(100)


@dataclass(frozen=True, slots=True)
class VisitFigure:
    """One counted visit: where and when, and its scores, unrounded (None: nothing was applicable).

    `day` is the day on which it counts; `late` says that this is not its own (`periods.counts_on`).
    """

    visit: str
    outlet: str
    day: date
    kind: str
    score: Fraction | None
    prohibition_score: Fraction | None = None
    touchpoints_met: int = 0
    touchpoints: int = 0
    part: str | None = None
    late: bool = False

    def explained(self, value: Fraction | None = None) -> Explanation:
        """Return the leaf of an explanation: this visit with its score, or with another of its figures."""
        notes = (note("counts-late"),) if self.late else ()
        inputs = named({"day": self.day, "kind": self.kind, **({"part": self.part} if self.part else {})})
        shown = self.score if value is None else value
        return Explanation("visit", shown, inputs, notes=notes, subject=f"visit:{self.visit}")


def total(values: Iterable[Fraction]) -> Fraction:
    """Return the exact sum; values with equal denominators are added as integers first, for there are many."""
    numerators: defaultdict[int, int] = defaultdict(int)
    for value in values:
        numerators[value.denominator] += value.numerator
    return _together(numerators)


def _together(numerators: Mapping[int, int]) -> Fraction:
    """The sum of fractions by their denominators: reduced once, at the end."""
    whole = lcm(*numerators)
    return Fraction(sum(part * (whole // each) for each, part in numerators.items()), whole)


def mean(values: Iterable[Fraction | None]) -> Fraction | None:
    """Return the exact mean of those that are there; None where none is."""
    there = [value for value in values if value is not None]
    return total(there) / len(there) if there else None


def outlet_mean(
    visits: Sequence[VisitFigure], figure: str = "visit-mean"
) -> tuple[Fraction | None, Explanation]:
    """Return the plain mean of an outlet's visits of a kind, and its explanation with one part a visit."""
    found = mean(visit.score for visit in visits)
    notes = () if visits else (note("no-visits"),)
    parts = tuple(visit.explained() for visit in in_order(visits))
    return found, Explanation(figure, found, named({"visits": len(visits)}), notes=notes, parts=parts)


def mean_of(values: Iterable[tuple[str, Fraction | None]], rules: Aggregates) -> Fraction | None:
    """Return the mean of a branch from its visits' figures by outlet: of its halls' means, or of all visits."""
    if rules.branch_mean_of == "visits":
        return mean(value for _, value in values)
    by_hall: defaultdict[str, list[Fraction | None]] = defaultdict(list)
    for outlet, value in values:
        by_hall[outlet].append(value)
    return mean(mean(each) for each in by_hall.values())


def patrol_day(visits: Sequence[VisitFigure], rules: PatrolDay) -> tuple[Fraction, Explanation]:
    """Return the figure of one day's patrol: opening, mean of the rounds, closing; a part not done is 0."""
    found, parts = Fraction(0), []
    for part, share in (("opening", rules.opening), ("round", rules.rounds), ("closing", rules.closing)):
        mine = [visit for visit in in_order(visits) if visit.part == part]
        value = mean(visit.score for visit in mine)
        found += share * (value or 0) / HUNDRED
        parts.append(
            Explanation(
                f"patrol-{part}",
                value or Fraction(0),
                named({"visits": len(mine)}),
                named({"weight": share}),
                () if value is not None else (note("not-done"),),
                tuple(visit.explained() for visit in mine),
            )
        )
    return found, Explanation("patrol-day", found, parts=tuple(parts))


def patrol_mean(
    visits: Iterable[VisitFigure], rules: PatrolDay, open_days: Iterable[date] | None = None
) -> tuple[Fraction | None, Explanation]:
    """Return the mean of an outlet's patrol days.

    `open_days` are the days on which the hall was open: one without any patrol counts 0. Where they are not known
    (None), the days with a patrol are taken, and the explanation says so.
    """
    by_day: defaultdict[date, list[VisitFigure]] = defaultdict(list)
    for visit in visits:
        by_day[visit.day].append(visit)
    days = sorted(by_day if open_days is None else set(open_days))
    figures = {day: patrol_day(by_day.get(day, []), rules) for day in days}
    found = mean(figure for figure, _ in figures.values())
    notes = (note("open-days-unknown", days=len(days)),) if open_days is None else ()
    return found, Explanation(
        "patrol-mean",
        found,
        named({"days": len(days)}),
        notes=notes,
        parts=tuple(
            Explanation("patrol-day", value, named({"day": day}), parts=why.parts)
            for day, (value, why) in figures.items()
        ),
    )


def in_order(visits: Iterable[VisitFigure]) -> list[VisitFigure]:
    """Return visits by day, then by id: the order in which explanations list them, whatever order they came in."""
    return sorted(visits, key=lambda visit: (visit.day, visit.visit))


def by_outlet(visits: Iterable[VisitFigure]) -> Mapping[str, list[VisitFigure]]:
    """Return visits by outlet, in each outlet's order of days."""
    found: dict[str, list[VisitFigure]] = {}
    for visit in in_order(visits):
        found.setdefault(visit.outlet, []).append(visit)
    return found
