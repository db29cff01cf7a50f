"""Reading a visit as JSON: whatever stands at whatever place, each fault has its place and words of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from server.domain.documents import read_document
from server.domain.errors import Fault, WrongDocument
from server.domain.visit import VisitDocument
from server.routes.errors import FAULTS

AT = "2026-11-21T02:10:05Z"
IDS = [f"{number:08}-0000-4000-8000-000000000000" for number in range(5)]
WHOLE: dict[str, Any] = {
    "id": IDS[0],
    "outlet_id": IDS[1],
    "assignment_id": IDS[2],
    "kind": "mystery",
    "part": "opening",
    "recheck_of": IDS[3],
    "checklist": {"id": "small-hall", "version": 1},
    "intent": "draft",
    "started_at": AT,
    "left_at": AT,
    "finished_at": AT,
    "clock_offset_ms": 1,
    "app": "1",
    "device": "d",
    "position": {"start": {"lat": 1.0, "lng": 2.0, "accuracy_m": 3.0, "at": AT}, "end": {"missing": "off"}},
    "answers": {
        "A-01": {
            "value": "pass",
            "note": "n",
            "no_photo": "n",
            "at": AT,
            "timer": {"laps": [[AT, None]], "edited": "e", "jump": False},
        },
        "A-02": {"pending": True},
        "A-03": {"value": {"part": 1, "whole": 2}},
        "A-04": {"value": ["a"]},
    },
    "files": [
        {
            "sha256": "0" * 64,
            "item": "A-01",
            "kind": "photo",
            "origin": "camera",
            "taken_at": AT,
            "caption": "c",
            "bytes": 1,
            "type": "image/jpeg",
            "section": "A",
            "ended_at": AT,
        }
    ],
    "notes": {"strengths": "s", "watch": "w", "improve": "i", "how": "h"},
    "actions": [{"id": IDS[4], "item": "A-01", "what": "w", "due": "2026-11-21", "who": "w"}],
    "signatures": [{"role": "outlet", "name": "n", "title": "t", "file": "0" * 64, "refused": "r", "at": AT}],
    "phone_score": "91.25",
    "section_ms": {"A": 1},
    "changed_after_end": ["A-01"],
}
INSTEAD: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**12, 10**30),
    *("", "yesterday", "2026-02-30", "2026-02-30T00:00:00Z", "2026-11-21T25:00:00Z", "2026-11-21T02:10:05"),
    *("0001-01-01T00:00:00Z", "9" * 30, "x" * 5000),
    *([], ["x"], [[]], [[AT]], [[None, None, None]], [1] * 60, {}, {"a": 1}, {"bad key!": 1}),
]


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield steps
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from places(inner, (*steps, step))


def instead(steps: tuple[Any, ...], value: Any) -> Any:
    if not steps:
        return value
    made = deepcopy(WHOLE)
    place = made
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    return made


def wrong(sent: bytes) -> tuple[Fault, ...]:
    try:
        read_document(VisitDocument, sent)
    except WrongDocument as refused:
        return refused.faults
    return ()


def faults(sent: str | bytes) -> dict[str, str]:
    found = wrong(sent if isinstance(sent, bytes) else sent.encode())
    assert len({fault.pointer for fault in found}) == len(found)
    return {fault.pointer: fault.message for fault in found}


@pytest.mark.parametrize("steps", list(places(WHOLE)), ids=lambda steps: "/".join(map(str, steps)) or "whole")
def test_whatever_stands_at_a_place_is_told_in_words_at_that_place(steps: tuple[Any, ...]) -> None:
    place = "".join(f"/{step}" for step in steps)
    found = [fault for value in INSTEAD for fault in wrong(json.dumps(instead(steps, value)).encode())]
    assert found
    assert not [fault for fault in found if not fault.pointer.startswith(place)]
    assert {fault.message for fault in found} <= FAULTS.keys()


def test_the_whole_is_taken_as_it_was_sent() -> None:
    assert read_document(VisitDocument, json.dumps(WHOLE).encode()).answers["A-03"].value is not None


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("", {"": "json_invalid"}),
        ("{", {"": "json_invalid"}),
        (b"\xff\xfe{", {"": "json_invalid"}),
        ('{"a": "\\ud800"}', {"": "json_invalid"}),
        ("[]", {"": "model_type"}),
        ('"visit"', {"": "model_type"}),
    ],
)
def test_what_is_no_object_of_json_is_told_as_a_whole(sent: str | bytes, told: dict[str, str]) -> None:
    assert faults(sent) == told


def test_a_key_that_stands_twice_is_refused_at_its_place_however_it_is_written() -> None:
    sent = json.dumps(WHOLE)
    for once, twice, place in [
        ('"app": "1"', '"app": "1", "app": "1"', "/app"),
        ('"app": "1"', '"app": "1", "\\u0061pp": "2"', "/app"),
        ('"A-02": {"pending": true}', '"A-02": {"pending": true}, "A-02": {"value": 1}', "/answers/A-02"),
        ('"lat": 1.0', '"lat": 1.0, "lat": 2.0, "lat": 3.0', "/position/start/lat"),
        ('"caption": "c"', '"caption": "c", "caption": null', "/files/0/caption"),
    ]:
        assert sent.count(once) == 1
        assert faults(sent.replace(once, twice)) == {place: "key_twice"}


def test_a_key_that_stands_twice_is_told_beside_all_that_is_wrong_otherwise() -> None:
    sent = json.dumps({**WHOLE, "kind": "party"}).replace('"app": "1"', '"app": "1", "app": "2"')
    assert faults(sent) == {"/kind": "enum", "/app": "key_twice"}


def test_a_nul_is_refused_at_its_place_and_a_backslash_before_u0000_is_a_text() -> None:
    notes = {"strengths": "a\0b", "watch": "\\u0000", "improve": None, "how": None}
    assert faults(json.dumps({**WHOLE, "notes": notes})) == {"/notes/strengths": "nul_character"}
    read_document(VisitDocument, json.dumps({**WHOLE, "notes": {**notes, "strengths": "\\\\u0000"}}).encode())


def test_a_value_that_fits_no_type_of_a_union_is_not_told_to_be_one_of_them() -> None:
    for value, told in [
        (True, "no_type"),
        (4.5, "no_type"),
        ("x" * 5000, "string_too_long"),
        (10**12, "less_than_equal"),
    ]:
        found = faults(json.dumps(instead(("answers", "A-01", "value"), value)))
        assert found == {"/answers/A-01/value": told}, value
    inside = faults(json.dumps(instead(("answers", "A-01", "value"), {"part": 1})))
    assert inside == {"/answers/A-01/value/whole": "missing"}


def test_allowed_values_are_listed_without_a_word_of_english() -> None:
    found = wrong(json.dumps({**WHOLE, "intent": "maybe"}).encode())
    assert found == (Fault("/intent", "literal_error", {"expected": "'draft', 'submit'"}),)
