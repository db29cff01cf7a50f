"""Limits of appeals in working days, who may answer in which state, and what a correction must come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from server.config import ROOT
from server.domain.access import Role, Viewer
from server.domain.appeals import (
    WAITING,
    AppealState,
    AppealStateForbids,
    answered,
    gained,
    impartial,
    last_day,
    limit,
    lost,
    may_answer,
    overdue,
    runs,
)
from server.domain.calendars import Calendars
from server.domain.scoring import Missing, Score
from server.gateways.rules import published_calendars

S = AppealState


@pytest.fixture(scope="module")
def calendars() -> Calendars:
    return published_calendars(ROOT / "checklists")


def viewer(role: Role) -> Viewer:
    return Viewer(user_id="u", username="u", name="u", role=role)


@pytest.mark.parametrize(
    ("begun", "days", "last"),
    [
        # Monday; the limit is over at 24:00 of Thursday.
        (datetime(2026, 11, 23, 2, tzinfo=UTC), 3, "2026-11-26"),
        # 16:00 in UTC is already Tuesday in Shanghai.
        (datetime(2026, 11, 23, 16, tzinfo=UTC), 3, "2026-11-27"),
        # Friday: the weekend is passed over.
        (datetime(2026, 11, 27, 2, tzinfo=UTC), 3, "2026-12-02"),
        # The National Day holiday of 2026, the 1st to the 7th, and the worked Saturday after it, the 10th.
        (datetime(2026, 9, 30, 2, tzinfo=UTC), 3, "2026-10-10"),
    ],
)
def test_a_limit_ends_at_24_00_in_shanghai_of_the_nth_working_day(
    calendars: Calendars, begun: datetime, days: int, last: str
) -> None:
    until = limit(calendars, begun, days)
    assert until is not None
    assert last_day(until) == last
    assert until.astimezone(UTC).hour == 16


def test_without_a_calendar_there_is_no_limit() -> None:
    assert limit(Calendars({}), datetime(2026, 11, 23, tzinfo=UTC), 3) is None


@pytest.mark.parametrize("state", list(S))
def test_each_state_has_its_answers(state: S) -> None:
    if state not in WAITING:
        with pytest.raises(AppealStateForbids):
            answered(state, upheld=True)
        return
    assert answered(state, upheld=True) is S.UPHELD
    assert answered(state, upheld=False) is (S.REJECTED if state is S.ASKED else S.DISMISSED)


@pytest.mark.parametrize(
    ("role", "states"),
    [
        (Role.REVIEWER, {S.ASKED}),
        (Role.HQ, {S.ASKED, S.RAISED, S.ASKED_AGAIN}),
        *((role, set()) for role in Role if role not in (Role.REVIEWER, Role.HQ)),
    ],
)
def test_who_answers_in_which_state(role: Role, states: set[S]) -> None:
    assert {state for state in S if may_answer(viewer(role), state)} == states


def test_whoever_is_involved_is_not_impartial() -> None:
    assert not impartial(viewer(Role.HQ), {"u", "v"})
    assert impartial(viewer(Role.HQ), {"v"})


def test_an_appeal_runs_until_its_last_answer_or_the_limit_to_ask_again() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert all(runs(state, None, now) for state in (*WAITING, S.RECEIVING, S.REJECTED))
    assert not any(runs(state, None, now) for state in (S.UPHELD, S.DISMISSED))
    assert runs(S.REJECTED, datetime(2026, 11, 24, tzinfo=UTC), now)
    assert not runs(S.REJECTED, now, now)


def test_only_what_waits_is_overdue() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert {state for state in S if overdue(state, now, now)} == WAITING
    assert not overdue(S.ASKED, None, now)
    assert not overdue(S.ASKED, datetime(2026, 11, 24, tzinfo=UTC), now)


def result(**given: Any) -> Score:
    plain = Score(
        score="50.00",
        prohibition_score=None,
        touchpoint_score=None,
        sections={},
        violated=[],
        grave=[],
        counted=["A", "B"],
        failed=["A"],
        met=["B"],
        zeroed=[],
        credits={"A": 0, "B": 1000, "C": None},
        visible=["A", "B", "C"],
        voided=False,
        missing=[],
    )
    return replace(plain, **given)


def test_what_counts_and_has_less_than_the_whole_credit_lost_points() -> None:
    assert lost(result(), "A")
    assert lost(result(credits={"A": 999, "B": 1000}), "A")
    assert not lost(result(), "B")
    assert not lost(result(), "C")


@pytest.mark.parametrize(
    ("after", "gains"),
    [
        ({"credits": {"A": 1000}, "score": "100.00"}, True),
        ({"credits": {"A": 500}, "score": "75.00"}, True),
        # Not applicable any more.
        ({"counted": ["B"], "credits": {"A": None}, "score": "100.00"}, True),
        # Another grave fail holds the score down.
        ({"credits": {"A": 1000}, "score": "50.00"}, True),
        ({"credits": {"A": 0}}, False),
        ({"credits": {"A": 1000}, "score": "49.99"}, False),
        ({"credits": {"A": 1000}, "score": None}, False),
        ({"credits": {"A": 1000}, "voided": True}, False),
        ({"credits": {"A": 1000}, "missing": [Missing("D", "answer")]}, False),
        ({"credits": {"A": 1000}, "missing": [Missing("A", "photo")]}, True),
    ],
)
def test_a_correction_leaves_the_outlet_better_off_and_the_visit_complete(
    after: dict[str, Any], gains: bool
) -> None:
    assert gained(result(), result(**after), "A") is gains
