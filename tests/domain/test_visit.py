"""The visit document's own rules: what later proof may change, and nothing beside it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from server.domain.review import proved_late
from server.domain.visit import PROVABLE, VisitDocument, VisitState, may_move, only_proof

ID, OUTLET = str(uuid4()), str(uuid4())
NOW = datetime(2026, 11, 30, tzinfo=UTC)
CHECKLIST = {
    "leaving": None,
    "sections": [
        {"items": [{"id": "A", "later_hours": None}, {"id": "B", "later_hours": 72}]},
        {"items": [{"id": "C", "later_hours": 72}]},
    ],
}


def photo(letter: str, item: str | None, **more: Any) -> dict[str, Any]:
    return {"sha256": letter * 64, "item": item, "kind": "photo", "bytes": 9, "type": "image/png", **more}


SENT: dict[str, Any] = {
    "id": ID,
    "outlet_id": OUTLET,
    "kind": "mystery",
    "checklist": {"id": "hall", "version": 1},
    "intent": "submit",
    "started_at": "2026-11-21T02:00:00Z",
    "left_at": "2026-11-21T02:30:00Z",
    "finished_at": "2026-11-21T03:00:00Z",
    "clock_offset_ms": 0,
    "app": "1",
    "answers": {"A": {"value": "pass"}, "B": {"pending": True}, "C": {"pending": True}},
    "files": [photo("a", "A")],
}
PROVED = {**SENT["answers"], "B": {"value": "fail", "note": "多扣两元", "at": "2026-11-22T08:00:00Z"}}


def read(**changes: Any) -> VisitDocument:
    return VisitDocument.model_validate_json(json.dumps({**SENT, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"answers": PROVED},
        {"answers": {**SENT["answers"], "B": {"value": "pass", "no_photo": "absent"}}},
        {"answers": {**SENT["answers"], "B": {"pending": True, "note": "账单未到"}}},
        {"answers": PROVED, "files": [photo("a", "A"), photo("b", "B")]},
        {"files": [photo("c", "C"), photo("a", "A")]},
        {
            "answers": PROVED,
            "phone_score": "90.00",
            "app": "2",
            "device": "other",
            "section_ms": {"A": 5},
            "clock_offset_ms": -40,
            "changed_after_end": ["B"],
        },
    ],
)
def test_proof_of_pending_items_is_only_proof(changes: dict[str, Any]) -> None:
    assert only_proof(read(), read(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"app": "2", "phone_score": "90.00"},
        {"answers": {**PROVED, "A": {"value": "fail"}}},
        {"answers": {**PROVED, "A": {"value": "pass", "note": "另外"}}},
        {"answers": {**PROVED, "D": {"value": "pass"}}},
        {"answers": {"A": {"value": "pass"}, "B": {"value": "pass"}}},
        {"answers": PROVED, "files": []},
        {"answers": PROVED, "files": [photo("a", "A", caption="改")]},
        {"answers": PROVED, "files": [photo("a", "A"), photo("b", "A")]},
        {"answers": PROVED, "files": [photo("a", "A"), photo("b", None)]},
        {"answers": PROVED, "finished_at": "2026-11-22T03:00:00Z"},
        {"answers": PROVED, "left_at": "2026-11-21T02:31:00Z"},
        {"answers": PROVED, "started_at": "2026-11-21T02:00:01Z"},
        {"answers": PROVED, "intent": "draft"},
        {"answers": PROVED, "notes": {"strengths": "好"}},
        {"answers": PROVED, "position": {"start": {"missing": "denied"}}},
        {"answers": PROVED, "signatures": [{"role": "outlet", "at": "2026-11-22T08:00:00Z"}]},
    ],
)
def test_anything_else_is_not(changes: dict[str, Any]) -> None:
    assert not only_proof(read(), read(**changes))


def test_what_was_proved_once_is_not_proved_again() -> None:
    assert not only_proof(
        read(answers=PROVED), read(answers={**PROVED, "B": {"value": "pass", "at": "2026-11-22T09:00:00Z"}})
    )


@pytest.mark.parametrize(
    ("at", "offset_ms", "late"),
    [
        ("2026-11-24T02:29:59Z", 0, []),
        ("2026-11-24T02:30:00Z", 0, ["B"]),
        # Both instants are the phone's, so that a wrong clock of the phone changes nothing.
        ("2026-11-24T02:29:59Z", 5_000_000, []),
        (None, 0, ["B"]),
    ],
)
def test_proof_is_late_when_it_was_given_late(at: str | None, offset_ms: int, late: list[str]) -> None:
    answer = {"value": "pass", "at": at} if at else {"value": "pass"}
    after = read(answers={**SENT["answers"], "B": answer}, clock_offset_ms=offset_ms)
    assert proved_late(CHECKLIST, read(), after, NOW) == late


def test_only_pending_items_can_be_late() -> None:
    old = {"value": "fail", "at": "2026-11-29T00:00:00Z"}
    after = read(answers={**SENT["answers"], "A": old})
    assert proved_late(CHECKLIST, read(), after, NOW) == []
    assert proved_late(CHECKLIST, after, after, NOW) == []


def test_a_submission_waits_for_the_files_of_its_proof_from_each_state_that_takes_one() -> None:
    assert {VisitState.RECEIVING, VisitState.SUBMITTED, VisitState.IN_REVIEW} == PROVABLE
    for state in PROVABLE - {VisitState.RECEIVING}:
        assert may_move(state, VisitState.RECEIVING)
    assert may_move(VisitState.IN_REVIEW, VisitState.SUBMITTED)
    for state in set(VisitState) - PROVABLE - {VisitState.DRAFT, VisitState.RETURNED}:
        assert not may_move(state, VisitState.RECEIVING)
