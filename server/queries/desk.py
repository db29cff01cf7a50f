"""What waits for somebody, counted by role, with what is late in it; and the small home of an outlet: its results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain import actions as fixes
from server.domain import appeals as asking
from server.domain.access import Permission, Viewer
from server.domain.calendars import Calendars
from server.domain.exact import two_decimals
from server.domain.publishing import publish_by
from server.domain.visit import SHANGHAI, VisitState
from server.queries import decision_waiting, notices, plan_coverage, review_queue, scope, weak_items, webhooks
from server.queries.action_desk import to_accept
from server.queries.appeal_desk import may_ask_again, running, waits_for
from server.queries.appeals import page_id
from server.queries.rules import rules_on
from server.storage.actions import Action
from server.storage.appeals import Acknowledgement, Appeal
from server.storage.visits import Visit

RESULTS = 10
P = Permission


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of something wait for the viewer, and how many of them are late. `code` names what."""

    code: str
    number: int
    late: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """A published visit of the viewer's outlet, under the id by which the outlet reads it."""

    id: str
    kind: str
    part: str | None
    visit_date: date
    score: str | None
    grave: bool
    acknowledged: bool
    appeals: int
    appeal_until: datetime | None


def waiting(session: Session, viewer: Viewer, now: datetime, calendars: Calendars) -> list[Waiting]:
    """What waits for the viewer, in the order of what is urgent; what the role has nothing to do with is left out."""
    found: list[Waiting] = []
    if viewer.may(P.REVIEW):
        found += _reviews(session, viewer, now)
    if viewer.may(P.PUBLISH):
        found.append(_publications(session, viewer, now, calendars))
    if viewer.may(P.ANSWER_APPEALS):
        found.append(_appeals(session, viewer, now))
    if viewer.may(P.APPEAL):
        found += _own_appeals(session, viewer, now)
    if viewer.may(P.ANSWER_ACTIONS):
        found.append(_actions(session, viewer, now, "actions_answer", fixes.WAITING))
    if viewer.may(P.ACCEPT_ACTIONS):
        found.append(_actions(session, viewer, now, "actions_accept", {fixes.ActionState.ANSWERED}))
        if not viewer.may(P.ANSWER_ACTIONS):
            found.append(_overdue_actions(session, viewer, now))
    if viewer.may(P.PLAN_WEEK):
        found.append(
            Waiting("plan", *plan_coverage.waiting(session, viewer, now.astimezone(SHANGHAI).date()))
        )
    elif viewer.may(P.NOTE_MEETINGS):
        late = plan_coverage.waiting(session, viewer, now.astimezone(SHANGHAI).date())[1]
        found.append(Waiting("plan_overdue", late, late))
    if viewer.may(P.SEE_FIGURES):
        weak = Waiting("weak_items", *weak_items.waiting(session, viewer, now))
        if weak.number or viewer.may(P.TRACK_WEAK_ITEMS):
            found.append(weak)
    if viewer.may(P.DECIDE):
        found.append(Waiting("decisions", decision_waiting.waiting(session, viewer)))
    if viewer.may(P.SET_WEBHOOKS):
        number = webhooks.failed(session)
        found.append(Waiting("webhooks", number, number))
    found.append(Waiting("notices", notices.unread(session, viewer)))
    return found


def results(
    session: Session, viewer: Viewer, now: datetime, calendars: Calendars, *, most: int = RESULTS
) -> list[Result]:
    """The last published visits of the viewer's own outlet, newest first; empty for whoever has none.

    What he inspected himself is no result that he would answer to.
    """
    if not viewer.may(P.APPEAL) or not viewer.outlet_id:
        return []
    seen = session.exec(
        select(Visit)
        .where(
            scope.visits(viewer),
            Visit.outlet_id == UUID(viewer.outlet_id),
            Visit.inspector_id != UUID(viewer.user_id),
            col(Visit.state).in_(scope.SHOWN),
            col(Visit.published_at).is_not(None),
        )
        .order_by(col(Visit.published_at).desc(), col(Visit.visit_date).desc(), scope.turn(viewer))
        .limit(most)
    ).all()
    ids = [visit.id for visit in seen]
    agreed = set(session.exec(select(Acknowledgement.visit_id).where(col(Acknowledgement.visit_id).in_(ids))))
    asked = dict(
        session.exec(
            select(Appeal.visit_id, sa.func.count())
            .where(col(Appeal.visit_id).in_(ids))
            .group_by(col(Appeal.visit_id))
        ).all()
    )
    return [
        Result(
            id=str(page_id(session, viewer, visit)),
            kind=visit.kind.value,
            part=visit.part,
            visit_date=visit.visit_date,
            score=two_decimals(visit.score) if visit.score is not None else None,
            grave=visit.grave,
            acknowledged=visit.id in agreed,
            appeals=asked.get(visit.id, 0),
            appeal_until=_until(session, visit, now, calendars),
        )
        for visit in seen
    ]


def _until(session: Session, visit: Visit, now: datetime, calendars: Calendars) -> datetime | None:
    """Until when the visit may still be appealed; None where that is over, or no calendar says so."""
    rules = rules_on(session.connection(), visit.visit_date).appeals
    until = asking.first_limit(rules, calendars, visit.published_at) if visit.published_at else None
    return until if until and now < until else None


def _reviews(session: Session, viewer: Viewer, now: datetime) -> list[Waiting]:
    """First reviews, and second ones that this person may still decide: never the own visit, never twice."""
    found = [
        Waiting("reviews", *_visits(session, review_queue.waits_for(viewer, "first"), now)),
        Waiting("second", *_visits(session, review_queue.waits_for(viewer, "second"), now)),
    ]
    if viewer.may(P.DECIDE_DISPUTE):
        found.append(Waiting("disputes", *_visits(session, review_queue.waits_for(viewer, "dispute"), now)))
    return found


def _visits(session: Session, where: list[Any], now: datetime) -> tuple[int, int]:
    """How many, and how many of them were submitted longer ago than their rules allow."""
    days = session.execute(
        sa.select(col(Visit.visit_date), col(Visit.submitted_at))
        .where(*where)
        .order_by(col(Visit.visit_date))
    ).all()
    connection = session.connection()
    limits = {
        day: timedelta(hours=rules_on(connection, day).review.within_hours) for day in {d for d, _ in days}
    }
    return len(days), sum(bool(at and now - at > limits[day]) for day, at in days)


def _publications(session: Session, viewer: Viewer, now: datetime, calendars: Calendars) -> Waiting:
    days = session.execute(
        sa.select(col(Visit.visit_date), col(Visit.decided_at)).where(
            scope.visits(viewer), col(Visit.state) == VisitState.ACCEPTED
        )
    ).all()
    connection = session.connection()
    allowed = {day: rules_on(connection, day).review.publish_working_days for day in {d for d, _ in days}}
    late = 0
    known: dict[tuple[date, int], datetime | None] = {}
    for day, at in days:
        if at is None:
            continue
        key = (at.astimezone(SHANGHAI).date(), allowed[day])
        if key not in known:
            known[key] = publish_by(calendars, at, allowed[day])
        until = known[key]
        late += until is not None and until < now
    return Waiting("publications", len(days), late)


def _appeals(session: Session, viewer: Viewer, now: datetime) -> Waiting:
    """Appeals that this person may answer, as their list has them."""
    return _counted(session, "appeals", col(Appeal.due_at), [waits_for(viewer)], now)


def _own_appeals(session: Session, viewer: Viewer, now: datetime) -> list[Waiting]:
    """The outlet's own appeals: rejected ones that it may ask once more, for which it has two days, and those under way."""
    count = sa.select(sa.func.count()).select_from(Appeal)
    again = session.execute(count.where(scope.appeals(viewer), may_ask_again(now))).scalar_one()
    under_way = session.execute(count.where(scope.appeals(viewer), running())).scalar_one()
    return [Waiting("ask_again", again), Waiting("own_appeals", under_way)]


def _actions(session: Session, viewer: Viewer, now: datetime, code: str, states: Any) -> Waiting:
    where = [scope.actions(viewer), col(Action.state).in_(states)]
    if code == "actions_accept":
        # What waits for another person to accept it is not late by its own date.
        where.append(to_accept(viewer))
        return Waiting(code, _counted(session, code, col(Action.due_at), where, now).number)
    return _counted(session, code, col(Action.due_at), where, now)


def _overdue_actions(session: Session, viewer: Viewer, now: datetime) -> Waiting:
    where = [scope.actions(viewer), col(Action.state).in_(fixes.WAITING), col(Action.due_at) < now]
    return _counted(session, "actions_overdue", col(Action.due_at), where, now)


def _counted(session: Session, code: str, due: Any, where: list[Any], now: datetime) -> Waiting:
    late = sa.func.coalesce(sa.func.sum(sa.case((due < now, 1), else_=0)), 0)
    number, overdue = session.execute(sa.select(sa.func.count(), late).where(*where)).one()
    return Waiting(code, number, int(overdue))
