"""Reckoning: the figures of a period from its outlets, visits and inputs under a rule set; nothing is stored here.

The same functions serve the draft of a period, its replay, and the trial of another rule set: whoever calls says which
outlets as they were, which revisions of visits, and which rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain import composite as composites
from server.domain import service_indicators, weak_items
from server.domain.access import SYSTEM
from server.domain.aggregates import VisitFigure, mean_of
from server.domain.exact import half_up
from server.domain.explain import Explanation, Value, named
from server.domain.indicators import Sum
from server.domain.periods import Period
from server.domain.ranks import ranks
from server.domain.rules import RuleSet
from server.domain.visit import VisitKind
from server.domain.window import Window, window
from server.queries import figures, inputs
from server.queries.figures import Counted, Span
from server.storage.organisation import Outlet, OutletStatus, Tier, UnitKind

AGENTS = frozenset({Tier.FRANCHISE, Tier.EXCLUSIVE, Tier.ORDINARY, Tier.VILLAGE})
_COUNTED_KINDS = (VisitKind.MYSTERY, VisitKind.AREA_VISIT, VisitKind.PATROL)


@dataclass(frozen=True, slots=True)
class Place:
    """An outlet as it is reckoned with."""

    outlet: UUID
    unit_path: str
    tier: str
    class_: str
    setting: str
    since: date | None
    star: int | None


@dataclass(frozen=True, slots=True)
class Reckoned:
    """One figure: whose (an outlet's id or a unit's path), which, exactly, its rank of how many, and why."""

    subject: str
    code: str
    value: Value
    explanation: Explanation
    rank: int | None = None
    of: int | None = None

    @property
    def hundredths(self) -> int | None:
        """The figure as a number, half up; None where it is none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | Fraction):
            return None
        return half_up(Fraction(self.value) * 100)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a period is computed from: outlets as they were, and the visits that count, each in one revision."""

    places: Sequence[Place]
    visits: Sequence[Counted]
    by_outlet: Mapping[UUID, Sequence[VisitFigure]] = field(default_factory=dict)


def places(connection: sa.Connection, within: str = "") -> list[Place]:
    """The outlets as they are now, but those that have left, in the order of their ids."""
    statement = sa.select(
        col(Outlet.id),
        col(Outlet.unit_path),
        col(Outlet.tier),
        col(Outlet.class_),
        col(Outlet.setting),
        col(Outlet.cooperation_since),
        col(Outlet.star),
    ).where(col(Outlet.status) != OutletStatus.EXITED)
    if within:
        statement = statement.where(col(Outlet.unit_path).startswith(within, autoescape=True))
    rows = connection.execute(statement.order_by(col(Outlet.id)))
    return [Place(row[0], row[1], str(row[2]), row[3], str(row[4]), row[5], row[6]) for row in rows]


def ground(
    connection: sa.Connection, places_: Sequence[Place], first: date, after: date, within: str = ""
) -> Ground:
    """What is there of a span of days, with the visits as they count now."""
    visits = figures.counted(connection, Span(first, after, _COUNTED_KINDS, within))
    return grounded(places_, visits)


def grounded(places_: Sequence[Place], visits: Sequence[Counted]) -> Ground:
    """The same from visits that were kept."""
    by_outlet: defaultdict[UUID, list[VisitFigure]] = defaultdict(list)
    for visit in visits:
        by_outlet[UUID(visit.figure.outlet)].append(visit.figure)
    return Ground(places_, visits, by_outlet)


def reach(month: Period, rules: RuleSet) -> tuple[date, date]:
    """The days from which a month's composite takes visits: its own, and those of the months that may stand in."""
    return month.back(rules.composite.missing.months_before).first, month.after


def month(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    of: Ground,
) -> list[Reckoned]:
    """The composite of each agent outlet, ranked in its county, and the six indicators of each branch and the province."""
    missing = rules.composite.missing
    span = max(missing.months_before + 1, missing.replies_months)
    months = [period.back(turn).code for turn in range(span)]
    counts = inputs.counts(connection, SYSTEM, months)
    found: dict[UUID, composites.Composite] = {}
    for place in of.places:
        if place.tier in AGENTS:
            facts = _facts(counts.get(place.outlet, {}), of.by_outlet.get(place.outlet, ()), period)
            found[place.outlet] = composites.of_month(
                period, place.tier, facts, rules.composite, rules.version
            )
    reckoned = list(_ranked(of.places, found, figures.units(connection, UnitKind.COUNTY)))
    reckoned += _indicators(connection, period, rules, of, counts)
    return reckoned


def _facts(counts: inputs.Counts, visits: Sequence[VisitFigure], month: Period) -> composites.Facts:
    return composites.Facts(
        replies=inputs.shares(counts, "csat_hall"),
        mystery=[visit for visit in visits if visit.kind == VisitKind.MYSTERY],
        area_visits=[visit for visit in visits if visit.kind == VisitKind.AREA_VISIT],
        complaints=inputs.parts(counts, "complaints"),
        errors=inputs.parts(counts, "audit"),
        staff=inputs.shares(counts, "certified"),
        praises=inputs.parts(counts, "praises").get(month.code, 0),
        ideas=inputs.parts(counts, "ideas").get(month.code, 0),
    )


def _ranked(
    places_: Sequence[Place],
    found: Mapping[UUID, composites.Composite],
    counties: Mapping[str, str],
) -> Iterable[Reckoned]:
    """Composites with their ranks in the county company; outside of one, an outlet has no rank."""
    groups: defaultdict[str, dict[str, Fraction | None]] = defaultdict(dict)
    where: dict[UUID, str] = {}
    for place in places_:
        if place.outlet in found:
            county = within(place.unit_path, counties)
            if county:
                where[place.outlet] = county
                groups[county][str(place.outlet)] = found[place.outlet].value
    ranked = {county: ranks(scores) for county, scores in groups.items()}
    for outlet, one in found.items():
        group = ranked.get(where.get(outlet, ""), {})
        yield Reckoned(
            str(outlet), "composite", one.value, one.explanation, group.get(str(outlet)), len(group) or None
        )


def _indicators(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    of: Ground,
    counts: Mapping[UUID, inputs.Counts],
) -> Iterable[Reckoned]:
    units = figures.units(connection, UnitKind.PROVINCE) | figures.units(connection, UnitKind.BRANCH)
    listed: dict[str, list[service_indicators.Counted]] = {path: [] for path in units}
    for place in of.places:
        mine = [
            by_month[period.code]
            for code, by_month in counts.get(place.outlet, {}).items()
            if code in service_indicators.CODES and period.code in by_month
        ]
        for path in paths_of(place.unit_path):
            if mine and path in listed:
                listed[path] += mine
    for path, mine in listed.items():
        for result in service_indicators.results(mine, rules.indicators, rules.version):
            yield Reckoned(path, result.code, result.rate, result.explanation)


def quarter(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    of: Ground,
    before: Ground,
    rules_before: RuleSet | None = None,
) -> list[Reckoned]:
    """Of each branch and the province: window score with its rank, weak item, what became of the one before, after deduction.

    `of` and `before` hold the visits of this quarter and of the one before. The target of a weak item is that of the
    branch's rank by its mean visit score in the quarter in which it was found.
    """
    branches = figures.units(connection, UnitKind.BRANCH)
    now, then = (
        _windows(connection, branches, of, rules),
        _windows(connection, branches, before, rules_before or rules),
    )
    places_then = ranks({path: each.window.visit_score for path, each in then.items()})
    by_score = ranks({path: each.window.score for path, each in now.items()})
    by_visits = ranks({path: each.window.visit_score for path, each in now.items()})
    reckoned: list[Reckoned] = []
    for path, each in now.items():
        score, weakest = each.window.score, weak_items.weakest(each.sums, rules.weak_item, rules.version)
        reckoned.append(
            Reckoned(path, "window", score, each.window.explanation, by_score.get(path), len(by_score))
        )
        visit_mean = Explanation(
            "visit-mean", each.window.visit_score, named({"visits": each.window.visits}), rules=rules.version
        )
        reckoned.append(
            Reckoned(
                path, "visit-mean", each.window.visit_score, visit_mean, by_visits.get(path), len(by_visits)
            )
        )
        found = weakest.item
        reckoned.append(
            Reckoned(path, "weak-item", found.indicator.id if found else None, weakest.explanation)
        )
        was = weak_items.weakest(then[path].sums, (rules_before or rules).weak_item, rules.version).item
        if was is None or path not in places_then:
            continue
        later = next((one for one in each.sums if one.indicator.id == was.indicator.id), None)
        became = weak_items.improved(was, places_then[path], later, rules.weak_item, rules.version)
        reckoned.append(Reckoned(path, "weak-item-improvement", became.outcome, became.explanation))
        reduced = weak_items.after_deduction(score, became)
        why = Explanation(
            "window-after-deduction",
            reduced,
            named({"score": score, "deduction": became.deduction}),
            parts=(became.explanation,),
            rules=rules.version,
        )
        reckoned.append(Reckoned(path, "window-after-deduction", reduced, why))
    return reckoned


@dataclass(frozen=True, slots=True)
class _Quarter:
    window: Window
    sums: Sequence[Sum]


def _windows(
    connection: sa.Connection,
    branches: Mapping[str, str],
    of: Ground,
    rules: RuleSet,
) -> dict[str, _Quarter]:
    """The window score and the indicators of each branch with mystery visits to own halls."""
    mystery = [
        visit for visit in of.visits if visit.tier == Tier.OWN_HALL and visit.figure.kind == VisitKind.MYSTERY
    ]
    found = {}
    for path, mine in figures.by_unit(mystery, list(branches)).items():
        one = window([visit.figure for visit in mine], rules.window, rules.aggregates, rules.version)
        found[path] = _Quarter(one, figures.summed(connection, mine))
    return found


def branch_mean(visits: Iterable[VisitFigure], rules: RuleSet) -> Fraction | None:
    """The mean of a unit's visits as the rule set takes it: of its outlets' means, or of all visits."""
    return mean_of(((visit.outlet, visit.score) for visit in visits), rules.aggregates)


def within(path: str, units: Collection[str]) -> str | None:
    """The unit among `units` in which a path lies."""
    return next((each for each in paths_of(path) if each in units), None)


def paths_of(path: str) -> list[str]:
    """The path of a unit and those of all above it, from the top."""
    steps = path.strip("/").split("/")
    return ["/".join(steps[: depth + 1]) + "/" for depth in range(len(steps))]
