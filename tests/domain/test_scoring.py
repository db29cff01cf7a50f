"""Scoring of a visit: the worked example and the edges of handbook 2.1 and 2.2."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.checklist import compile_bare
from server.domain.scoring import Answer, Score, score


def scored(
    items: list[dict[str, Any]],
    answers: dict[str, Any],
    *,
    photos: dict[str, int] | None = None,
    facts: dict[str, str] | None = None,
    **head: Any,
) -> Score:
    """Score a checklist of one section; an answer is a bare value or the visit document's form."""
    written = {
        "id": "t",
        "prohibition_scoring": "per_item",
        "sections": [{"id": "S", "items": [{"kind": "pass_fail", "points": 100, **each} for each in items]}],
        **head,
    }
    given = {
        name: Answer.of(value)
        if isinstance(value, dict) and not value.keys() & {"part", "whole"}
        else Answer(value)
        for name, value in answers.items()
    }
    return score(compile_bare(written), facts or {}, given, photos or {})


def missing(result: Score) -> list[tuple[str, str]]:
    return [(entry.item, entry.what) for entry in result.missing]


def test_the_worked_example() -> None:
    items = [
        {"id": "A", "points": 400},
        {"id": "B", "points": 200},
        {"id": "C", "points": 200, "kind": "choice", "options": {"right": 1000, "partly": 500}},
        {"id": "D", "points": 200, "na": True},
    ]
    result = scored(items, {"A": "pass", "B": "fail", "C": "partly", "D": "na"})
    assert result.score == "62.50"
    assert result.counted == ["A", "B", "C"]
    assert result.credits == {"A": 1000, "B": 0, "C": 500, "D": None}
    assert (result.failed, result.met) == (["B"], ["A"])


def test_no_applicable_item_gives_no_score_never_0_or_100() -> None:
    result = scored([{"id": "A", "na": True}, {"id": "B", "points": 0}], {"A": "na", "B": "pass"})
    assert (result.score, result.prohibition_score, result.touchpoint_score) == (None, None, None)
    assert result.sections == {"S": None}


@pytest.mark.parametrize(
    ("item", "value", "credit"),
    [
        ({"kind": "scale", "min": 0, "max": 3}, 1, 333),
        ({"kind": "scale", "min": 0, "max": 3}, 2, 667),
        ({"kind": "scale", "min": 1, "max": 5}, 1, 0),
        ({"kind": "scale", "min": 1, "max": 2, "credits": [100, 900]}, 2, 900),
        ({"kind": "multi", "options": {"a": 600, "b": 600, "c": -900}}, ["a", "b"], 1000),
        ({"kind": "multi", "options": {"a": 600, "b": 600, "c": -900}}, ["a", "c"], 0),
        ({"kind": "multi", "options": {"a": 600, "b": 600}}, [], 0),
        ({"kind": "count", "bands": [[0, 1000], [1, 500], [None, 0]]}, 1, 500),
        ({"kind": "timer", "bands": [[300, 1000], [450, 500], [None, 0]]}, 300, 1000),
        ({"kind": "timer", "bands": [[300, 1000], [450, 500], [None, 0]]}, 451, 0),
        ({"kind": "number", "bands": [["7.5", 1000], [None, 0]]}, "7.50", 1000),
        ({"kind": "number", "bands": [["7.5", 1000], [None, 0]]}, "7.500001", 0),
        ({"kind": "share"}, {"part": 2, "whole": 3}, 667),
        ({"kind": "share"}, {"part": 0, "whole": 0}, None),
    ],
)
def test_the_credit_of_each_kind(item: dict[str, Any], value: object, credit: int | None) -> None:
    assert scored([{"id": "A", **item}], {"A": value}).credits == {"A": credit}


def test_the_first_case_that_holds_gives_the_bands() -> None:
    items = [
        {"id": "BUSY", "points": 0, "kind": "choice", "options": {"yes": {}, "no": {}}},
        {
            "id": "WAIT",
            "kind": "timer",
            "cases": [
                {"when": {"item": "BUSY", "is": "yes"}, "bands": [[600, 1000], [None, 0]]},
                {"when": {"fact": "class", "is": "A"}, "bands": [[700, 1000], [None, 0]]},
            ],
            "bands": [[300, 1000], [None, 0]],
        },
    ]
    assert scored(items, {"BUSY": "yes", "WAIT": 650}, facts={"class": "A"}).credits["WAIT"] == 0
    assert scored(items, {"BUSY": "no", "WAIT": 650}, facts={"class": "A"}).credits["WAIT"] == 1000
    assert scored(items, {"WAIT": 301}).credits["WAIT"] == 0
    assert missing(scored(items, {"WAIT": 301})) == [("BUSY", "answer")]


PROHIBITED = [
    {"id": "A", "prohibition": "P1"},
    {"id": "B", "prohibition": "P1"},
    {"id": "C", "prohibition": "P2"},
    {"id": "D"},
]


def test_all_or_nothing_takes_the_whole_prohibition() -> None:
    answers = {"A": "fail", "B": "pass", "C": "pass", "D": "pass"}
    result = scored(PROHIBITED, answers, prohibition_scoring="all_or_nothing")
    assert (result.score, result.prohibition_score, result.touchpoint_score) == ("50.00", "33.33", "100.00")
    assert (result.violated, result.zeroed, result.failed) == (["P1"], ["B"], ["A"])


def test_per_item_leaves_the_other_items_of_a_violated_prohibition() -> None:
    result = scored(PROHIBITED, {"A": "fail", "B": "pass", "C": "pass", "D": "pass"})
    assert (result.score, result.violated, result.zeroed) == ("75.00", ["P1"], [])


def test_a_grave_fail_takes_its_prohibition_in_either_mode_and_caps_the_visit() -> None:
    items = [{"id": "A", "prohibition": "P1", "critical": True}, {"id": "B", "prohibition": "P1"}]
    items.append({"id": "C", "points": 9800})
    result = scored(items, {"A": "fail", "B": "pass", "C": "pass"})
    assert (result.score, result.grave, result.zeroed) == ("60.00", ["A"], ["B"])
    assert (result.prohibition_score, result.touchpoint_score) == ("0.00", "100.00")
    assert result.sections == {"S": "98.00"}


def test_a_grave_fail_without_a_prohibition_only_caps() -> None:
    result = scored([{"id": "A", "critical": True}, {"id": "B", "points": 900}], {"A": "fail", "B": "pass"})
    assert (result.score, result.grave, result.violated) == ("60.00", ["A"], [])


def test_the_cap_does_not_lift_a_lower_score() -> None:
    assert scored([{"id": "A", "critical": True}, {"id": "B"}], {"A": "fail", "B": "pass"}).score == "50.00"


def test_a_low_credit_of_a_critical_item_is_no_grave_fail() -> None:
    item = {"id": "A", "critical": True, "kind": "scale", "min": 0, "max": 3}
    assert scored([item], {"A": 1}).grave == []


def test_an_option_may_void_the_visit_which_then_has_no_score() -> None:
    items = [
        {"id": "A"},
        {"id": "R", "points": 0, "kind": "choice", "options": {"no": {}, "yes": {"voids": True}}},
    ]
    result = scored(items, {"A": "pass", "R": "yes"})
    assert (result.voided, result.score, result.sections) == (True, None, {"S": None})
    assert not scored(items, {"A": "pass", "R": "no"}).voided


def test_a_voided_visit_asks_for_nothing_more() -> None:
    items = [
        {"id": "A", "points": 2, "photo": "always"},
        {"id": "R", "points": 0, "kind": "choice", "options": {"no": {}, "yes": {"voids": True}}},
        {"id": "B", "points": 2, "na": True},
    ]
    asked = [(each.item, each.what) for each in scored(items, {"R": "no"}).missing]
    assert asked == [("A", "answer"), ("A", "photo"), ("B", "answer")]
    assert scored(items, {"R": "yes"}).missing == []


def test_a_hidden_items_answer_is_not_counted_and_satisfies_nothing() -> None:
    items = [
        {"id": "A"},
        {"id": "B", "when": {"item": "A", "is": "fail"}},
        {"id": "C", "when": {"item": "B", "is": "pass"}},
        {"id": "D", "when": {"not": {"item": "B", "is": "pass"}}},
    ]
    result = scored(items, {"A": "pass", "B": "pass", "C": "pass", "D": "pass"})
    assert result.visible == ["A", "D"]
    assert result.credits.keys() == {"A", "D"}


def test_a_hidden_section_hides_its_items() -> None:
    written = {
        "id": "t",
        "prohibition_scoring": "per_item",
        "sections": [
            {
                "id": "S",
                "when": {"fact": "part", "is": "opening"},
                "items": [{"id": "A", "kind": "text", "points": 0}],
            },
            {"id": "T", "items": [{"id": "B", "kind": "pass_fail", "points": 1}]},
        ],
    }
    result = score(compile_bare(written), {"part": "round"}, {}, {})
    assert (result.visible, result.sections) == (["B"], {"S": None, "T": None})


def test_what_is_pending_is_neither_missing_nor_scored() -> None:
    items = [{"id": "A", "later": "72h", "photo": "always"}, {"id": "B"}]
    result = scored(items, {"A": {"pending": True}, "B": "pass"})
    assert (missing(result), result.counted, result.score) == ([], ["B"], "100.00")


def test_pending_counts_for_nothing_where_the_item_is_not_proved_later() -> None:
    assert missing(scored([{"id": "A"}], {"A": {"pending": True}})) == [("A", "answer")]


def test_every_item_with_points_or_named_by_a_condition_is_required() -> None:
    items = [
        {"id": "A", "points": 0},
        {"id": "B", "points": 0},
        {"id": "C"},
        {"id": "D", "points": 0, "kind": "text", "when": {"item": "A", "is": "pass"}},
        {"id": "E", "points": 0, "kind": "text", "required": True},
    ]
    assert missing(scored(items, {})) == [("A", "answer"), ("C", "answer"), ("E", "answer")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, True),
        ("  \u3000", True),
        ("好" * 79, True),
        ("好 " * 79, True),
        ("好" * 80, False),
        ("𠮷" * 80, False),
    ],
)
def test_the_text_is_due_at_its_length_when_anything_failed(given: str | None, expected: bool) -> None:
    items = [
        {"id": "T", "points": 0, "kind": "text", "required": "any_failed", "min_chars": 80},
        {"id": "A"},
    ]
    answers = {"T": given, "A": "fail"}
    assert (("T", "answer") in missing(scored(items, answers))) is expected
    assert missing(scored(items, {**answers, "A": "pass"})) == []


def test_evidence_is_demanded_always_or_on_a_fail_and_a_reason_satisfies_it() -> None:
    items = [
        {"id": "A", "photo": "always"},
        {"id": "B", "photo": "on_fail"},
        {"id": "C", "photo": "on_fail"},
        {"id": "D", "photo": "on_fail"},
        {"id": "E", "photo": "optional"},
    ]
    answers = {
        "A": "pass",
        "B": "pass",
        "C": "fail",
        "D": {"value": "fail", "no_photo": "unnoticed"},
        "E": "fail",
    }
    assert missing(scored(items, answers)) == [("A", "photo"), ("C", "photo")]
    assert missing(scored(items, answers, photos={"A": 1, "C": 2})) == []


def test_a_photo_below_another_credit_can_be_demanded() -> None:
    item = {"id": "A", "kind": "scale", "min": 0, "max": 3, "photo": {"when": "on_fail", "below": 700}}
    assert missing(scored([item], {"A": 2})) == [("A", "photo")]
    assert missing(scored([item], {"A": 3})) == []


def test_what_does_not_apply_needs_no_photo() -> None:
    assert missing(scored([{"id": "A", "na": True, "photo": "always"}], {"A": "na"})) == []


@pytest.mark.parametrize("effect", [{"critical": True}, {"prohibition": "P1"}])
def test_na_needs_a_note_on_critical_and_prohibition_items(effect: dict[str, Any]) -> None:
    item = {"id": "A", "na": True, **effect}
    assert missing(scored([item], {"A": {"value": "na", "note": " "}})) == [("A", "note")]
    assert missing(scored([item], {"A": {"value": "na", "note": "没有自助区"}})) == []


def test_a_photo_item_is_answered_by_its_file_or_a_reason() -> None:
    item = {"id": "A", "kind": "photo", "points": 0, "required": True}
    assert missing(scored([item], {})) == [("A", "photo")]
    assert missing(scored([item], {}, photos={"A": 1})) == []
    assert missing(scored([item], {"A": {"no_photo": "unnoticed"}})) == []


def test_a_signature_item_is_answered_by_its_file_alone() -> None:
    item = {"id": "A", "kind": "signature", "points": 0, "required": True}
    assert missing(scored([item], {"A": {"no_photo": "refused"}})) == [("A", "answer")]
    assert missing(scored([item], {}, photos={"A": 1})) == []


def test_the_word_na_in_a_text_is_a_text() -> None:
    result = scored([{"id": "A", "kind": "text", "points": 0, "required": True}], {"A": "na"})
    assert missing(result) == []


ANSWERS = st.fixed_dictionaries(
    {name: st.sampled_from(["pass", "fail", "na"]) for name in ("A", "B", "C", "D")}
)


@given(ANSWERS, st.permutations(["A", "B", "C", "D"]))
def test_the_order_of_answers_never_matters(answers: dict[str, str], order: list[str]) -> None:
    items = [{**each, "na": True} for each in PROHIBITED]
    mixed = {name: answers[name] for name in order}
    assert scored(items, mixed) == scored(items, answers)


@given(ANSWERS)
def test_a_better_answer_never_lowers_the_score(answers: dict[str, str]) -> None:
    items = [{**each, "na": True} for each in PROHIBITED]
    for name in answers:
        if answers[name] == "fail":
            better = scored(items, {**answers, name: "pass"}, prohibition_scoring="all_or_nothing").score
            now = scored(items, answers, prohibition_scoring="all_or_nothing").score
            assert float(better or 0) >= float(now or 0)
