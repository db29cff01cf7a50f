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

    `visited` are the days of announced visits, of this week and the last one before it; `since` is the first day on
    which it is to be visited at all; `covert` are days of covert visits as the planner alone knows them.
    """

    outlet: str
    outlet_class: str
    among_last: bool
    visited: Collection[date]
    since: date
    covert: Collection[date] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """One outlet of the week: how many visits are asked, how many were made, since when it is overdue, and why.

    `days` are those left of the week on which a visit may be made; `overdue_since` None: not overdue.
    """

    outlet: str
    why: Why
    asked: int
    made: int
    overdue_since: date | None
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
    """Return what is due in the week of today: overdue ones first, the longest overdue ahead, then by outlet.

    The higher demand wins. Outlets of which nothing is asked this week are left out; the order of a day by distance is
    for whoever knows where the manager is.
    """
    found = [due for place in places if (due := _due(place, today, rules, version))]
    return tuple(sorted(found, key=lambda due: (due.overdue_since or date.max, due.outlet)))


def _due(place: Place, today: date, rules: Rules, version: int) -> Due | None:
    monday = monday_of(today)
    sunday = monday + timedelta(days=6)
    week = {day for day in place.visited if monday <= day <= sunday}
    before = max((day for day in place.visited if day < monday), default=None)
    weekly = [
        (rules.last_per_week, "last_of_company", place.among_last),
        (rules.class_a_per_week, "class_a", place.outlet_class == "A"),
    ]
    asked, why = max(
        ((count, name) for count, name, holds in weekly if holds),
        key=lambda one: one[0],
        default=(0, "others"),
    )
    overdue: date | None = None
    if not asked:
        # Counted from the last visit; who was never visited is due from the first day on.
        due_on = place.since if before is None else before + timedelta(days=rules.others_days)
        if due_on > sunday:
            return None
        asked = 1
        overdue = due_on if due_on < today and not week else None
    elif place.since < monday and (before is None or before < monday - timedelta(days=7)):
        # Nobody came in the whole week before: overdue since it ended.
        overdue = monday if not week else None
    days = tuple(
        day
        for turn in range(7)
        if (day := monday + timedelta(days=turn)) >= today
        and day not in week
        and _apart(day, place.covert, rules)
    )
    reason: Why = (
        "last_of_company" if why == "last_of_company" else "class_a" if why == "class_a" else "others"
    )
    explanation = Explanation(
        "week-plan",
        max(0, asked - len(week)),
        named(
            {"why": reason, "asked": asked, "made": len(week), "last_visit": before, "overdue_since": overdue}
        ),
        named(
            {
                "last_per_week": rules.last_per_week,
                "class_a_per_week": rules.class_a_per_week,
                "others_days": rules.others_days,
            }
        ),
        (note("no-day-left"),) if asked > len(week) and len(days) < asked - len(week) else (),
        subject=f"outlet:{place.outlet}",
        rules=version,
    )
    return Due(place.outlet, reason, asked, len(week), overdue, days, explanation)


def _apart(day: date, covert: Collection[date], rules: Rules) -> bool:
    return all(abs((day - other).days) >= rules.covert_gap_days for other in covert)
