"""The ground of week plans: the agent outlets of an area with their class, their last ranking, and the days on which they were visited.

Of visits it reads area visits of managers alone. What is known of covert ones is never asked for here, so that neither a plan
nor a change of it can tell of one (handbook 01: the draw of covert visits avoids the plan, never the reverse).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM, Viewer
from server.domain.periods import Period
from server.domain.planning import Place
from server.domain.ranks import among_last
from server.domain.visit import SHANGHAI, VisitKind, VisitState
from server.queries import figures, reckoning, results, scope
from server.queries.rules import rules_on
from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet, OutletStatus, UnitKind
from server.storage.periods import PeriodOutlet, PeriodRow, in_round
from server.storage.visits import Visit

MADE = (
    VisitState.RECEIVING,
    VisitState.SUBMITTED,
    VisitState.IN_REVIEW,
    VisitState.SECOND_REVIEW,
    VisitState.RETURNED,
    VisitState.ACCEPTED,
    VisitState.PUBLISHED,
    VisitState.FINAL,
)
"""A visit that was sent was made, whatever becomes of it; one that is void was not."""
_VISITED = (OutletStatus.ACTIVE, OutletStatus.PROBATION)
WEEK = timedelta(days=7)
_LOOK_BACK = timedelta(days=400)
"""Who was not visited for longer is as one that was never visited."""
_STAND_IN_MONTHS = 2
"""The ranking of the month before last stands in while that of last month is not published yet."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An agent outlet as a plan shows it, with what it is now; `in_sight` False: it has gone to where the viewer sees nothing."""

    id: UUID
    code: str
    name: str
    pinyin: str
    unit_path: str
    tier: str
    class_: str
    status: str
    address: str
    position: tuple[float, float] | None
    in_sight: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outlets that were among the last of their county companies in a month; `month` None: none is published."""

    month: str | None
    last: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """What plans of the outlets of a unit stand on, for the weeks from one Monday on.

    `spots` are all that were of the unit in any of these weeks; `changes` what was different of them before the day of a change,
    by field.
    """

    within: str
    spots: Mapping[str, Spot]
    visited: Mapping[str, list[date]]
    since: Mapping[str, date]
    changes: Mapping[tuple[str, str], list[tuple[date, str]]]
    rankings: Mapping[date, Ranking]

    def places(self, monday: date, until: date) -> list[Place]:
        """The outlets that are to be visited in the week of a Monday, as they stood on the day `until`; tier and class as on the Monday."""
        return [
            place for place in self.anywhere(monday, until) if self.stands(place.outlet, until, self.within)
        ]

    def anywhere(self, monday: date, until: date) -> Iterator[Place]:
        """The same, wherever they lay then, and those that left within the week but were visited in it before."""
        for outlet in self.spots:
            if self._then(outlet, "tier", monday, self.spots[outlet].tier) not in reckoning.AGENTS:
                continue
            place = self._place(outlet, monday, until)
            if self.stands(outlet, until) or any(
                self.stands(outlet, day) for day in place.visited if day >= monday
            ):
                yield place

    def stands(self, outlet: str, on: date, within: str = "") -> bool:
        """Whether an outlet was to be visited at the end of a day, and lay within a unit."""
        return self._then(outlet, "status", on, self.spots[outlet].status) in _VISITED and self.path(
            outlet, on
        ).startswith(within)

    def path(self, outlet: str, on: date) -> str:
        """The path of the unit that an outlet was of at the end of a day."""
        return self._then(outlet, "unit", on, self.spots[outlet].unit_path)

    def _place(self, outlet: str, monday: date, until: date) -> Place:
        days = self.visited.get(outlet, [])
        week_before = monday - WEEK
        return Place(
            outlet=outlet,
            outlet_class=self._then(outlet, "class", monday, self.spots[outlet].class_),
            among_last=outlet in self.rankings[monday].last,
            visited=days[max(0, bisect_left(days, week_before) - 1) : bisect_right(days, until)],
            since=self.since[outlet],
            among_last_before=outlet in self.rankings[week_before].last,
        )

    def _then(self, outlet: str, field: str, on: date, now: str) -> str:
        """What was changed later was something else then."""
        return next((before for day, before in self.changes.get((outlet, field), ()) if day > on), now)


def ground(
    connection: sa.Connection, viewer: Viewer, mondays: Sequence[date], today: date, unit_path: str = ""
) -> Ground:
    """The agent outlets within a unit in sight that were to be visited in weeks, and what these weeks need of them.

    `mondays` are in order. An outlet that has left or has gone to another unit since is there for the weeks before.
    """
    monday = mondays[0]
    begun = monday - WEEK
    changed = sa.select(col(OutletChange.outlet_id)).where(col(OutletChange.from_day) > monday)
    left = changed.where(col(OutletChange.field) == "status", col(OutletChange.before).in_(_VISITED))
    gone = changed.where(
        col(OutletChange.field) == "unit",
        col(OutletChange.before).startswith(unit_path, autoescape=True),
        scope.paths_then(viewer, col(OutletChange.before)),
    )
    here = sa.and_(scope.outlets(viewer), col(Outlet.unit_path).startswith(unit_path, autoescape=True))
    was_agent = changed.where(
        col(OutletChange.field) == "tier", col(OutletChange.before).in_(reckoning.AGENTS)
    )
    where = [
        sa.or_(col(Outlet.tier).in_(reckoning.AGENTS), col(Outlet.id).in_(was_agent)),
        sa.or_(col(Outlet.status).in_(_VISITED), col(Outlet.id).in_(left)),
        sa.or_(here, col(Outlet.id).in_(gone)),
    ]
    rows = connection.execute(
        sa.select(
            col(Outlet.id),
            col(Outlet.code),
            col(Outlet.name),
            col(Outlet.pinyin),
            col(Outlet.unit_path),
            col(Outlet.tier),
            col(Outlet.class_),
            col(Outlet.status),
            col(Outlet.address),
            col(Outlet.lat),
            col(Outlet.lng),
            col(Outlet.cooperation_since),
            scope.outlets(viewer).label("in_sight"),
        ).where(*where)
    ).all()
    begin = _begin(connection) or today
    spots, since = {}, {}
    for row in rows:
        name = str(row.id)
        known = row.lat is not None and row.lng is not None
        position = (row.lat, row.lng) if known else None
        spots[name] = Spot(
            *row[:5], str(row.tier), row[6], str(row.status), row.address, position, bool(row.in_sight)
        )
        since[name] = max(row.cooperation_since or begin, begin)
    mine = sa.select(col(Outlet.id)).where(*where)
    return Ground(
        unit_path,
        spots,
        _visited(connection, mine, begun),
        since,
        _changes(connection, mine, monday),
        _rankings(connection, (begun, *mondays), unit_path),
    )


def _rankings(connection: sa.Connection, mondays: Sequence[date], unit_path: str) -> dict[date, Ranking]:
    """Who was among the last of the county companies' last month before each week; each month is read once."""
    found: dict[date, Ranking] = {}
    read: dict[tuple[str, int, int], Ranking] = {}
    for monday in mondays:
        standing = _ranked_month(connection, monday)
        if standing is None:
            found[monday] = Ranking(None, frozenset())
            continue
        key = (*standing, rules_on(connection, monday).week_plan.last_of_company)
        if key not in read:
            read[key] = _ranking(connection, *key, unit_path)
        found[monday] = read[key]
    return found


def _ranked_month(connection: sa.Connection, monday: date) -> tuple[str, int] | None:
    """The month whose ranking a week stands on, with its round; None where none was published in time.

    While last month is not published, the one before it stands in: a draft holds covert visits that nobody may know of.
    What was published after the week's Sunday does not change what was asked in it.
    """
    month = Period.of("month", monday).back()
    codes = [month.back(turn).code for turn in range(_STAND_IN_MONTHS)]
    there = connection.execute(
        sa.select(col(PeriodRow.code), col(PeriodRow.round)).where(
            col(PeriodRow.code).in_(codes),
            col(PeriodRow.state).in_(results.STANDING),
            col(PeriodRow.published_at) < datetime.combine(monday + WEEK, time(), SHANGHAI),
        )
    )
    return max(((code, round_) for code, round_ in there), default=None)


def _ranking(connection: sa.Connection, code: str, round_: int, k: int, unit_path: str) -> Ranking:
    """The last of a month, of the counties that a unit lies in or holds."""
    counties = figures.units(connection, UnitKind.COUNTY)
    county = reckoning.within(unit_path, counties) if unit_path else None
    then = sa.select(col(PeriodOutlet.outlet_id), col(PeriodOutlet.unit_path)).where(
        col(PeriodOutlet.period) == code,
        in_round(PeriodOutlet, round_),
        col(PeriodOutlet.unit_path).startswith(county or unit_path, autoescape=True),
    )
    county_of = {str(outlet): reckoning.within(path, counties) for outlet, path in connection.execute(then)}
    groups: defaultdict[str, dict[str, Fraction | None]] = defaultdict(dict)
    subjects = list(county_of) if unit_path else ()
    for each in results.results(connection, SYSTEM, code, ["composite"], subjects):
        where = county_of.get(each.subject)
        if where:
            groups[where][each.subject] = each.exact
    last = frozenset(name for scores in groups.values() for name in among_last(scores, k) or ())
    return Ranking(code, last)


def _made() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(Visit.kind) == VisitKind.AREA_VISIT,
        sa.not_(scope.covert()),
        col(Visit.state).in_(MADE),
    )


def _begin(connection: sa.Connection) -> date | None:
    """The day of the first area visit of all: before it nobody was to be visited."""
    first = sa.select(col(Visit.visit_date)).where(*_made()).order_by(col(Visit.visit_date)).limit(1)
    return connection.execute(first).scalar()


def _visited(connection: sa.Connection, outlets: Any, monday: date) -> dict[str, list[date]]:
    """The days of each outlet's area visits, in order: the last one before the Monday, and all since."""
    mine = (*_made(), col(Visit.outlet_id).in_(outlets))
    day, outlet = col(Visit.visit_date), col(Visit.outlet_id)
    before = (
        sa.select(outlet, sa.func.max(day))
        .where(*mine, day < monday, day >= monday - _LOOK_BACK)
        .group_by(outlet)
    )
    since = sa.select(outlet, day).where(*mine, day >= monday).distinct().order_by(day)
    found: defaultdict[str, list[date]] = defaultdict(list)
    for statement in (before, since):
        for place, on in connection.execute(statement):
            found[str(place)].append(on)
    return found


def _changes(
    connection: sa.Connection, outlets: Any, monday: date
) -> dict[tuple[str, str], list[tuple[date, str]]]:
    """What of outlets changed after the Monday, by outlet and field: the days in order, and what it was before each."""
    rows = connection.execute(
        sa.select(
            col(OutletChange.outlet_id),
            col(OutletChange.field),
            col(OutletChange.from_day),
            col(OutletChange.before),
        )
        .where(
            col(OutletChange.field).in_(("class", "status", "tier", "unit")),
            col(OutletChange.from_day) > monday,
            col(OutletChange.outlet_id).in_(outlets),
        )
        .order_by(col(OutletChange.from_day), col(OutletChange.at))
    )
    found: defaultdict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    for outlet, field, day, before in rows:
        found[str(outlet), field].append((day, before))
    return found
