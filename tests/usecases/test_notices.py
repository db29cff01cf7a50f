"""Notices come from the event log: each person once, whatever dies in between, and nothing covert too early."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role
from server.domain.notices import FRESH, KEPT
from server.domain.visit import VisitKind, VisitState
from server.queries.notices import sentence
from server.queries.reports import report_id_of
from server.storage.events import Event
from server.storage.notices import Notice
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import jobs, notices, people
from server.usecases.work import Office
from tests import actions, make, submitted
from tests.conftest import Clock

GRAVE = {**submitted.GOOD, "B-01": {"value": "fail"}}


@pytest.fixture(autouse=True)
def nothing_but_telling(monkeypatch: pytest.MonkeyPatch) -> None:
    """What else follows from events has its own tests."""
    monkeypatch.setattr(worker, "JOBS", dict.fromkeys(notices.EVENTS, (worker.TELL,)))


@pytest.fixture
def hall(both: Office) -> Outlet:
    return make.outlet(both)


@pytest.fixture
def staff(both: Office, hall: Outlet) -> dict[str, User]:
    """One of each role around the hall, and a branch manager elsewhere."""
    place = {"unit_path": hall.unit_path}
    return {
        "shopper": make.user(both, role=Role.SHOPPER),
        "area": make.user(both, role=Role.AREA_MANAGER, **place),
        "hall": make.user(both, role=Role.HALL_MANAGER, outlet_id=hall.id, **place),
        "owner": make.user(both, role=Role.OUTLET_OWNER, outlet_id=hall.id, **place),
        "reviewer": make.user(both, role=Role.REVIEWER),
        "branch": make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"),
        "elsewhere": make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/dt/"),
        "hq": make.user(both, role=Role.HQ),
        "left": make.user(both, role=Role.HQ, disabled_at=both.clock()),
        "admin": make.user(both, role=Role.ADMIN),
        "auditor": make.user(both, role=Role.AUDITOR),
    }


def settled(office: Office, by: User, hall: Outlet, state: VisitState, *events: str, **given: Any) -> Visit:
    visit = submitted.visit(office, by, hall, answers=given.pop("answers", GRAVE), **given)
    with office.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.accepted_revision = state, 1
        for event in events:
            work.record(event, "visit", visit.id, revision=1)
    worker.run_once(office)
    return visit


def told(office: Office, staff: dict[str, User]) -> dict[str, list[str]]:
    """The codes of everybody's notices, in order."""
    names = {user.id: name for name, user in staff.items()}
    found: dict[str, list[str]] = {}
    with office.work(write=False) as work:
        for notice in work.session.exec(select(Notice).order_by(col(Notice.event_id), col(Notice.code))):
            found.setdefault(names[notice.user_id], []).append(notice.code)
    return found


def test_a_confirmed_grave_fail_of_a_covert_visit_is_head_offices_until_it_is_published(
    both: Office, hall: Outlet, staff: dict[str, User]
) -> None:
    visit = settled(both, staff["shopper"], hall, VisitState.ACCEPTED, "visit.accepted")
    assert told(both, staff) == {"hq": ["grave-covert"]}
    with both.work() as work:
        work.session.get_one(Visit, visit.id).state = VisitState.PUBLISHED
        work.record("visit.published", "visit", visit.id)
    worker.run_once(both)
    near = {key: ["published-grave"] for key in ("area", "hall", "owner", "branch")}
    assert told(both, staff) == {"hq": ["grave-covert"], **near}


def test_what_an_outlet_is_told_of_a_covert_visit_points_to_nobody_and_to_no_minute(
    both: Office, hall: Outlet, staff: dict[str, User]
) -> None:
    visit = settled(both, staff["shopper"], hall, VisitState.PUBLISHED, "visit.published")
    with both.work(write=False) as work:
        for notice in work.session.exec(select(Notice)):
            # The phone's id begins with the instant at which the visit began.
            assert notice.subject_id == str(report_id_of(visit.id, 1, "outlet"))
            said = json.loads(notice.facts)
            assert set(said) == {"outlet", "outlet_code", "kind", "date", "grave"}
            assert staff["shopper"].name not in notice.facts


def test_an_open_visits_grave_fail_is_told_to_those_responsible_at_once(
    both: Office, hall: Outlet, staff: dict[str, User]
) -> None:
    settled(both, staff["reviewer"], hall, VisitState.ACCEPTED, "visit.accepted", kind=VisitKind.ANNOUNCED)
    assert told(both, staff) == {key: ["grave"] for key in ("hq", "branch", "area", "hall")}


def test_an_event_that_is_worked_off_twice_tells_nobody_twice(
    both: Office, hall: Outlet, staff: dict[str, User], clock: Clock
) -> None:
    """The worker dies after the notices were made and before the job was noted as done."""
    visit = submitted.visit(both, staff["shopper"], hall)
    with both.work() as work:
        work.record("visit.returned", "visit", visit.id, revision=1)
    jobs.seal(both, worker.JOBS)
    claimed = jobs.claim(both)
    while claimed is not None:
        notices.tell(both, claimed.event_id)
        claimed = jobs.claim(both)
    clock.forward(seconds=jobs.LEASE_SECONDS)
    assert worker.run_once(both) == 1
    assert told(both, staff) == {"shopper": ["visit-returned"]}


def test_a_plan_of_a_covert_visit_is_told_to_its_shopper_alone(
    both: Office, hall: Outlet, staff: dict[str, User]
) -> None:
    task = make.assignment(both, staff["shopper"], hall)
    with both.work() as work:
        work.record("assignment.made", "assignment", task.id, user=str(staff["shopper"].id))
    worker.run_once(both)
    assert told(both, staff) == {"shopper": ["task-given"]}
    with both.work(people.viewer_of(staff["shopper"])) as work:
        work.record("assignment.declined", "assignment", task.id)
    worker.run_once(both)
    assert told(both, staff) == {"shopper": ["task-given"], "hq": ["task-declined"]}


def test_old_news_is_no_news(both: Office, hall: Outlet, staff: dict[str, User], clock: Clock) -> None:
    visit = submitted.visit(both, staff["shopper"], hall)
    with both.work() as work:
        work.record("visit.returned", "visit", visit.id)
    clock.now += FRESH + timedelta(seconds=1)
    worker.run_once(both)
    assert told(both, staff) == {}


def test_a_late_review_is_told_once_for_each_revision(
    both: Office, hall: Outlet, staff: dict[str, User], clock: Clock
) -> None:
    visit = submitted.visit(both, staff["shopper"], hall)
    clock.forward(hours=48)
    assert notices.find_overdue(both) == 0
    clock.forward(seconds=1)
    assert notices.find_overdue(both) == 1
    assert notices.find_overdue(both) == 0
    worker.run_once(both)
    assert told(both, staff) == {key: ["review-overdue"] for key in ("reviewer", "hq")}
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.revision, found.submitted_at = 2, work.now
    assert notices.find_overdue(both) == 0
    clock.forward(hours=49)
    assert notices.find_overdue(both) == 1


def test_notices_go_after_half_a_year(
    both: Office, hall: Outlet, staff: dict[str, User], clock: Clock
) -> None:
    settled(both, staff["shopper"], hall, VisitState.PUBLISHED, "visit.published")
    clock.now += KEPT
    notices.tidy(both)
    assert told(both, staff)
    clock.forward(seconds=1)
    notices.tidy(both)
    assert told(both, staff) == {}


def test_only_the_own_notices_are_marked(both: Office, hall: Outlet, staff: dict[str, User]) -> None:
    settled(both, staff["shopper"], hall, VisitState.PUBLISHED, "visit.published")
    with both.work(write=False) as work:
        ids = {notice.user_id: notice.id for notice in work.session.exec(select(Notice))}
    with both.work(people.viewer_of(staff["owner"])) as work:
        assert notices.read(work, [ids[staff["hall"].id]]) == 0
        assert notices.read(work, list(ids.values())) == 1
        assert notices.read(work) == 0
    with both.work(write=False) as work:
        read = work.session.exec(select(Notice.user_id).where(col(Notice.read_at).is_not(None))).all()
        assert read == [staff["owner"].id]
        assert work.session.exec(select(Event.id).where(Event.name == "visit.published")).one()


def test_notices_of_actions_say_what_each_asks_for_and_those_of_before_still_read(
    both: Office, hall: Outlet, staff: dict[str, User]
) -> None:
    actions.accepted(both, staff["area"], hall, kind="announced")
    worker.run_once(both)
    with both.work(write=False) as work:
        made = work.session.exec(
            select(Notice).where(Notice.code == "action-made", Notice.user_id == staff["owner"].id)
        ).one()
    facts = json.loads(made.facts)
    assert f"{hall.name}，门头干净完好，期限 " in sentence("action-made", facts, "zh")
    assert f"{hall.name}, Fascia clean and whole, due " in sentence("action-made", facts, "en")
    old = {name: value for name, value in facts.items() if not name.startswith("what")}
    assert f"{hall.name}，期限 " in sentence("action-made", old, "zh")
