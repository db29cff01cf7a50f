"""The visits behind a cell of the heat map, those that lost most first, and which of their items lost points."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.domain.indicators import TOUCHPOINTS, catalogue, unpack
from server.domain.periods import Period
from server.queries import checklists, explanations_seen, heat_map, weak_quarters
from server.queries.figures import Counted
from server.queries.weak_quarters import Cell, Line
from server.storage.organisation import Outlet
from server.storage.periods import PeriodRow
from server.storage.visits import Revision

PAGE = 50
_AT_ONCE = 500


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


def evidence(
    session: Session,
    viewer: Viewer,
    row: PeriodRow,
    subject: str,
    indicator: str,
    page: int = 1,
    *,
    size: int = PAGE,
) -> Evidence:
    """The visits behind a cell, and what lost points in them. Raises NotFound.

    Visits stand by what they lost, then by their day: their order within a day tells no hour.
    """
    connection = session.connection()
    name, level, line = heat_map.line_of(connection, viewer, row, subject)
    if line is None or indicator not in line.cells:
        raise NotFound()
    mine = [
        each
        for each in weak_quarters.visits(connection, row, Period.read(row.code))
        if (each.figure.outlet == subject if level == "outlet" else each.unit_path.startswith(subject))
    ]
    found = _samples(connection, mine, indicator)
    ids = explanations_seen.page_ids(connection, viewer, [UUID(each.figure.visit) for each, _, _ in found])
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
    pages = max(1, -(-len(behind) // size))
    page = min(max(1, page), pages)
    return Evidence(
        name,
        line,
        line.cells[indicator],
        tuple(behind[(page - 1) * size : page * size]),
        # Of the whole province the branches' cells say which items.
        () if level is None else _items(connection, [each for each, _, _ in found], indicator),
        page,
        pages,
    )


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
