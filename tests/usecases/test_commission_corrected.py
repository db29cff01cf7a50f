"""Closed months that are corrected: what is found years later, with another base, a second time, or under other rules."""

from __future__ import annotations

from server.domain.access import Viewer
from server.storage.commission import CommissionRefund, CommissionShare
from server.storage.organisation import Outlet
from server.usecases.work import Office
from tests.commissioned import code_of, publish, staff_of
from tests.usecases.test_commission import BASE, clerks, month, outlet, rows, run_months

__all__ = ["clerks", "outlet"]
Clerks = tuple[Viewer, Viewer]


def test_a_month_that_was_corrected_and_earned_back_is_left_alone_two_years_later(
    both: Office, outlet: Outlet, clerks: Clerks
) -> None:
    run_months(both, clerks, outlet, ["85"])
    publish(both, 0, {outlet.id: "80"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["92"] * 26, start=1)
    [refund] = rows(both, CommissionRefund)
    assert (refund.withheld_month, refund.paid_with, refund.fen) == (code_of(0), code_of(3), BASE // 5)
    assert {month(both, outlet, number).refunded_fen for number in range(4, 27)} == {0}


def test_what_is_withheld_of_a_month_follows_its_base_where_nothing_is_paid_of_it(
    both: Office, outlet: Outlet, clerks: Clerks
) -> None:
    run_months(both, clerks, outlet, ["65"])
    assert (month(both, outlet, 0).amount_fen, month(both, outlet, 0).withheld_fen) == (0, BASE)
    outlet.class_ = "A"
    publish(both, 0, {outlet.id: "65"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["92", "92", "92"], start=1)
    [refund] = rows(both, CommissionRefund)
    # Class A: 1800 yuan, x 1.1.
    assert (refund.withheld_month, refund.paid_with, refund.fen) == (code_of(0), code_of(3), 198_000)


def test_who_was_forgotten_in_a_list_gets_the_whole_share_of_a_month_that_rises_later(
    both: Office, outlet: Outlet, clerks: Clerks
) -> None:
    staff_of(both, outlet, 0, {"a": 1})
    run_months(both, clerks, outlet, ["85"])
    staff_of(both, outlet, 0, {"b": 1})
    publish(both, 0, {outlet.id: "85"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["85"], start=1)
    publish(both, 0, {outlet.id: "95"}, [outlet], round_=3)
    run_months(both, clerks, outlet, ["85"], start=2)
    got = [(each.month, each.number, each.fen) for each in rows(both, CommissionShare)]
    # 594.00 are the staff's now, half of it each: a has had more and keeps it.
    assert sorted(got) == [(code_of(0), "a", 39_600), (code_of(1), "b", 19_800), (code_of(2), "b", 9_900)]
