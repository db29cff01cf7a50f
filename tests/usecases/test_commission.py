"""The commission of months: staff shares, refunds, what is carried over, differences of closed months, and closing."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from server.domain.access import Role, Viewer
from server.domain.errors import NotAllowed, NotFound
from server.domain.exact import half_up
from server.domain.periods import Period
from server.domain.settlements import (
    CommissionClosed,
    CommissionEarlierOpen,
    CommissionNotPublished,
    CommissionStale,
    SamePayer,
)
from server.domain.visit import Answer, VisitState
from server.queries import commission as commission_table
from server.queries import period_checks
from server.queries.commission import Filters
from server.storage.commission import (
    CommissionMonth,
    CommissionRefund,
    CommissionRun,
    CommissionSettlement,
    CommissionShare,
)
from server.storage.events import Event
from server.storage.inputs import MonthCount, StaffMonth, VetoEvent
from server.storage.organisation import Outlet, Tier
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState
from server.storage.visits import Visit
from server.usecases import commission, corrections, periods, review
from server.usecases.work import Office
from tests import make, submitted
from tests.commissioned import FIRST, SINCE, code_of, publish, staff_of
from tests.conftest import Clock

# An exclusive shop of class B in a city: 1200 yuan a month; since three years: x 1.1.
BASE = 132_000


@pytest.fixture
def outlet(both: Office) -> Outlet:
    return make.outlet(both, tier=Tier.EXCLUSIVE, class_="B")


@pytest.fixture
def clerks(both: Office) -> tuple[Viewer, Viewer]:
    return tuple(submitted.viewer(make.user(both, role=Role.HQ)) for _ in range(2))  # type: ignore[return-value]


def compute(office: Office, who: Viewer, number: int) -> None:
    with office.work(who) as work:
        commission.compute(work, code_of(number))


def close(office: Office, who: Viewer, number: int) -> None:
    with office.work(who) as work:
        run = work.session.get_one(CommissionRun, code_of(number))
        commission.close(work, run.month, run.digest)


def month(office: Office, outlet: Outlet, number: int) -> CommissionMonth:
    with office.work(write=False) as work:
        return work.session.get_one(CommissionMonth, (code_of(number), outlet.id))


def rows(office: Office, model: type) -> list:
    with office.work(write=False) as work:
        return list(work.session.exec(select(model)))


def run_months(
    office: Office,
    clerks: tuple[Viewer, Viewer],
    outlet: Outlet,
    composites: Sequence[str | None],
    start: int = 0,
) -> None:
    """Publish, compute and close one month after the other."""
    for number, composite in enumerate(composites, start):
        publish(office, number, {outlet.id: composite}, [outlet])
        compute(office, clerks[0], number)
        close(office, clerks[1], number)


def test_a_month_is_base_by_years_by_composite_and_staff_shares_by_weights(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    publish(both, 0, {outlet.id: "92"}, [outlet])
    staff_of(both, outlet, 0, {"b": 1, "a": 2})
    compute(both, clerks[0], 0)
    found = month(both, outlet, 0)
    assert (found.base_fen, found.years_factor, found.pay_factor, found.composite) == (
        120_000,
        "1.1",
        "1.2",
        9200,
    )
    assert (found.amount_fen, found.staff_fen, found.withheld_fen, found.paid_fen) == (
        158_400,
        47_520,
        0,
        158_400,
    )
    shares = {each.number: each.fen for each in rows(both, CommissionShare)}
    assert shares == {"a": 31_680, "b": 15_840}
    why = json.loads(zlib.decompress(found.explanation))
    assert why["parts"][0]["figure"] == "commission"
    assert why["parts"][0]["inputs"]["composite"] == 92
    assert [each.name for each in rows(both, Event) if each.subject == "commission"] == [
        "commission.computed"
    ]


def test_a_withheld_month_is_paid_back_with_the_third_good_month_and_only_then(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    run_months(both, clerks, outlet, ["55", "90", "91", "95", "96"])
    found = [month(both, outlet, number) for number in range(5)]
    assert [each.amount_fen for each in found] == [-66_000, 158_400, 158_400, 198_000, 198_000]
    assert [each.paid_fen for each in found] == [0, 92_400, 158_400, 396_000, 198_000]
    assert [each.carried_on_fen for each in found] == [-66_000, 0, 0, 0, 0]
    assert [each.refunded_fen for each in found] == [0, 0, 0, 198_000, 0]


@pytest.mark.parametrize("third", ["89.99", None])
def test_a_month_below_or_without_composite_breaks_the_run(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer], third: str | None
) -> None:
    run_months(both, clerks, outlet, ["55", "90", third, "95", "95"])
    assert rows(both, CommissionRefund) == []


def test_what_is_carried_over_never_takes_from_the_staff(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    staff_of(both, outlet, 2, {"a": 1})
    run_months(both, clerks, outlet, ["40", "40", "85"])
    found = month(both, outlet, 2)
    assert (found.carried_in_fen, found.amount_fen, found.staff_fen) == (-264_000, 132_000, 39_600)
    assert (found.paid_fen, found.carried_on_fen) == (39_600, -171_600)


def test_computing_again_changes_nothing_and_two_at_once_refund_once(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    run_months(both, clerks, outlet, ["55", "90", "91"])
    publish(both, 3, {outlet.id: "95"}, [outlet])
    failed: list[BaseException] = []

    def turn() -> None:
        try:
            compute(both, clerks[0], 3)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    before = month(both, outlet, 3)
    compute(both, clerks[1], 3)
    assert month(both, outlet, 3) == before
    assert [(each.withheld_month, each.paid_with, each.fen) for each in rows(both, CommissionRefund)] == [
        (code_of(0), code_of(3), 198_000)
    ]


def test_computing_an_earlier_open_month_computes_the_later_ones_that_rest_on_it(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    publish(both, 0, {outlet.id: "85"}, [outlet])
    publish(both, 1, {outlet.id: "85"}, [outlet])
    compute(both, clerks[0], 0)
    compute(both, clerks[0], 1)
    with both.work() as work:
        veto(work.session, outlet, 0)
    compute(both, clerks[0], 0)
    assert [month(both, outlet, number).carried_in_fen for number in (0, 1)] == [0, -BASE]


def test_an_outlet_without_a_class_yet_is_paid_as_class_c_and_holds_up_nobody(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    new, low = (make.outlet(both, tier=outlet.tier, class_=class_) for class_ in ("", "C"))
    publish(both, 0, {each.id: "92" for each in (outlet, new, low)}, [outlet, new, low])
    compute(both, clerks[0], 0)
    assert month(both, outlet, 0).base_fen == 120_000
    assert month(both, new, 0).base_fen == month(both, low, 0).base_fen < 120_000


def test_a_class_1_veto_takes_the_month_and_a_class_2_veto_does_not(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    publish(both, 0, {outlet.id: "95"}, [outlet])
    publish(both, 1, {outlet.id: "95"}, [outlet])
    with both.work() as work:
        veto(work.session, outlet, 0)
        veto(work.session, outlet, 1, "V5")
    compute(both, clerks[0], 0)
    compute(both, clerks[0], 1)
    assert [month(both, outlet, number).amount_fen for number in (0, 1)] == [-BASE, 198_000]


def test_a_new_round_of_a_closed_month_is_settled_in_the_next_and_only_once(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    staff_of(both, outlet, 0, {"a": 1})
    run_months(both, clerks, outlet, ["84"])
    was = month(both, outlet, 0)
    publish(both, 0, {outlet.id: "85"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["85", "85"], start=1)
    assert month(both, outlet, 0) == was
    found = month(both, outlet, 1)
    # 1320.00 instead of 1056.00, 30 % of the difference for who worked there then.
    assert (found.settled_fen, found.staff_fen, found.paid_fen) == (26_400, 7_920, BASE + 26_400)
    [share] = [each for each in rows(both, CommissionShare) if each.month == code_of(1)]
    assert (share.of_month, share.number, share.fen) == (code_of(0), "a", 7_920)
    assert month(both, outlet, 2).settled_fen == 0
    why = json.loads(zlib.decompress(found.explanation))
    assert [each["figure"] for each in why["parts"]] == ["commission", "settlement"]
    assert why["parts"][1]["subject"] == f"period:{code_of(0)}"


def test_what_was_paid_back_already_is_not_paid_twice_when_its_month_is_corrected(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    run_months(both, clerks, outlet, ["55", "90", "91", "95"])
    publish(both, 0, {outlet.id: "92"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["85"], start=4)
    # -660.00 and 1980.00 back were paid; 1584.00 are owed.
    assert month(both, outlet, 4).settled_fen == 158_400 - (-66_000 + 198_000)
    assert len(rows(both, CommissionRefund)) == 1


def test_a_refund_whose_run_a_correction_breaks_is_taken_back_in_the_next_month_and_paid_again_when_it_is_mended(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    """Handbook 2.10: three consecutive months, each at least 90; 2.7: the difference is settled in the next."""
    run_months(both, clerks, outlet, ["55", "90", "91", "95"])
    assert month(both, outlet, 3).refunded_fen == 198_000
    publish(both, 2, {outlet.id: "89"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["92"], start=4)
    # 1320.00 instead of 1584.00 for the month itself, and the 1980.00 of the withheld one.
    assert month(both, outlet, 4).settled_fen == (132_000 - 158_400) - 198_000
    told = {each["subject"]: each for each in settlements(month(both, outlet, 4))}
    broken = told[f"period:{code_of(0)}"]
    assert [each["code"] for each in broken["notes"]] == ["run-broken"]
    assert (broken["inputs"]["refund_before_fen"], broken["inputs"]["refund_fen"]) == (198_000, 0)
    run_months(both, clerks, outlet, ["92"], start=5)
    assert month(both, outlet, 5).settled_fen == 0
    publish(both, 2, {outlet.id: "90"}, [outlet], round_=3)
    run_months(both, clerks, outlet, ["92", "92"], start=6)
    assert month(both, outlet, 6).settled_fen == (158_400 - 132_000) + 198_000
    assert (month(both, outlet, 7).settled_fen, month(both, outlet, 7).refunded_fen) == (0, 0)
    assert len(rows(both, CommissionRefund)) == 1


def test_a_month_that_is_corrected_with_its_run_is_not_paid_back(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    run_months(both, clerks, outlet, ["55", "90", "91", "95"])
    publish(both, 0, {outlet.id: "65"}, [outlet], round_=2)
    publish(both, 1, {outlet.id: "89"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["92"], start=4)
    # The month came to -660.00 and 1980.00 back; it comes to nothing now, and nothing of it is paid back.
    assert month(both, outlet, 4).settled_fen == (0 - (-66_000 + 198_000)) + (132_000 - 158_400)
    publish(both, 0, {outlet.id: "55"}, [outlet], round_=3)
    run_months(both, clerks, outlet, ["92"], start=5)
    assert month(both, outlet, 5).settled_fen == -66_000


def settlements(of: CommissionMonth) -> list:
    return [
        each
        for each in json.loads(zlib.decompress(of.explanation))["parts"]
        if each["figure"] == "settlement"
    ]


def test_a_run_that_a_correction_makes_whole_is_paid_back_with_the_next_month(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    run_months(both, clerks, outlet, ["55", "90", "89.5", "95"])
    assert rows(both, CommissionRefund) == []
    publish(both, 2, {outlet.id: "90"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["85"], start=4)
    assert [(each.withheld_month, each.paid_with) for each in rows(both, CommissionRefund)] == [
        (code_of(0), code_of(4))
    ]


def test_a_month_is_closed_by_somebody_else_in_order_and_as_it_was_looked_at(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    for number in (0, 1, 2):
        publish(both, number, {outlet.id: "85"}, [outlet])
        compute(both, clerks[0], number)
    with pytest.raises(SamePayer):
        close(both, clerks[0], 0)
    with pytest.raises(CommissionEarlierOpen):
        close(both, clerks[1], 1)
    with pytest.raises(CommissionStale), both.work(clerks[1]) as work:
        commission.close(work, code_of(0), "0" * 64)
    close(both, clerks[1], 0)
    with pytest.raises(CommissionClosed):
        compute(both, clerks[0], 0)
    with pytest.raises(CommissionClosed):
        close(both, clerks[1], 0)
    with both.work() as work:
        veto(work.session, outlet, 1)
    with pytest.raises(CommissionStale):
        close(both, clerks[1], 1)
    with both.work() as work:
        work.session.get_one(PeriodRow, code_of(1)).state = PeriodState.DRAFT
    with pytest.raises(CommissionNotPublished):
        close(both, clerks[1], 1)
    with pytest.raises(NotFound):
        close_unknown(both, clerks[1])


def close_unknown(office: Office, who: Viewer) -> None:
    with office.work(who) as work:
        commission.close(work, "2031-01", "")


@pytest.mark.parametrize("code", ["2026-Q1", "nothing", "2026-13"])
def test_only_published_months_are_computed_and_only_by_head_office(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer], code: str
) -> None:
    with pytest.raises(NotFound), both.work(clerks[0]) as work:
        commission.compute(work, code)
    with pytest.raises(CommissionNotPublished):
        compute(both, clerks[0], 7)
    with (
        pytest.raises(NotAllowed),
        both.work(submitted.viewer(make.user(both, role=Role.BRANCH_MANAGER))) as work,
    ):
        commission.compute(work, code_of(0))


def test_an_outlet_that_left_is_still_settled(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    other = make.outlet(both, tier=Tier.VILLAGE)
    run_months(both, clerks, outlet, ["84"])
    publish(both, 0, {outlet.id: "85"}, [outlet], round_=2)
    publish(both, 1, {other.id: "90"}, [other])
    compute(both, clerks[0], 1)
    assert (month(both, outlet, 1).amount_fen, month(both, outlet, 1).paid_fen) == (0, 26_400)


def test_the_debt_of_an_outlet_that_left_stands_in_every_later_month(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    other = make.outlet(both, tier=Tier.VILLAGE)
    run_months(both, clerks, outlet, ["55"])
    for number in (1, 2):
        publish(both, number, {other.id: "90"}, [other])
        compute(both, clerks[0], number)
        close(both, clerks[1], number)
    for number in (1, 2):
        found = month(both, outlet, number)
        assert (found.base_fen, found.amount_fen, found.paid_fen) == (0, 0, 0)
        assert found.carried_in_fen == found.carried_on_fen == -66_000
        why = json.loads(zlib.decompress(found.explanation))
        assert [each["code"] for each in why["parts"][0]["notes"]] == ["left"]
    with both.work(clerks[0], write=False) as work:
        shown = commission_table.lines(work.session, work.viewer, Filters(code_of(2), only="left"))
    assert [each.outlet_id for each in shown] == [outlet.id]


def renamed(office: Office, outlet: Outlet, number: int, weights: dict[str, int]) -> None:
    """Name another staff for a month, as an import after its period was opened again does."""
    with office.work() as work:
        work.session.execute(sa.delete(StaffMonth).where(StaffMonth.month == code_of(number)))
    staff_of(office, outlet, number, weights)


@pytest.mark.parametrize(
    ("was", "now", "added"),
    [
        # 396.00 of 1320.00 are the staff's: of a list that was missing all is paid, and comes from the outlet's part.
        ({}, {"a": 1, "b": 1}, {"a": 19_800, "b": 19_800}),
        # Who was named with too much keeps it, and the others get what is theirs.
        ({"a": 1}, {"a": 1, "b": 1}, {"b": 19_800}),
        ({"a": 1}, {"c": 1}, {"c": 39_600}),
        ({"a": 1, "b": 1}, {"a": 1, "b": 3}, {"b": 9_900}),
        ({"a": 1, "b": 1}, {"b": 1, "a": 1}, {}),
        ({"a": 1}, {}, {}),
    ],
)
def test_a_staff_list_that_was_corrected_is_settled_once_and_nobody_gives_back(
    both: Office,
    outlet: Outlet,
    clerks: tuple[Viewer, Viewer],
    was: dict[str, int],
    now: dict[str, int],
    added: dict[str, int],
) -> None:
    staff_of(both, outlet, 0, was)
    run_months(both, clerks, outlet, ["85"])
    renamed(both, outlet, 0, now)
    publish(both, 0, {outlet.id: "85"}, [outlet], round_=2)
    run_months(both, clerks, outlet, ["85", "85"], start=1)
    shares = {each.number: each.fen for each in rows(both, CommissionShare) if each.month != code_of(0)}
    assert shares == added
    found, last = (month(both, outlet, number) for number in (1, 2))
    assert (found.settled_fen, found.staff_fen, found.paid_fen) == (0, sum(added.values()), BASE)
    assert (last.staff_fen, last.settled_fen, last.paid_fen) == (0, 0, BASE)


def test_a_month_of_which_nobody_has_a_share_is_told_and_found(
    both: Office, outlet: Outlet, clerks: tuple[Viewer, Viewer]
) -> None:
    named, low = (make.outlet(both, tier=outlet.tier, class_="B") for _ in range(2))
    staff_of(both, named, 0, {"a": 1})
    publish(both, 0, {outlet.id: "85", named.id: "85", low.id: "55"}, [outlet, named, low])
    compute(both, clerks[0], 0)
    with both.work(clerks[1], write=False) as work:
        [run] = commission_table.runs(work.session, work.viewer)
        shown = commission_table.lines(work.session, work.viewer, Filters(code_of(0), only="unnamed"))
        row = work.session.get_one(PeriodRow, code_of(0))
        checks = {each.code: each.count for each in period_checks.checks(work.connection, FIRST, row)}
    # It is told and does not forbid: a list may be missing because nobody works there.
    assert (run.unnamed, run.ready) == (1, True)
    assert [each.outlet_id for each in shown] == [outlet.id]
    assert checks["staff-missing"] == 2


def test_an_appeal_after_the_close_is_settled_in_the_next_month(
    both: Office, clock: Clock, clerks: tuple[Viewer, Viewer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "second_review_for", lambda *_, **__: [])
    outlet = make.outlet(both, tier=Tier.VILLAGE, class_="A", cooperation_since=SINCE)
    with both.work() as work:
        # 5 of 100 replies below the line, so that the failed item takes the composite under 95.
        for name, part, whole in (("csat_hall", 93, 100), ("complaints", 0, None), ("audit", 1, None)):
            work.session.add(
                MonthCount(outlet_id=outlet.id, month="2026-11", code=name, part=part, whole=whole)
            )
    shopper = make.user(both, role=Role.SHOPPER)
    failed = {**submitted.GOOD, "A-01": {"value": "fail"}}
    visit = submitted.visit(both, shopper, outlet, answers=failed)
    with both.work(submitted.reviewer(both)) as work:
        review.decide(work, visit.id, 1, "accept")
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        found.state, found.published_at = VisitState.PUBLISHED, work.now
    clock.now = datetime(2026, 12, 1, 3, tzinfo=UTC)
    periods.draft(both, clerks[0], "2026-11")
    for step in (periods.open_draft, periods.publish, periods.close):
        with both.work(clerks[0]) as work:
            step(work, "2026-11")
        clock.forward(days=9)
    with both.work() as work:
        commission.compute(work, "2026-11")
        run = work.session.get_one(CommissionRun, "2026-11")
        commission.close(work, run.month, run.digest)
    compiled = submitted.checklist(both)
    with both.work() as work:
        found = work.session.get_one(Visit, visit.id)
        corrections.correct(work, found, compiled, {"A-01": Answer(value="pass")}, "appeal")
    publish(both, 10, {outlet.id: "85"}, [outlet])
    publish(both, 11, {outlet.id: "85"}, [outlet])
    for number in (10, 11):
        with both.work() as work:
            commission.compute(work, code_of(number))
            run = work.session.get_one(CommissionRun, code_of(number))
            commission.close(work, run.month, run.digest)
    before, after, last = (month(both, outlet, number) for number in (9, 10, 11))
    [settled] = rows(both, CommissionSettlement)
    assert settled.of_month == before.month == "2026-11"
    assert settled.composite > before.composite
    assert after.settled_fen == settled.fen == settled.amount_fen - before.amount_fen > 0
    assert last.settled_fen == 0
    why = json.loads(zlib.decompress(after.explanation))["parts"][-1]
    assert [each["code"] for each in why["notes"]] == ["visits-corrected"]
    assert [each["subject"] for each in why["parts"][-1]["parts"]] == [f"visit:{visit.id}"]


COMPOSITES = st.sampled_from([None, "40", "55", "65", "75", "84.99", "89.99", *("90", "92", "95") * 3])
STEPS = st.lists(
    st.tuples(COMPOSITES, st.booleans(), st.integers(0, 3), st.sampled_from([None, None, "92", "84"])),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_over_any_history_with_corrections_nothing_is_lost_paid_twice_or_below_nothing(
    office: Office, steps: list[tuple[str | None, bool, int, str | None]]
) -> None:
    forget(office)
    outlet = make.outlet(office, tier=Tier.EXCLUSIVE, class_="B")
    clerks = tuple(submitted.viewer(make.user(office, role=Role.HQ)) for _ in range(2))
    rounds: dict[int, int] = {}
    for number, (composite, vetoed, names, corrected) in enumerate(steps):
        publish(office, number, {outlet.id: composite}, [outlet])
        staff_of(office, outlet, number, {f"s{each}": each for each in range(names)})
        if vetoed and number % 3 == 0:
            with office.work() as work:
                veto(work.session, outlet, number)
        if corrected and number:
            earlier = number // 2
            rounds[earlier] = rounds.get(earlier, 1) + 1
            publish(office, earlier, {outlet.id: corrected}, [outlet], round_=rounds[earlier])
        compute(office, clerks[0], number)  # type: ignore[arg-type]
        if number % 2:
            compute(office, clerks[0], number)  # type: ignore[arg-type]
        close(office, clerks[1], number)  # type: ignore[arg-type]
    found = [month(office, outlet, number) for number in range(len(steps))]
    refunds = [each for each in rows(office, CommissionRefund) if each.outlet_id == outlet.id]
    shares = rows(office, CommissionShare)
    for each, following in pairwise(found):
        assert following.carried_in_fen == each.carried_on_fen
    for number, each in enumerate(found):
        assert each.paid_fen >= each.staff_fen >= 0 >= each.carried_on_fen
        own = sum(one.fen for one in shares if one.month == one.of_month == each.month)
        named = steps[number][2]
        assert own == (half_up(Fraction(each.amount_fen * 30, 100)) if named and each.amount_fen > 0 else 0)
        assert each.staff_fen == sum(one.fen for one in shares if one.month == each.month)
    owed = sum(each.amount_fen + each.refunded_fen + each.settled_fen for each in found)
    assert sum(each.paid_fen for each in found) + found[-1].carried_on_fen == owed
    assert len({each.withheld_month for each in refunds}) == len(refunds)
    assert sum(each.fen for each in refunds) == sum(each.refunded_fen for each in found)
    # Every closed month comes, with its differences, to what it counts in the end.
    last = {
        each.of_month: each
        for each in sorted(rows(office, CommissionSettlement), key=lambda each: each.month)
    }
    for each in found:
        parts = [one for one in rows(office, CommissionSettlement) if one.of_month == each.month]
        if parts:
            now, back = last[each.month], [one.fen for one in refunds if one.withheld_month == each.month]
            paid = each.amount_fen + sum(one.fen for one in parts) + sum(back)
            assert paid == now.amount_fen + (
                now.refund_fen or (0 if now.refund_fen is not None else sum(back))
            )


def forget(office: Office) -> None:
    """Let each example begin with no month."""
    with office.work() as work:
        for model in (
            CommissionShare,
            CommissionRefund,
            CommissionSettlement,
            CommissionMonth,
            CommissionRun,
            StaffMonth,
            VetoEvent,
            Figure,
            PeriodOutlet,
            PeriodRow,
        ):
            work.session.execute(sa.delete(model))


def veto(session, outlet: Outlet, number: int, code: str = "V1") -> None:  # type: ignore[no-untyped-def]
    session.add(
        VetoEvent(
            id=uuid4(),
            outlet_id=outlet.id,
            code=code,
            day=Period.read(code_of(number)).first,
            at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    )
