"""What waits to be published, oldest first, with the limit of each and its photographs; and the batches so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.config import Settings
from server.domain.access import Role, Viewer
from server.domain.exact import two_decimals
from server.domain.publishing import MOST, PhotoState, publish_by
from server.domain.review import is_covert
from server.domain.visit import SHANGHAI, VisitState
from server.queries import releases, scope
from server.queries.calendars import calendars_of
from server.queries.review import branches_of, period
from server.queries.rules import rules_on
from server.storage.organisation import Outlet, User
from server.storage.publishing import Publication, PublishedVisit
from server.storage.visits import Visit, VisitFile

PAGE = 50
UNSEEN, OVERDUE = "unseen", "overdue"


@dataclass(frozen=True, slots=True)
class Filters:
    """What of all that waits is shown: `only` is `unseen`, `overdue` or empty; `branch` a path, `period` a month or quarter."""

    only: str = ""
    kind: str = ""
    branch: str = ""
    period: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """One accepted visit: the last day of its limit, whether that has passed, and its photographs by state.

    `photos` of a visit that is not covert is None: nothing is masked there. `unseen` are those no person looked at.
    """

    id: UUID
    outlet: str
    outlet_code: str
    branch: str
    branch_path: str
    tier: str
    kind: str
    part: str | None
    visit_date: date
    score: str | None
    grave: bool
    accepted: datetime | None
    days: int
    last_day: date | None
    overdue: bool
    photos: int | None
    released: int
    withheld: int
    unseen: int


@dataclass(frozen=True, slots=True)
class Desk:
    """A page of what waits and was asked for, and how many wait in all, are overdue, have photographs nobody looked at."""

    rows: tuple[Waiting, ...]
    total: int
    page: int
    pages: int
    counts: dict[str, int]
    by_branch: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """One batch: when, by whom, how many visits."""

    id: UUID
    at: datetime
    who: str
    visits: int


def desk(
    session: Session,
    viewer: Viewer,
    filters: Filters,
    now: datetime,
    settings: Settings,
    *,
    size: int = PAGE,
) -> Desk:
    """What waits, the one that has waited longest first: so what is overdue stands on top."""
    everything = _waiting(session, viewer, now, settings)
    chosen = [row for row in everything if _wanted(row, filters)]
    pages = max(1, -(-len(chosen) // size))
    page = min(max(1, filters.page), pages)
    counts = {
        "": len(everything),
        OVERDUE: sum(row.overdue for row in everything),
        UNSEEN: sum(row.unseen > 0 for row in everything),
    }
    names = branches_of(session, viewer)
    by_branch = tuple(
        (path, name, number)
        for path, name in names
        if (number := sum(row.branch_path == path for row in everything))
    )
    rows = tuple(chosen[(page - 1) * size : page * size])
    return Desk(rows, len(chosen), page, pages, counts, by_branch)


def all_of(
    session: Session, viewer: Viewer, filters: Filters, now: datetime, settings: Settings
) -> list[Waiting]:
    """All that waits and was asked for, the oldest first, at most as many as one batch takes."""
    return [row for row in _waiting(session, viewer, now, settings) if _wanted(row, filters)][:MOST]


def chosen(
    session: Session, viewer: Viewer, visit_ids: Sequence[UUID], now: datetime, settings: Settings
) -> list[Waiting]:
    """Those of the named visits that still wait."""
    named = set(visit_ids)
    return [row for row in _waiting(session, viewer, now, settings) if row.id in named]


def unpublished(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of the outlets of these visits, for saying which could not be published."""
    rows = session.execute(
        sa.select(col(Visit.id), col(Outlet.name))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(col(Visit.id).in_(visit_ids))
    )
    return {visit_id: told for visit_id, told in rows.all()}  # noqa: C416  (rows are no pairs to mypy)


def batches(session: Session, page: int, *, size: int = PAGE) -> tuple[tuple[Made, ...], int, int]:
    """A page of the batches, newest first, its number, and how many pages there are."""
    total = session.exec(select(sa.func.count()).select_from(Publication)).one()
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    rows = session.execute(_batches().limit(size).offset((page - 1) * size)).all()
    return tuple(_made(row) for row in rows), page, pages


def batch(session: Session, viewer: Viewer, batch_id: UUID) -> tuple[Made, list[tuple[Visit, Outlet]]] | None:
    """One batch with its visits in sight; None when there is no such batch."""
    row = session.execute(_batches().where(col(Publication.id) == batch_id)).first()
    if row is None:
        return None
    visits = session.execute(
        sa.select(Visit, Outlet)
        .join(PublishedVisit, col(PublishedVisit.visit_id) == col(Visit.id))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(col(PublishedVisit.publication_id) == batch_id, scope.visits(viewer))
        .order_by(col(Outlet.code), col(Visit.visit_date))
    ).all()
    return _made(row), [(visit, outlet) for visit, outlet in visits]


def _batches() -> Any:
    return (
        sa.select(Publication, col(User.name))
        .outerjoin(User, col(User.id) == col(Publication.by_id))
        .order_by(col(Publication.at).desc(), col(Publication.id))
    )


def _made(row: Any) -> Made:
    made, who = row
    return Made(made.id, made.at, who or "", made.visits)


def _waiting(session: Session, viewer: Viewer, now: datetime, settings: Settings) -> list[Waiting]:
    found = session.execute(
        sa.select(Visit, Outlet, User)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(scope.visits(viewer), col(Visit.state) == VisitState.ACCEPTED)
        .order_by(col(Visit.decided_at), col(Visit.id))
    ).all()
    branches = branches_of(session, viewer)
    covert = [visit.id for visit, _, user in found if is_covert(visit.kind, Role(user.role))]
    taken, said = _photographs(session, covert), releases.counts(session, covert)
    calendars = calendars_of(settings)
    days: dict[date, int] = {}
    rows = []
    for visit, outlet, user in found:
        if visit.visit_date not in days:
            days[visit.visit_date] = rules_on(
                session.connection(), visit.visit_date
            ).review.publish_working_days
        limit = publish_by(calendars, visit.decided_at, days[visit.visit_date]) if visit.decided_at else None
        photos = taken.get(visit.id, 0) if is_covert(visit.kind, Role(user.role)) else None
        states = said.get(visit.id, {})
        path, name = next((each for each in branches if outlet.unit_path.startswith(each[0])), ("", ""))
        seen = sum(states.get(state, 0) for state in PhotoState if state is not PhotoState.PROPOSED)
        rows.append(
            Waiting(
                id=visit.id,
                outlet=outlet.name,
                outlet_code=outlet.code,
                branch=name,
                branch_path=path,
                tier=outlet.tier.value,
                kind=visit.kind.value,
                part=visit.part,
                visit_date=visit.visit_date,
                score=two_decimals(visit.score) if visit.score is not None else None,
                grave=visit.grave,
                accepted=visit.decided_at,
                days=_days_between(visit.decided_at, now),
                last_day=_last_day(limit),
                overdue=limit is not None and now >= limit,
                photos=photos,
                released=states.get(PhotoState.RELEASED, 0),
                withheld=states.get(PhotoState.WITHHELD, 0),
                unseen=max(0, (photos or 0) - seen),
            )
        )
    return rows


def _photographs(session: Session, visit_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many photographs each visit has."""
    rows = session.execute(
        sa.select(col(VisitFile.visit_id), sa.func.count())
        .where(
            col(VisitFile.visit_id).in_(visit_ids),
            col(VisitFile.kind).in_(releases.KINDS),
            col(VisitFile.type).startswith("image/"),
            col(VisitFile.expired_at).is_(None),
        )
        .group_by(col(VisitFile.visit_id))
    )
    return {visit_id: told for visit_id, told in rows.all()}  # noqa: C416  (rows are no pairs to mypy)


def _wanted(row: Waiting, filters: Filters) -> bool:
    span = period(filters.period)
    return (
        (filters.only != OVERDUE or row.overdue)
        and (filters.only != UNSEEN or row.unseen > 0)
        and (not filters.kind or row.kind == filters.kind)
        and (not filters.branch or row.branch_path == filters.branch)
        and (span is None or span[0] <= row.visit_date < span[1])
    )


def _days_between(accepted: datetime | None, now: datetime) -> int:
    if accepted is None:
        return 0
    return (now.astimezone(SHANGHAI).date() - accepted.astimezone(SHANGHAI).date()).days


def _last_day(limit: datetime | None) -> date | None:
    """The day at whose end the limit lies."""
    return None if limit is None else date.fromordinal(limit.astimezone(SHANGHAI).date().toordinal() - 1)
