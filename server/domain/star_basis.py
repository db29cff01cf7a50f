"""The figure that stars are given by: an own hall's weighted parts, an agent's mean of rated months (handbook 2.8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from server.domain.aggregates import HUNDRED, VisitFigure, mean, outlet_mean, total
from server.domain.composite import OutOf
from server.domain.exact import hundredths
from server.domain.explain import Explanation, Later, Named, Note, named, note
from server.domain.month_counts import Counts, by_month
from server.domain.rules_ratings import Composite as CompositeRules
from server.domain.rules_stars import Stars
from server.domain.service_indicators import Counted, of_visits
from server.domain.weighting import Ratio, Share, less_each, on_line, weighed


@dataclass(frozen=True, slots=True)
class HallFacts:
    """What is known of an own hall in a period.

    `replies` are those of its customers (`csat_hall`), the on-time figures cases within their limit of all cases,
    `complaints` proven ones by month (a month is in it once its import is complete), `patrol` the mean of its days
    with its explanation, `fixes` corrective actions closed in time of those due. None: no data. For explanations alone:
    `months` of the period, `counts` by code and month, and `timers` of the mystery visits of months without a log.
    """

    mystery: Sequence[VisitFigure]
    replies: OutOf | None
    handling: OutOf | None
    waiting: OutOf | None
    complaints: Mapping[str, int]
    patrol: Fraction | None
    fixes: OutOf | None
    patrol_why: Explanation | None = None
    months: Sequence[str] = ()
    counts: Counts = field(default_factory=dict)
    timers: Sequence[Counted] = ()

    def counted(self, code: str, part: str, whole: str) -> tuple[Explanation, ...]:
        """Return the months of a count that was taken in."""
        return by_month(self.counts, code, self.months, part, whole)


class HallParts(NamedTuple):
    """What an own hall's basis is weighed from, before any line: values of 0..1 as numerator and denominator (None: no data).

    `perception` is the rate of satisfied customers where there were replies enough, `complaints` the proven ones of each month
    that has an import.
    """

    mystery: Ratio | None
    perception: Ratio | None
    on_time: Ratio | None
    complaints: Sequence[int]
    patrol: Ratio | None
    corrective_actions: Ratio | None


def hall_parts(facts: HallFacts, least_replies: int) -> HallParts:
    """Return the parts of an own hall in a period."""
    mystery = mean(visit.score for visit in facts.mystery)
    replies = facts.replies if facts.replies and facts.replies.whole >= least_replies else None
    values = (
        None if mystery is None else mystery / HUNDRED,
        _rate(replies),
        _both_on_time(facts),
        None if facts.patrol is None else facts.patrol / HUNDRED,
        _rate(facts.fixes),
    )
    mystery_, rate, on_time, patrol, fixes = (
        None if one is None else one.as_integer_ratio() for one in values
    )
    proven = [count for _, count in sorted(facts.complaints.items())]
    return HallParts(mystery_, rate, on_time, proven, patrol, fixes)


def _rate(each: OutOf | None) -> Fraction | None:
    return Fraction(each.part, each.whole) if each and each.whole else None


def _rates_on_time(facts: HallFacts) -> dict[str, Fraction]:
    of = {"handling_on_time": _rate(facts.handling), "waiting_on_time": _rate(facts.waiting)}
    return {code: rate for code, rate in of.items() if rate is not None}


def _both_on_time(facts: HallFacts) -> Fraction | None:
    rates = _rates_on_time(facts)
    return total(rates.values()) / len(rates) if rates else None


@dataclass(frozen=True, slots=True)
class Basis:
    """The basis of a period, rounded once to hundredths (None: not rated); stars compare this figure."""

    hundredths: int | None
    why: Later

    @property
    def explanation(self) -> Explanation:
        """The parts or months that it is made from."""
        return self.why()

    @property
    def value(self) -> Fraction | None:
        """The rounded figure of 0..100."""
        return None if self.hundredths is None else Fraction(self.hundredths, 100)


def own_hall(facts: HallFacts, rules: Stars, composite: CompositeRules, version: int) -> Basis:
    """Return the basis of an own hall; missing parts are spread.

    As for the composite, less than half of the weight with data is no rating: five points of patrol do not make stars.
    """
    weights, least = rules.own_hall, composite.missing.rated_from_weight
    found = mean(visit.score for visit in facts.mystery)
    shares = (
        (
            _share(
                "mystery",
                None if found is None else found / HUNDRED,
                lambda: outlet_mean(facts.mystery)[1],
            ),
            weights.mystery,
        ),
        (_perception(facts, composite), weights.perception),
        (_on_time(facts), weights.on_time),
        (_complaints(facts, composite), weights.complaints),
        (
            _share(
                "patrol",
                None if facts.patrol is None else facts.patrol / HUNDRED,
                lambda: facts.patrol_why,
                mean=facts.patrol,
            ),
            weights.patrol,
        ),
        (_fixes(facts), weights.corrective_actions),
    )
    sum_ = weighed(shares, least)
    notes = () if sum_.value is not None else (note("not-rated", weight=sum_.present),)
    inputs = named({"weight_with_data": sum_.present, "before_rounding": sum_.value})
    limits = named({"rated_from_weight": least})
    return _basis("star-basis-hall", sum_.value, inputs, limits, notes, sum_.parts, version)


def agent(months: Mapping[str, Fraction | None], rules: Stars, version: int) -> Basis:
    """Return the basis of an agent: the mean of its rated monthly composites, by month (None: not rated).

    Fewer than half of the period's months rated: no rating.
    """
    rated = {code: value for code, value in sorted(months.items()) if value is not None}
    enough = bool(rated) and len(rated) * 100 >= rules.rated_months_percent * len(months)
    value = total(rated.values()) / len(rated) if enough else None

    def parts() -> tuple[Explanation, ...]:
        return tuple(
            Explanation(
                "composite",
                each,
                subject=f"period:{code}",
                notes=() if each is not None else (note("not-rated"),),
            )
            for code, each in sorted(months.items())
        )

    notes = () if enough else (note("too-few-months-rated", rated=len(rated)),)
    inputs = named({"months": len(months), "rated": len(rated), "before_rounding": value})
    limits = named({"rated_months_percent": rules.rated_months_percent})
    return _basis("star-basis-agent", value, inputs, limits, notes, parts, version)


def _basis(
    figure: str,
    value: Fraction | None,
    inputs: Named,
    limits: Named,
    notes: tuple[Note, ...],
    parts: Callable[[], tuple[Explanation, ...]],
    version: int,
) -> Basis:
    found = None if value is None else hundredths(value)
    shown = None if found is None else Fraction(found, 100)
    why = Later(lambda: Explanation(figure, shown, inputs, limits, notes, parts(), rules=version))
    return Basis(found, why)


def _perception(facts: HallFacts, rules: CompositeRules) -> Share:
    replies = facts.replies
    least = rules.missing.least_replies
    rate = _rate(replies)
    enough = replies is not None and replies.whole >= least
    value = on_line(rate, rules.perception) if rate is not None and enough else None
    inputs = named({"replies": replies.whole if replies else 0, "rate": rate})
    notes = () if enough else (note("too-few-replies", replies=replies.whole if replies else 0),)
    limits = named({"least_replies": least})

    def explained() -> Explanation:
        parts = facts.counted("csat_hall", "satisfied", "replies")
        return Explanation("perception", value, inputs, limits, notes, parts)

    return Share("perception", value, Later(explained))


def _on_time(facts: HallFacts) -> Share:
    """The mean of both rates; each opens into the months of its log, and into the visits whose timers stand for one in the others."""
    rates, value = _rates_on_time(facts), _both_on_time(facts)

    def explained() -> Explanation:
        parts = []
        for code, rate in rates.items():
            logged = [each for each in facts.counted(code, "part", "whole") if dict(each.inputs)["whole"]]
            timed = of_visits(code, [one for one in facts.timers if one.code == code])
            source = "log" if not timed else "mixed" if logged else "visits"
            parts.append(Explanation(code, rate, named({"source": source}), parts=(*logged, *timed)))
        notes = () if value is not None else (note("no-data"),)
        inputs = named({code.removesuffix("_on_time"): rate for code, rate in rates.items()})
        return Explanation("on_time", value, inputs, notes=notes, parts=tuple(parts))

    return Share("on_time", value, Later(explained))


def _complaints(facts: HallFacts, rules: CompositeRules) -> Share:
    """The mean of the months' parts, so that a longer period asks for no more than each of its months."""
    each = [less_each(count, rules.complaints_zero_at) for _, count in sorted(facts.complaints.items())]
    value = total(each) / len(each) if each else None

    def explained() -> Explanation:
        inputs = named({"months": len(each), "proven": sum(facts.complaints.values())})
        notes = () if value is not None else (note("no-data"),)
        parts = by_month(
            facts.counts,
            "complaints",
            facts.months,
            "proven",
            "logged",
            value=lambda one: less_each(one.part, rules.complaints_zero_at),
        )
        limits = named({"zero_at": rules.complaints_zero_at})
        return Explanation("complaints", value, inputs, limits, notes, parts)

    return Share("complaints", value, Later(explained))


def _fixes(facts: HallFacts) -> Share:
    each, value = facts.fixes, _rate(facts.fixes)

    def explained() -> Explanation:
        inputs = named({"in_time": each.part, "due": each.whole} if each else {})
        notes = () if value is not None else (note("no-data"),)
        parts = by_month(
            facts.counts,
            "fixes",
            facts.months,
            "in_time",
            "due",
            figure="corrective_actions",
            imported=False,
        )
        return Explanation("corrective_actions", value, inputs, notes=notes, parts=parts)

    return Share("corrective_actions", value, Later(explained))


def _share(
    name: str,
    value: Fraction | None,
    why_: Callable[[], Explanation | None],
    **inputs: Fraction | int | None,
) -> Share:
    def explained() -> Explanation:
        told, why = named(inputs), why_()
        if value is None or why is None:
            notes = () if value is not None else (note("no-data"),)
            return Explanation(name, value, why.inputs if why else told, notes=notes)
        return Explanation(name, value, (*told, *why.inputs), notes=why.notes, parts=why.parts)

    return Share(name, value, Later(explained))
