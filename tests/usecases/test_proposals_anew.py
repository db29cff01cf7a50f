"""Proposals that are asked for again: corrected and late periods reach the later ones that look at them, and vetoes their half-years."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from uuid import UUID

import pytest
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.deciding import DecisionKind, DecisionState, DecisionVetoesChanged
from server.domain.periods import Period
from server.queries import proposals
from server.storage.decisions import Decision, DecisionStep
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodState
from server.usecases import decision_proposals, decisions, vetoes
from server.usecases.work import Office
from tests import decided, make, submitted

K, S = DecisionKind, DecisionState
JULY, AUGUST, SEPTEMBER, OCTOBER = "2026-07", "2026-08", "2026-09", "2026-10"


@pytest.fixture
def shop(both: Office) -> Outlet:
    return make.outlet(both, tier=Tier.EXCLUSIVE, class_="B")


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch, shop: Outlet) -> None:
    """The outlet has passed the entry check of the higher tier."""
    passed: Mapping[UUID, Fraction] = {shop.id: Fraction(90)}
    monkeypatch.setattr(proposals, "entry_checks", lambda *_: passed)


def published(office: Office, shop: Outlet, scores: Mapping[str, int], round_: int = 1) -> int:
    """Publish these months with the outlet's composites, and look for proposals; returns how many are new."""
    for code, score in scores.items():
        decided.month(office, code, {shop.id: score}, round_=round_)
    return decision_proposals.seek(office)


def half_year(office: Office, shop: Outlet, code: str, score: int, class_: str = "B", round_: int = 1) -> int:
    for month in Period.read(code).split("month"):
        decided.month(office, month.code, {shop.id: score}, round_=round_)
    decided.month(office, code, {shop.id: None}, classes={shop.id: class_}, round_=round_)
    return decision_proposals.seek(office)


def kept(office: Office, *kinds: DecisionKind) -> list[tuple[DecisionKind, str, DecisionState]]:
    """The kind, period and state of each decision, of the named kinds alone where there are any."""
    return [
        (each.kind, each.period, each.state)
        for each in decided.all_of(office)
        if not kinds or each.kind in kinds
    ]


def test_a_warning_is_taken_back_where_the_first_of_its_months_is_corrected(
    both: Office, shop: Outlet
) -> None:
    published(both, shop, {SEPTEMBER: 79, OCTOBER: 79})
    assert kept(both) == [(K.WARNING, OCTOBER, S.PROPOSED)]
    published(both, shop, {SEPTEMBER: 95}, round_=2)
    assert kept(both) == [(K.WARNING, OCTOBER, S.WITHDRAWN)]


def test_a_warning_is_proposed_where_the_first_of_its_months_is_corrected_downwards(
    both: Office, shop: Outlet
) -> None:
    assert published(both, shop, {SEPTEMBER: 81, OCTOBER: 79}) == 0
    assert published(both, shop, {SEPTEMBER: 79}, round_=2) == 1
    assert decision_proposals.seek(both) == 0
    assert kept(both) == [(K.WARNING, OCTOBER, S.PROPOSED)]


def test_a_warning_is_proposed_in_whatever_order_its_months_are_published(both: Office, shop: Outlet) -> None:
    assert published(both, shop, {OCTOBER: 79}) == 0
    assert published(both, shop, {SEPTEMBER: 79}) == 1
    assert kept(both) == [(K.WARNING, OCTOBER, S.PROPOSED)]


@pytest.mark.usefixtures("checked")
def test_an_upgrade_is_taken_back_where_the_first_of_its_half_years_is_corrected(
    both: Office, shop: Outlet
) -> None:
    for code in ("2025-H2", "2026-H1"):
        half_year(both, shop, code, 92, "A")
    assert kept(both, K.UPGRADE) == [(K.UPGRADE, "2026-H1", S.PROPOSED)]
    half_year(both, shop, "2025-H2", 80, "A", round_=2)
    assert kept(both, K.UPGRADE) == [(K.UPGRADE, "2026-H1", S.WITHDRAWN)]


def test_a_downgrade_follows_a_corrected_month_of_its_half_year(both: Office, shop: Outlet) -> None:
    half_year(both, shop, "2026-H1", 74)
    published(both, shop, {"2026-03": 84}, round_=2)
    assert kept(both, K.DOWNGRADE) == [(K.DOWNGRADE, "2026-H1", S.WITHDRAWN)]


def test_an_older_half_year_that_is_asked_again_does_not_propose_its_class_again(
    both: Office, shop: Outlet
) -> None:
    """Its class is its own figure, and what the outlet got since was decided after it."""
    half_year(both, shop, "2025-H2", 85, "B")
    with both.work() as work:
        work.session.get_one(Outlet, shop.id).class_ = "A"
    published(both, shop, {"2025-09": 88}, round_=2)
    assert kept(both) == []


def test_an_exit_follows_a_corrected_month_of_the_first_half_year(both: Office) -> None:
    place = make.unit(both, "sx", "ty", "xd", "d1", "a1")
    shops = [make.outlet(both, tier=Tier.VILLAGE, place=place, class_="C") for _ in range(11)]
    scores = {shop.id: 81 + number for number, shop in enumerate(shops)}
    for number in range(1, 13):
        # Among the last three in seven months, which is the least that asks for it.
        decided.month(both, f"2026-{number:02d}", scores if number < 8 else scores | {shops[0].id: 85})
    decided.month(both, "2026-H2", dict.fromkeys(scores))
    decision_proposals.seek(both)

    def state() -> DecisionState:
        return next(each.state for each in decided.all_of(both, shops[0]) if each.kind is K.EXIT)

    assert state() is S.PROPOSED
    decided.month(both, "2026-02", scores | {shops[0].id: 99}, round_=2)
    decision_proposals.seek(both)
    assert state() is S.WITHDRAWN


def steps(office: Office) -> list[tuple[DecisionState, str]]:
    """The steps of all decisions in their order."""
    with office.work(write=False) as work:
        found = work.session.exec(select(DecisionStep).order_by(col(DecisionStep.number))).all()
        return [(each.state, each.text) for each in found]


def test_a_renewed_warning_falls_back_to_the_months_that_still_ask_for_it(both: Office, shop: Outlet) -> None:
    """As it would wait, had the corrected figures been known at once."""
    for code in (AUGUST, SEPTEMBER, OCTOBER):
        published(both, shop, {code: 79})
    assert kept(both) == [(K.WARNING, OCTOBER, S.PROPOSED)]
    assert published(both, shop, {OCTOBER: 90}, round_=2) == 0
    assert kept(both) == [(K.WARNING, SEPTEMBER, S.PROPOSED)]
    assert steps(both)[1:] == [
        (S.PROPOSED, "figures-renewed:2026-10"),
        (S.PROPOSED, "figures-standing:2026-09"),
    ]
    published(both, shop, {OCTOBER: 78}, round_=3)
    assert kept(both) == [(K.WARNING, OCTOBER, S.PROPOSED)]


def test_it_falls_back_as_far_as_it_was_renewed_and_then_is_taken_back(both: Office, shop: Outlet) -> None:
    for code in (JULY, AUGUST, SEPTEMBER, OCTOBER):
        published(both, shop, {code: 79})
    published(both, shop, {SEPTEMBER: 90}, round_=2)
    assert kept(both) == [(K.WARNING, AUGUST, S.PROPOSED)]
    published(both, shop, {AUGUST: 90}, round_=2)
    assert kept(both) == [(K.WARNING, AUGUST, S.WITHDRAWN)]


def test_what_fell_back_while_the_earlier_month_was_open_again_returns_with_it(
    both: Office, shop: Outlet
) -> None:
    for code in (AUGUST, SEPTEMBER, OCTOBER):
        published(both, shop, {code: 79})
    decided.month(both, SEPTEMBER, {shop.id: 79}, round_=2, state=PeriodState.OPEN)
    published(both, shop, {OCTOBER: 90}, round_=2)
    assert kept(both) == [(K.WARNING, OCTOBER, S.WITHDRAWN)]
    assert published(both, shop, {SEPTEMBER: 78}, round_=3) == 1
    assert kept(both) == [(K.WARNING, SEPTEMBER, S.PROPOSED)]


def test_probation_and_downgrade_fall_back_too(both: Office, shop: Outlet) -> None:
    published(both, shop, {AUGUST: 55})
    published(both, shop, {SEPTEMBER: 58})
    published(both, shop, {SEPTEMBER: 85}, round_=2)
    assert kept(both, K.PROBATION) == [(K.PROBATION, AUGUST, S.PROPOSED)]
    for code in ("2025-H2", "2026-H1"):
        half_year(both, shop, code, 74)
    half_year(both, shop, "2026-H1", 85, round_=2)
    assert kept(both, K.DOWNGRADE) == [(K.DOWNGRADE, "2025-H2", S.PROPOSED)]


def test_what_people_refused_does_not_come_back_with_an_earlier_period(both: Office, shop: Outlet) -> None:
    for code in (AUGUST, SEPTEMBER):
        published(both, shop, {code: 79})
    (first,) = decided.all_of(both)
    with both.work(submitted.viewer(make.user(both, role=Role.HQ))) as work:
        decisions.reject(work, first.id, decided.seen(work, first.id), "装修期间，情况特殊")
    published(both, shop, {OCTOBER: 79})
    published(both, shop, {OCTOBER: 90}, round_=2)
    assert kept(both) == [(K.WARNING, SEPTEMBER, S.REJECTED), (K.WARNING, OCTOBER, S.WITHDRAWN)]


def vetoed(office: Office, shop: Outlet, day: date, code: str = "V1") -> UUID:
    with office.work(submitted.viewer(make.user(office, role=Role.HQ))) as work:
        return vetoes.enter(work, shop.code, code, day, "举报查实").id


def taken_back(office: Office, veto: UUID) -> None:
    with office.work(submitted.viewer(make.user(office, role=Role.HQ))) as work:
        vetoes.take_back(work, veto, "申诉成立")


def approved(office: Office) -> None:
    """Approve the only proposal that waits, from the first of December on."""
    (waiting,) = [each for each in decided.all_of(office) if each.state is S.PROPOSED]
    with office.work(submitted.viewer(make.user(office, role=Role.HQ))) as work:
        seen = decided.seen(work, waiting.id)
        decisions.approve(work, waiting.id, seen, date(2026, 12, 1), "经审核同意")


def test_a_veto_that_is_proven_after_its_half_year_was_published_asks_for_the_downgrade(
    both: Office, shop: Outlet
) -> None:
    for code in ("2025-H2", "2026-H1"):
        half_year(both, shop, code, 80)
    veto = vetoed(both, shop, date(2025, 12, 20))
    assert decision_proposals.seek(both) == 1
    assert decision_proposals.seek(both) == 0
    assert kept(both) == [(K.DOWNGRADE, "2025-H2", S.PROPOSED)]
    taken_back(both, veto)
    decision_proposals.seek(both)
    assert kept(both) == [(K.DOWNGRADE, "2025-H2", S.WITHDRAWN)]


@pytest.mark.usefixtures("checked")
@pytest.mark.parametrize("day", [date(2025, 12, 20), date(2026, 5, 20)])
def test_an_upgrade_that_waits_is_taken_back_for_a_veto_of_either_half_year(
    both: Office, shop: Outlet, day: date
) -> None:
    for code in ("2025-H2", "2026-H1"):
        half_year(both, shop, code, 92, "A")
    vetoed(both, shop, day, "V5")
    decision_proposals.seek(both)
    assert kept(both, K.UPGRADE) == [(K.UPGRADE, "2026-H1", S.WITHDRAWN)]


@pytest.mark.usefixtures("checked")
def test_nobody_approves_an_upgrade_since_which_a_veto_was_proven(both: Office, shop: Outlet) -> None:
    with both.work() as work:
        work.session.get_one(Outlet, shop.id).class_ = "A"
    for code in ("2025-H2", "2026-H1"):
        half_year(both, shop, code, 92, "A")
    veto = vetoed(both, shop, date(2025, 12, 20))
    with pytest.raises(DecisionVetoesChanged):
        approved(both)
    taken_back(both, veto)
    vetoed(both, make.outlet(both, tier=Tier.EXCLUSIVE, class_="B"), date(2025, 12, 20))
    approved(both)
    assert kept(both) == [(K.UPGRADE, "2026-H1", S.APPROVED)]


def test_nobody_approves_a_downgrade_whose_veto_was_taken_back(both: Office, shop: Outlet) -> None:
    veto = vetoed(both, shop, date(2026, 5, 20))
    half_year(both, shop, "2026-H1", 80)
    taken_back(both, veto)
    with pytest.raises(DecisionVetoesChanged):
        approved(both)


def decide(office: Office, state: DecisionState) -> None:
    """Somebody has decided about all that waits."""
    with office.work() as work:
        for each in work.session.exec(select(Decision)):
            each.state = state


@pytest.mark.parametrize("state", [S.APPROVED, S.REJECTED])
def test_what_a_later_period_decided_is_not_proposed_by_an_earlier_one(
    both: Office, shop: Outlet, state: DecisionState
) -> None:
    """Another outlet's appeal asks the earlier months again, for all."""
    for code in (JULY, AUGUST, SEPTEMBER, OCTOBER):
        published(both, shop, {code: 79})
    decide(both, state)
    known = kept(both)
    published(both, shop, {AUGUST: 78}, round_=2)
    assert kept(both) == known


def test_an_earlier_veto_brings_no_second_downgrade_and_no_upgrade_after_one(
    both: Office, shop: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("2025-H1", "2025-H2", "2026-H1"):
        half_year(both, shop, code, 70, class_="A")
    decide(both, S.APPROVED)
    known = kept(both, K.UPGRADE, K.DOWNGRADE)
    assert known == [(K.DOWNGRADE, "2026-H1", S.APPROVED)]
    vetoed(both, shop, date(2025, 12, 20))
    decision_proposals.seek(both)
    assert kept(both, K.UPGRADE, K.DOWNGRADE) == known


@pytest.mark.usefixtures("checked")
def test_who_fell_by_a_later_half_year_is_not_raised_by_an_earlier_one(both: Office, shop: Outlet) -> None:
    for code, score in (("2025-H1", 85), ("2025-H2", 85), ("2026-H1", 70)):
        half_year(both, shop, code, score, class_="A")
    decide(both, S.APPROVED)
    for month in Period.read("2025-H1").split("month") + Period.read("2025-H2").split("month"):
        decided.month(both, month.code, {shop.id: 95}, round_=2)
    decision_proposals.seek(both)
    assert kept(both, K.UPGRADE) == []


@pytest.mark.usefixtures("checked")
def test_an_upgrade_stands_on_no_earlier_half_years(both: Office, shop: Outlet) -> None:
    for code in ("2024-H2", "2025-H1", "2025-H2"):
        half_year(both, shop, code, 95, class_="A")
    assert kept(both, K.UPGRADE) == [(K.UPGRADE, "2025-H2", S.PROPOSED)]
    vetoed(both, shop, date(2025, 11, 20))
    decision_proposals.seek(both)
    assert kept(both, K.UPGRADE) == [(K.UPGRADE, "2025-H2", S.WITHDRAWN)]
