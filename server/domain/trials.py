"""A trial of rules: what hangs on a changed part, and what differs between two sides (handbook 05).

Figures are integers as they are stored and compared: hundredths of a point, and fen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import ClassVar, Literal

from server.domain.errors import Problem
from server.domain.rules import RuleSet

Aspect = Literal["composite", "star", "class", "proposals", "commission"]
ASPECTS: tuple[Aspect, ...] = ("composite", "star", "class", "proposals", "commission")
"""In what an outlet can differ."""
Hanging = Literal["composite", "star", "class", "proposals", "commission", "window"]

_HANGS: Mapping[str, tuple[Hanging, ...]] = {
    "composite": ("composite", "proposals", "commission"),
    "stars": ("star",),
    "vetoes": ("star", "proposals", "commission"),
    "indicators": ("star",),
    "aggregates": ("star", "window"),
    "classes": ("class", "proposals"),
    "decisions": ("proposals",),
    "commission": ("commission",),
    "window": ("window",),
    "weak_item": ("window",),
}
PARTS = tuple(_HANGS)
"""The parts of a rule set that bear on figures."""
POINT = 100
"""What counts as near a line: one point, in hundredths."""
DAYS_KEPT = 14
"""So long the result of a trial is kept; it can be reckoned again at any time."""


@dataclass(eq=False)
class PeriodAhead(Problem):
    """Rules are tried on a period that has begun: of one that lies ahead there are no facts."""

    code: ClassVar[str] = "trial-period-ahead"
    period: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """A figure of an outlet within one point of a line; `period` is the month or the whole period of the figure."""

    code: str
    period: str
    value: int
    at: int

    @property
    def reached(self) -> bool:
        """Whether the figure is at the line or above it."""
        return self.value >= self.at


@dataclass(frozen=True, slots=True)
class Side:
    """An outlet under one rule set: composites and commission by month (None: not rated, none), and what follows.

    `refunded` holds what is paid back within the period; `proposals` are pairs of what is proposed and of which period.
    """

    composites: tuple[int | None, ...] = ()
    fen: tuple[int | None, ...] = ()
    withheld: int = 0
    staff: int = 0
    refunded: int = 0
    basis: int | None = None
    star: int | None = None
    outlet_class: str | None = None
    proposals: tuple[tuple[str, str], ...] = ()

    @property
    def mean(self) -> Fraction | None:
        """The mean of the rated months, in hundredths, unrounded."""
        rated = [value for value in self.composites if value is not None]
        return Fraction(sum(rated), len(rated)) if rated else None

    @property
    def commission(self) -> int | None:
        """The commission of all months together; None where there is none."""
        there = [value for value in self.fen if value is not None]
        return sum(there) if there else None


@dataclass(frozen=True, slots=True)
class Tried:
    """An outlet as it was, under both rule sets, and the lines of the tried ones that it is near."""

    outlet: str
    tier: str
    outlet_class: str
    unit_path: str
    before: Side
    after: Side
    near: tuple[Near, ...] = ()
    name: str = ""
    code: str = ""

    @property
    def changed(self) -> tuple[Aspect, ...]:
        """In what the sides differ."""
        one, two = self.before, self.after
        differs: dict[Aspect, bool] = {
            "composite": one.composites != two.composites,
            "star": one.star != two.star,
            "class": one.outlet_class != two.outlet_class,
            "proposals": one.proposals != two.proposals,
            "commission": (one.fen, one.withheld, one.staff, one.refunded)
            != (two.fen, two.withheld, two.staff, two.refunded),
        }
        return tuple(aspect for aspect in ASPECTS if differs[aspect])


@dataclass(frozen=True, slots=True)
class Quarter:
    """The quarter of a unit under one rule set: window score with its level, weak item, what is taken off."""

    window: int | None = None
    level: str | None = None
    weak_item: str | None = None
    deduction: int = 0


@dataclass(slots=True)
class Sums:
    """One side of all outlets together: commission in fen, how many have which star and class, what is proposed."""

    commission: int = 0
    withheld: int = 0
    staff: int = 0
    refunded: int = 0
    stars: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    proposals: Counter[str] = field(default_factory=Counter)

    def join(self, other: Sums) -> None:
        """Add the sums of other outlets."""
        self.commission += other.commission
        self.withheld += other.withheld
        self.staff += other.staff
        self.refunded += other.refunded
        self.stars.update(other.stars)
        self.classes.update(other.classes)
        self.proposals.update(other.proposals)

    def add(self, side: Side, *, rated: bool) -> None:
        """Add an outlet; `rated`: stars are given with the period."""
        self.commission += side.commission or 0
        self.withheld += side.withheld
        self.staff += side.staff
        self.refunded += side.refunded
        if rated:
            self.stars["none" if side.star is None else str(side.star)] += 1
        if side.outlet_class is not None:
            self.classes[side.outlet_class] += 1
        self.proposals.update(kind for kind, _ in side.proposals)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a trial: both sums over all outlets, the quarters of branches, and the outlets that differ or are near.

    `months` are those of the period that had begun, `stored` the periods that were taken as stored, `newer` those of them whose
    inputs were imported anew since, where the tried rules look at them; `rated` whether stars are given with the period, on
    either side. `at` is when it was asked for.
    """

    period: str
    at: str
    months: tuple[str, ...]
    stored: tuple[str, ...]
    newer: tuple[str, ...]
    rated: bool
    outlets: int
    before: Sums
    after: Sums
    quarters: Mapping[str, Mapping[str, tuple[Quarter, Quarter]]]
    rows: tuple[Tried, ...]


def hanging(before: RuleSet, after: RuleSet) -> frozenset[Hanging]:
    """Return which figures hang on what differs between two rule sets; all others are the same under both.

    Stars are among them where they are made from something that differs; those that follow from a composite that moved
    are not.
    """
    found: set[Hanging] = {
        hanging_
        for part, several in _HANGS.items()
        if getattr(before, part) != getattr(after, part)
        for hanging_ in several
    }
    if _beside_weights(before) != _beside_weights(after):
        found.add("star")
    if before.stars.rated_months_percent != after.stars.rated_months_percent:
        found.add("proposals")
    return frozenset(found)


def _beside_weights(rules: RuleSet) -> tuple[object, ...]:
    """What of the composite's rules the stars look at themselves: all but what it alone weighs and adds."""
    own = rules.composite
    return own.perception, own.complaints_zero_at, own.errors_zero_at, own.missing
