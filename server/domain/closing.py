"""Closing of periods: how long a draft stands open, which period ends when, what forbids a step, and its Problems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar

from server.domain.calendars import Calendars
from server.domain.errors import Problem
from server.domain.periods import Period
from server.domain.visit import SHANGHAI


@dataclass(eq=False)
class PeriodStateForbids(Problem):
    """The step is not possible in the period's present state."""

    state: str
    code: ClassVar[str] = "period-state-forbids"


@dataclass(eq=False)
class PeriodUnknown(Problem):
    """The text is no month, quarter, half-year or year."""

    code: ClassVar[str] = "period-unknown"


@dataclass(eq=False)
class PeriodRuns(Problem):
    """The period is not over yet."""

    last: str
    code: ClassVar[str] = "period-not-over"


@dataclass(eq=False)
class PeriodNotRated(Problem):
    """The rules of the period set nothing by the year: it has no figures of its own."""

    code: ClassVar[str] = "period-not-rated"


@dataclass(eq=False)
class PeriodStandsOpen(Problem):
    """The draft stands open to objections until an instant, and is published then."""

    until: str
    code: ClassVar[str] = "period-stands-open"


@dataclass(eq=False)
class PeriodComputedMeanwhile(Problem):
    """Somebody else computed the same period at the same time and was done first."""

    code: ClassVar[str] = "period-computed-meanwhile"


@dataclass(eq=False)
class VisitsUnpublished(Problem):
    """Visits that count are not published yet; a figure would tell of them."""

    count: int
    code: ClassVar[str] = "visits-unpublished"


@dataclass(eq=False)
class PeriodOutdated(Problem):
    """The figures are older than what they are computed from; they have to be computed anew first."""

    periods: str
    code: ClassVar[str] = "period-outdated"


@dataclass(eq=False)
class PartsNotClosed(Problem):
    """The period is computed from others that are not closed: its months, or the ratings before it."""

    periods: str
    code: ClassVar[str] = "parts-not-closed"


@dataclass(eq=False)
class PeriodBuiltOn(Problem):
    """A closed period was computed from this one; it has to be opened again before."""

    periods: str
    code: ClassVar[str] = "period-built-on"


@dataclass(eq=False)
class FourEyes(Problem):
    """Who asked to open a period again does not agree to it as well."""

    code: ClassVar[str] = "four-eyes"


@dataclass(eq=False)
class ReopeningAsked(Problem):
    """Somebody asked already for the period to be opened again, and nobody has answered."""

    code: ClassVar[str] = "reopening-asked"


@dataclass(eq=False)
class PeriodClosed(Problem):
    """What a closed period was computed from does not change."""

    period: str
    code: ClassVar[str] = "period-closed"


def read_period(code: str) -> Period:
    """Return the period of a code. Raises PeriodUnknown."""
    try:
        return Period.read(code)
    except ValueError:
        raise PeriodUnknown() from None


def open_until(calendars: Calendars, opened: date, working_days: int) -> datetime:
    """Return when a draft that is opened on a day no longer stands open: 24:00 of the last working day (handbook 2.8, 2.17).

    Raises NoCalendar.
    """
    last = calendars.nth_working_day(opened, working_days) if working_days else opened
    return datetime.combine(last + timedelta(days=1), time(), SHANGHAI)


def is_computed(kind: str, rated_by: str, classes_by: str) -> bool:
    """Tell whether a kind of period has figures of its own; years have them where stars or classes are set by the year."""
    return kind in ("month", "quarter", "half_year", rated_by, classes_by)


def built_from(period: Period, rated_by: str) -> tuple[Period, ...]:
    """Return the shorter periods whose stored figures a period takes: of stars and of half-years the monthly composites.

    `rated_by` is the kind of period that the rule set rates by.
    """
    return period.split("month") if period.kind in ("half_year", rated_by) else ()


def takes_visits(kind: str, rated_by: str, *, own_hall: bool) -> bool:
    """Tell whether a period of a kind is computed from visits of an outlet: months are, quarters from those of own halls,
    and the kind that the rule set rates by."""
    return kind in ("month", rated_by) or (kind == "quarter" and own_hall)


def builds_on(period: Period, other: Period, rated_by: str, other_by: str) -> bool:
    """Tell whether a period is computed from another's stored figures: its months, or the ratings before it.

    `rated_by` and `other_by` are the kinds of period that the rule set of each rates by.
    """
    rating = period.kind == rated_by and other.kind == other_by and other.first < period.first
    return rating or other in built_from(period, rated_by)
