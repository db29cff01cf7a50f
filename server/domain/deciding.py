"""What becomes of a proposed decision: its states and moves, what each kind changes of an outlet, and its Problems (handbook 2.9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar, Literal

from server.domain.errors import Problem
from server.domain.periods import months_later

Field = Literal["tier", "class", "status"]


class DecisionState(StrEnum):
    """The life of a decision. Only people approve; the day it takes effect on, the approved one is applied.

    An incentive that holds ends with a person's word that it was given.
    """

    PROPOSED = "proposed"
    APPROVED = "approved"
    HELD = "held"
    REJECTED = "rejected"
    EFFECTIVE = "effective"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class DecisionKind(StrEnum):
    """What is decided: the proposals of handbook 2.9, the class, the incentive of 2.13, and the end of a probation, which people
    alone propose."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    WARNING = "warning"
    PROBATION = "probation"
    EXIT = "exit"
    ENTRY = "entry"
    CLASS = "class"
    RESTORE = "restore"
    INCENTIVE = "incentive"


K, S = DecisionKind, DecisionState
WAITING = (S.PROPOSED, S.HELD)
"""A person has still to decide."""
DECIDED = (S.APPROVED, S.EFFECTIVE, S.GIVEN)
"""What the outlet is told of."""
FIELDS: dict[DecisionKind, Field | None] = {
    K.UPGRADE: "tier",
    K.DOWNGRADE: "tier",
    K.WARNING: None,
    K.PROBATION: "status",
    K.EXIT: "status",
    K.ENTRY: "status",
    K.CLASS: "class",
    K.RESTORE: "status",
    K.INCENTIVE: None,
}
"""What of an outlet a kind changes; a warning demands a correction plan and an incentive honours people: they change nothing."""
OF_ITS_PERIOD = frozenset({K.INCENTIVE})
"""Kinds that are asked for anew by each period; of the others one waits for its outlet at a time, renewed by later periods."""
OF_THE_TIER = frozenset({K.UPGRADE, K.DOWNGRADE})
"""Kinds that are one matter: whoever has decided one by a later period has decided the other as well."""
FROM_A_FIRST = OF_THE_TIER | {K.CLASS}
"""Kinds that change what the base amount rests on: it is set for whole periods (handbook 2.10), so they begin with a month."""
_STATUS = {K.PROBATION: "probation", K.EXIT: "exited", K.ENTRY: "active", K.RESTORE: "active"}
_FROM: dict[DecisionKind, frozenset[str]] = {
    K.UPGRADE: frozenset({"active", "probation"}),
    K.DOWNGRADE: frozenset({"active", "probation"}),
    K.WARNING: frozenset({"active", "probation"}),
    K.PROBATION: frozenset({"active"}),
    K.EXIT: frozenset({"active", "probation", "onboarding"}),
    K.ENTRY: frozenset({"onboarding"}),
    K.CLASS: frozenset({"active", "probation", "onboarding"}),
    K.RESTORE: frozenset({"probation"}),
    K.INCENTIVE: frozenset({"active", "probation"}),
}
_MOVES: dict[DecisionState, frozenset[DecisionState]] = {
    S.PROPOSED: frozenset({S.APPROVED, S.HELD, S.REJECTED, S.WITHDRAWN}),
    S.HELD: frozenset({S.APPROVED, S.REJECTED, S.WITHDRAWN}),
    # The system holds an approved one whose outlet has changed since: a person looks at it again.
    S.APPROVED: frozenset({S.EFFECTIVE, S.HELD, S.WITHDRAWN}),
    S.EFFECTIVE: frozenset({S.GIVEN}),
}
CLASSES = ("A", "B", "C")
MONTHS_AHEAD = 12
"""Whatever is to hold later than this is decided later, or its year was mistyped."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An outlet as far as decisions change it."""

    tier: str
    class_: str
    status: str

    def of(self, field: Field | None) -> str:
        """What the outlet is in this respect; empty where a kind changes nothing."""
        return {"tier": self.tier, "class": self.class_, "status": self.status}[field] if field else ""


def change(
    kind: DecisionKind, outlet: Standing, ladder: Sequence[str], wish: str = ""
) -> tuple[str, str] | None:
    """Return from what to what the outlet would change; None where this kind cannot be decided about it.

    `wish` is the new class. Own halls are no agents: nothing is decided about them (S4 p.23).
    """
    if outlet.tier not in ladder or outlet.status not in _FROM[kind]:
        return None
    if FIELDS[kind] is None:
        return "", ""
    steps = list(pairwise(ladder))
    to: str | None
    if kind is K.UPGRADE:
        to = next((above for below, above in steps if below == outlet.tier), None)
    elif kind is K.DOWNGRADE:
        to = next((below for below, above in steps if above == outlet.tier), None)
    elif kind is K.CLASS:
        to = wish if wish in CLASSES else None
    else:
        to = _STATUS[kind]
    before = outlet.of(FIELDS[kind])
    return (before, to) if to is not None and to != before else None


def stands(kind: DecisionKind, outlet: Standing, before: str) -> bool:
    """Whether the outlet still is what it was when this was proposed, so that the decision may be made and applied."""
    return outlet.status in _FROM[kind] and outlet.of(FIELDS[kind]) == before


def may_be_listed(before: str, after: str) -> bool:
    """Whether a list of outlets may bring an agent's outlet from a status to another.

    It steps where some decision would. Who has left begins anew, which leads past the entry check.
    """
    begins_anew = (before, after) == ("exited", "onboarding")
    return begins_anew or any(before in _FROM[kind] and after == to for kind, to in _STATUS.items())


def may_move(before: DecisionState, to: DecisionState) -> bool:
    """Whether a decision may go from one state to another."""
    return to in _MOVES.get(before, frozenset())


def is_given(kind: DecisionKind) -> bool:
    """Whether there is something to be given once a decision of the kind holds."""
    return kind is K.INCENTIVE


def needs_words(kind: DecisionKind) -> bool:
    """Whether its letter says what only a person knows: what is given to whom, or until when a correction plan is due."""
    return is_given(kind) or kind is K.WARNING


def is_adverse(kind: DecisionKind, before: str, to: str) -> bool:
    """Whether the outlet loses by it."""
    lower_class = kind is K.CLASS and before in CLASSES and to > before
    return lower_class or kind in (K.DOWNGRADE, K.WARNING, K.PROBATION, K.EXIT)


def possible_day(kind: DecisionKind, day: date) -> date:
    """Return the first day from this one on, on which a kind may take effect."""
    return next_first(day) if kind in FROM_A_FIRST else day


def next_first(day: date) -> date:
    """Return the first day of a month from this one on: what the base amount rests on changes on none other, whoever changes it."""
    return day if day.day == 1 else months_later(day.replace(day=1), 1)


def check_day(kind: DecisionKind, effective_on: date, today: date) -> None:
    """Raise EffectiveDayWrong for a day that has passed, as earlier days are never rewritten, or lies too far ahead.

    EffectiveDayWithin for a day within a month, of a kind that begins with one.
    """
    last = months_later(today, MONTHS_AHEAD)
    if not today <= effective_on <= last:
        raise EffectiveDayWrong(first=possible_day(kind, today).isoformat(), last=last.isoformat())
    if possible_day(kind, effective_on) != effective_on:
        raise EffectiveDayWithin(first=possible_day(kind, today).isoformat())


@dataclass(eq=False)
class DecisionStateForbids(Problem):
    """The decision is not in a state from which this is possible; somebody else may have decided meanwhile."""

    code: ClassVar[str] = "decision-state"
    state: str = ""


@dataclass(eq=False)
class DecisionRewritten(Problem):
    """Newer figures have rewritten what is proposed, or its grounds, since the person looked at it."""

    code: ClassVar[str] = "decision-rewritten"


@dataclass(eq=False)
class DecisionImpossible(Problem):
    """This kind of decision cannot be made about the outlet as it is: no such tier, no such change, an own hall."""

    code: ClassVar[str] = "decision-impossible"


@dataclass(eq=False)
class DecisionOutdated(Problem):
    """The outlet is not what it was when this was proposed, so it must not be approved any more."""

    code: ClassVar[str] = "decision-outdated"
    now: str = ""


@dataclass(eq=False)
class ProposerDecides(Problem):
    """Who proposed by hand would decide on it: two people are needed."""

    code: ClassVar[str] = "decision-own"


@dataclass(eq=False)
class EffectiveDayWrong(Problem):
    """The day on which a decision takes effect is missing, has passed, or lies too far ahead."""

    code: ClassVar[str] = "decision-day"
    first: str = ""
    last: str = ""


@dataclass(eq=False)
class EffectiveDayWithin(Problem):
    """What the base amount rests on changes with a month, never within one: `first` is the earliest day."""

    code: ClassVar[str] = "decision-day-within"
    first: str = ""


@dataclass(eq=False)
class DecisionVetoesChanged(Problem):
    """Vetoes of the outlet were proven or taken back since this was proposed, and nobody has asked again yet."""

    code: ClassVar[str] = "decision-vetoes"


@dataclass(eq=False)
class DecisionPeriodReopened(Problem):
    """The period whose figures ask for this is being computed anew; until it is published nobody can say whether they still do."""

    code: ClassVar[str] = "decision-period-reopened"
    period: str = ""
