"""Weighting: parts of 0..1 with their weights, where parts may be missing and their weight is spread (2.7, 2.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from server.domain.explain import Explanation, Later, Named, named, note
from server.domain.rules_ratings import PerceptionLine

Ratio = tuple[int, int]
"""A fraction as two integers, the second above 0."""


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a weighted figure: its value of 0..1 (None: no data), and where it came from."""

    name: str
    value: Fraction | None
    why: Later

    @property
    def explanation(self) -> Explanation:
        """Where the value came from."""
        return self.why()


@dataclass(frozen=True, slots=True)
class Weighed:
    """The weighted sum over the parts with data, of 100, unrounded; `present` is the weight that has data of `whole`."""

    value: Fraction | None
    present: Fraction
    whole: Fraction
    shares: tuple[tuple[Share, Fraction], ...]

    def parts(self) -> tuple[Explanation, ...]:
        """Return the parts with their weights, and what the weight of missing ones became."""
        return tuple(self._part(share, weight) for share, weight in self.shares)

    def _part(self, share: Share, weight: Fraction) -> Explanation:
        there = share.value is not None and self.value is not None
        taken = weight * self.whole / self.present if there else Fraction(0)
        why = share.explanation
        inputs: Named = (*named({"weight": weight, "weight_taken": taken}), *why.inputs)
        notes = why.notes
        if share.value is None:
            # Without a figure nothing is spread: too little is known.
            notes = (*notes, note("missing" if self.value is None else "spread", weight=weight))
        return Explanation(share.name, share.value, inputs, why.thresholds, notes, why.parts, why.subject)


def weighed(shares: Sequence[tuple[Share, Fraction]], least: Fraction) -> Weighed:
    """Return the weighted figure; the weight of missing parts is spread over the others in proportion.

    No figure where less than `least` (of 100) of the weight has data, or none at all.
    """
    return Weighed(*weigh([(share.value, weight) for share, weight in shares], least), tuple(shares))


def weigh(
    parts: Sequence[tuple[Fraction | None, Fraction]], least: Fraction
) -> tuple[Fraction | None, Fraction, Fraction]:
    """Return the same from the values of parts alone: the figure, the weight that has data, and the whole weight."""
    found, present, whole = weigh_ratios(
        [None if value is None else value.as_integer_ratio() for value, _ in parts],
        [weight.as_integer_ratio() for _, weight in parts],
        least,
    )
    return None if found is None else Fraction(*found), Fraction(*present), Fraction(*whole)


def weigh_ratios(
    parts: Sequence[Ratio | None], weights: Sequence[Ratio], least: Fraction
) -> tuple[Ratio | None, Ratio, Ratio]:
    """The same in integers throughout, nothing reduced: a province has a hundred thousand of these in a half-year."""
    earned, of = 0, 1
    present, whole = (0, 1), (0, 1)
    for value, weight in zip(parts, weights, strict=True):
        whole = _added(whole, weight)
        if value is not None:
            present = _added(present, weight)
            earned, of = _added((earned, of), (weight[0] * value[0], weight[1] * value[1]))
    if not present[0] or present[0] * least.denominator < least.numerator * present[1]:
        return None, present, whole
    return (earned * whole[0] * present[1], of * whole[1] * present[0]), present, whole


def _added(one: Ratio, two: Ratio) -> Ratio:
    """The sum of two fractions, not reduced."""
    if one[1] == two[1]:
        return one[0] + two[0], one[1]
    return one[0] * two[1] + two[0] * one[1], one[1] * two[1]


def on_line(rate: Fraction, line: PerceptionLine) -> Fraction:
    """Return the part of 0..1 that a rate (of 1) earns: nothing below the line, everything from its end."""
    return Fraction(*ratio_on_line(rate.as_integer_ratio(), line))


def ratio_on_line(rate: Ratio, line: PerceptionLine) -> Ratio:
    """The same in integers, not reduced."""
    part, whole = rate
    zero, by = line.zero_at.as_integer_ratio()
    full, of = line.full_at.as_integer_ratio()
    if 100 * part * of >= full * whole:
        return 1, 1
    above = 100 * part * by - zero * whole
    return (0, 1) if above < 0 else (above * of, whole * (full * by - zero * of))


def less_each(count: int, zero_at: int) -> Fraction:
    """Return 1 - count / zero_at, not below 0: the part that complaints and errors leave."""
    return Fraction(*ratio_less(count, zero_at))


def ratio_less(count: int, zero_at: int) -> Ratio:
    """The same in integers, not reduced."""
    return max(0, zero_at - count), zero_at
