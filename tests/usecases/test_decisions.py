"""Decisions: the rules propose, two pairs of eyes decide, and nothing changes before its day or without a person."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from server import worker
from server.domain.access import Role, Viewer
from server.domain.deciding import (
    DecisionImpossible,
    DecisionKind,
    DecisionOutdated,
    DecisionPeriodReopened,
    DecisionRewritten,
    DecisionState,
    DecisionStateForbids,
    EffectiveDayWithin,
    EffectiveDayWrong,
    ProposerDecides,
    possible_day,
)
from server.domain.errors import NotAllowed, NotFound, Problem, ReasonMissing
from server.domain.visit import SHANGHAI
from server.queries import decision_grounds
from server.queries import decisions as shown
from server.storage.decisions import Decision, DecisionStep, OutletChange
from server.storage.events import Event
from server.storage.organisation import Outlet, OutletStatus, Tier
from server.storage.periods import PeriodOutlet, PeriodRow, PeriodState
from server.usecases import decision_proposals, decisions
from server.usecases.work import Office
from tests import decided, make, submitted
from tests.conftest import NOW, Clock

K, S = DecisionKind, DecisionState
TODAY = NOW.astimezone(SHANGHAI).date()
NEXT_FIRST = date(2026, 12, 1)


@pytest.fixture
def shop(both: Office) -> Outlet:
    return make.outlet(both, tier=Tier.EXCLUSIVE, class_="B")


def person(office: Office, role: Role = Role.HQ, path: str = "sx/") -> Viewer:
    return submitted.viewer(make.user(office, role=role, unit_path=path))


def proposed(office: Office, code: str) -> int:
    with office.work() as work:
        return decision_proposals.propose(work, code)


def approved(
    office: Office, decision: Decision, on: date | None = None, who: Viewer | None = None
) -> Decision:
    """Approve it with effect on a day; unless one is named, on the first that its kind may have."""
    on = on or possible_day(decision.kind, TODAY)
    with office.work(who or person(office)) as work:
        return decisions.approve(work, decision.id, decided.seen(work, decision.id), on, "经审核同意")


def half_year(office: Office, shop: Outlet, score: int | None, **given: object) -> None:
    for code in ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"):
        decided.month(office, code, {shop.id: score})
    decided.month(office, "2026-H1", {shop.id: None}, **given)  # type: ignore[arg-type]


def test_a_low_half_year_proposes_a_downgrade_once_and_applies_nothing(both: Office, shop: Outlet) -> None:
    half_year(both, shop, 70)
    assert proposed(both, "2026-H1") == 1
    assert proposed(both, "2026-H1") == 0
    (only,) = decided.all_of(both)
    assert (only.kind, only.before, only.after, only.state) == (
        K.DOWNGRADE,
        "exclusive",
        "ordinary",
        S.PROPOSED,
    )
    assert only.by_rule
    assert only.evidence is not None
    with both.work() as work:
        assert decisions.take_effect(both) == 0
        assert not decisions.apply(work, only.id)
    assert decided.outlet_now(both, shop).tier is Tier.EXCLUSIVE


def test_two_low_months_propose_a_warning_and_a_very_low_one_probation(both: Office, shop: Outlet) -> None:
    decided.month(both, "2026-08", {shop.id: 79})
    decided.month(both, "2026-09", {shop.id: 59})
    assert proposed(both, "2026-08") == 0
    assert proposed(both, "2026-09") == 2
    assert [each.kind for each in decided.all_of(both)] == [K.PROBATION, K.WARNING]


def test_a_warning_that_waits_is_renewed_and_not_asked_for_again(both: Office, shop: Outlet) -> None:
    for code, score in (("2026-07", 79), ("2026-08", 79), ("2026-09", 78)):
        decided.month(both, code, {shop.id: score})
    assert proposed(both, "2026-08") == 1
    assert proposed(both, "2026-09") == 0
    (only,) = decided.all_of(both)
    assert (only.kind, only.period, only.state) == (K.WARNING, "2026-09", S.PROPOSED)
    assert proposed(both, "2026-08") == 0
    assert [each.period for each in decided.all_of(both)] == ["2026-09"]
    with both.work(person(both)) as work:
        decisions.reject(work, only.id, decided.seen(work, only.id), "已约谈")
    decided.month(both, "2026-10", {shop.id: 77})
    assert proposed(both, "2026-10") == 1


@pytest.mark.parametrize("held", [False, True])
def test_nobody_approves_what_newer_figures_rewrote_since_it_was_looked_at(
    both: Office, shop: Outlet, held: bool
) -> None:
    for code, score in (("2026-07", 79), ("2026-08", 79), ("2026-09", 78)):
        decided.month(both, code, {shop.id: score})
    proposed(both, "2026-08")
    (only,) = decided.all_of(both)
    with both.work(person(both)) as work:
        if held:
            decisions.hold(work, only.id, decided.seen(work, only.id), "八月的成绩有争议")
            work.session.flush()
        looked_at = decided.seen(work, only.id)
    proposed(both, "2026-08")
    with both.work(write=False) as work:
        assert decided.seen(work, only.id) == looked_at
    proposed(both, "2026-09")
    stale = DecisionStateForbids if held else DecisionRewritten
    with pytest.raises(stale), both.work(person(both)) as work:
        decisions.approve(work, only.id, looked_at, NEXT_FIRST)
    now = decided.again(both, only)
    # An old reason to hold it does not stand for new grounds, and the history tells that they are new.
    assert (now.state, now.period, now.reason) == (S.PROPOSED, "2026-09", "")
    with both.work(write=False) as work:
        steps = work.session.exec(select(DecisionStep).order_by(col(DecisionStep.number))).all()
    assert (steps[-1].state, steps[-1].text) == (S.PROPOSED, "figures-renewed:2026-09")
    assert approved(both, now).state is S.APPROVED


def test_what_waits_says_which_periods_came_since_and_did_not_ask_for_it(both: Office, shop: Outlet) -> None:
    decided.month(both, "2026-07", {shop.id: 59})
    assert decision_proposals.seek(both) == 1
    for code in ("2026-08", "2026-09"):
        decided.month(both, code, {shop.id: 88})
    who = person(both, Role.AUDITOR)

    def since() -> tuple[str, ...]:
        with both.work(who, write=False) as work:
            return shown.listing(work.session, who, shown.Filters()).rows[0].since

    assert since() == ()
    decision_proposals.seek(both)
    assert since() == ("2026-08", "2026-09")
    decided.month(both, "2026-10", {shop.id: 58})
    decision_proposals.seek(both)
    assert since() == ()


def test_the_page_of_a_decision_names_others_that_are_approved_for_its_outlet(
    both: Office, shop: Outlet
) -> None:
    one, other = (decided.by_hand(both, person(both), shop, kind) for kind in (K.WARNING, K.EXIT))
    approved(both, other, TODAY + timedelta(days=5))
    who = person(both)
    with both.work(who, write=False) as work:
        pages = [shown.decision_page(work.session, who, each.id) for each in (one, other)]
    assert [[row.id for row in page.others] for page in pages] == [[other.id], []]


def test_figures_that_are_not_published_propose_nothing(both: Office, shop: Outlet) -> None:
    decided.month(both, "2026-09", {shop.id: 50}, state=PeriodState.OPEN)
    assert proposed(both, "2026-09") == 0
    assert decided.all_of(both) == []


def test_nothing_is_proposed_about_own_halls(both: Office) -> None:
    hall = make.outlet(both)
    decided.month(both, "2026-09", {hall.id: 10})
    assert proposed(both, "2026-09") == 0


def test_a_new_class_is_proposed_from_the_half_years_customers(both: Office, shop: Outlet) -> None:
    half_year(both, shop, 85, classes={shop.id: "A"})
    proposed(both, "2026-H1")
    (only,) = decided.all_of(both)
    assert (only.kind, only.before, only.after) == (K.CLASS, "B", "A")


def test_a_year_among_the_last_of_company_and_department_proposes_exit(both: Office) -> None:
    place = make.unit(both, "sx", "ty", "xd", "d1", "a1")
    shops = [make.outlet(both, tier=Tier.VILLAGE, place=place, class_="C") for _ in range(11)]
    scores = {shop.id: 90 + number if number else 81 for number, shop in enumerate(shops)}
    for number in range(1, 13):
        decided.month(both, f"2026-{number:02d}", scores if number > 5 else {shops[0].id: 81})
    decided.month(both, "2026-H2", dict.fromkeys(scores))
    proposed(both, "2026-H2")
    exits = [each for each in decided.all_of(both) if each.kind is K.EXIT]
    # Three are among the department's last in seven months; of them all are among the company's last five.
    assert {each.outlet_id for each in exits} == {shop.id for shop in shops[:3]}
    assert {each.period for each in exits} == {"2026"}


@pytest.mark.parametrize("stay", [True, False])
def test_exit_ranks_a_month_among_all_who_were_there_then_leavers_of_later_too(
    both: Office, stay: bool
) -> None:
    """Handbook 2.9: a decision never rewrites earlier periods, and whoever left in September was the last in August."""
    here, there = (make.unit(both, "sx", "ty", "xd", name, "a1") for name in ("d1", "d2"))
    shops = [make.outlet(both, tier=Tier.VILLAGE, place=here, class_="C") for _ in range(11)]
    far = [make.outlet(both, tier=Tier.VILLAGE, place=there, class_="C") for _ in range(6)]
    (*leavers, third), better = shops[:4], shops[4:]
    for number in range(1, 13):
        early = number < 9
        scores = {third.id: 81 if early else 90} | {shop.id: 95 for shop in far}
        scores |= {shop.id: 90 if early else 82 + turn for turn, shop in enumerate(better)}
        decided.month(
            both, f"2026-{number:02d}", scores | ({shop.id: 80 for shop in leavers} if early else {})
        )
    last = [*shops, *far] if stay else [third, *better, *far]
    decided.month(both, "2026-H2", {shop.id: None for shop in last})
    proposed(both, "2026-H2")
    assert [each.kind for each in decided.all_of(both, third)] == []


def test_a_proposal_that_the_figures_no_longer_ask_for_is_taken_back_and_may_return(
    both: Office, shop: Outlet
) -> None:
    decided.month(both, "2026-09", {shop.id: 50})
    proposed(both, "2026-09")
    decided.month(both, "2026-09", {shop.id: 95}, round_=2)
    proposed(both, "2026-09")
    (only,) = decided.all_of(both)
    assert only.state is S.WITHDRAWN
    decided.month(both, "2026-09", {shop.id: 40}, round_=3)
    assert proposed(both, "2026-09") == 1
    assert decided.again(both, only).state is S.PROPOSED


def test_published_periods_are_looked_at_once_a_round(both: Office, shop: Outlet) -> None:
    decided.month(both, "2026-09", {shop.id: 50})
    assert decision_proposals.seek(both) == 1
    assert decision_proposals.seek(both) == 0
    with both.work(write=False) as work:
        sought = work.session.exec(select(Event).where(Event.name == decision_grounds.SOUGHT)).all()
    assert len(sought) == 1


def test_a_rejected_proposal_is_not_proposed_again(both: Office, shop: Outlet) -> None:
    decided.month(both, "2026-09", {shop.id: 50})
    proposed(both, "2026-09")
    (only,) = decided.all_of(both)
    with both.work(person(both)) as work:
        decisions.reject(work, only.id, decided.seen(work, only.id), "装修期间，情况特殊")
    assert proposed(both, "2026-09") == 0
    assert decided.again(both, only).state is S.REJECTED


def test_whoever_proposes_by_hand_does_not_decide(both: Office, shop: Outlet) -> None:
    one, other = person(both), person(both)
    decision = decided.by_hand(both, one, shop)
    for step in (decisions.hold, decisions.reject):
        with pytest.raises(ProposerDecides), both.work(one) as work:
            step(work, decision.id, decided.seen(work, decision.id), "自己来定")
    with pytest.raises(ProposerDecides):
        approved(both, decision, who=one)
    assert approved(both, decision, who=other).state is S.APPROVED


@pytest.mark.parametrize(
    "role", [Role.BRANCH_MANAGER, Role.REVIEWER, Role.AUDITOR, Role.AREA_MANAGER, Role.OUTLET_OWNER]
)
def test_only_head_office_decides(both: Office, shop: Outlet, role: Role) -> None:
    decision = decided.by_hand(both, person(both), shop)
    with pytest.raises(NotAllowed), both.work(person(both, role)) as work:
        decisions.approve(work, decision.id, decided.seen(work, decision.id), NEXT_FIRST)


def test_a_branch_proposes_within_its_own_part_and_takes_its_own_back(both: Office, shop: Outlet) -> None:
    here, elsewhere = (person(both, Role.BRANCH_MANAGER, path) for path in ("sx/ty/", "sx/dt/"))
    decision = decided.by_hand(both, here, shop)
    with pytest.raises(NotFound):
        decided.by_hand(both, elsewhere, shop)
    with pytest.raises(NotFound), both.work(elsewhere) as work:
        decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "别处")
    with both.work(here) as work:
        decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "网点已补交材料")
    assert decided.again(both, decision).state is S.WITHDRAWN


def test_a_branch_does_not_take_back_what_head_office_approved(both: Office, shop: Outlet) -> None:
    branch = person(both, Role.BRANCH_MANAGER, "sx/ty/")
    decision = decided.by_hand(both, branch, shop)
    approved(both, decision)
    with pytest.raises(NotAllowed), both.work(branch) as work:
        decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "反悔")


@pytest.mark.parametrize("step", [decisions.hold, decisions.reject, decisions.withdraw])
def test_holding_refusing_and_withdrawing_need_a_reason(both: Office, shop: Outlet, step: object) -> None:
    decision = decided.by_hand(both, person(both), shop)
    with pytest.raises(ReasonMissing), both.work(person(both)) as work:
        step(work, decision.id, decided.seen(work, decision.id), "  ")  # type: ignore[operator]
    assert decided.again(both, decision).state is S.PROPOSED


def test_a_decision_needs_a_day_that_has_not_passed(both: Office, shop: Outlet) -> None:
    decision = decided.by_hand(both, person(both), shop)
    with pytest.raises(EffectiveDayWrong):
        approved(both, decision, TODAY - timedelta(days=1))
    with pytest.raises(EffectiveDayWrong), both.work(person(both)) as work:
        decisions.approve(work, decision.id, decided.seen(work, decision.id), None)


def test_an_approved_one_takes_effect_on_its_day_and_earlier_periods_stay(
    both: Office, shop: Outlet, clock: Clock
) -> None:
    half_year(both, shop, 70)
    proposed(both, "2026-H1")
    (decision,) = decided.all_of(both)
    approved(both, decision, NEXT_FIRST)
    clock.forward(days=9)
    assert decisions.take_effect(both) == 0
    assert decided.outlet_now(both, shop).tier is Tier.EXCLUSIVE
    clock.forward(days=1)
    assert decisions.take_effect(both) == 1
    assert decisions.take_effect(both) == 0
    assert decided.outlet_now(both, shop).tier is Tier.ORDINARY
    assert decided.again(both, decision).state is S.EFFECTIVE
    with both.work(write=False) as work:
        kept = work.session.exec(select(PeriodOutlet.tier).where(PeriodOutlet.outlet_id == shop.id)).all()
        (change,) = work.session.exec(select(OutletChange)).all()
        names = work.session.exec(
            select(Event.name).where(col(Event.name).startswith("decision.")).order_by(col(Event.id))
        ).all()
    assert set(kept) == {"exclusive"}
    assert (change.field, change.before, change.after, change.from_day) == (
        "tier",
        "exclusive",
        "ordinary",
        NEXT_FIRST,
    )
    assert names == ["decision.proposed", "decision.approved", "decision.effective"]


@pytest.mark.parametrize(
    ("kind", "before", "after", "field"),
    [
        (K.PROBATION, OutletStatus.ACTIVE, OutletStatus.PROBATION, "status"),
        (K.EXIT, OutletStatus.ACTIVE, OutletStatus.EXITED, "status"),
        (K.ENTRY, OutletStatus.ONBOARDING, OutletStatus.ACTIVE, "status"),
        (K.RESTORE, OutletStatus.PROBATION, OutletStatus.ACTIVE, "status"),
        (K.CLASS, OutletStatus.ACTIVE, "A", "class"),
        (K.UPGRADE, OutletStatus.ACTIVE, Tier.FRANCHISE, "tier"),
        (K.WARNING, OutletStatus.ACTIVE, OutletStatus.ACTIVE, "status"),
    ],
)
def test_each_kind_changes_what_it_is_for(
    both: Office, clock: Clock, kind: DecisionKind, before: OutletStatus, after: str, field: str
) -> None:
    shop = make.outlet(both, tier=Tier.EXCLUSIVE, class_="B", status=before)
    approved(both, decided.by_hand(both, person(both), shop, kind, "A"))
    clock.forward(days=10)
    decisions.take_effect(both)
    now = decided.outlet_now(both, shop)
    assert {"status": now.status, "class": now.class_, "tier": now.tier}[field] == after


def test_what_cannot_be_is_not_proposed(both: Office, shop: Outlet) -> None:
    hall = make.outlet(both)
    top = make.outlet(both, tier=Tier.FRANCHISE)
    for outlet, kind in (
        (hall, K.EXIT),
        (top, K.UPGRADE),
        (shop, K.ENTRY),
        (shop, K.RESTORE),
        (shop, K.CLASS),
    ):
        with pytest.raises(DecisionImpossible):
            decided.by_hand(both, person(both), outlet, kind, "B")


def test_an_outlet_that_changed_meanwhile_is_left_alone_and_people_are_asked_again(
    both: Office, shop: Outlet, clock: Clock
) -> None:
    first, second = (decided.by_hand(both, person(both), shop) for _ in range(2))
    approved(both, first)
    approved(both, second)
    clock.forward(days=10)
    assert decisions.take_effect(both) == 1
    assert decided.outlet_now(both, shop).tier is Tier.ORDINARY
    states = {decided.again(both, each).state for each in (first, second)}
    assert states == {S.EFFECTIVE, S.HELD}
    held = next(each for each in (first, second) if decided.again(both, each).state is S.HELD)
    with pytest.raises(DecisionOutdated):
        approved(both, decided.again(both, held), date(2027, 1, 1))


def test_nothing_more_is_decided_about_an_outlet_that_has_left(
    both: Office, shop: Outlet, clock: Clock
) -> None:
    others = [
        decided.by_hand(both, person(both), shop, kind, "A") for kind in (K.UPGRADE, K.WARNING, K.CLASS)
    ]
    approved(both, others[0])
    leaves = approved(both, decided.by_hand(both, person(both), shop, K.EXIT))
    with both.work() as work:
        assert decisions.apply(work, leaves.id)
    for waiting in others[1:]:
        with pytest.raises(DecisionOutdated):
            approved(both, waiting)
    clock.forward(days=10)
    assert decisions.take_effect(both) == 0
    assert decided.again(both, others[0]).state is S.HELD
    assert decided.outlet_now(both, shop).status is OutletStatus.EXITED


def test_a_day_too_far_ahead_is_refused_with_the_last_possible_one(both: Office, shop: Outlet) -> None:
    decision = decided.by_hand(both, person(both), shop)
    with pytest.raises(EffectiveDayWrong) as found:
        approved(both, decision, date(2126, 1, 1))
    assert (found.value.first, found.value.last) == ("2026-12-01", "2027-11-21")


@pytest.mark.parametrize("kind", list(K))
def test_what_sets_the_base_changes_with_a_month_and_all_else_on_any_day(
    both: Office, kind: DecisionKind
) -> None:
    status = OutletStatus.ONBOARDING if kind is K.ENTRY else OutletStatus.ACTIVE
    if kind is K.RESTORE:
        status = OutletStatus.PROBATION
    shop = make.outlet(both, tier=Tier.EXCLUSIVE, class_="B", status=status)
    decision = decided.by_hand(both, person(both), shop, kind, "A")
    within = date(2026, 12, 31)
    if kind not in (K.UPGRADE, K.DOWNGRADE, K.CLASS):
        assert approved(both, decision, within).effective_on == within
        return
    with pytest.raises(EffectiveDayWithin) as found:
        approved(both, decision, within)
    assert found.value.first == "2026-12-01"
    assert approved(both, decision, date(2027, 1, 1)).effective_on == date(2027, 1, 1)


def test_what_is_approved_for_today_takes_effect_with_the_workers_next_turn(
    both: Office, shop: Outlet, clock: Clock
) -> None:
    clock.forward(days=10)
    approved(both, decided.by_hand(both, person(both), shop), NEXT_FIRST)
    worker.run_once(both)
    assert decided.outlet_now(both, shop).tier is Tier.ORDINARY


def test_what_a_reopened_period_proposed_waits_until_it_is_published_again(
    both: Office, shop: Outlet
) -> None:
    half_year(both, shop, 70)
    proposed(both, "2026-H1")
    (proposal,) = decided.all_of(both)
    with both.work() as work:
        work.session.get_one(PeriodRow, proposal.period).state = PeriodState.DRAFT
    with pytest.raises(DecisionPeriodReopened):
        approved(both, proposal)


def test_of_two_who_decide_at_once_one_is_heard(both: Office, shop: Outlet) -> None:
    decision = decided.by_hand(both, person(both), shop)
    people = [person(both), person(both)]
    heard: list[str] = []
    gate = threading.Barrier(2)

    def decide(who: Viewer, approve: bool) -> None:
        gate.wait()
        try:
            with both.work(who) as work:
                if approve:
                    decisions.approve(work, decision.id, decided.seen(work, decision.id), NEXT_FIRST)
                else:
                    decisions.reject(work, decision.id, decided.seen(work, decision.id), "证据不足")
            heard.append("done")
        except Problem as problem:
            heard.append(problem.code)

    threads = [threading.Thread(target=decide, args=(who, not number)) for number, who in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == ["decision-state", "done"]
    with both.work(write=False) as work:
        steps = work.session.exec(select(DecisionStep).where(DecisionStep.decision_id == decision.id)).all()
    assert len(steps) == 2


def test_what_somebody_looked_at_before_another_decided_is_not_decided_any_more(
    both: Office, shop: Outlet
) -> None:
    decision = decided.by_hand(both, person(both), shop)
    with both.work(person(both)) as work:
        looked_at = decided.seen(work, decision.id)
        decisions.hold(work, decision.id, looked_at, "等复查结果")
    with pytest.raises(DecisionStateForbids), both.work(person(both)) as work:
        decisions.approve(work, decision.id, looked_at, NEXT_FIRST)
    assert approved(both, decided.again(both, decision)).state is S.APPROVED


def test_the_same_form_sent_twice_proposes_once(both: Office, shop: Outlet) -> None:
    who, name = person(both), uuid4()
    for _ in range(2):
        with both.work(who) as work:
            decisions.propose_by_hand(work, name, shop.id, K.WARNING, "服务态度投诉集中")
    assert len(decided.all_of(both)) == 1
