"""Publishing in batches: once each, in one transaction, with what could not go named."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.domain.access import Role
from server.domain.errors import NotAllowed, NotFound, VisitStateForbids
from server.domain.publishing import NothingChosen, TooManyAtOnce
from server.domain.visit import VisitState
from server.queries import publishing as desk
from server.storage.events import Event
from server.storage.publishing import Publication, PublishedVisit
from server.storage.visits import Visit
from server.usecases import publishing, review
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock


def accepted(office: Office, count: int, kind: str = "mystery") -> list[UUID]:
    where, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    made = []
    for _ in range(count):
        visit = submitted.visit(office, shopper, where, kind=kind, state=VisitState.ACCEPTED)
        with office.work() as work:
            row = work.session.get_one(Visit, visit.id)
            row.accepted_revision, row.decided_at = 1, work.now
        made.append(visit.id)
    return made


def state_of(office: Office, visit_id: UUID) -> VisitState:
    with office.work(write=False) as work:
        return work.session.get_one(Visit, visit_id).state


def test_a_batch_publishes_each_visit_with_its_event(both: Office) -> None:
    visits = accepted(both, 3)
    with both.work(submitted.reviewer(both, Role.HQ)) as work:
        batch = publishing.publish(work, visits)
    assert (batch.published, batch.left) == (3, ())
    with both.work(write=False) as work:
        events = work.session.exec(select(Event).where(Event.name == "visit.published")).all()
        assert {event.subject_id for event in events} == {str(each) for each in visits}
        assert {json.loads(event.facts)["batch"] for event in events} == {str(batch.id)}
        assert work.session.exec(select(Event).where(Event.name == "publication.made")).one()
        assert work.session.exec(select(Publication.visits)).one() == 3
        assert len(work.session.exec(select(PublishedVisit)).all()) == 3


def test_what_is_not_publishable_any_more_is_named_and_the_rest_goes(both: Office) -> None:
    first, second, third = accepted(both, 3)
    stranger = uuid4()
    hq = submitted.reviewer(both, Role.HQ)
    with both.work(hq) as work:
        work.session.get_one(Visit, second).state = VisitState.VOID
    with both.work(hq) as work:
        batch = publishing.publish(work, [first, second, stranger, third, first])
    assert batch.published == 2
    assert batch.left == ((second, VisitState.VOID), (stranger, None))
    assert state_of(both, third) is VisitState.PUBLISHED


def test_the_same_batch_again_publishes_nothing_twice(both: Office) -> None:
    visits = accepted(both, 2)
    hq, name = submitted.reviewer(both, Role.HQ), uuid4()
    told = []
    for _ in range(2):
        with both.work(hq) as work:
            told.append(publishing.publish(work, visits, name))
    assert told[0] == told[1]
    with both.work(write=False) as work:
        assert len(work.session.exec(select(Event).where(Event.name == "visit.published")).all()) == 2


def test_a_batch_of_nothing_or_of_too_many_is_refused_whole(office: Office) -> None:
    hq = submitted.reviewer(office, Role.HQ)
    visits = accepted(office, 1)
    with office.work(hq) as work, pytest.raises(NothingChosen):
        publishing.publish(work, [])
    with office.work(hq) as work, pytest.raises(TooManyAtOnce):
        publishing.publish(work, [*visits, *(uuid4() for _ in range(500))])
    assert state_of(office, visits[0]) is VisitState.ACCEPTED


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.HQ}))
def test_nobody_but_head_office_publishes(office: Office, role: Role) -> None:
    visits = accepted(office, 1)
    with office.work(submitted.reviewer(office, role)) as work, pytest.raises(NotAllowed):
        publishing.publish(work, visits)


def test_one_visit_by_itself_is_a_batch_too_and_says_why_it_cannot_go(office: Office) -> None:
    (visit_id,) = accepted(office, 1)
    hq = submitted.reviewer(office, Role.HQ)
    with office.work(hq) as work:
        assert review.publish(work, visit_id).state is VisitState.PUBLISHED
    with office.work(hq) as work, pytest.raises(VisitStateForbids):
        review.publish(work, visit_id)
    with office.work(hq) as work, pytest.raises(NotFound):
        review.publish(work, uuid4())


def test_what_has_waited_longest_stands_on_top_and_is_overdue_after_three_working_days(
    office: Office, clock: Clock
) -> None:
    # Accepted on Saturday 21 November 2026: Monday, Tuesday, Wednesday are the three.
    (old,) = accepted(office, 1)
    clock.forward(days=2)
    (new,) = accepted(office, 1)
    hq = submitted.reviewer(office, Role.HQ)

    def shown(**chosen: str) -> list[tuple[UUID, bool]]:
        with office.work(hq, write=False) as work:
            found = desk.desk(work.session, hq, desk.Filters(**chosen), work.now, work.settings)
            return [(row.id, row.overdue) for row in found.rows]

    clock.forward(days=2, hours=12)
    assert shown() == [(old, False), (new, False)]
    clock.forward(hours=1)
    assert shown() == [(old, True), (new, False)]
    assert shown(only="overdue") == [(old, True)]
    assert shown(period="2026-11") == [(old, True), (new, False)]
    assert shown(period="2026-Q3") == shown(kind="patrol") == shown(branch="sx/dt/") == []
