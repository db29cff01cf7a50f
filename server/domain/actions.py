"""Corrective actions: which sort an item is, how long each may take, the states and who may move them, and their Problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.domain.access import Role
from server.domain.errors import Fault, Problem, WrongDocument
from server.domain.rules_visits import Fixes
from server.domain.visit import Day, Id, Instant, Name, Picture, Sha256, Text, Uuid


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
_REACH: Mapping[Role, int] = {Role.AREA_MANAGER: 0, Role.BRANCH_MANAGER: 2, Role.REVIEWER: 3, Role.HQ: 3}
SHOWN_DAYS = 14
"""So many days a closed action stays on the phone."""
RECHECK_DAYS = 7
"""So many days a planned recheck is open; our choice, the rule set has no word for it."""
_MOVES: Mapping[ActionState, frozenset[ActionState]] = {
    ActionState.OPEN: frozenset({ActionState.ANSWERED, ActionState.WITHDRAWN}),
    ActionState.REOPENED: frozenset({ActionState.ANSWERED, ActionState.WITHDRAWN}),
    ActionState.ANSWERED: frozenset({ActionState.ACCEPTED, ActionState.REOPENED, ActionState.WITHDRAWN}),
    ActionState.ACCEPTED: frozenset({ActionState.REOPENED, ActionState.WITHDRAWN}),
    ActionState.WITHDRAWN: frozenset(),
}
# The checklists do not say which items are about premises and equipment (fix in 3 days) and which about people, so
# the words of a section's title decide, and in sections about several things those of the item itself.
_PLACES = ("环境", "陈列", "公示")
_THINGS = (
    *("门头", "灯箱", "门牌", "授权牌", "站牌", "设备", "受理终端", "橱窗", "陈列", "区域标识", "卫生"),
    "宣传物料",
)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Proof(_Part):
    """A photo that an answer names; its SHA-256 is its name."""

    sha256: Sha256
    bytes: Annotated[int, Field(ge=1, le=10**9)]
    type: Picture
    taken_at: Instant | None = None
    origin: Literal["camera", "album"] | None = None
    caption: Text | None = None


class Reply(_Part):
    """What an outlet says was put right, in words or by photos, and when it was said."""

    answer: Text = ""
    files: Annotated[list[Proof], Field(max_length=60)] = []
    at: Instant | None = None

    def digest(self) -> str:
        """SHA-256 of what was sent, by which the same answer is known when it comes again."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not self.answer.strip() and not self.files


class MadeByHand(_Part):
    """What somebody asks an outlet to put right, by when; without an item it is coaching."""

    outlet_id: Uuid
    item: Id | None = None
    what: Annotated[str, StringConstraints(max_length=4000, min_length=1)]
    due: Day | None = None
    who: Name | None = None


class ActionSent(_Part):
    """What a phone sends of an action: either all that makes one by hand, or an answer to one."""

    outlet_id: Uuid | None = None
    item: Id | None = None
    what: Text | None = None
    due: Day | None = None
    who: Name | None = None
    answer: Text | None = None
    files: Annotated[list[Proof], Field(max_length=60)] | None = None
    at: Instant | None = None

    def read(self) -> MadeByHand | Reply:
        """Which of the two it is. Raises WrongDocument where it is both or neither."""
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        if self.outlet_id is not None and not given & {"answer", "files", "at"}:
            if not (self.what or "").strip():
                raise WrongDocument(faults=(Fault("/what", "missing"),))
            return MadeByHand(
                outlet_id=self.outlet_id, item=self.item, what=self.what or "", due=self.due, who=self.who
            )
        if given & {"outlet_id", "item", "what", "due", "who"} or not given & {"answer", "files"}:
            raise WrongDocument(faults=(Fault("/answer", "missing"),))
        return Reply(answer=self.answer or "", files=self.files or [], at=self.at)


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
class LevelAbove(Problem):
    """The action has gone up to a level above the one who decides."""

    code: ClassVar[str] = "level-above"
    level: str = ""


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


def due_problem(due: date, today: date) -> DueWrong | None:
    """What is wrong with a date for an action; both are days in Asia/Shanghai."""
    return None if today <= due <= today + timedelta(days=365) else DueWrong()


def risen(level: int) -> int:
    """One level up; above the province there is nobody."""
    return min(level + 1, len(LEVELS) - 1)


def rises(sort: ActionSort, level: int, overdue_at: datetime | None, now: datetime, rules: Fixes) -> bool:
    """Whether an unanswered action whose date has passed goes up: at once, and with each further time of its sort."""
    return overdue_at is None or (level < len(LEVELS) - 1 and overdue_at + limit(sort, rules) <= now)


def reaches(role: Role, level: int) -> bool:
    """Whether somebody of this role may decide about an action of this level.

    An area manager decides at the level of his area, a branch manager up to his branch (nobody has a county's place, so
    the branch decides for it), reviewers and head office at each.
    """
    return _REACH.get(role, -1) >= level


def gives_rechecks(role: Role) -> bool:
    """Whether somebody of this role gives a planned recheck to an inspector: the branch and those above it."""
    return reaches(role, LEVELS.index("branch"))


def is_repeat(earlier: datetime, now: datetime, rules: Fixes) -> bool:
    """Whether the same item failed again within the days that the rule set names."""
    return timedelta(0) <= now - earlier <= timedelta(days=rules.repeated_days)
