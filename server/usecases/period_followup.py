"""What followed from a period's visits: corrective actions that fell due, appeals that were answered."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from sqlmodel import col, select

from server.domain.actions import WAITING, ActionState
from server.domain.appeals import AppealState
from server.domain.exact import two_decimals
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries import checklists, scope
from server.reports import period_parts as parts
from server.reports import quarter_facts as quarters
from server.storage.actions import Action
from server.storage.appeals import Appeal
from server.storage.organisation import Outlet
from server.storage.visits import Visit
from server.usecases.period_read import Read, percent
from server.usecases.work import Work

_ANSWERED = (AppealState.UPHELD, AppealState.REJECTED, AppealState.DISMISSED)


def within(period: Period) -> tuple[datetime, datetime]:
    """The first instant of the period and the first one after it, in Asia/Shanghai."""
    first, after = (
        datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) for day in (period.first, period.after)
    )
    return first.astimezone(UTC), after.astimezone(UTC)


def actions(work: Work, read: Read) -> quarters.Actions:
    """The actions that fell due in the period and by now: answered in time, answered late, or still waited for."""
    first, after = within(read.wanted.period)
    rows = work.session.exec(
        select(Action)
        .join(Outlet, col(Outlet.id) == col(Action.outlet_id))
        .where(
            scope.actions(read.viewer),
            col(Outlet.unit_path).startswith(read.where.path, autoescape=True),
            col(Action.due_at) >= first,
            col(Action.due_at) < min(after, work.now),
            Action.state != ActionState.WITHDRAWN,
        )
    ).all()
    open_ = sum(row.state in WAITING for row in rows)
    in_time = sum(
        row.state not in WAITING and row.answered_at is not None and row.answered_at <= row.due_at
        for row in rows
    )
    return quarters.Actions(
        due=len(rows),
        in_time=in_time,
        late=len(rows) - open_ - in_time,
        open=open_,
        rate=percent(Fraction(in_time, len(rows))) if rows else None,
    )


def appeals(work: Work, read: Read) -> tuple[parts.AppealLine, ...]:
    """The appeals that were answered in the period, in the order of their answers."""
    first, after = within(read.wanted.period)
    rows = work.session.exec(
        select(Appeal, Visit, Outlet)
        .join(Visit, col(Visit.id) == col(Appeal.visit_id))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(
            scope.appeals(read.viewer),
            col(Outlet.unit_path).startswith(read.where.path, autoescape=True),
            col(Appeal.state).in_((AppealState.UPHELD, AppealState.REJECTED, AppealState.DISMISSED)),
            col(Appeal.changed_at) >= first,
            col(Appeal.changed_at) < after,
        )
        .order_by(col(Appeal.changed_at))
    ).all()
    return tuple(appeal_line(work, read, *row) for row in rows)


def appeal_line(work: Work, read: Read, appeal: Appeal, visit: Visit, outlet: Outlet) -> parts.AppealLine:
    """An appeal with its item in words, and the scores where it changed one."""
    upheld = appeal.state is AppealState.UPHELD
    items = {
        item["id"]: item["text"][read.wanted.language]
        for section in checklists.compiled(work.connection, visit.checklist_id, visit.checklist_version)[
            "sections"
        ]
        for item in section["items"]
    }
    outcome = "成立" if upheld else "答复中" if appeal.state not in _ANSWERED else "不成立"
    return parts.AppealLine(
        day=(appeal.made_at if appeal.state not in _ANSWERED else appeal.changed_at)
        .astimezone(SHANGHAI)
        .date(),
        outlet=outlet.name,
        item=f"{appeal.item_id} {items.get(appeal.item_id, '')}".strip(),
        outcome=read.say(outcome),
        upheld=upheld,
        before=two_decimals(appeal.score_before) if upheld and appeal.score_before is not None else None,
        after=two_decimals(appeal.score_after) if upheld and appeal.score_after is not None else None,
    )
