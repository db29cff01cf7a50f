"""Periods of evaluation: months, quarters, half-years and years in Asia/Shanghai, and which day a visit counts on."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from server.domain.rule_parts import Period as PeriodKind
from server.domain.visit import YEARS

_MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_CODE = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])|-Q([1-4])|-H([12]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of whole months; `number` counts within the year from 1 (a year's is 1)."""

    kind: PeriodKind
    year: int
    number: int

    @classmethod
    def of(cls, kind: PeriodKind, day: date) -> Period:
        """Return the period of a kind in which a day lies."""
        return cls(kind, day.year, (day.month - 1) // _MONTHS[kind] + 1)

    @classmethod
    def read(cls, code: str) -> Period:
        """Return the period of a code within the years of our records: 2026, 2026-H1, 2026-Q3, 2026-11. Raises ValueError."""
        found = _CODE.fullmatch(code)
        if not found or int(found[1]) not in YEARS:
            raise ValueError(f"{code!r} is no period")
        year, month, quarter, half = found.groups()
        if month:
            return cls("month", int(year), int(month))
        if quarter:
            return cls("quarter", int(year), int(quarter))
        return cls("half_year", int(year), int(half)) if half else cls("year", int(year), 1)

    @property
    def code(self) -> str:
        """The period as people and addresses write it: 2026, 2026-H1, 2026-Q3, 2026-11."""
        if self.kind == "month":
            return f"{self.year:04d}-{self.number:02d}"
        tails = {"quarter": f"-Q{self.number}", "half_year": f"-H{self.number}"}
        return f"{self.year:04d}{tails.get(self.kind, '')}"

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, (self.number - 1) * _MONTHS[self.kind] + 1, 1)

    @property
    def after(self) -> date:
        """The day after the last one."""
        return months_later(self.first, _MONTHS[self.kind])

    @property
    def last(self) -> date:
        """The last day."""
        return self.after - timedelta(days=1)

    def holds(self, day: date) -> bool:
        """Tell whether the day lies in the period."""
        first, after = _days(self)
        return first <= day < after

    def back(self, number: int = 1) -> Period:
        """Return the period of the same kind so many periods earlier; a negative number goes forward."""
        return _back(self, number)

    def split(self, kind: PeriodKind) -> tuple[Period, ...]:
        """Return the shorter periods that this one consists of, in order."""
        return _split(self, kind)


@lru_cache(maxsize=1024)
def _days(period: Period) -> tuple[date, date]:
    return period.first, period.after


@lru_cache(maxsize=1024)
def _split(period: Period, kind: PeriodKind) -> tuple[Period, ...]:
    count = _MONTHS[period.kind] // _MONTHS[kind]
    return tuple(Period.of(kind, months_later(period.first, turn * _MONTHS[kind])) for turn in range(count))


@lru_cache(maxsize=1024)
def _back(period: Period, number: int) -> Period:
    """Asked for the same few months by every outlet of a province."""
    return Period.of(period.kind, months_later(period.first, -number * _MONTHS[period.kind]))


@lru_cache(maxsize=4096)
def months_later(day: date, months: int) -> date:
    """Return the same day so many months later; where the month is too short, its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def counts_on(visit_date: date, accepted_on: date, closed: Collection[Period]) -> date:
    """Return the day on which a visit counts (handbook 2.3): its own, or that of its acceptance when it came late.

    `closed` are the closed periods that would take it. A visit of one of them is carried to the day of its acceptance,
    or to the first day after it that none of them holds, so that what is closed stays as it was; whether later periods
    are closed says nothing about a visit of an earlier one.
    """
    if not any(period.holds(visit_date) for period in closed):
        return visit_date
    day = max(accepted_on, visit_date)
    while holding := [period.after for period in closed if period.holds(day)]:
        day = max(holding)
    return day
