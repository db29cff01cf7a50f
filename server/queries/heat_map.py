"""The heat map of a quarter: units against indicators, filtered, sorted and paged; and a unit's quarters one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.queries import explained, weak_quarters
from server.queries.weak_quarters import LEVELS, Became, Level, Line
from server.storage.organisation import Unit, UnitKind
from server.storage.periods import PeriodRow

PAGE = 40
QUARTERS, WORKED_OUT = 12, 4
"""So many quarters of its history a unit shows: those that are stored, and those that have to be worked out."""


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


def history(
    connection: sa.Connection, viewer: Viewer, subject: str, *, owned: bool = False
) -> tuple[str, Level | None, list[Past]]:
    """The name and level of a unit or own hall in sight, and its quarters in sight, the latest first. Raises NotFound.

    `owned`: the viewer owns a weak item of the unit, so that its place does not matter; whoever asks shows him what is
    said of that item alone. What is not stored is worked out for the last quarters alone.
    """
    who = SYSTEM if owned else viewer
    name, level = placed(connection, who, subject)
    kept = level in (None, "branch")
    found: list[Past] = []
    later: tuple[PeriodRow, Line] | None = None
    for row in weak_quarters.quarters(connection, viewer)[: QUARTERS if kept else WORKED_OUT]:
        _, _, line = line_of(connection, who, row, subject)
        if line is not None:
            # Only the quarter right after it says what became of a weak item.
            then, in_, draft = None, "", False
            if later and Period.read(later[0].code).back().code == row.code:
                became = later[1].became
                if became and became.indicator == line.weak:
                    then, in_ = became, later[0].code
                    draft = weak_quarters.so_far(later[0])
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
