"""What a trial of rules stands on: each period as it is stored, or else as it would be computed now, and what lies before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.deciding import Standing
from server.domain.explain import Explanation
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.trials import Hanging, PeriodAhead, hanging
from server.queries import commission_history, figures, inputs, outlets_then, proposals, results
from server.queries.reckoning import Place
from server.queries.rules import rules_on
from server.queries.star_past import published_before, reached_before
from server.storage.organisation import Outlet, OutletStatus, UnitKind
from server.usecases.period_corrections import stored_round
from server.usecases.period_rounds import Round
from server.usecases.round_sources import Now

Scores = Mapping[str, Fraction | None]
"""Composites by the outlet's id as text."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One period of a trial: its outlets, visits and rules as they are stored, or (`number` None) as they are now.

    `number` is the stored round, `hangs` which figures hang on what differs from the rules that are tried.
    """

    round: Round
    number: int | None
    hangs: frozenset[Hanging]
    places: Mapping[UUID, Place]

    @property
    def code(self) -> str:
        """The code of the period."""
        return self.round.period.code

    @property
    def rules(self) -> RuleSet:
        """The rules that the period was computed with, or would be."""
        return self.round.rules


@dataclass(frozen=True, slots=True)
class Past:
    """What lies before the period or beside its figures, the same for both sides.

    `composites` are the published ones of earlier months by month, `reached` the stars whose gates were passed before,
    `published` when each earlier rating was published,
    `classes` by half-year those that an outlet had, `grave` by month how many visits of an outlet had a grave fail, `first_class`
    by month the outlets with a class-1 veto under the rules of the month and under those that are tried.
    """

    composites: Mapping[str, Scores]
    reached: Mapping[str, Sequence[int]]
    published: Mapping[str, datetime | None]
    classes: Mapping[str, Mapping[str, str]]
    grave: Mapping[str, Mapping[UUID, int]]
    entry_checks: Mapping[UUID, Fraction]
    vetoes: Mapping[UUID, Sequence[inputs.Vetoed]]
    first_class: Mapping[str, tuple[Collection[UUID], Collection[UUID]]]
    standings: Mapping[UUID, Standing]
    counties: Mapping[str, str]
    departments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grounds:
    """A period under trial: its months that have begun, its quarters, itself, all its outlets as they were last, the past."""

    period: Period
    rules: RuleSet
    today: date
    months: tuple[Stage, ...]
    quarters: tuple[Stage, ...]
    whole: Stage
    places: tuple[Place, ...]
    past: Past

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the months."""
        return tuple(month.code for month in self.months)

    @property
    def hangs(self) -> frozenset[Hanging]:
        """Which figures hang on what differs, in any of its periods."""
        return frozenset[Hanging]().union(*(stage.hangs for stage in (*self.months, self.whole)))


Told = dict[tuple[str, str], dict[str, Any]]
"""Explanations as JSON values by period and figure."""


@dataclass(slots=True)
class Half:
    """One side of a portion while it is reckoned: figures by month or of the period, by the outlet's id as text."""

    rules: Mapping[str, RuleSet]
    composites: dict[str, dict[str, Fraction | None]] = field(default_factory=dict)
    stars: dict[str, int | None] = field(default_factory=dict)
    bases: dict[str, int | None] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    told: Told = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Portion:
    """Both sides of some outlets, which are whole counties; `about` is one whose explanations are wanted as text."""

    grounds: Grounds
    places: Sequence[Place]
    before: Half
    after: Half
    about: str = ""

    @property
    def names(self) -> list[str]:
        """The outlets' ids as text."""
        return [str(place.outlet) for place in self.places]


def tell(half: Half, name: str, about: str, period: str, figure: str, why: Explanation) -> None:
    """Keep an explanation if it is that of the outlet whose explanations are wanted."""
    if name == about:
        half.told[period, figure] = why.as_json()


def grounds(connection: sa.Connection, period: Period, rules: RuleSet, today: date) -> Grounds:
    """Read what a trial of these rules on a month, quarter or half-year stands on. Raises PeriodAhead."""
    if period.first > today:
        raise PeriodAhead(period=period.code)
    months = tuple(
        _stage(connection, each, rules, today) for each in period.split("month") if each.first <= today
    )
    whole = months[0] if period.kind == "month" else _stage(connection, period, rules, today)
    quarters: tuple[Stage, ...] = ()
    if period.kind != "month":
        begun = [each for each in period.split("quarter") if each.first <= today]
        quarters = tuple(
            whole if each == period else _stage(connection, each, rules, today) for each in begun
        )
    # The later a stage, the nearer to what the outlet was at the end; the period itself knows best.
    latest: dict[UUID, Place] = {}
    for stage in (*months, whole) if whole.number is not None else (whole, *months):
        latest |= stage.places
    places = tuple(latest[outlet] for outlet in sorted(latest))
    return Grounds(
        period,
        rules,
        today,
        months,
        quarters,
        whole,
        places,
        _past(connection, period, rules, months, whole, places),
    )


def _stage(connection: sa.Connection, period: Period, tried: RuleSet, today: date) -> Stage:
    row = results.period(connection, SYSTEM, period.code)
    if row is not None and row.digest:
        round_ = stored_round(connection, row)
        number: int | None = row.round
    else:
        places = outlets_then.places(connection, period.last)
        round_ = Round(period, rules_on(connection, period.first), places, Now(today))
        number = None
    return Stage(
        round_, number, hanging(round_.rules, tried), {place.outlet: place for place in round_.places}
    )


def _past(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    months: Sequence[Stage],
    whole: Stage,
    places: Sequence[Place],
) -> Past:
    asked = max(each.decisions.upgrade.half_years for each in (rules, whole.rules))
    halves = [period.back(turn) for turn in range(1, asked)] if period.kind == "half_year" else []
    warned = max(each.decisions.warning.months for each in (rules, *(month.rules for month in months)))
    before = {months[0].round.period.back(turn).code for turn in range(1, warned)}
    if period.kind == "half_year":
        year = Period.of("year", period.first)
        before |= {month.code for month in year.split("month") if month.first < period.first}
        before |= {month.code for half in halves for month in half.split("month")}
    first = halves[-1].first if halves else period.first
    return Past(
        proposals.published_composites(connection, sorted(before)),
        reached_before(connection, period, rules, places),
        published_before(connection, period),
        {half.code: proposals.classes_of(connection, half) for half in (*halves, *_halves(period))},
        {
            stage.code: proposals.grave_fails_of(connection, stage.round.period, stage.number)
            for stage in months
        },
        proposals.entry_checks(connection, period) if period.kind == "half_year" else {},
        inputs.vetoes(connection, SYSTEM, first, period.after, whole.round.source.at),
        {
            stage.code: (
                commission_history.first_class(connection, stage.round.period, stage.rules),
                commission_history.first_class(connection, stage.round.period, rules),
            )
            for stage in months
        },
        _standings(connection, places),
        figures.units(connection, UnitKind.COUNTY),
        figures.units(connection, UnitKind.DEPARTMENT),
    )


def _halves(period: Period) -> tuple[Period, ...]:
    return (period,) if period.kind == "half_year" else ()


def _standings(connection: sa.Connection, places: Sequence[Place]) -> dict[UUID, Standing]:
    """Each outlet as it was then; its status is that of now, and of one that has left since, that it was active."""
    rows = connection.execute(
        sa.select(col(Outlet.id), col(Outlet.status)).where(col(Outlet.status) != OutletStatus.EXITED)
    )
    now = {outlet: str(status) for outlet, status in rows}
    active = str(OutletStatus.ACTIVE)
    return {
        place.outlet: Standing(place.tier, place.class_, now.get(place.outlet, active)) for place in places
    }
