"""The tally of a month: what counts of the indicators and of corrective actions, added up by unit, with the parts below each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from server.domain.explain import Explanation
from server.domain.rules import RuleSet
from server.domain.service_indicators import (
    CODES,
    Chosen,
    Counted,
    Summed,
    chosen,
    of_unit,
    outlet_part,
    unit_part,
)
from server.domain.unit_means import fixes_of_unit
from server.domain.units import paths_of
from server.queries.inputs import FIXES, Counts

Sums = dict[str, Summed]
"""Of one unit, by indicator (or `FIXES`)."""
Tally = Mapping[str, Sums]
"""Of each unit, by its path."""


def empty(units: Collection[str]) -> Tally:
    """A tally of these units, by their paths."""
    return {path: {} for path in units}


def of_month(counts: Counts, month: str, *, hall: bool) -> list[Counted]:
    """What an outlet counted of its corrective actions in a month, and of the indicators if it is an own hall."""
    wanted = (*CODES, FIXES) if hall else (FIXES,)
    return [by_month[month] for code, by_month in counts.items() if code in wanted and month in by_month]


def add(tally: Tally, unit_path: str, outlet: str, counted: Iterable[Counted]) -> None:
    """Add what counts of one outlet; the unit in which it lies has it as a part."""
    above = [path for path in paths_of(unit_path) if path in tally]
    for one in chosen(counted):
        for path in above:
            tally[path].setdefault(one.code, Summed()).add(one)
        if above:
            tally[above[-1]][one.code].parts.append(_outlet(one, outlet))


def add_unit(tally: Tally, path: str, code: str, summed: Summed) -> None:
    """Add one indicator of a whole unit, without its parts."""
    if summed.whole:
        for above in paths_of(path):
            if above in tally:
                tally[above].setdefault(code, Summed()).take(summed)


def merge(tally: Tally, more: Mapping[str, Sums]) -> None:
    """Add what was tallied of other outlets."""
    for path, sums in more.items():
        for code, summed in sums.items():
            tally[path].setdefault(code, Summed()).take(summed)


def told(tally: Tally, rules: RuleSet) -> Iterator[tuple[str, Explanation]]:
    """The six indicators of each unit, and its corrective actions where some were due; their parts are those below."""
    for path in sorted(tally, reverse=True):
        # Those below come first, and have told the one above of themselves.
        sums = tally[path]
        above = next((each for each in reversed(paths_of(path)[:-1]) if each in tally), "")
        for code, summed in sums.items():
            if above:
                tally[above][code].parts.append(_unit(code, path, summed))
    for path, sums in tally.items():
        for code in CODES:
            yield path, of_unit(code, sums.get(code, Summed()), rules.indicators, rules.version)
        if fixes := sums.get(FIXES):
            yield path, fixes_of_unit(fixes.part, fixes.whole, rules.version, fixes.parts)


def _outlet(one: Chosen, outlet: str) -> Explanation:
    if one.code == FIXES:
        return fixes_of_unit(one.part, one.whole, subject=f"outlet:{outlet}")
    return outlet_part(one, outlet)


def _unit(code: str, path: str, summed: Summed) -> Explanation:
    if code == FIXES:
        return fixes_of_unit(summed.part, summed.whole, subject=f"unit:{path}")
    return unit_part(code, path, summed)
