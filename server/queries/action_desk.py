"""The list of corrective actions: filtered, sorted and paged rows, and how many there are of each sort."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Permission, Viewer
from server.domain.actions import LIVING, WAITING, ActionState
from server.queries import action_rechecks, scope
from server.queries.actions import is_overdue, item_of
from server.queries.review import branches_of
from server.storage.actions import Action
from server.storage.organisation import Outlet
from server.storage.visits import Assignment

PAGE = 25
STATES = ("living", "todo", "accept", "answered", "overdue", "accepted", "unassigned", "withdrawn", "all")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows: `state` is one of STATES, `level` a number as text, `branch` the path of a unit."""

    state: str = "living"
    sort_of: str = ""
    level: str = ""
    branch: str = ""
    outlet: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One action in the list."""

    id: UUID
    outlet: str
    outlet_code: str
    branch: str
    item: str | None
    item_text: dict[str, str] | None
    what: str
    sort: str
    due_at: datetime
    state: str
    level: int
    who: str
    overdue: bool
    repeats: bool
    rechecked: bool | None
    recheck: action_rechecks.Standing | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, how many there are in all, and the counts of everything in sight by STATES."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    counts: dict[str, int] = field(default_factory=dict)


_UNASSIGNED = sa.and_(
    col(Action.state) == ActionState.ACCEPTED,
    col(Action.recheck_passed).is_(None),
    col(Action.recheck_id).in_(
        sa.select(col(Assignment.id)).where(col(Assignment.state).in_(action_rechecks.WAITING))
    ),
)


def listing(
    session: Session, viewer: Viewer, filters: Filters, now: datetime, *, size: int = PAGE
) -> Listing:
    """The actions that the viewer may see and asked for, by outlet and due date unless another order is wished."""
    where = [scope.actions(viewer), *_wanted(viewer, filters, now)]
    joined = sa.select(Action, Outlet).join(Outlet, col(Outlet.id) == col(Action.outlet_id)).where(*where)
    total = session.execute(sa.select(sa.func.count()).select_from(joined.subquery())).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = session.execute(joined.order_by(*_order(filters)).limit(size).offset((page - 1) * size)).all()
    branches = branches_of(session, viewer)
    return Listing(
        rows=tuple(_row(session, action, outlet, branches, now) for action, outlet in found),
        total=total,
        page=page,
        pages=pages,
        counts=_counts(session, viewer, now),
    )


def of_visit(session: Session, viewer: Viewer, visit_id: UUID, now: datetime) -> dict[str | None, Row]:
    """The actions that a visit led to, by item, for the page of the visit."""
    found = session.execute(
        sa.select(Action, Outlet)
        .join(Outlet, col(Outlet.id) == col(Action.outlet_id))
        .where(scope.actions(viewer), col(Action.visit_id) == visit_id)
        .order_by(col(Action.due_at))
    ).all()
    return {action.item: _row(session, action, outlet, (), now) for action, outlet in found}


def to_accept(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The actions (`Action`) that wait to be accepted by this person: answered by another one."""
    other = sa.or_(col(Action.answered_by).is_(None), col(Action.answered_by) != UUID(viewer.user_id))
    return sa.and_(col(Action.state) == ActionState.ANSWERED, other)


def _wanted(viewer: Viewer, filters: Filters, now: datetime) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if filters.state == "accept":
        wanted.append(to_accept(viewer))
    elif filters.state != "all":
        wanted.append(_in_state(filters.state, now))
    if filters.sort_of:
        wanted.append(col(Action.sort) == filters.sort_of)
    if filters.level:
        wanted.append(col(Action.level) >= int(filters.level))
    if filters.branch:
        wanted.append(col(Outlet.unit_path).startswith(filters.branch, autoescape=True))
    if filters.outlet:
        wanted.append(col(Outlet.code) == filters.outlet)
    if filters.search:
        wanted.append(
            sa.or_(
                col(Outlet.name).contains(filters.search, autoescape=True),
                col(Outlet.code).contains(filters.search, autoescape=True),
                col(Outlet.pinyin).contains(filters.search.lower(), autoescape=True),
                col(Action.what).contains(filters.search, autoescape=True),
            )
        )
    return wanted


def _in_state(state: str, now: datetime) -> sa.ColumnElement[bool]:
    column = col(Action.state)
    waiting = column.in_(WAITING)
    return {
        "living": column.in_(LIVING),
        "todo": waiting,
        "answered": column == ActionState.ANSWERED,
        "overdue": sa.and_(waiting, col(Action.due_at) <= now),
        "accepted": column == ActionState.ACCEPTED,
        "unassigned": _UNASSIGNED,
        "withdrawn": column == ActionState.WITHDRAWN,
    }[state]


def _order(filters: Filters) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "outlet": col(Outlet.code),
        "due": col(Action.due_at),
        "state": col(Action.state),
        "level": col(Action.level),
    }
    name = filters.sort.removeprefix("-")
    # The id ends every order: a page must not show what another has shown.
    rest = (col(Action.due_at), col(Outlet.code), col(Action.id))
    if name in columns:
        column = columns[name]
        return (column.desc() if filters.sort.startswith("-") else column.asc(), *rest)
    closed = filters.state in ("accepted", "withdrawn", "all")
    return (col(Action.changed_at).desc(), *rest) if closed else rest


def _counts(session: Session, viewer: Viewer, now: datetime) -> dict[str, int]:
    overdue = sa.case((_in_state("overdue", now), 1), else_=0)
    unassigned = sa.case((_UNASSIGNED, 1), else_=0)
    rows = session.execute(
        sa.select(col(Action.state), sa.func.count(), sa.func.sum(overdue), sa.func.sum(unassigned))
        .where(scope.actions(viewer))
        .group_by(col(Action.state))
    ).all()
    by_state = {state: number for state, number, *_ in rows}
    mine = sa.select(sa.func.count()).select_from(Action).where(scope.actions(viewer), to_accept(viewer))
    accepts = viewer.may(Permission.ACCEPT_ACTIONS)
    return {
        **({"accept": session.execute(mine).scalar_one()} if accepts else {}),
        "living": sum(by_state.get(state, 0) for state in LIVING),
        "todo": sum(by_state.get(state, 0) for state in WAITING),
        "answered": by_state.get(ActionState.ANSWERED, 0),
        "overdue": sum(int(late or 0) for _, _, late, _ in rows),
        "accepted": by_state.get(ActionState.ACCEPTED, 0),
        "unassigned": sum(int(open_ or 0) for *_, open_ in rows),
        "withdrawn": by_state.get(ActionState.WITHDRAWN, 0),
    }


def _row(
    session: Session, action: Action, outlet: Outlet, branches: tuple[tuple[str, str], ...], now: datetime
) -> Row:
    item = item_of(session, action)
    return Row(
        id=action.id,
        outlet=outlet.name,
        outlet_code=outlet.code,
        branch=next((name for path, name in branches if outlet.unit_path.startswith(path)), ""),
        item=action.item,
        item_text=item["text"] if item else None,
        what=action.what,
        sort=action.sort.value,
        due_at=action.due_at,
        state=action.state.value,
        level=action.level,
        who=action.who,
        overdue=is_overdue(action, now),
        repeats=action.repeats is not None,
        rechecked=action.recheck_passed,
        recheck=action_rechecks.standing(session, action, now) if action.recheck_id else None,
    )
