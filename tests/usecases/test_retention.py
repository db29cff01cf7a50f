"""Pictures whose time has come: gone with all their sizes, 90 days after the last matter; masked ones after 12 months."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.visit import VisitState
from server.domain.voice import FileExpired
from server.queries.releases import expired, released
from server.storage.actions import Action
from server.storage.events import Event
from server.storage.organisation import Outlet
from server.storage.publishing import PhotoRelease
from server.storage.visits import Report, Visit, VisitFile
from server.usecases import people, photos, publishing, releases, reports, retention
from server.usecases.releases import RELEASE, Choice
from server.usecases.work import Office
from tests import actions, appealed, make, pdf_words, submitted
from tests.conftest import Clock

PHOTO = make.picture(1)
NAME = sha256(PHOTO).hexdigest()
LIMIT_DAYS = 5
"""From Saturday 21 November, when the clock stands, to the end of the third working day after it, and some hours."""


@pytest.fixture
def hall(both: Office) -> Outlet:
    return make.outlet(both)


def inspector(office: Office) -> Viewer:
    return people.viewer_of(make.user(office, role=Role.SHOPPER))


def published(office: Office, hall: Outlet) -> Visit:
    """A published visit whose photograph has all its sizes, and no action about it open."""
    visit = submitted.visit(office, make.user(office, role=Role.SHOPPER), hall, photos=[PHOTO])
    photos.make_sizes(office, visit.id)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision, row.published_at = VisitState.PUBLISHED, 1, work.now
    return visit


def here(office: Office, name: str = NAME, kind: str = "photo") -> set[str]:
    """What the store still holds of a picture."""
    sizes = {
        size for size in (*photos.SIZES, photos.PAGE) if office.files.get_named(photos.size_name(size, name))
    }
    return sizes | ({"whole"} if office.files.has(name, kind=kind) else set())


def expired_of(office: Office, record: UUID) -> list[str]:
    with office.work(write=False) as work:
        found = work.session.exec(select(Event).where(Event.subject_id == str(record)).order_by(Event.id))
        return [event.name for event in found if event.name.endswith("expired")]


def test_pictures_go_90_days_after_the_time_to_appeal_and_say_so(
    both: Office, hall: Outlet, clock: Clock
) -> None:
    visit = published(both, hall)
    clock.forward(days=90 + LIMIT_DAYS - 1)
    assert retention.expire_pictures(both) == 0
    assert here(both) == {"whole", "thumb", "screen", "page"}
    clock.forward(days=1)
    assert retention.expire_pictures(both) == 1
    assert here(both) == set()
    assert expired_of(both, visit.id) == ["file.expired", "visit.pictures-expired"]
    assert retention.expire_pictures(both) == 0
    with both.work(write=False) as work:
        file = work.session.get_one(VisitFile, (visit.id, NAME))
    assert file.expired_at == clock.now


@pytest.mark.parametrize("state", [VisitState.SUBMITTED, VisitState.ACCEPTED, VisitState.RETURNED])
def test_what_is_not_decided_or_published_keeps_its_pictures(
    both: Office, hall: Outlet, clock: Clock, state: VisitState
) -> None:
    visit = published(both, hall)
    with both.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.published_at = state, None
    clock.forward(days=400)
    assert retention.expire_pictures(both) == 0
    assert "whole" in here(both)


def test_a_void_visit_counts_from_its_end(both: Office, hall: Outlet, clock: Clock) -> None:
    visit = published(both, hall)
    clock.forward(days=60)
    with both.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.changed_at = VisitState.VOID, work.now
    clock.forward(days=89)
    assert retention.expire_pictures(both) == 0
    clock.forward(days=1)
    assert retention.expire_pictures(both) == 1


def test_an_open_action_stops_the_clock(both: Office, hall: Outlet, clock: Clock) -> None:
    visit = actions.published(both, make.user(both, role=Role.SHOPPER), hall)
    open_one = actions.only(both, hall)
    clock.forward(days=200)
    assert retention.expire_pictures(both) == 0
    with both.work() as work:
        row = work.session.get_one(Action, open_one.id)
        row.state, row.changed_at = "accepted", work.now
    clock.forward(days=89)
    assert retention.expire_pictures(both) == 0
    clock.forward(days=1)
    assert retention.expire_pictures(both) == 1
    assert expired_of(both, visit.id)[-1] == "visit.pictures-expired"


def test_a_running_appeal_stops_the_clock_and_its_proof_goes_after_it(
    both: Office, hall: Outlet, clock: Clock
) -> None:
    owner = people.viewer_of(make.user(both, role=Role.HALL_MANAGER, outlet_id=hall.id))
    visit, _, _second = appealed.published(both, make.user(both, role=Role.SHOPPER), hall, photos=[PHOTO])
    with both.work() as work:
        for action in work.session.exec(select(Action)):
            action.state = "withdrawn"
    appeal = appealed.made(both, owner, visit)
    clock.forward(days=300)
    assert (retention.expire_pictures(both), retention.expire_proofs(both)) == (0, 0)
    third = submitted.reviewer(both)
    appeal = appealed.answered(both, third, appeal, uphold=True)
    clock.forward(days=89)
    assert (retention.expire_pictures(both), retention.expire_proofs(both)) == (0, 0)
    clock.forward(days=1)
    proof = sha256(appealed.proof()).hexdigest()
    assert (retention.expire_pictures(both), retention.expire_proofs(both)) == (1, 1)
    assert here(both, proof, "proof") == set()
    assert expired_of(both, appeal.id) == ["file.expired"]


def test_bytes_that_another_visit_still_needs_stay(both: Office, hall: Outlet, clock: Clock) -> None:
    published(both, hall)
    clock.forward(days=10)
    later = published(both, hall)
    clock.forward(days=86)
    assert retention.expire_pictures(both) == 1
    assert "whole" in here(both)
    clock.forward(days=10)
    assert retention.expire_pictures(both) == 1
    assert here(both) == set()
    assert expired_of(both, later.id) == ["file.expired", "visit.pictures-expired"]


def test_pictures_of_a_visit_that_never_came_go_too(both: Office, clock: Clock) -> None:
    sender = make.user(both, role=Role.SHOPPER)
    both.files.put(PHOTO, kind="photo")
    with both.work() as work:
        work.session.add(
            VisitFile(
                visit_id=UUID(int=9),
                sha256=NAME,
                kind="photo",
                type="image/jpeg",
                bytes=len(PHOTO),
                uploader_id=sender.id,
                arrived_at=work.now,
            )
        )
    clock.forward(days=89)
    assert retention.expire_pictures(both) == 0
    clock.forward(days=1)
    assert retention.expire_pictures(both) == 1
    assert here(both) == set()


def test_masked_pictures_go_after_twelve_months(both: Office, hall: Outlet, clock: Clock) -> None:
    visit = submitted.visit(both, make.user(both, role=Role.SHOPPER), hall, photos=[PHOTO])
    with both.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision, row.decided_at = VisitState.ACCEPTED, 1, work.now
    boss = submitted.reviewer(both, Role.HQ)
    releases.propose(both, visit.id)
    releases.choose(both, boss, visit.id, [Choice(NAME, (), RELEASE)])
    with both.work(boss) as work:
        publishing.publish(work, [visit.id])
    with both.work(write=False) as work:
        (masked,) = released(work.session, visit.id).values()
    old = reports.issue(both, visit.id, "outlet")
    assert old is not None
    clock.now = clock.now.replace(year=2027, day=20)
    assert retention.expire_masked(both) == 0
    clock.forward(days=1)
    assert retention.expire_masked(both) == 1
    assert here(both, masked, "masked") == set()
    with both.work(write=False) as work:
        assert released(work.session, visit.id) == {}
        assert expired(work.session, visit.id) == {NAME: masked}
        kept = work.session.get_one(PhotoRelease, (visit.id, NAME))
    assert kept.state == "released"
    assert expired_of(both, visit.id) == ["file.expired", "visit.masked-expired"]
    assert retention.expire_masked(both) == 0
    assert retention.replace_reports(both, visit.id) == 1
    new = reports.issue(both, visit.id, "outlet")
    assert new is not None
    with both.work(write=False) as work:
        text = pdf_words.words(reports.content(work, new))
    assert ("照片已到期删除" in text, masked[:8] in text, "未向本版读者开放" in text) == (True, True, False)


def test_visits_that_wait_do_not_stand_before_those_that_are_due(
    both: Office, hall: Outlet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    actions.published(both, make.user(both, role=Role.SHOPPER), hall)
    clock.forward(hours=1)
    due = published(both, hall)
    clock.forward(days=100)
    assert retention.expire_pictures(both) == 1
    assert expired_of(both, due.id)[-1] == "visit.pictures-expired"


def test_the_demonstration_keeps_its_pictures(both: Office, hall: Outlet, clock: Clock) -> None:
    published(both, hall)
    clock.forward(days=100)
    worker.sweep(both)
    assert "whole" in here(both)


def test_a_report_goes_with_its_pictures_and_leaves_a_text_edition_with_their_hashes(
    both: Office, hall: Outlet, clock: Clock
) -> None:
    visit = published(both, hall)
    # What was waiting is done first: it reads the pictures.
    worker.run_once(both)
    old, outlets = reports.issue(both, visit.id, "inner"), reports.issue(both, visit.id, "outlet")
    assert old is not None
    assert outlets is not None
    with both.work(write=False) as work:
        was = reports.content(work, old)
    clock.forward(days=90 + LIMIT_DAYS)
    both.settings = replace(both.settings, demo=False)
    worker.sweep(both)
    worker.run_once(both)
    with both.work(write=False) as work:
        found = work.session.exec(
            select(Report).where(Report.visit_id == visit.id, Report.edition == "inner")
        ).all()
        (new,) = [each for each in found if each.id != old.id]
        text = reports.content(work, new)
        with pytest.raises(FileExpired):
            reports.content(work, work.session.get_one(Report, old.id))
        # Its outlet sees masked pictures alone, whose time is longer: that report stays as it is.
        assert work.session.get_one(Report, outlets.id).superseded_by is None
    gone = "照片已到期删除"
    before, after = pdf_words.words(was), pdf_words.words(text)
    assert (NAME in before, gone in before) == (True, False)
    assert (NAME in after, gone in after) == (True, True)
    assert reports.verify_bytes(both, was).standing == "superseded"
    assert reports.verify_bytes(both, was).newer == new.number
    assert expired_of(both, old.id) == ["report.expired"]
    assert retention.replace_reports(both, visit.id) == 0


def test_the_worker_looks_for_them_each_hour() -> None:
    assert {retention.expire_pictures, retention.expire_proofs, retention.expire_masked} <= set(worker.SWEEPS)
