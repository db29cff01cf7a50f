"""A visit that was accepted can be voided by head office until its period is closed; it then counts nowhere."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role
from server.domain.actions import ActionState
from server.domain.errors import NotAllowed, ReasonMissing, RevisionOld, VisitStateForbids
from server.domain.visit import VisitKind, VisitState
from server.queries.figures import Span, figures
from server.storage.actions import Action
from server.storage.visits import Assignment, AssignmentState, Report, Visit
from server.usecases import publishing, reports, review, voiding
from server.usecases.work import Office
from tests import make, submitted

FAILED = {**submitted.GOOD, "A-02": {"value": 2000}}
SPAN = Span(date(2026, 10, 1), date(2027, 1, 1), (VisitKind.MYSTERY,))


@pytest.fixture
def published(office: Office, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A covert visit that went the whole way, with its signed reports and its corrective action."""
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)
    hall, shopper = make.outlet(office), make.user(office, role=Role.SHOPPER)
    task = make.assignment(office, shopper, hall, checklist_id="small-hall")
    visit = submitted.visit(office, shopper, hall, answers=FAILED, assignment_id=task.id)
    worker.run_once(office)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        publishing.publish(work, [visit.id])
    worker.run_once(office)
    with office.work(write=False) as work:
        found = work.session.get_one(Visit, visit.id)
        assert found.state is VisitState.PUBLISHED
        assert len(figures(work.connection, SPAN)) == 1
        return found


def test_what_was_voided_counts_nowhere_and_asks_for_nothing(office: Office, published: Visit) -> None:
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        voiding.void_accepted(work, published.id, 1, "复核发现走错了网点")
    with office.work(write=False) as work:
        visit = work.session.get_one(Visit, published.id)
        assert (visit.state, visit.reason) == (VisitState.VOID, "复核发现走错了网点")
        assert figures(work.connection, SPAN) == []
        states = set(work.session.exec(select(Action.state).where(Action.visit_id == visit.id)))
        assert states == {ActionState.WITHDRAWN}
        task = work.session.get_one(Assignment, visit.assignment_id)
        assert (task.state, task.user_id) == (AssignmentState.PLANNED, None)
        signed = list(work.session.exec(select(Report.id).where(col(Report.visit_id) == visit.id)))
    assert signed
    assert {reports.verify_id(office, str(each)).standing for each in signed} == {"void"}


def test_only_head_office_voids_it_with_a_reason_and_in_its_present_revision(
    office: Office, published: Visit
) -> None:
    with office.work(submitted.reviewer(office)) as work, pytest.raises(NotAllowed):
        voiding.void_accepted(work, published.id, 1, "走错了网点")
    hq = submitted.reviewer(office, Role.HQ)
    with office.work(hq) as work, pytest.raises(ReasonMissing):
        voiding.void_accepted(work, published.id, 1, "  ")
    with office.work(hq) as work, pytest.raises(RevisionOld):
        voiding.void_accepted(work, published.id, 2, "走错了网点")


@pytest.mark.parametrize("state", [VisitState.FINAL, VisitState.VOID, VisitState.SUBMITTED])
def test_what_is_closed_or_was_never_accepted_is_not_voided_so(
    office: Office, published: Visit, state: VisitState
) -> None:
    with office.work() as work:
        work.session.get_one(Visit, published.id).state = state
    with (
        office.work(submitted.reviewer(office, Role.HQ)) as work,
        pytest.raises(VisitStateForbids),
    ):
        voiding.void_accepted(work, published.id, 1, "走错了网点")
