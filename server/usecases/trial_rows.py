"""A portion of a trial as its rows: both sides of each outlet, near which lines it lies, and the sums; one portion on one core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.config import Settings
from server.domain.trial_nearness import Nearness
from server.domain.trial_packing import packed_rows
from server.domain.trials import Side, Sums, Tried
from server.queries import reckoning
from server.queries.reckoning import AGENTS, Place
from server.storage.database import Database
from server.storage.organisation import Outlet
from server.usecases import trial_commission, trial_proposals, trial_reckoning
from server.usecases.trial_grounds import Grounds, Otherwise
from server.usecases.trial_portion import Portion, portion

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Task:
    """Whole counties of outlets, and which of them a period has otherwise."""

    places: Sequence[Place]
    otherwise: Otherwise


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a portion: the sums of both sides over all its outlets, and those that differ or are near, packed."""

    outlets: int
    before: Sums
    after: Sums
    rows: Sequence[Any]


def tasks(connection: sa.Connection, places: Sequence[Place], otherwise: Otherwise) -> list[Task]:
    """The portions of a trial."""
    return [
        Task(
            some,
            {
                code: {place.outlet: there[place.outlet] for place in some if place.outlet in there}
                for code, there in otherwise.items()
            },
        )
        for some in reckoning.portions(connection, places)
    ]


@contextmanager
def opened(given: tuple[Settings, Grounds]) -> Iterator[Callable[[Task], Part]]:
    """What reckons portions on a database of its own."""
    settings, of = given
    database = Database(settings.database)
    try:
        yield partial(_part, database, of)
    finally:
        database.close()


def _part(database: Database, of: Grounds, task: Task) -> Part:
    with database.transaction(write=False) as transaction:
        found = rows(transaction.connection, portion(transaction.connection, of, task.places, task.otherwise))
        rated = of.period.kind in (of.whole.rules.stars.period, of.rules.stars.period)
        before, after = Sums(), Sums()
        for row in found:
            before.add(row.before, rated=rated)
            after.add(row.after, rated=rated)
        told = [row for row in found if row.changed or row.near]
        names = _names(transaction.connection, told)
    named = (
        replace(row, name=names[row.outlet][0], code=names[row.outlet][1])
        for row in told
        if row.outlet in names
    )
    return Part(len(found), before, after, packed_rows(named))


def rows(connection: sa.Connection, of: Portion) -> list[Tried]:
    """The outlets of a portion, reckoned, with everything that follows from their figures."""
    trial_reckoning.reckon(connection, of)
    pays = trial_commission.sides(connection, of)
    said = trial_proposals.sides(of)
    codes = of.grounds.codes
    nearness = Nearness(of.grounds.rules, of.grounds.period, codes)
    checks = of.grounds.past.entry_checks
    composites = [[half.composites[code] for code in codes] for half in (of.before, of.after)]
    nothing: Mapping[str, Any] = {}
    found = []
    for place in of.places:
        name = str(place.outlet)
        before, after = (
            Side(
                composites=tuple([scores.get(name) for scores in composites[turn]]),
                basis=half.bases.get(name),
                star=half.stars.get(name),
                outlet_class=half.classes.get(name),
                proposals=said[turn].get(name, ()),
                **pays[turn].get(name, nothing),
            )
            for turn, half in enumerate((of.before, of.after))
        )
        check = checks.get(place.outlet) if place.tier in AGENTS else None
        mine = of.grounds.past.entries.get(place.outlet)
        entry = None if mine is None or mine[0].score is None else (mine[0].day.isoformat(), mine[0].score)
        near = nearness.of(after, of.after.standings.get(name), check, entry, place.tier)
        found.append(Tried(name, place.tier, place.class_, place.unit_path, before, after, near))
    return found


def _names(connection: sa.Connection, found: Sequence[Tried]) -> dict[str, tuple[str, str]]:
    names: dict[str, tuple[str, str]] = {}
    ids = [UUID(row.outlet) for row in found]
    for begin in range(0, len(ids), _AT_ONCE):
        some = connection.execute(
            sa.select(col(Outlet.id), col(Outlet.name), col(Outlet.code)).where(
                col(Outlet.id).in_(ids[begin : begin + _AT_ONCE])
            )
        )
        names |= {str(outlet): (name, code) for outlet, name, code in some}
    return names
