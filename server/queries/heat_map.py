"""The heat map of a quarter: units against indicators, filtered, sorted and paged; and the visits behind one of its cells."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Role, Viewer
from server.domain.errors import NotFound
from server.domain.indicators import TOUCHPOINTS, catalogue, unpack
from server.domain.periods import Period
from server.queries import checklists, explained, weak_quarters
from server.queries.figures import Counted
from server.queries.weak_quarters import LEVELS, Became, Cell, Level, Line
from server.storage.organisation import Outlet, Unit, UnitKind
from server.storage.periods import PeriodRow, PeriodState
from server.storage.visits import Revision

PAGE = 40
VISITS = 50
"""So many visits stand on the page of a cell."""
QUARTERS, WORKED_OUT = 12, 4
"""So many quarters of its history a unit shows: those that are stored, and those that have to be worked out."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Filters:
    """What the map shows: `within` is the path of a branch, `sort` an indicator, `weak` or empty for the usual order."""

    level: Level = "branch"
    within: str = ""
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A unit with its line; `above` names the branch that it lies in."""

    name: str
    above: str
    line: Line


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A page of the map; `indicators` are in the checklist's order, `province` is the whole beside the branches."""

    indicators: tuple[str, ...]
    rows: tuple[Row, ...]
    province: Row | None
    total: int
    page: int
    pages: int
    min_samples: int


@dataclass(frozen=True, slots=True)
class Failed:
    """An item of an indicator that lost points: in how many of the visits in which it was applicable."""

    item: str
    text: Mapping[str, str]
    lost: int
    of: int


@dataclass(frozen=True, slots=True)
class Behind:
    """One visit behind a cell, under the id of its page in this period; None: it is out of sight."""

    page_id: UUID | None
    day: date
    outlet: str
    outlet_code: str
    earned: int
    full: int

    @property
    def ratio(self) -> Fraction:
        """Earned over full."""
        return Fraction(self.earned, self.full)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a cell is made of: its visits, those that lost most first, and the items that lost points."""

    name: str
    line: Line
    cell: Cell
    visits: tuple[Behind, ...]
    items: tuple[Failed, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Past:
    """A quarter of a unit; `then` is what became of its weak item in the quarter after, `in_` (empty: not known
    yet), and whether that one is a draft, which head office alone sees.
    """

    row: PeriodRow
    line: Line
    then: Became | None
    in_: str
    draft: bool


def levels(connection: sa.Connection, viewer: Viewer) -> list[Level]:
    """The levels of which the viewer sees any unit."""
    if viewer.role in (Role.OUTLET_OWNER, Role.HALL_MANAGER):
        return ["outlet"]
    return [level for level in LEVELS if weak_quarters.in_sight(connection, viewer, level)]


def heat_map(
    connection: sa.Connection, viewer: Viewer, row: PeriodRow, filters: Filters, *, size: int = PAGE
) -> HeatMap:
    """A page of the map of a quarter in sight."""
    rows, province = _rows(connection, viewer, row, filters.level)
    if filters.within:
        sight = weak_quarters.in_sight(connection, viewer, filters.level)
        rows = [each for each in rows if sight[each.line.subject][1].startswith(filters.within)]
    if filters.search:
        rows = [each for each in rows if filters.search in each.name]
    order: dict[str, None] = {}
    for each in [*([province] if province else ()), *rows]:
        order.update(dict.fromkeys(each.line.cells))
    rows.sort(key=lambda each: _place(each, filters.sort))
    least = next((each.line.min_samples for each in rows), province.line.min_samples if province else 1)
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, filters.page), pages)
    shown = rows[(page - 1) * size : page * size]
    return HeatMap(tuple(order), tuple(shown), province, len(rows), page, pages, least)


def history(connection: sa.Connection, viewer: Viewer, subject: str) -> tuple[str, Level | None, list[Past]]:
    """The name and level of a unit or own hall in sight, and its quarters, the latest first. Raises NotFound.

    What is not stored is worked out for the last quarters alone.
    """
    name, level = placed(connection, viewer, subject)
    kept = level in (None, "branch")
    found: list[Past] = []
    later: tuple[PeriodRow, Line] | None = None
    for row in weak_quarters.quarters(connection, viewer)[: QUARTERS if kept else WORKED_OUT]:
        _, _, line = line_of(connection, viewer, row, subject)
        if line is not None:
            # Only the quarter right after it says what became of a weak item.
            then, in_, draft = None, "", False
            if later and Period.read(later[0].code).back().code == row.code:
                became = later[1].became
                if became and became.indicator == line.weak:
                    then, in_ = became, later[0].code
                    draft = later[0].state is PeriodState.DRAFT
            found.append(Past(row, line, then, in_, draft))
        later = (row, line) if line is not None else None
    return name, level, found


def line_of(
    connection: sa.Connection, viewer: Viewer, row: PeriodRow, subject: str
) -> tuple[str, Level | None, Line | None]:
    """The name and level of a unit or own hall in sight (None: the province), and its line of a quarter, if it has one.

    Raises NotFound.
    """
    name, level = placed(connection, viewer, subject)
    if level in (None, "branch"):
        return name, level, weak_quarters.stored(connection, viewer, row, [subject]).get(subject)
    return name, level, weak_quarters.worked_out(connection, viewer, row, level, subject).get(subject)


def placed(connection: sa.Connection, viewer: Viewer, subject: str) -> tuple[str, Level | None]:
    """The name and level of a unit or own hall in sight. Raises NotFound."""
    name = explained.subject_name(connection, viewer, subject)[0]
    if not subject.endswith("/"):
        return name, "outlet"
    kind = connection.execute(sa.select(col(Unit.kind)).where(col(Unit.path) == subject)).scalar_one()
    if kind == UnitKind.PROVINCE:
        return name, None
    level = next((each for each in LEVELS if each == str(kind)), None)
    if level is None:
        raise NotFound()
    return name, level


def evidence(
    session: Session, viewer: Viewer, row: PeriodRow, subject: str, indicator: str, page: int = 1
) -> Evidence:
    """The visits behind a cell, and what lost points in them. Raises NotFound.

    Visits stand by what they lost, then by their day: their order within a day tells no hour.
    """
    connection = session.connection()
    name, level, line = line_of(connection, viewer, row, subject)
    if line is None or indicator not in line.cells:
        raise NotFound()
    mine = [
        each
        for each in weak_quarters.visits(connection, row, Period.read(row.code))
        if (each.figure.outlet == subject if level == "outlet" else each.unit_path.startswith(subject))
    ]
    found = _samples(connection, mine, indicator)
    ids = explained.page_ids(connection, viewer, [UUID(each.figure.visit) for each, _, _ in found])
    names = _outlets(connection, {UUID(each.figure.outlet) for each, _, _ in found})
    behind = [
        Behind(
            ids.get(UUID(each.figure.visit)),
            each.figure.day,
            *names.get(UUID(each.figure.outlet), ("", "")),
            earned,
            full,
        )
        for each, earned, full in found
    ]
    behind.sort(key=lambda each: (each.ratio, each.day, each.outlet_code, str(each.page_id)))
    pages = max(1, -(-len(behind) // VISITS))
    page = min(max(1, page), pages)
    return Evidence(
        name,
        line,
        line.cells[indicator],
        tuple(behind[(page - 1) * VISITS : page * VISITS]),
        # Of the whole province the branches' cells say which items.
        () if level is None else _items(connection, [each for each, _, _ in found], indicator),
        page,
        pages,
    )


def _rows(
    connection: sa.Connection, viewer: Viewer, row: PeriodRow, level: Level
) -> tuple[list[Row], Row | None]:
    sight = weak_quarters.in_sight(connection, viewer, level)
    branches = {} if level == "branch" else weak_quarters.every(connection, "branch")
    province = None
    if level == "branch":
        lines = weak_quarters.stored(connection, viewer, row)
        root = next((path for path in lines if path.count("/") == 1), None)
        if root:
            name = explained.subject_name(connection, viewer, root)[0]
            province = Row(name, "", lines[root])
    else:
        lines = weak_quarters.worked_out(connection, viewer, row, level)
    rows = []
    for key, line in lines.items():
        if key in sight and line.cells:
            name, path = sight[key]
            above = next((each for where, each in branches.items() if path.startswith(where)), "")
            rows.append(Row(name, above, line))
    return rows, province


def _place(row: Row, sort: str) -> tuple[Any, ...]:
    """By an indicator, or by the weak item's ratio, the lowest first; else by the window score, the best first."""
    line = row.line
    if sort == "weak":
        cell = line.cell
        ratio = cell.ratio if cell else None
    elif sort:
        cell = line.cells.get(sort)
        ratio = cell.ratio if cell else None
    else:
        ratio = None if line.window is None else -line.window
    return ratio is None, ratio or 0, row.above, row.name


def _samples(
    connection: sa.Connection, visits: Sequence[Counted], indicator: str
) -> list[tuple[Counted, int, int]]:
    """The visits in which an indicator was applicable, with what each earned of how much."""
    places: dict[tuple[str, int], int | None] = {}
    found = []
    for visit in visits:
        key = visit.checklist
        if key not in places:
            listed = catalogue(checklists.compiled(connection, *key))
            places[key] = next((n for n, each in enumerate(listed) if each.id == indicator), None)
        place = places[key]
        if place is None:
            continue
        earned, full = unpack(visit.packed)[place]
        if full:
            found.append((visit, earned, full))
    return found


def _outlets(connection: sa.Connection, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    found: dict[UUID, tuple[str, str]] = {}
    listed = sorted(ids)
    for begin in range(0, len(listed), _AT_ONCE):
        rows = connection.execute(
            sa.select(col(Outlet.id), col(Outlet.name), col(Outlet.code)).where(
                col(Outlet.id).in_(listed[begin : begin + _AT_ONCE])
            )
        )
        found |= {outlet: (name, code) for outlet, name, code in rows}
    return found


def _items(connection: sa.Connection, visits: Sequence[Counted], indicator: str) -> tuple[Failed, ...]:
    """The items of an indicator that lost points, those that did so most often first."""
    texts: dict[str, Mapping[str, str]] = {}
    mine: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    for key in sorted({visit.checklist for visit in visits}, key=lambda key: (key[0], -key[1])):
        for section in checklists.compiled(connection, *key)["sections"]:
            for item in section["items"]:
                if item["points"] and indicator == (item["prohibition"] or f"{TOUCHPOINTS}{section['id']}"):
                    texts.setdefault(item["id"], item["text"])
                    mine[key].add(item["id"])
    lost: Counter[str] = Counter()
    of: Counter[str] = Counter()
    by_id = {UUID(visit.figure.visit): visit for visit in visits}
    ids = list(by_id)
    for begin in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(
            sa.select(col(Revision.visit_id), col(Revision.number), col(Revision.result)).where(
                col(Revision.visit_id).in_(ids[begin : begin + _AT_ONCE])
            )
        )
        for visit_id, revision, result in rows:
            visit = by_id[visit_id]
            if revision != visit.revision:
                continue
            said = json.loads(result)
            met = set(said["met"])
            for name in mine[visit.checklist].intersection(said["counted"]):
                of[name] += 1
                lost[name] += name not in met
    return tuple(
        Failed(name, texts[name], count, of[name])
        for name, count in sorted(lost.items(), key=lambda each: (-each[1], each[0]))
        if count
    )
