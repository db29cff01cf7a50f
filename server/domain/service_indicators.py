"""The six service-operation indicators of a month: satisfaction and on-time rates against their targets (handbook 2.4).

Reported only (S3 5.2.2.1). A figure names its source and its number; a log outranks what mystery visits timed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from server.domain.explain import Explanation, named, note
from server.domain.rules_ratings import Indicators

Source = Literal["log", "survey", "visits"]
CODES = ("csat_hall", "csat_terminal", "csat_data", "csat_premium", "handling_on_time", "waiting_on_time")
_FIRST: tuple[Source, ...] = ("log", "survey", "visits")


@dataclass(frozen=True, slots=True)
class Counted:
    """Numerator and denominator of one indicator from one source; `strict` is the numerator of the figure beside it.

    Beside handling stands the strict 5-minute figure, beside waiting that by the limits of the customer's class.
    """

    code: str
    source: Source
    part: int
    whole: int
    strict: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """One indicator: its rate of 1 (None: no data), whether the target is met (None: neither), the figure beside it."""

    code: str
    rate: Fraction | None
    met: bool | None
    source: Source | None
    whole: int
    beside: Fraction | None
    explanation: Explanation


def results(counted: Sequence[Counted], rules: Indicators, version: int) -> tuple[Result, ...]:
    """Return all six indicators in their order; figures of one source are added, sources never mixed."""
    return tuple(
        _result(code, [each for each in counted if each.code == code], rules, version) for code in CODES
    )


def _result(code: str, counted: Sequence[Counted], rules: Indicators, version: int) -> Result:
    there = {each.source for each in counted if each.whole}
    source = next((each for each in _FIRST if each in there), None)
    mine = [each for each in counted if each.source == source]
    part, whole = sum(each.part for each in mine), sum(each.whole for each in mine)
    rate = Fraction(part, whole) if whole else None
    above = getattr(rules, code).above
    # 95.00 % is not more than 95 %.
    met = None if rate is None else rate * 100 > above
    strict = [each.strict for each in mine if each.strict is not None]
    beside = Fraction(sum(strict), whole) if whole and len(strict) == len(mine) else None
    notes = () if rate is not None else (note("no-data"),)
    if len(there) > 1:
        notes = (note("source-outranks", taken=source, left=" ".join(sorted(there - {source}))),)
    why = Explanation(
        code,
        rate,
        named({"part": part, "whole": whole, "source": source, "met": met, "beside": beside}),
        named({"above": above}),
        notes,
        rules=version,
    )
    return Result(code, rate, met, source, whole, beside, why)
