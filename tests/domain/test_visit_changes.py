"""What differs between two revisions: what a reviewer has to look at again, and nothing that only looks different."""

from __future__ import annotations

import json
from typing import Any

import pytest

from server.domain.visit import VisitDocument
from server.domain.visit_changes import changes

FILE = {"sha256": "a" * 64, "item": "A-01", "bytes": 5, "type": "image/jpeg"}
OTHER = {**FILE, "sha256": "b" * 64}


def document(**given: Any) -> VisitDocument:
    sent = {
        "id": "01234567-0123-7123-8123-0123456789ab",
        "outlet_id": "01234567-0123-7123-8123-0123456789ac",
        "kind": "mystery",
        "checklist": {"id": "small-hall", "version": 1},
        "intent": "submit",
        "started_at": "2026-11-21T01:10:00Z",
        "app": "0.1.0",
        "answers": {"A-01": {"value": "pass"}},
        "files": [FILE],
        **given,
    }
    return VisitDocument.model_validate_json(json.dumps(sent))


def test_the_same_document_has_no_changes() -> None:
    found = changes(document(), document())
    assert (found.items, found.times, found.beside) == ({}, {}, ())


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ({"value": "fail"}, ("value",)),
        ({"value": "pass", "note": "补充"}, ("note",)),
        ({"value": "pass", "no_photo": "forbidden"}, ("no_photo",)),
        ({"value": "pass", "timer": {"laps": [["2026-11-21T01:10:00Z", None]]}}, ("timer",)),
        ({"pending": True, "note": "晚些"}, ("value", "note")),
    ],
)
def test_each_place_of_an_answer_is_told_by_itself(answer: dict[str, Any], places: tuple[str, ...]) -> None:
    found = changes(document(), document(answers={"A-01": answer}))
    assert found.items["A-01"].places == places
    assert found.items["A-01"].before == document().answers["A-01"]


@pytest.mark.parametrize(
    "answer",
    [{"value": "pass", "at": "2026-11-21T01:20:00Z"}, {"value": "pass", "note": ""}],
)
def test_when_it_was_answered_and_an_empty_note_are_no_difference(answer: dict[str, Any]) -> None:
    assert changes(document(), document(answers={"A-01": answer})).items == {}


def test_an_answer_that_came_or_went_is_a_change_and_one_without_value_is_none() -> None:
    found = changes(document(), document(answers={"B-01": {"value": "pass"}, "B-02": {}}))
    assert list(found.items) == ["B-01", "A-01"]
    assert (found.items["A-01"].after, found.items["B-01"].before) == (None, None)


def test_photos_that_came_and_went_stand_with_their_item() -> None:
    found = changes(document(), document(files=[OTHER])).items["A-01"]
    assert [file.sha256 for file in found.added] == ["b" * 64]
    assert [file.sha256 for file in found.removed] == ["a" * 64]
    assert found.places == ()
    assert changes(document(), document(files=[FILE, OTHER])).items["A-01"].removed == ()


def test_times_and_what_stands_beside_the_answers_are_named() -> None:
    after = document(left_at="2026-11-21T01:40:00Z", notes={"strengths": "好"}, device="另一台")
    found = changes(document(), after)
    assert found.times == {"left_at": (None, after.left_at)}
    assert found.beside == ("notes",)
