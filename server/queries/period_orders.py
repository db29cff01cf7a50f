"""Orders for period reports as their asker sees them: how far each is, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.domain.period_reports import DRAFT_DAYS, DraftExpired, DraftNotReady
from server.storage.events import Job, JobState
from server.storage.organisation import Outlet, Unit
from server.storage.period_orders import OrderState, PeriodOrder
from server.storage.visits import Report

HANDLER = "make_period"
"""The worker's handler that makes what was ordered."""
LISTED = 10


@dataclass(frozen=True, slots=True)
class Order:
    """An order in the list. `number` is the signed report's; `failed`: it was tried five times in vain."""

    id: UUID
    asked_at: datetime
    kind: str
    subject_id: UUID
    subject: str
    period: str
    edition: str
    language: str
    draft: bool
    state: Literal["waiting", "ready", "refused", "expired", "failed"]
    refused: str
    report_id: UUID | None
    number: str
    expires_at: datetime | None


def mine(session: Session, viewer: Viewer, now: datetime) -> list[Order]:
    """The viewer's orders of the last days that a draft is kept, newest first."""
    rows = session.exec(
        select(PeriodOrder)
        .where(
            PeriodOrder.asked_by == UUID(viewer.user_id),
            col(PeriodOrder.asked_at) > now - timedelta(days=DRAFT_DAYS),
        )
        .order_by(col(PeriodOrder.asked_at).desc(), col(PeriodOrder.id))
        .limit(LISTED)
    ).all()
    return _shown(session, rows)


def by_id(session: Session, viewer: Viewer, order_id: UUID) -> Order:
    """An order of the viewer's own. Raises NotFound."""
    return _shown(session, [_own(session, viewer, order_id)])[0]


def draft_of(session: Session, viewer: Viewer, order_id: UUID) -> PeriodOrder:
    """The viewer's own order of a draft that is ready. Raises NotFound, DraftNotReady, DraftExpired."""
    order = _own(session, viewer, order_id)
    if not order.draft or (order.edition == "inner" and not viewer.may(Permission.SEE_COVERT)):
        raise NotFound()
    if order.state is OrderState.EXPIRED:
        raise DraftExpired()
    if order.state is not OrderState.READY:
        raise DraftNotReady()
    return order


def given_up(session: Session, orders: Sequence[UUID]) -> set[UUID]:
    """Which of these orders the worker tried as often as it tries, in vain."""
    return {
        UUID(subject)
        for subject in session.exec(
            select(Job.subject_id).where(
                Job.handler == HANDLER,
                Job.state == JobState.FAILED,
                col(Job.subject_id).in_([str(each) for each in orders]),
            )
        )
    }


def _own(session: Session, viewer: Viewer, order_id: UUID) -> PeriodOrder:
    order = session.exec(
        select(PeriodOrder).where(PeriodOrder.id == order_id, PeriodOrder.asked_by == UUID(viewer.user_id))
    ).one_or_none()
    if order is None:
        raise NotFound()
    return order


def _shown(session: Session, orders: Sequence[PeriodOrder]) -> list[Order]:
    failed = given_up(session, [order.id for order in orders])
    about = [order.subject for order in orders]
    names: dict[UUID, str] = {
        **dict(session.exec(select(Outlet.id, Outlet.name).where(col(Outlet.id).in_(about))).all()),
        **dict(session.exec(select(Unit.id, Unit.name).where(col(Unit.id).in_(about))).all()),
    }
    made = [order.report_id for order in orders if order.report_id]
    numbers = dict(session.exec(select(Report.id, Report.number).where(col(Report.id).in_(made))).all())
    return [
        Order(
            id=order.id,
            asked_at=order.asked_at,
            kind=order.kind,
            subject_id=order.subject,
            subject=names.get(order.subject, ""),
            period=order.period,
            edition=order.edition,
            language=order.language,
            draft=order.draft,
            state="failed" if order.id in failed and order.state is OrderState.WAITING else order.state.value,
            refused=order.refused,
            report_id=order.report_id,
            number=numbers.get(order.report_id, "") if order.report_id else "",
            expires_at=order.expires_at,
        )
        for order in orders
    ]
