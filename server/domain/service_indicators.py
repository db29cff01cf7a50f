"""The six service-operation indicators of a month: satisfaction and on-time rates against their targets (handbook 2.4).

Reported only (S3 5.2.2.1). A figure names its source and its number; a log outranks what mystery visits timed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from server.domain.aggregates import VisitFigure, in_order
from server.domain.exact import FULL_CREDIT
from server.domain.explain import Explanation, named, note
from server.domain.rules_ratings import Indicators

Source = Literal["log", "survey", "visits"]
CODES = ("csat_hall", "csat_terminal", "csat_data", "csat_premium", "handling_on_time", "waiting_on_time")
_FIRST: tuple[Source, ...] = ("log", "survey", "visits")
_TIMERS = {"5.2.2.1.5": "handling_on_time", "5.2.2.1.6": "waiting_on_time"}
"""The paragraph of S3 that an item's timer answers, and the indicator that it speaks of."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Numerator and denominator of one indicator from one source; `strict` is the numerator of the figure beside it.

    Beside handling stands the strict 5-minute figure, beside waiting that by the limits of the customer's class.
    `imported` is the number of the import that it came with, `visit` the visit whose timers say it, with its score.
    """

    code: str
    source: Source
    part: int
    whole: int
    strict: int | None = None
    imported: int | None = None
    visit: VisitFigure | None = None

    @property
    def origin(self) -> int | str | None:
        """What counts of one source are told apart by: the import's number, or the visit's id."""
        return self.visit.visit if self.visit else self.imported


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


def timers(compiled: Mapping[str, Any]) -> dict[str, str]:
    """Return the timers of a checklist that measure an indicator: item → code, by the paragraph that the item names."""
    return {
        item["id"]: code
        for section in compiled["sections"]
        for item in section["items"]
        if item["kind"] == "timer"
        for paragraph, code in _TIMERS.items()
        if paragraph in item["source"]
    }


def timed(
    measured: Mapping[str, str],
    seconds: Mapping[str, Any],
    credits: Mapping[str, int | None],
    rules: Indicators,
) -> Iterator[Counted]:
    """Yield what the timers of one mystery visit say: each is one case.

    `measured` is of `timers`, `seconds` by item. A timer's full credit is its own limit (the transaction's, or the
    customer class's); the rule set's plain limit is the other reading.
    """
    for item, code in measured.items():
        took = seconds.get(item)
        if not isinstance(took, int) or credits.get(item) is None:
            continue
        own = credits[item] == FULL_CREDIT
        plain = took <= getattr(rules, code).limit_minutes * 60
        part, strict = (own, plain) if code == "handling_on_time" else (plain, own)
        yield Counted(code, "visits", int(part), 1, int(strict))


def results(
    counted: Sequence[Counted], rules: Indicators, version: int, month: str | None = None
) -> tuple[Result, ...]:
    """Return all six indicators of a month (2026-11) in their order; figures of one source are added, sources never mixed."""
    return tuple(
        _result(code, [each for each in counted if each.code == code], rules, version, month)
        for code in CODES
    )


def of_visits(code: str, counted: Iterable[Counted]) -> tuple[Explanation, ...]:
    """Return one part for each visit whose timers say something of an indicator, in the order of their days."""
    mine: defaultdict[str, list[Counted]] = defaultdict(list)
    visits = {}
    for each in counted:
        if each.visit is not None:
            mine[each.visit.visit].append(each)
            visits[each.visit.visit] = each.visit
    found = []
    for visit in in_order(visits.values()):
        part, whole = (sum(getattr(each, name) for each in mine[visit.visit]) for name in ("part", "whole"))
        leaf = visit.explained()
        told = (*leaf.inputs, *named({"met": part, "of": whole}))
        found.append(Explanation(code, Fraction(part, whole), told, notes=leaf.notes, subject=leaf.subject))
    return tuple(found)


def _result(
    code: str, counted: Sequence[Counted], rules: Indicators, version: int, month: str | None
) -> Result:
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
        of_visits(code, mine) if source == "visits" else _of_imports(code, mine, month),
        rules=version,
    )
    return Result(code, rate, met, source, whole, beside, why)


def _of_imports(code: str, counted: Sequence[Counted], month: str | None) -> tuple[Explanation, ...]:
    """One part for each import, in the order of their numbers; what came with none that is known stands last."""
    by_import: defaultdict[int | None, list[Counted]] = defaultdict(list)
    for each in counted:
        by_import[each.imported].append(each)
    found = []
    for number in sorted(by_import, key=lambda one: (one is None, one)):
        part, whole = (sum(getattr(each, name) for each in by_import[number]) for name in ("part", "whole"))
        told = named({**({"month": month} if month else {}), "part": part, "whole": whole, "import": number})
        found.append(Explanation(code, Fraction(part, whole) if whole else None, told))
    return tuple(found)
