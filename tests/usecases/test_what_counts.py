"""Whether facts count is kept with every change of a visit, and is what the visit itself says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.review import Reason
from server.domain.visit import COUNTED, VisitState
from server.storage.facts import VisitFacts
from server.storage.visits import Visit
from server.usecases import facts, review, voiding
from server.usecases.work import Office
from tests import appealed, make, submitted


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


def counting(office: Office) -> list[int]:
    """The revisions that count by the column, after a look that the visits themselves say the same."""
    with office.work(write=False) as work:
        kept = work.session.exec(
            select(VisitFacts.revision).where(VisitFacts.counts).order_by(col(VisitFacts.revision))
        ).all()
        joined = work.session.exec(
            select(VisitFacts.revision)
            .join(
                Visit,
                sa.and_(
                    col(Visit.id) == col(VisitFacts.visit_id),
                    col(Visit.accepted_revision) == col(VisitFacts.revision),
                ),
            )
            .where(col(Visit.state).in_(COUNTED))
            .order_by(col(VisitFacts.revision))
        ).all()
        assert kept == joined
        assert facts.marked_wrong(work) == []
    return list(kept)


def test_through_the_life_of_a_visit_the_newest_accepted_revision_counts(both: Office) -> None:
    hall, shopper = make.outlet(both), make.user(both, role=Role.SHOPPER)
    owner = submitted.viewer(make.user(both, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    back = submitted.visit(both, shopper, hall)
    with both.work(submitted.reviewer(both)) as work:
        review.decide(work, back.id, 1, "return", reasons=[Reason(text="照片看不清")])
    assert counting(both) == []
    visit = submitted.visit(both, shopper, hall, answers=appealed.LOST)
    with both.work(submitted.reviewer(both)) as work:
        assert review.decide(work, visit.id, 1, "accept").state is VisitState.SECOND_REVIEW
    assert counting(both) == []
    with both.work(submitted.reviewer(both)) as work:
        review.decide(work, visit.id, 1, "accept")
    assert counting(both) == [1]
    hq = submitted.reviewer(both, Role.HQ)
    with both.work(hq) as work:
        visit = review.publish(work, visit.id)
    assert counting(both) == [1]
    for number, (item, value) in enumerate((("A-01", "pass"), ("A-02", 300)), 2):
        appeal = appealed.made(both, owner, visit, item)
        appealed.answered(both, submitted.reviewer(both), appeal, uphold=True, value=value)
        assert counting(both) == [number]
    with both.work(hq) as work:
        voiding.void_accepted(work, visit.id, 3, "复核发现走错了网点")
    assert counting(both) == []


def test_a_column_that_says_otherwise_than_the_visits_is_found(both: Office) -> None:
    hall, shopper = make.outlet(both), make.user(both, role=Role.SHOPPER)
    visits = []
    for _ in range(3):
        visit = submitted.visit(both, shopper, hall)
        with both.work(submitted.reviewer(both)) as work:
            visits.append(review.decide(work, visit.id, 1, "accept").id)
    with both.work() as work:
        work.session.get_one(Visit, visits[0]).state = VisitState.VOID
        work.session.get_one(VisitFacts, (visits[1], 1)).counts = False
    with both.work(write=False) as work:
        assert facts.marked_wrong(work) == sorted(visits[:2])
