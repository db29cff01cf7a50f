"""Corrections: a visit that is accepted, corrected or voided recomputes what hangs on it in the periods that are not closed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import SYSTEM
from server.domain.closing import built_from
from server.domain.figure_parts import composite_parts
from server.domain.periods import Period
from server.domain.unit_means import MEAN_OF
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI, VisitKind
from server.queries import (
    figures,
    half_year_reckoning,
    indicator_tally,
    period_grounds,
    period_visits,
    reckoning,
    results,
    star_reckoning,
    unit_tally,
)
from server.queries.reckoning import AGENTS, Place, Reckoned
from server.queries.results import OutletThen
from server.queries.rules import rule_set
from server.queries.star_past import composites_of, known_of
from server.storage.organisation import UnitKind
from server.storage.periods import Figure, PeriodRow, PeriodState, PeriodVisit, in_round
from server.storage.visits import Visit
from server.usecases import outlet_stars, period_rounds, round_portions, weak_items
from server.usecases.period_rounds import Hashes, Round
from server.usecases.round_sources import Then
from server.usecases.work import Office, Work

_FIGURES: Any = Figure.__table__  # type: ignore[attr-defined]
_KEY = ("period", "subject", "code")


def follow(office: Office, visit_id: UUID) -> int:
    """Recompute, of the periods that are not closed, what hangs on a visit that was accepted, corrected or voided.

    Only the outlet's own figures, its county's ranks, its branch's quarter. Figures that were published stay as a round of
    their own. Returns in how many periods; a closed one keeps what it has.
    """
    with office.work() as work:
        visit = work.session.get(Visit, visit_id)
        return followed(work, visit) if visit is not None else 0


def followed(work: Work, visit: Visit) -> int:
    """The same within one transaction."""
    rows = work.session.exec(
        select(PeriodRow)
        .where(PeriodRow.state != PeriodState.CLOSED, PeriodRow.digest != "")
        .order_by(col(PeriodRow.code))
    ).all()
    done: set[str] = set()
    work.session.flush()
    current = {row.code for row in rows if row.parts and period_grounds.parts_hold(work.connection, row)}
    # Months come before the longer periods that are made from them.
    for row in sorted(rows, key=lambda each: (each.kind != "month", each.code)):
        if _followed(work, row, visit, done):
            done.add(row.code)
            work.session.flush()
            if row.code in current:
                row.parts = period_grounds.parts_followed(work.connection, row)
    return len(done)


def take_in(work: Work, row: PeriodRow) -> list[UUID]:
    """Let a period's round have the visits as they count now; returns those that may not be told yet, and so stay out.

    What was accepted, corrected or voided while the round was computed, or is not followed yet, is taken in.
    """
    missing = period_visits.missing(work.connection, row)
    told = period_visits.tellable(work.connection, row, missing)
    for visit_id in (*told, *period_visits.outdated(work.connection, row)):
        # What is made from this period is to have them as well.
        followed(work, work.session.get_one(Visit, visit_id))
    return [each for each in missing if each not in set(told)]


def _followed(work: Work, row: PeriodRow, visit: Visit, done: set[str]) -> bool:
    if not _differs(work, row, visit, done):
        return False
    period_rounds.hold_period(work, row.code)
    work.session.flush()
    work.session.refresh(row)
    if row.state is PeriodState.CLOSED or not row.digest or not _differs(work, row, visit, done):
        # Somebody else closed, computed or corrected it meanwhile.
        return False
    counts = _counts(work, row, visit, _kept(work, row, visit))
    if row.state is PeriodState.PUBLISHED:
        # What was published stays: the next round begins as this one, and has its own only of what becomes different.
        row.round += 1
        work.session.flush()
    key = {"period": row.code, "visit_id": visit.id}
    revision = {"revision": visit.accepted_revision} if counts else None
    period_rounds.put(work, PeriodVisit, row.round, key, revision)
    round_ = stored_round(work.connection, row)
    hashes = period_rounds.kept_hashes(work.connection, row.code, row.round)
    changed = _recomputed(work, round_, visit, hashes)
    if row.state is PeriodState.PUBLISHED:
        outlet_stars.give(work, row, [visit.outlet_id])
    row.digest = period_rounds.digest_of(hashes)
    row.changed_at = work.now
    work.record(
        "period.recomputed", "period", row.code, visit=str(visit.id), round=row.round, figures=changed
    )
    if row.kind == "quarter" and row.state is PeriodState.PUBLISHED:
        weak_items.follow(work, row.code)
    return True


def _kept(work: Work, row: PeriodRow, visit: Visit) -> int | None:
    """The revision that the period's round has of the visit."""
    kept = figures.kept_of(work.connection, row.code, row.round, [visit.id])
    return next((revision for _, revision in kept), None)


def _counts(work: Work, row: PeriodRow, visit: Visit, kept: int | None) -> bool:
    """Whether the visit is to be in the period's round."""
    if not period_visits.belongs(work.connection, row, visit.id):
        return False
    return kept is not None or bool(period_visits.tellable(work.connection, row, [visit.id]))


def _differs(work: Work, row: PeriodRow, visit: Visit, done: set[str]) -> bool:
    """Whether the round has the visit otherwise than it counts now, or is made from months that changed."""
    kept = _kept(work, row, visit)
    counts = _counts(work, row, visit, kept)
    if counts != (kept is not None) or (kept is not None and kept != visit.accepted_revision):
        return True
    rated_by = rule_set(work.connection, row.rules_version).stars.period
    return any(month.code in done for month in built_from(Period.read(row.code), rated_by))


def stored_round(connection: sa.Connection, row: PeriodRow) -> Round:
    """A stored round as something that can be computed anew: its outlets, its visits, its rules."""
    places = [place_of(each) for each in results.outlets_then(connection, row.code, row.round)]
    at: datetime = row.drafted_at
    source = Then(row.code, row.round, at.astimezone(SHANGHAI).date(), at)
    return Round(Period.read(row.code), rule_set(connection, row.rules_version), places, source)


def place_of(each: OutletThen) -> Place:
    """An outlet of a round as the engine takes it."""
    return Place(each.outlet_id, each.unit_path, each.tier, each.class_, each.setting, each.since, each.star)


def _recomputed(work: Work, round_: Round, visit: Visit, hashes: Hashes) -> int:
    """Put what became different into the round, and its hashes among those of its figures; returns how many there are."""
    connection, period, rules = work.connection, round_.period, round_.rules
    number = work.session.get_one(PeriodRow, period.code).round
    place = next((each for each in round_.places if each.outlet == visit.outlet_id), None)
    changed: list[Reckoned] = []
    different = 0
    if period.kind == "quarter":
        changed += round_portions.quarter(connection, round_.frame, round_.places)[0]
    if place is not None and period.kind == "month":
        changed += _month(connection, round_, place)
    if place is not None and period.kind == rules.stars.period:
        changed += _stars(connection, round_, place)
    elif place is not None and half_year_reckoning.is_due(period.kind, rules):
        composites = composites_of(connection, period, [place], round_.source.today)
        changed += half_year_reckoning.of_agents(connection, period, rules, [place], composites)
    for each in changed:
        different += _put(work, round_, each, number, hashes)
    if place is not None:
        above = paths_of(place.unit_path)
        for each in _means(connection, round_, changed, above):
            # The units above the outlet have another mean, and those beside them maybe another rank.
            if each.subject in above:
                different += _put(work, round_, each, number, hashes)
            else:
                key = (round_.period.code, each.subject, each.code)
                different += _rerank(work, number, key, each.rank, each.of, hashes)
        different += _rank(work, round_, place, number, hashes)
    return different


def _month(connection: sa.Connection, round_: Round, place: Place) -> Iterable[Reckoned]:
    period, rules, source = round_.period, round_.rules, round_.source
    first, after = reckoning.reach(period, rules)
    if place.tier in AGENTS:
        of = source.of_outlets(connection, [place], first, after, period_visits.COMPOSITE)
        counts = reckoning.counts_of(connection, period, rules, [place])
        for outlet, one in reckoning.composites_of(period, rules, of, counts).items():
            yield Reckoned(str(outlet), "composite", one.value, one.explanation, parts=composite_parts)
        return
    # A hall's timers enter the indicators of its branch and of the province.
    tally = indicator_tally.empty(reckoning.units_of(round_.places))
    for some in reckoning.portions(connection, round_.places):
        halls = [each for each in some if each.tier not in AGENTS]
        of = source.of_outlets(connection, halls, period.first, period.after, [VisitKind.MYSTERY])
        for _ in reckoning.month_portion(
            connection, period, rules, replace(of, places=some), tally, composites=False
        ):
            pass
    yield from reckoning.indicators(tally, rules)


def _stars(connection: sa.Connection, round_: Round, place: Place) -> Iterable[Reckoned]:
    period, rules, source = round_.period, round_.rules, round_.source
    known = known_of(connection, period, rules, [place], source.at, source.today)
    of = source.of_outlets(connection, [place], period.first, period.after, star_reckoning.KINDS)
    return star_reckoning.rated(connection, period, rules, [of], known)


def _means(
    connection: sa.Connection, round_: Round, changed: Sequence[Reckoned], above: Sequence[str]
) -> Iterable[Reckoned]:
    """The means of a figure that changed, of the units above and of those beside them, from the outlets' figures that are
    stored. What stands below the units beside them is not read apart, so their explanations are not whole."""
    units = reckoning.units_of(round_.places)
    near = [unit for unit in units if not set(above).isdisjoint(paths_of(unit)[-2:])]
    for figure in MEAN_OF:
        if any(each.code == figure for each in changed):
            stored = results.by_subject(connection, SYSTEM, round_.period.code, figure)
            tally = unit_tally.stored(
                figure,
                near,
                {str(place.outlet): place.unit_path for place in round_.places},
                {outlet: each.hundredths for outlet, each in stored.items()},
                above,
            )
            yield from unit_tally.means(tally, figure, round_.rules.version)


def _put(work: Work, round_: Round, each: Reckoned, number: int, hashes: Hashes) -> bool:
    row = round_portions.row_of(round_.period.code, each)
    if hashes.get((each.subject, each.code)) == row["sha256"]:
        return False
    hashes[each.subject, each.code] = row["sha256"]
    period_rounds.put(work, Figure, number, {name: row[name] for name in _KEY}, row)
    return True


def _rank(work: Work, round_: Round, place: Place, number: int, hashes: Hashes) -> int:
    """Rank the county anew by the figures that are stored; those are rounded once, so nothing is lost."""
    county = reckoning.within(place.unit_path, figures.units(work.connection, UnitKind.COUNTY))
    if county is None:
        return 0
    different = 0
    agent = place.tier in AGENTS
    peers = {
        str(each.outlet)
        for each in round_.places
        if each.unit_path.startswith(county) and (each.tier in AGENTS) == agent
    }
    code = round_.period.code
    for figure in ("composite", "star-basis", half_year_reckoning.MEAN):
        stored = {
            each.subject: each for each in results.results(work.connection, SYSTEM, code, [figure], peers)
        }
        scores: dict[str, Fraction | None] = {name: each.exact for name, each in stored.items()}
        ranks = reckoning.ranks_within(dict.fromkeys(scores, county), scores)
        for name, (rank, many) in ranks.items():
            if (stored[name].rank, stored[name].of) != (rank, many):
                different += _rerank(work, number, (code, name, figure), rank, many, hashes)
    return different


def _rerank(
    work: Work, number: int, key: tuple[str, str, str], rank: int | None, many: int | None, hashes: Hashes
) -> bool:
    """Give a stored figure another rank; its value and its explanation stay."""
    named = dict(zip(_KEY, key, strict=True))
    this = sa.and_(
        in_round(_FIGURES.c, number), *(_FIGURES.c[name] == value for name, value in named.items())
    )
    found = work.connection.execute(sa.select(_FIGURES).where(this)).mappings().first()
    if found is None or (found["rank"], found["of"]) == (rank, many):
        return False
    row = {**found, "rank": rank, "of": many}
    row["sha256"] = round_portions.hash_of(row, zlib.decompress(row["explanation"]))
    hashes[key[1], key[2]] = row["sha256"]
    period_rounds.put(work, Figure, number, named, row)
    return True
