"""The voice notes of a visit for its review: which section each belongs to, how long it is, and whether it is here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import Session, select

from server.domain.visit import VisitDocument, corrected
from server.storage.visits import VisitFile


@dataclass(frozen=True, slots=True)
class VoiceNote:
    """One voice note: `begun_at` by the server's clock, `state` says whether its bytes can be heard."""

    sha256: str
    section: str
    begun_at: datetime
    seconds: int
    state: Literal["here", "expired", "awaited"]


def voice_notes(session: Session, visit_id: UUID, document: VisitDocument) -> list[VoiceNote]:
    """The voice notes that a document names, in the order in which they were spoken."""
    spoken = [file for file in document.files if file.kind == "audio" and file.taken_at and file.ended_at]
    if not spoken:
        return []
    rows = session.exec(
        select(VisitFile).where(VisitFile.visit_id == visit_id, VisitFile.kind == "audio")
    ).all()
    here = {row.sha256: row.expired_at is None for row in rows}
    notes = [
        VoiceNote(
            sha256=file.sha256,
            section=file.section or "",
            begun_at=corrected(file.taken_at, document.clock_offset_ms),
            seconds=round((file.ended_at - file.taken_at).total_seconds()),
            state="awaited" if file.sha256 not in here else "here" if here[file.sha256] else "expired",
        )
        for file in spoken
        if file.taken_at and file.ended_at
    ]
    return sorted(notes, key=lambda note: note.begun_at)
