"""People are told of decisions, periods and voided results: each what is his business, nobody what he may not know."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.deciding import DecisionKind
from server.domain.visit import VisitState
from server.queries import notices as shown
from server.queries import review as desk
from server.storage.notices import Notice
from server.storage.organisation import Outlet, Tier, User
from server.storage.visits import Visit
from server.usecases import decisions, notices, periods, publishing, review, voiding
from server.usecases.work import Office
from tests import decided, make, submitted
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def nothing_but_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "JOBS", dict.fromkeys(notices.EVENTS, (worker.TELL,)))
    monkeypatch.setattr(worker, "SWEEPS", ())
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def agent(both: Office) -> Outlet:
    return make.outlet(both, tier=Tier.ORDINARY)


@pytest.fixture
def staff(both: Office, agent: Outlet) -> dict[str, User]:
    place = {"unit_path": agent.unit_path}
    return {
        "owner": make.user(both, role=Role.OUTLET_OWNER, outlet_id=agent.id, **place),
        "hall": make.user(both, role=Role.HALL_MANAGER, outlet_id=agent.id, **place),
        "area": make.user(both, role=Role.AREA_MANAGER, **place),
        "branch": make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"),
        "elsewhere": make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"),
        "proposer": make.user(both, role=Role.HQ),
        "hq": make.user(both, role=Role.HQ),
        "shopper": make.user(both, role=Role.SHOPPER),
    }


def told(office: Office, staff: dict[str, User]) -> dict[str, set[str]]:
    """By code, who was told since this was asked last."""
    worker.run_once(office)
    names = {user.id: name for name, user in staff.items()}
    found: dict[str, set[str]] = {}
    with office.work() as work:
        for notice in work.session.exec(select(Notice)).all():
            if notice.user_id in names:
                found.setdefault(notice.code, set()).add(names[notice.user_id])
                viewer = submitted.viewer(staff[names[notice.user_id]])
                for language in ("zh", "en"):
                    line = shown.one(work.session, viewer, notice.id, language)
                    assert line is not None
                    assert "{" not in line.text
            work.session.delete(notice)
    return found


def test_a_decision_is_told_to_who_proposed_it_and_once_it_is_approved_to_its_outlet(
    both: Office, clock: Clock, agent: Outlet, staff: dict[str, User]
) -> None:
    decision_id = uuid4()
    with both.work(submitted.viewer(staff["proposer"])) as work:
        decisions.propose_by_hand(work, decision_id, agent.id, DecisionKind.WARNING, "连续两月偏低")
    assert told(both, staff) == {"decision-proposed": {"hq"}}
    with both.work(submitted.viewer(staff["hq"])) as work:
        decisions.hold(work, decision_id, decided.seen(work, decision_id), "等下月")
    assert told(both, staff) == {"decision-held": {"proposer"}}
    near = {"owner", "hall", "area", "branch", "proposer"}
    with both.work(submitted.viewer(staff["hq"])) as work:
        tomorrow = clock.now.date() + timedelta(days=1)
        decisions.approve(work, decision_id, decided.seen(work, decision_id), tomorrow, "两周内提交")
    assert told(both, staff) == {"decision-approved": near}
    clock.forward(days=2)
    assert decisions.take_effect(both) == 1
    assert told(both, staff) == {"decision-effective": near}


def test_a_period_is_told_to_branches_when_it_opens_and_to_outlets_when_it_is_published(
    both: Office, clock: Clock, staff: dict[str, User]
) -> None:
    hq = submitted.viewer(staff["hq"])
    clock.forward(days=15)
    periods.draft(both, hq, "2026-11")
    assert told(both, staff) == {}
    with both.work(hq) as work:
        periods.open_draft(work, "2026-11")
    assert told(both, staff) == {"period-opened": {"area", "branch", "elsewhere"}}
    clock.forward(days=9)
    with both.work(hq) as work:
        periods.publish(work, "2026-11")
    # A month is about agents: a hall has no figure in it.
    assert told(both, staff) == {"period-published": {"owner", "area", "branch", "elsewhere"}}


def covert(office: Office, staff: dict[str, User], agent: Outlet, *, publish: bool) -> Visit:
    visit = submitted.visit(office, staff["shopper"], agent)
    with office.work(submitted.reviewer(office)) as work:
        review.decide(work, visit.id, 1, "accept")
    if publish:
        with office.work(submitted.viewer(staff["proposer"])) as work:
            publishing.publish(work, [visit.id])
    told(office, staff)
    return visit


def test_a_published_result_that_is_voided_is_told_and_stands_in_the_list_as_void(
    both: Office, agent: Outlet, staff: dict[str, User]
) -> None:
    visit = covert(both, staff, agent, publish=True)
    with both.work(submitted.viewer(staff["hq"])) as work:
        voiding.void_accepted(work, visit.id, 1, "走错了网点")
    assert told(both, staff)["result-voided"] == {"owner", "hall", "area", "branch"}
    for name in ("owner", "branch"):
        viewer: Viewer = submitted.viewer(staff[name])
        with both.work(viewer, write=False) as work:
            listing = desk.listing(work.session, viewer, desk.Filters(), work.now)
        (row,) = listing.rows
        assert (row.state, row.link, row.score, row.inspector) == (VisitState.VOID.value, None, None, None)
        assert (row.submitted_at, row.grave, row.visit_date) == (None, False, date(2026, 11, 21))
        assert listing.counts["void"] == 1


def test_what_was_never_published_is_voided_without_a_word_to_its_outlet(
    both: Office, agent: Outlet, staff: dict[str, User]
) -> None:
    visit = covert(both, staff, agent, publish=False)
    with both.work(submitted.viewer(staff["hq"])) as work:
        voiding.void_accepted(work, visit.id, 1, "走错了网点")
    assert told(both, staff) == {"visit-voided": {"shopper"}}
    owner = submitted.viewer(staff["owner"])
    with both.work(owner, write=False) as work:
        assert desk.listing(work.session, owner, desk.Filters(), work.now).rows == ()
