"""Which values an answer may have: refused ones come with their place in the visit document."""

from typing import Any

import pytest

from server.domain.answers import check_answers
from server.domain.checklist import compile_bare
from server.domain.findings import sentence
from server.domain.scoring import Answer

CHECKLIST = compile_bare(
    {
        "id": "t",
        "prohibition_scoring": "per_item",
        "sections": [
            {
                "id": "S",
                "items": [
                    {"id": "PASS", "kind": "pass_fail", "points": 1},
                    {"id": "NA", "kind": "pass_fail", "points": 1, "na": True},
                    {"id": "SCALE", "kind": "scale", "points": 1, "min": 1, "max": 5},
                    {"id": "CHOICE", "kind": "choice", "points": 0, "options": {"busy": {}, "idle": {}}},
                    {"id": "MULTI", "kind": "multi", "points": 1, "options": {"a": 1, "b": 1}},
                    {"id": "COUNT", "kind": "count", "points": 0, "max": 5},
                    {"id": "NUMBER", "kind": "number", "points": 0, "min": "-2.5", "max": 10},
                    {"id": "TIMER", "kind": "timer", "points": 0},
                    {"id": "SHARE", "kind": "share", "points": 1},
                    {"id": "TEXT", "kind": "text", "points": 0},
                    {"id": "PHOTO", "kind": "photo", "points": 0},
                    {"id": "SIGN", "kind": "signature", "points": 0},
                    {"id": "AT", "kind": "instant", "points": 0},
                    {"id": "LATER", "kind": "pass_fail", "points": 1, "later": "72h"},
                ],
            }
        ],
    }
)


def found(name: str, answer: Answer) -> list[tuple[str, str]]:
    findings = check_answers(CHECKLIST, {name: answer})
    for each in findings:
        assert sentence(each, "zh") != sentence(each, "en")
    return [(each.path, each.message_key) for each in findings]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASS", "fail"),
        ("NA", "na"),
        ("SCALE", 5),
        ("CHOICE", "busy"),
        ("MULTI", []),
        ("MULTI", ["a", "b"]),
        ("COUNT", 0),
        ("COUNT", 5),
        ("NUMBER", "-2.5"),
        ("NUMBER", "10.000"),
        ("TIMER", 10**9),
        ("SHARE", {"part": 0, "whole": 0}),
        ("TEXT", "na"),
        ("PHOTO", "taken"),
        ("SIGN", "signed"),
        ("AT", "2026-11-21T02:10:05.120Z"),
        ("AT", "2026-11-21T10:10:05+08:00"),
        ("PASS", None),
    ],
)
def test_an_allowed_value_has_no_finding(name: str, value: Any) -> None:
    assert found(name, Answer(value)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASS", "passed"),
        ("PASS", True),
        ("PASS", ["pass"]),
        ("SCALE", 0),
        ("SCALE", "3"),
        ("SCALE", 3.0),
        ("SCALE", True),
        ("CHOICE", "right"),
        ("CHOICE", 1),
        ("MULTI", "a"),
        ("MULTI", ["a", "a"]),
        ("MULTI", ["c"]),
        ("MULTI", [["a"]]),
        ("COUNT", -1),
        ("COUNT", 6),
        ("COUNT", 1.0),
        ("COUNT", "1"),
        ("COUNT", False),
        ("NUMBER", 7),
        ("NUMBER", 7.5),
        ("NUMBER", "7,5"),
        ("NUMBER", "-2.6"),
        ("NUMBER", "10.1"),
        ("TIMER", 10**9 + 1),
        ("TIMER", 3.5),
        ("SHARE", {"part": 2, "whole": 1}),
        ("SHARE", {"part": -1, "whole": 1}),
        ("SHARE", {"part": 1}),
        ("SHARE", {"part": 0.5, "whole": 1}),
        ("SHARE", 1),
        ("TEXT", 3),
        ("AT", "2026-11-21"),
        ("AT", "2026-11-21T02:10:05"),
        ("AT", "2026-13-21T02:10:05Z"),
        ("AT", 1763000000),
    ],
)
def test_a_value_that_its_kind_does_not_have_is_refused(name: str, value: Any) -> None:
    assert found(name, Answer(value)) == [(f"/answers/{name}/value", "answer_value")]


@pytest.mark.parametrize(
    "name", ["PASS", "SCALE", "CHOICE", "MULTI", "COUNT", "NUMBER", "SHARE", "AT", "SIGN"]
)
def test_na_is_refused_where_the_item_does_not_offer_it(name: str) -> None:
    assert found(name, Answer("na")) == [(f"/answers/{name}/value", "answer_na_refused")]


def test_pending_is_refused_where_nothing_is_proved_later_or_a_value_is_there() -> None:
    assert found("LATER", Answer(pending=True)) == []
    assert found("PASS", Answer(pending=True)) == [("/answers/PASS/pending", "answer_pending_refused")]
    assert found("LATER", Answer("pass", pending=True)) == [
        ("/answers/LATER/pending", "answer_pending_with_value")
    ]


def test_an_item_that_the_checklist_does_not_have_is_refused() -> None:
    assert found("A/B~C", Answer("pass")) == [("/answers/A~1B~0C", "answer_unknown_item")]
