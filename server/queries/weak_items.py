"""Tracked weak items as a viewer may see them: the list with its filters, one with its plan and history, what waits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import SYSTEM, Permission, Role, Viewer
from server.domain.errors import NotFound
from server.domain.tracking import Seen, Step, TrackingState
from server.domain.visit import SHANGHAI
from server.domain.weak_items import Outcome, WeakItem, improved
from server.queries import explained, results, scope, weak_quarters
from server.queries.rules import rule_set
from server.queries.weak_quarters import Line
from server.storage.organisation import Unit, User
from server.storage.periods import PeriodRow
from server.storage.record_files import RecordFile
from server.storage.weak_items import TrackedAction, TrackedItem, TrackedStep

PAGE = 25
TABS = ("todo", "open", "closed", "withdrawn", "all")
SORTS = ("unit", "indicator", "state", "since", "due")
OWNERS = (Role.BRANCH_MANAGER, Role.AREA_MANAGER)
"""Who of a branch may own its weak item."""


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


@dataclass(frozen=True, slots=True)
class Told:
    """One step: what, of which quarter, when, by whom (None: the system), and its words by name."""

    step: Step
    period: str
    at: datetime
    by: str | None
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Everything that the page of one tracked item shows.

    `plan`: the viewer may change it; `carry`: he may say what is done and add proofs. `owners` are who may be chosen.
    """

    item: TrackedItem
    unit: str
    owner: str | None
    actions: tuple[TrackedAction, ...]
    files: tuple[RecordFile, ...]
    history: tuple[Told, ...]
    plan: bool
    carry: bool
    owners: tuple[tuple[str, str, str], ...]
    most: int
    today: date


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
        .where(scope.weak_items(viewer), *_wanted(filters, today))
    )
    total = session.execute(sa.select(sa.func.count()).select_from(statement.subquery())).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = session.execute(
        statement.order_by(*_order(filters, due)).limit(size).offset((page - 1) * size)
    ).all()
    actions = _actions(session, [item.id for item, *_ in found])
    rows = tuple(
        _row(item, unit, owner, due_, actions.get(item.id, ()), today) for item, unit, owner, due_ in found
    )
    return Listing(rows, total, page, pages, _counts(session, viewer, today))


def of_unit(session: Session, viewer: Viewer, path: str, now: datetime) -> tuple[Row, ...]:
    """All tracked items of one branch that the viewer may see, the open ones first."""
    found = listing(session, viewer, Filters(state="all", branch=path, sort="state"), now).rows
    return tuple(row for row in found if row.unit_path == path and row.state != TrackingState.WITHDRAWN)


def item_page(session: Session, viewer: Viewer, item_id: UUID, now: datetime) -> ItemPage:
    """One tracked item in sight. Raises NotFound."""
    row = session.execute(
        sa.select(TrackedItem, col(Unit.name), col(User.name))
        .join(Unit, col(Unit.path) == col(TrackedItem.unit_path))
        .outerjoin(User, col(User.id) == col(TrackedItem.owner_id))
        .where(col(TrackedItem.id) == item_id, scope.weak_items(viewer))
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    item, unit, owner = row
    open_ = item.state is TrackingState.OPEN
    plans = open_ and viewer.may(Permission.TRACK_WEAK_ITEMS)
    files = session.exec(
        select(RecordFile)
        .where(RecordFile.record_id == item.id, scope.record_files(viewer))
        .order_by(col(RecordFile.arrived_at), col(RecordFile.sha256))
    ).all()
    latest = rule_set(session.connection(), _rules_of(session, item.since))
    return ItemPage(
        item=item,
        unit=unit,
        owner=owner,
        actions=tuple(_actions(session, [item.id]).get(item.id, ())),
        files=tuple(files),
        history=_history(session, item.id),
        plan=plans,
        carry=plans or (open_ and str(item.owner_id) == viewer.user_id),
        owners=tuple(owners(session, item.unit_path)) if plans else (),
        most=latest.weak_item.actions,
        today=now.astimezone(SHANGHAI).date(),
    )


def owners(session: Session, path: str) -> list[tuple[str, str, str]]:
    """Who of a branch may own a weak item: id, name and role, those of the branch itself first."""
    found = session.exec(
        select(User)
        .where(
            col(User.unit_path).startswith(path, autoescape=True),
            col(User.role).in_(OWNERS),
            col(User.disabled_at).is_(None),
        )
        .order_by(sa.func.length(col(User.unit_path)), col(User.name), col(User.id))
    )
    return [(str(user.id), user.name, str(user.role.value)) for user in found]


def waiting(session: Session, viewer: Viewer, now: datetime) -> tuple[int, int]:
    """How many open items want somebody to do something, and in how many of them an action is overdue.

    Of those who plan: items without owner, cause or action too; of the others their own.
    """
    today = now.astimezone(SHANGHAI).date()
    late = _overdue(today)
    mine = [scope.weak_items(viewer), col(TrackedItem.state) == TrackingState.OPEN]
    count = sa.select(sa.func.count()).select_from(TrackedItem)
    overdue = session.execute(count.where(*mine, late)).scalar_one()
    wanted = sa.or_(late, _unplanned()) if viewer.may(Permission.TRACK_WEAK_ITEMS) else late
    return session.execute(count.where(*mine, wanted)).scalar_one(), overdue


def branch_quarters(connection: sa.Connection) -> dict[str, list[Line]]:
    """The lines of each branch in all quarters that were given out, the earliest first.

    Of a quarter that was opened again, and is not given out anew yet, those of the round before.
    """
    names = weak_quarters.every(connection, "branch")
    found: dict[str, list[Line]] = {path: [] for path in names}
    rows = [row for row in results.periods(connection, SYSTEM) if row.kind == "quarter"]
    for row in sorted(rows, key=lambda row: row.code):
        number = row.round if row.state in results.STANDING else row.round - 1
        if number:
            for path, line in weak_quarters.stored(connection, SYSTEM, row, list(names), number).items():
                found[path].append(line)
    return found


def seen(connection: sa.Connection, lines: Sequence[Line], indicator: str) -> list[Seen]:
    """What the quarters of a branch say of one indicator.

    A target that was missed stays: where another item is the weak one by now, each later quarter is held against it too.
    """
    found, weak = [], None
    for line in lines:
        outcome: Outcome | None = None
        if line.became is not None and line.became.indicator == indicator:
            outcome = line.became.outcome
        elif weak is not None:
            outcome = _against(connection, weak, line, indicator)
        found.append(Seen(line.period, line.weak == indicator, outcome))
        weak = line if line.weak == indicator else weak
    return found


def _against(connection: sa.Connection, weak: Line, later: Line, indicator: str) -> Outcome:
    cell, now = weak.cells[indicator], later.cells.get(indicator)
    rules = rule_set(connection, _rules(connection, weak.period))
    item = WeakItem(cell.sum(indicator).indicator, cell.ratio or cell.sum(indicator).ratio or 0, cell.visits)  # type: ignore[arg-type]
    return improved(
        item, weak.rank, now.sum(indicator) if now else None, rules.weak_item, rules.version
    ).outcome


def _rules(connection: sa.Connection, code: str) -> int:
    return int(
        connection.execute(
            sa.select(col(PeriodRow.rules_version)).where(col(PeriodRow.code) == code)
        ).scalar_one()
    )


def _rules_of(session: Session, code: str) -> int:
    """The rule set of the quarter, or the newest one where the item was withdrawn from every quarter."""
    row = session.get(PeriodRow, code) if code else None
    if row is not None:
        return row.rules_version
    newest = session.exec(select(sa.func.max(PeriodRow.rules_version))).one()
    return int(newest or 1)


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


def _unplanned() -> sa.ColumnElement[bool]:
    planned = sa.exists().where(col(TrackedAction.item_id) == col(TrackedItem.id))
    return sa.or_(col(TrackedItem.owner_id).is_(None), col(TrackedItem.cause) == "", sa.not_(planned))


def _wanted(filters: Filters, today: date) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    state = col(TrackedItem.state)
    if filters.state == "todo":
        wanted += [state == TrackingState.OPEN, sa.or_(_overdue(today), _unplanned())]
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
    where = [scope.weak_items(viewer), *_wanted(Filters(state="todo"), today)]
    return counts | {
        "todo": session.execute(todo.where(*where)).scalar_one(),
        "all": sum(counts.values()),
    }


def _actions(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[TrackedAction]]:
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


def _history(session: Session, item_id: UUID) -> tuple[Told, ...]:
    steps = session.exec(
        select(TrackedStep).where(TrackedStep.item_id == item_id).order_by(col(TrackedStep.number))
    ).all()
    said = {step.number: json.loads(step.text) if step.text else {} for step in steps}
    people = {step.actor_id for step in steps} | {
        UUID(words["owner"]) for words in said.values() if words.get("owner")
    }
    names = dict(
        session.exec(select(User.id, User.name).where(col(User.id).in_([one for one in people if one]))).all()
    )
    return tuple(
        Told(
            step.step,
            step.period,
            step.at,
            names.get(step.actor_id) if step.actor_id else None,
            {
                name: names.get(UUID(value), "") if name == "owner" and value else value
                for name, value in said[step.number].items()
            },
        )
        for step in steps
    )


def names_of(connection: sa.Connection, language: str) -> dict[str, str]:
    """The names of all indicators in a language."""
    return {code: each[language == "en"] for code, each in explained.indicators_named(connection).items()}
