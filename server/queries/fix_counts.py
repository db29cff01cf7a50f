"""Counts of corrective actions: how many fell due at each outlet in a month, and how many of them were answered in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from hashlib import sha256
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.actions import ActionSort, ActionState
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries.inputs import FIXES
from server.storage.actions import Action
from server.storage.inputs import MonthCount

Count = tuple[UUID, int, int]
"""An outlet, how many were answered in time, and how many fell due."""
_DONE = frozenset({ActionState.ANSWERED, ActionState.ACCEPTED})
_SHORT = 16


def due(connection: sa.Connection, month: Period, now: datetime) -> list[Count]:
    """The actions that have fallen due in a month by now, in the order of the outlets.

    In time is what was answered by its due date and not sent back; coaching is advice and does not count.
    """
    first, after = (datetime.combine(day, time(), SHANGHAI) for day in (month.first, month.after))
    many: Counter[UUID] = Counter()
    in_time: Counter[UUID] = Counter()
    rows = connection.execute(
        sa.select(
            col(Action.outlet_id), col(Action.state), col(Action.answered_at), col(Action.due_at)
        ).where(
            col(Action.due_at) >= first,
            col(Action.due_at) < min(after, now),
            col(Action.state) != ActionState.WITHDRAWN,
            col(Action.sort) != ActionSort.COACHING,
        )
    )
    for outlet, state, answered_at, due_at in rows:
        many[outlet] += 1
        in_time[outlet] += state in _DONE and answered_at is not None and answered_at <= due_at
    return [(outlet, in_time[outlet], of) for outlet, of in sorted(many.items())]


def kept(connection: sa.Connection, month: Period) -> list[Count]:
    """The same as they are kept for a month's figures."""
    rows = connection.execute(
        sa.select(col(MonthCount.outlet_id), col(MonthCount.part), col(MonthCount.whole)).where(
            col(MonthCount.month) == month.code, col(MonthCount.code) == FIXES
        )
    )
    return sorted((outlet, part, whole) for outlet, part, whole in rows)


def word(months: Sequence[Sequence[Count]]) -> str:
    """One word for the counts of several months; other counts make another."""
    told = "\n".join(" ".join(f"{outlet}:{part}/{whole}" for outlet, part, whole in each) for each in months)
    return sha256(told.encode()).hexdigest()[:_SHORT]


def changed_since(connection: sa.Connection, after: datetime, at: datetime) -> bool:
    """Whether an action that was there before `after` has changed since `at`; whoever sends one back gives it another date."""
    wanted = sa.select(col(Action.id)).where(col(Action.made_at) < after, col(Action.changed_at) > at)
    return connection.execute(wanted.limit(1)).first() is not None
