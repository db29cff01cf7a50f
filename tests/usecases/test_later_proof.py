"""Later proof: a submission takes it until it is accepted, as its next revision, and takes nothing else."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.errors import (
    ProofAwaited,
    RevisionOld,
    VisitEtagOld,
    VisitIncomplete,
    VisitNotYours,
    VisitStateForbids,
    WrongDocument,
)
from server.domain.review import StillChecked
from server.domain.visit import VisitDocument, VisitState
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.visits import Revision, Visit
from server.usecases import review, uploads, visits
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock

PENDING = {**submitted.GOOD, "B-02": {"pending": True}}
GIVEN = {"value": "pass", "note": "账单与告知一致", "at": "2026-11-22T02:00:00Z"}


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def shopper(office: Office) -> User:
    return make.user(office, role=Role.SHOPPER)


@pytest.fixture
def waiting(office: Office, hall: Outlet, shopper: User) -> Visit:
    return submitted.visit(office, shopper, hall, answers=PENDING)


def send(
    office: Office, who: User, visit: Visit, etag: str | None = None, **changes: Any
) -> visits.Saved | VisitIncomplete:
    """The visit's document with `changes`; the answer to B-02 is the proof where nothing else is said."""
    before = json.loads(visit.document)
    sent = before | {"answers": {**before["answers"], "B-02": GIVEN}} | changes
    document = VisitDocument.model_validate_json(json.dumps(sent))
    with office.work(submitted.viewer(who)) as work:
        return visits.save(work, document, if_match=[etag or now(office, visit).etag])


def now(office: Office, visit: Visit) -> Visit:
    with office.work(write=False) as work:
        return work.session.get_one(Visit, visit.id)


def revisions(office: Office, visit: Visit) -> list[Revision]:
    with office.work(write=False) as work:
        return list(
            work.session.exec(
                select(Revision).where(Revision.visit_id == visit.id).order_by(col(Revision.number))
            )
        )


def names(office: Office, visit: Visit) -> list[str]:
    with office.work(write=False) as work:
        return list(
            work.session.exec(
                select(Event.name).where(Event.subject_id == str(visit.id)).order_by(col(Event.id))
            )
        )


def opened(office: Office, visit: Visit) -> Viewer:
    reviewer = submitted.reviewer(office)
    with office.work(reviewer) as work:
        review.open_(work, visit.id)
    return reviewer


def in_state(office: Office, visit: Visit, state: VisitState) -> None:
    with office.work() as work:
        work.session.get_one(Visit, visit.id).state = state


def test_the_proof_of_a_submitted_visit_is_its_next_revision(
    office: Office, shopper: User, waiting: Visit
) -> None:
    saved = send(office, shopper, waiting)
    assert isinstance(saved, visits.Saved)
    assert (saved.revision, saved.state, saved.missing) == (2, VisitState.SUBMITTED, [])
    assert saved.receipt is not None
    assert saved.receipt["revision"] == 2
    first, second = revisions(office, waiting)
    assert json.loads(first.document)["answers"]["B-02"]["pending"] is True
    assert json.loads(second.document)["answers"]["B-02"]["value"] == "pass"
    assert "B-02" not in json.loads(first.result)["counted"]
    assert "B-02" in json.loads(second.result)["counted"]
    assert names(office, waiting)[-2:] == ["visit.submitted", "visit.whole"]


def test_the_same_proof_again_changes_nothing(office: Office, shopper: User, waiting: Visit) -> None:
    first = send(office, shopper, waiting)
    told = names(office, waiting)
    assert send(office, shopper, waiting, etag=waiting.etag) == first
    assert names(office, waiting) == told


def test_a_reviewer_sees_it_again_and_an_old_decision_is_refused(
    office: Office, shopper: User, waiting: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer = opened(office, waiting)
    with office.work(reviewer) as work, pytest.raises(ProofAwaited):
        review.decide(work, waiting.id, 1, "accept")
    send(office, shopper, waiting)
    after = now(office, waiting)
    assert (after.state, after.claimed_by, after.claimed_at) == (VisitState.SUBMITTED, None, None)
    with office.work(reviewer) as work, pytest.raises(RevisionOld) as old:
        review.decide(work, waiting.id, 1, "accept")
    assert old.value.revision == 2
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)
    with office.work(reviewer) as work, pytest.raises(StillChecked):
        review.decide(work, waiting.id, 2, "accept")
    with office.work() as work:
        submitted.flagged(work, waiting.id, 2)
    with office.work(reviewer) as work:
        accepted = review.decide(work, waiting.id, 2, "accept")
    assert (accepted.state, accepted.accepted_revision) == (VisitState.ACCEPTED, 2)


def test_a_proof_with_a_photo_is_received_until_the_photo_is_here(
    office: Office, shopper: User, waiting: Visit
) -> None:
    reviewer = opened(office, waiting)
    data = make.picture(7)
    entry = make.file_entry(data, "B-02")
    saved = send(office, shopper, waiting, files=[*json.loads(waiting.document)["files"], entry])
    assert isinstance(saved, visits.Saved)
    assert (saved.state, saved.files_missing, saved.receipt) == (
        VisitState.RECEIVING,
        [entry["sha256"]],
        None,
    )
    with office.work(reviewer) as work, pytest.raises(VisitStateForbids):
        review.decide(work, waiting.id, 2, "accept")
    upload(office, shopper, waiting, data)
    after = now(office, waiting)
    assert (after.state, after.revision) == (VisitState.SUBMITTED, 2)
    assert revisions(office, waiting)[1].receipt is not None


@pytest.mark.parametrize("state", [VisitState.RECEIVING, VisitState.SUBMITTED, VisitState.IN_REVIEW])
def test_a_file_of_the_proof_may_come_before_it_in_each_of_these_states(
    office: Office, shopper: User, waiting: Visit, state: VisitState
) -> None:
    in_state(office, waiting, state)
    data = make.picture(8)
    upload(office, shopper, waiting, data)
    in_state(office, waiting, state)
    saved = send(office, shopper, waiting, files=[make.file_entry(data, "B-02")])
    assert isinstance(saved, visits.Saved)
    assert (saved.revision, saved.state, saved.files_missing) == (2, VisitState.SUBMITTED, [])


def test_a_submission_that_is_still_received_takes_its_proof(
    office: Office, shopper: User, hall: Outlet
) -> None:
    first, second = make.picture(1), make.picture(2)
    visit = submitted.visit(office, shopper, hall, answers=PENDING, state=VisitState.RECEIVING)
    files = [make.file_entry(first, "B-02"), make.file_entry(second, "B-02")]
    saved = send(office, shopper, visit, files=files)
    assert isinstance(saved, visits.Saved)
    assert (saved.state, saved.revision, len(saved.files_missing)) == (VisitState.RECEIVING, 2, 2)
    upload(office, shopper, visit, first)
    assert now(office, visit).state is VisitState.RECEIVING
    upload(office, shopper, visit, second)
    assert now(office, visit).state is VisitState.SUBMITTED


@pytest.mark.parametrize(
    "changes",
    [
        {"answers": {**PENDING, "A-01": {"value": "fail"}}},
        {"answers": {**PENDING, "B-02": GIVEN, "A-01": {"value": "fail"}}},
        {"finished_at": "2026-11-22T02:00:00Z"},
        {"intent": "draft"},
        {"answers": PENDING, "app": "9"},
    ],
)
def test_anything_but_proof_stays_refused(
    office: Office, shopper: User, waiting: Visit, changes: dict[str, Any]
) -> None:
    with pytest.raises(VisitStateForbids):
        send(office, shopper, waiting, **changes)
    assert (now(office, waiting).etag, len(revisions(office, waiting))) == (waiting.etag, 1)


@pytest.mark.parametrize(
    "state",
    [s for s in VisitState if s not in ("draft", "returned", "receiving", "submitted", "in_review")],
)
def test_proof_is_refused_once_the_visit_has_gone_on(
    office: Office, shopper: User, waiting: Visit, state: VisitState
) -> None:
    in_state(office, waiting, state)
    with pytest.raises(VisitStateForbids) as found:
        send(office, shopper, waiting)
    assert found.value.state == state


def test_proof_on_an_old_etag_gets_the_servers_document(
    office: Office, shopper: User, waiting: Visit
) -> None:
    send(office, shopper, waiting)
    other = {**PENDING, "B-02": {**GIVEN, "value": "fail"}}
    with pytest.raises(VisitEtagOld):
        send(office, shopper, waiting, etag=waiting.etag, answers=other)
    with pytest.raises(VisitStateForbids):
        send(office, shopper, waiting, answers=other)


def test_proof_that_leaves_something_open_is_refused_and_nothing_of_it_is_kept(
    office: Office, shopper: User, waiting: Visit
) -> None:
    with pytest.raises(VisitIncomplete) as found:
        send(office, shopper, waiting, answers={**PENDING, "B-02": {"note": "说不清"}})
    assert found.value.missing == ({"item": "B-02", "what": "answer"},)
    assert (now(office, waiting).state, now(office, waiting).etag) == (VisitState.SUBMITTED, waiting.etag)


def test_proof_counts_by_when_it_was_given_not_by_when_it_came(
    office: Office, clock: Clock, shopper: User, waiting: Visit
) -> None:
    clock.forward(hours=200)
    late = {**GIVEN, "at": "2026-11-24T01:40:05Z"}
    with pytest.raises(WrongDocument) as found:
        send(office, shopper, waiting, answers={**PENDING, "B-02": late})
    assert [(fault.pointer, fault.message) for fault in found.value.faults] == [
        ("/answers/B-02", "proof_too_late")
    ]
    saved = send(office, shopper, waiting)
    assert isinstance(saved, visits.Saved)
    assert saved.revision == 2


def test_proof_from_somebody_elses_phone_is_refused(office: Office, waiting: Visit) -> None:
    stranger = make.user(office, role=Role.SHOPPER)
    with pytest.raises(VisitNotYours):
        send(office, stranger, waiting)


def upload(office: Office, who: User, visit: Visit, data: bytes) -> None:
    wanted = uploads.Wanted(sha256(data).hexdigest(), len(data), visit.id, "B-02")
    body = uploads.Body(iter([data]), announced=len(data))
    standing = uploads.begin(office, submitted.viewer(who), wanted, body)
    assert standing.offset == len(data)
