"""What a visit document must hold before anything of it is kept: who may begin it where, and fitting content."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import select

from server.config import Settings
from server.domain import voice
from server.domain.access import Permission, own_ground
from server.domain.answers import check_answers
from server.domain.documents import MOST_FAULTS
from server.domain.errors import (
    Fault,
    NotAllowed,
    Problem,
    TooManyPhotos,
    UnknownChecklist,
    VisitNotYours,
    WrongDocument,
)
from server.domain.visit import VisitDocument, VisitKind
from server.queries import checklists, rechecks
from server.queries.outlets import Place
from server.storage import visit_rows as rows
from server.storage.visits import Visit
from server.usecases.work import Work

# Which kinds somebody may begin without an assignment, in the own part of the organisation (handbook 01).
UNASSIGNED = frozenset({VisitKind.AREA_VISIT, VisitKind.PATROL, VisitKind.ANNOUNCED, VisitKind.ONBOARDING})


def checklist_of(work: Work, document: VisitDocument) -> dict[str, Any]:
    """The compiled checklist that a document names. Raises UnknownChecklist with the place of its name."""
    named = document.checklist
    try:
        return checklists.compiled(work.connection, named.id, named.version)
    except UnknownChecklist as unknown:
        unknown.faults = (Fault("/checklist", "checklist_unknown"),)
        raise


def check_begin(
    work: Work, document: VisitDocument, place: Place | None, checklist: dict[str, Any]
) -> rows.Row | None:
    """Whether the actor may begin this visit; returns the row of its assignment.

    Raises NotAllowed for a kind that the role does not fill, VisitNotYours when files of somebody else came
    under the same id, WrongDocument for an outlet, assignment or checklist that does not fit.
    """
    work.needs(Permission.INSPECT)
    if not work.viewer.fills(document.kind):
        raise NotAllowed()
    me = UUID(work.viewer.user_id)
    if rows.uploaders(work.connection, UUID(document.id)) - {me}:
        raise VisitNotYours()
    faults: list[Fault] = []
    task = None
    if document.assignment_id is not None:
        task = rows.assignment(work.connection, UUID(document.assignment_id), me)
        if task is None or task["kind"] != document.kind:
            faults.append(Fault("/assignment_id", "not_for_visit"))
        elif str(task["outlet_id"]) != document.outlet_id:
            faults.append(Fault("/outlet_id", "not_for_visit"))
    elif document.kind not in UNASSIGNED:
        faults.append(Fault("/assignment_id", "missing"))
    elif place is not None and not own_ground(work.viewer, str(place.id), place.unit_path):
        faults.append(Fault("/outlet_id", "not_for_visit"))
    if place is None:
        faults.append(Fault("/outlet_id", "not_for_visit"))
    elif place.tier not in checklist["tiers"]:
        faults.append(Fault("/checklist", "not_for_visit"))
    if document.kind is VisitKind.RECHECK:
        faults += _recheck_faults(work, document, task)
    elif document.kind.value not in checklist["visit_kinds"]:
        faults.append(Fault("/kind", "not_for_visit"))
    if faults:
        raise WrongDocument(faults=tuple(faults))
    return task


def wrong_content(document: VisitDocument, checklist: dict[str, Any], settings: Settings) -> Problem | None:
    """What to raise where answers, files or signatures are not ones that the checklist knows: WrongDocument with a
    pointer for each fault, TooManyPhotos, or VoiceNotesOff.
    """
    if not settings.voice_ground and voice.has_sound(document):
        places = [f"/files/{number}" for number, file in enumerate(document.files) if file.kind == "audio"]
        return voice.VoiceNotesOff(faults=tuple(Fault(place, "voice_off") for place in places[:MOST_FAULTS]))
    faults = [
        Fault(found.path, found.message_key, dict(found.facts))
        for found in check_answers(checklist, document.answers)
    ]
    sections = {section["id"] for section in checklist["sections"]}
    items = {item["id"] for section in checklist["sections"] for item in section["items"]}
    kinds = document_files(document)
    for number, file in enumerate(document.files):
        if file.item is not None and file.item not in items:
            faults.append(Fault(f"/files/{number}/item", "answer_unknown_item", {"item": file.item}))
        if (file.type in voice.TYPES) != (file.kind == "audio") or (
            file.type == "application/pdf" and file.kind != "proof"
        ):
            faults.append(Fault(f"/files/{number}/type", "not_for_visit"))
        faults += voice.faults_of(file, f"/files/{number}", sections)
        if kinds[file.sha256] != file.kind:
            facts = {"kind": file.kind, "other": kinds[file.sha256]}
            faults.append(Fault(f"/files/{number}/kind", "file_two_kinds", facts))
    for number, action in enumerate(document.actions):
        if action.item is not None and action.item not in items:
            faults.append(Fault(f"/actions/{number}/item", "answer_unknown_item", {"item": action.item}))
    if document.kind is VisitKind.PATROL and document.intent == "submit" and document.part is None:
        faults.append(Fault("/part", "missing"))
    if faults:
        return WrongDocument(faults=tuple(faults[:MOST_FAULTS]))
    limit = settings.limits.photos_per_visit
    # Voice notes are no photos: the phone counts them as little.
    if len({file.sha256 for file in document.files if file.kind != "audio"}) > limit:
        return TooManyPhotos(limit=limit, faults=(Fault("/files", "photos_too_many", {"limit": limit}),))
    return None


def check_part(document: VisitDocument, task: rows.Row | None) -> None:
    """Whether the part of the day is the one that the assignment asks for. Raises WrongDocument."""
    if task and task["part"] and document.part not in (None, task["part"]):
        raise WrongDocument(faults=(Fault("/part", "part_differs"),))


def named_files(document: dict[str, Any]) -> dict[str, str]:
    """The SHA-256 of every file that a document (as JSON) names, in its order, each with its kind."""
    named = {file["sha256"]: file["kind"] for file in document.get("files", ())}
    signed = [signature["file"] for signature in document.get("signatures", ()) if signature.get("file")]
    return named | dict.fromkeys(signed, "signature")


def document_files(document: VisitDocument) -> dict[str, str]:
    """The same of a parsed document."""
    named: dict[str, str] = {file.sha256: file.kind for file in document.files}
    signed = [signature.file for signature in document.signatures if signature.file]
    return named | dict.fromkeys(signed, "signature")


def not_arrived(named: dict[str, str], arrived: dict[str, str]) -> list[str]:
    """The named files that are not here. One that came as another kind was judged as that, and must come again."""
    return [sha256 for sha256, kind in named.items() if arrived.get(sha256) != kind]


def photos_of(document: VisitDocument) -> dict[str, int]:
    """The number of files of each item."""
    photos: dict[str, int] = {}
    for file in document.files:
        if file.item is not None:
            photos[file.item] = photos.get(file.item, 0) + 1
    return photos


def _recheck_faults(work: Work, document: VisitDocument, task: rows.Row | None) -> list[Fault]:
    """A recheck asks again what failed before at the same outlet, with the same checklist: in the visit that its
    assignment names, with the version of that one."""
    if document.recheck_of is None:
        return [Fault("/recheck_of", "missing")]
    named = task["recheck_of"] if task else None
    given = UUID(document.recheck_of)
    before = work.session.exec(
        select(Visit.checklist_version, Visit.revision).where(
            Visit.id == (named or given),
            Visit.outlet_id == UUID(document.outlet_id),
            Visit.checklist_id == document.checklist.id,
        )
    ).first()
    if before is None or not rechecks.is_named(named or given, before[1], given):
        return [Fault("/recheck_of", "not_for_visit")]
    return [Fault("/checklist", "not_for_visit")] if named and before[0] != document.checklist.version else []
