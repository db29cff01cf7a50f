"""Counts of corrective actions that are kept with a month's inputs, so that its figures can be computed again."""

from __future__ import annotations

from server.domain.periods import Period
from server.queries import fix_counts
from server.queries.inputs import FIXES
from server.storage.inputs import MonthCount
from server.usecases.work import Work

_AT_ONCE = 1000


def keep(work: Work, month: Period) -> None:
    """Count the actions that fell due in a month and keep that as an input, which stands still once the month is published."""
    table = MonthCount.__table__  # type: ignore[attr-defined]
    work.connection.execute(table.delete().where(table.c.month == month.code, table.c.code == FIXES))
    counts = [
        {"outlet_id": outlet, "month": month.code, "code": FIXES, "part": in_time, "whole": many}
        for outlet, in_time, many in fix_counts.due(work.connection, month, work.now)
    ]
    for begin in range(0, len(counts), _AT_ONCE):
        work.connection.execute(table.insert(), counts[begin : begin + _AT_ONCE])
