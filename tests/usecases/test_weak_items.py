"""Tracked weak items: opened, closed and reopened by published quarters, planned by people, told of when overdue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from sqlmodel import col, select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.errors import NotAllowed, NotFound
from server.domain.tracking import (
    MeasurePast,
    MeasureTooMany,
    MeasureWrong,
    NothingToTrack,
    OwnerElsewhere,
    Step,
    TrackingState,
    WeakItemChanged,
    WeakItemNotOpen,
)
from server.domain.visit import Answer
from server.queries import heat_map, results, weak_item_page, weak_items, weak_quarters
from server.storage.events import Event
from server.storage.notices import Notice
from server.storage.organisation import User
from server.storage.visits import Visit
from server.storage.weak_items import TrackedStep
from server.usecases import corrections, period_corrections, retention, review, weak_item_plans
from server.usecases import weak_items as tracking
from server.usecases.work import Office
from server.worker import run_once
from tests import make, quartered, submitted
from tests.conftest import Clock
from tests.quartered import BRUSHED_OFF, FAILED, FIRST, SECOND, THIRD, only, publish, tracked, visits

S = TrackingState


@pytest.fixture(autouse=True)
def nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second review: it has its own tests."""
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])


@pytest.fixture
def shopper(both: Office) -> User:
    return make.user(both, role=Role.SHOPPER)


def steps(office: Office) -> list[tuple[str, str]]:
    with office.work(write=False) as work:
        found = work.session.exec(
            select(TrackedStep).order_by(col(TrackedStep.item_id), col(TrackedStep.number))
        )
        return [(each.step.value, each.period) for each in found]


def happened(office: Office) -> list[str]:
    with office.work(write=False) as work:
        found = work.session.exec(select(Event).where(Event.subject == "weak-item").order_by(col(Event.id)))
        return [each.name.removeprefix("weak-item.") for each in found]


def opened(office: Office, clock: Clock, shopper: User) -> None:
    """The environment of the only hall's branch is its weak item from the first quarter on."""
    visits(office, shopper, quartered.hall_in(office, "ty"), FIRST, failed=5)
    publish(office, clock, FIRST)


def plan(office: Office, who: Viewer, *actions: tuple[str, date | None], **given: object) -> None:
    item = only(office)
    wanted = {"seen": item.revision, "owner_id": None, "cause": "门头老旧", **given}
    with office.work(who) as work:
        weak_item_plans.plan(work, item.id, actions=actions, **wanted)  # type: ignore[arg-type]


def test_nothing_is_tracked_before_the_quarter_is_published(
    both: Office, clock: Clock, shopper: User
) -> None:
    visits(both, shopper, quartered.hall_in(both, "ty"), FIRST, failed=5)
    quartered.drafted(both, clock, FIRST)
    assert tracked(both) == {}
    publish(both, clock, FIRST)
    item = only(both)
    assert (item.unit_path, item.indicator, item.state, item.since) == ("sx/ty/", "T-A", S.OPEN, FIRST)
    assert steps(both) == [("opened", FIRST)]
    assert happened(both) == ["opened"]


def test_following_a_quarter_twice_changes_nothing(both: Office, clock: Clock, shopper: User) -> None:
    opened(both, clock, shopper)
    with both.work() as work:
        assert tracking.follow(work, FIRST) == 0
    assert steps(both) == [("opened", FIRST)]


def test_it_is_closed_when_the_target_is_met_and_opened_again_when_it_is_weak_again(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    visits(both, shopper, hall, SECOND, failed=0)
    publish(both, clock, SECOND)
    assert only(both).state is S.CLOSED
    visits(both, shopper, hall, THIRD, failed=1)
    publish(both, clock, THIRD)
    assert (only(both).state, only(both).since) == (S.OPEN, THIRD)
    assert steps(both) == [("opened", FIRST), ("closed", SECOND), ("reopened", THIRD)]
    assert happened(both) == ["opened", "closed", "reopened"]


def test_a_missed_target_takes_points_and_stays_until_a_later_quarter_meets_it(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    # Section A earns as little as before, and the prohibition less.
    both_failed = {**BRUSHED_OFF, "A-01": FAILED["A-01"]}
    visits(both, shopper, hall, SECOND, failed=5, answers=both_failed)
    publish(both, clock, SECOND)
    assert {key[1]: item.state for key, item in tracked(both).items()} == {"T-A": S.OPEN, "P1": S.OPEN}
    with both.work(write=False) as work:
        _, _, past = heat_map.history(work.connection, SYSTEM, "sx/ty/")
    assert [(each.row.code, each.line.weak) for each in past] == [(SECOND, "P1"), (FIRST, "T-A")]
    became = past[1].then
    assert became is not None
    assert (became.outcome, became.deduction, past[1].in_) == ("missed", 5, SECOND)
    assert past[0].line.window is not None
    assert past[0].line.after == max(past[0].line.window - 5, 0)
    visits(both, shopper, hall, THIRD, failed=0)
    publish(both, clock, THIRD)
    assert {item.state for item in tracked(both).values()} == {S.CLOSED}


def test_too_few_visits_leave_it_open_and_take_nothing(both: Office, clock: Clock, shopper: User) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    visits(both, shopper, hall, SECOND, failed=0, of=4)
    publish(both, clock, SECOND)
    assert only(both).state is S.OPEN
    with both.work(write=False) as work:
        row = results.period(work.connection, SYSTEM, SECOND)
        assert row is not None
        line = weak_quarters.stored(work.connection, SYSTEM, row)["sx/ty/"]
    assert (line.weak, line.nothing) == (None, "too_few")
    assert all(cell.few for cell in line.cells.values())
    assert line.became is not None
    assert (line.became.outcome, line.became.deduction) == ("too_few", 0)


def test_a_published_quarter_that_is_computed_anew_puts_the_tracking_right(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    first, *_ = visits(both, shopper, hall, FIRST, failed=1)
    publish(both, clock, FIRST)
    assert only(both).state is S.OPEN
    compiled = submitted.checklist(both)
    with both.work() as work:
        corrections.correct(
            work, work.session.get_one(Visit, first.id), compiled, {"A-01": Answer(value="pass")}, "appeal"
        )
    assert period_corrections.follow(both, first.id) == 1
    assert only(both).state is S.WITHDRAWN
    assert steps(both) == [("opened", FIRST), ("withdrawn", FIRST)]


def test_counties_areas_and_halls_have_the_same_picture_without_deduction(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    for code in (FIRST, SECOND):
        visits(both, shopper, hall, code, failed=5)
        publish(both, clock, code)
    with both.work(write=False) as work:
        row = results.period(work.connection, SYSTEM, SECOND)
        assert row is not None
        branch = weak_quarters.stored(work.connection, SYSTEM, row)["sx/ty/"]
        for level, subject in (
            ("county", "sx/ty/xd/"),
            ("area", "sx/ty/xd/d1/a1/"),
            ("outlet", str(hall.id)),
        ):
            line = weak_quarters.worked_out(work.connection, SYSTEM, row, level)[subject]  # type: ignore[arg-type]
            assert dict(line.cells) == dict(branch.cells)
            assert (line.weak, line.to_reach) == (branch.weak, branch.to_reach)
            assert branch.became is not None
            assert line.became == replace(branch.became, deduction=Fraction(0))
            assert line.after is None
    assert branch.window is not None
    assert branch.after == branch.window - 5


def test_the_plan_names_owner_cause_and_up_to_three_actions_and_says_so_in_the_history(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    area = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/")
    elsewhere = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/dt/xd/d1/a1/")
    day = clock.now.date() + timedelta(days=10)
    with pytest.raises(MeasureWrong):
        plan(both, branch, ("更换门头", None))
    with pytest.raises(MeasureTooMany):
        plan(both, branch, *[(f"措施 {n}", day) for n in range(4)])
    with pytest.raises(OwnerElsewhere):
        plan(both, branch, owner_id=make.user(both, role=Role.AREA_MANAGER, unit_path="sx/dt/").id)
    for stranger, problem in ((area, NotFound), (elsewhere, NotFound)):
        with pytest.raises((problem, NotAllowed)):
            plan(both, stranger)
    plan(both, branch, ("更换门头", day), ("", None), ("每日巡查", day), owner_id=UUID(area.user_id))
    with pytest.raises(WeakItemChanged):
        plan(both, branch, seen=1)
    with both.work(branch, write=False) as work:
        page = weak_item_page.item_page(work.session, branch, only(both).id, work.now)
    assert [(each.number, each.what, each.due) for each in page.actions] == [
        (1, "更换门头", day),
        (2, "每日巡查", day),
    ]
    assert page.history[-1].step is Step.TRACKED
    assert page.history[-1].said["owner"] == area.name
    assert page.history[-1].said["cause"] == "门头老旧"
    # The owner does not plan, but says what is done and proves it.
    with both.work(area) as work, pytest.raises(NotAllowed):
        weak_item_plans.plan(work, only(both).id, 2, None, "别的", [])
    with both.work(area) as work:
        weak_item_plans.tick(work, only(both).id, 2, done=True)
        assert len(weak_item_plans.prove(work, only(both).id, [make.picture(1), make.picture(1)])) == 2
    # What an unchanged action has of being done stays.
    plan(both, branch, ("每日巡查", day), owner_id=UUID(area.user_id))
    with both.work(branch, write=False) as work:
        page = weak_item_page.item_page(work.session, branch, only(both).id, work.now)
    assert [(each.what, each.done_on) for each in page.actions] == [("每日巡查", clock.now.date())]
    assert len(page.files) == 1


def test_an_action_is_planned_for_today_or_later_and_a_day_that_passed_meanwhile_may_stay(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    today = clock.now.date()
    with pytest.raises(MeasurePast) as wrong:
        plan(both, branch, ("更换门头", today), ("每日巡查", today - timedelta(days=1)))
    assert wrong.value.facts() == {"number": 2, "day": (today - timedelta(days=1)).isoformat()}
    plan(both, branch, ("更换门头", today))
    clock.forward(days=3)
    plan(both, branch, ("更换门头和灯箱", today), ("每日巡查", today + timedelta(days=3)))
    with pytest.raises(MeasurePast):
        plan(both, branch, ("更换门头和灯箱", today + timedelta(days=1)))


def test_who_is_made_the_owner_is_told_so_once_and_finds_it_on_his_desk(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    owner = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/")
    day = clock.now.date() + timedelta(days=7)
    plan(both, branch, ("更换门头", day), owner_id=UUID(owner.user_id))
    plan(both, branch, ("更换门头和灯箱", day), owner_id=UUID(owner.user_id))
    run_once(both)
    with both.work(write=False) as work:
        told = work.session.exec(select(Notice).where(Notice.code == "weak-item-given")).all()
        assert [str(each.user_id) for each in told] == [owner.user_id]
        assert json.loads(told[0].facts)["period"] == FIRST


def test_the_weak_item_of_a_county_or_an_area_is_tracked_once_somebody_takes_it_up_and_follows_its_quarters(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    elsewhere = quartered.viewer_in(both, Role.BRANCH_MANAGER, "sx/dt/")
    area = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/")
    county, below = "sx/ty/xd/", "sx/ty/xd/d1/a1/"
    for who, path, problem in (
        (elsewhere, county, NotFound),
        (area, below, NotAllowed),
        # That of a branch is tracked by itself, and a department has none.
        (branch, "sx/ty/", NothingToTrack),
        (branch, str(hall.id), NothingToTrack),
    ):
        with both.work(who) as work, pytest.raises(problem):
            tracking.take_up(work, path)
    for path in (county, below, county):
        with both.work(branch) as work:
            item = tracking.take_up(work, path)
            assert (item.unit_path, item.indicator, item.state, item.since) == (path, "T-A", S.OPEN, FIRST)
    assert happened(both) == ["opened", "taken-up", "taken-up"]
    wanted = weak_items.Filters(state="all")
    for who, seen in ((branch, 3), (area, 1), (quartered.viewer_in(both, Role.BRANCH_MANAGER, county), 2)):
        with both.work(who, write=False) as work:
            assert weak_items.listing(work.session, who, wanted, work.now).total == seen
    visits(both, shopper, hall, SECOND, failed=0)
    publish(both, clock, SECOND)
    assert {key[0]: item.state for key, item in tracked(both).items()} == dict.fromkeys(
        ("sx/ty/", county, below), S.CLOSED
    )
    visits(both, shopper, hall, THIRD, failed=1)
    publish(both, clock, THIRD)
    assert {(item.state, item.since) for item in tracked(both).values()} == {(S.OPEN, THIRD)}
    with both.work() as work:
        assert tracking.follow(work, THIRD) == 0


def test_what_is_taken_up_later_brings_its_earlier_quarters_with_it_and_tells_of_none_of_them(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    for code, failed in ((FIRST, 5), (SECOND, 0), (THIRD, 1)):
        visits(both, shopper, hall, code, failed=failed)
        publish(both, clock, code)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    with both.work(branch) as work:
        item = tracking.take_up(work, "sx/ty/xd/")
        page = weak_item_page.item_page(work.session, branch, item.id, work.now)
        assert [(each.step, each.period) for each in page.history] == [
            (Step.OPENED, FIRST),
            (Step.CLOSED, SECOND),
            (Step.REOPENED, THIRD),
            (Step.TAKEN_UP, ""),
        ]
    assert happened(both) == ["opened", "closed", "reopened", "taken-up"]


def test_a_done_action_stays_done_when_a_word_or_its_day_is_corrected_and_else_is_said_to_be_undone(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    day, later = (clock.now.date() + timedelta(days=turn) for turn in (10, 20))

    def done() -> list[bool]:
        with both.work(branch, write=False) as work:
            page = weak_item_page.item_page(work.session, branch, only(both).id, work.now)
            return [each.done_on is not None for each in page.actions]

    plan(both, branch, ("每日巡查", day), ("每日巡查", day), ("更换门头", day))
    with both.work(branch) as work:
        weak_item_plans.tick(work, only(both).id, 2, done=True)
    plan(both, branch, ("每日巡查", later), ("每日巡查", day), ("更换门头", day))
    assert done() == [False, True, False]
    plan(both, branch, ("每日巡查", later), ("每日巡查两次", day), ("更换门头", day))
    assert done() == [False, True, False]
    plan(both, branch, ("每日巡查", later), ("每日巡查两次", later), ("更换门头", day))
    assert done() == [False, True, False]
    # One above it is taken out.
    plan(both, branch, ("", None), ("每日巡查两次", later), ("更换门头", day))
    assert done() == [True, False]
    assert "undone" not in [step for step, _ in steps(both)]
    plan(both, branch, ("重新培训", day), ("更换门头", day))
    assert done() == [False, False]
    assert [step for step, _ in steps(both)][-2:] == ["tracked", "undone"]


def test_the_province_has_a_weak_item_without_a_target(both: Office, clock: Clock, shopper: User) -> None:
    opened(both, clock, shopper)
    with both.work(write=False) as work:
        row = results.period(work.connection, SYSTEM, FIRST)
        assert row is not None
        lines = weak_quarters.stored(work.connection, SYSTEM, row)
    assert (lines["sx/"].weak, lines["sx/"].target, lines["sx/"].to_reach) == ("T-A", None, None)
    assert lines["sx/ty/"].target is not None


def test_points_are_taken_off_branches_alone_and_the_province_has_no_outcome(
    both: Office, clock: Clock, shopper: User
) -> None:
    hall = quartered.hall_in(both, "ty")
    for quarter in (FIRST, SECOND):
        visits(both, shopper, hall, quarter, failed=5)
        publish(both, clock, quarter)
    with both.work(write=False) as work:
        row = results.period(work.connection, SYSTEM, SECOND)
        assert row is not None
        lines = weak_quarters.stored(work.connection, SYSTEM, row)
        counties = weak_quarters.worked_out(work.connection, SYSTEM, row, "county")
        told = results.results(work.connection, SYSTEM, SECOND, ["weak-item-improvement"])
    branch = lines["sx/ty/"]
    assert branch.became is not None
    assert branch.became.outcome == "missed"
    assert branch.became.deduction
    assert lines["sx/"].weak == branch.weak
    assert lines["sx/"].became is None
    assert "sx/" not in {each.subject for each in told}
    below = [line.became for line in counties.values() if line.became]
    assert [(each.outcome, each.deduction) for each in below] == [("missed", 0)]


def test_a_closed_item_is_not_planned(both: Office, clock: Clock, shopper: User) -> None:
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    visits(both, shopper, hall, SECOND, failed=0)
    publish(both, clock, SECOND)
    with pytest.raises(WeakItemNotOpen):
        plan(both, quartered.viewer_in(both, Role.BRANCH_MANAGER))


def test_an_overdue_action_is_told_once_to_owner_branch_and_head_office_and_waits_on_their_desks(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    branch = quartered.viewer_in(both, Role.BRANCH_MANAGER)
    owner = quartered.viewer_in(both, Role.AREA_MANAGER, "sx/ty/xd/d1/a1/")
    hq = quartered.viewer_in(both, Role.HQ, "")
    other = quartered.viewer_in(both, Role.BRANCH_MANAGER, "sx/dt/")
    plan(both, branch, ("更换门头", clock.now.date()), owner_id=UUID(owner.user_id))
    assert weak_item_plans.find_overdue(both) == 0
    clock.forward(days=1)
    assert weak_item_plans.find_overdue(both) == 1
    assert weak_item_plans.find_overdue(both) == 0
    run_once(both)
    with both.work(write=False) as work:
        told = work.session.exec(select(Notice).where(Notice.code == "weak-item-overdue")).all()
        assert {str(each.user_id) for each in told} == {branch.user_id, owner.user_id, hq.user_id}
        assert json.loads(told[0].facts)["unit"]
        for who, waits in ((branch, (1, 1)), (owner, (1, 1)), (hq, (1, 1)), (other, (0, 0))):
            assert weak_items.waiting(work.session, who, work.now) == waits


def test_proofs_stay_while_the_item_is_open_and_go_90_days_after_its_end(
    both: Office, clock: Clock, shopper: User
) -> None:
    clock.now = datetime(2025, 7, 1, 3, tzinfo=UTC)
    hall = quartered.hall_in(both, "ty")
    visits(both, shopper, hall, FIRST, failed=5)
    publish(both, clock, FIRST)
    with both.work(quartered.viewer_in(both, Role.BRANCH_MANAGER)) as work:
        weak_item_plans.prove(work, only(both).id, [make.picture(1)])
    visits(both, shopper, hall, SECOND, failed=0)
    clock.forward(days=95)
    assert retention.expire_proofs(both) == 0
    publish(both, clock, SECOND)
    assert only(both).state is S.CLOSED
    assert retention.expire_proofs(both) == 0
    clock.forward(days=91)
    assert retention.expire_proofs(both) == 1


def test_a_branch_sees_its_own_tracked_items_and_its_halls_none(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    wanted = weak_items.Filters(state="all")
    for role, path, seen in (
        (Role.HQ, "", 1),
        (Role.AUDITOR, "", 1),
        (Role.BRANCH_MANAGER, "sx/ty/", 1),
        (Role.BRANCH_MANAGER, "sx/dt/", 0),
        (Role.BRANCH_MANAGER, "sx/ty/xd/", 0),
        (Role.AREA_MANAGER, "sx/ty/xd/d1/a1/", 0),
        (Role.HALL_MANAGER, "sx/ty/", 0),
        (Role.OUTLET_OWNER, "sx/ty/", 0),
    ):
        who = quartered.viewer_in(both, role, path)
        with both.work(who, write=False) as work:
            assert weak_items.listing(work.session, who, wanted, work.now).total == seen, (role, path)


def test_what_waits_is_counted_as_the_list_shows_it_for_every_role(
    both: Office, clock: Clock, shopper: User
) -> None:
    opened(both, clock, shopper)
    todo = weak_items.Filters(state="todo")
    for role, number in ((Role.HQ, 1), (Role.AUDITOR, 0), (Role.REVIEWER, 0)):
        who = quartered.viewer_in(both, role, "")
        with both.work(who, write=False) as work:
            waits = weak_items.waiting(work.session, who, work.now)
            listed = weak_items.listing(work.session, who, todo, work.now)
        assert (waits[0], listed.total, listed.counts["todo"]) == (number, number, number)
