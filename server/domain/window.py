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


def window(visits: Sequence[VisitFigure], rules: WindowRules, aggregates: Aggregates, version: int) -> Window:
    """Return the window score over the mystery visits of a quarter to the own halls of a unit."""
    prohibitions = mean_of(((visit.outlet, visit.prohibition_score) for visit in visits), aggregates)
    whole = mean_of(((visit.outlet, visit.score) for visit in visits), aggregates)
    score = prohibitions if rules.score == "prohibitions" else whole
    level = None if score is None else level_of(score, rules)
    met = sum(visit.touchpoints_met for visit in visits)
    applicable = sum(visit.touchpoints for visit in visits)
    rate = Fraction(met, applicable) if applicable else None
    halls = by_outlet(visits)
    parts = []
    for outlet, mine in halls.items():
        values = [visit.prohibition_score if rules.score == "prohibitions" else visit.score for visit in mine]
        parts.append(
            Explanation(
                "hall-mean",
                mean(values),
                named({"visits": len(mine)}),
                parts=tuple(
                    visit.explained(value)
                    for visit, value in zip(mine, values, strict=True)
                    if value is not None
                ),
                notes=(note("nothing-applicable"),) if None in values else (),
                subject=f"outlet:{outlet}",
            )
        )
    return Window(
        score,
        level,
        prohibitions,
        whole,
        rate,
        len(visits),
        len(halls),
        Explanation(
            "window-score",
            score,
            named(
                {
                    "level": level,
                    "visits": len(visits),
                    "halls": len(halls),
                    "prohibition_score": prohibitions,
                    "visit_score": whole,
                    "touchpoints_met": met,
                    "touchpoints": applicable,
                    "touchpoint_rate": rate,
                }
            ),
            named({"score": rules.score, "mean_of": aggregates.branch_mean_of}),
            () if visits else (note("no-visits"),),
            tuple(parts),
            rules=version,
        ),
    )
