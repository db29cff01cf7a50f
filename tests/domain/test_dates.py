"""Dates for people: one style of each kind in either language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from server.domain import dates
from server.domain.periods import Period

DAY, LATE = date(2026, 11, 1), datetime(2026, 10, 31, 16, 5, 7, tzinfo=UTC)


def test_a_day() -> None:
    assert dates.day(DAY, "zh") == "2026年11月1日"
    assert dates.day(DAY, "en") == "2026-11-01"
    assert dates.short_day(DAY) == "11-01"


def test_an_instant_is_told_in_business_time() -> None:
    assert dates.instant(LATE) == "2026-11-01 00:05"
    assert dates.instant(LATE, seconds=True) == "2026-11-01 00:05:07"
    assert dates.clock(LATE) == "00:05:07"
    with pytest.raises(ValueError, match="zone"):
        dates.instant(LATE.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("code", "chinese"),
    [
        ("2026-09", "2026年9月"),
        ("2026-Q1", "2026年第一季度"),
        ("2026-Q4", "2026年第四季度"),
        ("2026-H1", "2026年上半年"),
        ("2026-H2", "2026年下半年"),
        ("2026", "2026年"),
    ],
)
def test_a_period(code: str, chinese: str) -> None:
    assert dates.period(Period.read(code), "zh") == chinese
    assert dates.period(Period.read(code), "en") == code
