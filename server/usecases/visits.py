"""Taking drafts and submissions: each is kept once, scored, and whole only when every file of it is here."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.domain.access import sees_score
from server.domain.errors import (
    EtagMissing,
    Fault,
    NotFound,
    VisitEtagOld,
    VisitIncomplete,
    VisitNotYours,
    VisitStateForbids,
    WrongDocument,
)
from server.domain.exact import two_decimals
from server.domain.scoring import Score, score
from server.domain.visit import (
    COVERT,
    WRITABLE,
    VisitDocument,
    VisitState,
    corrected,
    digest,
    facts_of,
    may_move,
)
from server.domain.visit import visit_date as date_of
from server.queries import checklists
from server.storage.database import hold
from server.storage.organisation import Outlet
from server.storage.visits import Assignment, AssignmentState, Revision, Visit, VisitFile
from server.usecases.visit_checks import check_begin, check_content, named_files, photos_of
from server.usecases.work import Work


@dataclass(frozen=True, slots=True)
class Saved:
    """What the phone hears of a save; `score` as text with two decimals, null for who may not see it."""

    etag: str
    revision: int
    state: VisitState
    score: str | None
    missing: list[dict[str, str]]
    files_missing: list[str]
    receipt: dict[str, Any] | None


def save(
    work: Work, document: VisitDocument, *, if_match: Collection[str] = (), only_new: bool = False
) -> Saved | VisitIncomplete:
    """Keep a draft, or take a submission; the same document again changes nothing and answers with what is.

    `if_match` are the etags that the sender has seen, `only_new` says that he knows of none. A submission with
    something missing is kept as a draft and *returned* as VisitIncomplete, so that the caller commits it.
    Raises VisitNotYours, EtagMissing, VisitEtagOld (with the server's document), NotFound, VisitStateForbids,
    NotAllowed, WrongDocument, UnknownChecklist, TooManyPhotos; then nothing is stored.
    """
    visit_id = UUID(document.id)
    hold(work.session, visit_id)
    visit = work.session.exec(select(Visit).where(Visit.id == visit_id).with_for_update()).first()
    text = document.canonical()
    sha256 = digest(text)
    if visit is not None:
        if visit.inspector_id != work.actor_id:
            raise VisitNotYours()
        if _is_revision(work, visit, sha256):
            return _saved(work, visit)
        if sha256 == visit.document_sha256:
            return _kept(work, visit, document)
    if not if_match and not only_new:
        raise EtagMissing()
    if visit is None:
        if not only_new:
            raise NotFound()
    elif only_new or not {visit.etag, "*"}.intersection(if_match):
        raise VisitEtagOld(current=_current(visit))
    elif visit.state not in WRITABLE:
        raise VisitStateForbids(state=visit.state)

    outlet = work.session.get(Outlet, UUID(document.outlet_id))
    checklist = checklists.compiled(work.session, document.checklist.id, document.checklist.version)
    if visit is None:
        assignment = check_begin(work, document, outlet, checklist)
        visit = _begin(work, document, assignment)
    else:
        _refuse_change(visit, document)
    if outlet is None:
        raise WrongDocument(faults=(Fault("/outlet_id", "not_for_visit"),))
    check_content(document, checklist, work.settings.limits.photos_per_visit)

    facts = _facts(document, outlet)
    result = score(checklist, facts, document.answers, photos_of(document))
    _keep(work, visit, document, text, sha256, result)
    if document.intent == "draft" or result.missing:
        work.record("visit.saved", "visit", visit.id, revision=visit.revision)
        return _kept(work, visit, document, result)
    _submit(work, visit, document, text, sha256, result, facts)
    return _saved(work, visit, result)


def complete_if_whole(work: Work, visit: Visit) -> bool:
    """Make a submitted visit whole when every file that it names has arrived for it, and write its receipt.

    Called when the document and when each file comes, in whichever order; True when the visit is whole now.
    """
    if visit.state is not VisitState.RECEIVING or _files_missing(work, visit, json.loads(visit.document)):
        return False
    revision = work.session.get_one(Revision, (visit.id, visit.revision))
    visit.state, visit.whole_at, visit.changed_at = VisitState.SUBMITTED, work.now, work.now
    visit.etag = uuid4().hex
    revision.whole_at = work.now
    revision.receipt = json.dumps(
        {
            "number": _number(revision.sha256, visit.revision),
            "at": _instant(work),
            "visit": str(visit.id),
            "revision": visit.revision,
            "answers_sha256": revision.sha256,
            "files": sorted(named_files(json.loads(visit.document))),
        },
        separators=(",", ":"),
    )
    work.record("visit.whole", "visit", visit.id, revision=visit.revision)
    return True


def discard(work: Work, visit_id: UUID, reason: str) -> Saved:
    """Give up a visit, by its inspector, with a reason; its assignment is open again.

    Doing it again changes nothing. Raises NotFound, VisitNotYours, VisitStateForbids.
    """
    hold(work.session, visit_id)
    visit = work.session.exec(select(Visit).where(Visit.id == visit_id).with_for_update()).first()
    if visit is None:
        raise NotFound()
    if visit.inspector_id != work.actor_id:
        raise VisitNotYours()
    if visit.state is not VisitState.DISCARDED:
        if not may_move(visit.state, VisitState.DISCARDED):
            raise VisitStateForbids(state=visit.state)
        visit.state, visit.reason, visit.changed_at = VisitState.DISCARDED, reason, work.now
        visit.etag = uuid4().hex
        work.record("visit.discarded", "visit", visit.id, revision=visit.revision)
        _move_assignment(work, visit, AssignmentState.ASSIGNED)
    return _saved(work, visit)


def _begin(work: Work, document: VisitDocument, assignment: Assignment | None) -> Visit:
    visit = Visit(
        id=UUID(document.id),
        outlet_id=UUID(document.outlet_id),
        assignment_id=assignment.id if assignment else None,
        inspector_id=UUID(work.viewer.user_id),
        kind=document.kind,
        recheck_of=UUID(document.recheck_of) if document.recheck_of else None,
        checklist_id=document.checklist.id,
        checklist_version=document.checklist.version,
        state=VisitState.DRAFT,
        etag="",
        document="",
        document_sha256="",
        visit_date=date_of(document.started_at, document.clock_offset_ms),
        started_at=document.started_at,
        created_at=work.now,
        changed_at=work.now,
    )
    work.session.add(visit)
    work.record("visit.begun", "visit", visit.id, outlet=document.outlet_id)
    _move_assignment(work, visit, AssignmentState.TAKEN)
    return visit


def _keep(work: Work, visit: Visit, document: VisitDocument, text: str, sha256: str, result: Score) -> None:
    visit.document, visit.document_sha256, visit.etag = text, sha256, uuid4().hex
    visit.part = document.part
    visit.started_at = corrected(document.started_at, document.clock_offset_ms)
    visit.visit_date = date_of(document.started_at, document.clock_offset_ms)
    visit.score = _hundredths(result.score)
    visit.prohibition_score = _hundredths(result.prohibition_score)
    visit.touchpoint_score = _hundredths(result.touchpoint_score)
    visit.grave, visit.voided = bool(result.grave), result.voided
    visit.changed_at = work.now


def _submit(
    work: Work,
    visit: Visit,
    document: VisitDocument,
    text: str,
    sha256: str,
    result: Score,
    facts: dict[str, str],
) -> None:
    visit.revision += 1
    visit.state, visit.submitted_at, visit.whole_at = VisitState.RECEIVING, work.now, None
    visit.returned, visit.flags = None, "[]"
    work.session.flush()
    work.session.add(
        Revision(
            visit_id=visit.id,
            number=visit.revision,
            document=text,
            sha256=sha256,
            result=json.dumps(
                {**result.as_json(), "facts": facts}, ensure_ascii=False, separators=(",", ":")
            ),
            author_id=visit.inspector_id,
            created_at=work.now,
        )
    )
    work.record("visit.submitted", "visit", visit.id, revision=visit.revision)
    if document.phone_score is not None and document.phone_score != result.score:
        work.record(
            "score.drift",
            "visit",
            visit.id,
            revision=visit.revision,
            phone=document.phone_score,
            server=result.score,
        )
    _move_assignment(work, visit, AssignmentState.DONE)
    complete_if_whole(work, visit)


def _move_assignment(work: Work, visit: Visit, to: AssignmentState) -> None:
    """Take the assignment along; work on a withdrawn one is welcome, and hq is told (handbook 06)."""
    if visit.assignment_id is None:
        return
    assignment = work.session.get_one(Assignment, visit.assignment_id)
    if assignment.user_id != visit.inspector_id or assignment.state in (to, AssignmentState.DONE):
        return
    if assignment.state is AssignmentState.WITHDRAWN:
        if to is not AssignmentState.ASSIGNED:
            work.record("visit.on-withdrawn-assignment", "visit", visit.id, assignment=str(assignment.id))
        return
    assignment.state, assignment.changed_at = to, work.now
    work.record(f"assignment.{to.value}", "assignment", assignment.id, visit=str(visit.id))


def _refuse_change(visit: Visit, document: VisitDocument) -> None:
    """Which outlet, kind, task and checklist a visit is about stays as it was begun (handbook 01)."""
    fixed = {
        "/outlet_id": (str(visit.outlet_id), document.outlet_id),
        "/kind": (visit.kind, document.kind),
        "/assignment_id": (visit.assignment_id and str(visit.assignment_id), document.assignment_id),
        "/recheck_of": (visit.recheck_of and str(visit.recheck_of), document.recheck_of),
        "/checklist": (
            (visit.checklist_id, visit.checklist_version),
            (document.checklist.id, document.checklist.version),
        ),
    }
    faults = tuple(Fault(place, "never_changes") for place, (was, now) in fixed.items() if was != now)
    if faults:
        raise WrongDocument(faults=faults)


def _kept(
    work: Work, visit: Visit, document: VisitDocument, result: Score | None = None
) -> Saved | VisitIncomplete:
    """The answer to a save that is no revision: a draft, or a submission with something missing."""
    result = result or _score_again(work, visit, document)
    if document.intent == "submit" and result.missing:
        return VisitIncomplete(
            missing=tuple({"item": each.item, "what": each.what} for each in result.missing), etag=visit.etag
        )
    return _saved(work, visit, result)


def _saved(work: Work, visit: Visit, result: Score | None = None) -> Saved:
    document = json.loads(visit.document)
    if result is None and visit.state in WRITABLE:
        result = _score_again(work, visit, VisitDocument.model_validate_json(visit.document))
    covert = visit.kind in COVERT
    shown = sees_score(work.viewer, own=True, published=visit.published_at is not None, covert=covert)
    revision = work.session.get(Revision, (visit.id, visit.revision)) if visit.revision else None
    return Saved(
        etag=visit.etag,
        revision=visit.revision,
        state=visit.state,
        score=two_decimals(visit.score) if shown and visit.score is not None else None,
        missing=[{"item": each.item, "what": each.what} for each in result.missing] if result else [],
        files_missing=_files_missing(work, visit, document),
        receipt=json.loads(revision.receipt) if revision and revision.receipt else None,
    )


def _score_again(work: Work, visit: Visit, document: VisitDocument) -> Score:
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    checklist = checklists.compiled(work.session, visit.checklist_id, visit.checklist_version)
    return score(checklist, _facts(document, outlet), document.answers, photos_of(document))


def _facts(document: VisitDocument, outlet: Outlet) -> dict[str, str]:
    place = {"tier": outlet.tier.value, "class": outlet.class_, "setting": outlet.setting.value}
    return facts_of(document.kind.value, document.part, place)


def _files_missing(work: Work, visit: Visit, document: dict[str, Any]) -> list[str]:
    named = named_files(document)
    if not named:
        return []
    arrived = set(work.session.exec(select(VisitFile.sha256).where(VisitFile.visit_id == visit.id)))
    return [sha256 for sha256 in named if sha256 not in arrived]


def _is_revision(work: Work, visit: Visit, sha256: str) -> bool:
    if not visit.revision:
        return False
    return (
        work.session.exec(
            select(Revision.number).where(Revision.visit_id == visit.id, col(Revision.sha256) == sha256)
        ).first()
        is not None
    )


def _current(visit: Visit) -> dict[str, Any]:
    return {
        "document": json.loads(visit.document),
        "etag": visit.etag,
        "state": visit.state.value,
        "revision": visit.revision,
    }


def _number(sha256: str, revision: int) -> str:
    """A receipt's number: twelve digits in three groups, easy to read out on the telephone."""
    digits = f"{int(digest(f'{sha256}:{revision}'), 16) % 10**12:012d}"
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def _instant(work: Work) -> str:
    return work.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hundredths(text: str | None) -> int | None:
    return int(text.replace(".", "")) if text is not None else None
