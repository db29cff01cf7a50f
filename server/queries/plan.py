"""The week plan of a unit: each outlet with what is due, why, what was done, and a proposal of days in the order of a short way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from server.domain.access import Permission, Viewer
from server.domain.calendars import Calendars, NoCalendar
from server.domain.planning import Demand, Due, demand, monday_of, urgency, week_plan
from server.domain.rules_service import WeekPlan
from server.domain.week_days import Position, arranged, metres
from server.queries import plan_ground, plan_reminders, plan_units
from server.queries.plan_ground import Spot
from server.queries.rules import rules_on
from server.storage.organisation import Unit

WEEKS_AHEAD = 1
"""A plan can be looked at so many weeks ahead: later ones depend on what is done before."""


@dataclass(frozen=True, slots=True)
class Stop:
    """An outlet of the week: its demand, the days on which it was visited, and those that are proposed."""

    spot: Spot
    due: Due
    visited: tuple[date, ...]
    proposed: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Leg:
    """One outlet of a day, and how far it is from the one before it in metres; None: it is the first, or nobody knows."""

    stop: Stop
    metres: int | None


@dataclass(frozen=True, slots=True)
class Week:
    """The plan of a unit for a week, as it stands on a day. `today` is that day, or the week's Sunday when it is over.

    `month` is the month whose published ranking says who is among the last; None: there is none. `rules` and `version` are
    those of the week's Monday. `no_calendar` are the years of a week not over yet whose calendar is not published: no day of
    them is proposed.
    """

    unit: Unit
    managers: tuple[str, ...]
    monday: date
    today: date
    month: str | None
    rules: WeekPlan
    version: int
    stops: tuple[Stop, ...]
    days: Mapping[date, tuple[Leg, ...]]
    no_calendar: tuple[int, ...]

    @property
    def sunday(self) -> date:
        """The last day of the week."""
        return self.monday + timedelta(days=6)

    @property
    def asked(self) -> int:
        """How many visits are asked for."""
        return sum(stop.due.asked for stop in self.stops)

    @property
    def made(self) -> int:
        """How many of those were made; what was done beyond them does not stand in for others."""
        return sum(min(stop.due.made, stop.due.asked) for stop in self.stops)

    @property
    def overdue(self) -> int:
        """How many outlets are overdue."""
        return sum(stop.due.overdue_since is not None for stop in self.stops)


def week_of(day: date | None, today: date) -> date:
    """The Monday of the week in which a day lies, this week's where none is named or it lies too far ahead."""
    latest = monday_of(today) + timedelta(weeks=WEEKS_AHEAD)
    return min(monday_of(day), latest) if day else monday_of(today)


def week(
    session: Session, viewer: Viewer, calendars: Calendars, path: str, monday: date, today: date
) -> Week:
    """The plan of a unit for a week. Raises NotFound for a unit that is not in sight.

    A week that is over is as it stood on its Sunday; one that has not begun as it would stand on its Monday.
    """
    unit = plan_units.in_sight(session, viewer, path)
    connection = session.connection()
    stands = min(max(today, monday), monday + timedelta(days=6))
    rules = rules_on(connection, monday)
    this = monday_of(today)
    mondays = (monday,) if monday <= this else (this, monday)
    ground = plan_ground.ground(connection, viewer, mondays, today, path)
    places = ground.places(monday, min(stands, today))
    dues = week_plan(places, stands, rules.week_plan, rules.version)
    if monday > this:
        of_now = rules_on(connection, this).week_plan
        now = {place.outlet: demand(place, today, of_now) for place in ground.places(this, today)}
        dues = tuple(_foreseen(due, now.get(due.outlet)) for due in dues)
    positions: dict[str, Position] = {
        name: spot.position for name, spot in ground.spots.items() if spot.position
    }
    over = monday + timedelta(days=6) < today
    working, unknown = workdays(calendars, monday)
    order = {} if over else arranged(dues, positions, working)
    proposed: dict[str, list[date]] = {}
    for day, outlets in order.items():
        for outlet in outlets:
            proposed.setdefault(outlet, []).append(day)
    stops = {
        due.outlet: Stop(
            ground.spots[due.outlet],
            due,
            tuple(day for day in ground.visited.get(due.outlet, ()) if monday <= day <= stands),
            tuple(proposed.get(due.outlet, ())),
        )
        for due in dues
    }
    days = {
        day: tuple(
            Leg(stops[outlet], _way(outlets[turn - 1], outlet, positions) if turn else None)
            for turn, outlet in enumerate(outlets)
        )
        for day, outlets in order.items()
    }
    return Week(
        unit,
        plan_units.managers(session).get(path, ()),
        monday,
        stands,
        ground.rankings[monday].month,
        rules.week_plan,
        rules.version,
        tuple(sorted(stops.values(), key=_turn)),
        days,
        () if over else unknown,
    )


def workdays(calendars: Calendars, monday: date) -> tuple[frozenset[date], tuple[int, ...]]:
    """The working days of a week as far as they are known, and the years of it whose calendar is not published (handbook 2.17)."""
    days, unknown = set(), set()
    for day in (monday + timedelta(days=turn) for turn in range(7)):
        try:
            if calendars.is_working_day(day):
                days.add(day)
        except NoCalendar:
            unknown.add(day.year)
    return frozenset(days), tuple(sorted(unknown))


def for_phone(session: Session, viewer: Viewer, calendars: Calendars, today: date) -> list[dict[str, Any]]:
    """The week of an area manager as his phone shows it offline: one object; nothing for whoever has no area."""
    if not viewer.may(Permission.PLAN_WEEK) or plan_units.own(session, viewer) is None:
        return []
    found = week(session, viewer, calendars, viewer.unit_path, monday_of(today), today)
    return [
        {
            "id": "week",
            "monday": found.monday.isoformat(),
            "no_calendar": list(found.no_calendar),
            "stops": [
                {
                    "outlet_id": stop.due.outlet,
                    "why": stop.due.why,
                    "asked": stop.due.asked,
                    "made": stop.due.made,
                    "overdue_since": stop.due.overdue_since.isoformat() if stop.due.overdue_since else None,
                    "weeks_missed": stop.due.weeks_missed,
                    "days": [day.isoformat() for day in stop.proposed],
                }
                for stop in found.stops
            ],
            "reminders": [
                {
                    "sort": each.sort,
                    "period": each.period,
                    "until": each.until.isoformat(),
                    "held_on": each.held_on.isoformat() if each.held_on else None,
                }
                for each in plan_reminders.of_unit(session, found.unit, today)
            ],
        }
    ]


def _foreseen(due: Due, today: Demand | None) -> Due:
    """Of a week that has not begun nobody knows yet what is overdue by then: overdue is what is so today."""
    since, weeks = (today.overdue_since, today.weeks_missed) if today else (None, 0)
    return replace(due, overdue_since=since, weeks_missed=weeks)


def _turn(stop: Stop) -> tuple[bool, tuple[bool, int, date], str]:
    """What is still open first, the longest neglected ahead, then by code."""
    return stop.due.open == 0, urgency(stop.due), stop.spot.code


def _way(start: str, end: str, positions: Mapping[str, Position]) -> int | None:
    return metres(start, end, positions) if start in positions and end in positions else None
