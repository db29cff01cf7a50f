"""Weighting: parts of 0..1 with their weights, where parts may be missing and their weight is spread (2.7, 2.8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from server.domain.explain import Explanation, Later, Named, named, note
from server.domain.rules_ratings import PerceptionLine


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
    # Integers throughout, reduced once: a province has a hundred thousand of these in a half-year.
    earned, of = 0, 1
    present, whole = (0, 1), (0, 1)
    for value, weight in parts:
        each = weight.as_integer_ratio()
        whole = _added(whole, each)
        if value is not None:
            present = _added(present, each)
            part, by = value.as_integer_ratio()
            earned, of = _added((earned, of), (each[0] * part, each[1] * by))
    there = Fraction(*present)
    found = None
    if present[0] and there >= least:
        found = Fraction(earned * whole[0] * present[1], of * whole[1] * present[0])
    return found, there, Fraction(*whole)


def _added(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
    """The sum of two fractions, not reduced."""
    if one[1] == two[1]:
        return one[0] + two[0], one[1]
    return one[0] * two[1] + two[0] * one[1], one[1] * two[1]


def on_line(rate: Fraction, line: PerceptionLine) -> Fraction:
    """Return the part of 0..1 that a rate (of 1) earns: nothing below the line, everything from its end."""
    percent = rate * 100
    if percent >= line.full_at:
        return Fraction(1)
    if percent < line.zero_at:
        return Fraction(0)
    return (percent - line.zero_at) / (line.full_at - line.zero_at)


def less_each(count: int, zero_at: int) -> Fraction:
    """Return 1 - count / zero_at, not below 0: the part that complaints and errors leave."""
    return max(Fraction(0), 1 - Fraction(count, zero_at))
