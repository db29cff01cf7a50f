"""Letters of decisions: signed at approval, replaced by whatever takes the decision back, each with its own day and reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from server import worker
from server.domain.deciding import DecisionKind, DecisionState
from server.domain.errors import ReasonMissing
from server.reports.letter_facts import Letter
from server.storage.organisation import Outlet
from server.storage.visits import Report
from server.usecases import decision_letters, decisions, letters
from server.usecases.work import Office
from tests import decided
from tests.conftest import Clock
from tests.usecases.test_decisions import NEXT_FIRST, TODAY, approved, half_year, person, proposed, shop

__all__ = ["shop"]
K, S = DecisionKind, DecisionState


def test_a_letter_is_signed_at_approval_and_replaced_when_the_decision_is_taken_back(
    both: Office, shop: Outlet
) -> None:
    half_year(both, shop, 70)
    proposed(both, "2026-H1")
    (decision,) = decided.all_of(both)
    decision_letters.issue(both, decision.id)
    assert decided.again(both, decision).letter_id is None
    approved(both, decision, NEXT_FIRST)
    decision_letters.issue(both, decision.id)
    decision_letters.issue(both, decision.id)
    first = decided.again(both, decision).letter_id
    with both.work(person(both)) as work:
        decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "申诉成立，月度结果已改")
    decision_letters.issue(both, decision.id)
    second = decided.again(both, decision).letter_id
    with both.work(write=False) as work:
        letters = {report.id: report for report in work.session.exec(select(Report)).all()}
    assert first
    assert second
    assert set(letters) == {first, second}
    assert letters[first].superseded_by == second
    assert letters[second].superseded_by is None


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Letter]:
    """The letters that are laid out, as data."""
    found: list[Letter] = []
    issue = letters.issue

    def noted(office: Office, outlet: UUID, day: date, write: letters.Written, *more: UUID | None) -> Report:
        report = issue(office, outlet, day, write, *more)
        found.append(write("", report.number, "", None))
        return report

    monkeypatch.setattr(letters, "issue", noted)
    return found


def test_a_letter_is_replaced_when_the_system_holds_what_was_approved_and_again_when_it_is_decided(
    both: Office, shop: Outlet, clock: Clock, told: list[Letter]
) -> None:
    decision = decided.by_hand(both, person(both), shop, K.WARNING)
    leaves = decided.by_hand(both, person(both), shop, K.EXIT)
    approved(both, decision, TODAY + timedelta(days=9))
    decision_letters.issue(both, decision.id)
    first = decided.again(both, decision).letter_id
    approved(both, leaves, TODAY)
    decisions.take_effect(both)
    clock.forward(days=9)
    decisions.take_effect(both)
    assert decided.again(both, decision).state is S.HELD
    assert "issue_letter" in worker.JOBS["decision.held"]
    for _ in range(2):
        decision_letters.issue(both, decision.id)
    held = decided.again(both, decision).letter_id
    said = told[-1]
    assert (said.notice, said.effective, said.grounds) == ("held", TODAY + timedelta(days=9), ())
    assert said.reason == "网点在此期间有变动，须重新决定"
    with both.work(person(both)) as work:
        decisions.reject(work, decision.id, decided.seen(work, decision.id), "网点已退出")
    decision_letters.issue(both, decision.id)
    last = decided.again(both, decision).letter_id
    assert (told[-1].notice, told[-1].reason) == ("withdrawn", "网点已退出")
    with both.work(write=False) as work:
        followed = {each.id: each.superseded_by for each in work.session.exec(select(Report)).all()}
    assert followed == {first: held, held: last, last: None}


def test_a_letter_that_takes_one_back_says_its_own_day_and_reason(
    both: Office, shop: Outlet, clock: Clock, told: list[Letter]
) -> None:
    decision = decided.by_hand(both, person(both), shop)
    approved(both, decision, date(2026, 12, 1))
    decision_letters.issue(both, decision.id)
    # What a person asks for has grounds of his, and no month that was looked at.
    assert (told[0].period, [each.text for each in told[0].grounds]) == ("", ["多次整改不到位"])
    clock.forward(days=2)
    with both.work(person(both)) as work:
        decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "误批")
    decision_letters.issue(both, decision.id)
    said = told[-1]
    assert (said.notice, said.effective, said.reason, said.period, said.grounds) == (
        "withdrawn",
        TODAY + timedelta(days=2),
        "误批",
        "",
        (),
    )
    assert said.decision == "撤回原决定（由指定专营店降为普通代理店，原定 2026年12月1日 起生效）"
    assert not said.adverse


def test_an_incentive_is_approved_with_what_is_given_to_whom(
    both: Office, shop: Outlet, told: list[Letter]
) -> None:
    decision = decided.by_hand(both, person(both), shop, K.INCENTIVE)
    with pytest.raises(ReasonMissing), both.work(person(both)) as work:
        decisions.approve(work, decision.id, decided.seen(work, decision.id), TODAY)
    with both.work(person(both)) as work:
        what = "片区经理李四、业主张三各 500 元"
        decisions.approve(work, decision.id, decided.seen(work, decision.id), TODAY, what)
    decision_letters.issue(both, decision.id)
    assert (told[-1].reason, told[-1].period) == (what, "")


def test_a_warning_says_until_when_the_correction_plan_is_due(
    both: Office, shop: Outlet, told: list[Letter]
) -> None:
    decision = decided.by_hand(both, person(both), shop, K.WARNING)
    with pytest.raises(ReasonMissing), both.work(person(both)) as work:
        decisions.approve(work, decision.id, decided.seen(work, decision.id), TODAY, " ")
    approved(both, decision, TODAY)
    decision_letters.issue(both, decision.id)
    assert (told[-1].reason, told[-1].decision) == ("经审核同意", "给予警告，须提交整改计划")


def test_decisions_about_one_outlet_on_one_day_have_letters_of_their_own(both: Office, shop: Outlet) -> None:
    made = [decided.by_hand(both, person(both), shop, kind) for kind in (K.DOWNGRADE, K.WARNING)]
    for decision in made:
        approved(both, decision)
        decision_letters.issue(both, decision.id)
    with both.work(write=False) as work:
        letters = work.session.exec(select(Report)).all()
    assert len(letters) == 2
    assert not any(letter.superseded_by for letter in letters)


def test_what_was_withdrawn_before_its_letter_was_signed_is_told_to_nobody(
    both: Office, shop: Outlet
) -> None:
    decision = decided.by_hand(both, person(both), shop)
    approved(both, decision)
    with both.work(person(both)) as work:
        decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "误批")
    decision_letters.issue(both, decision.id)
    assert decided.again(both, decision).letter_id is None


def test_what_is_withdrawn_while_its_letter_is_printed_is_taken_back_by_another(
    both: Office, shop: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decided.by_hand(both, person(both), shop)
    approved(both, decision)
    issue = letters.issue
    printed = []

    def withdrawn_meanwhile(*given: Any) -> Report:
        report = issue(*given)
        if not printed:
            with both.work(person(both)) as work:
                decisions.withdraw(work, decision.id, decided.seen(work, decision.id), "误批")
        printed.append(report.id)
        return report

    monkeypatch.setattr(letters, "issue", withdrawn_meanwhile)
    decision_letters.issue(both, decision.id)
    assert decided.again(both, decision).letter_id == printed[-1]
    with both.work(write=False) as work:
        assert work.session.get_one(Report, printed[0]).superseded_by == printed[-1]


def test_a_letter_says_what_the_outlet_was_when_it_was_decided_and_when_it_was_signed(
    both: Office, shop: Outlet, clock: Clock, told: list[Letter]
) -> None:
    decision = decided.by_hand(both, person(both), shop, K.WARNING)
    lower = decided.by_hand(both, person(both), shop, K.DOWNGRADE)
    approved(both, decision, TODAY)
    decided_at = clock.now
    clock.forward(minutes=8)
    decision_letters.issue(both, decision.id)
    first = decided.again(both, decision).letter_id
    assert (told[0].issued_at, told[0].signers[-1].at) == (clock.now, decided_at)
    approved(both, lower)
    clock.forward(days=12)
    decisions.take_effect(both)
    decision_letters.issue(both, decision.id)
    # The outlet is lower by now; written again, the letter is the one that is there.
    assert told[-1].outlet == told[0].outlet
    assert decided.again(both, decision).letter_id == first
