"""Levels and etags of corrective actions: who may accept at which level, that lateness goes on rising, and no answer is lost."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.actions import ActionEtagOld, ActionState, LevelAbove, Reply, Step
from server.queries import actions as seen
from server.storage.actions import Action, ActionStep
from server.storage.organisation import Outlet
from server.usecases import action_times, actions, record_files
from server.usecases.work import Office
from tests import actions as made
from tests import make, submitted
from tests.conftest import Clock
from tests.usecases.test_action_times import again, names
from tests.usecases.test_actions import proof


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def owner(office: Office, hall: Outlet) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))


@pytest.fixture
def action(office: Office, hall: Outlet) -> Action:
    made.accepted(office, make.user(office, role=Role.REVIEWER), hall, kind="announced")
    return made.only(office, hall)


def of_role(office: Office, hall: Outlet, role: Role) -> Viewer:
    return submitted.viewer(make.user(office, role=role, unit_path=hall.unit_path))


@pytest.mark.parametrize(
    ("level", "role", "may"),
    [
        (0, Role.AREA_MANAGER, True),
        (1, Role.AREA_MANAGER, False),
        (1, Role.BRANCH_MANAGER, True),
        (2, Role.BRANCH_MANAGER, True),
        (3, Role.BRANCH_MANAGER, False),
        (3, Role.REVIEWER, True),
        (3, Role.HQ, True),
    ],
)
def test_only_somebody_of_the_actions_level_or_above_decides_about_it(
    office: Office, hall: Outlet, owner: Viewer, action: Action, level: int, role: Role, *, may: bool
) -> None:
    with office.work(owner) as work:
        actions.answer(work, action.id, Reply(answer="换好了"), {"*"})
        actions.raise_level(work, work.session.get_one(Action, action.id), level, "overdue")
    who = of_role(office, hall, role)
    with office.work(who, write=False) as work:
        page = seen.action_page(work.session, who, action.id, work.now)
    assert (page.may.decide, page.may.level_above) == (may, not may)
    if may:
        with office.work(who) as work:
            actions.decide(work, action.id, "accept")
    else:
        with pytest.raises(LevelAbove), office.work(who) as work:
            actions.decide(work, action.id, "accept")
    assert (again(office, action.id).state is ActionState.ACCEPTED) is may


def test_an_action_unanswered_goes_on_rising_a_level_each_further_limit_and_keeps_its_etag(
    office: Office, clock: Clock, action: Action
) -> None:
    clock.forward(days=3)
    for level in (1, 2, 3):
        assert action_times.mark_overdue(office) == 1
        assert action_times.mark_overdue(office) == 0
        assert again(office, action.id).level == level
        clock.forward(days=2, hours=23)
        assert action_times.mark_overdue(office) == 0
        clock.forward(hours=1)
    assert action_times.mark_overdue(office) == 0
    told = names(office, action.id)
    assert (told.count("action.overdue"), told.count("action.escalated")) == (1, 3)
    assert again(office, action.id).etag == action.etag


def test_an_answer_that_waits_for_photos_is_not_overwritten_unseen_and_stays_in_the_history(
    office: Office, hall: Outlet, owner: Viewer, action: Action
) -> None:
    photo, manager = make.picture(5), of_role(office, hall, Role.BRANCH_MANAGER)
    first = Reply(answer="换了灯管", files=[proof(photo)])
    with office.work(owner) as work:
        waiting = actions.answer(work, action.id, first, {action.etag}).action
    assert waiting.etag != action.etag
    other = of_role(office, hall, Role.AREA_MANAGER)
    with pytest.raises(ActionEtagOld), office.work(other) as work:
        actions.answer(work, action.id, Reply(answer="灯箱已修"), {action.etag})
    # Who knows of it may say something else; what was said first is not lost.
    with office.work(other) as work:
        assert actions.answer(work, action.id, Reply(answer="灯箱已修"), {waiting.etag}).files_missing == []
    assert again(office, action.id).answer == "灯箱已修"
    with office.work(manager, write=False) as work:
        steps = work.session.exec(
            select(ActionStep)
            .where(ActionStep.action_id == action.id, ActionStep.step == Step.ANSWERED)
            .order_by(col(ActionStep.number))
        ).all()
        told = seen.action_page(work.session, other, action.id, work.now).history
    assert [(step.text, str(step.actor_id)) for step in steps] == [
        ("换了灯管", owner.user_id),
        ("灯箱已修", other.user_id),
    ]
    assert [each.counted for each in told if each.step is Step.ANSWERED] == [False, True]
    # The first phone sends its answer again with all it has: it hears that another one counts.
    with office.work(owner) as work:
        record_files.keep(work, "action", action.id, photo)
    with pytest.raises(ActionEtagOld), office.work(owner) as work:
        actions.answer(work, action.id, first, {waiting.etag})


def test_a_withdrawal_keeps_the_answer_that_was_on_its_way_in_the_history(
    office: Office, owner: Viewer, action: Action
) -> None:
    with office.work(owner) as work:
        reply = Reply(answer="换了灯管", files=[proof(make.picture(5))])
        actions.answer(work, action.id, reply, {action.etag})
    with office.work(submitted.reviewer(office)) as work:
        actions.withdraw(work, action.id, "检查错了店")
    with office.work(owner, write=False) as work:
        told = seen.action_page(work.session, owner, action.id, work.now).history
    assert [(each.step, each.text, each.counted) for each in told][1:] == [
        (Step.ANSWERED, "换了灯管", False),
        (Step.WITHDRAWN, "检查错了店", True),
    ]


def test_the_photos_of_an_answer_on_its_way_complete_it_also_after_the_date_passed(
    office: Office, clock: Clock, owner: Viewer, action: Action
) -> None:
    photo = make.picture(5)
    reply = Reply(answer="换了灯管", files=[proof(photo)])
    with office.work(owner) as work:
        etag = actions.answer(work, action.id, reply, {action.etag}).action.etag
    clock.forward(days=3)
    assert action_times.mark_overdue(office) == 1
    assert again(office, action.id).etag == etag
    with office.work(owner) as work:
        record_files.keep(work, "action", action.id, photo)
        assert actions.complete_if_whole(work, action.id)
    with office.work(owner) as work:
        told = actions.answer(work, action.id, reply, {etag})
    assert (told.action.state, told.files_missing) == (ActionState.ANSWERED, [])
