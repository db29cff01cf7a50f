"""Counts of an outlet's months explained: each names its month, what was counted, and the import that it came with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction

from server.domain.explain import Explanation, Named, Value, named
from server.domain.service_indicators import Counted

Counts = Mapping[str, Mapping[str, Counted]]
"""What was counted of an outlet, by code and then by month (2026-11)."""


def origin(counts: Counts, code: str, month: str | None) -> Named:
    """Return the month of a count and the number of its import (None: not known); nothing where there is no month.

    Where the counts themselves were not handed in, the month alone is told.
    """
    if month is None:
        return ()
    one = counts.get(code, {}).get(month)
    return named({"month": month} if one is None else {"month": month, "import": one.imported})


def by_month(
    counts: Counts,
    code: str,
    months: Collection[str],
    part: str,
    whole: str,
    *,
    figure: str = "",
    imported: bool = True,
    value: Callable[[Counted], Value] | None = None,
) -> tuple[Explanation, ...]:
    """Return one part for each of these months that has a count, in their order: the count by its own names and its import.

    The value is the rate unless another is asked for. `imported`: False for what the server counts itself.
    """
    found = []
    known = counts.get(code, {})
    for month in sorted(months):
        one = known.get(month)
        if one is None:
            continue
        told: dict[str, Value] = {"month": month, part: one.part}
        if whole:
            told[whole] = one.whole
        if imported:
            told["import"] = one.imported
        shown = value(one) if value else Fraction(one.part, one.whole) if one.whole else None
        found.append(Explanation(figure or code, shown, named(told), parts=tickets(one)))
    return tuple(found)


def tickets(one: Counted) -> tuple[Explanation, ...]:
    """Return one part for each import whose tickets stand in a count; none where its own import stands for all of them."""
    if all(number == one.imported for number, _, _ in one.tickets):
        return ()
    return tuple(
        Explanation("tickets", logged, named({"proven": proven, "import": number}))
        for number, proven, logged in one.tickets
    )
