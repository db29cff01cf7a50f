"""Calendars: which days are worked, from one file a year of public holidays and make-up working days.

Handbook 2.17: a limit of n working days ends at 24:00 of the nth; a missing year is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Annotated

from server.domain.findings import Finding, at
from server.domain.rule_parts import Day, Part, Several, Text, Words
from server.domain.shapes import Within, validated

_SATURDAY = 5


class NoCalendar(LookupError):
    """No calendar is published for a year that was asked for."""

    def __init__(self, year: int) -> None:
        super().__init__(
            f"没有 {year} 年的工作日历：请按国务院办公厅的放假通知写 checklists/rules/calendar/{year}.yaml 并发布。 "
            f"There is no calendar for {year}: write checklists/rules/calendar/{year}.yaml after the State "
            "Council's notice, and publish it."
        )
        self.year = year


class Holiday(Part):
    """A holiday from its first to its last day, weekends between them included."""

    first: Day
    """首日 | first day"""
    last: Day
    """末日 | last day"""
    name: Words
    """名称 | name"""


class Calendar(Part):
    """The calendar of one year; a notice that changes a year makes a later version of it."""

    year: Annotated[int, Within(2000, 2999)]
    """年 | year"""
    version: Annotated[int, Within(1, 1000)]
    """版本 | version"""
    source: Text
    """依据 | source"""
    holidays: Several[Holiday]
    """假日 | holidays"""
    working_weekends: Several[Day]
    """调休上班的周末 | weekend days that are worked"""

    def problems(self) -> Iterator[Finding]:
        """Days of this year in order; what is worked is a weekend day and no holiday, each once."""
        before: date | None = None
        for n, holiday in enumerate(self.holidays):
            for name, day in (("first", holiday.first), ("last", holiday.last)):
                yield from self._outside(at("/holidays", n, name), day)
            if holiday.last < holiday.first:
                yield Finding(at("/holidays", n, "last"), "holiday_order")
            if before is not None and holiday.first <= before:
                yield Finding(at("/holidays", n, "first"), "holidays_order")
            before = holiday.last
        for n, day in enumerate(self.working_weekends):
            place = at("/working_weekends", n)
            yield from self._outside(place, day)
            if day.weekday() < _SATURDAY:
                yield Finding(place, "not_a_weekend", {"day": day.isoformat()})
            if self.is_holiday(day):
                yield Finding(place, "works_on_holiday", {"day": day.isoformat()})
            if day in self.working_weekends[:n]:
                yield Finding(place, "twice", {"value": day.isoformat()})

    def is_holiday(self, day: date) -> bool:
        """Tell whether the day lies within a public holiday."""
        return any(holiday.first <= day <= holiday.last for holiday in self.holidays)

    def _outside(self, path: str, day: date) -> Iterator[Finding]:
        if day.year != self.year:
            yield Finding(path, "day_outside_year", {"day": day.isoformat(), "year": self.year})


@dataclass(frozen=True, slots=True)
class Calendars:
    """The calendars of all years that are published, the latest version of each."""

    years: Mapping[int, Calendar]

    def is_working_day(self, day: date) -> bool:
        """Tell whether the day is worked. Raises NoCalendar."""
        calendar = self.years.get(day.year)
        if calendar is None:
            raise NoCalendar(day.year)
        if day in calendar.working_weekends:
            return True
        return day.weekday() < _SATURDAY and not calendar.is_holiday(day)

    def nth_working_day(self, after: date, number: int) -> date:
        """Return the nth working day after a day; a limit ends at its 24:00 in Asia/Shanghai.

        Raises NoCalendar when a year on the way has none, and ValueError unless `number` is above 0.
        """
        if number < 1:
            raise ValueError("the number of working days must be above 0")
        day = after
        while number:
            day += timedelta(days=1)
            number -= self.is_working_day(day)
        return day


def read_calendar(written: object) -> tuple[Calendar | None, list[Finding]]:
    """Check a calendar as written (plain JSON values) and return it with everything that is wrong with it.

    The calendar is None when anything is wrong.
    """
    findings: list[Finding] = []
    calendar = validated(Calendar, written, "", findings)
    if calendar is not None:
        findings += calendar.problems()
    return (None if findings else calendar), findings


def calendar_fingerprint(calendar: Calendar) -> str:
    """Return the SHA-256 of the canonical JSON of what was written, in hex."""
    written = calendar.model_dump(mode="json", exclude_unset=True)
    text = json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()
