"""The tally of a month: what the outlets of each unit counted of the indicators, and of corrective actions, added by source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from server.domain.service_indicators import CODES, Counted
from server.queries.inputs import FIXES, Counts

Sums = dict[tuple[str, str, int | str | None], Counted]
"""By indicator, source, and the import or visit that says it."""
Tally = Mapping[str, Sums]
"""Of each unit, by its path."""


def empty(units: Collection[str]) -> Tally:
    """A tally of these units, by their paths."""
    return {path: {} for path in units}


def of_month(counts: Counts, month: str) -> list[Counted]:
    """What an outlet counted of the indicators in a month, and of its corrective actions."""
    wanted = (*CODES, FIXES)
    return [by_month[month] for code, by_month in counts.items() if code in wanted and month in by_month]


def add(sums: Sums, more: Iterable[Counted]) -> None:
    """Add counts; the stricter numerator is known of a sum where it is of all its counts."""
    for each in more:
        key = (each.code, each.source, each.origin)
        before = sums.get(key)
        if before is None:
            sums[key] = each
            continue
        strict = None if before.strict is None or each.strict is None else before.strict + each.strict
        part, whole = before.part + each.part, before.whole + each.whole
        sums[key] = replace(before, part=part, whole=whole, strict=strict)
