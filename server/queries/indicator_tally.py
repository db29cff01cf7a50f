"""The tally of indicators: what the outlets of each branch and of the province counted, added by indicator and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import sqlalchemy as sa

from server.domain.service_indicators import CODES, Counted
from server.queries import figures
from server.queries.inputs import Counts
from server.storage.organisation import UnitKind

Sums = dict[tuple[str, str], Counted]
"""By indicator and source."""
Tally = Mapping[str, Sums]
"""Of each unit, by its path."""


def empty(connection: sa.Connection) -> Tally:
    """A tally of all branches and the province."""
    units = figures.units(connection, UnitKind.PROVINCE) | figures.units(connection, UnitKind.BRANCH)
    return {path: {} for path in units}


def of_month(counts: Counts, month: str) -> list[Counted]:
    """What an outlet counted of the indicators in a month."""
    return [by_month[month] for code, by_month in counts.items() if code in CODES and month in by_month]


def add(sums: Sums, more: Iterable[Counted]) -> None:
    """Add counts; the stricter numerator is known of a sum where it is of all its counts."""
    for each in more:
        key = (each.code, each.source)
        before = sums.get(key)
        if before is None:
            sums[key] = each
            continue
        strict = None if before.strict is None or each.strict is None else before.strict + each.strict
        part, whole = before.part + each.part, before.whole + each.whole
        sums[key] = replace(before, part=part, whole=whole, strict=strict)
