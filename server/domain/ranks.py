"""Ranks with ties, and who is among the last of a group (handbook 2.3, 2.9)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from fractions import Fraction
from math import lcm

Scores = Mapping[str, Fraction | None]
"""The score of each member of a group; None: it has none, and is not ranked."""


def ranks(scores: Scores) -> dict[str, int]:
    """Return the rank of each ranked member: 1 + the number of those strictly better; ties share the better rank."""
    there = _integers(scores)
    ordered = sorted(there.values())
    return {name: 1 + len(ordered) - bisect_right(ordered, score) for name, score in there.items()}


def among_last(scores: Scores, k: int) -> frozenset[str] | None:
    """Return who is among the last k: fewer than k score strictly lower, so ties are included.

    None where the group has no last k: it has at most 2k ranked members.
    """
    there = _integers(scores)
    ordered = sorted(there.values())
    if len(ordered) <= 2 * k:
        return None
    return frozenset(name for name, score in there.items() if bisect_left(ordered, score) < k)


def _integers(scores: Scores) -> dict[str, int]:
    """The scores that are there, over one common denominator: comparing integers takes a fraction of the time."""
    there = {name: score for name, score in scores.items() if score is not None}
    common = lcm(*(score.denominator for score in there.values()))
    return {name: score.numerator * (common // score.denominator) for name, score in there.items()}
