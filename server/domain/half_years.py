"""The half-year of an agent where stars are rated over other periods: the mean of its monthly composites (handbook 2.9)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from server.domain.decisions import HalfYear
from server.domain.explain import Explanation, named, note


def mean_composite(
    code: str, composites: Mapping[str, Fraction | None], rated_percent: Fraction, version: int
) -> Explanation:
    """Return the mean of a half-year's rated months, unrounded, which upgrades and downgrades are held against.

    `composites` has every month by its code, None: not rated. None as the value where fewer than `rated_percent` are rated.
    """
    value = HalfYear(code, "", composites, (), rated_percent).mean
    rated = sum(each is not None for each in composites.values())
    return Explanation(
        "half-year-mean",
        value,
        named({"months": len(composites), "rated": rated}),
        named({"rated_months_percent": rated_percent}),
        () if value is not None else (note("too-few-months-rated", rated=rated),),
        tuple(
            Explanation(
                "composite",
                each,
                subject=f"period:{month}",
                notes=() if each is not None else (note("not-rated"),),
            )
            for month, each in sorted(composites.items())
        ),
        rules=version,
    )
