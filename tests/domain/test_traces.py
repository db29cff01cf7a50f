"""What the outlet of a covert visit is told of an answer: no value that beside its result would tell a case."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.traces import given, told

ITEMS: list[dict[str, Any]] = [
    {"id": "business", "kind": "choice", "points": 0, "credit": None},
    {"id": "queue", "kind": "choice", "points": 200, "credit": {"table": {"long": 0, "short": 1000}}},
]
CHECKLIST = {"sections": [{"items": ITEMS}]}


def timer(when: dict[str, Any] | None) -> dict[str, Any]:
    bands = [[300, 1000], [450, 500], [None, 0]]
    cases = [{"when": when, "bands": [[600, 1000], [900, 500], [None, 0]]}] if when else []
    return {
        "id": "time",
        "kind": "timer",
        "points": 200,
        "credit": {"bands": [*cases, {"when": None, "bands": bands}]},
    }


HANDSET = {"item": "business", "op": "is", "value": "handset"}
LONG = {"item": "queue", "op": "is", "value": "long"}
OWN_HALL = {"fact": "tier", "op": "is", "value": "own_hall"}


@pytest.mark.parametrize("when", [HANDSET, {"not": HANDSET}, {"all": [OWN_HALL, {"any": [LONG, HANDSET]}]}])
def test_a_time_whose_limits_hang_on_what_is_kept_back_is_kept_back(when: dict[str, Any]) -> None:
    assert told(timer(when), 412, given(CHECKLIST)) is None
    assert told(timer(when), "na", given(CHECKLIST)) == "na"


@pytest.mark.parametrize("when", [None, LONG, OWN_HALL])
def test_other_times_are_told_in_half_minutes(when: dict[str, Any] | None) -> None:
    assert told(timer(when), 412, given(CHECKLIST)) == 420


def test_an_item_of_another_section_than_the_checklist_has_is_kept_back_as_well() -> None:
    assert told(timer({"item": "elsewhere", "op": "is", "value": "x"}), 412, given(CHECKLIST)) is None
