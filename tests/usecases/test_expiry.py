"""Files whose time comes: voice notes are deleted after the review, told as expired, and never while a review may come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import select

from server import worker
from server.cli import run
from server.domain import voice
from server.domain.access import Role, Viewer
from server.domain.review import Reason
from server.domain.visit import VisitState
from server.storage.events import Event
from server.storage.visits import Revision, Visit, VisitFile
from server.usecases import expiry, people, receipts, reports, review, uploads
from server.usecases.report_data import gather
from server.usecases.work import Office
from tests import make, sounds, submitted
from tests.conftest import Clock


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


def heard(
    office: Office, visit: Visit, data: bytes, *, kind: str = "audio", type: str = "audio/webm"
) -> None:
    """The voice note, or another file, has arrived for the visit."""
    office.files.put(data, kind=kind)
    with office.work() as work:
        work.session.add(
            VisitFile(
                visit_id=visit.id,
                sha256=sha256(data).hexdigest(),
                kind=kind,
                type=type,
                bytes=len(data),
                uploader_id=visit.inspector_id,
                arrived_at=work.now,
            )
        )


PHOTO, SIGNATURE = make.picture(1), make.picture(2)


@pytest.fixture
def visit(both: Office) -> Visit:
    """A submission with a voice note, a photo and a signature."""
    shopper = make.user(both, role=Role.SHOPPER)
    made = submitted.visit(both, shopper, make.outlet(both), files=[spoken(sounds.WEBM)])
    heard(both, made, sounds.WEBM)
    heard(both, made, PHOTO, kind="photo", type="image/jpeg")
    heard(both, made, SIGNATURE, kind="signature", type="image/png")
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
def test_a_decided_visit_loses_its_voice_notes_and_says_so(both: Office, visit: Visit, outcome: Any) -> None:
    with both.work(reviewer(both)) as work:
        review.decide(work, visit.id, 1, outcome, [Reason(item=None, text="看过")])
    state = visit_state(both, visit)
    if state is VisitState.SECOND_REVIEW:
        worker.run_once(both)
        assert there(both)
        with both.work(reviewer(both)) as work:
            review.decide(work, visit.id, 1, outcome, [Reason(item=None, text="看过")])
    worker.run_once(both)
    assert not there(both)
    assert note_of(both, visit).expired_at == both.clock()
    (told,) = expired(both)
    assert told.subject_id == str(visit.id)
    assert sha256(sounds.WEBM).hexdigest() in told.facts
    assert expiry.expire_voice(both, visit.id) == 0
    assert len(expired(both)) == 1
    for data, kind in ((PHOTO, "photo"), (SIGNATURE, "signature")):
        name = sha256(data).hexdigest()
        assert both.files.has(name, kind=kind)
        with both.work(write=False) as work:
            assert work.session.get_one(VisitFile, (visit.id, name)).expired_at is None


def test_a_returned_visit_keeps_its_voice_notes(both: Office, visit: Visit) -> None:
    with both.work(reviewer(both)) as work:
        review.decide(work, visit.id, 1, "return", [Reason(item=None, text="请补")])
    worker.run_once(both)
    assert expiry.expire_voice(both, visit.id) == 0
    assert there(both)
    assert note_of(both, visit).expired_at is None


def test_bytes_that_another_visit_still_needs_stay(both: Office, visit: Visit) -> None:
    other = submitted.visit(
        both, make.user(both, role=Role.SHOPPER), make.outlet(both), files=[spoken(sounds.WEBM)]
    )
    heard(both, other, sounds.WEBM)
    move(both, visit, VisitState.ACCEPTED)
    assert expiry.expire_voice(both, visit.id) == 1
    assert there(both)
    move(both, other, VisitState.VOID)
    assert expiry.expire_voice(both, other.id) == 1
    assert not there(both)


def test_a_worker_that_died_after_the_bytes_marks_the_row_the_next_time(both: Office, visit: Visit) -> None:
    move(both, visit, VisitState.ACCEPTED)
    both.files.delete(sha256(sounds.WEBM).hexdigest(), kind="audio")
    assert expiry.expire_voice(both, visit.id) == 1
    assert note_of(both, visit).expired_at is not None


def test_the_sweep_ends_what_no_review_ever_will(both: Office, clock: Clock) -> None:
    shopper, where = make.user(both, role=Role.SHOPPER), make.outlet(both)
    named = {"files": [spoken(sounds.WEBM)]}
    kinds = {
        "reviewed": submitted.visit(both, shopper, where, id=str(uuid4()), **named),
        "draft": submitted.visit(both, shopper, where, id=str(uuid4()), state=VisitState.DRAFT, **named),
        "returned": submitted.visit(
            both, shopper, where, id=str(uuid4()), state=VisitState.RETURNED, **named
        ),
        "taken back": submitted.visit(both, shopper, where, id=str(uuid4())),
        "never came": Visit(id=uuid4(), inspector_id=shopper.id),
        "missed": submitted.visit(both, shopper, where, id=str(uuid4()), **named),
    }
    for made in kinds.values():
        heard(both, made, sounds.WEBM)
        heard(both, made, PHOTO, kind="photo", type="image/jpeg")

    def left() -> set[str]:
        return {kind for kind, made in kinds.items() if note_of(both, made).expired_at is None}

    assert expiry.expire_left_voice(both) == 0
    move(both, kinds["missed"], VisitState.VOID)
    assert expiry.expire_left_voice(both) == 1
    clock.forward(hours=both.settings.limits.upload_hours)
    assert expiry.expire_left_voice(both) == 2
    assert left() == {"reviewed", "draft", "returned"}
    clock.forward(days=voice.LEFT_DAYS)
    assert expiry.expire_left_voice(both) == 2
    assert left() == {"reviewed"}
    assert there(both)
    assert expiry.expire_left_voice(both) == 0
    assert len(expired(both)) == 5
    with both.work(write=False) as work:
        photos = work.session.exec(select(VisitFile.expired_at).where(VisitFile.kind == "photo")).all()
    assert photos == [None] * 6


def test_sound_that_comes_while_it_is_deleted_for_another_visit_keeps_its_bytes(both: Office) -> None:
    shopper, where = make.user(both, role=Role.SHOPPER), make.outlet(both)
    viewer = people.viewer_of(shopper)
    made = [
        submitted.visit(both, shopper, where, id=str(uuid4()), files=[spoken(sounds.WEBM)]) for _ in range(12)
    ]
    name = sha256(sounds.WEBM).hexdigest()
    both.settings = replace(both.settings, voice_ground="晋法〔2026〕12 号")

    def come(visit: Visit) -> None:
        wanted = uploads.Wanted(name, len(sounds.WEBM), visit.id, None, "audio")
        uploads.begin(both, viewer, wanted, uploads.Body([sounds.WEBM], len(sounds.WEBM)))

    for earlier, later in pairwise(made):
        come(earlier)
        move(both, earlier, VisitState.ACCEPTED)
        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(expiry.expire_voice, both, earlier.id), pool.submit(come, later)]
            for end in ends:
                end.result()
        assert there(both)


def test_doctor_and_receipt_know_expired_from_lost(
    both: Office, visit: Visit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*command: str) -> tuple[int, str]:
        where = {
            "XUNTING_DATA": str(both.settings.data),
            "XUNTING_DATABASE": both.settings.database,
            "XUNTING_SECRET": "s" * 32,
            "LANG": "en",
        }
        code = run(command, where)
        return code, "".join(capsys.readouterr())

    name = sha256(sounds.WEBM).hexdigest()
    move(both, visit, VisitState.ACCEPTED)
    code, told = said("doctor")
    assert (code, f"voice note {name} has not been deleted" in told) == (1, True), told
    expiry.expire_voice(both, visit.id)
    with both.work() as work:
        revision = work.session.get_one(Revision, (visit.id, 1))
        named = {"visit_id": visit.id, "number": 1, "sha256": revision.sha256}
        revision.receipt = receipts.made(work, named, [name])
        (tmp_path / "receipt.json").write_text(revision.receipt)
    code, told = said("doctor")
    assert code == 0, told
    assert "1 files have expired" in told
    assert name not in told
    code, told = said("verify", str(tmp_path / "receipt.json"))
    assert (code, "1 of its files have expired" in told) == (0, True), told
    both.files.put(sounds.WEBM, kind="audio")
    code, told = said("doctor")
    assert code == 1
    assert "should have been deleted" in told


def test_no_report_shows_sound_and_the_inner_one_says_that_it_was_used(both: Office, visit: Visit) -> None:
    move(both, visit, VisitState.PUBLISHED)
    with both.work(write=False) as work:
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
