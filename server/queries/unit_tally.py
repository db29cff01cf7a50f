"""The tally of units: composites or stars of the outlets of each unit, added as they are reckoned, and the means of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction

import sqlalchemy as sa

from server.domain.unit_means import MEAN_OF, Rated, UnitRated, mean_of_unit, outlet_part, unit_part
from server.domain.units import paths_of
from server.queries.reckoning import Place, Reckoned, ranks_within
from server.storage.periods import Figure, OutletText, PeriodOutlet, in_round

Tally = dict[str, UnitRated]
"""One figure of the outlets of each unit, by the unit's path."""


def empty(units: Collection[str]) -> Tally:
    """A tally of these units, by their paths."""
    return {path: UnitRated() for path in units}


def add(tally: Tally, figure: str, places: Sequence[Place], reckoned: Sequence[Reckoned]) -> None:
    """Add what was reckoned of a portion of outlets; the unit in which an outlet lies has it as a part."""
    of = {str(place.outlet): place for place in places}
    for each in sorted(reckoned, key=lambda one: one.subject):
        if each.code == figure:
            add_one(tally, figure, of[each.subject].unit_path, each.subject, each.hundredths)


def add_one(tally: Tally, figure: str, unit_path: str, outlet: str, hundredths: int | None) -> None:
    """Add the figure of one outlet."""
    above = [path for path in paths_of(unit_path) if path in tally]
    for path in above:
        tally[path].of.add(hundredths)
    if above:
        tally[above[-1]].parts.append(outlet_part(figure, outlet, hundredths))


def merge(tally: Tally, more: Mapping[str, UnitRated]) -> None:
    """Add what was tallied of other outlets."""
    for path, each in more.items():
        tally[path].of.take(each.of)
        tally[path].parts += each.parts


def means(tally: Mapping[str, UnitRated], figure: str, version: int) -> Iterator[Reckoned]:
    """The mean of each unit that has such outlets, ranked among the units beside it; its parts are those below."""
    there = {path: each for path, each in sorted(tally.items()) if each.of.outlets}
    parents = {path: _above(path, there) for path in there}
    parts = {path: list(each.parts) for path, each in there.items()}
    for path, each in there.items():
        if parents[path]:
            parts[parents[path]].append(unit_part(figure, path, each.of))
    scores: dict[str, Fraction | None] = {path: each.of.mean for path, each in there.items()}
    beside = {path: parent for path, parent in parents.items() if parent}
    ranks = ranks_within(beside, scores)
    for path, each in there.items():
        why = mean_of_unit(figure, each.of, parts[path], version)
        yield Reckoned(path, MEAN_OF[figure], each.of.mean, why, *ranks.get(path, (None, None)))


def stored(
    figure: str,
    units: Collection[str],
    rated: Mapping[str, Rated],
    right_in: Mapping[str, Mapping[str, int | None]],
) -> Tally:
    """The tally of figures that were kept, of these units: `rated` are those of the outlets that lie right in a unit, by its path.

    Only in the units of `right_in` do outlets stand as parts, each with its figure in hundredths.
    """
    tally = empty(units)
    for path, outlets in right_in.items():
        for outlet, hundredths in sorted(outlets.items()):
            tally[path].parts.append(outlet_part(figure, outlet, hundredths))
    for path, each in rated.items():
        for above in paths_of(path):
            if above in tally:
                tally[above].of.take(each)
    return tally


def rated_right_in(connection: sa.Connection, code: str, round_: int, figure: str) -> dict[str, Rated]:
    """One figure of a round's outlets, counted and added up by the path of the unit right in which each lies."""
    kept, outlets = (model.__table__.c for model in (Figure, PeriodOutlet))  # type: ignore[attr-defined]
    hundredths = kept.hundredths
    rows = connection.execute(
        sa.select(outlets.unit_path, sa.func.count(), sa.func.count(hundredths), sa.func.sum(hundredths))
        .where(outlets.period == code, in_round(outlets, round_))
        .where(kept.period == code, in_round(kept, round_), kept.code == figure)
        .where(kept.subject == OutletText(outlets.outlet_id))
        .group_by(outlets.unit_path)
    )
    return {path: Rated(there, rated, int(total or 0)) for path, there, rated, total in rows}


def _above(path: str, there: Collection[str]) -> str:
    """The nearest unit above a unit that is there; empty at the top."""
    return next((each for each in reversed(paths_of(path)[:-1]) if each in there), "")
