"""Meetings and trainings of agents (S4 p.16): who holds which how often, what is due now, and their Problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from server.domain.errors import Problem
from server.domain.periods import Period
from server.domain.rules_service import Meetings

Level = Literal["area", "county", "branch"]
"""The sort of unit that holds it."""
Sort = Literal["area_meeting", "county_meeting", "county_training", "branch_training", "award_training"]
SORTS: dict[Sort, Level] = {
    "area_meeting": "area",
    "county_meeting": "county",
    "county_training": "county",
    "branch_training": "branch",
    "award_training": "branch",
}
NOTE_CHARACTERS = 500


@dataclass(eq=False)
class ReminderUnknown(Problem):
    """No such meeting or training is asked of this unit, or its period is not the present one or the one before."""

    code: ClassVar[str] = "reminder-unknown"


@dataclass(eq=False)
class ReminderDayWrong(Problem):
    """The day lies outside of the period, or has not come yet."""

    first: str
    last: str
    code: ClassVar[str] = "reminder-day-wrong"


@dataclass(frozen=True, slots=True)
class Asked:
    """A meeting or training that is asked of a unit in a period."""

    sort: Sort
    period: Period


def asked(level: str, rules: Meetings, today: date) -> tuple[Asked, ...]:
    """Return what is asked of a unit of this level in the periods of today."""
    return tuple(
        Asked(sort, Period.of(getattr(rules, sort), today)) for sort, of in SORTS.items() if of == level
    )


def held(sort: str, level: str, period: str, on: date, rules: Meetings, today: date) -> Asked:
    """Return what was held. Raises ReminderUnknown, ReminderDayWrong.

    It may still be noted for the period before this one, as people note things late.
    """
    for each in asked(level, rules, today):
        for one in (each.period, each.period.back()):
            if each.sort == sort and one.code == period:
                if not one.holds(on) or on > today:
                    raise ReminderDayWrong(first=one.first.isoformat(), last=min(one.last, today).isoformat())
                return Asked(each.sort, one)
    raise ReminderUnknown()
