"""Incentives for coaching: proposed once a quarter is published, decided by people, given at the end, each quarter its own."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from server.domain.access import Role, Viewer
from server.domain.deciding import DecisionKind, DecisionPeriodReopened, DecisionState, DecisionStateForbids
from server.domain.errors import NotAllowed, ReasonMissing
from server.domain.visit import SHANGHAI
from server.queries import decision_words, decisions, incentives, outlet_page
from server.storage.decisions import Decision
from server.storage.events import Event
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodState
from server.usecases import decision_proposals
from server.usecases import decisions as deciding
from server.usecases.work import Office
from tests import decided, make, submitted
from tests.conftest import NOW

K, S = DecisionKind, DecisionState
TODAY = NOW.astimezone(SHANGHAI).date()


@pytest.fixture
def area(both: Office) -> list[Outlet]:
    """Twelve outlets of one area."""
    place = make.unit(both, "sx", "ty", "xd", "a1")
    return [make.outlet(both, place=place, tier=Tier.ORDINARY, class_="B") for _ in range(12)]


@pytest.fixture
def hq(both: Office) -> Viewer:
    return submitted.viewer(make.user(both, role=Role.HQ))


def ranked(both: Office, area: list[Outlet], month: str, first: int, **given: object) -> None:
    """The composites of a month: the outlet of this number is the best of them, the others in their order."""
    scores: dict[UUID, int | None] = {outlet.id: 90 - number for number, outlet in enumerate(area)}
    scores[area[first].id] = 95
    decided.month(both, month, scores, **given)  # type: ignore[arg-type]


def quarters(both: Office, area: list[Outlet]) -> None:
    """The third quarter ends with the last outlet as the last one, the fourth with the same as the first."""
    ranked(both, area, "2026-06", 0)
    ranked(both, area, "2026-09", 11)
    decided.month(both, "2026-Q3", {})


def proposed(both: Office, code: str) -> list[Decision]:
    with both.work() as work:
        decision_proposals.propose(work, code)
    return [each for each in decided.all_of(both) if each.kind is K.INCENTIVE]


def test_a_rise_by_ten_ranks_is_proposed_when_the_quarter_is_published_and_nothing_is_applied(
    both: Office, area: list[Outlet]
) -> None:
    owner = make.user(both, role=Role.OUTLET_OWNER, outlet_id=area[11].id, name="王店主")
    manager = make.user(both, role=Role.AREA_MANAGER, unit_path=area[11].unit_path, name="李片区")
    ranked(both, area, "2026-06", 0)
    ranked(both, area, "2026-09", 11)
    assert proposed(both, "2026-09") == []
    decided.month(both, "2026-Q3", {})
    (found,) = proposed(both, "2026-Q3")
    assert (found.outlet_id, found.period, found.state, found.by_rule) == (
        area[11].id,
        "2026-Q3",
        S.PROPOSED,
        True,
    )
    grounds = decision_words.grounds("incentive", decisions.unpacked(found), str)
    assert "由第 12 名（12 个网点）升到第 1 名（12 个网点），上升 11 名" in grounds[0].fact
    assert (grounds[0].rule, grounds[0].holds) == ("上升 10 名及以上", True)
    assert [(each.fact, each.period) for each in grounds[1:3]] == [
        ("综合评价 79", "2026-06"),
        ("综合评价 95", "2026-09"),
    ]
    assert grounds[3].fact == f"片区经理：{manager.name}；代办业主：{owner.name}"
    assert proposed(both, "2026-Q3") == [found]


def test_a_month_that_is_published_after_its_quarter_proposes_as_well(
    both: Office, area: list[Outlet]
) -> None:
    ranked(both, area, "2026-06", 0)
    decided.month(both, "2026-Q3", {})
    ranked(both, area, "2026-09", 11, state=PeriodState.OPEN)
    assert proposed(both, "2026-Q3") == []
    with both.work(write=False) as work:
        assert incentives.of_quarter(work.session, "2026-Q3") is None
    ranked(both, area, "2026-09", 11, round_=2)
    assert [each.period for each in proposed(both, "2026-09")] == ["2026-Q3"]


def test_a_rise_that_the_ranks_no_longer_show_is_taken_back(both: Office, area: list[Outlet]) -> None:
    quarters(both, area)
    assert len(proposed(both, "2026-Q3")) == 1
    ranked(both, area, "2026-06", 11, round_=2)
    (found,) = proposed(both, "2026-06")
    assert (found.state, found.reason) == (S.WITHDRAWN, decision_proposals.FIGURES_CHANGED)


def test_each_quarter_asks_for_its_own_and_none_takes_the_place_of_another(
    both: Office, area: list[Outlet]
) -> None:
    quarters(both, area)
    proposed(both, "2026-Q3")
    ranked(both, area, "2026-03", 11)
    decided.month(both, "2026-Q2", {})
    ranked(both, area, "2026-12", 10)
    decided.month(both, "2026-Q4", {})
    found = proposed(both, "2026-Q4")
    assert [(each.outlet_id, each.period) for each in found] == [
        (area[11].id, "2026-Q3"),
        (area[10].id, "2026-Q4"),
    ]


def test_it_is_approved_given_with_what_was_given_and_told(
    both: Office, area: list[Outlet], hq: Viewer
) -> None:
    quarters(both, area)
    (found,) = proposed(both, "2026-Q3")
    with both.work(hq) as work:
        deciding.approve(work, found.id, decided.seen(work, found.id), TODAY, "辅导到位")
    with pytest.raises(DecisionStateForbids), both.work(hq) as work:
        deciding.give(work, found.id, decided.seen(work, found.id), "奖金 500 元")
    deciding.take_effect_now(both, found.id)
    owner = submitted.viewer(make.user(both, role=Role.OUTLET_OWNER, outlet_id=area[11].id))
    with pytest.raises(NotAllowed), both.work(owner) as work:
        deciding.give(work, found.id, decided.seen(work, found.id), "奖金 500 元")
    with pytest.raises(ReasonMissing), both.work(hq) as work:
        deciding.give(work, found.id, decided.seen(work, found.id), " ")
    with both.work(hq) as work:
        deciding.give(work, found.id, decided.seen(work, found.id), "片区经理和业主各 500 元")
    with both.work(owner, write=False) as work:
        page = decisions.decision_page(work.session, owner, found.id)
        assert [(each.state, each.text) for each in page.history][-1] == (S.GIVEN, "片区经理和业主各 500 元")
        assert page.may == decisions.May(decide=False, withdraw=False, own=False, give=False)
        shown = outlet_page.outlet_page(work.session, owner, area[11].code, work.now)
        assert [row.state for row in shown.decisions or ()] == ["given"]
        assert shown.changes == []
        names = [each.name for each in work.session.exec(select(Event))]
        assert [each for each in names if each.startswith("decision.")][-3:] == [
            "decision.approved",
            "decision.effective",
            "decision.given",
        ]
    now = decided.outlet_now(both, area[11])
    assert (now.tier, now.class_, now.status) == (area[11].tier, area[11].class_, area[11].status)
    # It was decided: the same figures again ask for no second one.
    assert [each.state for each in proposed(both, "2026-Q3")] == [S.GIVEN]


def test_what_holds_is_given_for_incentives_alone(both: Office, area: list[Outlet], hq: Viewer) -> None:
    made = decided.by_hand(
        both, submitted.viewer(make.user(both, role=Role.HQ)), area[0], DecisionKind.WARNING
    )
    with both.work(hq) as work:
        deciding.approve(work, made.id, decided.seen(work, made.id), TODAY, "两周内提交计划")
    deciding.take_effect_now(both, made.id)
    with pytest.raises(DecisionStateForbids), both.work(hq) as work:
        deciding.give(work, made.id, decided.seen(work, made.id), "奖金")


def test_it_is_not_approved_while_a_month_that_it_stands_on_is_open_again(
    both: Office, area: list[Outlet], hq: Viewer
) -> None:
    quarters(both, area)
    (found,) = proposed(both, "2026-Q3")
    ranked(both, area, "2026-06", 0, state=PeriodState.DRAFT, round_=2)
    with pytest.raises(DecisionPeriodReopened) as caught, both.work(hq) as work:
        deciding.approve(work, found.id, decided.seen(work, found.id), TODAY + timedelta(days=1))
    assert caught.value.period == "2026-06"
