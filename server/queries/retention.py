"""Which files of a visit are gone because their time had come; their names and hashes stay."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from server.storage.visits import VisitFile


def expired(session: Session, visit_id: UUID) -> frozenset[str]:
    """The SHA-256 of each file of the visit that was deleted in time."""
    gone = (VisitFile.visit_id == visit_id, col(VisitFile.expired_at).is_not(None))
    return frozenset(session.exec(select(VisitFile.sha256).where(*gone)))
