"""The six service-operation indicators of a month: satisfaction and on-time rates against their targets (handbook 2.4).

Reported only (S3 5.2.2.1), and of own halls alone, whose standard that is: the customers of agents are in composites. A figure
names its source and its number; of each hall a log outranks what mystery visits timed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from server.domain.aggregates import VisitFigure, in_order
from server.domain.exact import FULL_CREDIT
from server.domain.explain import Explanation, Value, named, note
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
    `imported` is the number of the import that it came with last, `visit` the visit whose timers say it, with its score.
    Of complaints `tickets` says which import stands for how many proven and how many logged, since they come in several.
    """

    code: str
    source: Source
    part: int
    whole: int
    strict: int | None = None
    imported: int | None = None
    visit: VisitFigure | None = None
    tickets: tuple[tuple[int | None, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What counts of one outlet in a month for one indicator: the counts of one source; `left` are those that it outranks."""

    code: str
    source: Source
    counted: tuple[Counted, ...]
    left: tuple[Source, ...] = ()

    @property
    def part(self) -> int:
        """The numerator."""
        return sum(each.part for each in self.counted)

    @property
    def whole(self) -> int:
        """The denominator."""
        return sum(each.whole for each in self.counted)

    @property
    def strict(self) -> int | None:
        """The numerator of the figure beside it, where all the counts have one."""
        each = [one.strict for one in self.counted if one.strict is not None]
        return sum(each) if len(each) == len(self.counted) else None


@dataclass(slots=True)
class Summed:
    """One indicator of a unit: added over its outlets, of which `outlets` says how many count by which source.

    `strict` is None as soon as one of them has none; `parts` are the outlets and units right below.
    """

    part: int = 0
    whole: int = 0
    strict: int | None = 0
    outlets: Counter[Source] = field(default_factory=Counter)
    parts: list[Explanation] = field(default_factory=list)

    def add(self, one: Chosen) -> None:
        """Add what counts of one more outlet."""
        self.take(Summed(one.part, one.whole, one.strict, Counter([one.source])))

    def take(self, more: Summed) -> None:
        """Add what was summed of other outlets, with its parts."""
        self.part += more.part
        self.whole += more.whole
        self.strict = None if self.strict is None or more.strict is None else self.strict + more.strict
        self.outlets.update(more.outlets)
        self.parts += more.parts

    @property
    def rate(self) -> Fraction | None:
        """The rate of 1; None: no data."""
        return Fraction(self.part, self.whole) if self.whole else None

    @property
    def beside(self) -> Fraction | None:
        """The figure beside it, where all outlets have one."""
        return Fraction(self.strict, self.whole) if self.whole and self.strict is not None else None

    @property
    def source(self) -> Source | Literal["mixed"] | None:
        """Where it comes from; `mixed`: from logs of some outlets, and from visits to others."""
        there = [each for each in _FIRST if self.outlets[each]]
        return None if not there else there[0] if len(there) == 1 else "mixed"


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


def chosen(counted: Iterable[Counted]) -> Iterator[Chosen]:
    """Yield what counts of one outlet in a month, by indicator: a log outranks what visits timed of the same outlet."""
    by_code: defaultdict[str, list[Counted]] = defaultdict(list)
    for each in counted:
        if each.whole:
            by_code[each.code].append(each)
    for code, mine in by_code.items():
        there = {each.source for each in mine}
        source = next(each for each in _FIRST if each in there)
        taken = tuple(each for each in mine if each.source == source)
        yield Chosen(code, source, taken, tuple(sorted(there - {source})))


def of_unit(code: str, summed: Summed, rules: Indicators, version: int) -> Explanation:
    """Return an indicator of a unit: its rate, its source and number, whether the target is met, the figure beside it."""
    rate, above = summed.rate, getattr(rules, code).above
    inputs = {**_told(summed), "met": _met(rate, above), "beside": summed.beside}
    notes = () if rate is not None else (note("no-data"),)
    if summed.source == "mixed":
        many = summed.outlets
        notes = (note("sources-by-outlet", logs=many["log"], visited=many["visits"], of=many.total()),)
    parts = tuple(sorted(summed.parts, key=lambda part: part.subject))
    return Explanation(code, rate, named(inputs), named({"above": above}), notes, parts, rules=version)


def of_hall(code: str, rate: Fraction | None, rules: Indicators, version: int) -> Explanation:
    """Return an indicator of one hall by its rate alone: whether the target is met; what it is made from, its part says."""
    above = getattr(rules, code).above
    inputs = {"part": 0, "whole": 0, "source": None, "met": _met(rate, above)}
    notes = () if rate is not None else (note("no-data"),)
    return Explanation(code, rate, named(inputs), named({"above": above}), notes, rules=version)


def unit_part(code: str, path: str, summed: Summed) -> Explanation:
    """Return a unit as a part of the one above it."""
    return Explanation(code, summed.rate, named(_told(summed)), subject=f"unit:{path}")


def outlet_part(one: Chosen, outlet: str) -> Explanation:
    """Return an outlet as a part of its unit, with the import that says it or the visits whose timers do."""
    told: dict[str, Value] = {"part": one.part, "whole": one.whole, "source": one.source}
    parts: tuple[Explanation, ...] = ()
    if one.source == "visits":
        parts = of_visits(one.code, one.counted)
    elif len(one.counted) == 1:
        told["import"] = one.counted[0].imported
    notes = (note("source-outranks", taken=one.source, left=" ".join(one.left)),) if one.left else ()
    rate = Fraction(one.part, one.whole)
    return Explanation(one.code, rate, named(told), notes=notes, parts=parts, subject=f"outlet:{outlet}")


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


def _met(rate: Fraction | None, above: Fraction) -> bool | None:
    """95.00 % is not more than 95 %; without a denominator it is neither met nor missed."""
    return None if rate is None else rate * 100 > above


def _told(summed: Summed) -> dict[str, Value]:
    return {
        "part": summed.part,
        "whole": summed.whole,
        "source": summed.source,
        "outlets": summed.outlets.total(),
    }
