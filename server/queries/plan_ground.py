"""The ground of week plans: the agent outlets of an area with their class, their last ranking, and the days on which they were visited.

Of visits it reads area visits of managers alone. What is known of covert ones is never asked for here, so that neither a plan
nor a change of it can tell of one (handbook 01: the draw of covert visits avoids the plan, never the reverse).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
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
_LOOK_BACK = timedelta(days=400)
"""Who was not visited for longer is as one that was never visited."""
_STAND_IN_MONTHS = 2
"""The ranking of the month before last stands in while that of last month is not published yet."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An agent outlet as a plan shows it."""

    id: UUID
    code: str
    name: str
    pinyin: str
    unit_path: str
    tier: str
    class_: str
    address: str
    position: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The outlets that were among the last of their county companies in a month; `month` None: none is published."""

    month: str | None
    last: frozenset[str]


@dataclass(frozen=True, slots=True)
class Ground:
    """What plans of some outlets stand on, for the weeks from one Monday on."""

    spots: Mapping[str, Spot]
    visited: Mapping[str, list[date]]
    since: Mapping[str, date]
    classes: Mapping[str, list[tuple[date, str]]]

    def place(self, outlet: str, monday: date, until: date, ranking: Ranking) -> Place:
        """One outlet in the week of a Monday, as it stood on the day `until`."""
        days = self.visited.get(outlet, [])
        first = max(0, bisect_left(days, monday) - 1)
        class_ = self.spots[outlet].class_
        # What was changed later was something else then.
        class_ = next((before for day, before in self.classes.get(outlet, ()) if day > monday), class_)
        return Place(
            outlet=outlet,
            outlet_class=class_,
            among_last=outlet in ranking.last,
            visited=days[first : bisect_right(days, until)],
            since=self.since[outlet],
        )


def ground(
    connection: sa.Connection, viewer: Viewer, monday: date, today: date, unit_path: str = ""
) -> Ground:
    """The agent outlets in sight within a unit that are visited at all, and what weeks from `monday` on need of them."""
    where = [
        scope.outlets(viewer),
        col(Outlet.tier).in_(reckoning.AGENTS),
        col(Outlet.status).in_(_VISITED),
        col(Outlet.unit_path).startswith(unit_path, autoescape=True),
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
            col(Outlet.address),
            col(Outlet.lat),
            col(Outlet.lng),
            col(Outlet.cooperation_since),
        ).where(*where)
    ).all()
    begin = _begin(connection) or today
    spots, since = {}, {}
    for row in rows:
        name = str(row.id)
        known = row.lat is not None and row.lng is not None
        position = (row.lat, row.lng) if known else None
        spots[name] = Spot(*row[:5], str(row.tier), row[6], row.address, position)
        since[name] = max(row.cooperation_since or begin, begin)
    mine = sa.select(col(Outlet.id)).where(*where)
    return Ground(spots, _visited(connection, mine, monday), since, _classes(connection, mine, monday))


def ranking(connection: sa.Connection, monday: date, unit_path: str = "") -> Ranking:
    """Who was among the last of the county companies' last month before a week, of the counties that a unit lies in or holds.

    While that month is not published, the one before it stands in: a draft holds covert visits that nobody may know of.
    What was published after the week's Sunday does not change what was asked in it.
    """
    month = Period.of("month", monday).back()
    codes = [month.back(turn).code for turn in range(_STAND_IN_MONTHS)]
    there = connection.execute(
        sa.select(col(PeriodRow.code), col(PeriodRow.round)).where(
            col(PeriodRow.code).in_(codes),
            col(PeriodRow.state).in_(results.STANDING),
            col(PeriodRow.published_at) < datetime.combine(monday + timedelta(days=7), time(), SHANGHAI),
        )
    )
    found = max(((code, round_) for code, round_ in there), default=None)
    if found is None:
        return Ranking(None, frozenset())
    code, round_ = found
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
    k = rules_on(connection, monday).week_plan.last_of_company
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


def _classes(connection: sa.Connection, outlets: Any, monday: date) -> dict[str, list[tuple[date, str]]]:
    """The classes that outlets had before they changed since the Monday, by the day of the change."""
    rows = connection.execute(
        sa.select(col(OutletChange.outlet_id), col(OutletChange.from_day), col(OutletChange.before))
        .where(
            col(OutletChange.field) == "class",
            col(OutletChange.from_day) > monday,
            col(OutletChange.outlet_id).in_(outlets),
        )
        .order_by(col(OutletChange.from_day), col(OutletChange.at))
    )
    found: defaultdict[str, list[tuple[date, str]]] = defaultdict(list)
    for outlet, day, before in rows:
        found[str(outlet)].append((day, before))
    return found
