"""A period that is opened again: who asked why is kept, and outlets go on reading what was given out before."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from server.domain.access import Role, Viewer
from server.domain.closing import PeriodStandsOpen, PeriodStateForbids, ReopeningAsked
from server.domain.errors import ReasonMissing
from server.queries import feed_tables, period_checks, results
from server.storage.organisation import Outlet, User
from server.usecases import periods
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.usecases.test_periods import (
    FAILED,
    NOVEMBER,
    accepted,
    agent,
    closed,
    corrected,
    december,
    do,
    hq,
    nobody_twice,
    shopper,
)

__all__ = ["hq", "nobody_twice", "shopper"]


def reopened(office: Office, hq: Viewer, why: str = "漏了一次申诉") -> Viewer:
    other = submitted.viewer(make.user(office, role=Role.HQ))
    do(office, hq, periods.ask_to_reopen, NOVEMBER, why)
    do(office, other, periods.reopen, NOVEMBER)
    return other


def seen(office: Office, viewer: Viewer, outlet: Outlet) -> tuple[str, int, str | None] | None:
    """State and round as the viewer reads them, and the outlet's composite."""
    with office.work(viewer, write=False) as work:
        row = results.period(work.connection, viewer, NOVEMBER)
        if row is None:
            return None
        found = results.by_subject(work.connection, viewer, NOVEMBER, "composite")
        return row.state.value, row.round, found[str(outlet.id)].value


def test_outlets_and_branches_read_the_round_of_before_while_a_period_is_opened_again(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both)
    visit = accepted(both, shopper, outlet, answers=FAILED)
    owner = submitted.viewer(make.user(both, role=Role.OUTLET_OWNER, outlet_id=outlet.id))
    branch = submitted.viewer(make.user(both, role=Role.BRANCH_MANAGER, unit_path="sx/ty/"))
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    assert (seen(both, owner, outlet), seen(both, branch, outlet)) == (None, None)
    closed(both, clock, hq, NOVEMBER)
    reopened(both, hq)
    corrected(both, visit)
    before = ("closed", 1, "93")
    assert seen(both, owner, outlet) == seen(both, branch, outlet) == before
    periods.draft(both, hq, NOVEMBER)
    assert seen(both, owner, outlet) == seen(both, branch, outlet) == before
    assert seen(both, hq, outlet) == ("draft", 2, "97")
    with both.work(branch, write=False) as work:
        told = results.explanation(work.connection, branch, NOVEMBER, str(outlet.id), "composite")
        assert told["value"] == 93
        fed = work.connection.execute(feed_tables.figures(work.session, branch).statement)
        rounds = {(row.round, row.period_state) for row in fed if row.period == NOVEMBER}
        assert rounds == {(1, "closed")}
    do(both, hq, periods.open_draft, NOVEMBER)
    assert seen(both, owner, outlet) == before
    assert seen(both, branch, outlet) == ("open", 2, "97")
    clock.forward(days=9)
    do(both, hq, periods.publish, NOVEMBER)
    assert seen(both, owner, outlet) == ("published", 2, "97")


def test_every_request_to_open_a_period_again_is_kept_with_its_reason_and_its_answer(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    other = submitted.viewer(make.user(both, role=Role.HQ))
    do(both, hq, periods.ask_to_reopen, NOVEMBER, "数据有误")
    with pytest.raises(ReopeningAsked):
        do(both, other, periods.ask_to_reopen, NOVEMBER, "另一个理由")
    with pytest.raises(ReasonMissing):
        do(both, other, periods.refuse_reopening, NOVEMBER, " ")
    do(both, other, periods.refuse_reopening, NOVEMBER, "数据没有错")
    with pytest.raises(PeriodStateForbids):
        do(both, other, periods.refuse_reopening, NOVEMBER, "没有人提出")
    do(both, hq, periods.ask_to_reopen, NOVEMBER, "还是有误")
    do(both, hq, periods.refuse_reopening, NOVEMBER)
    do(both, other, periods.ask_to_reopen, NOVEMBER, "漏了申诉")
    do(both, hq, periods.reopen, NOVEMBER)
    with both.work(write=False) as work:
        lines = period_checks.board(work.connection, date(2026, 12, 20))
        kept = next(line.reopenings for line in lines if line.period.code == NOVEMBER)
        names = {who.user_id: work.session.get_one(User, UUID(who.user_id)).name for who in (hq, other)}
    told = [(each.why, each.asked_by, each.agreed, each.answered_by) for each in kept]
    assert told == [
        ("数据有误", names[hq.user_id], False, names[other.user_id]),
        ("还是有误", names[hq.user_id], False, names[hq.user_id]),
        ("漏了申诉", names[other.user_id], True, names[hq.user_id]),
    ]
    assert [(each.withdrawn, each.answer) for each in kept] == [
        (False, "数据没有错"),
        (True, ""),
        (False, ""),
    ]


def test_a_draft_stands_open_until_the_end_of_the_day_that_is_named(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    december(clock)
    periods.draft(both, hq, NOVEMBER)
    do(both, hq, periods.open_draft, NOVEMBER)
    with pytest.raises(PeriodStandsOpen) as refused:
        do(both, hq, periods.publish, NOVEMBER)
    assert refused.value.until == "2026-12-08"
