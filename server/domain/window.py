"""The window service score of a branch's quarter: prohibition score or visit score, its level, the other touchpoints.

Handbook 2.5 (S3 5.2.2.2.1): from the quarter's mystery visits to own halls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from server.domain.aggregates import HUNDRED, VisitFigure, by_outlet, mean, mean_of
from server.domain.bands import band_of
from server.domain.explain import Explanation, named, note
from server.domain.rules_ratings import WindowRules
from server.domain.rules_visits import Aggregates

Level = Literal["excellent", "meets", "below"]


@dataclass(frozen=True, slots=True)
class Window:
    """The window score of a branch or any other unit, unrounded; both readings, and the level of the chosen one.

    `touchpoint_rate` is the share of touchpoint items met among those applicable, of 1.
    """

    score: Fraction | None
    level: Level | None
    prohibition_score: Fraction | None
    visit_score: Fraction | None
    touchpoint_rate: Fraction | None
    visits: int
    halls: int
    explanation: Explanation


def level_of(score: Fraction, rules: WindowRules) -> Level:
    """Return the level of a window score, compared unrounded."""
    return band_of(rules.levels, min(max(score, Fraction(0)), HUNDRED)).level


@dataclass(frozen=True, slots=True)
class Measured:
    """What a unit's visits come to: both scores, how many visits to how many halls, its touchpoints."""

    prohibition_score: Fraction | None
    visit_score: Fraction | None
    visits: int
    halls: int
    touchpoints_met: int
    touchpoints: int


def window(visits: Sequence[VisitFigure], rules: WindowRules, aggregates: Aggregates, version: int) -> Window:
    """Return the window score over the mystery visits of a quarter to the own halls of a unit."""
    halls = by_outlet(visits)
    of = Measured(
        mean_of(((visit.outlet, visit.prohibition_score) for visit in visits), aggregates),
        mean_of(((visit.outlet, visit.score) for visit in visits), aggregates),
        len(visits),
        len(halls),
        sum(visit.touchpoints_met for visit in visits),
        sum(visit.touchpoints for visit in visits),
    )
    parts = tuple(hall_part(outlet, mine, rules) for outlet, mine in halls.items())
    return told(of, rules, aggregates, version, parts)


def hall_part(outlet: str, visits: Sequence[VisitFigure], rules: WindowRules) -> Explanation:
    """Return a hall as a part of its unit's score, with its visits in their order."""
    values = [visit.prohibition_score if rules.score == "prohibitions" else visit.score for visit in visits]
    return Explanation(
        "hall-mean",
        mean(values),
        named({"visits": len(visits)}),
        parts=tuple(
            visit.explained(value) for visit, value in zip(visits, values, strict=True) if value is not None
        ),
        notes=(note("nothing-applicable"),) if None in values else (),
        subject=f"outlet:{outlet}",
    )


def told(
    of: Measured, rules: WindowRules, aggregates: Aggregates, version: int, parts: tuple[Explanation, ...]
) -> Window:
    """Return the window score of what was measured; its parts are the halls in the order of their first visits."""
    score = of.prohibition_score if rules.score == "prohibitions" else of.visit_score
    level = None if score is None else level_of(score, rules)
    rate = Fraction(of.touchpoints_met, of.touchpoints) if of.touchpoints else None
    why = Explanation(
        "window-score",
        score,
        named(
            {
                "level": level,
                "visits": of.visits,
                "halls": of.halls,
                "prohibition_score": of.prohibition_score,
                "visit_score": of.visit_score,
                "touchpoints_met": of.touchpoints_met,
                "touchpoints": of.touchpoints,
                "touchpoint_rate": rate,
            }
        ),
        named({"score": rules.score, "mean_of": aggregates.branch_mean_of}),
        () if of.visits else (note("no-visits"),),
        parts,
        rules=version,
    )
    return Window(score, level, of.prohibition_score, of.visit_score, rate, of.visits, of.halls, why)
