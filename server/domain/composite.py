"""The composite evaluation of an agent outlet in a month: six weighted parts and a bonus (handbook 2.7, S4 p.22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from server.domain.aggregates import HUNDRED, VisitFigure, in_order, mean
from server.domain.exact import hundredths
from server.domain.explain import Explanation, Later, Note, Value, named, note
from server.domain.month_counts import Counts, by_month, origin, tickets
from server.domain.periods import Period
from server.domain.rules_ratings import Composite as Rules
from server.domain.weighting import Share, less_each, on_line, weigh, weighed

PARTS = ("perception", "mystery", "area_check", "complaints", "audit", "certified")
"""C1 to C6, in their order."""


@dataclass(frozen=True, slots=True)
class OutOf:
    """A part of a whole: satisfied of valid replies, certified of all staff."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an outlet; months are codes such as 2026-11, and a month without an entry has no data.

    `complaints` are proven ones; a month is in it once its import is complete, also with 0. Visits are the accepted
    ones of the month and the months before it. `counts` are the same counts as they were taken in, for explanations alone.
    """

    replies: Mapping[str, OutOf]
    mystery: Sequence[VisitFigure]
    area_visits: Sequence[VisitFigure]
    complaints: Mapping[str, int]
    errors: Mapping[str, int]
    staff: Mapping[str, OutOf]
    praises: int = 0
    ideas: int = 0
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Composite:
    """The composite of a month, rounded once to hundredths (None: not rated); later rules compare this figure."""

    hundredths: int | None
    why: Later

    @property
    def explanation(self) -> Explanation:
        """The six parts and the bonus, down to the visits."""
        return self.why()

    @property
    def value(self) -> Fraction | None:
        """The rounded figure of 0..100."""
        return None if self.hundredths is None else Fraction(self.hundredths, 100)


def composite(
    tier: str,
    shares: Sequence[Share],
    bonus: Fraction,
    rules: Rules,
    version: int,
    notes: tuple[Note, ...] = (),
    granted_for: tuple[Explanation, ...] = (),
) -> Composite:
    """Return the composite from its parts in the order of PARTS and the bonus as granted, before its limit.

    `granted_for` says what the bonus is granted for.
    """
    weights = rules.weights[tier]
    taken = min(bonus, rules.bonus.most)
    sum_ = weighed(
        [(share, getattr(weights, share.name)) for share in shares], rules.missing.rated_from_weight
    )
    found = _rounded(sum_.value, taken)

    def explained() -> Explanation:
        said = notes
        if sum_.value is None:
            said = (*said, note("not-rated", weight=sum_.present))
        if taken < bonus:
            said = (*said, note("bonus-limited", granted=bonus))
        known: dict[str, Value] = {
            "tier": tier,
            "bonus": taken,
            "weight_with_data": sum_.present,
            "before_rounding": None if sum_.value is None else sum_.value + taken,
        }
        return Explanation(
            "composite",
            None if found is None else Fraction(found, 100),
            named(known),
            named({"rated_from_weight": rules.missing.rated_from_weight, "bonus_most": rules.bonus.most}),
            said,
            (*sum_.parts(), *granted_for),
            rules=version,
        )

    return Composite(found, Later(explained))


def composite_of(tier: str, parts: Sequence[Fraction | None], bonus: Fraction, rules: Rules) -> int | None:
    """Return the composite in hundredths alone, from the values of its parts in the order of PARTS."""
    weights = rules.weights[tier]
    weighted = [(part, getattr(weights, name)) for name, part in zip(PARTS, parts, strict=True)]
    return _rounded(weigh(weighted, rules.missing.rated_from_weight)[0], min(bonus, rules.bonus.most))


def _rounded(value: Fraction | None, bonus: Fraction) -> int | None:
    return None if value is None else min(100_00, max(0, hundredths(value + bonus if bonus else value)))


def of_month(month: Period, tier: str, facts: Facts, rules: Rules, version: int) -> Composite:
    """Return the composite of an outlet in a month, with the rules for what is missing (handbook 2.7)."""
    bonus = facts.praises * rules.bonus.praise + facts.ideas * rules.bonus.idea
    said = (
        *_good(month, facts, "praises", rules.bonus.praise),
        *_good(month, facts, "ideas", rules.bonus.idea),
    )
    return composite(tier, shares_of(month, facts, rules), bonus, rules, version, granted_for=said)


def shares_of(month: Period, facts: Facts, rules: Rules) -> tuple[Share, ...]:
    """Return C1 to C6 of a month, each with where its figure came from."""
    back = rules.missing.months_before
    return (
        _perception(month, facts, rules),
        _mystery(month, facts.mystery, back),
        _area_check(month, facts.area_visits, back),
        _complaints(month, facts, rules),
        _audit(month, facts, rules, back),
        _certified(month, facts, back),
    )


def stand_in(name: str, month: Period, facts: Facts) -> Fraction | int | None:
    """Return what a month has to stand in for C2, C3, C5 or C6 of the months after it; of C5 the errors, else 0..1. None: nothing."""
    if name == "audit":
        return facts.errors.get(month.code)
    if name == "mystery":
        # For other months the visits of one day alone stand in.
        return _mystery(month.back(-1), facts.mystery, 1).value
    if name == "area_check":
        return _area_check(month, facts.area_visits, 0).value
    return _certified(month, facts, 0).value


def _good(month: Period, facts: Facts, code: str, each: Fraction) -> tuple[Explanation, ...]:
    """What a bonus is granted for: how many praises or adopted ideas, and how much for each."""
    one = facts.counts.get(code, {}).get(month.code)
    if one is None or not one.part:
        return ()
    return (Explanation(code, one.part, origin(facts.counts, code, month.code), named({"bonus_each": each})),)


def _perception(month: Period, facts: Facts, rules: Rules) -> Share:
    replies = facts.replies
    least, span = rules.missing.least_replies, rules.missing.replies_months
    mine = replies.get(month.code, OutOf(0, 0))
    notes: tuple[Note, ...] = ()
    months = [month.code]
    if mine.whole < least:
        months = [month.back(turn).code for turn in range(span)]
        several = [replies[code] for code in months if code in replies]
        mine = OutOf(sum(each.part for each in several), sum(each.whole for each in several))
        notes = (note("months-together", first=months[-1], last=months[0]),)
        if mine.whole < least:
            notes = (note("too-few-replies", replies=mine.whole),)
    enough = mine.whole >= least
    rate = Fraction(mine.part, mine.whole) if mine.whole else None
    value = on_line(rate, rules.perception) if rate is not None and enough else None
    line = rules.perception

    def explained() -> Explanation:
        inputs = named({"satisfied": mine.part, "replies": mine.whole, "rate": rate})
        limits = named({"least_replies": least, "zero_at": line.zero_at, "full_at": line.full_at})
        if len(months) > 1:
            parts = by_month(facts.counts, "csat_hall", months, "satisfied", "replies")
            return Explanation("perception", value, inputs, limits, notes, parts)
        return Explanation(
            "perception", value, (*inputs, *origin(facts.counts, "csat_hall", month.code)), limits, notes
        )

    return Share("perception", value, Later(explained))


def _mystery(month: Period, visits: Sequence[VisitFigure], back: int) -> Share:
    scored = [visit for visit in in_order(visits) if visit.score is not None]
    taken = [visit for visit in scored if month.holds(visit.day)]
    notes: tuple[Note, ...] = ()
    if not taken:
        earlier = [visit for visit in scored if month.back(back).first <= visit.day < month.first]
        # Of several on the latest day the mean is taken, so that no order decides.
        taken = [visit for visit in earlier if visit.day == earlier[-1].day]
        notes = (note("latest-taken", day=taken[0].day),) if taken else (note("no-visits"),)
    return _of_visits("mystery", taken, notes)


def _area_check(month: Period, visits: Sequence[VisitFigure], back: int) -> Share:
    for turn in range(back + 1):
        of = month.back(turn)
        taken = [visit for visit in in_order(visits) if visit.score is not None and of.holds(visit.day)]
        if taken:
            return _of_visits("area_check", taken, (note("month-taken", month=of.code),) if turn else ())
    return _of_visits("area_check", [], (note("no-visits"),))


def _of_visits(name: str, taken: Sequence[VisitFigure], notes: tuple[Note, ...]) -> Share:
    score = mean(visit.score for visit in taken)
    value = None if score is None else score / HUNDRED

    def explained() -> Explanation:
        parts = tuple(visit.explained() for visit in taken)
        inputs = named({"visits": len(taken), "mean": score})
        return Explanation(name, value, inputs, notes=notes, parts=parts)

    return Share(name, value, Later(explained))


def _complaints(month: Period, facts: Facts, rules: Rules) -> Share:
    count = facts.complaints.get(month.code)
    value = None if count is None else less_each(count, rules.complaints_zero_at)

    def explained() -> Explanation:
        limits = named({"zero_at": rules.complaints_zero_at})
        notes = (note("import-missing"),) if count is None else ()
        inputs = named({"proven": count})
        one = facts.counts.get("complaints", {}).get(month.code)
        if one is not None:
            inputs = (*inputs, ("logged", one.whole))
        if count is not None:
            inputs = (*inputs, *origin(facts.counts, "complaints", month.code))
        return Explanation("complaints", value, inputs, limits, notes, tickets(one) if one else ())

    return Share("complaints", value, Later(explained))


def _audit(month: Period, facts: Facts, rules: Rules, back: int) -> Share:
    code, notes = _latest(month, facts.errors, back)
    count = None if code is None else facts.errors[code]
    value = None if count is None else less_each(count, rules.errors_zero_at)

    def explained() -> Explanation:
        limits = named({"zero_at": rules.errors_zero_at})
        inputs = (*named({"errors": count}), *origin(facts.counts, "audit", code))
        return Explanation("audit", value, inputs, limits, notes)

    return Share("audit", value, Later(explained))


def _certified(month: Period, facts: Facts, back: int) -> Share:
    there = {code: each for code, each in facts.staff.items() if each.whole > 0}
    code, notes = _latest(month, there, back)
    mine = OutOf(0, 0) if code is None else there[code]
    value = None if code is None else Fraction(mine.part, mine.whole)

    def explained() -> Explanation:
        inputs = (
            *named({"certified": mine.part, "staff": mine.whole}),
            *origin(facts.counts, "certified", code),
        )
        return Explanation("certified", value, inputs, notes=notes)

    return Share("certified", value, Later(explained))


def _latest(month: Period, by_month: Mapping[str, object], back: int) -> tuple[str | None, tuple[Note, ...]]:
    for turn in range(back + 1):
        code = month.back(turn).code
        if code in by_month:
            return code, (note("month-taken", month=code),) if turn else ()
    return None, (note("no-figure"),)
