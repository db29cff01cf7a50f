"""Indicators: prohibitions and the touchpoints of each section, and what a visit earned of them (handbook 2.6).

A checklist's catalogue lists them in its order under ids that outlive its versions: the prohibition's code, and
`T-` with the section's id. What a visit earned is before the prohibitions' effects, in points times thousandths.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from server.domain.exact import FULL_CREDIT

TOUCHPOINTS = "T-"
"""What the id of a section's touchpoints begins with."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of a catalogue; `points` are the hundredths that its items have in the checklist."""

    id: str
    kind: Literal["prohibition", "touchpoints"]
    points: int
    zh: str = ""
    en: str = ""


Catalogue = tuple[Indicator, ...]
Sample = tuple[int, int]
"""Earned and full of one visit, in points times thousandths; (0, 0) where nothing was applicable."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What visits earned of one indicator: earned, full, and in how many visits it was applicable."""

    indicator: Indicator
    earned: int = 0
    full: int = 0
    visits: int = 0

    @property
    def ratio(self) -> Fraction | None:
        """Earned over full; None where nothing was applicable."""
        return Fraction(self.earned, self.full) if self.full else None

    def plus(self, earned: int, full: int, visits: int) -> Sum:
        """Return the sum with more visits in it."""
        return Sum(self.indicator, self.earned + earned, self.full + full, self.visits + visits)


@dataclass(frozen=True, slots=True)
class Measured:
    """What aggregates need of a scored visit.

    `earned` and `full` are over all applicable items after the prohibitions' effects and the cap, `prohibition_*` over
    the prohibitions' items alone and without the cap; `cap` is the most that the score may be, in points (None: no
    grave fail); `samples` are before the effects, in the catalogue's order.
    """

    earned: int
    full: int
    prohibition_earned: int
    prohibition_full: int
    cap: int | None
    touchpoints_met: int
    touchpoints: int
    samples: tuple[Sample, ...]

    @property
    def score(self) -> Fraction | None:
        """The visit's score, unrounded (handbook 2.2)."""
        return capped(self.earned, self.full)

    @property
    def prohibition_score(self) -> Fraction | None:
        """The prohibition score, unrounded; the cap is not for it."""
        return capped(self.prohibition_earned, self.prohibition_full)


def capped(earned: int, full: int, cap: int | None = None) -> Fraction | None:
    """Return 100 * earned / full, at most `cap`; None where nothing was applicable."""
    if not full:
        return None
    exact = Fraction(100 * earned, full)
    return exact if cap is None else min(exact, Fraction(cap))


def catalogue(compiled: Mapping[str, Any]) -> Catalogue:
    """Return the catalogue of a compiled checklist: its prohibitions, then each section's touchpoints."""
    texts: dict[str, Mapping[str, str]] = {each["id"]: each["text"] for each in compiled["prohibitions"]}
    points = dict.fromkeys(texts, 0)
    for section in compiled["sections"]:
        mine = f"{TOUCHPOINTS}{section['id']}"
        for item in section["items"]:
            if item["points"] > 0:
                name = item["prohibition"] or mine
                points[name] = points.get(name, 0) + item["points"]
                texts.setdefault(name, section["title"])
    return tuple(
        Indicator(
            name,
            "touchpoints" if name.startswith(TOUCHPOINTS) else "prohibition",
            points[name],
            texts[name].get("zh", ""),
            texts[name].get("en", ""),
        )
        for name in points
    )


def measured(compiled: Mapping[str, Any], result: Mapping[str, Any]) -> Measured:
    """Return what aggregates need of a visit from its compiled checklist and its score as JSON (`Score.as_json`)."""
    places = {indicator.id: n for n, indicator in enumerate(catalogue(compiled))}
    counted, zeroed, met = set(result["counted"]), set(result["zeroed"]), set(result["met"])
    credits: Mapping[str, int | None] = result["credits"]
    earned, full = [0] * len(places), [0] * len(places)
    after = {True: 0, False: 0}
    for section in compiled["sections"]:
        for item in section["items"]:
            name = item["id"]
            if name not in counted:
                continue
            place = places[item["prohibition"] or f"{TOUCHPOINTS}{section['id']}"]
            mine = item["points"] * (credits[name] or 0)
            earned[place] += mine
            full[place] += item["points"] * FULL_CREDIT
            after[bool(item["prohibition"])] += 0 if name in zeroed else mine
    touchpoints = [
        item["id"]
        for section in compiled["sections"]
        for item in section["items"]
        if item["id"] in counted and not item["prohibition"]
    ]
    prohibited = sum(
        each for name, each in zip(places, full, strict=True) if not name.startswith(TOUCHPOINTS)
    )
    cap = compiled["critical_cap"] if result["grave"] else None
    gained, whole = after[True] + after[False], sum(full)
    if cap is not None:
        # `full` is whole thousands, so that the cap in points times thousandths is an integer too.
        gained = min(gained, cap * whole // 100)
    return Measured(
        earned=gained,
        full=whole,
        prohibition_earned=after[True],
        prohibition_full=prohibited,
        cap=cap,
        touchpoints_met=sum(name in met for name in touchpoints),
        touchpoints=len(touchpoints),
        samples=tuple(zip(earned, full, strict=True)),
    )


def pack(samples: Sequence[Sample]) -> bytes:
    """Return samples as bytes: for each its earned and its full, four bytes each, the lowest first."""
    numbers = array("i", (number for sample in samples for number in sample))
    return _in_order(numbers).tobytes()


def unpack(packed: bytes) -> tuple[Sample, ...]:
    """Return the samples that `pack` packed."""
    numbers = _numbers(packed)
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def sums(listed: Catalogue, packed: Iterable[bytes]) -> tuple[Sum, ...]:
    """Return the sums over the packed samples of visits with the same catalogue, in its order.

    All visits become one array, so that adding them is left to the machine and not done number by number.
    """
    numbers, width = _numbers(b"".join(packed)), 2 * len(listed)
    if not width:
        return ()
    found = []
    for place, indicator in enumerate(listed):
        full = numbers[2 * place + 1 :: width]
        found.append(Sum(indicator, sum(numbers[2 * place :: width]), sum(full), len(full) - full.count(0)))
    return tuple(found)


def together(several: Iterable[Sequence[Sum]]) -> tuple[Sum, ...]:
    """Return sums by indicator over several checklists or versions; points and order are those that come first.

    Whoever calls gives the newest version first.
    """
    found: dict[str, Sum] = {}
    for each in several:
        for one in each:
            before = found.get(one.indicator.id)
            found[one.indicator.id] = before.plus(one.earned, one.full, one.visits) if before else one
    return tuple(found.values())


def _numbers(packed: bytes) -> array[int]:
    numbers: array[int] = array("i")
    numbers.frombytes(packed)
    return _in_order(numbers)


def _in_order(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
