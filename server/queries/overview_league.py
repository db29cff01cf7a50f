"""The league below a unit: its branches, counties, areas or outlets with their figures, ranks, rank changes, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Viewer
from server.domain.ranks import ranks
from server.domain.service_indicators import CODES
from server.queries import results, scope
from server.queries.outlines import Land, Placed, Spot, lands, near
from server.queries.overview import Kind, Moments
from server.queries.results import Result
from server.storage.organisation import Outlet, OutletStatus, Unit, UnitKind

MAIN: Mapping[Kind, tuple[str, str]] = {
    "month": ("composite-mean", "composite"),
    "quarter": ("window", "star-basis"),
    "half_year": ("star-mean", "star-basis"),
    "year": ("star-mean", "star-basis"),
}
"""What units and what outlets are ranked by, by the kind of period; outlets have something of those that the rules rate by."""
BESIDE: Mapping[Kind, tuple[str, ...]] = {
    "month": (*CODES, "corrective_actions"),
    "quarter": ("visit-mean", "star-mean"),
    "half_year": (),
    "year": (),
}
"""Further figures of units in the league."""
_MOST_OUTLETS = 200


@dataclass(frozen=True, slots=True)
class Member:
    """A unit or an outlet below: its path or id, its name, how many outlets it has, and their middle in WGS-84 degrees.

    `outline` holds the corners of the hull around a unit's outlets, as latitude and longitude. `astray` outlets have positions
    by far outside of it, which count for neither; an outlet that is astray itself has none.
    """

    subject: str
    name: str
    outlets: int
    lat: float | None
    lng: float | None
    outline: tuple[Spot, ...] = ()
    astray: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A member with its main figure, the one of the period before, its rank in both, and further figures by code."""

    member: Member
    value: Fraction | None
    before: Fraction | None
    rank: int | None
    rank_before: int | None
    others: Mapping[str, Fraction | None]

    @property
    def up(self) -> int | None:
        """By how many ranks it rose since the period before; below zero it fell."""
        return None if self.rank is None or self.rank_before is None else self.rank_before - self.rank


@dataclass(frozen=True, slots=True)
class League:
    """The members of a unit by rank, those without a figure at the end; `figure` is what they are ranked by.

    `kind` is what they are: branch, county, department, area or outlet; `period` the shown one, `more` how many further
    outlets are left out.
    """

    kind: str
    figure: str
    period: str
    lines: tuple[Line, ...]
    others: tuple[str, ...]
    more: int = 0

    @property
    def ranked(self) -> int:
        """How many of them have a rank."""
        return sum(line.rank is not None for line in self.lines)


def league(connection: sa.Connection, viewer: Viewer, at: Moments, path: str) -> League:
    """What lies below a unit, one floor down, ranked by the main figure of the chosen kind of period."""
    kind: Kind = at.chosen.kind  # type: ignore[assignment]
    sort, members = _below(connection, viewer, path)
    if sort == "outlet":
        figure, others = MAIN[kind][1], ()
        members, more = members[:_MOST_OUTLETS], max(0, len(members) - _MOST_OUTLETS)
    else:
        figure, others, more = MAIN[kind][0], BESIDE[kind], 0
    before = at.before(kind)
    codes = [at.chosen.code, *([before.code] if before else [])]
    subjects = [member.subject for member in members]
    found = results.series(connection, viewer, codes, [figure, *others], subjects)
    figure = figure if found or sort != "outlet" else ""
    then = before.code if before else ""
    lines = [_line(member, found, at.chosen.code, then, figure, others) for member in members]
    now_ranks = ranks({line.member.subject: line.value for line in lines})
    then_ranks = ranks({line.member.subject: line.before for line in lines})
    placed = [
        Line(
            line.member,
            line.value,
            line.before,
            now_ranks.get(line.member.subject),
            then_ranks.get(line.member.subject),
            line.others,
        )
        for line in lines
    ]
    placed.sort(key=lambda line: (line.rank is None, line.rank or 0, line.member.subject))
    shown = tuple(code for code in others if any(line.others[code] is not None for line in placed))
    return League(sort, figure, at.chosen.code, tuple(placed), shown, more)


def _line(
    member: Member,
    found: Mapping[tuple[str, str, str], Result],
    now: str,
    then: str,
    figure: str,
    others: Sequence[str],
) -> Line:
    def exact(period: str, code: str) -> Fraction | None:
        result = found.get((period, member.subject, code))
        return None if result is None else result.exact

    beside = {code: exact(now, code) for code in others}
    return Line(member, exact(now, figure), exact(then, figure), None, None, beside)


def _below(connection: sa.Connection, viewer: Viewer, path: str) -> tuple[str, list[Member]]:
    """The units one floor below, past a floor on which there is only one; the outlets where there are none."""
    rows = connection.execute(
        sa.select(col(Unit.path), col(Unit.name), col(Unit.kind))
        .where(col(Unit.path).startswith(path, autoescape=True), col(Unit.path) != path, scope.units(viewer))
        .order_by(col(Unit.path))
    ).all()
    units = [(row[0], row[1], row[2]) for row in rows]
    top = path
    while True:
        below = [
            each for each in units if each[0].startswith(top) and each[0].count("/") == top.count("/") + 1
        ]
        if len(below) != 1:
            break
        top = below[0][0]
    if not below:
        return "outlet", _outlets(connection, viewer, path)
    places = _places(connection, viewer, path)
    land = lands(connection, places, [unit for unit, _, _ in below])
    members = [_member(unit, name, places, land[unit]) for unit, name, _ in below]
    return str(UnitKind(below[0][2]).value), members


def _member(path: str, name: str, places: Mapping[str, Placed], land: Land) -> Member:
    outlets = sum(each[0] for where, each in places.items() if where.startswith(path))
    lat, lng = land.middle or (None, None)
    return Member(path, name, outlets, lat, lng, land.outline, land.astray)


def _places(connection: sa.Connection, viewer: Viewer, path: str) -> dict[str, Placed]:
    """Of each unit with outlets of its own: how many, how many with a position, and the sums of their degrees."""
    rows = connection.execute(
        sa.select(
            col(Outlet.unit_path),
            sa.func.count(),
            sa.func.count(col(Outlet.lat)),
            sa.func.sum(col(Outlet.lat)),
            sa.func.sum(col(Outlet.lng)),
        )
        .where(*_present(viewer, path))
        .group_by(col(Outlet.unit_path))
    )
    found: dict[str, Placed] = {}
    for unit, many, placed, lat, lng in rows:
        found[unit] = (many, placed, float(lat or 0), float(lng or 0))
    return found


def _outlets(connection: sa.Connection, viewer: Viewer, path: str) -> list[Member]:
    rows = connection.execute(
        sa.select(col(Outlet.id), col(Outlet.name), col(Outlet.lat), col(Outlet.lng))
        .where(*_present(viewer, path))
        .order_by(col(Outlet.code))
    )
    found = [Member(str(row[0]), row[1], 1, row[2], row[3]) for row in rows]
    there = {*near([(each.lat, each.lng) for each in found if each.lat is not None and each.lng is not None])}
    return [
        each
        if each.lat is None or (each.lat, each.lng) in there
        else replace(each, lat=None, lng=None, astray=1)
        for each in found
    ]


def _present(viewer: Viewer, path: str) -> list[sa.ColumnElement[bool]]:
    return [
        scope.outlets(viewer),
        col(Outlet.status) != OutletStatus.EXITED,
        col(Outlet.unit_path).startswith(path, autoescape=True),
    ]
