"""An outlet that comes into a closed month by a reopening of its figures gets that month whole, with the next one and once."""

from __future__ import annotations

import pytest

from server.domain.access import Viewer
from server.domain.refunds import Open
from server.queries import commission_page
from server.storage.commission import CommissionRefund, CommissionSettlement, CommissionShare
from server.storage.organisation import Outlet, Tier
from server.storage.periods import PeriodRow, PeriodState
from server.usecases.work import Office
from tests import make
from tests.commissioned import code_of, publish, staff_of
from tests.usecases.test_commission import (
    BASE,
    clerks,
    close,
    compute,
    month,
    outlet,
    rows,
    settlements,
)

__all__ = ["clerks", "outlet"]
Clerks = tuple[Viewer, Viewer]


@pytest.fixture
def late(both: Office) -> Outlet:
    """An outlet like the other one, which was forgotten in the first month."""
    return make.outlet(both, tier=Tier.EXCLUSIVE, class_="B")


def run_both(
    office: Office, clerks: Clerks, outlet: Outlet, late: Outlet, start: int, composites: list[str | None]
) -> None:
    """Publish, compute and close months that have both outlets."""
    for number, composite in enumerate(composites, start):
        publish(office, number, {outlet.id: "85", late.id: composite}, [outlet, late])
        compute(office, clerks[0], number)
        close(office, clerks[1], number)


def opened_again(
    office: Office, outlet: Outlet, late: Outlet, composite: str | None, round_: int = 2
) -> None:
    """The first month is opened again, computed with the forgotten outlet, and stands."""
    publish(office, 0, {outlet.id: "85", late.id: composite}, [outlet, late], round_=round_)


def without(office: Office, clerks: Clerks, outlet: Outlet) -> None:
    """The first month is closed and paid without the forgotten outlet."""
    publish(office, 0, {outlet.id: "85"}, [outlet])
    compute(office, clerks[0], 0)
    close(office, clerks[1], 0)


@pytest.mark.parametrize(
    ("composite", "fen", "staff"), [("92", 158_400, 47_520), (None, BASE, 39_600), ("55", -66_000, 0)]
)
def test_it_gets_the_whole_month_with_its_staff_and_once(
    both: Office,
    outlet: Outlet,
    late: Outlet,
    clerks: Clerks,
    composite: str | None,
    fen: int,
    staff: int,
) -> None:
    staff_of(both, late, 0, {"a": 2, "b": 1})
    without(both, clerks, outlet)
    opened_again(both, outlet, late, composite)
    run_both(both, clerks, outlet, late, 1, ["85", "85"])
    found = month(both, late, 1)
    assert (found.amount_fen, found.settled_fen, found.staff_fen) == (BASE, fen, staff)
    assert found.paid_fen == BASE + fen
    shares = {each.number: each.fen for each in rows(both, CommissionShare) if each.outlet_id == late.id}
    assert shares == ({"a": staff * 2 // 3, "b": staff // 3} if staff else {})
    [why] = settlements(found)
    assert [each["code"] for each in why["notes"]] == ["month-added"]
    assert (why["inputs"]["before_fen"], why["inputs"]["now_fen"], why["inputs"]["base_fen"]) == (
        0,
        fen,
        120_000,
    )
    assert (month(both, late, 2).settled_fen, month(both, outlet, 1).settled_fen) == (0, 0)
    # Once more with the same figures changes nothing, with others the difference alone.
    opened_again(both, outlet, late, composite, round_=3)
    run_both(both, clerks, outlet, late, 3, ["85"])
    assert month(both, late, 3).settled_fen == 0
    opened_again(both, outlet, late, "85", round_=4)
    run_both(both, clerks, outlet, late, 4, ["85"])
    assert month(both, late, 4).settled_fen == BASE - fen


def test_what_is_withheld_of_it_is_earned_back_by_the_months_after_it(
    both: Office, outlet: Outlet, late: Outlet, clerks: Clerks
) -> None:
    without(both, clerks, outlet)
    run_both(both, clerks, outlet, late, 1, ["90"])
    opened_again(both, outlet, late, "55")
    run_both(both, clerks, outlet, late, 2, ["91"])
    assert month(both, late, 2).settled_fen == -66_000
    with both.work(clerks[0], write=False) as work:
        page = commission_page.page(work.session, work.viewer, late.id)
    assert page.open == (Open(code_of(0), 198_000, 2, 1),)
    run_both(both, clerks, outlet, late, 3, ["95"])
    assert month(both, late, 3).refunded_fen == 198_000
    run_both(both, clerks, outlet, late, 4, ["95"])
    assert (month(both, late, 4).refunded_fen, month(both, late, 4).settled_fen) == (0, 0)
    assert [each.fen for each in rows(both, CommissionRefund)] == [198_000]
    assert [each.of_month for each in rows(both, CommissionSettlement)] == [code_of(0)]


def test_it_mends_the_run_of_a_month_before_and_is_paid_to_who_has_left_since(
    both: Office, outlet: Outlet, late: Outlet, clerks: Clerks
) -> None:
    run_both(both, clerks, outlet, late, -1, ["55"])
    without(both, clerks, outlet)
    run_both(both, clerks, outlet, late, 1, ["90", "90"])
    opened_again(both, outlet, late, "90")
    publish(both, 3, {outlet.id: "85"}, [outlet])
    compute(both, clerks[0], 3)
    found = month(both, late, 3)
    assert (found.amount_fen, found.settled_fen, found.refunded_fen) == (0, 158_400, 198_000)


def test_a_month_that_is_still_open_again_is_settled_once_it_stands(
    both: Office, outlet: Outlet, late: Outlet, clerks: Clerks
) -> None:
    without(both, clerks, outlet)
    opened_again(both, outlet, late, "85")
    with both.work() as work:
        work.session.get_one(PeriodRow, code_of(0)).state = PeriodState.OPEN
    run_both(both, clerks, outlet, late, 1, ["85"])
    assert month(both, late, 1).settled_fen == 0
    with both.work() as work:
        work.session.get_one(PeriodRow, code_of(0)).state = PeriodState.PUBLISHED
    run_both(both, clerks, outlet, late, 2, ["85"])
    assert month(both, late, 2).settled_fen == BASE
