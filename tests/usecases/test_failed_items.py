"""Failed items of several visits: an action goes up, goes on for another visit, or ends, and its owner hears of it in time."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from server.domain import notices
from server.domain.access import Role, Viewer
from server.domain.actions import ActionState, Reply
from server.domain.visit import Answer
from server.queries import actions as seen
from server.queries import checklists
from server.queries.matters import occasion_of, people_for
from server.storage.actions import Action, ActionStep
from server.storage.events import Event
from server.storage.organisation import Outlet
from server.storage.visits import Visit
from server.usecases import actions, corrections, review
from server.usecases.work import Office
from tests import actions as made
from tests import make, submitted
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "drawn", lambda visit_id, seed, percent: False)


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


def again(office: Office, action: Action) -> Action:
    with office.work(write=False) as work:
        return work.session.get_one(Action, action.id)


def corrected(office: Office, visit: Visit, who: Viewer | None = None, **changes: Any) -> None:
    """The answers of the visit as somebody who decides an appeal puts them right."""
    with office.work(who or submitted.reviewer(office)) as work:
        found = work.session.get_one(Visit, visit.id)
        checklist = checklists.compiled(work.connection, found.checklist_id, found.checklist_version)
        right = {item.replace("_", "-"): Answer.model_validate(value) for item, value in changes.items()}
        corrections.correct(work, found, dict(checklist), right, "appeal")


def said(office: Office, action: Action) -> list[tuple[str, str]]:
    with office.work(write=False) as work:
        rows = work.session.exec(
            select(ActionStep).where(ActionStep.action_id == action.id).order_by(col(ActionStep.number))
        ).all()
    return [(row.step.value, row.text) for row in rows]


def dependent() -> dict[str, Any]:
    """The small checklist, in which B-02 is asked only where A-01 failed."""
    written = copy.deepcopy(submitted.WRITTEN)
    item = next(each for each in written["sections"][1]["items"] if each["id"] == "B-02")
    item["when"] = {"item": "A-01", "is": "fail"}
    return written


def announced(office: Office, hall: Outlet, number: int, **given: Any) -> Visit:
    photo = make.picture(number)
    return made.accepted(
        office, make.user(office, role=Role.REVIEWER), hall, kind="announced", photo=photo, **given
    )


def shopped(office: Office, hall: Outlet, number: int) -> Visit:
    return made.published(office, make.user(office, role=Role.SHOPPER), hall, photo=make.picture(number))


@pytest.mark.parametrize("visiting", [announced, shopped])
def test_an_action_goes_on_for_another_visit_that_failed_the_item_when_the_first_is_corrected(
    office: Office, clock: Clock, hall: Outlet, visiting: Any
) -> None:
    first = visiting(office, hall, 1)
    action = made.only(office, hall)
    clock.forward(days=1)
    second = visiting(office, hall, 2)
    assert again(office, action).level == 1
    corrected(office, first, A_01={"value": "pass"})
    going_on = made.only(office, hall)
    assert (going_on.id, going_on.state, going_on.visit_id) == (action.id, ActionState.OPEN, second.id)
    # What it rose by the second visit failing too is taken back: there is one failure left.
    assert going_on.level == 0
    assert said(office, action)[-1] == (
        "made",
        "原来那次检查已更正；另一次检查中这一项同样不合格，继续整改",
    )
    corrected(office, second, A_01={"value": "pass"})
    assert again(office, action).state is ActionState.WITHDRAWN


def test_an_action_does_not_go_on_for_a_covert_visit_that_nobody_knows_of_yet(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    first = announced(office, hall, 1)
    clock.forward(days=1)
    made.accepted(office, make.user(office, role=Role.SHOPPER), hall, photo=make.picture(2))
    corrected(office, first, A_01={"value": "pass"})
    assert made.only(office, hall).state is ActionState.WITHDRAWN


def test_the_same_item_failing_while_its_action_waits_takes_it_up_once_until_it_is_answered(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    announced(office, hall, 1)
    action = made.only(office, hall)
    for number in (2, 3):
        clock.forward(hours=5)
        announced(office, hall, number)
        assert made.only(office, hall).level == 1
    assert said(office, action)[-1] == ("escalated", "还没有整改，又一次检查不合格")
    # The answer that is on its way rests on the same etag still.
    assert again(office, action).etag == action.etag


def test_a_correction_ends_the_actions_of_items_that_are_asked_no_more_and_makes_those_of_new_fails(
    office: Office, hall: Outlet
) -> None:
    submitted.checklist(office, dependent())
    visit = announced(office, hall, 1, answers={"B-02": {"value": "fail"}})
    # The maker of visits scores by the plain list; the correction scores by the published one.
    assert [each.item for each in made.of(office, hall)] == ["A-01", "B-02"]
    corrected(office, visit, A_01={"value": "pass"})
    assert {each.item: each.state for each in made.of(office, hall)} == {
        "A-01": ActionState.WITHDRAWN,
        "B-02": ActionState.WITHDRAWN,
    }
    other = make.outlet(office)
    visit = announced(office, other, 2)
    corrected(office, visit, B_01={"value": "fail"})
    assert {each.item: each.state for each in made.of(office, other)} == {
        "A-01": ActionState.OPEN,
        "B-01": ActionState.OPEN,
    }


def test_what_fails_by_a_correction_of_an_unpublished_covert_visit_waits_for_its_publication(
    office: Office, hall: Outlet
) -> None:
    visit = made.accepted(office, make.user(office, role=Role.SHOPPER), hall)
    corrected(office, visit, B_01={"value": "fail"})
    assert made.of(office, hall) == []
    with office.work(submitted.reviewer(office, Role.HQ)) as work:
        review.publish(work, visit.id)
    assert {each.item for each in made.of(office, hall)} == {"A-01", "B-01"}


def test_the_owner_hears_of_an_action_at_the_acceptance_of_an_announced_visit(
    office: Office, hall: Outlet
) -> None:
    owner = make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id)
    announced(office, hall, 1)
    with office.work(submitted.viewer(owner), write=False) as work:
        events = work.session.exec(
            select(Event).where(col(Event.name).in_(["visit.accepted", "action.made"]))
        ).all()
        told = {}
        for event in events:
            occasion = occasion_of(work.session, event)
            assert occasion is not None
            people = people_for(work.session, occasion)
            told[event.name] = notices.told(event.name, occasion.matter, people).get(str(owner.id))
        page = seen.action_page(work.session, work.viewer, made.only(office, hall).id, work.now)
    assert told == {"visit.accepted": None, "action.made": "action-made"}
    # What is asked, and not yet the visit with its score.
    assert (page.may.answer, page.visit_link) == (True, None)


def test_a_day_agreed_on_the_spot_that_passed_before_the_visit_counted_does_not_make_it_late(
    office: Office, clock: Clock, hall: Outlet
) -> None:
    spot = {"id": str(uuid4()), "item": "A-01", "what": "换灯管", "due": "2026-11-22", "who": "王有福"}
    clock.forward(days=5)
    announced(office, hall, 1, actions=[spot])
    action = made.only(office, hall)
    assert (action.who, action.due_at) == ("王有福", clock() + timedelta(days=3))


def test_outlets_and_their_managers_do_not_learn_who_of_head_office_decided(
    office: Office, hall: Outlet
) -> None:
    owner = submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))
    area = submitted.viewer(make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path))
    inside = submitted.reviewer(office)
    visit = shopped(office, hall, 1)
    action = made.only(office, hall)
    with office.work(owner) as work:
        actions.answer(work, action.id, Reply(answer="换好了"), {action.etag})
    with office.work(inside) as work:
        actions.decide(work, action.id, "reopen", "还暗")
    corrected(office, visit, inside, A_01={"value": "pass"})
    named = {}
    for who in (owner, area, inside):
        with office.work(who, write=False) as work:
            page = seen.action_page(work.session, who, action.id, work.now)
        named[who.username] = [(told.step.value, told.by) for told in page.history]
    outside = [("made", None), ("answered", owner.name), ("reopened", None), ("withdrawn", None)]
    assert named[owner.username] == named[area.username] == outside
    assert named[inside.username][2:] == [("reopened", inside.name), ("withdrawn", inside.name)]
