"""Stars by quarter and by year: whole rounds from draft to replay, and the half-year that keeps what is half-yearly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from uuid import UUID

import pytest

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.closing import FourEyes, PartsNotClosed, PeriodBuiltOn, PeriodNotRated, PeriodRuns
from server.domain.deciding import DecisionKind
from server.domain.periods import Period
from server.queries import overview, period_checks, proposals, result_lists, results
from server.storage.inputs import MonthCount
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodState
from server.usecases import decision_proposals, periods, replay
from server.usecases.work import Office
from server.worker import run_once
from tests import decided, make, rated, submitted
from tests.conftest import Clock
from tests.usecases import test_periods as of_periods

QUARTERS = ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4")
LAST_YEAR = {
    "started_at": "2025-11-21T01:10:05Z",
    "left_at": "2025-11-21T01:40:05Z",
    "finished_at": "2025-11-21T01:50:00Z",
}


def agent(office: Office) -> Outlet:
    return make.outlet(office, place=make.unit(office, "sx", "ty", "xd"), tier=Tier.ORDINARY, class_="B")


def composites(
    office: Office, months: list[str], by_outlet: dict[UUID, int], state: PeriodState = PeriodState.CLOSED
) -> None:
    for month in months:
        decided.month(office, month, dict(by_outlet), state=state)
        with office.work() as work:
            for outlet in by_outlet:
                work.session.add(
                    MonthCount(outlet_id=outlet, month=month, code="customers", part=700, import_number=1)
                )


def months_of(code: str) -> list[str]:
    return [month.code for month in Period.read(code).split("month")]


def value(office: Office, code: str, outlet: Outlet, name: str = "star") -> str | None:
    return found(office, code, outlet)[name].value


def found(office: Office, code: str, outlet: Outlet) -> dict[str, results.Result]:
    with office.work(write=False) as work:
        rows = results.results(work.connection, SYSTEM, code, subjects=[str(outlet.id)])
        return {each.code: each for each in rows}


def same(office: Office, code: str) -> bool:
    with office.work(write=False) as work:
        return replay.replay(work, code).same


def test_by_the_quarter_stars_rise_and_fall_with_each_quarter_and_are_replayed(
    both: Office, clock: Clock
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    for quarter in QUARTERS[:3]:
        composites(both, months_of(quarter), {shop.id: 96})
    composites(both, months_of(QUARTERS[3]), {shop.id: 94})
    rated.published(both, clock, hq, *QUARTERS)
    # A first rating gives three at most, then one more at a time; four and five ask for two quarters running.
    assert [value(both, quarter, shop) for quarter in QUARTERS] == ["3", "4", "5", "4"]
    assert [value(both, quarter, shop, "star-reached") for quarter in QUARTERS] == ["5", "5", "5", "4"]
    assert [same(both, quarter) for quarter in QUARTERS] == [True] * 4
    assert decided.outlet_now(both, shop).star == 4
    with both.work(write=False) as work:
        tabs = result_lists.by_tab(work.connection, SYSTEM)
        assert [row.code for row in tabs["stars"]] == list(reversed(QUARTERS))
        assert [row.code for row in tabs["quarter"]] == list(reversed(QUARTERS))
        assert tabs["half_year"] == []
        rows = overview.choices(work.connection, SYSTEM)
        at = overview.moments(rows, "2025-Q4")
        assert at is not None
        cards = overview.cards(work.connection, at, overview.stored(work.connection, SYSTEM, at, "sx/"))
        assert (cards["star-mean"].period, cards["star-mean"].value) == ("2025-Q4", 4)


def test_four_stars_ask_for_two_quarters_running_and_not_for_two_with_a_gap(
    office: Office, clock: Clock
) -> None:
    shop = agent(office)
    hq = rated.rules_by(office, clock, "quarter")
    for quarter, score in zip(QUARTERS, (86, 91, 91, 91), strict=True):
        composites(office, months_of(quarter), {shop.id: score})
    rated.published(office, clock, hq, "2025-Q1", "2025-Q2")
    assert [value(office, quarter, shop) for quarter in QUARTERS[:2]] == ["3", "3"]
    # The third was never computed, so the second does not run on into the fourth.
    rated.published(office, clock, hq, "2025-Q4")
    assert value(office, "2025-Q4", shop) == "3"


def test_beside_stars_by_the_quarter_a_half_year_has_what_is_half_yearly(both: Office, clock: Clock) -> None:
    shop, low = agent(both), agent(both)
    hq = rated.rules_by(both, clock, "quarter")
    for month in months_of("2025-H1"):
        composites(both, [month], {shop.id: 96, low.id: 70 if month != "2025-02" else 71})
    with both.work(write=False) as work:
        assert list(proposals.asked_of(work.connection, "2025-H1"))[-1] == (DecisionKind.DOWNGRADE, "2025-H1")
    rated.published(both, clock, hq, "2025-H1")
    mine = found(both, "2025-H1", low)
    assert set(mine) == {"half-year-mean", "outlet-class"}
    assert (mine["half-year-mean"].exact, mine["half-year-mean"].rank) == (Fraction(421, 6), 2)
    assert mine["outlet-class"].value == "A"
    assert same(both, "2025-H1")
    with both.work(hq) as work:
        decision_proposals.propose(work, "2025-H1")
    proposed = {(each.outlet_id, each.kind, each.after) for each in decided.all_of(both)}
    assert proposed == {
        (low.id, DecisionKind.DOWNGRADE, "village"),
        (low.id, DecisionKind.CLASS, "A"),
        (shop.id, DecisionKind.CLASS, "A"),
    }
    with pytest.raises(PeriodBuiltOn), both.work(hq) as work:
        periods.ask_to_reopen(work, "2025-02", "再算一次")
    with both.work(write=False) as work:
        tabs = result_lists.by_tab(work.connection, SYSTEM)
        assert [row.code for row in tabs["half_year"]] == ["2025-H1"]
        assert result_lists.resolved(tabs, "half_year", "2025-H1") == "half_year"
        assert [row.code for row in overview.choices(work.connection, SYSTEM) if row.kind != "month"] == []


def test_a_half_year_waits_for_its_months_also_where_it_is_not_rated(office: Office, clock: Clock) -> None:
    shop = agent(office)
    hq = rated.rules_by(office, clock, "year")
    composites(office, months_of("2025-H1"), {shop.id: 96}, PeriodState.PUBLISHED)
    rated.published(office, clock, hq, "2025-H1", closed=False)
    with pytest.raises(PartsNotClosed), office.work(hq) as work:
        periods.close(work, "2025-H1")


def test_classes_by_the_quarter_are_proposed_from_each_quarter(office: Office, clock: Clock) -> None:
    shop = agent(office)
    hq = rated.rules_by(office, clock, "half_year", **{"/classes/period": "quarter"})
    composites(office, months_of("2025-H1"), {shop.id: 96})
    rated.published(office, clock, hq, "2025-Q1", "2025-Q2", "2025-H1")
    assert value(office, "2025-Q2", shop, "outlet-class") == "A"
    assert set(found(office, "2025-H1", shop)) == {"star", "star-basis", "star-reached"}
    with office.work(hq) as work:
        assert decision_proposals.propose(work, "2025-Q2") == 1
        assert proposals.classes_of(work.connection, Period.read("2025-H1"))[str(shop.id)] == "A"
    assert same(office, "2025-Q2")


def test_a_year_that_rates_is_drafted_while_it_runs_and_closed_opened_again_and_replayed(
    both: Office, clock: Clock
) -> None:
    shop = agent(both)
    hq = rated.rules_by(both, clock, "year")
    composites(both, months_of("2025"), {shop.id: 96}, PeriodState.PUBLISHED)
    clock.now = datetime(2025, 6, 2, 3, tzinfo=UTC)
    periods.draft(both, hq, "2025")
    with pytest.raises(PeriodRuns), both.work(hq) as work:
        periods.open_draft(work, "2025")
    rated.published(both, clock, hq, "2025", closed=False)
    assert (value(both, "2025", shop), found(both, "2025", shop)["star-basis"].exact) == ("3", 96)
    assert decided.outlet_now(both, shop).star == 3
    with pytest.raises(PartsNotClosed), both.work(hq) as work:
        periods.close(work, "2025")
    for month in months_of("2025"):
        with both.work(hq) as work:
            periods.close(work, month)
    with both.work(hq) as work:
        periods.close(work, "2025")
    assert same(both, "2025")
    with pytest.raises(PeriodBuiltOn), both.work(hq) as work:
        periods.ask_to_reopen(work, "2025-05", "再算一次")
    with both.work(write=False) as work:
        lines = {line.period.code: line for line in period_checks.board(work.connection, date(2026, 1, 20))}
    assert lines["2025"].row is not None
    assert "2026" in lines
    with both.work(hq) as work:
        periods.ask_to_reopen(work, "2025", "漏了一次否决")
    with pytest.raises(FourEyes), both.work(hq) as work:
        periods.reopen(work, "2025")
    other = submitted.viewer(make.user(both, role=Role.HQ))
    with both.work(other) as work:
        periods.reopen(work, "2025")
    periods.draft(both, hq, "2025")
    # Who was given three stars by this very year is rated anew as if it had not been.
    assert value(both, "2025", shop) == "3"
    assert same(both, "2025")


def test_four_stars_by_the_year_ask_for_two_years_running(office: Office, clock: Clock) -> None:
    shop = agent(office)
    hq = rated.rules_by(office, clock, "year")
    composites(office, [*months_of("2025"), *months_of("2026")], {shop.id: 96})
    rated.published(office, clock, hq, "2025")
    clock.now = datetime(2026, 12, 30, 3, tzinfo=UTC)
    periods.draft(office, hq, "2026")
    assert [value(office, code, shop) for code in ("2025", "2026")] == ["3", "4"]


def test_a_year_has_no_figures_of_its_own_where_nothing_is_set_by_it(office: Office, clock: Clock) -> None:
    hq: Viewer = submitted.viewer(make.user(office, role=Role.HQ))
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    with pytest.raises(PeriodNotRated):
        periods.draft(office, hq, "2025")
    with office.work(write=False) as work:
        lines = [line.period.code for line in period_checks.board(work.connection, date(2026, 1, 20))]
    assert not {"2025", "2026"} & set(lines)


@pytest.mark.parametrize(
    ("kind", "code", "name"),
    [
        ("year", "2025", "star-basis"),
        ("quarter", "2025-H2", "half-year-mean"),
        ("quarter", "2025-Q4", "star"),
    ],
)
def test_a_corrected_visit_reaches_every_period_that_is_made_from_its_month(
    office: Office, clock: Clock, monkeypatch: pytest.MonkeyPatch, kind: str, code: str, name: str
) -> None:
    monkeypatch.setattr("server.usecases.review.second_review_for", lambda *_, **__: [])
    hq = rated.rules_by(office, clock, kind)
    shop = of_periods.agent(office)
    for month in ("2025-10", "2025-11", "2025-12"):
        of_periods.counted(
            office, shop, month, csat_hall=(98, 100), complaints=(0, None), audit=(1, None), certified=(3, 4)
        )
    clock.now = datetime(2025, 11, 21, 3, tzinfo=UTC)
    shopper = make.user(office, role=Role.SHOPPER)
    visit = of_periods.accepted(office, shopper, shop, **LAST_YEAR)
    clock.now = datetime(2026, 1, 5, 3, tzinfo=UTC)
    for each in ("2025-10", "2025-11", "2025-12", code):
        periods.draft(office, hq, each)
    if kind == "year" or name == "half-year-mean":
        # Too few months of the longer period are rated, and so it was not.
        for month in ("2025-05", "2025-06", "2025-07", "2025-08", "2025-09"):
            of_periods.counted(
                office,
                shop,
                month,
                csat_hall=(98, 100),
                complaints=(0, None),
                audit=(1, None),
                certified=(3, 4),
            )
        periods.draft(office, hq, code)
    before = found(office, code, shop)
    of_periods.corrected(office, visit, "A-01", "fail")
    run_once(office)
    after = found(office, code, shop)
    basis = "half-year-mean" if name == "half-year-mean" else "star-basis"
    assert after[basis].exact is not None
    assert before[basis].exact is not None
    assert after[basis].exact < before[basis].exact
    assert name in after
    assert same(office, code)
