"""Ratings that follow each other while earlier ones are corrected, drafted or missing, and what was proven long after its day."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import col, select

from server.domain.access import Role, Viewer
from server.domain.closing import PartsNotClosed, PeriodBuiltOn
from server.storage.decisions import OutletChange
from server.storage.inputs import VetoEvent
from server.storage.organisation import Outlet
from server.storage.periods import PeriodRow, PeriodState
from server.usecases import outlet_stars, period_rounds, periods
from server.usecases.work import Office
from tests import decided, make, rated, submitted
from tests.conftest import Clock
from tests.usecases.test_rated_periods import agent, composites, months_of, same, value

QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1", "2026-Q2", "2026-Q3")


def vetoed(office: Office, outlet: Outlet, code: str, day: date) -> None:
    """A veto item that is proven now."""
    with office.work() as work:
        work.session.add(VetoEvent(id=uuid4(), outlet_id=outlet.id, code=code, day=day, at=work.now))


@pytest.mark.parametrize("day", [date(2025, 3, 20), date(2025, 4, 1)])
def test_a_veto_takes_its_stars_however_long_after_its_day_it_was_proven(
    both: Office, clock: Clock, day: date
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    for quarter in QUARTERS:
        composites(both, months_of(quarter), {shop.id: 91})
    rated.published(both, clock, hq, *QUARTERS[:5])
    assert value(both, QUARTERS[4], shop) == "4"
    vetoed(both, shop, "V1", day)
    clock.forward(days=1)
    rated.published(both, clock, hq, *QUARTERS[5:])
    # The twelve months in which there is none are over, so it rises again with the next.
    assert [value(both, quarter, shop) for quarter in QUARTERS[5:]] == ["0", "1"]
    assert [same(both, quarter) for quarter in QUARTERS[4:]] == [True] * 3


def reopened(office: Office, asks: Viewer, agrees: Viewer, *quarters: str) -> None:
    """Closed quarters that two people open again."""
    for quarter in quarters:
        with office.work(asks) as work:
            periods.ask_to_reopen(work, quarter, "再算一次")
        with office.work(agrees) as work:
            periods.reopen(work, quarter)


@pytest.fixture
def other(both: Office) -> Viewer:
    return submitted.viewer(make.user(both, role=Role.HQ))


@pytest.mark.parametrize("at_once", [True, False])
def test_a_rating_builds_on_the_earlier_one_as_it_was_corrected(
    both: Office, clock: Clock, other: Viewer, *, at_once: bool
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, months_of("2025-Q1"), {shop.id: 80})
    composites(both, months_of("2025-Q2"), {shop.id: 91})
    rated.published(both, clock, hq, "2025-Q1")
    rated.published(both, clock, hq, "2025-Q2", closed=at_once)
    assert [value(both, quarter, shop) for quarter in QUARTERS[:2]] == ["2", "3"]
    reopened(both, hq, other, *(("2025-Q2", "2025-Q1") if at_once else ("2025-Q1",)))
    for month in months_of("2025-Q1"):
        decided.month(both, month, {shop.id: 96}, round_=2, state=PeriodState.CLOSED)
    rated.published(both, clock, hq, "2025-Q1")
    if not at_once:
        reopened(both, hq, other, "2025-Q2")
    rated.published(both, clock, hq, "2025-Q2")
    # As it would have been, had the first been right at once: three stars, and one more with the second.
    assert [value(both, quarter, shop) for quarter in QUARTERS[:2]] == ["3", "4"]
    assert decided.outlet_now(both, shop).star == 4
    assert [same(both, quarter) for quarter in QUARTERS[:2]] == [True] * 2


def test_a_rating_that_was_published_before_an_earlier_one_builds_on_it_when_it_is_computed_again(
    both: Office, clock: Clock, other: Viewer
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [*months_of("2025-Q1"), *months_of("2025-Q2")], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q2", closed=False)
    rated.published(both, clock, hq, "2025-Q1")
    assert [value(both, quarter, shop) for quarter in QUARTERS[:2]] == ["3", "3"]
    reopened(both, hq, other, "2025-Q2")
    rated.published(both, clock, hq, "2025-Q2")
    assert [value(both, quarter, shop) for quarter in QUARTERS[:2]] == ["3", "4"]


def test_a_veto_is_in_the_earlier_rating_once_that_was_computed_again_and_the_next_builds_on_it(
    both: Office, clock: Clock, other: Viewer
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [*months_of("2025-Q1"), *months_of("2025-Q2")], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1")
    vetoed(both, shop, "V5", date(2025, 3, 20))
    clock.forward(days=1)
    rated.published(both, clock, hq, "2025-Q2", closed=False)
    assert [value(both, quarter, shop) for quarter in QUARTERS[:2]] == ["3", "2"]
    reopened(both, hq, other, "2025-Q1")
    rated.published(both, clock, hq, "2025-Q1")
    reopened(both, hq, other, "2025-Q2")
    rated.published(both, clock, hq, "2025-Q2")
    assert [value(both, quarter, shop) for quarter in QUARTERS[:2]] == ["0", "0"]
    assert decided.outlet_now(both, shop).star == 0


def test_a_draft_is_none_of_periods_running_and_is_not_published_once_a_later_rating_is_closed(
    both: Office, clock: Clock, other: Viewer
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [month for quarter in QUARTERS[:3] for month in months_of(quarter)], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1")
    clock.forward(days=100)
    periods.draft(both, hq, "2025-Q2")
    rated.published(both, clock, hq, "2025-Q3")
    # The second is a draft that nobody was given, so four stars have one period alone.
    assert value(both, "2025-Q3", shop) == "3"
    with pytest.raises(PeriodBuiltOn), both.work(hq) as work:
        periods.open_draft(work, "2025-Q2")
    for month in months_of("2025-Q2"):
        decided.month(both, month, {shop.id: 80}, round_=2, state=PeriodState.CLOSED)
    periods.draft(both, hq, "2025-Q2")
    assert same(both, "2025-Q3")
    # Opened again, the third builds on the second as soon as that stands.
    reopened(both, hq, other, "2025-Q3")
    rated.published(both, clock, hq, "2025-Q2", "2025-Q3")
    assert [value(both, quarter, shop) for quarter in QUARTERS[:3]] == ["3", "2", "3"]


def test_a_rating_that_stood_open_when_a_later_one_was_closed_is_not_published(
    both: Office, clock: Clock
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [month for quarter in QUARTERS[:3] for month in months_of(quarter)], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1")
    clock.forward(days=100)
    periods.draft(both, hq, "2025-Q2")
    with both.work(hq) as work:
        periods.open_draft(work, "2025-Q2")
    rated.published(both, clock, hq, "2025-Q3")
    with pytest.raises(PeriodBuiltOn), both.work(hq) as work:
        periods.publish(work, "2025-Q2")


def test_a_veto_is_taken_by_the_next_rating_that_stands_whatever_was_drafted_before_it(
    both: Office, clock: Clock
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [month for quarter in QUARTERS[:3] for month in months_of(quarter)], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1")
    vetoed(both, shop, "V5", date(2025, 3, 20))
    clock.forward(days=100)
    periods.draft(both, hq, "2025-Q2")
    rated.published(both, clock, hq, "2025-Q3")
    assert value(both, "2025-Q3", shop) == "2"
    assert same(both, "2025-Q3")


def test_a_first_rating_that_is_taken_back_leaves_no_star(both: Office, clock: Clock, other: Viewer) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [*months_of("2025-Q1"), *months_of("2025-Q2")], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1", "2025-Q2")
    reopened(both, hq, other, "2025-Q2", "2025-Q1")
    # Two of the three months fell away, and so too few are rated.
    for month in months_of("2025-Q1")[1:]:
        decided.month(both, month, {shop.id: None}, round_=2, state=PeriodState.CLOSED)
        with both.work() as work:
            period_rounds.end(work, month, 1)
    rated.published(both, clock, hq, "2025-Q1")
    assert value(both, "2025-Q1", shop) is None
    assert decided.outlet_now(both, shop).star is None
    # The next is a first rating then, which gives three at most.
    rated.published(both, clock, hq, "2025-Q2")
    assert value(both, "2025-Q2", shop) == "3"
    with both.work(write=False) as work:
        changes = work.session.exec(select(OutletChange).order_by(col(OutletChange.at)))
        told = [(each.period, each.before, each.after) for each in changes]
    assert told == [
        ("2025-Q1", "", "3"),
        ("2025-Q2", "3", "4"),
        ("2025-Q1", "4", ""),
        ("2025-Q2", "", "3"),
    ]


def test_who_was_not_rated_keeps_the_star_that_an_earlier_rating_gave_later(
    both: Office, clock: Clock
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, months_of("2025-Q1"), {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q2", closed=False)
    rated.published(both, clock, hq, "2025-Q1", closed=False)
    assert value(both, "2025-Q2", shop) is None
    with both.work() as work:
        assert outlet_stars.give(work, work.session.get_one(PeriodRow, "2025-Q2")) == 0
    assert decided.outlet_now(both, shop).star == 3


def test_a_rating_is_closed_after_the_earlier_ones_that_it_builds_on(both: Office, clock: Clock) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [*months_of("2025-Q1"), *months_of("2025-Q2")], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1", "2025-Q2", closed=False)
    with pytest.raises(PartsNotClosed) as refused, both.work(hq) as work:
        periods.close(work, "2025-Q2")
    assert refused.value.periods == "2025-Q1"
    for quarter in QUARTERS[:2]:
        with both.work(hq) as work:
            periods.close(work, quarter)


def test_a_rating_that_was_opened_again_is_not_forgotten_when_the_next_is_closed(
    both: Office, clock: Clock, other: Viewer
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    composites(both, [*months_of("2025-Q1"), *months_of("2025-Q2")], {shop.id: 96})
    rated.published(both, clock, hq, "2025-Q1")
    reopened(both, hq, other, "2025-Q1")
    rated.published(both, clock, hq, "2025-Q2", closed=False)
    with pytest.raises(PartsNotClosed) as refused, both.work(hq) as work:
        periods.close(work, "2025-Q2")
    assert refused.value.periods == "2025-Q1"
    rated.published(both, clock, hq, "2025-Q1")
    assert value(both, "2025-Q1", shop) == "3"
