"""Reckoning: the figures of a period from its outlets, visits and inputs under a rule set; nothing is stored here.

The same functions serve the draft of a period, its replay, and the trial of another rule set: whoever calls says which
outlets as they were, which revisions of visits, and which rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.domain import composite as rating
from server.domain.access import SYSTEM
from server.domain.aggregates import VisitFigure
from server.domain.exact import half_up
from server.domain.explain import Explanation, Value, named
from server.domain.figure_parts import composite_parts
from server.domain.periods import Period
from server.domain.ranks import ranks
from server.domain.rules import RuleSet
from server.domain.units import paths_of
from server.domain.visit import VisitKind
from server.queries import figures, indicator_tally, inputs, unit_quarters, visit_timers
from server.queries.figures import Counted, Span
from server.queries.indicator_tally import Tally
from server.queries.unit_quarters import UnitQuarter
from server.storage.organisation import Tier, UnitKind

AGENTS = frozenset({Tier.FRANCHISE, Tier.EXCLUSIVE, Tier.ORDINARY, Tier.VILLAGE})
PORTION = 1500
"""So many outlets are reckoned at a time where counties allow it."""
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
    """One figure: whose (an outlet's id or a unit's path), which, exactly, its rank of how many, and why.

    `parts` makes what is kept beside it of its explanation as JSON values (`domain/figure_parts.py`).
    """

    subject: str
    code: str
    value: Value
    explanation: Explanation
    rank: int | None = None
    of: int | None = None
    parts: Callable[[dict[str, Any]], Sequence[Any]] | None = None

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


def portion(
    connection: sa.Connection,
    places_: Sequence[Place],
    first: date,
    after: date,
    kinds: Collection[VisitKind] = _COUNTED_KINDS,
) -> Ground:
    """What is there of these outlets in a span of days, wherever they lay when they were visited, as the visits count now."""
    span = Span(first, after, kinds, outlets=[place.outlet for place in places_])
    return grounded(places_, figures.counted(connection, span))


def grounded(places_: Sequence[Place], visits: Sequence[Counted]) -> Ground:
    """The same from visits that were kept."""
    by_outlet: defaultdict[UUID, list[VisitFigure]] = defaultdict(list)
    for visit in visits:
        by_outlet[UUID(visit.figure.outlet)].append(visit.figure)
    return Ground(places_, visits, by_outlet)


def reach(month: Period, rules: RuleSet) -> tuple[date, date]:
    """The days from which a month's composite takes visits: its own, and those of the months that may stand in."""
    return month.back(rules.composite.missing.months_before).first, month.after


def portions(
    connection: sa.Connection, places_: Iterable[Place], size: int = PORTION
) -> Iterator[list[Place]]:
    """The outlets in portions of whole counties, within which outlets are ranked, so that memory stays bounded."""
    counties = figures.units(connection, UnitKind.COUNTY)
    by_county: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places_:
        by_county[within(place.unit_path, counties) or ""].append(place)
    portion: list[Place] = []
    for _, mine in sorted(by_county.items()):
        if portion and len(portion) + len(mine) > size:
            yield portion
            portion = []
        portion = portion + mine
    if portion:
        yield portion


def month_portion(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    of: Ground,
    tally: Tally,
    *,
    composites: bool = True,
) -> Iterator[Reckoned]:
    """The composites of a portion of whole counties; what its outlets count of the indicators is added to the tally."""
    counts = counts_of(connection, period, rules, of.places)
    if composites:
        counties = figures.units(connection, UnitKind.COUNTY)
        yield from ranked(of.places, composites_of(period, rules, of, counts), counties)
    timers = visit_timers.timed(connection, _timed_visits(of, period), rules)
    for place in of.places:
        hall = place.tier == Tier.OWN_HALL
        mine = indicator_tally.of_month(counts.get(place.outlet, {}), period.code, hall=hall)
        timed = timers.get(place.outlet, ()) if hall else ()
        indicator_tally.add(tally, place.unit_path, str(place.outlet), [*mine, *timed])


def indicators(tally: Tally, rules: RuleSet) -> Iterator[Reckoned]:
    """The six indicators of each unit of a month's tally, and its corrective actions in time."""
    for path, why in indicator_tally.told(tally, rules):
        yield Reckoned(path, why.figure, why.value, why)


def counts_of(
    connection: sa.Connection, period: Period, rules: RuleSet, places_: Sequence[Place]
) -> Mapping[UUID, inputs.Counts]:
    """The inputs of a month's composites: its own, and those of the months that may stand in."""
    missing = rules.composite.missing
    span = max(missing.months_before + 1, missing.replies_months)
    months = [period.back(turn).code for turn in range(span)]
    named_ = [place.outlet for place in places_] if len(places_) <= 2 * PORTION else []
    return inputs.counts(connection, SYSTEM, months, outlets=named_)


def composites_of(
    period: Period, rules: RuleSet, of: Ground, counts: Mapping[UUID, inputs.Counts]
) -> dict[UUID, rating.Composite]:
    """The composites of a month's agents."""
    return {
        place.outlet: composite_of(
            period, rules, place.tier, of.by_outlet.get(place.outlet, ()), counts.get(place.outlet, {})
        )
        for place in of.places
        if place.tier in AGENTS
    }


def composite_of(
    month: Period, rules: RuleSet, tier: str, visits: Sequence[VisitFigure], counts: inputs.Counts
) -> rating.Composite:
    """The composite of one agent from its visits and inputs."""
    facts = composite_facts(month, visits, counts)
    return rating.of_month(month, tier, facts, rules.composite, rules.version)


def composite_facts(month: Period, visits: Sequence[VisitFigure], counts: inputs.Counts) -> rating.Facts:
    """What a composite is made from."""
    return rating.Facts(
        replies=inputs.shares(counts, "csat_hall"),
        mystery=[visit for visit in visits if visit.kind == VisitKind.MYSTERY],
        area_visits=[visit for visit in visits if visit.kind == VisitKind.AREA_VISIT],
        complaints=inputs.parts(counts, "complaints"),
        errors=inputs.parts(counts, "audit"),
        staff=inputs.shares(counts, "certified"),
        praises=inputs.parts(counts, "praises").get(month.code, 0),
        ideas=inputs.parts(counts, "ideas").get(month.code, 0),
        counts=counts,
    )


def ranked(
    places_: Sequence[Place], found: Mapping[UUID, rating.Composite], counties: Collection[str]
) -> Iterator[Reckoned]:
    """Composites with their ranks in the county company; outside of one, an outlet has no rank."""
    where = in_counties(places_, counties)
    ranks_ = ranks_within(where, {str(outlet): one.value for outlet, one in found.items()})
    for outlet, one in found.items():
        rank, many = ranks_.get(str(outlet), (None, None))
        yield Reckoned(str(outlet), "composite", one.value, one.explanation, rank, many, composite_parts)


def in_counties(places_: Sequence[Place], counties: Collection[str]) -> dict[str, str]:
    """The county of each outlet that lies in one, by the outlet's id as text."""
    found = {str(place.outlet): within(place.unit_path, counties) for place in places_}
    return {outlet: county for outlet, county in found.items() if county}


def ranks_within(
    groups: Mapping[str, str], scores: Mapping[str, Fraction | None]
) -> dict[str, tuple[int | None, int | None]]:
    """The rank of each in its group and how many are ranked there; without a score or group nothing."""
    by_group: defaultdict[str, dict[str, Fraction | None]] = defaultdict(dict)
    for name, score in scores.items():
        if name in groups:
            by_group[groups[name]][name] = score
    found: dict[str, tuple[int | None, int | None]] = {}
    for members in by_group.values():
        ranked_ = ranks(members)
        for name in members:
            found[name] = (ranked_.get(name), len(ranked_) or None)
    return found


def _timed_visits(of: Ground, period: Period) -> Iterator[Counted]:
    for visit in of.visits:
        mystery = visit.figure.kind == VisitKind.MYSTERY and visit.tier == Tier.OWN_HALL
        if mystery and period.holds(visit.figure.day):
            yield visit


def quarter(
    connection: sa.Connection,
    period: Period,
    rules: RuleSet,
    of: Ground,
    before: Ground,
    rules_before: RuleSet | None = None,
) -> list[Reckoned]:
    """Of each county, each branch and the province: window score, weak item; what became of the one before, but for the
    province; of branches ranks and deduction.

    `of` and `before` hold the visits of this quarter and of the one before. The target of a weak item is that of the
    branch's rank by its mean visit score in the quarter in which it was found.
    """
    reckoned: list[Reckoned] = []
    now, then = _of_halls(of), _of_halls(before)
    where = {visit.unit_path for visit in (*now, *then)}
    there = {*units_of(of.places), *(path for each in where for path in paths_of(each))}
    for kind in (UnitKind.PROVINCE, UnitKind.BRANCH, UnitKind.COUNTY):
        names = {path: name for path, name in figures.units(connection, kind).items() if path in there}
        found = unit_quarters.of_visits(
            connection, kind, now, then, rules, rules_before or rules, names=names
        )
        for each in found.values():
            reckoned += of_unit(each, rules.version, ranked=kind is UnitKind.BRANCH)
    return reckoned


def _of_halls(of: Ground) -> list[Counted]:
    return [
        visit for visit in of.visits if visit.tier == Tier.OWN_HALL and visit.figure.kind == VisitKind.MYSTERY
    ]


def of_unit(each: UnitQuarter, version: int, *, ranked: bool) -> Iterator[Reckoned]:
    """The figures of a unit's quarter, with its ranks where units of its kind are ranked."""
    path, of = each.unit_path, each.of if ranked else None
    place = (each.rank, of) if ranked else (None, None)
    yield Reckoned(path, "window", each.window.score, each.window.explanation, *place)
    visit_score = each.window.visit_score
    why = Explanation("visit-mean", visit_score, named({"visits": each.window.visits}), rules=version)
    by_visits = (each.visit_rank, of) if ranked else (None, None)
    yield Reckoned(path, "visit-mean", visit_score, why, *by_visits)
    item = each.weakest.item
    yield Reckoned(path, "weak-item", item.indicator.id if item else None, each.weakest.explanation)
    became = each.improvement
    if became is None:
        return
    yield Reckoned(path, "weak-item-improvement", became.outcome, became.explanation)
    if ranked:
        reduced = each.after_deduction
        inputs_ = named({"score": each.window.score, "deduction": became.deduction})
        why = Explanation(
            "window-after-deduction", reduced, inputs_, parts=(became.explanation,), rules=version
        )
        yield Reckoned(path, "window-after-deduction", reduced, why)


def within(path: str, units: Collection[str]) -> str | None:
    """The unit among `units` in which a path lies."""
    return next((each for each in paths_of(path) if each in units), None)


def units_of(places_: Iterable[Place]) -> list[str]:
    """The units of a period, in their order: those in which its outlets lay, and all above; what was founded since has no
    part in it."""
    return sorted({path for where in {place.unit_path for place in places_} for path in paths_of(where)})
