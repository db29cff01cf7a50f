"""Corrective actions: sorts and their time, states, repeats, and what a phone sends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.config import ROOT
from server.domain.actions import (
    LEVELS,
    ActionSent,
    ActionSort,
    ActionState,
    DueWrong,
    MadeByHand,
    Reply,
    due_problem,
    is_repeat,
    limit,
    may_move,
    risen,
    sort_of,
)
from server.domain.errors import WrongDocument
from server.domain.rules_visits import Fixes
from server.gateways.standards import read_standards

RULES = Fixes(grave_hours=24, premises_days=3, other_days=7, recheck_days=15, repeated_days=90)
NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
S = ActionState


def placed(checklist: str, wanted: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A published item with its section."""
    compiled: Any = next(
        standard.compiled
        for standard in read_standards(ROOT / "checklists").values()
        if standard.compiled and standard.compiled["id"] == checklist
    )
    return next(
        (section, item)
        for section in compiled["sections"]
        for item in section["items"]
        if item["id"] == wanted
    )


@pytest.mark.parametrize(
    ("checklist", "item", "sort"),
    [
        ("own-hall-mystery", "OH-07", ActionSort.PREMISES),
        ("own-hall-mystery", "OH-13", ActionSort.PREMISES),
        ("own-hall-mystery", "OH-30", ActionSort.PREMISES),
        ("own-hall-mystery", "OH-33", ActionSort.OTHER),
        ("own-hall-mystery", "OH-46", ActionSort.OTHER),
        ("own-hall-mystery", "OH-19", ActionSort.OTHER),
        ("own-hall-patrol", "PM-02", ActionSort.PREMISES),
        ("own-hall-patrol", "PM-17", ActionSort.OTHER),
        ("franchise", "SF-09", ActionSort.PREMISES),
        ("franchise", "SF-10", ActionSort.OTHER),
        ("area-check", "AM-02", ActionSort.PREMISES),
        ("area-check", "AM-10", ActionSort.OTHER),
        ("power-hall", "PU-09", ActionSort.PREMISES),
    ],
)
def test_the_words_of_the_standard_say_what_is_premises_and_equipment(
    checklist: str, item: str, sort: ActionSort
) -> None:
    assert sort_of(*placed(checklist, item)) is sort


def test_a_critical_item_is_grave_whatever_it_is_about() -> None:
    section, item = placed("own-hall-mystery", "OH-07")
    assert sort_of(section, {**item, "critical": True}) is ActionSort.GRAVE


def test_each_sort_has_the_time_of_the_rule_set() -> None:
    times = {sort: limit(sort, RULES) for sort in ActionSort}
    assert times == {
        ActionSort.GRAVE: timedelta(hours=24),
        ActionSort.PREMISES: timedelta(days=3),
        ActionSort.OTHER: timedelta(days=7),
        ActionSort.COACHING: timedelta(days=7),
    }


def test_levels_rise_from_the_area_to_the_province_and_end_there() -> None:
    risen_to = [risen(level) for level in range(len(LEVELS))]
    assert risen_to == [1, 2, 3, 3]


def test_a_repeat_is_within_ninety_days_to_the_instant() -> None:
    edge = NOW - timedelta(days=90)
    assert is_repeat(edge, NOW, RULES)
    assert not is_repeat(edge - timedelta(microseconds=1), NOW, RULES)
    assert not is_repeat(NOW + timedelta(seconds=1), NOW, RULES)


def test_nothing_leaves_a_withdrawn_action_and_only_an_answer_is_accepted() -> None:
    assert not any(may_move(S.WITHDRAWN, to) for to in S)
    assert [state for state in S if may_move(state, S.ACCEPTED)] == [S.ANSWERED]
    assert [state for state in S if may_move(state, S.REOPENED)] == [S.ANSWERED, S.ACCEPTED]


@pytest.mark.parametrize(
    ("due", "fits"),
    [("2026-11-21", True), ("2026-11-20", False), ("2027-11-21", True), ("2027-11-22", False)],
)
def test_a_date_lies_from_today_to_a_year_on(due: str, *, fits: bool) -> None:
    problem = due_problem(date.fromisoformat(due), date(2026, 11, 21))
    assert (problem is None) is fits
    assert problem is None or isinstance(problem, DueWrong)


def test_what_a_phone_sends_either_makes_an_action_or_answers_one() -> None:
    place = str(uuid4())
    assert isinstance(ActionSent(outlet_id=place, what="修门").read(), MadeByHand)
    assert ActionSent(answer="修好了").read() == Reply(answer="修好了")
    for wrong in (
        {},
        {"outlet_id": place},
        {"outlet_id": place, "what": " "},
        {"outlet_id": place, "what": "修门", "answer": "修好了"},
        {"what": "修门"},
    ):
        with pytest.raises(WrongDocument):
            ActionSent(**wrong).read()


def test_the_same_answer_has_the_same_digest_and_another_instant_makes_another() -> None:
    first = Reply(answer="修好了", at=NOW)
    assert first.digest() == Reply(answer="修好了", at=NOW).digest()
    assert first.digest() != Reply(answer="修好了", at=NOW + timedelta(seconds=1)).digest()
