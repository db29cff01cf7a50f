"""Missed targets of weak items: a step and a notice, once for each quarter; what a correction makes of them; who took an item up."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.tracking import Step, TrackingState
from server.domain.visit import Answer
from server.queries import weak_item_page
from server.queries.notices import sentence
from server.storage.events import Event
from server.storage.notices import Notice
from server.storage.organisation import User
from server.storage.visits import Visit
from server.usecases import corrections, period_corrections, review, weak_item_plans
from server.usecases import weak_items as tracking
from server.usecases.work import Office
from server.worker import run_once
from tests import make, quartered, submitted
from tests.conftest import Clock
from tests.quartered import BRUSHED_OFF, FIRST, SECOND, THIRD, only, publish, visits

S = TrackingState
COUNTY = "sx/ty/xd/"


@pytest.fixture(autouse=True)
def nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second review: it has its own tests."""
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])


@pytest.fixture
def shopper(both: Office) -> User:
    return make.user(both, role=Role.SHOPPER)


def quarters(office: Office, clock: Clock, shopper: User, **failed: int) -> dict[str, list[Visit]]:
    """Published quarters of the only hall, from the first on, with so many of their five visits failed."""
    hall, made = quartered.hall_in(office, "ty"), {}
    for code, number in zip((FIRST, SECOND, THIRD), failed.values(), strict=False):
        made[code] = visits(office, shopper, hall, code, failed=number)
        publish(office, clock, code)
    return made


def steps(
    office: Office, path: str = "sx/ty/", indicator: str = ""
) -> list[tuple[str, str, dict[str, Any], str | None]]:
    """The history of a unit's only item, or that of an indicator: step, quarter, what is said, by whom."""
    hq = quartered.viewer_in(office, Role.HQ, "")
    [item] = [
        each
        for (where, name), each in quartered.tracked(office).items()
        if where == path and indicator in ("", name)
    ]
    with office.work(hq, write=False) as work:
        page = weak_item_page.item_page(work.session, hq, item.id, work.now)
    return [(each.step.value, each.period, dict(each.said), each.by) for each in page.history]


def happened(office: Office) -> list[str]:
    with office.work(write=False) as work:
        found = work.session.exec(select(Event).where(Event.subject == "weak-item").order_by(col(Event.id)))
        return [each.name.removeprefix("weak-item.") for each in found]


def notices(office: Office, code: str) -> list[Notice]:
    run_once(office)
    with office.work(write=False) as work:
        return list(work.session.exec(select(Notice).where(Notice.code == code)))


def owned(office: Office, who: Viewer, by: Viewer) -> None:
    with office.work(by) as work:
        item = only(office)
        weak_item_plans.plan(work, item.id, item.revision, UUID(who.user_id), "门头老旧", [])


def appeal(office: Office, found: list[Visit], answer: str) -> None:
    """Correct the first section of visits, and let the periods follow."""
    compiled = submitted.checklist(office)
    for visit in found:
        with office.work() as work:
            kept = work.session.get_one(Visit, visit.id)
            corrections.correct(work, kept, compiled, {"A-01": Answer(value=answer)}, "appeal")
        period_corrections.follow(office, visit.id)


def test_a_missed_target_is_a_step_and_told_once_to_owner_branch_and_head_office(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    owner = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/")
    hq = quartered.viewer_in(both, Role.HQ, "")
    quartered.viewer_in(both, Role.BRANCH_MANAGER, "sx/dt/")
    quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d2/a1/")
    owned(both, owner, branch)
    revision = only(both).revision
    visits(both, shopper, hall, SECOND, failed=5)
    publish(both, clock, SECOND)
    with both.work() as work:
        assert tracking.follow(work, SECOND) == 0
    item = only(both)
    # It stands as it stood, and whoever is about to plan is not disturbed.
    assert (item.state, item.since, item.revision) == (S.OPEN, FIRST, revision)
    told = notices(both, "weak-item-missed")
    assert {str(each.user_id) for each in told} == {branch.user_id, owner.user_id, hq.user_id}
    assert len(told) == 3
    assert (told[0].subject, told[0].subject_id) == ("weak-item", str(item.id))
    assert SECOND in sentence(told[0].code, json.loads(told[0].facts), "zh")
    assert [step[:2] for step in steps(both)] == [("opened", FIRST), ("tracked", ""), ("missed", SECOND)]


def test_each_quarter_that_misses_the_target_is_told_until_one_meets_it(
    both: Office, clock: Clock, shopper: User
) -> None:
    quarters(both, clock, shopper, first=4, second=5, third=0)
    assert [step[:2] for step in steps(both)] == [("opened", FIRST), ("missed", SECOND), ("closed", THIRD)]
    assert happened(both) == ["opened", "missed", "closed"]


def test_a_correction_that_meets_the_target_takes_the_missed_one_back_and_closes_the_item(
    both: Office, clock: Clock, shopper: User
) -> None:
    made = quarters(both, clock, shopper, first=5, second=5)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    appeal(both, made[SECOND], "pass")
    assert [step[:3] for step in steps(both)] == [
        ("opened", FIRST, {}),
        ("missed", SECOND, {}),
        ("miss-corrected", SECOND, {"outcome": "met"}),
        ("closed", SECOND, {}),
    ]
    assert only(both).state is S.CLOSED
    assert happened(both) == ["opened", "missed", "miss-corrected", "closed"]
    told = next(
        each for each in notices(both, "weak-item-miss-corrected") if str(each.user_id) == branch.user_id
    )
    assert "达到目标" in sentence(told.code, json.loads(told.facts), "zh")
    assert "target met" in sentence(told.code, json.loads(told.facts), "en")
    with both.work() as work:
        assert tracking.follow(work, SECOND) == 0


def test_a_missed_target_that_is_met_and_stays_the_weak_item_is_taken_back_and_missed_again_told_anew(
    both: Office, clock: Clock, shopper: User
) -> None:
    made = quarters(both, clock, shopper, first=5, second=5)
    appeal(both, made[SECOND][:1], "pass")
    back = [("opened", FIRST), ("missed", SECOND), ("miss-corrected", SECOND)]
    assert [step[:2] for step in steps(both)] == back
    assert only(both).state is S.OPEN
    appeal(both, made[SECOND][:1], "fail")
    assert [step[:2] for step in steps(both)] == [*back, ("missed", SECOND)]
    assert (only(both).state, only(both).since) == (S.OPEN, FIRST)


@pytest.mark.parametrize("later", [False, True])
def test_a_correction_that_misses_the_target_says_neither_that_it_is_weak_again_nor_leaves_it_closed_then(
    both: Office, clock: Clock, shopper: User, *, later: bool
) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=4)
    publish(both, clock, FIRST)
    # The prohibition is the weak item of this quarter, and section A better than in the one before.
    made = visits(
        both, shopper, hall, SECOND, failed=3, answers={**BRUSHED_OFF, "A-01": quartered.FAILED["A-01"]}
    )
    publish(both, clock, SECOND)
    assert quartered.tracked(both)["sx/ty/", "T-A"].state is S.CLOSED
    if later:
        visits(both, shopper, hall, THIRD, failed=0)
        publish(both, clock, THIRD)
    appeal(both, made[-1:], "fail")
    item = quartered.tracked(both)["sx/ty/", "T-A"]
    told = [("opened", FIRST), ("closed", SECOND), ("missed", SECOND)]
    if later:
        assert (item.state, item.since) == (S.CLOSED, THIRD)
        assert [step[:2] for step in steps(both, indicator="T-A")] == [*told, ("closed", THIRD)]
    else:
        assert (item.state, item.since) == (S.OPEN, FIRST)
        assert [step[:2] for step in steps(both, indicator="T-A")] == told


def test_an_item_that_never_was_the_weak_one_had_no_target_to_miss(
    both: Office, clock: Clock, shopper: User
) -> None:
    made = quarters(both, clock, shopper, first=1, second=1)
    appeal(both, [*made[FIRST][:1], *made[SECOND][:1]], "pass")
    assert only(both).state is S.WITHDRAWN
    told = Counter(step[:2] for step in steps(both))
    assert told["missed", SECOND] == told["miss-corrected", SECOND] == 1
    assert "withdrawn" in happened(both)


def test_who_is_no_longer_the_owner_is_told_so_with_the_new_one_or_that_there_is_none(
    both: Office, clock: Clock, shopper: User
) -> None:
    quarters(both, clock, shopper, first=5)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    first, second = (quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/") for _ in range(2))
    owned(both, first, branch)
    assert notices(both, "weak-item-released") == []
    owned(both, second, branch)
    [told] = notices(both, "weak-item-released")
    assert str(told.user_id) == first.user_id
    assert second.name in sentence(told.code, json.loads(told.facts), "zh")
    # The item itself is out of his sight from now on.
    assert told.subject == "weak-items"
    with both.work(branch) as work:
        weak_item_plans.plan(work, only(both).id, only(both).revision, None, "门头老旧", [])
    [left] = [each for each in notices(both, "weak-item-released") if str(each.user_id) == second.user_id]
    assert "No owner" in sentence(left.code, json.loads(left.facts), "en")
    assert len(notices(both, "weak-item-given")) == 2


def test_who_gives_his_own_item_away_or_gets_it_back_at_once_is_told_of_no_loss(
    both: Office, clock: Clock, shopper: User
) -> None:
    quarters(both, clock, shopper, first=5)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    area = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/")
    owned(both, branch, branch)
    owned(both, area, branch)
    owned(both, branch, branch)
    owned(both, area, branch)
    assert notices(both, "weak-item-released") == []


def test_the_history_says_who_took_an_item_up_and_its_missed_targets_are_told_from_then_on(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    for code in (FIRST, SECOND):
        visits(both, shopper, hall, code, failed=5)
        publish(both, clock, code)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    with both.work(branch) as work:
        item = tracking.take_up(work, COUNTY)
        tracking.take_up(work, COUNTY)
    taken = [("opened", FIRST, {}, None), ("missed", SECOND, {}, None), ("taken-up", "", {}, branch.name)]
    assert steps(both, COUNTY) == taken
    before = {each.id for each in notices(both, "weak-item-missed")}
    assert str(item.id) not in {each.subject_id for each in notices(both, "weak-item-missed")}
    visits(both, shopper, hall, THIRD, failed=5)
    publish(both, clock, THIRD)
    assert steps(both, COUNTY) == [*taken, ("missed", THIRD, {}, None)]
    new = [each for each in notices(both, "weak-item-missed") if each.id not in before]
    assert str(item.id) in {each.subject_id for each in new}
    assert Step.TAKEN_UP.value in happened(both)
