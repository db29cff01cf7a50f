"""Bands of a figure with both sides written, such as `at_least: 85, below: 90`: exact look-up, holes, overlaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

from server.domain.findings import Finding, at
from server.domain.rule_parts import Exact, Part, plain_figure

Edge = tuple[Fraction, int]
"""Where a band begins or ends: a value, and 1 when just beyond it. One band's end is the next one's beginning."""


class Band(Part):
    """A stretch of values; a side that is not written is open."""

    at_least: Exact | None = None
    """起（含） | from, included"""
    above: Exact | None = None
    """大于 | above"""
    below: Exact | None = None
    """小于 | below"""
    up_to: Exact | None = None
    """止（含） | up to, included"""

    @property
    def begins(self) -> Edge | None:
        """Where the band begins; None when it is open below."""
        if self.at_least is not None:
            return self.at_least, 0
        return None if self.above is None else (self.above, 1)

    @property
    def ends(self) -> Edge | None:
        """Where the band ends; None when it is open above."""
        if self.below is not None:
            return self.below, 0
        return None if self.up_to is None else (self.up_to, 1)

    def holds(self, value: Fraction) -> bool:
        """Tell whether the value lies in this band."""
        return (self.begins is None or self.begins <= (value, 0)) and (
            self.ends is None or (value, 0) < self.ends
        )

    def problems(self) -> Iterator[Finding]:
        """Yield a finding for two bounds on one side, and for a band that no value lies in."""
        if None not in (self.at_least, self.above) or None not in (self.below, self.up_to):
            yield Finding("", "band_bounds")
        elif self.begins is not None and self.ends is not None and self.begins >= self.ends:
            yield Finding("", "band_empty", {"band": _said(self)})


AnyBand = TypeVar("AnyBand", bound=Band)


def band_of(bands: Sequence[AnyBand], value: Fraction) -> AnyBand:
    """Return the band that holds the value. Raises LookupError when none does."""
    for band in bands:
        if band.holds(value):
            return band
    raise LookupError(f"no band holds {plain_figure(value)}")


def covering_problems(
    bands: Sequence[Band], path: str, least: Fraction, most: Fraction | None
) -> Iterator[Finding]:
    """Yield each hole and overlap of bands that are to cover `least` to `most` (None: without an end).

    The bands may be written in either direction; a finding stands at the upper of two neighbours. Bands that
    are wrong by themselves are left out, and then nothing is said.
    """
    if any(True for band in bands for _ in band.problems()):
        return
    placed = sorted(
        ((band.begins, n, band) for n, band in enumerate(bands)),
        key=lambda each: (each[0] is not None, each[0] or (Fraction(0), 0)),
    )
    if not placed:
        yield Finding(path, "bands_missing")
        return
    first, last = placed[0], placed[-1]
    if first[0] is not None and first[0] > (least, 0):
        yield Finding(at(path, first[1]), "bands_start", {"bound": str(plain_figure(least))})
    for (_, _, lower), (begins, n, upper) in pairwise(placed):
        facts = {"lower": _said(lower), "upper": _said(upper)}
        if lower.ends is None or begins is None or lower.ends > begins:
            yield Finding(at(path, n), "bands_overlap", facts)
        elif lower.ends < begins:
            yield Finding(at(path, n), "bands_gap", facts)
    ends = last[2].ends
    if most is None and ends is not None:
        yield Finding(at(path, last[1]), "bands_open")
    elif most is not None and ends is not None and ends < (most, 1):
        yield Finding(at(path, last[1]), "bands_end", {"bound": str(plain_figure(most))})


def _said(band: Band) -> str:
    """A band in signs that both languages read: `≥85 <90`."""
    signs = (("≥", band.at_least), (">", band.above), ("<", band.below), ("≤", band.up_to))
    return " ".join(f"{sign}{plain_figure(value)}" for sign, value in signs if value is not None) or "*"
