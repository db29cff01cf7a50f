"""The visit plan of an area manager: what is due this week, since when, and why (handbook 2.12, S4 p.16)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from server.domain.explain import Explanation, named, note
from server.domain.rules_service import WeekPlan as Rules

Why = Literal["last_of_company", "class_a", "others"]


@dataclass(frozen=True, slots=True)
class Place:
    """An outlet of the area: its class, whether it was among the last of the company's month, its visits so far.

    `visited` are the days of announced visits: of this week, the week before, and the last one before that; `since` is the
    first day on which it is to be visited at all; `covert` are days of covert visits as the planner alone knows them.
    `among_last_before`: the week before asked for it as one of the last too.
    """

    outlet: str
    outlet_class: str
    among_last: bool
    visited: Collection[date]
    since: date
    covert: Collection[date] = ()
    among_last_before: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """One outlet of the week: how many visits are asked, how many were made, since when it is overdue, and why.

    `days` are those left of the week on which a visit may be made; `overdue_since` None: not overdue. `weeks_missed` of an overdue
    one: so many weeks right before this one in which nobody came.
    """

    outlet: str
    why: Why
    asked: int
    made: int
    overdue_since: date | None
    weeks_missed: int
    days: tuple[date, ...]
    explanation: Explanation

    @property
    def open(self) -> int:
        """How many visits are still to be made this week."""
        return max(0, self.asked - self.made)


def monday_of(day: date) -> date:
    """Return the Monday of the week in which a day lies."""
    return day - timedelta(days=day.weekday())


def week_plan(places: Sequence[Place], today: date, rules: Rules, version: int) -> tuple[Due, ...]:
    """Return what is due in the week of today: overdue ones first, the longest neglected ahead, then by outlet.

    The higher demand wins. Outlets of which nothing is asked this week are left out; the order of a day by distance is
    for whoever knows where the manager is.
    """
    found = [due for place in places if (due := _due(place, today, rules, version))]
    return tuple(sorted(found, key=lambda due: (*urgency(due), due.outlet)))


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of one outlet in the week of a day: how many visits, how many were made, since when it is overdue, and
    for how many weeks right before this one nobody came.

    `overdue_since` of a weekly demand is at most this Monday; how long nobody came is what `weeks_missed` says of both sorts.
    `due_on` is the day on which a demand of every so many days fell due; None of a weekly one.
    """

    why: Why
    asked: int
    made: int
    last_visit: date | None
    overdue_since: date | None
    weeks_missed: int
    due_on: date | None = None


def demand(place: Place, today: date, rules: Rules) -> Demand | None:
    """Return what is asked of an outlet in the week of today; None where it is nothing. The higher demand wins.

    Nothing is asked before it is there. A day counts once, however many visits it has seen. `last_visit` is the last one
    before this week. A weekly demand is overdue where the week before was not done in full, until this one is.
    """
    monday = monday_of(today)
    sunday = monday + timedelta(days=6)
    if place.since > sunday:
        return None
    made = len({day for day in place.visited if monday <= day <= sunday})
    before = max((day for day in place.visited if day < monday), default=None)
    weekly: list[tuple[int, Why]] = []
    if place.among_last:
        weekly.append((rules.last_per_week, "last_of_company"))
    if place.outlet_class == "A":
        weekly.append((rules.class_a_per_week, "class_a"))
    overdue: date | None
    due_on: date | None = None
    if weekly:
        asked, why = max(weekly, key=lambda one: one[0])
        last_monday = monday - timedelta(days=7)
        came = len({day for day in place.visited if last_monday <= day < monday})
        # Of who was there for a part of that week only, or was not among the last in it, one visit is enough.
        whole = place.since <= last_monday and (why != "last_of_company" or place.among_last_before)
        missed = place.since < monday and came < (asked if whole else 1)
        overdue = monday if missed and made < asked else None
    else:
        asked, why = 1, "others"
        # Counted from the last visit; who was never visited is due from the first day on.
        due_on = place.since if before is None else before + timedelta(days=rules.others_days)
        if due_on > sunday:
            return None
        overdue = due_on if due_on < today and not made else None
    # The week of the last visit was none without one; the first week of who was never visited was.
    first = monday_of(place.since) if before is None else monday_of(before) + timedelta(days=7)
    weeks = max(0, (monday - first).days // 7) if overdue and not made else 0
    return Demand(why, asked, made, before, overdue, weeks, due_on)


def begun(of: Demand, monday: date, rules: Rules) -> date:
    """Return the Monday of the week in which what is asked in the week of a Monday stands in a count of several weeks.

    A visit every so many days is asked once in so many days: of an outlet that stays due, it stands in the week in which they
    begin, and a visit in a later week of them is that visit.
    """
    if of.due_on is None:
        return monday
    late = (monday - monday_of(of.due_on)).days % rules.others_days
    return monday - timedelta(days=late - late % 7)


def urgency(of: Demand | Due) -> tuple[bool, int, date]:
    """Return what puts outlets in order: the overdue first, of them the longest without a visit, then the longest overdue."""
    return of.overdue_since is None, -of.weeks_missed, of.overdue_since or date.max


def _due(place: Place, today: date, rules: Rules, version: int) -> Due | None:
    found = demand(place, today, rules)
    if found is None:
        return None
    monday = monday_of(today)
    week = {day for day in place.visited if monday <= day < monday + timedelta(days=7)}
    days = tuple(
        day
        for turn in range(7)
        if (day := monday + timedelta(days=turn)) >= today
        and day not in week
        and _apart(day, place.covert, rules)
    )
    left = max(0, found.asked - found.made)
    explanation = Explanation(
        "week-plan",
        left,
        named(
            {
                "why": found.why,
                "asked": found.asked,
                "made": found.made,
                "last_visit": found.last_visit,
                "overdue_since": found.overdue_since,
                "weeks_missed": found.weeks_missed,
            }
        ),
        named(
            {
                "last_per_week": rules.last_per_week,
                "class_a_per_week": rules.class_a_per_week,
                "others_days": rules.others_days,
            }
        ),
        (note("no-day-left"),) if left > len(days) else (),
        subject=f"outlet:{place.outlet}",
        rules=version,
    )
    return Due(
        place.outlet,
        found.why,
        found.asked,
        found.made,
        found.overdue_since,
        found.weeks_missed,
        days,
        explanation,
    )


def _apart(day: date, covert: Collection[date], rules: Rules) -> bool:
    return all(abs((day - other).days) >= rules.covert_gap_days for other in covert)
