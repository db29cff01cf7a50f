"""Coverage of week plans: visits made of those that were asked for, by unit or manager over weeks; and the outlets that are overdue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

from sqlmodel import Session

from server.domain.access import Viewer
from server.domain.exact import hundredths, two_decimals
from server.domain.planning import Demand, begun, demand, monday_of, urgency
from server.queries import figures, plan_ground, plan_units, reckoning
from server.queries.plan_ground import Spot
from server.queries.rules import rules_on
from server.storage.organisation import UnitKind

SPANS = (4, 8, 13)
"""So many weeks may be looked at, this one included."""
PAGE = 50


@dataclass(slots=True)
class Count:
    """So many visits were asked for, so many of those were made."""

    asked: int = 0
    made: int = 0

    def add(self, asked: int, made: int) -> None:
        """Add visits that were asked for and visits that were made of such."""
        self.asked += asked
        self.made += made

    @property
    def percent(self) -> str | None:
        """Made of asked in per cent with two decimals; None: nothing was asked."""
        return two_decimals(hundredths(100 * Fraction(self.made, self.asked))) if self.asked else None


@dataclass(slots=True)
class Row:
    """Coverage of one unit or manager: in all, by the Mondays of its weeks, and how many outlets are overdue now.

    `path` is the unit's; of a manager it is that of his area, and `name` is his own.
    """

    path: str
    name: str
    beside: str
    outlets: int = 0
    overdue: int = 0
    whole: Count = field(default_factory=Count)
    weeks: dict[date, Count] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The rows, the lowest coverage first, and all of them together."""

    rows: tuple[Row, ...]
    total: Row
    mondays: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Late:
    """An outlet that is overdue: what is asked of it, and whose it is."""

    spot: Spot
    demand: Demand
    area: str
    managers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lates:
    """A page of overdue outlets, and how many there are."""

    rows: tuple[Late, ...]
    total: int
    page: int
    pages: int


def coverage(
    session: Session, viewer: Viewer, today: date, *, by: plan_units.By, weeks: int, within: str = ""
) -> Coverage:
    """The coverage of the units of a sort in sight within one, over the last weeks up to today.

    Each week is measured as it stood on its Sunday, this one as it stands: what is still to come counts as asked for. A visit
    counts where the outlet lay on its day, what nobody made where it lay in the end, and what was done beyond that nowhere. A
    visit of every two weeks is asked once in them and stands in the first, of the unit that was asked, whichever it was made in.
    """
    connection = session.connection()
    mondays = tuple(monday_of(today) - timedelta(weeks=turn) for turn in reversed(range(weeks)))
    ground = plan_ground.ground(connection, viewer, mondays, today, within)
    units = figures.units(connection, plan_units.GROUPS[by], "")
    areas = figures.units(connection, UnitKind.AREA, "") if by == "manager" else {}
    counties = figures.units(connection, UnitKind.COUNTY, "") if by in ("area", "manager") else {}
    people = plan_units.managers(session) if by in ("area", "manager") else {}
    rows: dict[str, Row] = {}
    total = Row(within, "", "", weeks={monday: Count() for monday in mondays})

    def row_of(path: str) -> Row:
        if path not in rows:
            named = "、".join(people.get(path, ()))
            county = counties.get(reckoning.within(path, counties) or "", "")
            name, beside = (
                (named, areas.get(path, ""))
                if by == "manager"
                else (units[path], " · ".join(filter(None, (county, named))))
            )
            rows[path] = Row(path, name, beside, weeks={monday: Count() for monday in mondays})
        return rows[path]

    group_of = cache(lambda path: reckoning.within(path, units))

    def rows_of(path: str) -> tuple[Row, ...]:
        group = group_of(path) if path.startswith(within) else None
        return (row_of(group), total) if group else ()

    def add(path: str, week: date, *, asked: int, made: int) -> None:
        for row in rows_of(path):
            row.weeks[week].add(asked, made)
            row.whole.add(asked, made)

    # Of whom and in which week a visit was asked that may be made in a later one, by the week in which its days begin: an earlier
    # one where the outlet was not to be visited yet.
    waiting: dict[tuple[str, date], tuple[str, date]] = {}
    for monday in mondays:
        rules = rules_on(connection, monday).week_plan
        until = min(today, monday + timedelta(days=6))
        for place in ground.anywhere(monday, until):
            outlet, path = place.outlet, ground.path(place.outlet, until)
            one, stands = demand(place, until, rules), ground.stands(place.outlet, until)
            for row in rows_of(path) if stands else ():
                row.outlets += monday == mondays[-1]
                row.overdue += bool(monday == mondays[-1] and one and one.overdue_since)
            start = begun(one, monday, rules) if one else None
            # What began before the weeks that are looked at is none of theirs.
            if one is None or start not in total.weeks:
                continue
            days = sorted(day for day in place.visited if day >= monday)[: one.asked]
            asked = waiting.get((outlet, start))
            if asked:
                add(*asked, asked=0, made=len(days))
                continue
            for day in days:
                add(ground.path(outlet, day), monday, asked=1, made=1)
            if stands and len(days) < one.asked:
                add(path, monday, asked=one.asked - len(days), made=0)
                waiting[outlet, start] = path, monday
    ordered = sorted(rows.values(), key=lambda row: (_share(row.whole), row.path))
    return Coverage(tuple(ordered), total, mondays)


def overdue(
    session: Session,
    viewer: Viewer,
    today: date,
    *,
    within: str = "",
    search: str = "",
    page: int = 1,
    most: int = PAGE,
) -> Lates:
    """The outlets in sight within a unit that are overdue, those first to which nobody came for the longest."""
    connection = session.connection()
    areas, people = figures.units(connection, UnitKind.AREA), plan_units.managers(session)
    found = []
    for spot, one in _this_week(session, viewer, today, within):
        if one.overdue_since is None or not _sought(spot, search):
            continue
        area = reckoning.within(spot.unit_path, areas) or ""
        found.append(Late(spot, one, areas.get(area, ""), people.get(area, ())))
    found.sort(key=lambda late: (urgency(late.demand), late.spot.code))
    pages = max(1, -(-len(found) // most))
    page = min(max(1, page), pages)
    return Lates(tuple(found[(page - 1) * most : page * most]), len(found), page, pages)


def waiting(session: Session, viewer: Viewer, today: date) -> tuple[int, int]:
    """How many visits are still to be made this week in the viewer's part, and how many outlets are overdue."""
    left = late = 0
    for _, one in _this_week(session, viewer, today, viewer.unit_path):
        left += max(0, one.asked - one.made)
        late += one.overdue_since is not None
    return left, late


def _this_week(session: Session, viewer: Viewer, today: date, within: str) -> Iterator[tuple[Spot, Demand]]:
    connection, monday = session.connection(), monday_of(today)
    rules = rules_on(connection, monday).week_plan
    ground = plan_ground.ground(connection, viewer, (monday,), today, within)
    for place in ground.places(monday, today):
        one = demand(place, today, rules)
        if one is not None:
            yield ground.spots[place.outlet], one


def _sought(spot: Spot, search: str) -> bool:
    sought = search.lower()
    return not sought or sought in spot.name.lower() or sought in spot.code.lower() or sought in spot.pinyin


def _share(count: Count) -> tuple[bool, Fraction]:
    """The least covered first, who had nothing to do last."""
    return not count.asked, Fraction(count.made, count.asked or 1)
