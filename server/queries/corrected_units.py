"""Figures of units after a visit to an own hall was corrected: of those in which it lies, from what is stored of all others.

A province has thousands of halls, so nothing of the others is read anew; where what is stored does not say enough, all is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from server.domain import service_indicators, stored_units
from server.domain.access import SYSTEM
from server.domain.periods import Period
from server.domain.ranks import ranks
from server.domain.rules import RuleSet
from server.domain.units import paths_of
from server.domain.weak_items import after_deduction, weakest
from server.queries import figures, indicator_tally, reckoning, results
from server.queries.figures import Counted
from server.queries.reckoning import Ground, Reckoned
from server.queries.unit_quarters import UnitQuarter
from server.storage.organisation import UnitKind
from server.storage.periods import PeriodRow

_KINDS = (UnitKind.PROVINCE, UnitKind.BRANCH, UnitKind.COUNTY)
_RANKED = ("window", "visit-mean")
_QUARTER = ("window", "weak-item", "weak-item-improvement")
_SINCE = 5
"""The engine since which figures of units are explained as they are read here: raised with it where that changes."""
Told = Mapping[tuple[str, str], Mapping[str, Any]]
"""Stored explanations as JSON values, by subject and code."""
Ranks = dict[tuple[str, str], tuple[int | None, int]]
"""Ranks of how many, by subject and code."""


def readable(row: PeriodRow) -> bool:
    """Whether what a period's round has of units can be read here; else all of them are computed anew."""
    return row.engine >= _SINCE


def indicators(
    connection: sa.Connection, row: PeriodRow, rules: RuleSet, units: Collection[str], path: str, of: Ground
) -> Iterator[Reckoned]:
    """The indicators of a unit and those above it: from the halls that lie right in them, which are given with their visits,
    and from the stored figures of the units below."""
    above = paths_of(path)
    beside = [unit for unit in units if unit not in above and set(paths_of(unit)[-2:-1]) & set(above)]
    tally = indicator_tally.empty([*above, *beside])
    for _ in reckoning.month_portion(connection, Period.read(row.code), rules, of, tally, composites=False):
        pass
    stored = results.explanations(connection, SYSTEM, row, service_indicators.CODES, beside)
    for (unit, code), told in stored.items():
        indicator_tally.add_unit(tally, unit, code, stored_units.summed_of(told))
    for each in reckoning.indicators(tally, rules):
        if each.subject in above and each.code in service_indicators.CODES:
            yield each


def quarter(
    connection: sa.Connection,
    row: PeriodRow,
    rules: RuleSet,
    before: Sequence[Counted],
    after: Sequence[Counted],
) -> tuple[list[Reckoned], Ranks] | None:
    """What becomes different in a quarter: the figures of the units in which the hall lies, and the ranks of branches.

    `before` and `after` are the mystery visits to one hall that the round had and has, of the quarter and the one before it.
    None where a visit of the one before is another, by which weak items were found, or where what is stored says too little.
    """
    period = Period.read(row.code)
    changed = [visit for visit in (*before, *after) if (visit in before) != (visit in after)]
    if any(visit.figure.day < period.first for visit in changed):
        return None
    was, now = ([visit for visit in some if period.holds(visit.figure.day)] for some in (before, after))
    where = {path for visit in changed for path in paths_of(visit.unit_path)}
    kinds = {path: kind for kind in _KINDS for path in figures.units(connection, kind)}
    paths = [path for path in where if path in kinds]
    stored = results.explanations(connection, SYSTEM, row, _QUARTER, paths)
    units: dict[str, UnitQuarter] = {}
    for path in paths:
        found = _unit(connection, rules, stored, path, kinds[path], _within(path, was), _within(path, now))
        if found is None:
            return None
        units[path] = found
    branches = [path for path, kind in kinds.items() if kind is UnitKind.BRANCH]
    ranked = _ranks(connection, row.code, branches, units)
    reckoned: list[Reckoned] = []
    for path, each in units.items():
        if path in branches:
            rank, of = ranked.pop((path, "window"))
            visit_rank, _ = ranked.pop((path, "visit-mean"))
            each = replace(each, rank=rank, visit_rank=visit_rank, of=of)
        reckoned += reckoning.of_unit(each, rules.version, ranked=path in branches)
    return reckoned, ranked


def _unit(
    connection: sa.Connection,
    rules: RuleSet,
    stored: Told,
    path: str,
    kind: UnitKind,
    was: Sequence[Counted],
    now: Sequence[Counted],
) -> UnitQuarter | None:
    """A unit's quarter with other visits of one hall, its ranks left open."""
    window, item = stored.get((path, "window")), stored.get((path, "weak-item"))
    # Other checklists may bring other indicators, or another order of them.
    if window is None or item is None or {each.checklist for each in was} != {each.checklist for each in now}:
        return None
    figures_ = ([each.figure for each in some] for some in (was, now))
    found = stored_units.window_with(window, *figures_, rules.window, rules.aggregates, rules.version)
    if found is None:
        return None
    sums = stored_units.sums_with(item, *(figures.summed(connection, some) for some in (was, now)))
    became, deducts = stored.get((path, "weak-item-improvement")), kind is UnitKind.BRANCH
    improvement = became and stored_units.improvement_with(
        became, sums, rules.weak_item, rules.version, deducts=deducts
    )
    return UnitQuarter(
        path,
        "",
        found,
        sums,
        weakest(sums, rules.weak_item, rules.version),
        improvement or None,
        after_deduction(found.score, improvement or None) if deducts else found.score,
        None,
        None,
        0,
    )


def _ranks(
    connection: sa.Connection, code: str, branches: Sequence[str], units: Mapping[str, UnitQuarter]
) -> Ranks:
    """The ranks of all branches that have figures, by what is stored and by what is new."""
    stored = results.results(connection, SYSTEM, code, _RANKED, branches) if branches else []
    scores: dict[str, dict[str, Fraction | None]] = {name: {} for name in _RANKED}
    for each in stored:
        unit = units.get(each.subject)
        new = unit and {"window": unit.window.score, "visit-mean": unit.window.visit_score}
        scores[each.code][each.subject] = new[each.code] if new else each.exact
    ranked = {name: ranks(mine) for name, mine in scores.items()}
    return {
        (path, name): (ranked[name].get(path), len(ranked["window"]))
        for name, mine in scores.items()
        for path in mine
    }


def _within(path: str, visits: Sequence[Counted]) -> list[Counted]:
    return [visit for visit in visits if visit.unit_path.startswith(path)]
