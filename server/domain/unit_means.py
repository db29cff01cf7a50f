"""Means of a unit: the composites or stars of its outlets, of how many, and what it is made of one floor below.

Outlets are rated (handbook 2.7, 2.8); the overview and its league compare units by the plain mean of those that are (05).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from server.domain.explain import Explanation, named, note

MEAN_OF = {"composite": "composite-mean", "star": "star-mean"}
"""A figure of outlets, and the figure of a unit that is its mean."""


@dataclass(slots=True)
class Rated:
    """The outlets of a unit with one of their figures, counted and added up; `total` is in hundredths of a point or star.

    Both figures are given in whole hundredths, so nothing is lost.
    """

    outlets: int = 0
    rated: int = 0
    total: int = 0

    def add(self, hundredths: int | None) -> None:
        """Count one more outlet; None: it is not rated."""
        self.outlets += 1
        if hundredths is not None:
            self.rated += 1
            self.total += hundredths

    def take(self, more: Rated) -> None:
        """Count other outlets as well."""
        self.outlets += more.outlets
        self.rated += more.rated
        self.total += more.total

    @property
    def mean(self) -> Fraction | None:
        """The mean of the rated outlets, exactly; None where none is."""
        return Fraction(self.total, 100 * self.rated) if self.rated else None


@dataclass(slots=True)
class UnitRated:
    """One figure of a unit: its own count, and the parts one floor below it."""

    of: Rated = field(default_factory=Rated)
    parts: list[Explanation] = field(default_factory=list)


def outlet_part(figure: str, outlet: str, hundredths: int | None) -> Explanation:
    """Return an outlet as a part of its unit's mean."""
    value = None if hundredths is None else Fraction(hundredths, 100)
    return Explanation(figure, value, subject=f"outlet:{outlet}")


def unit_part(figure: str, path: str, rated: Rated) -> Explanation:
    """Return a unit as a part of the mean of the one above it."""
    return Explanation(MEAN_OF[figure], rated.mean, _counts(rated), subject=f"unit:{path}")


def mean_of_unit(figure: str, rated: Rated, parts: Iterable[Explanation], version: int) -> Explanation:
    """Return a unit's mean with its explanation."""
    notes = () if rated.rated else (note("no-data"),)
    return Explanation(
        MEAN_OF[figure], rated.mean, _counts(rated), notes=notes, parts=tuple(parts), rules=version
    )


def fixes_of_unit(
    in_time: int, due: int, version: int | None = None, parts: Iterable[Explanation] = (), subject: str = ""
) -> Explanation:
    """Return a unit's rate of corrective actions that were closed in time, of those due in the month.

    Also of an outlet or a unit as a part of one, which its `subject` names.
    """
    rate = Fraction(in_time, due) if due else None
    told = named({"in_time": in_time, "due": due})
    notes = () if due else (note("no-data"),)
    below = tuple(sorted(parts, key=lambda part: part.subject))
    return Explanation(
        "corrective_actions", rate, told, notes=notes, parts=below, subject=subject, rules=version
    )


def _counts(rated: Rated) -> tuple[tuple[str, int], ...]:
    return (("outlets", rated.outlets), ("rated_outlets", rated.rated))
