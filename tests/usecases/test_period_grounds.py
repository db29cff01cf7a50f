"""Figures that are older than what they are computed from: told, computed anew as soon as it can be, never given out silently."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.actions import ActionSort, ActionState
from server.domain.closing import PeriodOutdated
from server.domain.input_sorts import Sort
from server.domain.periods import Period
from server.domain.visit import VisitState
from server.queries import period_checks, period_grounds, results
from server.storage.actions import Action
from server.storage.inputs import InputImport
from server.storage.organisation import Outlet, Tier, User
from server.storage.periods import Figure, PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import (
    input_followup,
    inputs,
    period_corrections,
    periods,
    replay,
    review,
    vetoes,
    voiding,
)
from server.usecases.work import Office
from server.worker import run_once
from tests import make, rated, submitted
from tests.conftest import Clock

MONTH, HALF = "2026-11", "2025-H2"
COMPLAINTS = "工单号,网点编码,日期,属实,类别\n" + "".join(
    f"T{n},XA01,2026-11-1{n},是,服务态度\n" for n in range(1, 4)
)


@pytest.fixture(autouse=True)
def nobody_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second review: it has its own tests."""
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])


@pytest.fixture
def hq(both: Office) -> Viewer:
    return submitted.viewer(make.user(both, role=Role.HQ))


def agent(office: Office, code: str = "XA01") -> Outlet:
    return make.outlet(
        office, code=code, place=make.unit(office, "sx", "ty", "xd"), tier=Tier.VILLAGE, class_="C"
    )


def taken_in(office: Office, path: Path, sort: Sort, text: str, complete: str = "") -> InputImport:
    path.write_text(text, encoding="utf-8-sig")
    with office.work() as work:
        planned = inputs.apply(work, sort, path, complete)
    assert planned.clean, [fate.faults for fate in planned.fates]
    with office.work(write=False) as work:
        return work.session.exec(select(InputImport).order_by(col(InputImport.number).desc())).all()[0]


def row(office: Office, code: str = MONTH) -> PeriodRow:
    with office.work(write=False) as work:
        return work.session.get_one(PeriodRow, code)


def older(office: Office, code: str = MONTH) -> tuple[str, ...]:
    with office.work(write=False) as work:
        return period_grounds.outdated(work.connection, work.session.get_one(PeriodRow, code))


def told(office: Office, code: str = MONTH) -> bool:
    with office.work(write=False) as work:
        found = work.session.get_one(PeriodRow, code)
        checks = period_checks.checks(work.connection, Period.read(code), found)
    return any(check.code == "figures-outdated" and check.forbids for check in checks)


def composite(office: Office, outlet: Outlet, code: str = MONTH) -> int | None:
    with office.work(write=False) as work:
        found = results.by_subject(work.connection, SYSTEM, code, "composite")
    return found[str(outlet.id)].hundredths


def do(office: Office, viewer: Viewer, what: Any, *given: Any) -> Any:
    with office.work(viewer) as work:
        return what(work, *given)


def waiting_visit(office: Office, shopper: User, outlet: Outlet) -> Visit:
    """A covert visit of November that is accepted and not published."""
    visit = submitted.visit(office, shopper, outlet)
    with office.work(submitted.reviewer(office)) as work:
        return review.decide(work, visit.id, 1, "accept")


def of_half_year(office: Office, clock: Clock, hq: Viewer) -> None:
    """All months of a half-year closed, one after the other."""
    clock.now = datetime(2025, 8, 1, 3, tzinfo=UTC)
    rated.published(office, clock, hq, *(month.code for month in Period.read(HALF).split("month")))


def open_month(office: Office, clock: Clock, hq: Viewer) -> None:
    clock.now = datetime(2026, 12, 2, 3, tzinfo=UTC)
    periods.draft(office, hq, MONTH)
    do(office, hq, periods.open_draft, MONTH)


def test_an_import_that_waits_for_a_covert_visit_is_told_forbids_publishing_and_is_taken_up_when_it_can_be(
    both: Office, clock: Clock, hq: Viewer, tmp_path: Path
) -> None:
    outlet, other = agent(both), agent(both, "XA02")
    taken_in(both, tmp_path / "a.csv", Sort.AUDIT, "网点编码,月份,差错数\nXA01,2026-11,0\n")
    taken_in(
        both, tmp_path / "s.csv", Sort.SATISFACTION,
        "网点编码,月份,客户类别,满意数,有效回复数\nXA01,2026-11,营业厅,99,100\n",
    )  # fmt: skip
    open_month(both, clock, hq)
    visit = waiting_visit(both, make.user(both, role=Role.SHOPPER), other)
    before = composite(both, outlet)
    made = taken_in(both, tmp_path / "c.csv", Sort.COMPLAINTS, COMPLAINTS, MONTH)
    assert input_followup.follow(both, made.id) == [] == input_followup.catch_up(both)
    assert (composite(both, outlet), older(both), told(both)) == (before, (MONTH,), True)
    clock.forward(days=10)
    with pytest.raises(PeriodOutdated) as refused:
        do(both, hq, periods.publish, MONTH)
    assert refused.value.facts() == {"periods": MONTH}
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
        work.record("visit.published", "visit", visit.id)
    run_once(both)
    assert composite(both, outlet) != before
    assert (older(both), told(both)) == ((), False)
    do(both, hq, periods.publish, MONTH)
    do(both, hq, periods.close, MONTH)
    assert do(both, SYSTEM, replay.replay, MONTH).same


def test_an_import_of_a_month_that_may_stand_in_makes_the_next_two_older_and_no_others(
    both: Office, clock: Clock, hq: Viewer, tmp_path: Path
) -> None:
    agent(both)
    clock.now = datetime(2026, 12, 2, 3, tzinfo=UTC)
    for code in ("2026-08", "2026-09", "2026-10", MONTH, "2026-12", "2026-Q4"):
        periods.draft(both, hq, code)
    taken_in(both, tmp_path / "a.csv", Sort.AUDIT, "网点编码,月份,差错数\nXA01,2026-09,0\n")
    found = {
        code for code in ("2026-08", "2026-09", "2026-10", MONTH, "2026-12", "2026-Q4") if older(both, code)
    }
    assert found == {"2026-09", "2026-10", MONTH}
    assert input_followup.catch_up(both) == ["2026-09", "2026-10", MONTH]
    assert input_followup.catch_up(both) == []


def test_a_half_year_is_computed_anew_before_it_is_published_where_a_month_of_it_was(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    outlet = agent(both)
    of_half_year(both, clock, hq)
    periods.draft(both, hq, HALF)
    assert older(both, HALF) == ()
    do(both, hq, periods.open_draft, HALF)
    one, two = (submitted.viewer(make.user(both, role=Role.HQ)) for _ in range(2))
    do(both, one, periods.ask_to_reopen, "2025-12", "错账")
    do(both, two, periods.reopen, "2025-12")
    assert older(both, HALF) == (HALF,)
    with both.work() as work:
        work.connection.execute(
            sa.update(Outlet).where(col(Outlet.id) == outlet.id).values(tier=Tier.ORDINARY)
        )
    rated.published(both, clock, hq, "2025-12")
    assert told(both, HALF)
    with pytest.raises(PeriodOutdated):
        do(both, hq, periods.publish, HALF)
    run_once(both)
    assert older(both, HALF) == ()
    do(both, hq, periods.publish, HALF)
    do(both, hq, periods.close, HALF)
    assert do(both, SYSTEM, replay.replay, HALF).same


def test_a_published_half_year_whose_month_is_computed_anew_is_not_closed_and_may_be_reopened(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    agent(both)
    of_half_year(both, clock, hq)
    rated.published(both, clock, hq, HALF, closed=False)
    one, two = (submitted.viewer(make.user(both, role=Role.HQ)) for _ in range(2))
    do(both, one, periods.ask_to_reopen, "2025-12", "错账")
    do(both, two, periods.reopen, "2025-12")
    agent(both, "XA02")
    rated.published(both, clock, hq, "2025-12")
    with pytest.raises(PeriodOutdated):
        do(both, hq, periods.close, HALF)
    do(both, one, periods.ask_to_reopen, HALF, "十二月重算")
    do(both, two, periods.reopen, HALF)
    assert (row(both, HALF).state, row(both, HALF).round) == (PeriodState.DRAFT, 2)
    clock.now = datetime(2026, 4, 1, 3, tzinfo=UTC)
    rated.published(both, clock, hq, HALF)
    assert do(both, SYSTEM, replay.replay, HALF).same


def test_a_veto_makes_a_half_year_older_until_it_is_published_and_a_month_never(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    agent(both)
    of_half_year(both, clock, hq)
    periods.draft(both, hq, "2026-01")
    periods.draft(both, hq, HALF)
    clock.forward(minutes=1)
    do(both, hq, vetoes.enter, "XA01", "V1", date(2025, 11, 8), "查实")
    assert (older(both, "2026-01"), older(both, HALF)) == ((), ("2025-11",))
    assert input_followup.catch_up(both) == [HALF]
    rated.published(both, clock, hq, HALF, closed=False)
    clock.forward(minutes=1)
    do(both, hq, vetoes.enter, "XA01", "V2", date(2025, 11, 9), "查实")
    do(both, hq, periods.close, HALF)


def test_a_visit_that_a_month_takes_in_when_it_is_published_reaches_its_half_year(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    outlet = agent(both)
    clock.now = datetime(2026, 12, 2, 3, tzinfo=UTC)
    periods.draft(both, hq, MONTH)
    do(both, hq, periods.open_draft, MONTH)
    clock.forward(days=10)
    do(both, hq, periods.publish, MONTH)
    periods.draft(both, hq, "2026-H2")
    visit = submitted.visit(both, make.user(both, role=Role.SHOPPER), outlet)
    with both.work(submitted.reviewer(both)) as work:
        review.decide(work, visit.id, 1, "accept")
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
    do(both, hq, periods.close, MONTH)
    assert row(both).round == 2
    assert older(both, "2026-H2") == ()
    assert period_corrections.follow(both, visit.id) == 0


def test_a_month_that_a_half_year_reckoned_is_compared_once_when_it_is_published(
    both: Office, clock: Clock, hq: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    half, earlier = "2026-H2", "2026-10"
    outlets = [agent(both, code) for code in ("XA01", "XA02")]
    shopper = make.user(both, role=Role.SHOPPER)
    for outlet in outlets:
        visit = waiting_visit(both, shopper, outlet)
        with both.work() as work:
            found = work.session.get_one(Visit, visit.id)
            found.state, found.published_at = VisitState.PUBLISHED, work.now
    open_month(both, clock, hq)
    periods.draft(both, hq, earlier)
    do(both, hq, periods.open_draft, earlier)
    periods.draft(both, hq, half)
    with both.work() as work:
        moved = sa.and_(col(Figure.period) == earlier, col(Figure.subject) == str(outlets[0].id))
        work.connection.execute(sa.update(Figure).where(moved).values(value="50", hundredths=5000))
    clock.forward(days=10)
    do(both, hq, periods.publish, MONTH)
    monkeypatch.setattr(period_grounds, "_stored", None)
    assert older(both, half) == ()
    monkeypatch.undo()
    do(both, hq, periods.publish, earlier)
    monkeypatch.setattr(period_grounds, "_stored", None)
    assert older(both, half) == (half,)


def action(office: Office, outlet: Outlet, due: datetime, answered: datetime | None = None) -> UUID:
    """An action made by hand, answered or not."""
    state = ActionState.OPEN if answered is None else ActionState.ANSWERED
    with office.work() as work:
        made = Action(
            id=uuid4(), outlet_id=outlet.id, sort=ActionSort.PREMISES, what="灯箱不亮", due_at=due, state=state,
            made_at=work.now, answered_at=answered, etag="e", changed_at=work.now,
        )  # fmt: skip
        work.session.add(made)
        return made.id


def sent_back(office: Office, which: UUID) -> None:
    with office.work() as work:
        found = work.session.get_one(Action, which)
        found.state, found.due_at, found.changed_at = ActionState.REOPENED, work.now, work.now


def in_time(office: Office, code: str = MONTH) -> Fraction | None:
    with office.work(write=False) as work:
        return results.by_subject(work.connection, SYSTEM, code, "corrective_actions")["sx/"].exact


def test_what_was_computed_before_its_end_is_not_opened_and_computed_anew_when_it_is_over(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    outlet = agent(both)
    clock.now = datetime(2026, 11, 20, 3, tzinfo=UTC)
    periods.draft(both, hq, MONTH)
    assert input_followup.catch_up(both) == []
    action(both, outlet, datetime(2026, 11, 25, tzinfo=UTC), answered=datetime(2026, 11, 24, tzinfo=UTC))
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    with pytest.raises(PeriodOutdated):
        do(both, hq, periods.open_draft, MONTH)
    assert input_followup.catch_up(both) == [MONTH]
    assert in_time(both) == 1
    do(both, hq, periods.open_draft, MONTH)


def test_an_outlet_that_comes_or_changes_while_a_month_stands_open_is_in_it_before_it_is_published(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    outlet = agent(both)
    open_month(both, clock, hq)
    assert older(both) == ()
    clock.forward(days=1)
    with both.work() as work:
        found = work.session.get_one(Outlet, outlet.id)
        found.phone, found.changed_at = "0351", work.now
    assert older(both) == ()
    with both.work() as work:
        # Begun before the figures were computed, and ended after.
        found = work.session.get_one(Outlet, outlet.id)
        found.cooperation_since, found.changed_at = date(2020, 1, 1), work.now - timedelta(days=1, minutes=5)
    assert (older(both), told(both)) == ((MONTH,), True)
    assert input_followup.catch_up(both) == [MONTH]
    clock.forward(days=9)
    second = agent(both, "XA02")
    with both.work() as work:
        work.session.get_one(Outlet, second.id).changed_at = work.now
    with pytest.raises(PeriodOutdated):
        do(both, hq, periods.publish, MONTH)
    assert input_followup.catch_up(both) == [MONTH]
    do(both, hq, periods.publish, MONTH)
    with both.work(write=False) as work:
        there = results.outlets_then(work.connection, MONTH, 1)
    assert {each.outlet_id: each.since for each in there} == {outlet.id: date(2020, 1, 1), second.id: None}


def test_an_action_that_is_sent_back_makes_its_month_and_the_half_year_older_until_both_count_the_same(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    outlet = agent(both)
    clock.now = datetime(2025, 8, 1, 3, tzinfo=UTC)
    rated.published(both, clock, hq, "2025-07", "2025-08", "2025-09", "2025-10", "2025-11")
    which = action(
        both, outlet, datetime(2025, 12, 9, tzinfo=UTC), answered=datetime(2025, 12, 8, tzinfo=UTC)
    )
    clock.now = datetime(2026, 1, 2, 3, tzinfo=UTC)
    for code in ("2025-12", HALF):
        periods.draft(both, hq, code)
        do(both, hq, periods.open_draft, code)
    assert (in_time(both, "2025-12"), older(both, "2025-12"), older(both, HALF)) == (1, (), ())
    clock.forward(days=14)
    sent_back(both, which)
    assert (older(both, "2025-12"), older(both, HALF)) == (("2025-12",), (HALF,))
    # The longer one counts its open month again, and the month knows that it did not.
    periods.draft(both, hq, HALF)
    assert (older(both, "2025-12"), older(both, HALF)) == (("2025-12",), ())
    with pytest.raises(PeriodOutdated):
        do(both, hq, periods.publish, "2025-12")
    assert input_followup.catch_up(both) == ["2025-12"]
    for code in ("2025-12", HALF):
        do(both, hq, periods.publish, code)
        do(both, hq, periods.close, code)
        assert do(both, SYSTEM, replay.replay, code).same


def test_a_published_half_year_that_followed_a_voided_visit_of_an_open_month_is_as_new_as_the_month(
    both: Office, clock: Clock, hq: Viewer, tmp_path: Path
) -> None:
    outlet = agent(both)
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    taken_in(
        both, tmp_path / "s.csv", Sort.SATISFACTION,
        "网点编码,月份,客户类别,满意数,有效回复数\nXA01,2026-11,营业厅,99,100\n",
    )  # fmt: skip
    taken_in(both, tmp_path / "c.csv", Sort.COMPLAINTS, COMPLAINTS, MONTH)
    taken_in(both, tmp_path / "a.csv", Sort.AUDIT, "网点编码,月份,差错数\nXA01,2026-11,0\n")
    visit = waiting_visit(both, make.user(both, role=Role.SHOPPER), outlet)
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
    open_month(both, clock, hq)
    clock.now = datetime(2027, 1, 4, 3, tzinfo=UTC)
    periods.draft(both, hq, "2026-H2")
    with both.work() as work:
        # Nobody has a calendar of 2027 yet, so that it could not be opened.
        work.session.get_one(PeriodRow, "2026-H2").state = PeriodState.OPEN
    do(both, hq, periods.publish, "2026-H2")
    before = composite(both, outlet)
    do(both, hq, voiding.void_accepted, visit.id, 1, "走错了厅")
    run_once(both)
    assert composite(both, outlet) not in (None, before)
    assert row(both, "2026-H2").round == 2
    do(both, hq, periods.publish, MONTH)
    assert older(both, "2026-H2") == ()
