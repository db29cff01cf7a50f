"""Tables as people take them away: what a column is called, what it holds, how a row fills it, and the Problem of too many rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar

from server.domain.errors import Problem

MOST_ROWS = 100_000
"""A file of a list holds no more; whoever needs more of visits, answers or figures takes the feeds."""
Row = TypeVar("Row")
Cell = str | int | date | datetime | None
Say = Callable[..., str]


class Holds(StrEnum):
    """What the cells of a column are.

    Hundredths, percent and yuan are whole numbers: hundredths of a point, hundredths of a percent, fen. They are shown
    with two decimals. Instants are shown in Asia/Shanghai.
    """

    TEXT = "text"
    WHOLE = "whole"
    HUNDREDTHS = "hundredths"
    PERCENT = "percent"
    YUAN = "yuan"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column: its heading in Chinese, how a row fills it (`say` puts words into the user's language), what it holds."""

    heading: str
    read: Callable[[Row, Say], Cell]
    holds: Holds = Holds.TEXT


@dataclass(eq=False)
class TableTooLong(Problem):
    """A list has more rows than a file of it may hold."""

    code: ClassVar[str] = "table-too-long"
    limit: int = MOST_ROWS


def hundredths_of(shown: str | None) -> int | None:
    """A figure that is shown with decimals, as `92.50` or `33.3`, in hundredths."""
    if shown is None or not shown:
        return None
    sign, shown = (-1, shown[1:]) if shown[0] in "-−" else (1, shown)
    whole, _, rest = shown.partition(".")
    return sign * (int(whole.replace(",", "")) * 100 + int((rest + "00")[:2]))


def plain(value: Any) -> str:
    """A cell of text: nothing where there is none."""
    return "" if value is None else str(value)
