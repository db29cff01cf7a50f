"""What a visit document must hold before anything of it is kept: who may begin it where, and fitting content."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import select

from server.domain.access import Permission, Role, Viewer
from server.domain.answers import check_answers
from server.domain.errors import Fault, NotAllowed, TooManyPhotos, VisitNotYours, WrongDocument
from server.domain.visit import VisitDocument, VisitKind
from server.storage.organisation import Outlet
from server.storage.visits import Assignment, Upload, Visit, VisitFile
from server.usecases.work import Work

# Which kinds somebody may begin without an assignment, in the own part of the organisation (handbook 01).
UNASSIGNED = frozenset({VisitKind.AREA_VISIT, VisitKind.PATROL, VisitKind.ANNOUNCED, VisitKind.ONBOARDING})
_SOUND = frozenset({"audio/aac", "audio/ogg"})


def check_begin(
    work: Work, document: VisitDocument, outlet: Outlet | None, checklist: dict[str, Any]
) -> Assignment | None:
    """Whether the actor may begin this visit; returns its assignment.

    Raises NotAllowed for a kind that the role does not fill, VisitNotYours when files of somebody else came
    under the same id, WrongDocument for an outlet, assignment or checklist that does not fit.
    """
    work.needs(Permission.INSPECT)
    if not work.viewer.fills(document.kind):
        raise NotAllowed()
    visit_id, me = UUID(document.id), UUID(work.viewer.user_id)
    for table, owner in ((VisitFile, VisitFile.uploader_id), (Upload, Upload.user_id)):
        if work.session.exec(select(owner).where(table.visit_id == visit_id, owner != me).limit(1)).first():
            raise VisitNotYours()
    faults: list[Fault] = []
    assignment = None
    if document.assignment_id is not None:
        assignment = work.session.exec(
            select(Assignment)
            .where(Assignment.id == UUID(document.assignment_id), Assignment.user_id == me)
            .with_for_update()
        ).first()
        if assignment is None or assignment.kind != document.kind:
            faults.append(Fault("/assignment_id", "not_for_visit"))
        elif str(assignment.outlet_id) != document.outlet_id:
            faults.append(Fault("/outlet_id", "not_for_visit"))
    elif document.kind not in UNASSIGNED:
        faults.append(Fault("/assignment_id", "missing"))
    elif outlet is not None and not _own_ground(work.viewer, outlet):
        faults.append(Fault("/outlet_id", "not_for_visit"))
    if outlet is None:
        faults.append(Fault("/outlet_id", "not_for_visit"))
    elif outlet.tier.value not in checklist["tiers"]:
        faults.append(Fault("/checklist", "not_for_visit"))
    if document.kind is VisitKind.RECHECK:
        faults += _recheck_faults(work, document)
    elif document.kind.value not in checklist["visit_kinds"]:
        faults.append(Fault("/kind", "not_for_visit"))
    if faults:
        raise WrongDocument(faults=tuple(faults))
    return assignment


def check_content(document: VisitDocument, checklist: dict[str, Any], most_files: int) -> None:
    """Whether the answers, files and signatures are ones that the checklist knows.

    Raises WrongDocument with a pointer for each fault, TooManyPhotos.
    """
    faults = [
        Fault(found.path, found.message_key, dict(found.facts))
        for found in check_answers(checklist, document.answers)
    ]
    items = {item["id"] for section in checklist["sections"] for item in section["items"]}
    for number, file in enumerate(document.files):
        if file.item is not None and file.item not in items:
            faults.append(Fault(f"/files/{number}/item", "answer_unknown_item", {"item": file.item}))
        if (file.type in _SOUND) != (file.kind == "audio") or (
            file.type == "application/pdf" and file.kind != "proof"
        ):
            faults.append(Fault(f"/files/{number}/type", "not_for_visit"))
    for number, action in enumerate(document.actions):
        if action.item is not None and action.item not in items:
            faults.append(Fault(f"/actions/{number}/item", "answer_unknown_item", {"item": action.item}))
    if document.kind is VisitKind.PATROL and document.intent == "submit" and document.part is None:
        faults.append(Fault("/part", "missing"))
    if faults:
        raise WrongDocument(faults=tuple(faults[:100]))
    if len({file.sha256 for file in document.files}) > most_files:
        raise TooManyPhotos(limit=most_files)


def named_files(document: dict[str, Any]) -> list[str]:
    """The SHA-256 of every file that a document (as JSON) names, each once, in its order."""
    named = [file["sha256"] for file in document.get("files", ())]
    named += [signature["file"] for signature in document.get("signatures", ()) if signature.get("file")]
    return list(dict.fromkeys(named))


def photos_of(document: VisitDocument) -> dict[str, int]:
    """The number of files of each item."""
    photos: dict[str, int] = {}
    for file in document.files:
        if file.item is not None:
            photos[file.item] = photos.get(file.item, 0) + 1
    return photos


def _own_ground(viewer: Viewer, outlet: Outlet) -> bool:
    if viewer.role is Role.HALL_MANAGER:
        return str(outlet.id) == viewer.outlet_id
    if viewer.role is Role.REVIEWER:
        return True
    return bool(viewer.unit_path) and outlet.unit_path.startswith(viewer.unit_path)


def _recheck_faults(work: Work, document: VisitDocument) -> list[Fault]:
    """A recheck asks again what failed before at the same outlet, with the same checklist."""
    if document.recheck_of is None:
        return [Fault("/recheck_of", "missing")]
    before = work.session.exec(
        select(Visit.id).where(
            Visit.id == UUID(document.recheck_of),
            Visit.outlet_id == UUID(document.outlet_id),
            Visit.checklist_id == document.checklist.id,
        )
    ).first()
    return [] if before else [Fault("/recheck_of", "not_for_visit")]
