"""Voice notes: the types of sound, what one must say of itself, a document without them, and the Problems of sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from server.domain.errors import Fault, Problem
from server.domain.visit import COUNTED, VisitDocument, VisitFile, VisitState

TYPES = frozenset({"audio/aac", "audio/mp4", "audio/ogg", "audio/webm"})
"""AAC and Opus, bare or in their containers (handbook 06)."""
DECIDED = COUNTED | {VisitState.VOID, VisitState.DISCARDED}
"""Where nobody reviews a visit any more: a voice note has served its purpose."""
LEFT_DAYS = 30
"""As long a visit may lie with its inspector and keep its voice notes: a plan is a month, so no review comes of it then."""


@dataclass(eq=False)
class VoiceNotesOff(Problem):
    """Sound came where no written ground for it is on record (handbook 03, Law and conduct 3)."""

    code: ClassVar[str] = "voice-notes-off"
    faults: tuple[Fault, ...] = ()


@dataclass(eq=False)
class SoundUnreadable(Problem):
    code: ClassVar[str] = "sound-unreadable"


@dataclass(eq=False)
class FileExpired(Problem):
    """The file's time came and its bytes were deleted, as they should be; its hash stays."""

    code: ClassVar[str] = "file-expired"


def faults_of(file: VisitFile, place: str, sections: set[str]) -> list[Fault]:
    """What is wrong with a file's section, start and stop, under the pointer `place`.

    Sound says when it began and ended (handbook 03, Law and conduct 3); nothing else has a section or an end.
    """
    if file.kind != "audio":
        given = {"section": file.section, "ended_at": file.ended_at}
        return [Fault(f"{place}/{name}", "only_sound") for name, value in given.items() if value is not None]
    faults = []
    if file.section is not None and file.section not in sections:
        faults.append(Fault(f"{place}/section", "not_for_visit"))
    for name, value in (("taken_at", file.taken_at), ("ended_at", file.ended_at)):
        if value is None:
            faults.append(Fault(f"{place}/{name}", "missing"))
    if file.taken_at and file.ended_at and file.ended_at < file.taken_at:
        faults.append(Fault(f"{place}/ended_at", "ended_before_begun"))
    return faults


def has_sound(document: VisitDocument) -> bool:
    """Whether a document names voice notes."""
    return bool(sounds(document))


def sounds(document: VisitDocument) -> set[str]:
    """The SHA-256 of each voice note that a document names."""
    return {file.sha256 for file in document.files if file.kind == "audio"}


def same_but_sound(one: VisitDocument, other: VisitDocument) -> bool:
    """Whether two documents differ in nothing but the voice notes that they name."""
    return _without_sound(one) == _without_sound(other)


def wanted(named: dict[str, str], arrived: dict[str, str], *, taken: bool) -> dict[str, str]:
    """The named files (SHA-256 to kind) that a visit waits for or holds.

    While sound is not taken, a note that has not arrived never will: the visit is whole without it.
    """
    if taken:
        return named
    return {sha256: kind for sha256, kind in named.items() if kind != "audio" or sha256 in arrived}


def _without_sound(document: VisitDocument) -> dict[str, Any]:
    heard = document.model_copy(update={"files": [file for file in document.files if file.kind != "audio"]})
    return heard.model_dump()
