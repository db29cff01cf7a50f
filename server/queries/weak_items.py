"""Tracked weak items as a viewer may see them: the list with its filters, those of a unit, what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.tracking import TrackingState
from server.domain.visit import SHANGHAI
from server.queries import explained, scope
from server.storage.organisation import Unit, User
from server.storage.weak_items import TrackedAction, TrackedItem

PAGE = 25
TABS = ("todo", "open", "closed", "withdrawn", "all")
SORTS = ("unit", "indicator", "state", "since", "due")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list shows: `state` is one of TABS, `branch` the path of a unit, `sort` one of SORTS, with - for down."""

    state: str = "open"
    branch: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One tracked item in the list. `due` is the next day of an undone action, `actions` of how many are `done`."""

    id: UUID
    unit: str
    unit_path: str
    indicator: str
    state: str
    since: str
    owner: str | None
    cause: str
    actions: int
    done: int
    due: date | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of rows, how many there are in all, and the counts of everything in sight by TABS."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    counts: dict[str, int]


def listing(
    session: Session, viewer: Viewer, filters: Filters, now: datetime, *, size: int = PAGE
) -> Listing:
    """The tracked items that the viewer may see and asked for; by default those of the latest quarters first."""
    today = now.astimezone(SHANGHAI).date()
    due = _next_due()
    statement = (
        sa.select(TrackedItem, col(Unit.name), col(User.name), due.label("due"))
        .join(Unit, col(Unit.path) == col(TrackedItem.unit_path))
        .outerjoin(User, col(User.id) == col(TrackedItem.owner_id))
        .where(scope.weak_items(viewer), *_wanted(filters, viewer, today))
    )
    total = session.execute(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = session.execute(
        statement.order_by(*_order(filters, due)).limit(size).offset((page - 1) * size)
    ).all()
    actions = actions_of(session, [item.id for item, *_ in found])
    rows = tuple(
        _row(item, unit, owner, due_, actions.get(item.id, ()), today) for item, unit, owner, due_ in found
    )
    return Listing(rows, total, page, pages, _counts(session, viewer, today))


def of_unit(session: Session, viewer: Viewer, path: str, now: datetime) -> tuple[Row, ...]:
    """All tracked items of one unit that the viewer may see, the open ones first."""
    found = listing(session, viewer, Filters(state="all", branch=path, sort="state"), now, size=10**6).rows
    return tuple(row for row in found if row.unit_path == path and row.state != TrackingState.WITHDRAWN)


def waiting(session: Session, viewer: Viewer, now: datetime) -> tuple[int, int]:
    """How many open items want somebody to do something, and in how many of them an action is overdue.

    Of those who plan: items without owner, cause or action too; of the others their own.
    """
    today = now.astimezone(SHANGHAI).date()
    late = _overdue(today)
    mine = [scope.weak_items(viewer), col(TrackedItem.state) == TrackingState.OPEN]
    count = sa.select(sa.func.count()).select_from(TrackedItem)
    overdue = session.execute(count.where(*mine, late)).scalar_one()
    return session.execute(count.where(*mine, _todo(viewer, today))).scalar_one(), overdue


def _next_due() -> Any:
    return (
        sa.select(sa.func.min(col(TrackedAction.due)))
        .where(col(TrackedAction.item_id) == col(TrackedItem.id), col(TrackedAction.done_on).is_(None))
        .scalar_subquery()
    )


def _overdue(today: date) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        col(TrackedAction.item_id) == col(TrackedItem.id),
        col(TrackedAction.done_on).is_(None),
        col(TrackedAction.due) < today,
    )


def _todo(viewer: Viewer, today: date) -> sa.ColumnElement[bool]:
    """What of the open items waits for the viewer: who plans none has only what is overdue."""
    late = _overdue(today)
    return sa.or_(late, _unplanned()) if viewer.may(Permission.TRACK_WEAK_ITEMS) else late


def _unplanned() -> sa.ColumnElement[bool]:
    planned = sa.exists().where(col(TrackedAction.item_id) == col(TrackedItem.id))
    return sa.or_(col(TrackedItem.owner_id).is_(None), col(TrackedItem.cause) == "", sa.not_(planned))


def _wanted(filters: Filters, viewer: Viewer, today: date) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    state = col(TrackedItem.state)
    if filters.state == "todo":
        wanted += [state == TrackingState.OPEN, _todo(viewer, today)]
    elif filters.state != "all":
        wanted.append(state == filters.state)
    if filters.branch:
        wanted.append(col(TrackedItem.unit_path).startswith(filters.branch, autoescape=True))
    if filters.search:
        wanted.append(
            sa.or_(
                col(Unit.name).contains(filters.search, autoescape=True),
                col(User.name).contains(filters.search, autoescape=True),
                col(TrackedItem.cause).contains(filters.search, autoescape=True),
            )
        )
    return wanted


def _order(filters: Filters, due: Any) -> tuple[Any, ...]:
    columns: dict[str, Any] = {
        "unit": col(TrackedItem.unit_path),
        "indicator": col(TrackedItem.indicator),
        # Open stands before closed and withdrawn, as it does in the list.
        "state": sa.case(
            (col(TrackedItem.state) == TrackingState.OPEN, 0),
            (col(TrackedItem.state) == TrackingState.CLOSED, 1),
            else_=2,
        ),
        "since": col(TrackedItem.since),
        "due": due,
    }
    rest = (col(TrackedItem.since).desc(), col(TrackedItem.unit_path), col(TrackedItem.indicator))
    column = columns.get(filters.sort.removeprefix("-"))
    if column is None:
        return rest
    ordered = column.desc() if filters.sort.startswith("-") else column.asc()
    return (column.is_(None), ordered, *rest) if filters.sort.endswith("due") else (ordered, *rest)


def _counts(session: Session, viewer: Viewer, today: date) -> dict[str, int]:
    rows = session.execute(
        sa.select(col(TrackedItem.state), sa.func.count())
        .where(scope.weak_items(viewer))
        .group_by(col(TrackedItem.state))
    ).all()
    counts = {TrackingState(state).value: number for state, number in rows}
    todo = sa.select(sa.func.count()).select_from(TrackedItem)
    where = [scope.weak_items(viewer), *_wanted(Filters(state="todo"), viewer, today)]
    return counts | {
        "todo": session.execute(todo.where(*where)).scalar_one(),
        "all": sum(counts.values()),
    }


def actions_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[TrackedAction]]:
    found: defaultdict[UUID, list[TrackedAction]] = defaultdict(list)
    for each in session.exec(
        select(TrackedAction)
        .where(col(TrackedAction.item_id).in_(ids))
        .order_by(col(TrackedAction.number))
        .execution_options(populate_existing=True)
    ):
        found[each.item_id].append(each)
    return found


def _row(
    item: TrackedItem,
    unit: str,
    owner: str | None,
    due: date | None,
    actions: Sequence[TrackedAction],
    today: date,
) -> Row:
    return Row(
        id=item.id,
        unit=unit,
        unit_path=item.unit_path,
        indicator=item.indicator,
        state=item.state.value,
        since=item.since,
        owner=owner,
        cause=item.cause,
        actions=len(actions),
        done=sum(each.done_on is not None for each in actions),
        due=due,
        overdue=item.state is TrackingState.OPEN and due is not None and due < today,
    )


def names_of(connection: sa.Connection, language: str) -> dict[str, str]:
    """The names of all indicators in a language."""
    return {code: each[language == "en"] for code, each in explained.indicators_named(connection).items()}
