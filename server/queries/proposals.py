"""Proposals that follow from published figures: of a month, of a half-year and its year, of classes; nothing is stored here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain import decisions
from server.domain.access import SYSTEM
from server.domain.aggregates import mean
from server.domain.deciding import DecisionKind, Standing, change
from server.domain.decisions import Group, HalfYear, Proposal
from server.domain.periods import Period
from server.domain.ranks import among_last
from server.domain.rules import RuleSet
from server.domain.rules_stars import Decisions
from server.domain.visit import VisitKind
from server.queries import figures, inputs, reckoning, results
from server.queries.rules import rule_set, rules_on
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, OutletStatus, UnitKind
from server.storage.periods import PeriodOutlet, PeriodRow, in_round

K = DecisionKind
LOOKING_BACK = frozenset({K.WARNING, K.UPGRADE, K.DOWNGRADE, K.EXIT})
"""Kinds that look at other periods than the one that asks for them."""
_Scores = Mapping[str, Fraction | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A proposal whose conditions hold: about which outlet, from what to what, over which period, and why."""

    outlet: UUID
    kind: DecisionKind
    before: str
    after: str
    period: str
    rules_version: int
    evidence: Mapping[str, Any]


def of_period(connection: sa.Connection, code: str) -> list[Found]:
    """What the published figures of a month or half-year propose; of the second half also exits of its year, and new classes
    of the period by which they are set.

    Empty for a period whose figures are not published.
    """
    row = results.period(connection, SYSTEM, code)
    if row is None or row.state not in results.STANDING:
        return []
    rules = rule_set(connection, row.rules_version)
    found: list[Found] = []
    if row.kind == "month":
        found += _month(connection, row, rules)
    if row.kind == "half_year":
        found += _half_year(connection, row, rules)
        if Period.read(code).number == 2:
            found += _year(connection, row, rules)
    if row.kind == rules.classes.period:
        found += _new_classes(connection, row, rules)
    return found


def looked_at(connection: sa.Connection, row: PeriodRow) -> set[str]:
    """The other periods whose figures the proposals of a month or half-year look at (`LOOKING_BACK`)."""
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version).decisions
    if period.kind == "month":
        return {period.back(turn).code for turn in range(1, rules.warning.months)}
    if period.kind != "half_year":
        return set()
    halves = halves_of(period, rules)
    wholes = [*halves, Period.of("year", period.first)] if period.number == 2 else halves
    months = {month.code for whole in wholes for month in whole.split("month")}
    return months | {half.code for half in halves[:-1]}


def halves_of(half: Period, rules: Decisions) -> list[Period]:
    """The half-years at which an upgrade looks, this one the last of them."""
    return [half.back(turn) for turn in reversed(range(rules.upgrade.half_years))]


def asked_of(connection: sa.Connection, code: str) -> Iterator[tuple[DecisionKind, str]]:
    """The kinds of which a period tells whether they are proposed, each with the code that its proposals are kept under."""
    row, period = results.period(connection, SYSTEM, code), Period.read(code)
    if period.kind == "month":
        yield from ((kind, code) for kind in (K.WARNING, K.PROBATION))
    if period.kind == "half_year":
        yield from ((kind, code) for kind in (K.UPGRADE, K.DOWNGRADE))
        if period.number == 2:
            yield K.EXIT, Period.of("year", period.first).code
    if row is not None and period.kind == rule_set(connection, row.rules_version).classes.period:
        yield K.CLASS, code


def _month(connection: sa.Connection, row: PeriodRow, rules: RuleSet) -> Iterator[Found]:
    period = Period.read(row.code)
    months = [period.back(turn).code for turn in reversed(range(rules.decisions.warning.months))]
    composites = published_composites(connection, months)
    grave = grave_fails_of(connection, period, row.round)
    for outlet, standing in standings_of(connection).items():
        mine = [(month, composites[month].get(str(outlet))) for month in months]
        yield from in_month(outlet, standing, mine, grave.get(outlet, 0), rules)


def in_month(
    outlet: UUID,
    standing: Standing,
    months: Sequence[tuple[str, Fraction | None]],
    grave_fails: int,
    rules: RuleSet,
) -> Iterator[Found]:
    """What the last of these months proposes of an outlet, by its composites and those just before."""
    code, composite = months[-1]
    warned = decisions.warning(months, rules.decisions, rules.version)
    watched = decisions.probation(composite, grave_fails, rules.decisions, rules.version)
    for proposal in (warned, watched):
        yield from holding(outlet, standing, proposal, code, rules)


def _half_year(connection: sa.Connection, row: PeriodRow, rules: RuleSet) -> Iterator[Found]:
    period = Period.read(row.code)
    halves = halves_of(period, rules.decisions)
    first = halves[0].first
    composites = published_composites(
        connection, [month.code for half in halves for month in half.split("month")]
    )
    classes = {half.code: classes_of(connection, half) for half in halves}
    vetoes = inputs.vetoes(connection, SYSTEM, first, period.after)
    checks = entry_checks(connection, period)
    for outlet, standing in standings_of(connection).items():
        name = str(outlet)
        mine = [
            half_year_of(
                half,
                classes[half.code].get(name, ""),
                {month.code: composites[month.code].get(name) for month in half.split("month")},
                vetoes.get(outlet, ()),
                rules,
            )
            for half in halves
        ]
        yield from in_half_year(outlet, standing, mine, checks.get(outlet), rules)


def half_year_of(
    half: Period, outlet_class: str, composites: _Scores, vetoes: Sequence[inputs.Vetoed], rules: RuleSet
) -> HalfYear:
    """A half-year of an outlet as proposals look at it; of the vetoes those that lie in it."""
    known = [each for each in vetoes if half.holds(each.day) and each.code in rules.vetoes]
    classes = [rules.vetoes[each.code].veto_class for each in known]  # type: ignore[index]
    return HalfYear(half.code, outlet_class, composites, classes, rules.stars.rated_months_percent)


def in_half_year(
    outlet: UUID, standing: Standing, halves: Sequence[HalfYear], entry_check: Fraction | None, rules: RuleSet
) -> Iterator[Found]:
    """What the last of these half-years proposes of an outlet's tier."""
    up = decisions.upgrade(standing.tier, halves, entry_check, rules.decisions, rules.version)
    down = decisions.downgrade(standing.tier, halves[-1], rules.decisions, rules.version)
    for proposal in (up, down):
        yield from holding(outlet, standing, proposal, halves[-1].code, rules)


def _new_classes(connection: sa.Connection, row: PeriodRow, rules: RuleSet) -> Iterator[Found]:
    rated = results.by_subject(connection, SYSTEM, row.code, "outlet-class")
    for outlet, standing in standings_of(connection).items():
        result = rated.get(str(outlet))
        possible = change(K.CLASS, standing, rules.decisions.ladder, result.value or "") if result else None
        if possible:
            why = results.explanation(connection, SYSTEM, row.code, str(outlet), "outlet-class")
            yield Found(outlet, K.CLASS, *possible, row.code, rules.version, why)


def _year(connection: sa.Connection, row: PeriodRow, rules: RuleSet) -> Iterator[Found]:
    year = Period.of("year", Period.read(row.code).first)
    composites = published_composites(connection, [month.code for month in year.split("month")])
    counties = figures.units(connection, UnitKind.COUNTY)
    departments = figures.units(connection, UnitKind.DEPARTMENT)
    department_of = cache(lambda path: reckoning.within(path, departments))
    paths = _paths(connection, row)
    in_county = {name: reckoning.within(path, counties) for name, path in paths.items()}
    in_departments = {}
    for code in composites:
        month = results.period(connection, SYSTEM, code)
        # Who has moved since was ranked in the department of then, and who has left since was ranked too.
        then = {} if month is None else _paths(connection, month)
        in_departments[code] = {name: department_of(path) for name, path in then.items()}
    yield from in_year(year, in_county, in_departments, composites, standings_of(connection), rules)


def in_year(
    year: Period,
    in_county: Mapping[str, str | None],
    in_departments: Mapping[str, Mapping[str, str | None]],
    composites: Mapping[str, _Scores],
    standings: Mapping[UUID, Standing],
    rules: RuleSet,
) -> Iterator[Found]:
    """Exits, of whole county companies: only those among the last of their company's year are looked at further.

    Where each outlet lies in the end, and by month the department and the composite of all who were there then, each by the
    outlet's id as text.
    """
    months = [month.code for month in year.split("month")]
    yearly = {name: mean(composites[month].get(name) for month in months) for name in in_county}
    companies = _groups(in_county, yearly)
    monthly = {month: _groups(in_departments[month], composites[month]) for month in months}
    for scores in companies.values():
        for name in sorted(among_last(scores, rules.decisions.exit.company_last) or ()):
            lasts = [
                Group(month, monthly[month].get(in_departments[month].get(name) or "", {}))
                for month in months
            ]
            proposal = decisions.exit_(name, Group(year.code, scores), lasts, rules.decisions, rules.version)
            outlet = UUID(name)
            if outlet in standings:
                yield from holding(outlet, standings[outlet], proposal, year.code, rules)


def holding(
    outlet: UUID, standing: Standing, proposal: Proposal, period: str, rules: RuleSet
) -> Iterator[Found]:
    """What is proposed of an outlet where the conditions hold and it can be changed so."""
    kind = DecisionKind(proposal.kind)
    possible = change(kind, standing, rules.decisions.ladder) if proposal.holds else None
    if possible:
        yield Found(outlet, kind, *possible, period, rules.version, proposal.explanation.as_json())


def _groups(where: Mapping[str, str | None], scores: _Scores) -> dict[str, dict[str, Fraction | None]]:
    found: defaultdict[str, dict[str, Fraction | None]] = defaultdict(dict)
    for name, place in where.items():
        if place is not None and name in scores:
            found[place][name] = scores[name]
    return found


def published_composites(
    connection: sa.Connection, months: Sequence[str]
) -> dict[str, dict[str, Fraction | None]]:
    """Published composites by month and outlet; a month that is not published has none."""
    found = results.over(connection, SYSTEM, months, "composite", states=results.STANDING)
    return {month: {name: one.exact for name, one in found[month].items()} for month in months}


def classes_of(connection: sa.Connection, half: Period) -> dict[str, str]:
    """The class of each outlet by the customers of a half-year, else the one it had in the half-year's last month.

    Where classes are set by quarter or year, by the customers of the one that ends with the half-year.
    """
    last = results.period(connection, SYSTEM, half.split("month")[-1].code)
    sets = rules_on(connection, half.first).classes.period
    ending = Period.of(sets, half.last)
    rated = (
        results.by_subject(connection, SYSTEM, ending.code, "outlet-class", states=results.STANDING)
        if ending.last == half.last
        else {}
    )
    had = (
        {str(one.outlet_id): one.class_ for one in results.outlets_then(connection, last.code, last.round)}
        if last
        else {}
    )
    return had | {name: one.value or "" for name, one in rated.items()}


def _paths(connection: sa.Connection, row: PeriodRow) -> dict[str, str]:
    table = PeriodOutlet.__table__  # type: ignore[attr-defined]
    rows = connection.execute(
        sa.select(table.c.outlet_id, table.c.unit_path).where(
            table.c.period == row.code, in_round(table.c, row.round)
        )
    )
    return {str(outlet): path for outlet, path in rows}


def grave_fails_of(connection: sa.Connection, month: Period, round_: int | None) -> dict[UUID, int]:
    """How many visits of a month had a grave fail, of those of a stored round, or (None) of those that count now."""
    facts = VisitFacts
    statement = sa.select(col(facts.visit_id), col(facts.revision), col(facts.outlet_id)).where(
        col(facts.cap).is_not(None),
        col(facts.counts_on) >= month.first,
        col(facts.counts_on) < month.after,
    )
    if round_ is None:
        return Counter(
            outlet for *_, outlet in connection.execute(statement.where(col(facts.counts) == sa.true()))
        )
    rows = connection.execute(statement).all()
    # They are few: which of them a round has is asked of them alone, not of all visits of the month.
    kept = figures.kept_of(connection, month.code, round_, {visit for visit, *_ in rows})
    return Counter(outlet for visit, revision, outlet in rows if (visit, revision) in kept)


def entry_checks(connection: sa.Connection, period: Period) -> dict[UUID, Fraction]:
    """The score of each outlet's latest accepted entry check up to the end of a period."""
    rows = connection.execute(
        sa.select(col(VisitFacts.outlet_id), col(VisitFacts.score))
        .where(
            col(VisitFacts.counts) == sa.true(),
            col(VisitFacts.kind) == VisitKind.ONBOARDING.value,
            col(VisitFacts.counts_on) < period.after,
            col(VisitFacts.score).is_not(None),
        )
        .order_by(col(VisitFacts.counts_on))
    )
    return {outlet: Fraction(score, 100) for outlet, score in rows if score is not None}


def standings_of(connection: sa.Connection) -> dict[UUID, Standing]:
    """The outlets that take part, as far as decisions change them, in the order of their ids."""
    rows = connection.execute(
        sa.select(col(Outlet.id), col(Outlet.tier), col(Outlet.class_), col(Outlet.status))
        .where(col(Outlet.status) != OutletStatus.EXITED)
        .order_by(col(Outlet.id))
    )
    return {outlet: standing_of(*standing) for outlet, *standing in rows}


def standing_of(tier: str, class_: str, status: str) -> Standing:
    """An outlet as decisions look at it, from its columns."""
    return Standing(str(tier), class_, str(status))
