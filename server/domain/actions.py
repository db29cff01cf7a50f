"""Corrective actions: which sort an item is, how long each may take, the states and who may move them, and their Problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar

from server.domain.errors import Problem
from server.domain.rules_visits import Fixes


class ActionState(StrEnum):
    """The life of a corrective action."""

    OPEN = "open"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


class ActionSort(StrEnum):
    """What an action is about; the rule set says how long each may take. Coaching has a date of its own."""

    GRAVE = "grave"
    PREMISES = "premises"
    OTHER = "other"
    COACHING = "coaching"


class Step(StrEnum):
    """What happened to an action, as its history tells it."""

    MADE = "made"
    ANSWERED = "answered"
    ACCEPTED = "accepted"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    RECHECK_PLANNED = "recheck-planned"
    RECHECK_PASSED = "recheck-passed"
    RECHECK_FAILED = "recheck-failed"


WAITING = frozenset({ActionState.OPEN, ActionState.REOPENED})
"""Where the outlet has to answer."""
LIVING = frozenset({*WAITING, ActionState.ANSWERED})
LEVELS = ("area", "county", "branch", "province")
"""Whose business an action is; one level up each time that it is late or the same item fails again."""
SHOWN_DAYS = 14
"""So many days a closed action stays on the phone."""
RECHECK_DAYS = 7
"""So many days a planned recheck is open; our choice, the rule set has no word for it."""
_MOVES: Mapping[ActionState, frozenset[ActionState]] = {
    ActionState.OPEN: frozenset({ActionState.ANSWERED, ActionState.WITHDRAWN}),
    ActionState.REOPENED: frozenset({ActionState.ANSWERED, ActionState.WITHDRAWN}),
    ActionState.ANSWERED: frozenset({ActionState.ACCEPTED, ActionState.REOPENED, ActionState.WITHDRAWN}),
    ActionState.ACCEPTED: frozenset({ActionState.REOPENED}),
    ActionState.WITHDRAWN: frozenset(),
}
# The checklists do not say which items are about premises and equipment (fix in 3 days) and which about people, so
# the words of a section's title decide, and in sections about several things those of the item itself.
_PLACES = ("环境", "陈列", "公示")
_THINGS = (
    *("门头", "灯箱", "门牌", "授权牌", "站牌", "设备", "受理终端", "橱窗", "陈列", "区域标识", "卫生"),
    "宣传物料",
)


@dataclass(eq=False)
class ActionStateForbids(Problem):
    """The action is in a state in which this cannot be done."""

    code: ClassVar[str] = "action-state-forbids"
    state: str = ""


@dataclass(eq=False)
class ActionEtagOld(Problem):
    """The action was changed since it was read; `current` is how the server has it."""

    code: ClassVar[str] = "action-etag-old"
    current: Mapping[str, Any] | None = None


@dataclass(eq=False)
class OwnAnswer(Problem):
    """Who answered an action cannot be the one who accepts it or sends it back."""

    code: ClassVar[str] = "own-answer"


@dataclass(eq=False)
class AnswerEmpty(Problem):
    """An answer says what was done, in words or by a photo."""

    code: ClassVar[str] = "answer-empty"


@dataclass(eq=False)
class WhyMissing(Problem):
    """An action is sent back or withdrawn with a reason."""

    code: ClassVar[str] = "why-missing"


@dataclass(eq=False)
class DueWrong(Problem):
    """An action's date lies in the past or further away than a year."""

    code: ClassVar[str] = "due-wrong"


@dataclass(eq=False)
class RecordFileUnfit(Problem):
    """A file of this type is no proof for this kind of record: PDF is taken with appeals alone."""

    code: ClassVar[str] = "record-file-unfit"


@dataclass(eq=False)
class RecordNotYours(Problem):
    """The record belongs to somebody else, or takes no files any more."""

    code: ClassVar[str] = "record-not-yours"


def may_move(state: ActionState, to: ActionState) -> bool:
    """Whether an action in `state` may go to `to`. Only a recheck that fails opens an accepted one again."""
    return to in _MOVES[state]


def sort_of(section: Mapping[str, Any], item: Mapping[str, Any]) -> ActionSort:
    """The sort of a failed item of a compiled checklist; handbook 03, "fix task".

    Grave is a critical item. Premises and equipment are the items of sections whose Chinese title speaks of the
    premises (环境, 陈列, 公示), and in other sections those that speak of signs, equipment, display or cleanliness.
    """
    if item["critical"]:
        return ActionSort.GRAVE
    about_place = any(word in section["title"]["zh"] for word in _PLACES)
    about_thing = any(word in item["text"]["zh"] for word in _THINGS)
    return ActionSort.PREMISES if about_place or about_thing else ActionSort.OTHER


def limit(sort: ActionSort, rules: Fixes) -> timedelta:
    """How long an action of this sort may take; coaching without a date as long as the others."""
    if sort is ActionSort.GRAVE:
        return timedelta(hours=rules.grave_hours)
    return timedelta(days=rules.premises_days if sort is ActionSort.PREMISES else rules.other_days)


def risen(level: int) -> int:
    """One level up; above the province there is nobody."""
    return min(level + 1, len(LEVELS) - 1)


def is_repeat(earlier: datetime, now: datetime, rules: Fixes) -> bool:
    """Whether the same item failed again within the days that the rule set names."""
    return timedelta(0) <= now - earlier <= timedelta(days=rules.repeated_days)


def recheck_from(accepted_at: datetime, rules: Fixes) -> datetime:
    """From when on an accepted action is looked at again."""
    return accepted_at + timedelta(days=rules.recheck_days)
