"""Tracked weak items: the turns that their quarters bring, what people plan about one, and their Problems (handbook 2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from server.domain.errors import Problem
from server.domain.weak_items import Outcome, Tracking, tracked


class TrackingState(StrEnum):
    """Where a tracked item stands; withdrawn: its quarter was computed anew, and it never was the weak item."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """What happens to a tracked item: by a published quarter, by people, by time."""

    OPENED = "opened"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    MISSED = "missed"
    MISS_CORRECTED = "miss-corrected"
    TAKEN_UP = "taken-up"
    TRACKED = "tracked"
    DONE = "done"
    UNDONE = "undone"
    PROVED = "proved"
    OVERDUE = "overdue"


@dataclass(eq=False)
class WeakItemNotOpen(Problem):
    """Nothing is planned about a weak item that is closed or withdrawn."""

    code: ClassVar[str] = "weak-item-not-open"


@dataclass(eq=False)
class WeakItemChanged(Problem):
    """Somebody else changed the weak item since it was looked at."""

    code: ClassVar[str] = "weak-item-changed"


@dataclass(eq=False)
class OwnerElsewhere(Problem):
    """The owner of a weak item is a manager of its unit."""

    code: ClassVar[str] = "weak-item-owner-elsewhere"


@dataclass(eq=False)
class MeasureWrong(Problem):
    """An action needs words and a day."""

    number: int
    code: ClassVar[str] = "weak-item-action-incomplete"


@dataclass(eq=False)
class MeasurePast(Problem):
    """An action is planned for today or later; only a day that the plan already had may have passed."""

    number: int
    day: str
    code: ClassVar[str] = "weak-item-action-past"


@dataclass(eq=False)
class NothingToTrack(Problem):
    """Only the weak item that a county or an area has in the latest published quarter can be taken up by hand."""

    code: ClassVar[str] = "weak-item-nothing-to-track"


@dataclass(eq=False)
class MeasureTooMany(Problem):
    """More actions than the rules allow."""

    limit: int
    code: ClassVar[str] = "weak-item-actions-too-many"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a published quarter says of one indicator of a branch: whether it is its weak item, and what became of its target."""

    period: str
    weak: bool
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Turn:
    """A quarter in which the tracking was opened, closed or opened again, or in which the target was missed while it was open."""

    period: str
    step: Step


@dataclass(frozen=True, slots=True)
class Measure:
    """One action that is planned; `number` begins with 1."""

    number: int
    what: str
    due: date


def turns(quarters: Iterable[Seen]) -> list[Turn]:
    """Return the turns that an indicator's quarters bring, in their order, at most one each; the quarters come in theirs."""
    now: Tracking | None = None
    found = []
    for each in quarters:
        then = tracked(now, each.outcome, weak_again=each.weak)
        if now == "open" and each.outcome == "missed":
            found.append(Turn(each.period, Step.MISSED))
        elif then is not None and then != now:
            step = Step.CLOSED if then == "closed" else Step.REOPENED if now == "closed" else Step.OPENED
            found.append(Turn(each.period, step))
        now = then
    return found


def moves(found: Sequence[Turn]) -> list[Turn]:
    """Return the turns that move where the tracking stands: a missed target does not."""
    return [turn for turn in found if turn.step is not Step.MISSED]


def state_after(found: Sequence[Turn]) -> TrackingState:
    """Return where the tracking stands after all its turns; without any it never was a weak item."""
    moved = moves(found)
    if not moved:
        return TrackingState.WITHDRAWN
    return TrackingState.CLOSED if moved[-1].step is Step.CLOSED else TrackingState.OPEN


def since(found: Sequence[Turn]) -> str:
    """Return the quarter of the last move, empty without any."""
    moved = moves(found)
    return moved[-1].period if moved else ""


def misses(told: Iterable[Turn], found: Iterable[Turn]) -> list[Turn]:
    """Return the missed targets that were not told yet and those told that are none any more, by quarter.

    `told` are the misses and their corrections that the history has, in its order; other turns change nothing.
    """
    standing: set[str] = set()
    for turn in told:
        if turn.step is Step.MISSED:
            standing.add(turn.period)
        elif turn.step is Step.MISS_CORRECTED:
            standing.discard(turn.period)
    missed = {turn.period for turn in found if turn.step is Step.MISSED}
    news = [Turn(period, Step.MISSED) for period in missed - standing]
    news += [Turn(period, Step.MISS_CORRECTED) for period in standing - missed]
    return sorted(news, key=lambda turn: turn.period)


def measures(
    written: Sequence[tuple[str, date | None]], before: Sequence[Measure], most: int, today: date
) -> list[Measure]:
    """Return the actions of a plan that takes the place of `before`; empty lines are left out.

    Raises MeasureWrong, MeasurePast, MeasureTooMany.
    """
    known = {each.due for each in before}
    found = []
    for number, (what, due) in enumerate(written, 1):
        text = what.strip()
        if not text and due is None:
            continue
        if not text or due is None:
            raise MeasureWrong(number=number)
        if due < today and due not in known:
            raise MeasurePast(number=number, day=due.isoformat())
        found.append(Measure(number, text, due))
    if len(found) > most:
        raise MeasureTooMany(limit=most)
    return found


def carried(before: Sequence[Measure], after: Sequence[Measure]) -> dict[int, int]:
    """Return which action of the plan before each action of the new one is, by their numbers.

    It is the one with the same words and day wherever it stands, or else the one in its place whose words or day stay.
    """
    free = {each.number: each for each in before}
    found: dict[int, int] = {}
    for each in after:
        at = [number for number, one in free.items() if (one.what, one.due) == (each.what, each.due)]
        if at:
            found[each.number] = each.number if each.number in at else at[0]
            del free[found[each.number]]
    for each in after:
        one = free.get(each.number)
        if each.number not in found and one and (one.what == each.what or one.due == each.due):
            found[each.number] = each.number
            del free[each.number]
    return found
