"""Rechecks: the photos of what failed before, for whoever is to look again and take the new ones from the same place."""

from __future__ import annotations

import json
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.visit import COUNTED, VisitKind
from server.queries import scope
from server.queries.reports import report_id_of
from server.storage.visits import Assignment, AssignmentState, Revision, Visit, VisitFile

OPEN = (AssignmentState.ASSIGNED, AssignmentState.TAKEN)


def before(session: Session, viewer: Viewer, assignment: Assignment) -> dict[str, list[str]]:
    """By item that failed in the visit that is rechecked the SHA-256 of its photos, in their order.

    Empty where there is no such visit, where the assignment is not open, and of a covert one for everybody who may
    not see its photos as they were taken: that there are any would tell about it.
    """
    if assignment.kind is not VisitKind.RECHECK or assignment.state not in OPEN or not assignment.recheck_of:
        return {}
    found = session.exec(
        select(Revision.document, Revision.result)
        .join(Visit, col(Visit.id) == col(Revision.visit_id))
        .where(
            Visit.id == assignment.recheck_of,
            Visit.outlet_id == assignment.outlet_id,
            col(Visit.state).in_(COUNTED),
            scope.as_taken(viewer),
            col(Revision.number) == col(Visit.accepted_revision),
        )
    ).first()
    if found is None:
        return {}
    document, result = (json.loads(text) for text in found)
    here = set(
        session.exec(
            select(VisitFile.sha256).where(
                VisitFile.visit_id == assignment.recheck_of,
                VisitFile.kind == "photo",
                col(VisitFile.type).startswith("image/"),
                col(VisitFile.expired_at).is_(None),
            )
        )
    )
    failed = set(result["failed"])
    if assignment.items:
        failed &= set(json.loads(assignment.items))
    photos: dict[str, list[str]] = {}
    for file in document.get("files", ()):
        if file["kind"] == "photo" and file["item"] in failed and file["sha256"] in here:
            photos.setdefault(file["item"], []).append(file["sha256"])
    return photos


def name_of(session: Session, viewer: Viewer, assignment: Assignment) -> str | None:
    """What this viewer's phone calls the visit that is rechecked: of a covert one that somebody else made, its report's id.

    The id that a phone made tells to the millisecond when the visit was begun.
    """
    if assignment.recheck_of is None:
        return None
    told = session.exec(
        select(Visit.id).where(Visit.id == assignment.recheck_of, scope.as_taken(viewer))
    ).first()
    if told is not None:
        return str(told)
    visit = session.get_one(Visit, assignment.recheck_of)
    return str(report_id_of(visit.id, visit.accepted_revision or visit.revision, "outlet"))


def is_named(visit_id: UUID, revision: int, name: UUID) -> bool:
    """Whether a phone may call this visit so: by its id, or by that of the outlet's report of any of its revisions."""
    names = (report_id_of(visit_id, number, "outlet") for number in range(1, revision + 1))
    return name == visit_id or name in names


def photo(session: Session, viewer: Viewer, sha256: str) -> VisitFile | None:
    """The file of that name, if it is a photo from before for an open recheck of the viewer."""
    if not viewer.may(Permission.INSPECT):
        return None
    rows = session.exec(
        select(Assignment, VisitFile)
        .join(VisitFile, col(VisitFile.visit_id) == col(Assignment.recheck_of))
        .where(
            Assignment.user_id == UUID(viewer.user_id),
            col(Assignment.state).in_(OPEN),
            VisitFile.sha256 == sha256,
        )
    ).all()
    for assignment, file in rows:
        if any(sha256 in hashes for hashes in before(session, viewer, assignment).values()):
            return file
    return None
