"""The queue of the review desk: what is urgent first, which visit is next, and which stand before and behind one."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.visit import VisitState
from server.queries import scope
from server.queries.rules import rules_on
from server.storage.visits import Review, Visit

WAITING = (VisitState.SUBMITTED, VisitState.IN_REVIEW, VisitState.SECOND_REVIEW)


def order(session: Session, viewer: Viewer, now: datetime) -> tuple[Any, ...]:
    """Voiding ones, grave ones, those past their hours, for hq those in dispute, then the oldest first."""
    urgent = [col(Visit.voided), col(Visit.grave), overdue(session, now)]
    if viewer.may(Permission.DECIDE_DISPUTE):
        urgent.append(disputed())
    # As numbers, since a condition that is always false may not stand in an order by itself.
    first = [sa.case((condition, 0), else_=1) for condition in urgent]
    return (*first, col(Visit.submitted_at), col(Visit.id))


def overdue(session: Session, now: datetime) -> Any:
    """Whether a waiting visit is past the hours that its rule set gives a review (handbook 03, review)."""
    waiting = col(Visit.state).in_(WAITING)
    days_by_hours: dict[int, list[date]] = {}
    for day in session.exec(select(Visit.visit_date).where(waiting).distinct()):
        hours = rules_on(session.connection(), day).review.within_hours
        days_by_hours.setdefault(hours, []).append(day)
    return sa.or_(
        sa.false(),
        *(
            sa.and_(col(Visit.visit_date).in_(days), col(Visit.submitted_at) < now - timedelta(hours=hours))
            for hours, days in days_by_hours.items()
        ),
    )


def disputed() -> Any:
    """Whether two readers have judged the newest revision of a visit and hq is to decide."""
    return sa.and_(col(Visit.state) == VisitState.SECOND_REVIEW, _rounds() > 1)


def waits_for(viewer: Viewer, step: str) -> list[sa.ColumnElement[bool]]:
    """The visits that this person may decide: a `first` review, a `second` one, or a `dispute` of two readers.

    Never the own visit, and none that this person has judged.
    """
    who = UUID(viewer.user_id)
    judged = sa.exists().where(
        col(Review.visit_id) == col(Visit.id),
        col(Review.revision) == col(Visit.revision),
        col(Review.reviewer_id) == who,
    )
    second = col(Visit.state) == VisitState.SECOND_REVIEW
    stands = {
        "first": col(Visit.state).in_((VisitState.SUBMITTED, VisitState.IN_REVIEW)),
        "second": sa.and_(second, _rounds() < 2),
        "dispute": disputed(),
    }[step]
    return [scope.visits(viewer), col(Visit.inspector_id) != who, sa.not_(judged), stands]


def next_in_queue(session: Session, viewer: Viewer, now: datetime, after: UUID | None = None) -> UUID | None:
    """The visit that this reviewer should look at now, other than `after`.

    Never the own one, nor one that this person has already judged, nor one that somebody else has open.
    """
    query = select(Visit.id).where(*_mine(viewer)).order_by(*order(session, viewer, now))
    if after:
        query = query.where(Visit.id != after)
    return session.exec(query.limit(1)).first()


def neighbours(
    session: Session, viewer: Viewer, now: datetime, visit_id: UUID
) -> tuple[UUID | None, UUID | None]:
    """The visits before and behind this one in the reviewer's queue; of one that is not in it, None and the first."""
    queue = session.exec(select(Visit.id).where(*_mine(viewer)).order_by(*order(session, viewer, now))).all()
    if visit_id not in queue:
        return None, queue[0] if queue else None
    at = queue.index(visit_id)
    return queue[at - 1] if at else None, queue[at + 1] if at + 1 < len(queue) else None


def _mine(viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    who = UUID(viewer.user_id)
    judged = sa.exists().where(
        col(Review.visit_id) == col(Visit.id),
        col(Review.revision) == col(Visit.revision),
        col(Review.reviewer_id) == who,
    )
    mine = [
        scope.visits(viewer),
        col(Visit.state).in_(WAITING),
        col(Visit.inspector_id) != who,
        sa.not_(judged),
        sa.or_(col(Visit.claimed_by).is_(None), col(Visit.claimed_by) == who),
    ]
    return mine if viewer.may(Permission.DECIDE_DISPUTE) else [*mine, _rounds() < 2]


def _rounds() -> Any:
    return (
        select(sa.func.count())
        .select_from(Review)
        .where(col(Review.visit_id) == col(Visit.id), col(Review.revision) == col(Visit.revision))
        .scalar_subquery()
    )
