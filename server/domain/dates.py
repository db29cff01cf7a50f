"""How dates and times are written for people, wherever they read them: one style of each kind in either language.

English has ISO 8601, which Americans and Britons read alike and which the input fields, files and codes of periods have too.
Chinese has 2026年11月21日 for a day in running text; a time of day follows the short form in both languages.
"""

from __future__ import annotations

from datetime import date, datetime

from server.domain.periods import Period
from server.domain.visit import SHANGHAI


def day(value: date, language: str) -> str:
    """A day: 2026年11月21日, 2026-11-21."""
    return f"{value.year}年{value.month}月{value.day}日" if language == "zh" else value.isoformat()


def short_day(value: date) -> str:
    """A day where its year is known, in a narrow column: 11-21."""
    return value.strftime("%m-%d")


def instant(value: datetime, *, seconds: bool = False) -> str:
    """An aware instant in Asia/Shanghai, to the minute: 2026-11-21 10:10. Raises ValueError for one without its zone."""
    if value.tzinfo is None:
        raise ValueError("an instant without its zone means nothing")
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def clock(value: datetime) -> str:
    """The time of day of an instant in Asia/Shanghai, to the second: 10:10:05."""
    return value.astimezone(SHANGHAI).strftime("%H:%M:%S")


def period(value: Period, language: str) -> str:
    """A period as a report is named after it: 2026年11月, 2026年第四季度, 2026年下半年, 2026年; in English its code."""
    if language != "zh":
        return value.code
    within = {
        "month": f"{value.number}月",
        "quarter": f"第{'一二三四'[(value.number - 1) % 4]}季度",
        "half_year": f"{'上下'[(value.number - 1) % 2]}半年",
        "year": "",
    }
    return f"{value.year}年{within[value.kind]}"
