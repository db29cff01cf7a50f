"""Files whose time has come: their bytes go for ever; the row, the hash and an event of each stay."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import col, select

from server.domain import voice
from server.storage.database import hold
from server.storage.visits import Visit, VisitFile
from server.usecases.work import Office, Work


def expire_voice(office: Office, visit_id: UUID) -> int:
    """Delete the voice notes of a visit that nobody reviews any more; returns how many.

    While a review may still come (a returned visit too) nothing is deleted. Doing it again changes nothing:
    where the worker died between the bytes and the row, the next try finds the row and marks it.
    """
    with office.work() as work:
        hold(work.connection, visit_id)
        visit = work.session.get(Visit, visit_id)
        if visit is None or visit.state not in voice.DECIDED:
            return 0
        notes = work.session.exec(
            select(VisitFile).where(
                VisitFile.visit_id == visit_id, VisitFile.kind == "audio", col(VisitFile.expired_at).is_(None)
            )
        ).all()
        for note in notes:
            _expire(work, note)
    return len(notes)


def _expire(work: Work, file: VisitFile) -> None:
    """Delete the bytes unless another visit's file still needs them, mark the row, and say so in the log."""
    file.expired_at = work.now
    needed = work.session.exec(
        select(VisitFile.visit_id).where(
            VisitFile.sha256 == file.sha256,
            VisitFile.kind == file.kind,
            VisitFile.visit_id != file.visit_id,
            col(VisitFile.expired_at).is_(None),
        )
    ).first()
    if needed is None:
        work.files.delete(file.sha256, kind=file.kind)
    work.record("file.expired", "visit", file.visit_id, sha256=file.sha256, kind=file.kind)
