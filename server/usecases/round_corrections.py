"""What becomes different in a round by one visit: the outlet's own figures, those of the units above it, ranks of those beside."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.figure_parts import composite_parts
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.unit_means import MEAN_OF
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI, VisitKind
from server.queries import (
    corrected_units,
    figures,
    half_year_reckoning,
    indicator_tally,
    period_visits,
    reckoning,
    results,
    star_reckoning,
    unit_tally,
)
from server.queries.figures import Counted
from server.queries.reckoning import AGENTS, Place, Reckoned
from server.queries.rules import rule_set
from server.queries.star_past import composites_of, known_of
from server.storage.facts import VisitFacts
from server.storage.organisation import Tier, UnitKind
from server.storage.periods import Figure, PeriodRow, in_round
from server.storage.visits import Visit
from server.usecases import period_rounds, round_portions
from server.usecases.period_rounds import Hashes, place_of, stored_round
from server.usecases.round_sources import Then
from server.usecases.work import Work

_FIGURES: Any = Figure.__table__  # type: ignore[attr-defined]
_KEY = ("period", "subject", "code")
_OF_QUARTERS = ("window", "visit-mean", "weak-item", "weak-item-improvement", "window-after-deduction")


@dataclass(frozen=True, slots=True)
class Corrected:
    """A round that is corrected: the visit's outlet as the round has it (None: not at all), and what is near.

    `above` are the paths of its unit and of those above, `county` that of its county (empty: it lies in none), `near` the
    outlets of the county and those right in the units above. `hashes` are those of all its figures.
    """

    row: PeriodRow
    period: Period
    rules: RuleSet
    source: Then
    place: Place | None
    above: Sequence[str]
    county: str
    near: Sequence[Place]
    hashes: Hashes


def corrected(work: Work, row: PeriodRow, visit: Visit) -> Corrected:
    """A period's round as it is to be corrected."""
    connection, number = work.connection, row.round
    at: datetime = row.drafted_at
    source = Then(row.code, number, at.astimezone(SHANGHAI).date(), at)
    found = results.outlets_then(connection, row.code, number, [visit.outlet_id])
    place = place_of(found[0]) if found else None
    above = paths_of(place.unit_path) if place else []
    county = reckoning.within(place.unit_path, figures.units(connection, UnitKind.COUNTY)) if place else None
    near = results.outlets_near(connection, row.code, number, county or "", above)
    return Corrected(
        row,
        Period.read(row.code),
        rule_set(connection, row.rules_version),
        source,
        place,
        above,
        county or "",
        [place_of(each) for each in near],
        period_rounds.kept_hashes(connection, row.code, number),
    )


def of_hall(connection: sa.Connection, row: PeriodRow, visit: Visit) -> list[Counted]:
    """The mystery visits to an own hall that a quarter's round has, of the quarter and the one before it."""
    if row.kind != "quarter":
        return []
    period = Period.read(row.code)
    hall = sa.and_(col(VisitFacts.outlet_id) == visit.outlet_id, col(VisitFacts.tier) == Tier.OWN_HALL.value)
    first, after = period.back().first, period.after
    return figures.of_round(connection, row.code, row.round, hall, [VisitKind.MYSTERY], first, after)


def recompute(work: Work, of: Corrected, visit: Visit, before: Sequence[Counted]) -> int:
    """Put what became different into the round, and its hashes among those of its figures; returns how many there are.

    `before` are the visits to the hall that a quarter's round had.
    """
    connection, period, place, rules = work.connection, of.period, of.place, of.rules
    changed: list[Reckoned] = []
    different = 0
    if period.kind == "quarter":
        windows, ranks, every = _quarter(connection, of, before, of_hall(connection, of.row, visit))
        changed += windows
        different += _take_away(work, of, windows, every=every)
        for (subject, code), (rank, many) in ranks.items():
            different += _rerank(work, of, subject, code, rank, many)
    if place is not None and period.kind == "month":
        changed += _month(connection, of, place)
    if place is not None and period.kind == rules.stars.period:
        changed += _stars(connection, of, place)
    elif place is not None and half_year_reckoning.is_due(period.kind, rules):
        composites = composites_of(connection, period, [place], of.source.today)
        changed += half_year_reckoning.of_agents(connection, period, rules, [place], composites)
    for each in changed:
        different += _put(work, of, each)
    if place is not None:
        for each in _means(connection, of, changed):
            # The units above the outlet have another mean, and those beside them maybe another rank.
            if each.subject in of.above:
                different += _put(work, of, each)
            else:
                different += _rerank(work, of, each.subject, each.code, each.rank, each.of)
        different += _rank(work, of, place)
    return different


def _quarter(
    connection: sa.Connection, of: Corrected, before: Sequence[Counted], after: Sequence[Counted]
) -> tuple[list[Reckoned], corrected_units.Ranks, bool]:
    """The figures of the units in which the hall lies with the ranks of the branches beside them, or else (true) those of all."""
    if corrected_units.readable(of.row):
        found = corrected_units.quarter(connection, of.row, of.rules, before, after)
        if found is not None:
            return (*found, False)
    round_ = stored_round(connection, of.row)
    return round_portions.quarter(connection, round_.frame, round_.places)[0], {}, True


def _take_away(work: Work, of: Corrected, windows: Sequence[Reckoned], *, every: bool) -> int:
    """Let the round have no figure any more that its quarter does not come to: what became of a weak item that there was none of."""
    there = {(each.subject, each.code) for each in windows}
    units = {subject for subject, _ in there}
    gone = [
        (subject, code)
        for subject, code in of.hashes
        if code in _OF_QUARTERS and (every or subject in units) and (subject, code) not in there
    ]
    for subject, code in gone:
        del of.hashes[subject, code]
        key = dict(zip(_KEY, (of.row.code, subject, code), strict=True))
        period_rounds.put(work, Figure, of.row.round, key, None)
    return len(gone)


def _month(connection: sa.Connection, of: Corrected, place: Place) -> Iterable[Reckoned]:
    period, rules, source = of.period, of.rules, of.source
    first, after = reckoning.reach(period, rules)
    if place.tier in AGENTS:
        ground = source.of_outlets(connection, [place], first, after, period_visits.COMPOSITE)
        counts = reckoning.counts_of(connection, period, rules, [place])
        for outlet, one in reckoning.composites_of(period, rules, ground, counts).items():
            yield Reckoned(str(outlet), "composite", one.value, one.explanation, parts=composite_parts)
        return
    # A hall's timers enter the indicators of its branch and of the province.
    mystery = [VisitKind.MYSTERY]
    if corrected_units.readable(of.row):
        halls = [each for each in of.near if each.tier not in AGENTS and each.unit_path in of.above]
        ground = source.of_outlets(connection, halls, period.first, period.after, mystery)
        units = _units(connection, of)
        yield from corrected_units.indicators(connection, of.row, rules, units, place.unit_path, ground)
        return
    places = stored_round(connection, of.row).places
    tally = indicator_tally.empty(reckoning.units_of(places))
    for some in reckoning.portions(connection, places):
        halls = [each for each in some if each.tier not in AGENTS]
        ground = source.of_outlets(connection, halls, period.first, period.after, mystery)
        for _ in reckoning.month_portion(
            connection, period, rules, replace(ground, places=some), tally, composites=False
        ):
            pass
    yield from reckoning.indicators(tally, rules)


def _units(connection: sa.Connection, of: Corrected) -> list[str]:
    """The units of the round, in their order."""
    there = results.units_then(connection, of.row.code, of.row.round)
    return sorted({path for where in there for path in paths_of(where)})


def _stars(connection: sa.Connection, of: Corrected, place: Place) -> Iterable[Reckoned]:
    period, rules, source = of.period, of.rules, of.source
    known = known_of(connection, period, rules, [place], source.at, source.today)
    ground = source.of_outlets(connection, [place], period.first, period.after, star_reckoning.KINDS)
    return star_reckoning.rated(connection, period, rules, [ground], known)


def _means(connection: sa.Connection, of: Corrected, changed: Sequence[Reckoned]) -> Iterable[Reckoned]:
    """The means of a figure that changed, of the units above and of those beside them, from the outlets' figures that are
    stored. What stands below the units beside them is not read apart, so their explanations are not whole."""
    code, number = of.row.code, of.row.round
    for figure in MEAN_OF:
        if not any(each.code == figure for each in changed):
            continue
        near = [unit for unit in _units(connection, of) if not set(of.above).isdisjoint(paths_of(unit)[-2:])]
        right_in = {str(each.outlet): each.unit_path for each in of.near if each.unit_path in of.above}
        parts: dict[str, dict[str, int | None]] = {path: {} for path in of.above}
        for each in results.results(connection, SYSTEM, code, [figure], right_in):
            parts[right_in[each.subject]][each.subject] = each.hundredths
        rated = unit_tally.rated_right_in(connection, code, number, figure)
        tally = unit_tally.stored(figure, near, rated, parts)
        yield from unit_tally.means(tally, figure, of.rules.version)


def _put(work: Work, of: Corrected, each: Reckoned) -> bool:
    row = round_portions.row_of(of.row.code, each)
    if of.hashes.get((each.subject, each.code)) == row["sha256"]:
        return False
    of.hashes[each.subject, each.code] = row["sha256"]
    period_rounds.put(work, Figure, of.row.round, {name: row[name] for name in _KEY}, row)
    return True


def _rank(work: Work, of: Corrected, place: Place) -> int:
    """Rank the county anew by the figures that are stored; those are rounded once, so nothing is lost."""
    if not of.county:
        return 0
    different = 0
    agent = place.tier in AGENTS
    peers = {
        str(each.outlet)
        for each in of.near
        if each.unit_path.startswith(of.county) and (each.tier in AGENTS) == agent
    }
    for figure in ("composite", "star-basis", half_year_reckoning.MEAN):
        stored = {
            each.subject: each
            for each in results.results(work.connection, SYSTEM, of.row.code, [figure], peers)
        }
        scores: dict[str, Fraction | None] = {name: each.exact for name, each in stored.items()}
        ranks = reckoning.ranks_within(dict.fromkeys(scores, of.county), scores)
        for name, (rank, many) in ranks.items():
            if (stored[name].rank, stored[name].of) != (rank, many):
                different += _rerank(work, of, name, figure, rank, many)
    return different


def _rerank(work: Work, of: Corrected, subject: str, code: str, rank: int | None, many: int | None) -> bool:
    """Give a stored figure another rank; its value and its explanation stay."""
    number = of.row.round
    named = dict(zip(_KEY, (of.row.code, subject, code), strict=True))
    this = sa.and_(
        in_round(_FIGURES.c, number), *(_FIGURES.c[name] == value for name, value in named.items())
    )
    found = work.connection.execute(sa.select(_FIGURES).where(this)).mappings().first()
    if found is None or (found["rank"], found["of"]) == (rank, many):
        return False
    row = {**found, "rank": rank, "of": many}
    row["sha256"] = round_portions.hash_of(row, zlib.decompress(row["explanation"]))
    of.hashes[subject, code] = row["sha256"]
    period_rounds.put(work, Figure, number, named, row)
    return True
