"""Taking drafts and submissions: each is kept once, scored, and whole only when every file of it is here."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from server.domain import voice
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
from server.domain.rechecks import restricted
from server.domain.review import proved_late
from server.domain.scoring import Score, score
from server.domain.signatures import unsigned
from server.domain.visit import (
    COVERT,
    PROVABLE,
    WRITABLE,
    VisitDocument,
    VisitState,
    corrected,
    digest,
    facts_of,
    may_move,
    only_proof,
)
from server.domain.visit import visit_date as date_of
from server.queries import checklists, outlets, rechecks
from server.storage import visit_rows as rows
from server.storage.database import hold
from server.storage.visit_rows import Row
from server.storage.visits import AssignmentState
from server.usecases import receipts
from server.usecases.visit_checks import (
    check_begin,
    check_part,
    checklist_of,
    document_files,
    named_files,
    not_arrived,
    photos_of,
    wrong_content,
)
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
    work: Work,
    document: VisitDocument,
    *,
    if_match: Collection[str] = (),
    only_new: bool = False,
    mark: str | None = None,
) -> Saved | VisitIncomplete:
    """Keep a draft, or take a submission; the same document again changes nothing and answers with what is.

    `if_match` are the etags that the sender has seen, `only_new` says that there need be no visit yet; `mark` becomes the
    etag of what is saved, so that a sender who hears no answer knows his own save again. A submission with
    something missing is kept as a draft and *returned* as VisitIncomplete, so that the caller commits it. What
    was submitted takes nothing but its later proof, until it is accepted; that is the next revision.
    Raises VisitNotYours, EtagMissing, VisitEtagOld (with the server's document), NotFound, VisitStateForbids,
    NotAllowed, WrongDocument, UnknownChecklist, TooManyPhotos, VoiceNotesOff, and VisitIncomplete for a proof
    that leaves something open; then nothing is stored.
    """
    visit_id = UUID(document.id)
    # Before the transaction begins, so that nobody waits for it.
    text = document.canonical()
    sha256 = digest(text)
    checklist = checklist_of(work, document)
    wrong = wrong_content(document, checklist, work.settings)
    hold(work.connection, visit_id)
    visit = rows.visit(work.connection, visit_id)
    if visit is not None:
        if visit["inspector_id"] != work.actor_id:
            raise VisitNotYours()
        if visit["revision"] and rows.is_revision(work.connection, visit_id, sha256):
            return _answer(work, _silenced(work, visit) if voice.has_sound(document) else visit)
        if sha256 == visit["document_sha256"]:
            return _kept(work, visit, document)
        if visit["state"] not in WRITABLE and _same_silenced(work, visit, document, if_match):
            return _answer(work, _silenced(work, visit))
    if not if_match and not only_new:
        raise EtagMissing()
    if visit is None:
        if not only_new:
            raise NotFound()
    elif not {visit["etag"], "*"}.intersection(if_match):
        raise VisitEtagOld(current=_current(visit))
    proof = _proved(visit, document) if visit and visit["state"] not in WRITABLE else None

    place = outlets.place(work.connection, UUID(document.outlet_id))
    if visit is None:
        task = check_begin(work, document, place, checklist)
    else:
        _refuse_change(work, visit, document)
        task = _task(work, visit)
    if place is None:
        raise WrongDocument(faults=(Fault("/outlet_id", "not_for_visit"),))
    check_part(document, task)
    if wrong:
        raise wrong
    if proof is not None:
        _refuse_late(work, checklist, proof, document)

    facts = facts_of(document.kind.value, document.part, place.facts())
    asked = restricted(checklist, json.loads(task["items"])) if task and task["items"] else checklist
    result = score(asked, facts, document.answers, photos_of(document))
    if proof is not None and visit is not None and result.missing:
        raise VisitIncomplete(missing=tuple(_missing(result)), etag=visit["etag"])
    changes = _contents(work, document, text, sha256, result)
    if mark is not None and (visit is None or visit["etag"] != mark):
        changes["etag"] = mark
    revision: Row | None = None
    if document.intent == "submit" and not result.missing and not unsigned(document):
        revision = _revision(work, visit_id, visit, document, changes, result, facts)
        changes |= _submitted(work, revision)
    if visit is None:
        visit = _first(work, document, task) | changes
        rows.insert(work.connection, rows.VISITS, visit)
        work.record("visit.begun", "visit", visit_id, outlet=document.outlet_id)
        if revision is None:
            _move_task(work, visit, task, AssignmentState.TAKEN)
    else:
        rows.update(work.connection, rows.VISITS, visit_id, changes)
        visit |= changes
    if revision is None:
        work.record("visit.saved", "visit", visit_id, revision=visit["revision"])
        return _kept(work, visit, document, result)
    rows.insert(work.connection, rows.REVISIONS, revision)
    _tell(work, visit, document, result)
    _move_task(work, visit, task, AssignmentState.DONE)
    return _answer(work, visit, document, result, revision)


def complete_if_whole(work: Work, visit_id: UUID) -> bool:
    """Make a submitted visit whole when every file that it names has arrived for it, and write its receipt.

    Called when the document and when each file comes, in whichever order; True when the visit is whole now.
    """
    named = named_files(json.loads(rows.document(work.connection, visit_id) or "{}"))
    arrived = rows.arrived(work.connection, visit_id)
    named = voice.wanted(named, arrived, taken=_hears(work))
    if not_arrived(named, arrived):
        return False
    visit = rows.visit(work.connection, visit_id)
    if visit is None or visit["state"] is not VisitState.RECEIVING:
        return False
    changes = {
        "state": VisitState.SUBMITTED,
        "whole_at": work.now,
        "etag": uuid4().hex,
        "changed_at": work.now,
    }
    rows.update(work.connection, rows.VISITS, visit_id, changes)
    revision = rows.revision(work.connection, visit_id, visit["revision"]) or {}
    proof = {"whole_at": work.now, "receipt": receipts.made(work, revision, named)}
    rows.update_revision(work.connection, visit_id, visit["revision"], proof)
    work.record("visit.whole", "visit", visit_id, revision=visit["revision"])
    return True


def discard(work: Work, visit_id: UUID, reason: str) -> Saved:
    """Give up a visit, by its inspector, with a reason; its assignment is open again.

    Doing it again changes nothing. Raises NotFound, VisitNotYours, VisitStateForbids.
    """
    hold(work.connection, visit_id)
    visit = rows.visit(work.connection, visit_id)
    if visit is None:
        raise NotFound()
    if visit["inspector_id"] != work.actor_id:
        raise VisitNotYours()
    if visit["state"] is not VisitState.DISCARDED:
        if not may_move(visit["state"], VisitState.DISCARDED):
            raise VisitStateForbids(state=visit["state"])
        changes = {
            "state": VisitState.DISCARDED,
            "reason": reason,
            "etag": uuid4().hex,
            "changed_at": work.now,
        }
        rows.update(work.connection, rows.VISITS, visit_id, changes)
        visit |= changes
        work.record("visit.discarded", "visit", visit_id, revision=visit["revision"])
        if not rows.fulfilled(work.connection, visit["assignment_id"]):
            _move_task(work, visit, _task(work, visit), AssignmentState.ASSIGNED)
    return _answer(work, visit)


def _first(work: Work, document: VisitDocument, task: Row | None) -> Row:
    """The columns of a new visit that never change, and those that begin empty."""
    return {
        "id": UUID(document.id),
        "outlet_id": UUID(document.outlet_id),
        "assignment_id": task["id"] if task else None,
        "inspector_id": UUID(work.viewer.user_id),
        "kind": document.kind,
        # The task knows the visit by its id; the phone may know it by that of its report.
        "recheck_of": (task and task["recheck_of"]) or (document.recheck_of and UUID(document.recheck_of)),
        "checklist_id": document.checklist.id,
        "checklist_version": document.checklist.version,
        "state": VisitState.DRAFT,
        "revision": 0,
        "flags": "[]",
        "returned": None,
        "created_at": work.now,
        "published_at": None,
    }


def _contents(work: Work, document: VisitDocument, text: str, sha256: str, result: Score) -> Row:
    """The columns that each save writes."""
    return {
        "document": text,
        "document_sha256": sha256,
        "etag": uuid4().hex,
        "part": document.part,
        "started_at": corrected(document.started_at, document.clock_offset_ms),
        "visit_date": date_of(document.started_at, document.clock_offset_ms),
        "score": _hundredths(result.score),
        "prohibition_score": _hundredths(result.prohibition_score),
        "touchpoint_score": _hundredths(result.touchpoint_score),
        "grave": bool(result.grave),
        "voided": result.voided,
        "changed_at": work.now,
    }


def _revision(
    work: Work,
    visit_id: UUID,
    visit: Row | None,
    document: VisitDocument,
    contents: Row,
    result: Score,
    facts: dict[str, str],
) -> Row:
    """The row of a submission; with its receipt where every file is here already."""
    row: Row = {
        "visit_id": visit_id,
        "number": visit["revision"] + 1 if visit else 1,
        "document": contents["document"],
        "sha256": contents["document_sha256"],
        "result": json.dumps({**result.as_json(), "facts": facts}, ensure_ascii=False, separators=(",", ":")),
        "author_id": UUID(work.viewer.user_id),
        "created_at": work.now,
        "whole_at": None,
        "receipt": None,
    }
    named = document_files(document)
    if not named or not not_arrived(named, rows.arrived(work.connection, visit_id)):
        row |= {"whole_at": work.now, "receipt": receipts.made(work, row, named)}
    return row


def _submitted(work: Work, revision: Row) -> Row:
    """The columns of the visit that a submission changes."""
    return {
        "revision": revision["number"],
        "state": VisitState.SUBMITTED if revision["receipt"] else VisitState.RECEIVING,
        "submitted_at": work.now,
        "whole_at": revision["whole_at"],
        "returned": None,
        "flags": "[]",
        "claimed_by": None,
        "claimed_at": None,
    }


def _tell(work: Work, visit: Row, document: VisitDocument, result: Score) -> None:
    """Write the events of a submission."""
    visit_id, number = visit["id"], visit["revision"]
    work.record("visit.submitted", "visit", visit_id, revision=number)
    if document.phone_score is not None and document.phone_score != result.score:
        work.record(
            "score.drift",
            "visit",
            visit_id,
            revision=number,
            phone=document.phone_score,
            server=result.score,
        )
    if visit["whole_at"] is not None:
        work.record("visit.whole", "visit", visit_id, revision=number)


def _task(work: Work, visit: Row) -> Row | None:
    if visit["assignment_id"] is None:
        return None
    return rows.assignment(work.connection, visit["assignment_id"], visit["inspector_id"])


def _move_task(work: Work, visit: Row, task: Row | None, to: AssignmentState) -> None:
    """Take the assignment along; work on a withdrawn one is welcome, and hq is told (handbook 06)."""
    if task is None or task["state"] is to:
        return
    if task["state"] is AssignmentState.DONE and to is not AssignmentState.ASSIGNED:
        return
    if task["state"] is AssignmentState.WITHDRAWN:
        if to is not AssignmentState.ASSIGNED:
            work.record("visit.on-withdrawn-assignment", "visit", visit["id"], assignment=str(task["id"]))
        return
    # Whoever begins has taken it, whatever was answered before.
    changes = {"state": to, "changed_at": work.now, "answer": ""}
    rows.update(work.connection, rows.ASSIGNMENTS, task["id"], changes)
    work.record(f"assignment.{to.value}", "assignment", task["id"], visit=str(visit["id"]))


def _refuse_change(work: Work, visit: Row, document: VisitDocument) -> None:
    """Which outlet, kind, task and checklist a visit is about stays as it was begun (handbook 01)."""
    fixed = {
        "/outlet_id": (str(visit["outlet_id"]), document.outlet_id),
        "/kind": (visit["kind"], document.kind),
        "/assignment_id": (visit["assignment_id"] and str(visit["assignment_id"]), document.assignment_id),
        "/recheck_of": (_recheck_name(work, visit, document), document.recheck_of),
        "/checklist": (
            (visit["checklist_id"], visit["checklist_version"]),
            (document.checklist.id, document.checklist.version),
        ),
    }
    faults = tuple(Fault(place, "never_changes") for place, (was, now) in fixed.items() if was != now)
    if faults:
        raise WrongDocument(faults=faults)


def _recheck_name(work: Work, visit: Row, document: VisitDocument) -> str | None:
    """What the document may call the visit that is rechecked: as it does, where that is one of its names."""
    if visit["recheck_of"] is None:
        return None
    before = rows.visit(work.connection, visit["recheck_of"])
    given = document.recheck_of
    if before and given and rechecks.is_named(before["id"], before["revision"], UUID(given)):
        return given
    return str(visit["recheck_of"])


def _hears(work: Work) -> bool:
    return bool(work.settings.voice_ground)


def _silenced(work: Work, visit: Row) -> Row:
    """The visit, whole by now where it waited for nothing but sound that is not taken any more."""
    complete_if_whole(work, visit["id"])
    return rows.visit(work.connection, visit["id"]) or visit


def _same_silenced(work: Work, visit: Row, document: VisitDocument, if_match: Collection[str]) -> bool:
    """Whether it is the same submission, from a phone for which it changed meanwhile whether sound is taken.

    Where sound is taken, one that brings sound and knows nothing of the submission is another phone: its notes
    must not vanish without a word.
    """
    sent = _sent(visit)
    if not voice.same_but_sound(sent, document):
        return False
    return not _hears(work) or voice.sounds(document) <= voice.sounds(sent) or visit["etag"] in if_match


def _sent(visit: Row) -> VisitDocument:
    return VisitDocument.model_validate_json(visit["document"])


def _proved(visit: Row, document: VisitDocument) -> VisitDocument:
    """The submission to which this document adds nothing but later proof. Raises VisitStateForbids."""
    before = _sent(visit)
    if visit["state"] not in PROVABLE or not only_proof(before, document):
        raise VisitStateForbids(state=visit["state"])
    return before


def _refuse_late(
    work: Work, checklist: dict[str, Any], before: VisitDocument, document: VisitDocument
) -> None:
    late = proved_late(checklist, before, document, work.now)
    if late:
        raise WrongDocument(
            faults=tuple(Fault(f"/answers/{item}", "proof_too_late", {"item": item}) for item in late)
        )


def _kept(
    work: Work, visit: Row, document: VisitDocument, result: Score | None = None
) -> Saved | VisitIncomplete:
    """The answer to a save that is no revision: a draft, or a submission with something missing."""
    result = result or _score_again(work, visit, document)
    faults = unsigned(document)
    if document.intent == "submit" and (result.missing or faults):
        return VisitIncomplete(missing=tuple(_missing(result)), faults=faults, etag=visit["etag"])
    return _answer(work, visit, document, result)


def _answer(
    work: Work,
    visit: Row,
    document: VisitDocument | None = None,
    result: Score | None = None,
    revision: Row | None = None,
) -> Saved:
    document = document or VisitDocument.model_validate_json(visit["document"])
    if result is None and visit["state"] in WRITABLE:
        result = _score_again(work, visit, document)
    published = visit["published_at"] is not None
    shown = sees_score(work.viewer, own=True, published=published, covert=visit["kind"] in COVERT)
    named = document_files(document)
    there = rows.arrived(work.connection, visit["id"]) if named else {}
    named = voice.wanted(named, there, taken=_hears(work))
    if revision is None and visit["revision"]:
        revision = rows.revision(work.connection, visit["id"], visit["revision"])
    return Saved(
        etag=visit["etag"],
        revision=visit["revision"],
        state=visit["state"],
        score=two_decimals(visit["score"]) if shown and visit["score"] is not None else None,
        missing=_missing(result) if result else [],
        files_missing=not_arrived(named, there),
        receipt=json.loads(revision["receipt"]) if revision and revision["receipt"] else None,
    )


def _missing(result: Score) -> list[dict[str, str]]:
    return [{"item": each.item, "what": each.what} for each in result.missing]


def _score_again(work: Work, visit: Row, document: VisitDocument) -> Score:
    place = outlets.place(work.connection, visit["outlet_id"])
    checklist = checklists.of_visit(
        work.connection,
        visit["checklist_id"],
        visit["checklist_version"],
        visit["kind"],
        visit["assignment_id"],
    )
    facts = facts_of(document.kind.value, document.part, place.facts() if place else {})
    return score(checklist, facts, document.answers, photos_of(document))


def _current(visit: Row) -> dict[str, Any]:
    return {
        "document": json.loads(visit["document"]),
        "etag": visit["etag"],
        "state": visit["state"].value,
        "revision": visit["revision"],
    }


def _hundredths(text: str | None) -> int | None:
    return int(text.replace(".", "")) if text is not None else None
