"""Trials of rules: the same rules change nothing, a changed line changes whom it must, and nothing is ever written but the trial."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from server.domain.access import SYSTEM, Role, Viewer
from server.domain.bands import band_of
from server.domain.draft_errors import WrongStandard
from server.domain.errors import NotAllowed, NotFound
from server.domain.periods import Period
from server.domain.rules import RuleSet, plain, read_rules
from server.domain.trial_packing import packed, unpacked
from server.domain.trials import DAYS_KEPT, PeriodAhead, Quarter, Result, Sums, Tried, hanging
from server.queries import results, trial_runs
from server.queries import trials as shown
from server.queries.rules import rule_set
from server.storage.events import Event
from server.storage.organisation import Tier
from server.storage.periods import PeriodOutlet, PeriodRow, PeriodState
from server.usecases import commission, periods, trials
from server.usecases.rules import changed
from server.usecases.work import Office
from server.worker import run_once
from tests import make, province, submitted
from tests.conftest import Clock

HALF = "2026-H2"
MONTHS = tuple(f"2026-{month:02}" for month in range(7, 13))
# Values that bear on every figure that is reckoned, and change none of these outlets.
IDLE: Mapping[str, Any] = {
    "/composite/bonus/idea": 2,
    "/stars/draft_working_days": 7,
    "/decisions/entry/score_from": 81,
    "/classes/setting_factors/township": "0.45",
    "/commission/unrated_factor": "0.9",
    "/weak_item/actions": 2,
}


@pytest.fixture
def hq(office: Office) -> Viewer:
    return submitted.viewer(make.user(office, role=Role.HQ))


@pytest.fixture
def stored(office: Office, clock: Clock) -> list[Any]:
    """A province whose second half-year is computed and published, with its commission."""
    clock.now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    outlets = province.filled(office)
    for code in (*MONTHS, "2026-Q3", "2026-Q4"):
        periods.draft(office, SYSTEM, code)
        _publish(office, code)
    periods.draft(office, SYSTEM, HALF)
    _publish(office, HALF)
    with office.work() as work:
        commission.compute(work, MONTHS[0])
    return outlets


def _publish(office: Office, code: str) -> None:
    with office.work() as work:
        work.session.get_one(PeriodRow, code).state = PeriodState.PUBLISHED


def tried(office: Office, hq: Viewer, period: str, values: Mapping[str, Any] | None = None) -> Result:
    with office.work(hq) as work:
        trial = trials.ask(work, "v1", period, values or {})
    trials.make(office, trial)
    found = shown.kept(office.files, trial)
    assert found is not None
    return found


def digests(office: Office) -> dict[str, str]:
    """The digest of every table but the log of what happened and the jobs that follow from it."""
    found = {}
    with office.work(write=False) as work:
        for name, table in SQLModel.metadata.tables.items():
            if name in ("event", "job", "chain_head"):
                continue
            rows = sorted(repr(tuple(row)) for row in work.connection.execute(sa.select(table)))
            found[name] = sha256("\n".join(rows).encode()).hexdigest()
    return found


def rules_of(office: Office, values: Mapping[str, Any]) -> tuple[RuleSet, RuleSet]:
    with office.work(write=False) as work:
        own = rule_set(work.connection, 1)
    rules, findings = read_rules(changed(plain(own), values))
    assert rules
    assert not findings
    return own, rules


def test_every_kind_of_figure_hangs_on_something_that_the_idle_values_change(office: Office) -> None:
    assert hanging(*rules_of(office, IDLE)) == {
        "composite",
        "star",
        "class",
        "proposals",
        "commission",
        "window",
    }
    assert hanging(*rules_of(office, {})) == frozenset()


@pytest.mark.parametrize("period", [HALF, "2026-Q4", "2026-11"])
def test_rules_that_are_reckoned_anew_and_change_nothing_change_nothing(
    office: Office, hq: Viewer, stored: list[Any], period: str
) -> None:
    found = tried(office, hq, period, IDLE)
    assert [row for row in found.rows if row.changed] == []
    assert found.before == found.after
    assert all(one == two for branches in found.quarters.values() for one, two in branches.values())
    assert found.outlets == len(stored)
    assert found.before.withheld > 0
    assert period in found.stored


def test_it_changes_nothing_either_where_nothing_is_stored(office: Office, hq: Viewer, clock: Clock) -> None:
    clock.now = datetime(2027, 1, 5, 3, tzinfo=UTC)
    province.filled(office)
    found = tried(office, hq, HALF, IDLE)
    assert found.stored == ()
    assert [row for row in found.rows if row.changed] == []
    assert found.before == found.after


def test_a_commission_of_another_round_than_the_month_has_is_no_difference_of_the_rules(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    """What was paid by the round of before the month was opened again is settled later, whatever the rules (handbook 2.7)."""
    agents = [outlet.id for outlet in stored if outlet.tier != Tier.OWN_HALL]
    with office.work() as work:
        work.session.get_one(PeriodRow, MONTHS[0]).round = 2
        there = sa.and_(col(PeriodOutlet.period) == MONTHS[0], col(PeriodOutlet.outlet_id).in_(agents))
        work.connection.execute(
            sa.update(PeriodOutlet).where(there).values({"setting": "township", "class": "A"})
        )
    found = tried(office, hq, MONTHS[0], IDLE)
    assert [row for row in found.rows if row.changed] == []
    assert found.before == found.after


def test_before_is_what_is_stored_to_the_last_figure(office: Office, hq: Viewer, stored: list[Any]) -> None:
    rows = _all(office, hq, {"/commission/pay_factors/0/factor": "1.4"})
    with office.work(write=False) as work:
        for code, place in zip(MONTHS, range(6), strict=True):
            kept = results.by_subject(work.connection, SYSTEM, code, "composite")
            for row in rows:
                if row.tier != Tier.OWN_HALL:
                    assert row.before.composites[place] == kept[row.outlet].hundredths
        stars = results.by_subject(work.connection, SYSTEM, HALF, "star")
        for row in rows:
            assert row.before.star == (
                None if stars[row.outlet].value is None else int(stars[row.outlet].value or 0)
            )


def _all(office: Office, hq: Viewer, values: Mapping[str, Any], period: str = HALF) -> list[Tried]:
    found = tried(office, hq, period, values)
    return list(found.rows)


@pytest.mark.parametrize("seed", range(6))
def test_a_moved_pay_line_moves_exactly_the_months_between_the_lines(
    office: Office, hq: Viewer, stored: list[Any], seed: int
) -> None:
    """By hand: the band of each composite under both rule sets tells which outlets' commission differs."""
    line = Random(seed).choice((86, 87, 88, 89, 91, 92, 93, 94))
    low, high = ("1", "0") if line > 90 else ("2", "1")
    values = {f"/commission/pay_factors/{low}/below": line, f"/commission/pay_factors/{high}/at_least": line}
    own, rules = rules_of(office, values)
    with office.work(write=False) as work:
        kept = {code: results.by_subject(work.connection, SYSTEM, code, "composite") for code in MONTHS}
    expected = set()
    for outlet in stored:
        if outlet.tier == Tier.OWN_HALL:
            continue
        for code in MONTHS:
            value = kept[code][str(outlet.id)].exact
            if value is not None and _factor(own, value) != _factor(rules, value):
                expected.add(str(outlet.id))
    found = tried(office, hq, HALF, values)
    assert expected
    assert {row.outlet for row in found.rows if "commission" in row.changed} == expected
    assert {aspect for row in found.rows for aspect in row.changed} == {"commission"}
    assert found.before.stars == found.after.stars


def _factor(rules: RuleSet, value: Fraction) -> Fraction:
    return band_of(rules.commission.pay_factors, value).factor


def test_a_raised_warning_line_warns_exactly_those_below_it_in_two_months(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    found = tried(office, hq, "2026-11", {"/decisions/warning/composite_below": 92})
    with office.work(write=False) as work:
        october, november = (
            results.by_subject(work.connection, SYSTEM, code, "composite") for code in ("2026-10", "2026-11")
        )
    below = {
        line: {
            str(outlet.id)
            for outlet in stored
            if outlet.tier != Tier.OWN_HALL
            and all((month[str(outlet.id)].hundredths or 0) < line for month in (october, november))
        }
        for line in (8000, 9200)
    }
    warned = {row.outlet for row in found.rows if "proposals" in row.changed}
    assert warned == below[9200] - below[8000]
    assert warned
    assert found.after.proposals["warning"] == len(below[9200])
    assert found.before.proposals["warning"] == len(below[8000])


def test_a_raised_star_line_takes_stars_of_those_below_it_alone(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    found = tried(office, hq, HALF, {"/stars/gates/2/score": 89, "/stars/gates/3/score": 88})
    moved = [row for row in found.rows if "star" in row.changed]
    assert moved
    for row in moved:
        assert row.after.star is not None
        assert row.before.star is not None
        assert row.after.star < row.before.star
        assert row.before.basis == row.after.basis
        assert (row.after.basis or 0) < 8900
    assert {aspect for row in found.rows for aspect in row.changed} == {"star"}
    assert sum(found.after.stars.values()) == sum(found.before.stars.values()) == len(stored)


def test_weights_move_composites_and_what_hangs_on_them(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    values = {"/composite/weights/village/perception": 20, "/composite/weights/village/mystery": 30}
    found = tried(office, hq, HALF, values)
    moved = {row.tier for row in found.rows if "composite" in row.changed}
    assert moved == {Tier.VILLAGE.value}
    assert {row.tier for row in found.rows if row.changed} == {Tier.VILLAGE.value}


def test_a_moved_level_and_another_deduction_show_in_the_branches_quarters(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    found = tried(office, hq, HALF, {"/weak_item/deduction": 9, "/weak_item/min_samples": 1})
    sides = [pair for branches in found.quarters.values() for pair in branches.values()]
    assert any(two.deduction == 900 for _, two in sides)
    assert all(one.window == two.window for one, two in sides)


def test_nearness_is_one_point_on_either_side_of_a_line_of_the_tried_rules(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    found = tried(office, hq, HALF, {"/decisions/warning/composite_below": 88})
    lines = [each for row in found.rows for each in row.near if each.code == "warning"]
    assert lines
    assert all(abs(each.value - 8800) <= 100 and each.at == 8800 for each in lines)
    near = {(row.outlet, each.period) for row in found.rows for each in row.near if each.code == "warning"}
    with office.work(write=False) as work:
        expected = {
            (name, code)
            for code in MONTHS
            for name, each in results.by_subject(work.connection, SYSTEM, code, "composite").items()
            if each.hundredths is not None and 8700 <= each.hundredths <= 8900
        }
    assert near == expected


def test_the_lines_of_upgrade_and_downgrade_hold_for_half_years_alone(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    near = {
        period: {each.code for row in tried(office, hq, period).rows for each in row.near}
        for period in (HALF, "2026-Q4")
    }
    assert "downgrade" in near[HALF]
    assert not near["2026-Q4"] & {"upgrade", "downgrade"}


def test_the_branches_near_a_level_of_the_window_score_are_counted_by_their_latest_quarter(
    office: Office,
) -> None:
    scores = {"2026-Q3": {"sx/ty/": 8950, "sx/dt/": 8990}, "2026-Q4": {"sx/ty/": 9000, "sx/dt/": 8700}}
    quarters = {
        code: {path: (Quarter(), Quarter(window=at)) for path, at in branches.items()}
        for code, branches in scores.items()
    }
    result = Result(HALF, "", (), (), (), True, 0, Sums(), Sums(), quarters, ())
    found = shown.near_windows(result, rules_of(office, {})[0])
    assert [(each.code, each.reached, each.below) for each in found] == [("window-90", 1, 1)]
    assert shown.quarters_changed(result) == 4


def test_nothing_is_written_but_the_event_of_the_trial(office: Office, hq: Viewer, stored: list[Any]) -> None:
    run_once(office)
    before = digests(office)
    with office.work(hq) as work:
        trial = trials.ask(work, "v1", HALF, {"/commission/staff_percent": 40, "/stars/gates/4/score": 70})
    run_once(office)
    with office.work(hq, write=False) as work:
        trials.opened(work, trial, stored[1].id)
    assert shown.kept(office.files, trial) is not None
    assert digests(office) == before
    with office.work(write=False) as work:
        names = [each.name for each in work.session.exec(select(Event).where(Event.subject_id == str(trial)))]
    assert names == ["rules.tried"]


def test_the_same_question_is_one_trial_and_again_reckons_it_on_the_facts_of_now(
    office: Office, hq: Viewer, stored: list[Any], clock: Clock
) -> None:
    with office.work(hq) as work:
        trial = trials.ask(work, "v1", "2026-11", {})
        assert trials.ask(work, "v1", "2026-11", {}) == trial
        assert trials.ask(work, "v1", "2026-10", {}) != trial
        assert trial_runs.waits(work.session, trial)
    run_once(office)
    with office.work(hq) as work:
        assert not trial_runs.waits(work.session, trial)
        trials.ask(work, "v1", "2026-11", {})
        assert not trial_runs.waits(work.session, trial)
    clock.forward(minutes=1)
    with office.work(hq) as work:
        trials.again(work, trial)
    with office.work(hq, write=False) as work:
        order, result = shown.asked(office.files, trial), shown.kept(office.files, trial)
        assert order
        assert result
        assert order.at != result.at
        assert trial_runs.waits(work.session, trial)


def test_one_outlet_opens_into_the_explanations_of_both_sides(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    agent = next(each for each in stored if each.tier == Tier.VILLAGE)
    with office.work(hq) as work:
        trial = trials.ask(work, "v1", HALF, {"/composite/complaints_zero_at": 6})
        _, portion, row = trials.opened(work, trial, agent.id)
    told = portion.after.told
    assert {
        ("2026-11", "composite"),
        (HALF, "star"),
        (HALF, "outlet-class"),
        ("2026-11", "commission"),
    } <= set(told)
    zero = next(part for part in told["2026-11", "composite"]["parts"] if part["figure"] == "complaints")
    assert zero["thresholds"]["zero_at"] == 6
    assert Fraction(str(told["2026-11", "composite"]["value"])) * 100 == row.after.composites[4]
    with office.work(hq, write=False) as work, pytest.raises(NotFound):
        trials.opened(work, trial, UUID(int=1))


def test_what_is_wrong_with_a_value_is_told_and_nothing_is_asked_for(office: Office, hq: Viewer) -> None:
    with office.work(hq) as work:
        with pytest.raises(WrongStandard):
            trials.ask(work, "v1", "2026-11", {"/composite/weights/village/mystery": 11})
        with pytest.raises(PeriodAhead):
            trials.ask(work, "v1", "2030-01", {})
        with pytest.raises(NotFound):
            trials.ask(work, "v9", "2026-11", {})
    assert list(office.files.names(kind=trial_runs.ASKED)) == []


@pytest.mark.parametrize("role", [each for each in Role if each not in (Role.HQ, Role.ADMIN)])
def test_only_head_office_and_administrators_try_rules(office: Office, role: Role) -> None:
    who = submitted.viewer(make.user(office, role=role))
    with office.work(who) as work, pytest.raises(NotAllowed):
        trials.ask(work, "v1", "2026-11", {})


def test_trials_are_forgotten_after_some_days(
    office: Office, hq: Viewer, stored: list[Any], clock: Clock
) -> None:
    tried(office, hq, "2026-11")
    assert trials.expire(office) == 0
    clock.now += timedelta(days=DAYS_KEPT, minutes=1)
    assert trials.expire(office) == 1
    for kind in (trial_runs.ASKED, trial_runs.PROGRESS, shown.RESULT):
        assert list(office.files.names(kind=kind)) == []


def test_a_result_is_the_same_after_it_was_packed(office: Office, hq: Viewer, stored: list[Any]) -> None:
    found = tried(office, hq, HALF, {"/stars/gates/2/score": 88, "/commission/staff_percent": 40})
    assert unpacked(packed(found)) == found
    assert Period.read(found.period).kind == "half_year"


def test_a_year_can_be_tried_as_it_is_and_rated_where_the_tried_rules_rate_by_the_year(
    office: Office, hq: Viewer, stored: list[Any]
) -> None:
    same = tried(office, hq, "2026")
    assert same.months == tuple(f"2026-{month:02}" for month in range(1, 13))
    assert not same.rated
    assert not any(row.changed for row in same.rows)
    half, year = (tried(office, hq, code, {"/commission/unrated_factor": "0.9"}) for code in (HALF, "2026"))
    moved = {row.outlet for row in half.rows if "commission" in row.changed}
    assert moved <= {row.outlet for row in year.rows if "commission" in row.changed}
    rated = tried(office, hq, "2026", {"/stars/period": "year", "/classes/period": "year"})
    assert rated.rated
    assert any(row.after.basis is not None for row in rated.rows)
