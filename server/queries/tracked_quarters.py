"""What the published quarters say of the indicators of a unit, from which it follows where the tracking of each stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.tracking import Seen
from server.domain.weak_items import Outcome, WeakItem, improved
from server.queries import results, weak_quarters
from server.queries.rules import rule_set
from server.queries.weak_quarters import Level, Line
from server.storage.periods import PeriodRow

LOWER: tuple[Level, ...] = ("county", "area")
"""The levels whose weak items are tracked when somebody takes them up. A single hall has too few visits in a quarter."""


def branch_quarters(connection: sa.Connection) -> dict[str, list[Line]]:
    """The lines of each branch in all quarters that were given out, the earliest first.

    Of a quarter that was opened again, and is not given out anew yet, those of the round before.
    """
    names = weak_quarters.every(connection, "branch")
    found: dict[str, list[Line]] = {path: [] for path in names}
    for row, number in _given_out(connection):
        for path, line in weak_quarters.stored(connection, SYSTEM, row, list(names), number).items():
            found[path].append(line)
    return found


def lower_quarters(connection: sa.Connection, paths: Collection[str]) -> dict[str, list[Line]]:
    """The same of some counties and areas, worked out from the visits of each quarter; paths of other units are left out."""
    found: dict[str, list[Line]] = {}
    for level in LOWER:
        mine = set(paths).intersection(weak_quarters.every(connection, level)) if paths else ()
        found |= {path: [] for path in mine}
        for row, number in _given_out(connection) if mine else ():
            lines = weak_quarters.worked_out(connection, SYSTEM, row, level, round_=number)
            for path in lines.keys() & mine:
                found[path].append(lines[path])
    return found


def _given_out(connection: sa.Connection) -> Iterator[tuple[PeriodRow, int]]:
    """The quarters that were given out, the earliest first, each with the round that stands."""
    rows = [row for row in results.periods(connection, SYSTEM) if row.kind == "quarter"]
    for row in sorted(rows, key=lambda row: row.code):
        number = row.round if row.state in results.STANDING else row.round - 1
        if number:
            yield row, number


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
    item = WeakItem(cell.sum(indicator).indicator, cell.ratio or Fraction(0), cell.visits)
    return improved(
        item, weak.rank, now.sum(indicator) if now else None, rules.weak_item, rules.version
    ).outcome


def _rules(connection: sa.Connection, code: str) -> int:
    return int(
        connection.execute(
            sa.select(col(PeriodRow.rules_version)).where(col(PeriodRow.code) == code)
        ).scalar_one()
    )
