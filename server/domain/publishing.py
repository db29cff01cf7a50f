"""Publishing in batches: the most in one, what becomes of a photograph before its visit is published, the limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar

from server.domain.calendars import Calendars, NoCalendar
from server.domain.errors import Problem
from server.domain.visit import SHANGHAI

MOST = 500
"""Visits in one batch: one transaction, during which nobody else writes on SQLite."""


class PhotoState(StrEnum):
    """What is decided about a photograph of a covert visit; without a row nobody has looked at it at all."""

    PROPOSED = "proposed"
    """Faces were looked for by the program; no person has looked at it."""
    CONFIRMED = "confirmed"
    """A person has set its masks, and has not released it yet."""
    RELEASED = "released"
    WITHHELD = "withheld"


@dataclass(eq=False)
class TooManyAtOnce(Problem):
    """More visits than one batch may hold."""

    limit: int
    code: ClassVar[str] = "too-many-at-once"


@dataclass(eq=False)
class NothingChosen(Problem):
    """A batch of nothing."""

    code: ClassVar[str] = "nothing-chosen"


def publish_by(calendars: Calendars, accepted: datetime, working_days: int) -> datetime | None:
    """When the last working day ends on which a visit should be published (handbook 03: 3 of them after acceptance).

    None where the calendar of a year on the way is not there yet: then nothing is called overdue.
    """
    day = accepted.astimezone(SHANGHAI).date()
    try:
        last = calendars.nth_working_day(day, working_days) if working_days else day
    except NoCalendar:
        return None
    return datetime.combine(last + timedelta(days=1), time(), SHANGHAI)


@dataclass(eq=False)
class ReportNotDue(Problem):
    """Nothing makes this report: the visit is not accepted, or for the outlet's edition not published."""

    code: ClassVar[str] = "report-not-due"
