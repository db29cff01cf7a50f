"""What stars build on of other periods: monthly composites as they were published, and stars that were reached before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction

import sqlalchemy as sa

from server.domain.access import SYSTEM
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.visit import VisitKind
from server.queries import reckoning, results
from server.queries.reckoning import Place
from server.queries.rules import rule_set, rules_on
from server.queries.star_reckoning import Known
from server.storage.periods import PeriodRow, PeriodState


def known_of(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    places: Sequence[Place],
    at: datetime | None,
    today: date,
) -> Known:
    """What is known of a period's months and of the periods before it."""
    return Known(
        composites_of(connection, period, places, today),
        reached_before(connection, period, rules, places),
        at,
        published_before(connection, period),
    )


def composites_of(
    connection: sa.Connection, period: Period, places: Sequence[Place], today: date
) -> dict[str, dict[str, Fraction | None]]:
    """The composites of a period's months, by outlet and month.

    Those that were published; before that they are reckoned from what is there. A month that has not begun has none.
    """
    composites: defaultdict[str, dict[str, Fraction | None]] = defaultdict(dict)
    for month in period.split("month"):
        for outlet, value in _composites(connection, month, places, today).items():
            composites[outlet][month.code] = value
    return composites


def published_before(connection: sa.Connection, period: Period) -> Mapping[str, datetime]:
    """When each rating of the same length before a period was published, of those that stand; by code."""
    return {
        row.code: row.published_at
        for row in ratings_before(connection, period)
        if row.kind == period.kind and row.published_at is not None
    }


def reached_before(
    connection: sa.Connection, period: Period, rules: RuleSet, places: Sequence[Place]
) -> Mapping[str, Sequence[int]]:
    """The highest star whose gates each outlet passed in the periods just before, by the ratings that stand, the latest first."""
    reached: defaultdict[str, list[int]] = defaultdict(list)
    for turn in range(1, rules.stars.running.periods):
        code = period.back(turn).code
        before = results.by_subject(
            connection, SYSTEM, code, "star-reached", subjects=_few(places), states=results.STANDING
        )
        for outlet, each in before.items():
            # A gap ends what ran.
            if len(reached[outlet]) == turn - 1 and each.value is not None:
                reached[outlet].append(int(each.value))
    return reached


def stars_before(connection: sa.Connection, period: Period, outlets: Sequence[str]) -> Mapping[str, int]:
    """The star that each outlet has by the latest rating before a period that stands; whom none has rated is not in it."""
    held: dict[str, int] = {}
    left = outlets
    for row in ratings_before(connection, period):
        if not left:
            break
        some = left if len(left) <= _FEW else ()
        stored = results.by_subject(connection, SYSTEM, row.code, "star", subjects=some)
        held |= {
            outlet: int(each.value)
            for outlet in left
            if (each := stored.get(outlet)) and each.value is not None
        }
        left = [outlet for outlet in left if outlet not in held]
    return held


def ratings_before(connection: sa.Connection, period: Period) -> list[PeriodRow]:
    """The ratings that begin before a period and stand, of whatever length the rules of then asked for, the latest first."""
    return [row for row in _ratings(connection, period) if row.state in results.STANDING]


def ratings_open(connection: sa.Connection, period: Period) -> list[str]:
    """The codes of the ratings before a period that were published once and are not closed, the earliest first."""
    return [
        row.code
        for row in reversed(_ratings(connection, period))
        if row.published_at is not None and row.state is not PeriodState.CLOSED
    ]


def _ratings(connection: sa.Connection, period: Period) -> list[PeriodRow]:
    rows = [
        row
        for row in results.periods(connection, SYSTEM)
        if row.kind == rule_set(connection, row.rules_version).stars.period
        and Period.read(row.code).first < period.first
    ]
    return sorted(rows, key=lambda row: Period.read(row.code).first, reverse=True)


def _composites(
    connection: sa.Connection, month: Period, places: Sequence[Place], today: date
) -> dict[str, Fraction | None]:
    row = results.period(connection, SYSTEM, month.code)
    if row is not None and row.state in results.STANDING:
        stored = results.by_subject(connection, SYSTEM, month.code, "composite", subjects=_few(places))
        return {outlet: each.exact for outlet, each in stored.items()}
    if month.first > today:
        return {}
    rules = rules_on(connection, month.first)
    first, after = reckoning.reach(month, rules)
    agents = [place for place in places if place.tier in reckoning.AGENTS]
    found: dict[str, Fraction | None] = {}
    for some in reckoning.portions(connection, agents):
        of = reckoning.portion(connection, some, first, after, (VisitKind.MYSTERY, VisitKind.AREA_VISIT))
        counts = reckoning.counts_of(connection, month, rules, some)
        for outlet, one in reckoning.composites_of(month, rules, of, counts).items():
            found[str(outlet)] = one.value
    return found


def _few(places: Sequence[Place]) -> list[str]:
    """The outlets to be named to the database; none, where all are read."""
    return [str(place.outlet) for place in places] if len(places) <= _FEW else []


_FEW = 500
