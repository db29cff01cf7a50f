"""What a trial of rules stands on: each period as it is stored, or else as it would be computed now, and what lies before.

All of it is small, so that it goes to every process that reckons a portion; outlets and their figures are read by portion.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.trials import Hanging, PeriodAhead, hanging
from server.domain.visit import SHANGHAI
from server.queries import (
    commission_history,
    entry_proposals,
    figures,
    inputs,
    outlets_then,
    proposals,
    results,
    stored_figures,
)
from server.queries.entry_proposals import Check
from server.queries.reckoning import Place
from server.queries.rules import rule_set, rules_on
from server.queries.star_past import published_before
from server.storage.organisation import OutletStatus, UnitKind
from server.storage.visits import Visit
from server.usecases.round_sources import Now, Source, Then

Otherwise = Mapping[str, Mapping[UUID, Place | None]]
"""Outlets that a period has otherwise than they were last, by its code; None: it has them not at all."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One period of a trial: its rules and visits as they are stored, or (`number` None) as they are now.

    `number` is the stored round, computed at `at`; `hangs` which figures hang on what differs from the rules that are tried.
    """

    period: Period
    rules: RuleSet
    source: Source
    number: int | None
    at: datetime | None
    hangs: frozenset[Hanging]

    @property
    def code(self) -> str:
        """The code of the period."""
        return self.period.code


@dataclass(frozen=True, slots=True)
class Past:
    """What lies before the period or beside its figures, the same for both sides.

    `rounds` are the published months before by their codes, `filling` those that may stand in for what a composite lacks, `published` when each earlier rating was published, `classes` by
    half-year those of outlets with an entry check, `grave` by month how many visits of an outlet had a grave fail,
    `entry_checks` their latest scores, `entries` the checks of the period's days, each with the rules of its day,
    `star_vetoes` those that stars may ask for, `first_class` by month the outlets with a class-1 veto under the rules of the month and under those that are tried.
    """

    rounds: Mapping[str, int]
    filling: Mapping[str, int]
    published: Mapping[str, datetime]
    classes: Mapping[str, Mapping[str, str]]
    grave: Mapping[str, Mapping[UUID, int]]
    entry_checks: Mapping[UUID, Fraction]
    entries: Mapping[UUID, tuple[Check, RuleSet]]
    vetoes: Mapping[UUID, Sequence[inputs.Vetoed]]
    star_vetoes: Mapping[UUID, Sequence[inputs.Vetoed]]
    first_class: Mapping[str, tuple[Collection[UUID], Collection[UUID]]]
    counties: Mapping[str, str]
    departments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Grounds:
    """A period under trial: its months that have begun, its quarters, itself, and what lies before."""

    period: Period
    rules: RuleSet
    today: date
    months: tuple[Stage, ...]
    quarters: tuple[Stage, ...]
    whole: Stage
    past: Past

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the months."""
        return tuple(month.code for month in self.months)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The months and the period itself, each once."""
        return self.months if self.whole in self.months else (*self.months, self.whole)

    @property
    def stored(self) -> tuple[str, ...]:
        """The periods that are taken as they are stored."""
        every = (*self.months, *self.quarters, self.whole)
        return tuple(dict.fromkeys(stage.code for stage in every if stage.number is not None))

    @property
    def hangs(self) -> frozenset[Hanging]:
        """Which figures hang on what differs, in any of its periods."""
        return frozenset[Hanging]().union(*(stage.hangs for stage in (*self.months, self.whole)))


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
    past = _past(connection, period, rules, months, whole)
    return Grounds(period, rules, today, months, quarters, whole, past)


def outlets(connection: sa.Connection, of: Grounds) -> tuple[list[Place], Otherwise]:
    """All outlets as they were last, in the order of their ids; and which of them a period has otherwise, or (None) not at all."""
    whole = of.whole
    # The later a stage, the nearer to what the outlet was at the end; a stored period itself knows best.
    first = whole if whole.number is not None else of.months[-1]
    latest = _places(connection, first)
    known = set(latest)
    otherwise: dict[str, dict[UUID, Place | None]] = {}
    for stage in sorted(of.stages, key=lambda each: (each is whole, each.period.first), reverse=True):
        if stage is first:
            here: dict[UUID, Place | None] = {}
        elif stage.number is not None and first.number is not None:
            here = stored_figures.otherwise(connection, stage.code, stage.number, first.code, first.number)
        else:
            every = _places(connection, stage)
            here = {outlet: place for outlet, place in every.items() if place != latest.get(outlet)}
            here |= {outlet: None for outlet in known if outlet not in every}
        for outlet, place in here.items():
            if place is not None:
                latest.setdefault(outlet, place)
        otherwise[stage.code] = here
    added = [outlet for outlet in latest if outlet not in known]
    for code, here in otherwise.items():
        otherwise[code] = dict.fromkeys(added) | here
    return [latest[outlet] for outlet in sorted(latest)], otherwise


def _places(connection: sa.Connection, stage: Stage) -> dict[UUID, Place]:
    if stage.number is None:
        return {place.outlet: place for place in outlets_then.of_period(connection, stage.period)}
    return stored_figures.places(connection, stage.code, stage.number)


def _stage(connection: sa.Connection, period: Period, tried: RuleSet, today: date) -> Stage:
    row = results.period(connection, SYSTEM, period.code)
    if row is None or not row.digest:
        rules = rules_on(connection, period.first)
        return Stage(period, rules, Now(today), None, None, hanging(rules, tried))
    rules = rule_set(connection, row.rules_version)
    drafted: datetime = row.drafted_at
    source = Then(row.code, row.round, drafted.astimezone(SHANGHAI).date(), drafted)
    return Stage(period, rules, source, row.round, drafted, hanging(rules, tried))


def _past(
    connection: sa.Connection, period: Period, rules: RuleSet, months: Sequence[Stage], whole: Stage
) -> Past:
    asked = max(each.decisions.upgrade.half_years for each in (rules, whole.rules))
    halves = [period.back(turn) for turn in range(asked)] if period.kind == "half_year" else []
    warned = max(each.decisions.warning.months for each in (rules, *(month.rules for month in months)))
    before = {months[0].period.back(turn).code for turn in range(1, warned)}
    if period.kind == "half_year":
        year = Period.of("year", period.first)
        before |= {month.code for month in year.split("month") if month.first < period.first}
        before |= {month.code for half in halves[1:] for month in half.split("month")}
    first = halves[-1].first if halves else period.first
    checks = proposals.entry_checks(connection, period) if halves else {}
    # A class matters to nobody but who could rise.
    rising = {str(outlet) for outlet in checks}
    back = rules.composite.missing.months_before
    return Past(
        _rounds(connection, before),
        _rounds(connection, {months[0].period.back(turn + 1).code for turn in range(back)}),
        published_before(connection, period),
        {
            half.code: {
                name: letter
                for name, letter in proposals.classes_of(connection, half).items()
                if name in rising
            }
            for half in (halves if rising else ())
        },
        {stage.code: proposals.grave_fails_of(connection, stage.period, stage.number) for stage in months},
        checks,
        _entries(connection, period),
        inputs.vetoes(connection, SYSTEM, first, period.after, whole.source.at),
        inputs.vetoes(connection, SYSTEM, date.min, period.after, whole.source.at),
        {
            stage.code: (
                commission_history.first_class(connection, stage.period, stage.rules),
                commission_history.first_class(connection, stage.period, rules),
            )
            for stage in months
        },
        figures.units(connection, UnitKind.COUNTY),
        figures.units(connection, UnitKind.DEPARTMENT),
    )


def _entries(connection: sa.Connection, period: Period) -> dict[UUID, tuple[Check, RuleSet]]:
    """The period's entry checks, each of an outlet that was still to begin."""
    days = col(Visit.visit_date) >= period.first, col(Visit.visit_date) < period.after
    onboarding = str(OutletStatus.ONBOARDING)
    return {
        check.outlet: (
            replace(check, standing=replace(check.standing, status=onboarding)),
            rules_on(connection, check.day),
        )
        for check in entry_proposals.checks(connection, *days)
    }


def _rounds(connection: sa.Connection, codes: Collection[str]) -> dict[str, int]:
    """The rounds of those periods that are published."""
    rows = results.periods(connection, SYSTEM, sorted(codes)) if codes else []
    return {row.code: row.round for row in rows if row.state in results.STANDING}
