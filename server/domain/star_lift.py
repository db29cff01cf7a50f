"""What would have lifted an outlet by one star: the smallest set of items that it lost points on (handbook 2.8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from server.domain.exact import FULL_CREDIT
from server.domain.explain import Explanation, Note, named, note
from server.domain.indicators import capped
from server.domain.periods import Period
from server.domain.rules_stars import Gate, Stars
from server.domain.stars import Rating, Standing, gate_tests, rate

Place = tuple[str, str]
"""A visit and an item in it."""
Scores = Mapping[str, tuple[Fraction | None, Fraction | None]]
"""The score and the prohibition score of each visit."""
Values = tuple[Fraction | None, ...]
"""Figures that rise with every item that is met; None: no data, whatever is met."""
Measure = Callable[[frozenset[Place]], Values]

_ROUNDING = Fraction(1, 25)
"""More than what rounding composites and basis can add to a figure."""


@dataclass(frozen=True, slots=True)
class CountedItem:
    """An applicable item of a visit: points in hundredths, credit in thousandths before the effects."""

    item: str
    points: int
    credit: int
    prohibition: str | None = None
    critical: bool = False


@dataclass(frozen=True, slots=True)
class ScoredVisit:
    """A visit item by item, so that it can be scored anew with some of them met."""

    visit: str
    items: tuple[CountedItem, ...]
    all_or_nothing: bool
    cap: int

    def scores(self, met: frozenset[Place]) -> tuple[Fraction | None, Fraction | None]:
        """Return the score and the prohibition score with these items met as well (handbook 2.2)."""
        credits = {
            each.item: FULL_CREDIT if (self.visit, each.item) in met else each.credit for each in self.items
        }
        lost = [each for each in self.items if not credits[each.item]]
        grave = any(each.critical for each in lost)
        nulled = {each.prohibition for each in lost if each.critical or self.all_or_nothing} - {None}
        earned, full = [0, 0], [0, 0]
        for each in self.items:
            mine = each.prohibition is not None
            full[mine] += each.points * FULL_CREDIT
            if each.prohibition not in nulled:
                earned[mine] += each.points * credits[each.item]
        return (
            capped(sum(earned), sum(full), self.cap if grave else None),
            capped(earned[True], full[True]),
        )


@dataclass(frozen=True, slots=True)
class Lift:
    """The items that would have lifted the outlet to `star`; None: no items alone would have.

    `smallest` says that no smaller set was possible; else the search ended at its limit, and none of the named can be
    left out.
    """

    star: int
    items: tuple[Place, ...] | None
    smallest: bool
    explanation: Explanation


def lift(
    visits: Sequence[ScoredVisit],
    standing_of: Callable[[Scores], Standing],
    period: Period,
    rules: Stars,
    version: int,
    limit: int = 3000,
) -> Lift:
    """Return what would have lifted an outlet by one star.

    `standing_of` computes what is known of the outlet from other scores of its visits; `limit` is how many sets are
    tried at most.
    """
    by_id = sorted(visits, key=lambda visit: visit.visit)
    missed = [
        (visit.visit, each.item)
        for visit in by_id
        for each in visit.items
        if each.credit < FULL_CREDIT and each.points
    ]

    def standing(met: frozenset[Place]) -> Standing:
        return standing_of({visit.visit: visit.scores(met) for visit in by_id})

    now = rate(standing(frozenset()), period, rules, version)
    target = (now.star or 0) + 1
    gate = next((each for each in rules.gates if each.star == target), None)
    everything = frozenset(missed)
    whole = standing(everything)
    best = rate(whole, period, rules, version)
    if gate is None or best.star is None or best.star < target:
        why = (note("highest-star"),) if gate is None else _why_not(best, whole, gate, period, rules)
        return _told(target, None, False, version, *why)
    spells = sorted(whole.spells)

    def measure(met: frozenset[Place]) -> Values:
        found = standing(met)
        return (found.basis, found.prohibitions, *(found.spells[code] for code in spells))

    def reaches(values: Values) -> bool:
        basis, prohibitions, *each = values
        then = replace(
            whole, basis=basis, prohibitions=prohibitions, spells=dict(zip(spells, each, strict=True))
        )
        # By the rating itself: what keeps an outlet at its star, and what vetoes take, has a say besides the gates.
        return (rate(then, period, rules, version).star or 0) >= target

    # Where a month is held at its highest, an item may add more before that than as the last one.
    held = whole.agent and any(value is not None and value >= _HIGHEST for value in whole.spells.values())
    found, smallest = smallest_set(missed, measure, reaches, limit, bounded=not held)
    return _told(target, found, smallest, version, *(() if smallest else (note("smallest-not-proven"),)))


def not_told(star: int | None, version: int) -> Lift:
    """Return what is said where the figures of now do not give the star that is stored: nothing is named by them."""
    return _told((star or 0) + 1, None, False, version, note("lift-not-told"))


def _why_not(best: Rating, whole: Standing, gate: Gate, period: Period, rules: Stars) -> tuple[Note, ...]:
    """What keeps the outlet from the star even with all its items met: a limit, a veto, the gates that stay shut."""
    if whole.star is None and gate.star > rules.first_at_most:
        return (note("first-rating-limit", most=rules.first_at_most),)
    found = [note("not-by-items")]
    if whole.star is not None and gate.star > whole.star + 1:
        found.append(note("one-star-at-a-time"))
    for test in gate_tests(whole, period, gate, rules):
        if test.passed is False:
            shut = test.name == "clean_months"
            found.append(
                note("veto-in-clean-months", months=gate.clean_months)
                if shut
                else note("gate-stays-shut", gate=test.name, found=test.found, asked=test.asked)
            )
    return (*found, *(each for each in best.explanation.notes if each.code in _KEPT_BY))


_KEPT_BY = ("too-new", "not-rated", "closed-by-veto", "stars-off-by-veto", "needs-periods-running")
"""The notes of a rating that say what keeps an outlet from a star whatever its visits found."""
_HIGHEST = 100


def smallest_set(
    items: Sequence[Place],
    measure: Measure,
    reaches: Callable[[Values], bool],
    limit: int,
    *,
    bounded: bool = True,
) -> tuple[tuple[Place, ...], bool]:
    """Return a smallest set of items whose measures reach what is needed, and whether it is proven to be smallest.

    All items together must reach it, and what higher measures reach is never less. `bounded` says that no item adds
    more to a measure than it does as the last one: that holds for prohibitions that count whole and for caps of
    visits, and lets the search leave out what cannot reach it.
    """
    everything = frozenset(items)
    top = measure(everything)
    last = {item: _gained(top, measure(everything - {item})) for item in items}
    weight = {item: max(sum(last[item], Fraction(0)), Fraction(0)) for item in items}
    ordered = sorted(items, key=lambda item: (-weight[item], item))
    kept = everything
    for item in reversed(ordered):
        if reaches(measure(kept - {item})):
            kept = kept - {item}
    search = _Search(ordered, last if bounded else None, measure, reaches, limit)
    for size in range(len(kept)):
        found = search.of_size(size)
        if search.left < 0:
            return tuple(sorted(kept)), False
        if found is not None:
            return tuple(sorted(found)), True
    return tuple(sorted(kept)), True


def _gained(values: Values, before: Values) -> tuple[Fraction, ...]:
    return tuple(
        Fraction(0) if value is None or then is None else value - then
        for value, then in zip(values, before, strict=True)
    )


class _Search:
    """Sets of one size, the most promising first, without those that cannot reach what is needed."""

    def __init__(
        self,
        ordered: Sequence[Place],
        last: Mapping[Place, tuple[Fraction, ...]] | None,
        measure: Measure,
        reaches: Callable[[Values], bool],
        limit: int,
    ) -> None:
        self._ordered, self._last, self._measure, self._reaches = ordered, last, measure, reaches
        self.left = limit

    def of_size(self, size: int) -> frozenset[Place] | None:
        """Return the first set of this size that reaches what is needed; `left` below 0: the limit ended it."""
        return next(self._from(0, frozenset(), size), None)

    def _from(self, begin: int, met: frozenset[Place], more: int) -> Iterator[frozenset[Place]]:
        self.left -= 1
        if self.left < 0:
            return
        values = self._measure(met)
        if more == 0:
            if self._reaches(values):
                yield met
            return
        rest = self._ordered[begin:]
        if self._last is not None and not self._reaches(
            _highest(values, [self._last[each] for each in rest], more)
        ):
            return
        for step, item in enumerate(rest[: len(rest) - more + 1]):
            yield from self._from(begin + step + 1, met | {item}, more - 1)


def _highest(values: Values, gains: Sequence[tuple[Fraction, ...]], more: int) -> Values:
    """What no set of so many more items exceeds in any measure."""
    return tuple(
        None
        if value is None
        else value
        + sum(sorted((each[place] for each in gains), reverse=True)[:more], Fraction(0))
        + _ROUNDING
        for place, value in enumerate(values)
    )


def _told(star: int, items: tuple[Place, ...] | None, smallest: bool, version: int, *notes: Note) -> Lift:
    parts = tuple(
        Explanation("item", item, named({"visit": visit}), subject=f"visit:{visit}")
        for visit, item in items or ()
    )
    value = None if items is None else len(items)
    why = Explanation("star-lift", value, named({"star": star}), notes=notes, parts=parts, rules=version)
    return Lift(star, items, smallest, why)
