"""Files whose time comes: voice notes are deleted after the review, told as expired, and never while a review may come."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from server import worker
from server.cli import run
from server.domain.access import Role, Viewer
from server.domain.review import Reason
from server.domain.visit import VisitState
from server.storage.events import Event
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import expiry, people, receipts, reports, review
from server.usecases.report_data import gather
from server.usecases.work import Office
from tests import make, sounds, submitted


def spoken(data: bytes, **given: Any) -> dict[str, Any]:
    return make.file_entry(
        data,
        None,
        **{
            "kind": "audio",
            "type": "audio/webm",
            "origin": None,
            "section": "A",
            "ended_at": "2026-11-21T02:16:10Z",
            **given,
        },
    )


def heard(office: Office, visit: Visit, data: bytes) -> None:
    """The voice note has arrived for the visit."""
    office.files.put(data, kind="audio")
    with office.work() as work:
        work.session.add(
            VisitFile(
                visit_id=visit.id,
                sha256=sha256(data).hexdigest(),
                kind="audio",
                type="audio/webm",
                bytes=len(data),
                uploader_id=visit.inspector_id,
                arrived_at=work.now,
            )
        )


@pytest.fixture
def visit(office: Office) -> Visit:
    shopper = make.user(office, role=Role.SHOPPER)
    made = submitted.visit(office, shopper, make.outlet(office), files=[spoken(sounds.WEBM)])
    heard(office, made, sounds.WEBM)
    return made


def note_of(office: Office, visit: Visit) -> VisitFile:
    with office.work(write=False) as work:
        (note,) = work.session.exec(
            select(VisitFile).where(VisitFile.visit_id == visit.id, VisitFile.kind == "audio")
        )
    return note


def expired(office: Office) -> list[Event]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Event).where(Event.name == "file.expired")))


def there(office: Office, data: bytes = sounds.WEBM) -> bool:
    return office.files.has(sha256(data).hexdigest(), kind="audio")


def reviewer(office: Office) -> Viewer:
    return people.viewer_of(make.user(office, role=Role.REVIEWER))


@pytest.mark.parametrize("outcome", ["accept", "void"])
def test_a_decided_visit_loses_its_voice_notes_and_says_so(
    office: Office, visit: Visit, outcome: Any
) -> None:
    with office.work(reviewer(office)) as work:
        review.decide(work, visit.id, 1, outcome, [Reason(item=None, text="看过")])
    state = visit_state(office, visit)
    if state is VisitState.SECOND_REVIEW:
        worker.run_once(office)
        assert there(office)
        with office.work(reviewer(office)) as work:
            review.decide(work, visit.id, 1, outcome, [Reason(item=None, text="看过")])
    worker.run_once(office)
    assert not there(office)
    assert note_of(office, visit).expired_at == office.clock()
    (told,) = expired(office)
    assert told.subject_id == str(visit.id)
    assert sha256(sounds.WEBM).hexdigest() in told.facts
    assert expiry.expire_voice(office, visit.id) == 0
    assert len(expired(office)) == 1


def test_a_returned_visit_keeps_its_voice_notes(office: Office, visit: Visit) -> None:
    with office.work(reviewer(office)) as work:
        review.decide(work, visit.id, 1, "return", [Reason(item=None, text="请补")])
    worker.run_once(office)
    assert expiry.expire_voice(office, visit.id) == 0
    assert there(office)
    assert note_of(office, visit).expired_at is None


def test_bytes_that_another_visit_still_needs_stay(office: Office, visit: Visit) -> None:
    other = submitted.visit(
        office, make.user(office, role=Role.SHOPPER), make.outlet(office), files=[spoken(sounds.WEBM)]
    )
    heard(office, other, sounds.WEBM)
    move(office, visit, VisitState.ACCEPTED)
    assert expiry.expire_voice(office, visit.id) == 1
    assert there(office)
    move(office, other, VisitState.VOID)
    assert expiry.expire_voice(office, other.id) == 1
    assert not there(office)


def test_a_worker_that_died_after_the_bytes_marks_the_row_the_next_time(office: Office, visit: Visit) -> None:
    move(office, visit, VisitState.ACCEPTED)
    office.files.delete(sha256(sounds.WEBM).hexdigest(), kind="audio")
    assert expiry.expire_voice(office, visit.id) == 1
    assert note_of(office, visit).expired_at is not None


def test_doctor_and_receipt_know_expired_from_lost(
    office: Office, visit: Visit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*command: str) -> tuple[int, str]:
        where = {"XUNTING_DATA": str(office.settings.data), "XUNTING_SECRET": "s" * 32, "LANG": "en"}
        code = run(command, where)
        return code, "".join(capsys.readouterr())

    name = sha256(sounds.WEBM).hexdigest()
    move(office, visit, VisitState.ACCEPTED)
    expiry.expire_voice(office, visit.id)
    with office.work() as work:
        revision = work.session.get_one(Revision, (visit.id, 1))
        named = {"visit_id": visit.id, "number": 1, "sha256": revision.sha256}
        revision.receipt = receipts.made(work, named, [name])
        (tmp_path / "receipt.json").write_text(revision.receipt)
    code, told = said("doctor")
    assert code == 0, told
    assert f"File {name} of receipt" in told
    assert "has expired" in told
    code, told = said("verify", str(tmp_path / "receipt.json"))
    assert (code, "1 of its files have expired" in told) == (0, True), told
    office.files.put(sounds.WEBM, kind="audio")
    code, told = said("doctor")
    assert code == 1
    assert "should have been deleted" in told


def test_no_report_shows_sound_and_the_inner_one_says_that_it_was_used(office: Office, visit: Visit) -> None:
    move(office, visit, VisitState.PUBLISHED)
    with office.work(write=False) as work:
        row = work.session.get_one(Visit, visit.id)
        revision = work.session.get_one(Revision, (visit.id, 1))
        inner = gather(work, row, revision, "inner", reports.report_id_of(visit.id, 1, "inner"), "N1")
        outlet = gather(work, row, revision, "outlet", reports.report_id_of(visit.id, 1, "outlet"), "N2")
    assert (inner.data.evidence.voices, outlet.data.evidence.voices) == (1, 0)
    assert (inner.photos, outlet.photos) == ((), ())
    assert outlet.data.evidence.files == ()


def visit_state(office: Office, visit: Visit) -> VisitState:
    with office.work(write=False) as work:
        return work.session.get_one(Visit, visit.id).state


def move(office: Office, visit: Visit, to: VisitState) -> None:
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision = to, 1
