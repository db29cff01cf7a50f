"""Covert against announced (明暗差): what is right only when somebody looks (handbook 2.16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from server.domain.aggregates import mean
from server.domain.explain import Explanation, named
from server.domain.rules_service import Contrast as Rules


@dataclass(frozen=True, slots=True)
class Gap:
    """The gap of one indicator at one outlet, in points of 100: mean of covert visits minus mean of the open ones."""

    outlet: str
    indicator: str
    gap: Fraction
    covert: Fraction
    announced: Fraction
    covert_visits: int
    announced_visits: int
    explanation: Explanation


Ratios = Mapping[tuple[str, str], Sequence[Fraction]]
"""By outlet and indicator, the ratio (of 1) of each visit in which the indicator was applicable."""


def gaps(covert: Ratios, announced: Ratios, rules: Rules, version: int) -> tuple[Gap, ...]:
    """Return the gaps where there are enough visits of each sort, the most negative first.

    `announced` holds announced visits and patrols together.
    """
    found = []
    for outlet, indicator in sorted(covert.keys() & announced.keys()):
        mine, other = covert[outlet, indicator], announced[outlet, indicator]
        if min(len(mine), len(other)) < rules.least_visits:
            continue
        hidden, shown = mean(mine), mean(other)
        if hidden is None or shown is None:
            continue
        gap = 100 * (hidden - shown)
        why = Explanation(
            "contrast",
            gap,
            named(
                {
                    "covert": 100 * hidden,
                    "announced": 100 * shown,
                    "covert_visits": len(mine),
                    "announced_visits": len(other),
                }
            ),
            named({"least_visits": rules.least_visits}),
            subject=f"indicator:{indicator}",
            rules=version,
        )
        found.append(Gap(outlet, indicator, gap, 100 * hidden, 100 * shown, len(mine), len(other), why))
    return tuple(sorted(found, key=lambda each: (each.gap, each.outlet, each.indicator)))
