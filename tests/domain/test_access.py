"""What a viewer gets of a covert visit that was published: results and words, nobody's name and no minute."""

from __future__ import annotations

from typing import Any

import pytest

from server.domain.access import Role, Viewer
from server.domain.redaction import redacted

ANSWERS = {
    "A": {"value": "fail", "note": "门头缺字", "no_photo": "unnoticed", "at": "2026-11-21T01:11:37Z"},
    "B": {"value": 412, "timer": {"laps": [["2026-11-21T01:11:37Z", "2026-11-21T01:18:29Z"]]}},
    "C": {"value": "2026-11-21T01:11:37Z", "note": "进厅"},
    "D": {"value": "2026-11-21T09:11:37.120+08:00"},
    "E": {"pending": True, "at": "2026-11-21T01:11:37Z"},
    "F": {"value": "2026-11-21"},
    "G": {"value": ["a", "b"]},
    "H": {"value": {"part": 1, "whole": 2}},
    "I": {"note": "没有值"},
}
VISIT: dict[str, Any] = {
    "score": "81.00",
    "inspector": {"id": "1", "name": "欧阳"},
    "receipt": {"number": "1", "at": "2026-11-21T01:30:00Z"},
    "updated_at": "2026-11-21T01:30:00Z",
    "document": {
        "started_at": "2026-11-21T01:10:05Z",
        "left_at": "2026-11-21T01:30:05Z",
        "finished_at": "2026-11-21T01:40:05Z",
        "device": "Android",
        "position": {},
        "signatures": [],
        "section_ms": {"A": 1},
        "clock_offset_ms": 1,
        "changed_after_end": ["A"],
        "notes": {"watch": "我九点到的"},
        "files": [{"sha256": "a"}],
        "answers": ANSWERS,
    },
}
OUTSIDE = [Role.AREA_MANAGER, Role.HALL_MANAGER, Role.OUTLET_OWNER, Role.BRANCH_MANAGER]


def seen(role: Role, *, own: bool = False, covert: bool = True) -> dict[str, Any]:
    viewer = Viewer(user_id="2", username="v", name="v", role=role)
    return redacted(VISIT, viewer, covert=covert, own=own, published=True)


@pytest.mark.parametrize("role", OUTSIDE)
def test_outlets_and_branches_get_values_and_notes_and_no_instant(role: Role) -> None:
    found = seen(role)
    assert found["score"] == "81.00"
    assert (found["inspector"], found["receipt"], found["updated_at"]) == (None, None, None)
    assert found["document"] == {
        "files": [],
        "answers": {
            "A": {"value": "fail", "note": "门头缺字"},
            "B": {"value": 412},
            "E": {"pending": True},
            "F": {"value": "2026-11-21"},
            "G": {"value": ["a", "b"]},
            "H": {"value": {"part": 1, "whole": 2}},
            "I": {"note": "没有值"},
        },
    }
    assert "01:11" not in str(found)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HQ, Role.ADMIN, Role.AUDITOR])
def test_head_office_gets_everything(role: Role) -> None:
    assert seen(role) == VISIT


@pytest.mark.parametrize("role", OUTSIDE)
def test_of_what_is_not_covert_the_answers_come_whole(role: Role) -> None:
    assert seen(role, covert=False)["document"] == VISIT["document"]


def test_a_shopper_gets_the_own_document_whole_and_no_score() -> None:
    found = seen(Role.SHOPPER, own=True)
    assert found == VISIT | {"score": None}
