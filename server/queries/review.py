"""The list of visits at the desk: filtered, sorted and paged rows, what waits, and which is next in the queue."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import Session, col, select

from server.domain.access import Permission, Role, Viewer, sees_inspector, sees_score
from server.domain.exact import two_decimals
from server.domain.review import is_covert
from server.domain.visit import VisitState
from server.queries import review_queue, scope
from server.queries.reports import report_id_of
from server.queries.review_queue import WAITING
from server.storage.organisation import Outlet, Unit, UnitKind, User
from server.storage.visits import Visit

PAGE = 25
MINE = ("first", "second", "dispute")
"""What waits for the viewer himself; the home desk counts the same."""
_PERIOD = re.compile(r"(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows: `state` is a state, `waiting`, or empty for all; `branch` is the code of a unit."""

    state: str = ""
    kind: str = ""
    branch: str = ""
    period: str = ""
    flags: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One visit in the list, as far as the viewer may see it. `link` is None while there is nothing to open."""

    link: str | None
    outlet: str
    outlet_code: str
    branch: str
    tier: str
    kind: str
    part: str | None
    state: str
    visit_date: date
    submitted_at: datetime | None
    overdue: bool
    disputed: bool
    score: str | None
    grave: bool
    voided: bool
    flags: tuple[str, ...]
    inspector: str | None
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, how many there are in all, and the counts by state of everything in sight."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    counts: dict[str, int] = field(default_factory=dict)
    branches: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Marks:
    """Which of the waiting visits on the page are past their hours, and which two readers disagree about."""

    overdue: frozenset[UUID]
    disputed: frozenset[UUID]


def listing(
    session: Session, viewer: Viewer, filters: Filters, now: datetime, *, size: int = PAGE
) -> Listing:
    """The visits that the viewer may see and asked for, `size` of them a page."""
    where = [scope.visits_listed(viewer), *_wanted(viewer, filters)]
    total = session.exec(
        select(sa.func.count())
        .select_from(Visit)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(*where)
    ).one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    claimed = sa.orm.aliased(User)
    found = session.execute(
        sa.select(Visit, Outlet, User, claimed.name)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .outerjoin(claimed, claimed.id == col(Visit.claimed_by))
        .where(*where)
        .order_by(*_order(session, viewer, filters, now))
        .limit(size)
        .offset((page - 1) * size)
        .options(sa.orm.defer(col(Visit.document)))  # type: ignore[arg-type]
    ).all()
    branches = branches_of(session, viewer)
    inside = viewer.may(Permission.SEE_COVERT)
    names = dict(branches)
    waiting = {visit.id for visit, *_ in found if visit.state in WAITING} if inside else set()
    of_these = select(Visit.id).where(col(Visit.id).in_(waiting))
    marks = _Marks(
        overdue=frozenset(session.exec(of_these.where(review_queue.overdue(session, now)))),
        disputed=frozenset(session.exec(of_these.where(review_queue.disputed()))),
    )
    return Listing(
        rows=tuple(_row(viewer, row, names, marks) for row in found),
        total=total,
        page=page,
        pages=pages,
        counts=_counts(session, viewer),
        branches=branches,
    )


def branches_of(session: Session, viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Paths and names of the branches in which the viewer may see something."""
    found = session.exec(select(Unit).where(Unit.kind == UnitKind.BRANCH).order_by(col(Unit.code)))
    place = viewer.unit_path
    return tuple(
        (unit.path, unit.name)
        for unit in found
        if unit.path.startswith(place) or (place and place.startswith(unit.path))
    )


def places_of(session: Session, viewer: Viewer, asked: str) -> tuple[tuple[str, str], ...]:
    """The branches, and the unit that is asked for where it is another one in sight: a list can be narrowed to it too."""
    branches = branches_of(session, viewer)
    if not asked or asked in dict(branches):
        return branches
    unit = session.exec(select(Unit).where(Unit.path == asked, scope.units(viewer))).first()
    return branches if unit is None else (*branches, (unit.path, unit.name))


def period(text: str) -> tuple[date, date] | None:
    """The first day of a month (2026-11) or quarter (2026-Q4) and the first day after it; None when it is neither."""
    match = _PERIOD.fullmatch(text)
    if not match or match[1] in ("0000", "9999"):
        return None
    year, quarter, month = int(match[1]), match[2], match[3]
    first = int(month) if month else 3 * int(quarter) - 2
    months = year * 12 + first - 1 + (1 if month else 3)
    return date(year, first, 1), date(months // 12, months % 12 + 1, 1)


def _wanted(viewer: Viewer, filters: Filters) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if filters.state in MINE:
        if viewer.may(Permission.REVIEW):
            wanted += review_queue.waits_for(viewer, filters.state)
    elif filters.state == "waiting":
        wanted.append(col(Visit.state).in_(WAITING))
    elif filters.state:
        wanted.append(col(Visit.state) == filters.state)
    if filters.kind:
        wanted.append(col(Visit.kind) == filters.kind)
    if filters.branch:
        wanted.append(col(Outlet.unit_path).startswith(filters.branch, autoescape=True))
    span = period(filters.period)
    if span:
        wanted += [col(Visit.visit_date) >= span[0], col(Visit.visit_date) < span[1]]
    if filters.flags and viewer.may(Permission.SEE_COVERT):
        if filters.flags == "none":
            wanted.append(col(Visit.flags) == "[]")
        elif filters.flags == "any":
            wanted.append(col(Visit.flags) != "[]")
        else:
            wanted.append(col(Visit.flags).contains(f'"code": "{filters.flags}"', autoescape=True))
    if filters.search:
        wanted.append(
            sa.or_(
                col(Outlet.name).contains(filters.search, autoescape=True),
                col(Outlet.code).contains(filters.search, autoescape=True),
                col(Outlet.pinyin).contains(filters.search.lower(), autoescape=True),
            )
        )
    return wanted


def _order(session: Session, viewer: Viewer, filters: Filters, now: datetime) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "outlet": col(Outlet.name),
        "date": col(Visit.visit_date),
        "score": col(Visit.score),
        "state": col(Visit.state),
        "kind": col(Visit.kind),
    }
    name = filters.sort.removeprefix("-")
    if name in columns:
        column = columns[name]
        # The day and the outlet order what is equal: an order by instants would tell outlets too much.
        return (
            column.desc() if filters.sort.startswith("-") else column.asc(),
            col(Outlet.code),
            scope.turn(viewer),
        )
    if filters.state in ("waiting", *MINE) and viewer.may(Permission.SEE_COVERT):
        return review_queue.order(session, viewer, now)
    return (col(Visit.visit_date).desc(), col(Outlet.code), scope.turn(viewer))


def _counts(session: Session, viewer: Viewer) -> dict[str, int]:
    rows = session.execute(
        sa.select(col(Visit.state), sa.func.count())
        .where(scope.visits_listed(viewer))
        .group_by(col(Visit.state))
    )
    counts = {state.value: number for state, number in rows}
    counts["waiting"] = sum(counts.get(state.value, 0) for state in WAITING)
    for step in MINE if viewer.may(Permission.REVIEW) else ():
        mine = select(sa.func.count()).select_from(Visit).where(*review_queue.waits_for(viewer, step))
        counts[step] = session.exec(mine).one()
    return counts


def _outlet_link(visit: Visit) -> UUID | None:
    """The id of the outlet's edition: an outlet opens a covert visit by it, as a visit's own id holds its instant."""
    if visit.accepted_revision is None or visit.state not in scope.SHOWN:
        return None
    return report_id_of(visit.id, visit.accepted_revision, "outlet")


def _row(viewer: Viewer, found: Any, branches: dict[str, str], marks: _Marks) -> Row:
    visit, outlet, inspector, claimed = found
    covert = is_covert(visit.kind, Role(inspector.role))
    own = str(visit.inspector_id) == viewer.user_id
    inside = viewer.may(Permission.SEE_COVERT)
    gone = visit.state is VisitState.VOID and not inside and not own
    known = sees_inspector(viewer, covert=covert, own=own) and not gone
    shown = visit.state in scope.SHOWN
    scored = not gone and sees_score(viewer, own=own, published=shown, covert=covert)
    link = visit.id if known else _outlet_link(visit)
    return Row(
        link=str(link) if link else None,
        outlet=outlet.name,
        outlet_code=outlet.code,
        branch=next((name for path, name in branches.items() if outlet.unit_path.startswith(path)), ""),
        tier=outlet.tier.value,
        kind=visit.kind.value,
        part=visit.part,
        state=visit.state.value,
        visit_date=visit.visit_date,
        submitted_at=visit.submitted_at if known else None,
        overdue=visit.id in marks.overdue,
        disputed=visit.id in marks.disputed,
        score=two_decimals(visit.score) if scored and visit.score is not None else None,
        grave=visit.grave and scored,
        voided=visit.voided and inside,
        flags=tuple(dict.fromkeys(flag["code"] for flag in json.loads(visit.flags))) if inside else (),
        inspector=inspector.name if known else None,
        claimed_by=claimed if inside else None,
    )
