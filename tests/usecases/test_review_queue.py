"""The queue, the list and the agreement of readers on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from server.domain.access import Role, Viewer
from server.queries import agreement, review_queue
from server.queries import review as desk
from server.storage.visits import Visit
from server.usecases import review
from server.usecases.work import Office
from tests import make, submitted

QUARTER = (date(2026, 10, 1), date(2027, 1, 1))


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


def test_the_most_urgent_comes_first_and_hq_alone_is_given_disputes(both: Office) -> None:
    hall, shopper = make.outlet(both), make.user(both, role=Role.SHOPPER)
    plain = submitted.visit(both, shopper, hall)
    late = submitted.visit(both, shopper, hall)
    grave = submitted.visit(both, shopper, hall, answers={**submitted.GOOD, "B-01": {"value": "fail"}})
    void = submitted.visit(both, shopper, hall, answers={**submitted.GOOD, "B-03": {"value": "yes"}})
    disputed = submitted.visit(both, shopper, hall)
    with both.work() as work:
        work.session.get_one(Visit, late.id).submitted_at = work.now - timedelta(hours=48, seconds=1)
        work.session.get_one(Visit, plain.id).submitted_at = work.now - timedelta(hours=48)
        work.session.get_one(Visit, disputed.id).score = 7000
    for verdicts in ([], [review.Verdict(item="A-01", agree=False, value="fail")]):
        with both.work(submitted.reviewer(both)) as work:
            review.decide(work, disputed.id, 1, "accept", verdicts=verdicts)
    hq, reviewer = submitted.reviewer(both, Role.HQ), submitted.reviewer(both)
    with both.work(write=False) as work:

        def queue(viewer: Viewer) -> list[UUID | None]:
            found = [review_queue.next_in_queue(work.session, viewer, work.now)]
            while following := review_queue.neighbours(work.session, viewer, work.now, found[-1])[1]:
                found.append(following)
            return found

        assert queue(hq) == [void.id, grave.id, late.id, disputed.id, plain.id]
        assert queue(reviewer) == [void.id, grave.id, late.id, plain.id]
        assert review_queue.neighbours(work.session, hq, work.now, void.id)[0] is None
        assert review_queue.neighbours(work.session, reviewer, work.now, disputed.id) == (None, void.id)
        listing = desk.listing(work.session, hq, desk.Filters(state="waiting"), work.now)
        assert [(row.overdue, row.disputed) for row in listing.rows] == [
            (False, False),
            (False, False),
            (True, False),
            (False, True),
            (False, False),
        ]
        found = agreement.agreement(work.session, hq, QUARTER)
        assert (found.visits, found.whole.percent, len(found.gaps)) == (1, "80.00", 1)
        assert [line.code for line in found.lines if line.below] == ["A-01"]
        assert agreement.agreement(work.session, hq, (date(2026, 7, 1), QUARTER[0])).visits == 0
