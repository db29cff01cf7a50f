"""The cells of a file of inputs: outlets, months, counts, words, days; whatever is wrong is kept by the cell's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlmodel import select

from server.domain import input_sorts
from server.domain.visit import SHANGHAI
from server.gateways.spreadsheet import CellFault, InBoth, Row
from server.queries import input_imports, outlets_then
from server.queries.rules import first_day
from server.storage.organisation import Outlet, OutletStatus
from server.usecases.imports import Fate, Headings, Import, allowed
from server.usecases.work import Work

T = TypeVar("T")
CountKey = tuple[UUID, str, str]
"""Whose count: outlet, month, code."""
Count = tuple[int, int | None, int | None]
"""Part, whole and the numerator of the figure beside it."""


@dataclass(slots=True)
class Planned(Import):
    """What would be stored: counts, and rows of other tables by their table's name; `zeros` outlets newly get a 0.

    `businesses`: how many tickets name this transaction, judged by that limit in minutes.
    """

    months: set[str] = field(default_factory=set)
    counts: dict[CountKey, Count] = field(default_factory=dict)
    no_counts: list[CountKey] = field(default_factory=list)
    gone: list[tuple[UUID, str, str]] = field(default_factory=list)
    complete: str = ""
    zeros: int = 0
    businesses: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether storing it would change anything."""
        return self.clean and (self.zeros > 0 or any(self.count(each) for each in ("new", "changed", "gone")))

    def sums(self) -> dict[str, int]:
        """How many rows have each outcome; outlets that newly get a 0 are new."""
        rows = Import.sums(self)
        return {**rows, "new": rows["new"] + self.zeros}


@dataclass(frozen=True, slots=True)
class Ground:
    """What every row is held against: the outlets by code, months whose figures stand, the first month with rules, now in Shanghai.

    `left`: the last day of each outlet that has left.
    """

    work: Work
    outlets: Mapping[str, tuple[UUID, OutletStatus]]
    standing: frozenset[str]
    taken: Mapping[str, str]
    first: str
    now: datetime
    left: Mapping[UUID, date]

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return self.now.date()

    @classmethod
    def of(cls, work: Work) -> Ground:
        """The ground as it is now."""
        rows = work.session.exec(select(Outlet.code, Outlet.id, Outlet.status))
        return cls(
            work,
            {code: (identity, OutletStatus(status)) for code, identity, status in rows},
            input_imports.standing_months(work.connection),
            input_imports.taken_months(work.connection),
            first_day(work.connection).isoformat()[:7],
            work.now.astimezone(SHANGHAI).replace(tzinfo=None),
            outlets_then.last_days(work.connection, date.min),
        )

    @property
    def month(self) -> str:
        """The running month."""
        return self.today.isoformat()[:7]

    def fixed(self, month: str, cell: str = "") -> CellFault | None:
        """Why the inputs of a month may not change, as the fault of a cell; None where they may."""
        if month in self.standing:
            return CellFault(cell, "{month} 已发布或已关账，重新打开后才能改。", {"month": month})
        if month in self.taken:
            facts: dict[str, str | int] = {"month": month, "later": self.taken[month]}
            return CellFault(
                cell, "{month} 的数据已用来计算 {later}，{later} 已发布或已关账，重新打开后才能改。", facts
            )
        return None

    def there(self, outlet: UUID, month: str) -> bool:
        """Whether an outlet that has left was there on some day of a month (2026-10)."""
        last = self.left.get(outlet)
        return last is not None and month <= last.isoformat()[:7]

    def open_outlets(self, month: str) -> list[UUID]:
        """The outlets of which a complete list of a month speaks: all that are open, and who left after it had begun."""
        return [
            identity
            for identity, status in self.outlets.values()
            if status in (OutletStatus.ACTIVE, OutletStatus.PROBATION)
            or (status is OutletStatus.EXITED and self.there(identity, month))
        ]


class Cells:
    """The cells of one row; each reader gives None and keeps a fault where the cell is wrong."""

    def __init__(self, row: Row, columns: Headings, ground: Ground) -> None:
        self.row, self.columns, self.ground = row, columns, ground
        self._left: UUID | None = None
        self.faults = columns.spoilt(row)
        self._spoilt = frozenset(each.cell for each in self.faults)

    def text(self, key: str, most: int = 200) -> str:
        """The text of a cell; longer than `most` is a fault."""
        text = self.columns.text(self.row, key)
        if len(text) > most:
            self.fault(key, "最多 {most} 个字。", most=most)
        return text

    def name(self, key: str, most: int) -> str:
        """A text that must be there."""
        self.lacks(key)
        return self.text(key, most)

    def fault(self, key: str, message: str, **facts: str | int | InBoth) -> None:
        """Keep what is wrong with a cell, unless it has no value that could be judged."""
        cell = self.columns.cell(self.row, key)
        if cell not in self._spoilt:
            self.faults.append(CellFault(cell, message, facts))

    def lacks(self, key: str) -> bool:
        """Whether a cell that must not be empty is; keeps that as its fault."""
        if self.text(key):
            return False
        self.fault(key, "这一格不能空。")
        return True

    def outlet(self) -> UUID | None:
        """The outlet of the code in the column `outlet`; one that has left is held against the row's month afterwards."""
        if self.lacks("outlet"):
            return None
        code, known = self.text("outlet"), self.ground.outlets
        narrow = input_sorts.plain(code)
        found = known.get(code) or known.get(narrow) or known.get(narrow.upper())
        identity, status = found or (None, None)
        if identity is None:
            self.fault("outlet", "没有编码为“{code}”的网点。", code=code)
        elif status is OutletStatus.EXITED:
            if identity not in self.ground.left:
                self.fault("outlet", "网点“{code}”已经退出。", code=code)
                return None
            self._left = identity
        return identity

    def still_there(self, month: str) -> None:
        """Keep a fault where the outlet of this row had left before a month."""
        if self._left is not None and not self.ground.there(self._left, month):
            last = self.ground.left[self._left].isoformat()
            self.fault("outlet", "网点“{code}”到 {day} 为止，已经退出。", code=self.text("outlet"), day=last)

    def month(self) -> str | None:
        """A month that has begun and whose figures do not stand yet."""
        if self.lacks("month"):
            return None
        text = self.text("month")
        month = input_sorts.month_of(text)
        if month is None:
            self.fault("month", "月份“{value}”要写成 2026-10 这样。", value=text)
            return None
        return self.open_month("month", month)

    def open_month(self, key: str, month: str) -> str | None:
        """The month itself, unless it lies in the future or its figures stand; the outlet must have been there in it."""
        self.still_there(month)
        if month > self.ground.month:
            self.fault(key, "{month} 还没有到。", month=month)
            return None
        if month < self.ground.first:
            self.fault(key, "{month} 太早，那时还没有规则：请核对年份。", month=month)
            return None
        fixed = self.ground.fixed(month, self.columns.cell(self.row, key))
        if fixed:
            self.faults.append(fixed)
            return None
        return month

    def day(self, key: str) -> date | None:
        """A day that is not in the future."""
        if self.lacks(key):
            return None
        text = self.text(key)
        day = input_sorts.day_of(text)
        if day is None:
            self.fault(key, "日期“{value}”要写成 2026-10-08 这样。", value=text)
        elif day > self.ground.today:
            self.fault(key, "{day} 还没有到。", day=day.isoformat())
            return None
        elif (month := day.isoformat()[:7]) < self.ground.first:
            self.fault(key, "{month} 太早，那时还没有规则：请核对年份。", month=month)
            return None
        return day

    def instant(self, key: str) -> datetime | None:
        """A local time that has passed; an empty cell is None without a fault."""
        text = self.text(key)
        at = input_sorts.instant_of(text)
        if at is None and text:
            self.fault(key, "时间“{value}”要写成 2026-10-08 09:05:30 这样。", value=text)
        elif at is not None and at > self.ground.now:
            self.fault(key, "{at} 还没有到。", at=str(at))
            return None
        return at

    def count(self, key: str, least: int = 0, most: int = input_sorts.MOST_COUNT) -> int | None:
        """A whole number within limits."""
        if self.lacks(key):
            return None
        text = self.text(key)
        number = input_sorts.count_of(text)
        if number is None or not least <= number <= most:
            self.fault(key, "“{value}”不是 {least} 到 {most} 的整数。", value=text, least=least, most=most)
            return None
        return number

    def word(self, key: str, words: Mapping[str, T]) -> T | None:
        """What one of the allowed words stands for."""
        text = self.text(key)
        if text not in words and not self.lacks(key):
            self.fault(key, "“{value}”不是允许的值：{allowed}", value=text, allowed=allowed(words))
        return words.get(text)

    def wrong(self, code: str) -> Fate:
        """The fate of a row with faults."""
        return Fate(self.row.number, code, "wrong", faults=tuple(self.faults))
