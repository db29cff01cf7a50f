"""Appeals: their states, limits in working days, who may ask and answer, what one may be about, and their Problems."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from server.domain.access import Permission, Viewer
from server.domain.calendars import Calendars, NoCalendar
from server.domain.errors import Problem
from server.domain.exact import FULL_CREDIT
from server.domain.rules_visits import Appeals
from server.domain.scoring import Score
from server.domain.visit import SHANGHAI, Id, Instant, Picture, Sha256, Text, Uuid, Value

CORRECTED = "申诉改判：{why}"
"""How the note of a corrected answer is kept; whoever shows it says it in the reader's language."""


class AppealState(StrEnum):
    """The life of an appeal. `raised`: nobody answered in time, so the province must; `dismissed`: rejected by the province."""

    RECEIVING = "receiving"
    ASKED = "asked"
    RAISED = "raised"
    ASKED_AGAIN = "asked_again"
    REJECTED = "rejected"
    UPHELD = "upheld"
    DISMISSED = "dismissed"


_S = AppealState
WAITING = frozenset({_S.ASKED, _S.RAISED, _S.ASKED_AGAIN})
"""Where an answer is due."""
LAST = frozenset({_S.RAISED, _S.ASKED_AGAIN})
"""Where the province answers, and nobody after it."""


class ProofFile(BaseModel):
    """A file that proves the ground of an appeal; its SHA-256 is its name."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    sha256: Sha256
    bytes: Annotated[int, Field(ge=1, le=10**9)]
    type: Literal[Picture, "application/pdf"]
    taken_at: Instant | None = None
    origin: Literal["camera", "album"] | None = None


class AppealSent(BaseModel):
    """An appeal as the outlet sends it; `turn` is 2 where a rejected one is asked a second time, with what is new."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    visit_id: Uuid
    item: Id
    turn: Annotated[int, Field(ge=1, le=2)] = 1
    ground: Annotated[str, StringConstraints(max_length=2000)]
    files: Annotated[list[ProofFile], Field(max_length=20)] = []


class AnswerSent(BaseModel):
    """What somebody answers to an appeal; `turn` is the time of asking (1 or 2) that he read."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    turn: Annotated[int, Field(ge=1, le=2)]
    decision: Literal["uphold", "reject"]
    why: Text
    value: Value | None = None


@dataclass(eq=False)
class AppealLate(Problem):
    """The limit has passed; `until` is its last day, which ended at 24:00 in Asia/Shanghai."""

    code: ClassVar[str] = "appeal-late"
    until: str = ""


@dataclass(eq=False)
class AppealTwice(Problem):
    """The item of this visit was appealed as often as the rules allow; `state` is the earlier one's."""

    code: ClassVar[str] = "appeal-twice"
    state: str = ""
    limit: int = 1


@dataclass(eq=False)
class NothingLost(Problem):
    """The item cost the outlet no points, so that no answer to an appeal could change anything."""

    code: ClassVar[str] = "nothing-lost"
    item: str = ""


@dataclass(eq=False)
class NotInForce(Problem):
    """What is appealed is not the result that holds: void, replaced by a later revision, or not published."""

    code: ClassVar[str] = "not-in-force"
    state: str = ""


@dataclass(eq=False)
class AlreadyAcknowledged(Problem):
    """The outlet has said that it agrees with the visit."""

    code: ClassVar[str] = "already-acknowledged"


@dataclass(eq=False)
class AppealRuns(Problem):
    """The outlet's own appeal about the visit has no answer yet, so that it cannot agree with the result."""

    code: ClassVar[str] = "appeal-runs"


@dataclass(eq=False)
class OwnInspection(Problem):
    """Whoever made the visit has stated its answers himself."""

    code: ClassVar[str] = "own-inspection"


@dataclass(eq=False)
class ProofMissing(Problem):
    """An appeal needs evidence beside its ground (handbook 03)."""

    code: ClassVar[str] = "proof-missing"


@dataclass(eq=False)
class AppealStateForbids(Problem):
    """The appeal's present state does not allow what was asked, e.g. somebody else has answered it."""

    code: ClassVar[str] = "appeal-state-forbids"
    state: str = ""


@dataclass(eq=False)
class AppealEtagOld(Problem):
    """The appeal has changed since; `current` is what the server has."""

    code: ClassVar[str] = "appeal-etag-old"
    current: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class OwnJudgement(Problem):
    """Who made or reviewed the visit, or answered before, cannot answer its appeal (handbook 03)."""

    code: ClassVar[str] = "own-judgement"


@dataclass(eq=False)
class NothingGained(Problem):
    """The value that was stated leaves the outlet no better off, or the visit incomplete."""

    code: ClassVar[str] = "nothing-gained"
    item: str = ""


def limit(calendars: Calendars, begun: datetime, working_days: int) -> datetime | None:
    """When a limit of working days ends: at 24:00 in Asia/Shanghai of the nth one after the day of `begun`.

    None while the calendar of a year on the way is not published (handbook 2.17): then nobody is late.
    """
    try:
        last = calendars.nth_working_day(begun.astimezone(SHANGHAI).date(), working_days)
    except NoCalendar:
        return None
    return datetime.combine(last + timedelta(days=1), time(), SHANGHAI)


def last_day(until: datetime) -> str:
    """The day at whose 24:00 a limit ends, as 2026-11-25."""
    return (until - timedelta(microseconds=1)).astimezone(SHANGHAI).date().isoformat()


def lost(result: Score, item: str) -> bool:
    """Whether the answer to the item cost points: it counts and has less than the whole credit."""
    return item in result.counted and (result.credits.get(item) or 0) < FULL_CREDIT


def gained(before: Score, after: Score, item: str) -> bool:
    """Whether a corrected answer leaves the outlet better off: more credit for the item, or none asked of it any more.

    The visit's own score may stay, where another grave fail holds it down, but it must not fall. Evidence is not
    asked of a correction, answers are: none may become due that nobody has given.
    """
    credit = after.credits.get(item)
    better = item not in after.counted or (credit or 0) > (before.credits.get(item) or 0)
    asked = {each.item for each in before.missing if each.what == "answer"}
    complete = all(each.what != "answer" or each.item in asked for each in after.missing)
    return better and complete and not after.voided and not _fell(before.score, after.score)


def first_limit(rules: Appeals, calendars: Calendars, published: datetime) -> datetime | None:
    """Until when the outlet may appeal a visit that was published then."""
    return limit(calendars, published, rules.within_working_days)


def answer_limit(
    rules: Appeals, calendars: Calendars, state: AppealState, begun: datetime
) -> datetime | None:
    """Until when an appeal that came into this waiting state then must be answered."""
    days = rules.second_answer_working_days if state in LAST else rules.answer_working_days
    return limit(calendars, begun, days)


def again_limit(rules: Appeals, calendars: Calendars, rejected: datetime) -> datetime | None:
    """Until when an appeal that was rejected then may be asked a second time."""
    return limit(calendars, rejected, rules.second_within_working_days)


def proof_limit(
    rules: Appeals, calendars: Calendars, *, turn: int, published: datetime, asked: datetime
) -> datetime | None:
    """Until when the proof of an appeal may arrive: its limit, and the same number of working days once more.

    An appeal that is sent without a network on its last day has its proof later; the handbook sets no limit for that
    (docs/decisions.md). What has not come by then is put to the desk as it is. The second time counts from `asked`.
    """
    if turn == 1:
        return limit(calendars, published, 2 * rules.within_working_days)
    return limit(calendars, asked, rules.second_within_working_days)


def may_answer(viewer: Viewer, state: AppealState) -> bool:
    """Whether the role answers appeals in this state: the desk the first time, the province what it must."""
    needed = Permission.ANSWER_FINALLY if state in LAST else Permission.ANSWER_APPEALS
    return state in WAITING and viewer.may(needed)


def impartial(viewer: Viewer, involved: Collection[str]) -> bool:
    """Whether the viewer is none of those who made or reviewed the visit or answered before (ids of users)."""
    return viewer.user_id not in involved


def answered(state: AppealState, *, upheld: bool) -> AppealState:
    """The state after an answer. Raises AppealStateForbids where none is due."""
    if state not in WAITING:
        raise AppealStateForbids(state=state)
    if upheld:
        return _S.UPHELD
    return _S.DISMISSED if state in LAST else _S.REJECTED


def runs(state: AppealState, again_until: datetime | None, now: datetime) -> bool:
    """Whether the appeal is still open: waiting, on its way, or rejected and within the limit to ask again."""
    if state is _S.REJECTED:
        return again_until is None or now < again_until
    return state in WAITING or state is _S.RECEIVING


def overdue(state: AppealState, due: datetime | None, now: datetime) -> bool:
    """Whether an answer was due before now."""
    return state in WAITING and due is not None and due <= now


def corrected_note(why: str) -> str:
    """The note of an answer that an appeal has corrected."""
    return CORRECTED.replace("{why}", why.strip())


def why_corrected(note: str) -> str | None:
    """Why an appeal has corrected the answer with this note; None for a note that somebody wrote."""
    head = CORRECTED.removesuffix("{why}")
    return note.removeprefix(head) if note.startswith(head) else None


def items_of(checklist: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The items of a compiled checklist by their id."""
    return {item["id"]: item for section in checklist["sections"] for item in section["items"]}


def _fell(before: str | None, after: str | None) -> bool:
    if before is None or after is None:
        return before is not None
    return int(after.replace(".", "")) < int(before.replace(".", ""))
