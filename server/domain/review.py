"""What a review may decide: when a second person must look, what is drawn, which proof is still awaited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from server.domain.access import Role
from server.domain.errors import Problem
from server.domain.evidence import departed, finished_very_late, left
from server.domain.rules_visits import EvidenceRules, ReviewRules
from server.domain.visit import (
    COVERT,
    Answer,
    Id,
    Instant,
    Text,
    Value,
    VisitDocument,
    VisitKind,
    corrected,
)

Outcome = Literal["accept", "return", "void"]
RETURN_DAYS = 30
"""A deadline for corrections lies at most so many days ahead; our choice, so that no returned visit is out for ever."""


@dataclass(eq=False)
class ReturnDueWrong(Problem):
    """The deadline for corrections is not between now and so many days ahead."""

    code: ClassVar[str] = "return-due-wrong"
    days: int = RETURN_DAYS


@dataclass(eq=False)
class RoundOver(Problem):
    """Meanwhile the visit stands in another round of review than the one that was open; `round` is the present one."""

    code: ClassVar[str] = "round-over"
    round: int = 1


@dataclass(eq=False)
class StillChecked(Problem):
    """The flags of this revision are not computed yet, so that nobody may accept it."""

    code: ClassVar[str] = "still-checked"


class _Sent(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Reason(_Sent):
    """Why a visit goes back or is voided: the item it is about, where it is about one, and words."""

    item: Id | None = None
    text: Annotated[str, Field(max_length=1000)]


class Verdict(_Sent):
    """A reader's own answer to an item, for the agreement of two readers (handbook 03)."""

    item: Id
    agree: bool
    value: Value | None = None


class Decision(_Sent):
    """What a reviewer decides about one revision of a visit (handbook 06); `round` is the one that he saw open."""

    revision: Annotated[int, Field(ge=1)]
    round: Annotated[int, Field(ge=1, le=3)] | None = None
    decision: Outcome
    reasons: Annotated[list[Reason], Field(max_length=300)] = []
    verdicts: Annotated[list[Verdict], Field(max_length=3000)] = []
    due: Instant | None = None
    note: Text = ""


def return_due_problem(due: datetime, now: datetime) -> ReturnDueWrong | None:
    """What is wrong with a deadline for corrections; both are aware instants."""
    return None if now < due <= now + timedelta(days=RETURN_DAYS) else ReturnDueWrong()


def drawn(visit_id: str, seed: str, percent: int) -> bool:
    """Whether the draw with this seed takes the visit; the same visit and seed always give the same answer."""
    number = int.from_bytes(sha256(f"{seed}:{visit_id}".encode()).digest()[:8])
    return number % 100 < percent


def second_review_for(score: int | None, *, grave: bool, draw: bool, rules: ReviewRules) -> list[str]:
    """Why a second person must look, as codes: grave, low, drawn. `score` is in hundredths of a point."""
    low = score is not None and score <= rules.second_at_most * 100
    return [code for code, holds in (("grave", grave), ("low", low), ("drawn", draw)) if holds]


def only_hq_accepts(
    document: VisitDocument, checklist: Mapping[str, Any], rules: EvidenceRules, earlier: int
) -> bool:
    """Whether accepting is hq's alone, after so many `earlier` decisions.

    What was finished more than 48 hours after leaving counts only when hq says so (handbook 01, Later proof);
    once hq has accepted it first, anybody else may read it second.
    """
    return not earlier and finished_very_late(departed(document, checklist), rules)


def agree(first: str, second: str, verdicts: list[Verdict]) -> bool:
    """Whether the second reader confirms the first: the same decision and no item judged otherwise."""
    return first == second and all(verdict.agree for verdict in verdicts)


def awaited(
    checklist: Mapping[str, Any], document: VisitDocument, now: datetime
) -> tuple[list[str], list[str]]:
    """The items still to be proved later: those within their hours, and those whose hours have passed.

    The hours run from leaving the outlet (handbook 01, Later proof).
    """
    open_: list[str] = []
    passed: list[str] = []
    for item in _items(checklist):
        answer = document.answers.get(item["id"])
        if answer and answer.pending and item["later_hours"] is not None:
            until = left(departed(document, checklist)) + timedelta(hours=item["later_hours"])
            (open_ if now < until else passed).append(item["id"])
    return open_, passed


def proved_late(
    checklist: Mapping[str, Any], before: VisitDocument, after: VisitDocument, now: datetime
) -> list[str]:
    """The items whose proof in `after` was given when their hours had passed.

    What counts is when it was given on the phone, whatever the network did then; `now` where that is unknown.
    """
    late: list[str] = []
    for item in _items(checklist):
        was, answer = before.answers.get(item["id"]), after.answers.get(item["id"])
        if item["later_hours"] is None or not was or not was.pending or not answer or answer.pending:
            continue
        given = corrected(answer.at, after.clock_offset_ms) if answer.at else now
        if given >= left(departed(after, checklist)) + timedelta(hours=item["later_hours"]):
            late.append(item["id"])
    return late


def unproved(document: VisitDocument, items: list[str], reason: str) -> VisitDocument:
    """The document with the items that were never proved turned to `na` with that reason."""
    answers = dict(document.answers)
    for item in items:
        answers[item] = Answer(value="na", note=reason, at=answers[item].at)
    return document.model_copy(update={"answers": answers})


def is_covert(kind: VisitKind, inspector: Role) -> bool:
    """Whether a visit is covert: a mystery visit, or anything else (a recheck) that a shopper did."""
    return kind in COVERT or inspector is Role.SHOPPER


def _items(checklist: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for section in checklist["sections"]:
        yield from section["items"]
