"""What time does to corrective actions: late ones go up once, accepted ones are looked at again, and the loop closes."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.actions import ActionState, ActionStateForbids, MadeByHand, Reply
from server.domain.visit import VisitKind
from server.storage.actions import Action
from server.storage.events import Event
from server.storage.organisation import Outlet
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases import action_times, actions, hand_made, review
from server.usecases.work import Office
from tests import actions as made
from tests import make, submitted
from tests.conftest import Clock

_STRICT = {"A-01": {"value": "fail", "note": "灯箱不亮"}, "B-01": {"value": "fail"}}


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def again(office: Office, action_id: UUID) -> Action:
    with office.work(write=False) as work:
        return work.session.get_one(Action, action_id)


def names(office: Office, action_id: UUID) -> list[str]:
    with office.work(write=False) as work:
        return list(
            work.session.exec(
                select(Event.name).where(Event.subject_id == str(action_id)).order_by(col(Event.id))
            )
        )


def owner_of(office: Office, hall: Outlet) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))


def closed(office: Office, hall: Outlet, action: Action) -> None:
    """Answer it and have it accepted."""
    with office.work(owner_of(office, hall)) as work:
        actions.answer(work, action.id, Reply(answer="好了", at=work.now), {"*"})
    with office.work(submitted.reviewer(office)) as work:
        actions.decide(work, action.id, "accept")


def tasks(office: Office) -> list[Assignment]:
    with office.work(write=False) as work:
        return list(work.session.exec(select(Assignment).where(Assignment.kind == VisitKind.RECHECK)))


def looked_again(office: Office, task: Assignment, value: str, photo: bytes) -> Visit:
    """The recheck that was planned, done and accepted."""
    with office.work(write=False) as work:
        hall = work.session.get_one(Outlet, task.outlet_id)
    inspector = make.user(office, role=Role.AREA_MANAGER)
    visit = submitted.visit(
        office,
        inspector,
        hall,
        photos=[photo],
        kind="recheck",
        recheck_of=str(task.recheck_of),
        assignment_id=task.id,
        answers={**submitted.GOOD, "A-01": {"value": value}},
    )
    for _ in range(2):
        with office.work(submitted.reviewer(office)) as work:
            found = work.session.get_one(Visit, visit.id)
            if found.state != "accepted":
                review.decide(work, visit.id, found.revision, "accept")
    return visit


def test_what_is_not_answered_in_time_is_overdue_once_and_goes_up_one_level(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    made.accepted(office, make.user(office, role=Role.REVIEWER), hall, kind="announced")
    action = made.only(office, hall)
    assert action_times.sweep(office) == 0
    clock.forward(days=3)
    assert action_times.sweep(office) == 1
    assert action_times.sweep(office) == 0
    late = again(office, action.id)
    assert (late.level, late.overdue_at, late.state) == (1, clock(), ActionState.OPEN)
    assert names(office, action.id) == ["action.made", "action.overdue", "action.escalated"]
    # A new date may pass too; above the province there is nobody.
    for level in (2, 3, 3):
        with office.work(owner_of(office, hall)) as work:
            actions.answer(work, action.id, Reply(answer="好了", at=work.now), {"*"})
        clock.forward(days=30)
        assert action_times.mark_overdue(office) == 0
        with office.work(submitted.reviewer(office)) as work:
            actions.decide(work, action.id, "reopen", "还暗")
        clock.forward(days=4)
        assert action_times.mark_overdue(office) == 1
        assert again(office, action.id).level == level


def test_fifteen_days_after_acceptance_the_area_manager_gets_a_recheck_of_these_items_alone(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    manager = make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path)
    make.user(office, role=Role.AREA_MANAGER, unit_path="sx/dt/")
    visit = made.accepted(
        office,
        make.user(office, role=Role.REVIEWER),
        hall,
        kind="announced",
        answers={"B-01": {"value": "fail"}},
    )
    front, grave = made.of(office, hall)
    closed(office, hall, front)
    clock.forward(days=14, hours=23)
    closed(office, hall, grave)
    assert action_times.plan_rechecks(office) == 0
    clock.forward(hours=1)
    assert action_times.plan_rechecks(office) == 1
    assert action_times.plan_rechecks(office) == 0
    (task,) = tasks(office)
    assert (task.user_id, task.state, task.recheck_of) == (manager.id, AssignmentState.ASSIGNED, visit.id)
    assert json.loads(task.items or "") == ["A-01"]
    assert task.window_to - task.window_from == timedelta(days=7)
    assert again(office, front.id).recheck_id == task.id
    assert names(office, front.id)[-1] == "action.recheck-planned"


def test_without_an_area_manager_a_recheck_is_left_planned(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    made.accepted(office, make.user(office, role=Role.REVIEWER), hall, kind="announced")
    closed(office, hall, made.only(office, hall))
    clock.forward(days=15)
    action_times.sweep(office)
    (task,) = tasks(office)
    assert (task.user_id, task.state) == (None, AssignmentState.PLANNED)


@pytest.mark.parametrize(
    ("value", "state", "passed", "level"),
    [("pass", ActionState.ACCEPTED, True, 0), ("fail", ActionState.REOPENED, False, 1)],
)
def test_a_recheck_closes_the_loop_or_opens_the_action_again_one_level_up(
    office: Office, clock: Clock, hall: Outlet, value: str, state: ActionState, *, passed: bool, level: int
) -> None:
    made.accepted(office, make.user(office, role=Role.REVIEWER), hall, kind="announced")
    action = made.only(office, hall)
    closed(office, hall, action)
    clock.forward(days=15)
    action_times.sweep(office)
    looked_again(office, tasks(office)[0], value, make.picture(8))
    found = made.only(office, hall)
    assert (found.state, found.recheck_passed, found.level) == (state, passed, level)
    assert (found.note == "复查仍不合格") is not passed
    # Nothing is planned again for what was looked at.
    clock.forward(days=30)
    assert action_times.plan_rechecks(office) == 0


def test_two_people_who_decide_at_the_same_time_do_not_both_decide(both: Office) -> None:
    hall = make.outlet(both)
    submitted.checklist(both)
    owner, action_id = owner_of(both, hall), uuid4()
    area = submitted.viewer(make.user(both, role=Role.AREA_MANAGER, unit_path=hall.unit_path))
    with both.work(area) as work:
        asked = MadeByHand(outlet_id=str(hall.id), what="门头")
        hand_made.make(work, action_id, asked)
    with both.work(owner) as work:
        actions.answer(work, action_id, Reply(answer="好了"), {"*"})
    reviewers = [submitted.reviewer(both) for _ in range(4)]
    start, outcomes = threading.Barrier(4), []

    def decide(who: Viewer, accept: bool) -> None:
        start.wait()
        try:
            with both.work(who) as work:
                actions.decide(work, action_id, "accept" if accept else "reopen", "不够")
            outcomes.append("decided")
        except ActionStateForbids:
            outcomes.append("refused")

    threads = [threading.Thread(target=decide, args=(who, n % 2 == 0)) for n, who in enumerate(reviewers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["decided", "refused", "refused", "refused"]


def test_an_answer_and_a_withdrawal_at_the_same_time_leave_one_of_them_and_a_history_of_both_ways(
    both: Office,
) -> None:
    hall = make.outlet(both)
    area = submitted.viewer(make.user(both, role=Role.AREA_MANAGER, unit_path=hall.unit_path))
    owner, action_id = owner_of(both, hall), uuid4()
    with both.work(area) as work:
        etag = hand_made.make(work, action_id, MadeByHand(outlet_id=str(hall.id), what="门头")).action.etag
    start, failed = threading.Barrier(2), []

    def withdraw() -> None:
        start.wait()
        with both.work(area) as work:
            actions.withdraw(work, action_id, "不用了")

    def answer() -> None:
        start.wait()
        try:
            with both.work(owner) as work:
                actions.answer(work, action_id, Reply(answer="好了"), {etag})
        except actions.ActionEtagOld as problem:
            failed.append(problem)

    threads = [threading.Thread(target=each) for each in (withdraw, answer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = again(both, action_id)
    assert found.state is ActionState.WITHDRAWN
    assert bool(found.answer) is not bool(failed)
