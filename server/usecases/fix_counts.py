"""Counts of corrective actions: how many were due at each outlet in a month, and how many were answered in time."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.actions import ActionSort, ActionState
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries.inputs import FIXES
from server.storage.actions import Action
from server.storage.inputs import MonthCount
from server.usecases.work import Work

_DONE = frozenset({ActionState.ANSWERED, ActionState.ACCEPTED})
_AT_ONCE = 1000


def keep(work: Work, month: Period) -> None:
    """Count the actions that fell due in a month and keep that as an input, which stands still once the month is closed.

    In time is what was answered by its due date and not sent back; coaching is advice and does not count.
    """
    first, after = (datetime.combine(day, time(), SHANGHAI) for day in (month.first, month.after))
    due: Counter[UUID] = Counter()
    in_time: Counter[UUID] = Counter()
    rows = work.connection.execute(
        sa.select(
            col(Action.outlet_id), col(Action.state), col(Action.answered_at), col(Action.due_at)
        ).where(
            col(Action.due_at) >= first,
            col(Action.due_at) < min(after, work.now),
            col(Action.state) != ActionState.WITHDRAWN,
            col(Action.sort) != ActionSort.COACHING,
        )
    )
    for outlet, state, answered_at, due_at in rows:
        due[outlet] += 1
        in_time[outlet] += state in _DONE and answered_at is not None and answered_at <= due_at
    table = MonthCount.__table__  # type: ignore[attr-defined]
    work.connection.execute(table.delete().where(table.c.month == month.code, table.c.code == FIXES))
    counts = [
        {"outlet_id": outlet, "month": month.code, "code": FIXES, "part": in_time[outlet], "whole": many}
        for outlet, many in sorted(due.items())
    ]
    for begin in range(0, len(counts), _AT_ONCE):
        work.connection.execute(table.insert(), counts[begin : begin + _AT_ONCE])
