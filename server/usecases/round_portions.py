"""The portions of a round: what each comes to, on whatever connection and in whatever process, and what is added up over them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any, Literal, TypeVar

import sqlalchemy as sa

from server.domain.explain import plain
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.queries import half_year_reckoning, indicator_tally, reckoning, star_reckoning, unit_tally
from server.queries.figures import Counted
from server.queries.period_visits import COMPOSITE
from server.queries.reckoning import AGENTS, Ground, Place, Reckoned
from server.queries.rules import rules_on
from server.queries.star_past import composites_of, known_of
from server.queries.star_reckoning import Known
from server.storage.database import Database
from server.usecases import cores
from server.usecases.round_sources import Source

_Known = TypeVar("_Known")
Row = dict[str, Any]
"""A figure as its row, but for the number of its round."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all portions of a round share; `units` are the paths of those that have a part in it."""

    period: Period
    rules: RuleSet
    source: Source
    units: Sequence[str]


@dataclass(frozen=True, slots=True)
class Portion:
    """One portion: of what, of which outlets, and what is known of them from other periods."""

    of: Literal["month", "quarter", "stars", "half_year"]
    places: Sequence[Place] = ()
    known: Known | None = None
    composites: Mapping[str, Mapping[str, Fraction | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Step:
    """What a portion comes to: its figures, the visits that they were made from with their revisions, and what its outlets
    add to their units."""

    rows: list[Row]
    visits: dict[str, int] = field(default_factory=dict)
    counted: dict[str, indicator_tally.Sums] = field(default_factory=dict)
    rated: unit_tally.Tally = field(default_factory=dict)


def listed(connection: sa.Connection, frame: Frame, places: Sequence[Place]) -> list[Portion]:
    """The portions of a round of these outlets in their order.

    A month: composites and indicators. A quarter: window scores and weak items. And stars and classes with the period
    that the rule set rates by; a half-year that is not rated has what is half-yearly. Of composites and stars each unit
    has its mean.
    """
    period, rules, source = frame.period, frame.rules, frame.source
    found: list[Portion] = []
    if period.kind == "month":
        found += [Portion("month", some) for some in reckoning.portions(connection, places)]
    elif period.kind == "quarter":
        found.append(Portion("quarter", places))
    if period.kind == rules.stars.period:
        known = known_of(connection, period, rules, places, source.at, source.today)
        for some in reckoning.portions(connection, places):
            mine = replace(known, composites=_of(some, known.composites), reached=_of(some, known.reached))
            found.append(Portion("stars", some, mine))
    elif half_year_reckoning.is_due(period.kind, rules):
        agents = [place for place in places if place.tier in AGENTS]
        half = period.kind == "half_year"
        composites = composites_of(connection, period, agents, source.today) if half else {}
        found += [
            Portion("half_year", some, composites=_of(some, composites))
            for some in reckoning.portions(connection, agents)
        ]
    return found


def composites(portions: Iterable[Portion]) -> dict[str, Mapping[str, Fraction | None]]:
    """The composites of other periods that the portions take, by outlet and month."""
    found: dict[str, Mapping[str, Fraction | None]] = {}
    for each in portions:
        found |= each.composites if each.known is None else each.known.composites
    return found


def here(connection: sa.Connection, frame: Frame, portions: Sequence[Portion]) -> Iterator[Step]:
    """What the portions come to on this connection, and then what was added up over them."""
    return _added(frame, (_computed(connection, frame, each) for each in portions))


def on_cores(database: str, frame: Frame, portions: Sequence[Portion]) -> Iterator[Step]:
    """The same by what is committed in the database of this address, on all cores of the machine."""
    # A child's start costs about as much as one portion.
    many = min(cores.there(), len(portions) // 2)
    return _added(frame, cores.in_order(_opened, (database, frame), portions, cores=many))


@contextmanager
def _opened(given: tuple[str, Frame]) -> Iterator[Callable[[Portion], Step]]:
    address, frame = given
    database = Database(address)

    def computed(portion: Portion) -> Step:
        with database.transaction(write=False) as opened:
            return _computed(opened.connection, frame, portion)

    try:
        yield computed
    finally:
        database.close()


def _added(frame: Frame, steps: Iterable[Step]) -> Iterator[Step]:
    period, rules = frame.period, frame.rules
    counted, rated = indicator_tally.empty(frame.units), unit_tally.empty(frame.units)
    for step in steps:
        indicator_tally.merge(counted, step.counted)
        unit_tally.merge(rated, step.rated)
        yield step
    if period.kind == "month":
        yield Step(_rows(frame, reckoning.indicators(counted, rules)))
        yield Step(_rows(frame, unit_tally.means(rated, "composite", rules.version)))
    if period.kind == rules.stars.period:
        yield Step(_rows(frame, unit_tally.means(rated, "star", rules.version)))


def _computed(connection: sa.Connection, frame: Frame, portion: Portion) -> Step:
    period, rules, source, some = frame.period, frame.rules, frame.source, portion.places
    counted, rated = indicator_tally.empty(frame.units), unit_tally.empty(frame.units)
    visits: Sequence[Counted] = ()
    if portion.of == "quarter":
        reckoned, visits = quarter(connection, frame, some)
    elif portion.of == "month":
        first, after = reckoning.reach(period, rules)
        of = source.of_outlets(connection, some, first, after, COMPOSITE)
        reckoned = list(reckoning.month_portion(connection, period, rules, of, counted))
        unit_tally.add(rated, "composite", some, reckoned)
        visits = of.visits
    elif portion.of == "stars":
        assert portion.known is not None
        of = source.of_outlets(connection, some, period.first, period.after, star_reckoning.KINDS)
        reckoned = list(star_reckoning.rated(connection, period, rules, [of], portion.known))
        unit_tally.add(rated, "star", some, reckoned)
        visits = of.visits
    else:
        composites = portion.composites
        reckoned = list(half_year_reckoning.of_agents(connection, period, rules, some, composites))
    return Step(
        _rows(frame, reckoned),
        {each.figure.visit: each.revision for each in visits},
        {path: sums for path, sums in counted.items() if sums},
        {path: each for path, each in rated.items() if each.of.outlets},
    )


def quarter(
    connection: sa.Connection, frame: Frame, places: Sequence[Place]
) -> tuple[list[Reckoned], list[Counted]]:
    """The figures of a quarter of these outlets, and the visits of it and of the one before."""
    period, source, before = frame.period, frame.source, frame.period.back()
    now = source.of_halls(connection, period.first, period.after)
    then = source.of_halls(connection, before.first, before.after)
    reckoned = reckoning.quarter(
        connection,
        period,
        frame.rules,
        Ground(places, now),
        Ground(places, then),
        rules_on(connection, before.first),
    )
    return reckoned, [*now, *then]


def _of(places: Sequence[Place], known: Mapping[str, _Known]) -> dict[str, _Known]:
    names = [str(place.outlet) for place in places]
    return {name: known[name] for name in names if name in known}


def _rows(frame: Frame, reckoned: Iterable[Reckoned]) -> list[Row]:
    return [row_of(frame.period.code, each) for each in reckoned]


def row_of(code: str, each: Reckoned) -> Row:
    """A figure of a period as its row, with its hash."""
    why = each.explanation.as_json()
    told = json.dumps(why, ensure_ascii=False, separators=(",", ":")).encode()
    value = plain(each.value)
    row = {
        "period": code,
        "subject": each.subject,
        "code": each.code,
        "value": None if value is None else str(value),
        "hundredths": each.hundredths,
        "rank": each.rank,
        "of": each.of,
        "explanation": zlib.compress(told),
        "parts": each.parts and json.dumps(each.parts(why), separators=(",", ":")),
    }
    row["sha256"] = hash_of(row, told)
    return row


def hash_of(row: Any, told: bytes) -> bytes:
    """The SHA-256 of a figure: whose, which, what, its rank, and its explanation as it was written."""
    head = [row[name] for name in ("subject", "code", "value", "rank", "of")]
    return sha256(json.dumps(head, ensure_ascii=False).encode() + b"\n" + told).digest()
