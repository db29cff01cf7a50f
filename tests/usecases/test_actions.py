"""Corrective actions: made from failed items, answered whole or not at all, accepted by another person, never lost."""

from __future__ import annotations

import json
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.actions import (
    ActionEtagOld,
    ActionSort,
    ActionState,
    ActionStateForbids,
    AnswerEmpty,
    DueWrong,
    MadeByHand,
    OwnAnswer,
    Proof,
    Reply,
    Step,
    WhyMissing,
)
from server.domain.errors import EtagMissing, NotAllowed, NotFound, WrongDocument
from server.storage.actions import Action, ActionStep
from server.storage.events import Event
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit
from server.usecases import actions, hand_made, record_files
from server.usecases.campaigns import end_of
from server.usecases.work import Office
from tests import actions as made
from tests import make, submitted
from tests.conftest import Clock


@pytest.fixture
def hall(office: Office) -> Outlet:
    return make.outlet(office)


@pytest.fixture
def owner(office: Office, hall: Outlet) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=hall.id))


@pytest.fixture
def area(office: Office, hall: Outlet) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.AREA_MANAGER, unit_path=hall.unit_path))


def inspector(office: Office, role: Role = Role.REVIEWER) -> User:
    return make.user(office, role=role)


def answered(office: Office, who: Viewer, action: Action, text: str = "灯箱换好了", *photos: bytes) -> Action:
    reply = Reply(answer=text, files=[proof(photo) for photo in photos])
    with office.work(who) as work:
        for photo in photos:
            record_files.keep(work, "action", action.id, photo)
        return actions.answer(work, action.id, reply, {"*"}).action


def proof(data: bytes) -> Proof:
    return Proof(sha256=sha256(data).hexdigest(), bytes=len(data), type="image/jpeg", origin="camera")


def again(office: Office, action: Action) -> Action:
    with office.work(write=False) as work:
        return work.session.get_one(Action, action.id)


def steps(office: Office, action: Action) -> list[str]:
    with office.work(write=False) as work:
        return [
            step.value
            for step in work.session.exec(
                select(ActionStep.step)
                .where(ActionStep.action_id == action.id)
                .order_by(col(ActionStep.number))
            )
        ]


def events(office: Office, action: Action) -> list[str]:
    with office.work(write=False) as work:
        return list(
            work.session.exec(
                select(Event.name).where(Event.subject_id == str(action.id)).order_by(col(Event.id))
            )
        )


def test_acceptance_makes_one_action_for_each_failed_item_with_the_time_of_its_sort(
    office: Office, hall: Outlet
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced", answers={"B-01": {"value": "fail"}})
    front, grave = made.of(office, hall)
    assert (front.item, front.sort, front.what) == ("A-01", ActionSort.PREMISES, "灯箱不亮")
    assert (grave.item, grave.sort, grave.what) == ("B-01", ActionSort.GRAVE, "不推诿客户")
    assert front.due_at - front.made_at == timedelta(days=3)
    assert grave.due_at - grave.made_at == timedelta(hours=24)
    assert [each.state for each in (front, grave)] == [ActionState.OPEN, ActionState.OPEN]
    assert events(office, front) == ["action.made"]


def test_a_returned_or_waiting_visit_asks_for_nothing(office: Office, hall: Outlet) -> None:
    made.visit(office, inspector(office), hall, kind="announced")
    assert made.of(office, hall) == []


def test_of_a_covert_visit_there_is_no_action_before_its_publication(office: Office, hall: Outlet) -> None:
    shopper = inspector(office, Role.SHOPPER)
    agreed = {"id": str(uuid4()), "item": "A-01", "what": "换灯管", "due": "2026-11-24", "who": "王有福"}
    made.accepted(office, shopper, hall, actions=[agreed])
    assert made.of(office, hall) == []
    made.published(office, inspector(office, Role.SHOPPER), make.outlet(office))
    visit = made.published(office, shopper, hall, actions=[agreed])
    action = made.only(office, hall)
    # Neither the phone's id nor its day nor the name that it wrote down: only the words.
    assert str(action.id) != agreed["id"]
    assert (action.what, action.who, action.visit_id) == ("换灯管", "", visit.id)
    assert action.due_at == office.clock() + timedelta(days=3)


def test_what_was_agreed_on_the_spot_is_taken_over_with_its_id_words_date_and_name(
    office: Office, hall: Outlet
) -> None:
    spot = {"id": str(uuid4()), "item": "A-01", "what": "换灯管", "due": "2026-11-30", "who": "王有福"}
    coaching = {"id": str(uuid4()), "item": None, "what": "每周练一次应答", "due": "2026-12-05", "who": "王"}
    made.accepted(office, inspector(office), hall, kind="announced", actions=[spot, coaching])
    found = {action.item: action for action in made.of(office, hall)}
    front, other = found["A-01"], found[None]
    assert (str(front.id), front.what, front.who) == (spot["id"], "换灯管", "王有福")
    assert front.due_at == end_of(date(2026, 11, 30))
    assert (str(other.id), other.sort) == (coaching["id"], ActionSort.COACHING)


def test_an_answer_counts_when_all_its_photos_are_here_and_the_same_again_changes_nothing(
    office: Office, hall: Outlet, owner: Viewer
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    action, photo = made.only(office, hall), make.picture(5)
    reply = Reply(answer="换好了", files=[proof(photo)])
    with office.work(owner) as work:
        first = actions.answer(work, action.id, reply, {action.etag})
        assert (first.action.state, first.files_missing) == (ActionState.OPEN, [proof(photo).sha256])
    with office.work(owner) as work:
        record_files.keep(work, "action", action.id, photo)
        assert actions.complete_if_whole(work, action.id)
    with office.work(owner) as work:
        told = actions.answer(work, action.id, reply, {action.etag})
        assert (told.action.state, told.files_missing) == (ActionState.ANSWERED, [])
    assert again(office, action).answer == "换好了"
    assert steps(office, action) == ["made", "answered"]
    # Also when it was sent back meanwhile: an old answer that comes late is no new one.
    with office.work(submitted.reviewer(office)) as work:
        actions.decide(work, action.id, "reopen", "灯箱还是暗的")
    with office.work(owner) as work:
        assert actions.answer(work, action.id, reply, {action.etag}).action.state is ActionState.REOPENED


def test_an_answer_needs_words_or_a_photo_the_etag_that_was_seen_and_a_state_that_waits(
    office: Office, hall: Outlet, owner: Viewer
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    action = made.only(office, hall)

    def refused(reply: Reply, etags: set[str], problem: type[Exception]) -> Any:
        with pytest.raises(problem) as raised, office.work(owner) as work:
            actions.answer(work, action.id, reply, etags)
        return raised.value

    refused(Reply(answer=" \n"), {action.etag}, AnswerEmpty)
    refused(Reply(answer="好了"), set(), EtagMissing)
    assert refused(Reply(answer="好了"), {"old"}, ActionEtagOld).current["what"] == "灯箱不亮"
    answered(office, owner, action)
    now = again(office, action).etag
    refused(Reply(answer="又好了"), {now}, ActionStateForbids)
    assert again(office, action).answer == "灯箱换好了"


def test_another_person_accepts_and_only_one_of_two_decides(
    office: Office, hall: Outlet, area: Viewer
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    action = answered(office, area, made.only(office, hall))
    with pytest.raises(OwnAnswer), office.work(area) as work:
        actions.decide(work, action.id, "accept")
    other = submitted.reviewer(office)
    with pytest.raises(ActionEtagOld), office.work(other) as work:
        actions.decide(work, action.id, "accept", etags={"another answer"})
    with office.work(other) as work:
        actions.decide(work, action.id, "accept", etags={again(office, action).etag})
    with pytest.raises(ActionStateForbids), office.work(submitted.reviewer(office)) as work:
        actions.decide(work, action.id, "reopen", "不够")
    assert again(office, action).state is ActionState.ACCEPTED
    assert steps(office, action) == ["made", "answered", "accepted"]


def test_sending_back_needs_a_reason_and_gives_a_new_date(
    office: Office, hall: Outlet, owner: Viewer
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    action = answered(office, owner, made.only(office, hall))
    reviewer = submitted.reviewer(office)
    for problem, why, due in ((WhyMissing, " ", None), (DueWrong, "还暗", date(2026, 1, 1))):
        with pytest.raises(problem), office.work(reviewer) as work:
            actions.decide(work, action.id, "reopen", why, due)
    with office.work(reviewer) as work:
        actions.decide(work, action.id, "reopen", "还暗", date(2026, 12, 1))
    found = again(office, action)
    assert (found.state, found.note, found.due_at) == (
        ActionState.REOPENED,
        "还暗",
        end_of(date(2026, 12, 1)),
    )
    # What was answered first stays in its history.
    with office.work(write=False) as work:
        said = work.session.exec(select(ActionStep).where(ActionStep.step == Step.ANSWERED)).one()
    assert said.text == "灯箱换好了"


def test_an_action_by_hand_is_made_once_for_an_outlet_in_sight(
    office: Office, hall: Outlet, area: Viewer
) -> None:
    submitted.checklist(office)
    name = uuid4()
    asked = MadeByHand(outlet_id=str(hall.id), what="门前台阶修好", due=date(2026, 12, 1), who="王")
    for _ in range(2):
        with office.work(area) as work:
            action = hand_made.make(work, name, asked).action
    assert (action.sort, action.due_at) == (ActionSort.COACHING, end_of(date(2026, 12, 1)))
    with office.work(area) as work:
        item = hand_made.make(
            work, uuid4(), MadeByHand(outlet_id=str(hall.id), item="A-01", what="门头")
        ).action
    assert (item.sort, item.checklist_id) == (ActionSort.PREMISES, "small-hall")
    assert len(made.of(office, hall)) == 2

    far = make.outlet(office, place=make.unit(office, "sx", "dt", "gl", "d9", "a9"))
    for given, problem in (
        ({"outlet_id": str(far.id)}, WrongDocument),
        ({"item": "Z-99"}, WrongDocument),
        ({"due": date(2026, 1, 1)}, DueWrong),
    ):
        asked = MadeByHand(**{"outlet_id": str(hall.id), "what": "x", **given})
        with pytest.raises(problem), office.work(area) as work:
            hand_made.make(work, uuid4(), asked)
    with pytest.raises(ActionEtagOld), office.work(area) as work:
        hand_made.make(work, name, MadeByHand(outlet_id=str(hall.id), what="别的事"))


def test_withdrawing_needs_a_reason_and_whoever_answers_too_late_keeps_what_he_wrote(
    office: Office, hall: Outlet, owner: Viewer, area: Viewer
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    action, reviewer = made.only(office, hall), submitted.reviewer(office)
    with pytest.raises(NotAllowed), office.work(area) as work:
        actions.withdraw(work, action.id, "不归我")
    with pytest.raises(WhyMissing), office.work(reviewer) as work:
        actions.withdraw(work, action.id, " ")
    with office.work(reviewer) as work:
        actions.withdraw(work, action.id, "检查错了店")
    with pytest.raises(ActionEtagOld) as raised, office.work(owner) as work:
        actions.answer(work, action.id, Reply(answer="换好了"), {action.etag})
    assert raised.value.current
    assert raised.value.current["state"] == "withdrawn"
    assert raised.value.current["note"] == "检查错了店"


def test_an_item_that_is_met_after_all_asks_for_nothing_more(office: Office, hall: Outlet) -> None:
    visit = made.accepted(
        office, inspector(office), hall, kind="announced", answers={"B-01": {"value": "fail"}}
    )
    with office.work() as work:
        assert actions.withdraw_for(work, work.session.get_one(Visit, visit.id), "A-01", "申诉成立") == 1
    assert [each.state for each in made.of(office, hall)] == [ActionState.WITHDRAWN, ActionState.OPEN]


def test_the_same_item_failing_again_goes_up_a_level(
    office: Office, clock: Clock, hall: Outlet, owner: Viewer
) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    first = made.only(office, hall)
    # Not answered yet: one action is enough, one level up.
    made.accepted(office, inspector(office), hall, kind="announced", photo=make.picture(2))
    assert made.only(office, hall).level == 1
    # Said to be done, and failed again: back to the outlet, one level up.
    answered(office, owner, first)
    made.accepted(office, inspector(office), hall, kind="announced", photo=make.picture(3))
    found = made.only(office, hall)
    assert (found.state, found.level, found.note) == (ActionState.REOPENED, 2, "答复以后的检查中又不合格")
    # Accepted, and failed again within 90 days: a new one that repeats it.
    answered(office, owner, first, "重新换了")
    with office.work(submitted.reviewer(office)) as work:
        actions.decide(work, first.id, "accept")
    clock.forward(days=80)
    made.accepted(office, inspector(office), hall, kind="announced", photo=make.picture(4))
    repeat = next(each for each in made.of(office, hall) if each.id != first.id)
    assert (repeat.repeats, repeat.level, repeat.state) == (first.id, 3, ActionState.OPEN)


def test_nobody_reaches_an_action_of_another_outlet(office: Office, hall: Outlet) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    stranger = submitted.viewer(make.user(office, role=Role.OUTLET_OWNER, outlet_id=make.outlet(office).id))
    with pytest.raises(NotFound), office.work(stranger) as work:
        actions.answer(work, made.only(office, hall).id, Reply(answer="x"), {"*"})


def test_a_photo_of_a_form_is_judged_and_kept_once(office: Office, hall: Outlet, owner: Viewer) -> None:
    made.accepted(office, inspector(office), hall, kind="announced")
    action = made.only(office, hall)
    answered(office, owner, action, "", make.picture(7), make.picture(7))
    found = again(office, action)
    assert found.state is ActionState.ANSWERED
    assert json.loads(found.files)[0]["sha256"] == proof(make.picture(7)).sha256
