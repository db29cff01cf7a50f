"""The outlets of a period are those of its last day: what is decided later never rewrites it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.deciding import DecisionKind
from server.domain.periods import Period
from server.queries import commission_reckoning, decision_grounds, outlets_then, results
from server.storage.organisation import Outlet, OutletStatus, User
from server.storage.periods import PeriodOutlet
from server.usecases import decisions, outlets, periods, replay
from server.usecases.work import Office
from tests import make, submitted
from tests.conftest import Clock
from tests.usecases.test_periods import (
    FAILED,
    NOVEMBER,
    accepted,
    agent,
    closed,
    december,
    do,
    figure,
    hq,
    nobody_twice,
    shopper,
)

__all__ = ["hq", "nobody_twice", "shopper"]


def decided(office: Office, hq: Viewer, outlet: Outlet, kind: DecisionKind, day: date) -> None:
    """Somebody proposes, head office approves with effect on a day."""
    other = submitted.viewer(make.user(office, role=Role.HQ))
    with office.work(other) as work:
        proposal = decisions.propose_by_hand(work, uuid4(), outlet.id, kind, "理由")
        looked_at = decision_grounds.seen(proposal)
    do(office, hq, decisions.approve, proposal.id, looked_at, day)


def tier_of(office: Office, outlet: Outlet) -> str:
    with office.work(write=False) as work:
        told = results.explanation(work.connection, SYSTEM, NOVEMBER, str(outlet.id), "composite")
    return str(told["inputs"]["tier"])


def test_an_upgrade_and_an_exit_of_december_change_nothing_of_november(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet, leaver = agent(both), agent(both)
    accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    decided(both, hq, outlet, DecisionKind.UPGRADE, date(2026, 12, 1))
    decided(both, hq, leaver, DecisionKind.EXIT, date(2026, 12, 1))
    december(clock, 12, 3)
    decisions.take_effect(both)
    with both.work(write=False) as work:
        assert work.session.get_one(Outlet, leaver.id).status is OutletStatus.EXITED
    periods.draft(both, hq, NOVEMBER)
    assert (tier_of(both, outlet), figure(both, NOVEMBER, "composite", outlet.id).exact) == ("village", 93)
    assert (
        figure(both, NOVEMBER, "composite", leaver.id).exact
        == figure(both, NOVEMBER, "composite", leaver.id).exact
    )
    periods.draft(both, hq, "2026-12")
    with both.work(write=False) as work:
        then = {each.outlet_id: each.tier for each in results.outlets_then(work.connection, "2026-12", 1)}
    assert then == {outlet.id: "ordinary"}


def test_a_month_opened_again_and_its_commission_keep_the_outlets_of_the_month(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    outlet = agent(both, class_="B")
    accepted(both, shopper, outlet, answers=FAILED)
    december(clock)
    decided(both, hq, outlet, DecisionKind.UPGRADE, date(2026, 12, 1))
    closed(both, clock, hq, NOVEMBER)
    with both.work(write=False) as work:
        (before,) = commission_reckoning.reckoned(work.connection, Period.read(NOVEMBER)).lines
    decisions.take_effect(both)
    do(both, hq, periods.ask_to_reopen, NOVEMBER, "再算一次")
    other = submitted.viewer(make.user(both, role=Role.HQ))
    do(both, other, periods.reopen, NOVEMBER)
    periods.draft(both, hq, NOVEMBER)
    assert (tier_of(both, outlet), figure(both, NOVEMBER, "composite", outlet.id).exact) == ("village", 93)
    do(both, hq, periods.open_draft, NOVEMBER)
    clock.forward(days=9)
    do(both, hq, periods.publish, NOVEMBER)
    with both.work(write=False) as work:
        (after,) = commission_reckoning.reckoned(work.connection, Period.read(NOVEMBER)).lines
    assert (after.base_fen, after.paid) == (before.base_fen, before.paid)
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same


def then(office: Office, code: str) -> dict:
    with office.work(write=False) as work:
        return {place.outlet: place for place in outlets_then.of_period(work.connection, Period.read(code))}


def test_an_outlet_that_left_within_a_month_is_in_it_as_it_was_and_gets_its_commission(
    both: Office, clock: Clock, shopper: User, hq: Viewer
) -> None:
    leaver, stays = agent(both, class_="B"), agent(both, "cz", class_="B")
    accepted(both, shopper, leaver, answers=FAILED)
    decided(both, hq, leaver, DecisionKind.EXIT, date(2026, 11, 30))
    december(clock)
    decisions.take_effect(both)
    closed(both, clock, hq, NOVEMBER)
    assert figure(both, NOVEMBER, "composite", leaver.id).exact == 93
    with both.work(write=False) as work:
        lines = commission_reckoning.reckoned(work.connection, Period.read(NOVEMBER)).lines
    paid = {line.place.outlet: line for line in lines}
    assert set(paid) == {leaver.id, stays.id}
    assert paid[leaver.id].base_fen == paid[stays.id].base_fen > 0
    assert do(both, SYSTEM, replay.replay, NOVEMBER).same
    # A longer period has the outlets of its last day, a later month those that were still there.
    assert set(then(both, "2026-Q4")) == set(then(both, "2026-12")) == {stays.id}
    assert set(then(both, "2026-10")) == {leaver.id, stays.id}


def test_what_a_leaver_was_on_its_last_day_is_not_mixed_with_what_others_became(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    leaver, riser = agent(both, class_="B"), agent(both, class_="B")
    december(clock)
    decided(both, hq, riser, DecisionKind.UPGRADE, date(2026, 12, 1))
    decided(both, hq, leaver, DecisionKind.UPGRADE, date(2026, 12, 1))
    decisions.take_effect(both)
    decided(both, hq, leaver, DecisionKind.EXIT, date(2026, 12, 20))
    december(clock, 12, 20)
    decisions.take_effect(both)
    assert {outlet: place.tier for outlet, place in then(both, "2026-12").items()} == {
        leaver.id: "ordinary",
        riser.id: "ordinary",
    }
    assert {place.tier for place in then(both, NOVEMBER).values()} == {"village"}
    assert set(then(both, "2027-01")) == {riser.id}


def paid_in(office: Office, code: str) -> dict:
    with office.work(write=False) as work:
        lines = commission_reckoning.reckoned(work.connection, Period.read(code)).lines
    return {line.place.outlet: line.base_fen for line in lines}


def test_nobody_is_in_a_month_or_paid_for_it_before_its_cooperation_began_and_the_month_it_begins_in_is_whole(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    old, new = (agent(both, class_="B", cooperation_since=day) for day in (None, date(2026, 11, 20)))
    joining = agent(both, class_="B", status=OutletStatus.ONBOARDING)
    december(clock)
    closed(both, clock, hq, "2026-10", NOVEMBER)
    assert set(then(both, "2026-10")) == set(paid_in(both, "2026-10")) == {old.id}
    assert set(then(both, NOVEMBER)) == {old.id, new.id}
    found = paid_in(both, NOVEMBER)
    assert found[old.id] == found[new.id] > 0
    # Who is admitted in December is there from then on, and in no month before.
    decided(both, hq, joining, DecisionKind.ENTRY, date(2026, 12, 20))
    december(clock, 12, 21)
    decisions.take_effect(both)
    assert set(then(both, NOVEMBER)) == {old.id, new.id}
    assert set(then(both, "2026-12")) == {old.id, new.id, joining.id}


def test_a_round_from_before_that_has_an_outlet_too_early_pays_it_nothing(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    old = agent(both, class_="B")
    december(clock)
    closed(both, clock, hq, NOVEMBER)
    with both.work() as work:
        kept = work.session.exec(select(PeriodOutlet)).one()
        kept.since = date(2026, 12, 1)
    assert old.id not in paid_in(both, NOVEMBER)


@pytest.mark.parametrize("tier", ["普通代理店", "自有营业厅"])
def test_what_is_imported_new_without_a_start_of_cooperation_is_in_no_month_before_the_one_it_came_in(
    both: Office, clock: Clock, hq: Viewer, tmp_path: Path, tier: str
) -> None:
    old, path = agent(both, class_="B"), tmp_path / "new.csv"
    head = "编码,名称,层级,类别,地域,单位,合作起始"
    path.write_text(
        f"{head}\nN1,新店,{tier},B,城市,sx-ty-xd,\nN2,补登店,{tier},B,城市,sx-ty-xd,2020-03-01\n",
        encoding="utf-8",
    )
    december(clock)
    with both.work() as work:
        assert outlets.apply_import(work, path).clean
        came = {each.code: each.id for each in work.session.exec(select(Outlet))}
    assert set(then(both, "2026-10")) == set(then(both, NOVEMBER)) == {old.id, came["N2"]}
    assert set(then(both, "2026-12")) == set(then(both, "2026-H2")) == {old.id, came["N1"], came["N2"]}
    closed(both, clock, hq, NOVEMBER)
    agents = {old.id} | ({came["N2"]} if tier == "普通代理店" else set())
    assert set(paid_in(both, NOVEMBER)) == agents
    # Once it is known since when it works with us, that day counts.
    path.write_text(f"{head}\nN1,新店,{tier},B,城市,sx-ty-xd,2026-11-30\n", encoding="utf-8")
    with both.work() as work:
        assert outlets.apply_import(work, path).clean
    assert came["N1"] in then(both, NOVEMBER)
    assert came["N1"] not in then(both, "2026-10")


def test_who_is_imported_as_left_or_still_to_be_admitted_is_in_no_month_until_then(
    both: Office, clock: Clock, tmp_path: Path
) -> None:
    agent(both)
    path = tmp_path / "new.csv"
    for day, *states in ((1, "退出", "准入中"), (20, "退出", "正常")):
        december(clock, 12, day)
        rows = "".join(f"N{n},新店,村级服务站,城市,sx-ty-xd,{each}\n" for n, each in enumerate(states))
        path.write_text(f"编码,名称,层级,地域,单位,状态\n{rows}", encoding="utf-8")
        with both.work() as work:
            assert outlets.apply_import(work, path).clean
    assert [len(then(both, code)) for code in (NOVEMBER, "2026-12", "2027-01")] == [1, 2, 2]


@pytest.mark.parametrize("before", [date(2018, 2, 10), None])
def test_who_leaves_and_begins_anew_stays_in_the_months_of_before_with_the_start_of_then(
    both: Office, clock: Clock, hq: Viewer, tmp_path: Path, before: date | None
) -> None:
    outlet, path = agent(both, class_="B", cooperation_since=before), tmp_path / "list.csv"
    head = "编码,名称,层级,地域,单位,合作起始,状态"

    def listed(since: str, state: str) -> None:
        path.write_text(f"{head}\n{outlet.code},,,,,{since},{state}\n", encoding="utf-8")
        with both.work() as work:
            assert outlets.apply_import(work, path).clean

    clock.now = datetime(2026, 11, 26, 3, tzinfo=UTC)
    listed("", "退出")
    december(clock)
    listed("2027-01-01", "准入中")
    there = [outlet.id in then(both, code) for code in ("2026-10", NOVEMBER, "2026-12")]
    assert there == [True, True, False]
    closed(both, clock, hq, NOVEMBER)
    assert paid_in(both, NOVEMBER)[outlet.id] > 0
    with both.work(write=False) as work:
        assert [each.since for each in results.outlets_then(work.connection, NOVEMBER, 1)] == [before]


def test_an_entry_that_sets_a_start_changes_no_month_before_it(
    both: Office, clock: Clock, hq: Viewer
) -> None:
    outlet = agent(both, class_="B")
    for kind, day in ((DecisionKind.EXIT, 27), (DecisionKind.ENTRY, 30)):
        clock.now = datetime(2026, 11, day, 3, tzinfo=UTC)
        if kind is DecisionKind.ENTRY:
            with both.work() as work:
                work.session.get_one(Outlet, outlet.id).status = OutletStatus.ONBOARDING
        decided(both, hq, outlet, kind, date(2026, 11, day))
        decisions.take_effect(both)
    assert outlet.id in then(both, "2026-10")
    assert outlet.id in then(both, NOVEMBER)
