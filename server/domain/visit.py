"""The visit document as the phone sends it, the states of a visit, and the transitions between them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
)
from pydantic_core import PydanticCustomError

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


class VisitKind(StrEnum):
    """The kinds of visit of handbook 01."""

    MYSTERY = "mystery"
    ANNOUNCED = "announced"
    AREA_VISIT = "area_visit"
    PATROL = "patrol"
    ONBOARDING = "onboarding"
    RECHECK = "recheck"


COVERT = frozenset({VisitKind.MYSTERY})
ACCEPTED_BY_RULE = frozenset({VisitKind.PATROL, VisitKind.AREA_VISIT})


class VisitState(StrEnum):
    """The states of a visit on the server (handbook 01, "The life of a visit")."""

    DRAFT = "draft"
    RECEIVING = "receiving"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    SECOND_REVIEW = "second_review"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    FINAL = "final"
    VOID = "void"
    DISCARDED = "discarded"


_S = VisitState
_MOVES: dict[VisitState, frozenset[VisitState]] = {
    _S.DRAFT: frozenset({_S.RECEIVING, _S.SUBMITTED, _S.DISCARDED, _S.VOID}),
    _S.RECEIVING: frozenset({_S.SUBMITTED, _S.DISCARDED, _S.VOID}),
    _S.SUBMITTED: frozenset(
        {_S.RECEIVING, _S.IN_REVIEW, _S.ACCEPTED, _S.SECOND_REVIEW, _S.RETURNED, _S.VOID}
    ),
    _S.IN_REVIEW: frozenset(
        {_S.RECEIVING, _S.SUBMITTED, _S.SECOND_REVIEW, _S.ACCEPTED, _S.RETURNED, _S.VOID}
    ),
    _S.SECOND_REVIEW: frozenset({_S.ACCEPTED, _S.RETURNED, _S.VOID}),
    _S.RETURNED: frozenset({_S.RECEIVING, _S.SUBMITTED, _S.DISCARDED, _S.VOID}),
    _S.ACCEPTED: frozenset({_S.PUBLISHED, _S.VOID}),
    _S.PUBLISHED: frozenset({_S.FINAL, _S.VOID}),
    _S.FINAL: frozenset(),
    _S.VOID: frozenset(),
    _S.DISCARDED: frozenset(),
}
WRITABLE = frozenset({_S.DRAFT, _S.RETURNED})
PROVABLE = frozenset({_S.RECEIVING, _S.SUBMITTED, _S.IN_REVIEW})
"""Where a submission may still get its later proof, and nothing else."""
UNDER_REVIEW = frozenset({_S.SUBMITTED, _S.IN_REVIEW, _S.SECOND_REVIEW})
COUNTED = frozenset({_S.ACCEPTED, _S.PUBLISHED, _S.FINAL})


def may_move(state: VisitState, to: VisitState) -> bool:
    """Whether a visit in `state` may go to `to`."""
    return to in _MOVES[state]


YEARS = range(2015, 2101)
TEN_YEARS_MS = 10 * 366 * 86_400_000


_Day = TypeVar("_Day", bound=date)


def _in_our_years(day: _Day) -> _Day:
    """A date or instant that arithmetic on it cannot carry out of the calendar. Raises PydanticCustomError."""
    if day.year not in YEARS:
        raise PydanticCustomError(
            "year_impossible", "year {first} to {last}", {"first": YEARS[0], "last": YEARS[-1]}
        )
    return day


def _empty(value: object) -> bool:
    return value is None


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_years)]
Day = Annotated[date, AfterValidator(_in_our_years)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Name = Annotated[str, StringConstraints(max_length=80)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Uuid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]
Picture = Literal["image/jpeg", "image/png", "image/webp", "image/heic"]
"""The formats of pictures that are taken, wherever one belongs."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Degrees = Annotated[float, Field(allow_inf_nan=False, ge=-180, le=180)]
Count = Annotated[int, Field(ge=0, le=10**9)]


class ChecklistRef(_Document):
    """Which published checklist the visit is measured against, for ever."""

    id: Id
    version: Annotated[int, Field(ge=1, le=10**6)]


class Fix(_Document):
    """A position: WGS-84 degrees, accuracy in metres."""

    lat: Annotated[float, Field(allow_inf_nan=False, ge=-90, le=90)]
    lng: Degrees
    accuracy_m: Annotated[float, Field(allow_inf_nan=False, ge=0, le=10**7)]
    at: Instant


class NoFix(_Document):
    """Why there is no position."""

    missing: Literal["denied", "unavailable", "timeout", "off"]


def _sort_of_point(given: object) -> str:
    """Which of both somebody meant, so that only its own faults are told."""
    return "none" if isinstance(given, NoFix) or (isinstance(given, dict) and "missing" in given) else "fix"


Point = Annotated[Annotated[Fix, Tag("fix")] | Annotated[NoFix, Tag("none")], Discriminator(_sort_of_point)]


class Position(_Document):
    """One point at the start and one at the end, never a track (handbook 03, Law and conduct 6)."""

    start: Point | None = None
    end: Point | None = None


class Share(_Document):
    """A part of a whole; both counts."""

    part: Count
    whole: Count


class Timer(_Document):
    """Laps as instants; an open lap has no second instant. `edited` is the reason of a change by hand."""

    laps: Annotated[list[tuple[Instant, Instant | None]], Field(max_length=50)] = []
    edited: Text | None = None
    jump: bool = False


Value = (
    Annotated[int, Field(ge=-(10**9), le=10**9)] | Text | Annotated[list[Id], Field(max_length=100)] | Share
)


class Answer(_Document):
    """One answer: a value, or `pending` where the item may be proved later (02 2.1, 01 Later proof)."""

    value: Value | None = None
    pending: Literal[True] | None = None
    note: Text | None = None
    no_photo: Text | None = None
    at: Instant | None = None
    timer: Timer | None = None


class VisitFile(_Document):
    """A file that belongs to the visit; its SHA-256 is its name.

    Sound belongs to a section and says when it began (`taken_at`) and ended. Both of its places are left out of
    the JSON where they are empty, so that documents from before them keep their hash.
    """

    sha256: Sha256
    item: Id | None = None
    kind: Literal["photo", "original", "signature", "audio", "proof"] = "photo"
    origin: Literal["camera", "album"] | None = None
    taken_at: Instant | None = None
    caption: Text | None = None
    bytes: Annotated[int, Field(ge=1, le=10**9)]
    type: Literal[
        Picture,
        "audio/aac",
        "audio/mp4",
        "audio/ogg",
        "audio/webm",
        "application/pdf",
    ]
    section: Id | None = Field(default=None, exclude_if=_empty)
    ended_at: Instant | None = Field(default=None, exclude_if=_empty)


class Notes(_Document):
    """What the inspector adds in words (S1): 可取之处, 注意事项, 待改进, 如何改进."""

    strengths: Text | None = None
    watch: Text | None = None
    improve: Text | None = None
    how: Text | None = None


class Action(_Document):
    """A corrective action agreed on the spot."""

    id: Uuid
    item: Id | None = None
    what: Text
    due: Day
    who: Name | None = None


class Signature(_Document):
    """A signature on glass, a typed name, or the reason of a refusal."""

    role: Literal["inspector", "outlet"]
    name: Name | None = None
    title: Name | None = None
    file: Sha256 | None = None
    refused: Text | None = None
    at: Instant


class VisitDocument(_Document):
    """The whole visit as the phone has it (handbook 06). Unknown fields are refused.

    `clock_offset_ms` is the server's clock minus the phone's, so that corrected = phone's instant + offset.
    """

    id: Uuid
    outlet_id: Uuid
    assignment_id: Uuid | None = None
    kind: VisitKind
    part: Literal["opening", "round", "closing"] | None = None
    recheck_of: Uuid | None = None
    checklist: ChecklistRef
    intent: Literal["draft", "submit"]
    started_at: Instant
    left_at: Instant | None = None
    finished_at: Instant | None = None
    clock_offset_ms: Annotated[int, Field(ge=-TEN_YEARS_MS, le=TEN_YEARS_MS)] | None = None
    app: Name
    device: Name | None = None
    position: Position | None = None
    answers: Annotated[dict[Id, Answer], Field(max_length=3000)] = {}
    files: Annotated[list[VisitFile], Field(max_length=10_000)] = []
    notes: Notes | None = None
    actions: Annotated[list[Action], Field(max_length=500)] = []
    signatures: Annotated[list[Signature], Field(max_length=10)] = []
    phone_score: Annotated[str, StringConstraints(pattern=r"^-?\d{1,3}\.\d{2}$")] | None = None
    section_ms: Annotated[dict[Id, Count], Field(max_length=200)] = {}
    changed_after_end: Annotated[list[Id], Field(max_length=3000)] = []

    def canonical(self) -> str:
        """The document as canonical JSON: fields in this order, maps by their keys, no blanks, instants in UTC."""
        by_key = {name: dict(sorted(getattr(self, name).items())) for name in ("answers", "section_ms")}
        return self.model_copy(update=by_key).model_dump_json()


_MAY_DIFFER = frozenset(
    {
        "answers",
        "files",
        "phone_score",
        "app",
        "device",
        "section_ms",
        "clock_offset_ms",
        "changed_after_end",
    }
)


def only_proof(before: VisitDocument, after: VisitDocument) -> bool:
    """Whether `after` adds later proof to the submission `before` and changes nothing else (01, Later proof).

    Proof is another answer to an item that was `pending`, or a file for one; at least one of them there must
    be. Every former file stays but sound, which a phone may not send any more, and what the phone measures
    beside the answers may differ.
    """
    plain = VisitDocument.model_fields.keys() - _MAY_DIFFER
    if any(getattr(before, name) != getattr(after, name) for name in plain):
        return False
    pending = {item for item, answer in before.answers.items() if answer.pending}
    if before.answers.keys() != after.answers.keys():
        return False
    changed = {item for item, answer in after.answers.items() if answer != before.answers[item]}
    were, are = set(before.files), set(after.files)
    added = {file.item for file in are - were}
    kept = {file for file in were if file.kind != "audio"}
    return kept <= are and changed | added <= pending and bool(changed | added)


def digest(text: str) -> str:
    """SHA-256 of a text in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def corrected(instant: datetime, clock_offset_ms: int | None) -> datetime:
    """An instant of the phone's clock by the server's clock."""
    return instant + timedelta(milliseconds=clock_offset_ms or 0)


def visit_date(started_at: datetime, clock_offset_ms: int | None) -> date:
    """The Asia/Shanghai date on which the visit counts (handbook 01)."""
    return corrected(started_at, clock_offset_ms).astimezone(SHANGHAI).date()


def facts_of(kind: str, part: str | None, outlet: dict[str, Any]) -> dict[str, str]:
    """The facts that conditions may ask for: tier, class, setting of the outlet, kind and part of the visit."""
    facts = {"kind": kind, "tier": outlet["tier"], "class": outlet["class"], "setting": outlet["setting"]}
    if part:
        facts["part"] = part
    return {name: value for name, value in facts.items() if value}
