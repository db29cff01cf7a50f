"""Which pictures of a visit are gone because their time had come, and which reports still show them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Role
from server.domain.review import is_covert
from server.storage.events import Event
from server.storage.organisation import User
from server.storage.visits import Report, Visit, VisitFile

PICTURES, MASKED = "visit.pictures-expired", "visit.masked-expired"
"""Events: the pictures of a visit were deleted, or the masked ones that its outlet had seen."""


def expired(session: Session, visit_id: UUID) -> frozenset[str]:
    """The SHA-256 of each file of the visit that was deleted in time."""
    gone = (VisitFile.visit_id == visit_id, col(VisitFile.expired_at).is_not(None))
    return frozenset(session.exec(select(VisitFile.sha256).where(*gone)))


def shows_expired(session: Session, report: Report) -> bool:
    """Whether a visit's report was signed before the pictures that it shows were deleted.

    The outlet's edition of a covert visit shows the masked ones, any other those that were taken.
    """
    if report.visit_id is None:
        return False
    found = select(Visit.kind, User.role).join(User, col(User.id) == col(Visit.inspector_id))
    kind, role = session.exec(found.where(Visit.id == report.visit_id)).one()
    name = MASKED if report.edition == "outlet" and is_covert(kind, Role(role)) else PICTURES
    gone = select(Event.id).where(
        Event.subject_id == str(report.visit_id), Event.name == name, col(Event.at) > report.signed_at
    )
    return session.exec(gone.limit(1)).first() is not None
