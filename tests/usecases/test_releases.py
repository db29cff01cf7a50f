"""Photographs of covert visits on their way out: proposed by the worker, decided by a person, undone before publication."""

from __future__ import annotations

import io
from hashlib import sha256
from random import Random
from uuid import UUID

import pytest
from PIL import Image
from sqlmodel import select

from server.demo.figures import person
from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed, NotFound, VisitStateForbids
from server.domain.masks import Mask, PhotoNotMaskable, PhotoShown, PhotosNotLooked
from server.domain.publishing import PhotoState
from server.domain.visit import VisitState
from server.queries.releases import released
from server.storage.events import Event
from server.storage.publishing import PhotoRelease
from server.storage.visits import Visit
from server.usecases import publishing, releases
from server.usecases.releases import CONFIRM, RELEASE, UNDO, WITHHOLD, Choice
from server.usecases.work import Office
from tests import make, submitted

MASK = Mask(kind="number", x=100, y=100, w=200, h=200)


def portrait() -> bytes:
    image = Image.new("RGB", (640, 480), (150, 158, 166))
    somebody = person(Random(1), 160)
    image.paste(somebody, (200, 100), somebody)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def name(data: bytes) -> str:
    return sha256(data).hexdigest()


def accepted(office: Office, *pictures: bytes, kind: str = "mystery", role: Role = Role.SHOPPER) -> UUID:
    user = make.user(office, role=role)
    visit = submitted.visit(office, user, make.outlet(office), photos=list(pictures), kind=kind)
    with office.work() as work:
        row = work.session.get_one(Visit, visit.id)
        row.state, row.accepted_revision, row.decided_at = VisitState.ACCEPTED, 1, work.now
    return visit.id


def rows(office: Office, visit_id: UUID) -> dict[str, PhotoRelease]:
    with office.work(write=False) as work:
        found = work.session.exec(select(PhotoRelease).where(PhotoRelease.visit_id == visit_id))
        return {row.sha256: row for row in found}


def out(office: Office, visit_id: UUID) -> dict[str, str]:
    with office.work(write=False) as work:
        return released(work.session, visit_id)


def events(office: Office, visit_id: UUID) -> list[str]:
    with office.work(write=False) as work:
        named = select(Event.name).where(Event.subject_id == str(visit_id)).order_by(Event.id)
        return [each for each in work.session.exec(named) if each.startswith(("photo.", "visit.faces"))]


@pytest.fixture
def reviewer(office: Office) -> Viewer:
    return submitted.reviewer(office)


def test_the_worker_proposes_masks_over_faces_and_decides_nothing(office: Office) -> None:
    face, empty = portrait(), make.picture(1)
    visit_id = accepted(office, face, empty)
    assert releases.propose(office, visit_id) == 2
    found = rows(office, visit_id)
    assert {row.state for row in found.values()} == {PhotoState.PROPOSED}
    assert '"face"' in found[name(face)].shapes
    assert found[name(empty)].shapes == "[]"
    assert out(office, visit_id) == {}
    assert releases.propose(office, visit_id) == 0
    assert events(office, visit_id) == ["visit.faces-proposed"]


def test_nothing_is_proposed_of_an_open_visit_or_one_that_is_not_accepted(office: Office) -> None:
    open_ = accepted(office, make.picture(1), kind="announced", role=Role.REVIEWER)
    assert releases.propose(office, open_) == 0
    waiting = submitted.visit(
        office, make.user(office, role=Role.SHOPPER), make.outlet(office), photos=[make.picture(2)]
    )
    assert releases.propose(office, waiting.id) == 0


def test_what_a_person_decided_is_not_proposed_over(office: Office, reviewer: Viewer) -> None:
    face = portrait()
    visit_id = accepted(office, face)
    releases.choose(office, reviewer, visit_id, [Choice(name(face), (), WITHHOLD)])
    assert releases.propose(office, visit_id) == 0
    assert rows(office, visit_id)[name(face)].state is PhotoState.WITHHELD


def test_a_released_photo_goes_out_masked_under_a_name_of_its_own(office: Office, reviewer: Viewer) -> None:
    picture = make.picture(3)
    visit_id = accepted(office, picture)
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), (MASK,), RELEASE)])
    masked = out(office, visit_id)[name(picture)]
    data = office.files.get(masked, kind="masked")
    assert sha256(data).hexdigest() == masked != name(picture)
    assert office.files.get(name(picture)) == picture
    shown = Image.open(io.BytesIO(data)).convert("RGB")
    assert max(high - low for low, high in shown.crop((48, 34, 80, 62)).getextrema()) <= 2
    assert events(office, visit_id) == ["photo.released"]


def test_a_release_is_undone_before_publication_and_its_picture_is_gone(
    office: Office, reviewer: Viewer
) -> None:
    picture = make.picture(4)
    visit_id = accepted(office, picture)
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), (MASK,), RELEASE)])
    masked = out(office, visit_id)[name(picture)]
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), (MASK,), UNDO)])
    assert out(office, visit_id) == {}
    assert rows(office, visit_id)[name(picture)].state is PhotoState.CONFIRMED
    assert not office.files.has(masked, kind="masked")


def test_after_publication_a_release_is_not_undone_but_the_photo_can_be_withheld(
    office: Office, reviewer: Viewer
) -> None:
    picture = make.picture(5)
    visit_id = accepted(office, picture)
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), (), RELEASE)])
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        publishing.publish(work, [visit_id])
    with pytest.raises(PhotoShown):
        releases.choose(office, reviewer, visit_id, [Choice(name(picture), (), UNDO)])
    assert name(picture) in out(office, visit_id)
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), (), WITHHOLD)])
    assert out(office, visit_id) == {}


def test_a_picture_that_two_visits_released_stays_while_one_needs_it(
    office: Office, reviewer: Viewer
) -> None:
    picture = make.picture(6)
    first, second = accepted(office, picture), accepted(office, picture)
    for visit_id in (first, second):
        releases.choose(office, reviewer, visit_id, [Choice(name(picture), (MASK,), RELEASE)])
    masked = out(office, second)[name(picture)]
    releases.choose(office, reviewer, first, [Choice(name(picture), (), WITHHOLD)])
    assert office.files.has(masked, kind="masked")


def test_all_are_released_but_those_withheld_and_only_when_faces_were_looked_for(
    office: Office, reviewer: Viewer
) -> None:
    one, two = make.picture(7), make.picture(8)
    visit_id = accepted(office, one, two)
    shapes = {name(one): (MASK,), name(two): ()}
    with pytest.raises(PhotosNotLooked):
        releases.release_all(office, reviewer, visit_id, shapes)
    releases.propose(office, visit_id)
    releases.choose(office, reviewer, visit_id, [Choice(name(two), (), WITHHOLD)])
    assert releases.release_all(office, reviewer, visit_id, shapes) == 1
    assert set(out(office, visit_id)) == {name(one)}
    assert releases.release_all(office, reviewer, visit_id, shapes) == 0


def test_masks_alone_are_kept_as_a_persons_and_what_was_not_touched_stays_a_proposal(
    office: Office, reviewer: Viewer
) -> None:
    one, two = make.picture(9), make.picture(10)
    visit_id = accepted(office, one, two)
    releases.propose(office, visit_id)
    releases.choose(office, reviewer, visit_id, [Choice(name(one), (MASK,)), Choice(name(two), ())])
    found = rows(office, visit_id)
    assert found[name(one)].state is PhotoState.CONFIRMED
    assert found[name(one)].by_id == UUID(reviewer.user_id)
    assert found[name(two)].state is PhotoState.PROPOSED
    releases.choose(office, reviewer, visit_id, [Choice(name(two), (), CONFIRM)])
    assert rows(office, visit_id)[name(two)].state is PhotoState.CONFIRMED


def test_masks_of_what_is_out_do_not_change_until_it_is_taken_back(office: Office, reviewer: Viewer) -> None:
    picture = make.picture(11)
    visit_id = accepted(office, picture)
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), (MASK,), RELEASE)])
    before = rows(office, visit_id)[name(picture)].shapes
    releases.choose(office, reviewer, visit_id, [Choice(name(picture), ())])
    assert rows(office, visit_id)[name(picture)].shapes == before


def test_a_file_that_cannot_be_decoded_stays_inside(office: Office, reviewer: Viewer) -> None:
    broken = make.picture(12)[:300]
    visit_id = accepted(office, broken)
    assert releases.propose(office, visit_id) == 1
    with pytest.raises(PhotoNotMaskable):
        releases.choose(office, reviewer, visit_id, [Choice(name(broken), (MASK,), RELEASE)])
    assert out(office, visit_id) == {}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.HQ, Role.REVIEWER}))
def test_only_reviewers_and_head_office_release(office: Office, role: Role) -> None:
    picture = make.picture(13)
    visit_id = accepted(office, picture)
    with pytest.raises(NotAllowed):
        releases.choose(
            office, submitted.reviewer(office, role), visit_id, [Choice(name(picture), (), RELEASE)]
        )


def test_a_photo_of_another_visit_and_a_visit_that_is_not_accepted_are_refused(
    office: Office, reviewer: Viewer
) -> None:
    picture = make.picture(14)
    visit_id = accepted(office, picture)
    with pytest.raises(NotFound):
        releases.choose(office, reviewer, visit_id, [Choice("0" * 64, (), RELEASE)])
    with office.work() as work:
        work.session.get_one(Visit, visit_id).state = VisitState.IN_REVIEW
    with pytest.raises(VisitStateForbids):
        releases.choose(office, reviewer, visit_id, [Choice(name(picture), (), RELEASE)])
