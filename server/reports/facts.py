"""What a visit report shows: plain frozen values, filled by the use case, independent of any table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Edition = Literal["inner", "outlet"]
Language = Literal["zh", "en"]
Level = Literal["excellent", "meets", "below", "grave", "none"]
HalfDay = Literal["morning", "afternoon"]
Result = Literal["met", "partly", "failed", "record", "na", "pending"]


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """The outlet in words of the report's language; `code` is the number people use."""

    name: str
    code: str
    tier: str
    outlet_class: str | None = None
    star: int | None = None
    branch: str = ""
    county: str = ""
    area: str = ""


@dataclass(frozen=True, kw_only=True)
class Standard:
    """The checklist version, or the rule set, that a visit was judged by."""

    title: str
    version: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Instants:
    """When the visit began and ended, aware instants; of a covert visit in the inner edition only."""

    started: datetime
    left: datetime | None = None
    finished: datetime | None = None
    received: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the phone was against where the outlet is: metres, or a reason in words why that is unknown."""

    distance_m: int | None = None
    accuracy_m: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The window standard's word for the score (S3 5.2.2.2.1); the thresholds are data, so the caller says it."""

    level: Level
    text: str


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One picture of an item: its hash, and why it is not shown when it is not.

    `state` is `shown` (its bytes are handed to `render`), `withheld` (not released to this reader) or
    `expired` (deleted on its expiry date; its hash stays).
    """

    sha256: str
    caption: str = ""
    taken_at: datetime | None = None
    origin: str | None = None
    state: Literal["shown", "withheld", "expired"] = "shown"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One item with its answer in words. `points` and `earned` are decimal strings of whole points.

    `zeroed`: met or partly met, but its prohibition was violated by another item, so it counts 0.
    """

    ref: str
    text: str
    source: str
    answer: str
    result: Result
    points: str = "0"
    earned: str | None = None
    zeroed: bool = False
    critical: bool = False
    prohibition: str | None = None
    note: str = ""
    free: bool = False
    """The answer is a text of the inspector's own, which needs the width of the page."""
    no_photo: str | None = None
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section (环节) with its score, two decimals or None, and all its visible items in checklist order."""

    code: str
    title: str
    score: str | None
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Prohibition:
    """One of the ten prohibitions (十禁止); `violated` is None when none of its items applied."""

    code: str
    text: str
    violated: bool | None


@dataclass(frozen=True, kw_only=True)
class Timer:
    """A measured time in whole seconds beside its limits; `edited` says that a person corrected it."""

    ref: str
    text: str
    seconds: int
    full_seconds: int | None = None
    half_seconds: int | None = None
    case: str = ""
    result: Result = "record"
    edited: bool = False


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The inspector's summary: what was done well, what to watch, what to improve, and how."""

    strengths: str = ""
    watch: str = ""
    improve: str = ""
    how: str = ""


@dataclass(frozen=True, kw_only=True)
class Action:
    """A corrective action (整改单) asked for by an item."""

    item: str
    what: str
    due: date
    who: str = ""


@dataclass(frozen=True, kw_only=True)
class Handwritten:
    """A signature on glass of an announced visit: a picture, or the reason why it was refused."""

    role: str
    name: str
    sha256: str | None = None
    refused: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Reviewer:
    """Who accepted the visit, and in which capacity; the first signs first."""

    role: str
    name: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class EvidenceFile:
    """A file of the visit as it arrived: its hash, what it belongs to in words, its size in bytes.

    A masked picture was made of one; its size is not told.
    """

    sha256: str
    belongs_to: str
    bytes: int | None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Everything by which the report can be checked later without its pictures."""

    revision: int
    answers_sha256: str
    corrected: bool = False
    """This revision was not sent in: whoever decided an appeal made it."""
    files: tuple[EvidenceFile, ...] = ()
    voices: int = 0
    """Voice notes; they are heard by the review alone and deleted after it."""
    receipt: str | None = None
    receipt_of: int | None = None
    """The revision that the receipt is about; a correction keeps that of the submission before it."""
    received_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Correction:
    """An item that an upheld appeal put right, and the visit's score before and after it."""

    ref: str
    text: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Rechecked:
    """An item of a recheck beside its first visit: both results in words, and the photographs of the failure."""

    item: Item
    before: Result
    answer_before: str
    photos_before: tuple[Photo, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """What a recheck looks at again: the first visit's day and report, and each item of it that was asked again."""

    day: date
    items: tuple[Rechecked, ...]
    report: str | None = None
    withheld: int = 0
    """Photographs of the first visit that are not released to this reader."""

    @property
    def met(self) -> int:
        """How many are put right."""
        return sum(each.item.result == "met" for each in self.items)


@dataclass(frozen=True, kw_only=True)
class Superseded:
    """The older report that this one replaces."""

    report_id: str
    number: str


@dataclass(frozen=True, kw_only=True)
class ReportData:
    """Everything that the PDF of one visit shows, in the words of `language`.

    `attachment` is the JSON embedded in the PDF: the visit's own in the inner edition, the caller's
    reduced data in the outlet edition. Raises ValueError when an outlet edition of a covert visit
    carries a fact that must never reach the outlet (handbook 01, "Who sees what, when").
    """

    edition: Edition
    language: Language
    report_id: str
    number: str
    issuer: str
    issued_at: datetime
    outlet: Outlet
    kind: str
    covert: bool
    visit_date: date
    checklist: Standard
    verdict: Verdict
    score: str | None
    sections: tuple[Section, ...]
    evidence: Evidence
    verify_url: str
    attachment: bytes
    campaign: str | None = None
    half_day: HalfDay | None = None
    rules: Standard | None = None
    instants: Instants | None = None
    inspector: str | None = None
    device: str | None = None
    place: Place | None = None
    prohibition_score: str | None = None
    touchpoint_score: str | None = None
    cap: str | None = None
    prohibitions: tuple[Prohibition, ...] = ()
    timers: tuple[Timer, ...] = ()
    flags: tuple[str, ...] = ()
    notes: Notes = Notes()
    actions: tuple[Action, ...] = ()
    signatures: tuple[Handwritten, ...] = ()
    reviewers: tuple[Reviewer, ...] = ()
    supersedes: Superseded | None = None
    corrections: tuple[Correction, ...] = ()
    recheck: Recheck | None = None
    withheld: int = 0
    """Photographs of the visit that are not released to this reader; they stand in no item."""

    def __post_init__(self) -> None:
        if self.edition == "outlet" and self.covert:
            carried = [name for name in _INNER_FACTS if getattr(self, name)]
            carried += [f"photo {p.sha256}" for p in self.photos if p.taken_at or p.origin]
            if carried:
                raise ValueError(f"the outlet edition of a covert visit must not carry {', '.join(carried)}")

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of all sections, in checklist order."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All photos of all items, in checklist order, and of a recheck those of the first visit."""
        taken = [photo for item in self.items for photo in item.photos]
        if self.recheck:
            taken += [photo for each in self.recheck.items for photo in each.photos_before]
        return tuple(taken)

    @property
    def failed(self) -> tuple[Item, ...]:
        """The failed items (credit below the checklist's `fail_below`), grave ones first."""
        return tuple(
            sorted((i for i in self.items if i.result == "failed"), key=lambda item: not item.critical)
        )


_INNER_FACTS = ("inspector", "device", "instants", "place", "flags", "signatures", "reviewers")
