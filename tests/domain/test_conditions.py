"""Conditions: what holds, what an unanswered or hidden item does, what is no condition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.conditions import comparisons, holds, items_named, read_condition


def compiled(written: object) -> Any:
    condition, findings = read_condition(written, "/when")
    assert not findings
    return condition


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"item": "A", "is": "pass"}, True),
        ({"item": "A", "is": "fail"}, False),
        ({"item": "A", "in": ["fail", "pass"]}, True),
        ({"item": "N", "at_least": 7}, True),
        ({"item": "N", "at_least": "7.51"}, False),
        ({"item": "N", "at_most": "7.5"}, True),
        ({"item": "N", "is": "7.5"}, True),
        ({"item": "N", "in": [1, "7.500"]}, True),
        ({"item": "C", "is": "3"}, True),
        ({"item": "M", "is": "b"}, True),
        ({"item": "M", "in": ["c", "d"]}, False),
        ({"item": "NA", "is": "na"}, True),
        ({"item": "NA", "at_most": 1000}, False),
        ({"item": "NA", "in": ["pass", "na"]}, True),
        ({"fact": "tier", "is": "village"}, True),
        ({"fact": "class", "in": ["A", "B"]}, False),
        ({"all": [{"item": "A", "is": "pass"}, {"item": "N", "at_most": 8}]}, True),
        ({"any": [{"item": "A", "is": "fail"}, {"item": "N", "at_most": 8}]}, True),
        ({"not": {"any": [{"item": "A", "is": "fail"}]}}, True),
    ],
)
def test_a_condition_holds_by_the_answers_and_facts(written: object, expected: bool) -> None:
    shown = {"A": "pass", "N": "7.50", "C": 3, "M": ["a", "b"], "NA": "na"}
    assert holds(compiled(written), {"tier": "village"}, shown) is expected


@pytest.mark.parametrize("operator", ["is", "in", "at_least", "at_most"])
def test_an_unanswered_item_satisfies_no_comparison_so_that_not_of_it_holds(operator: str) -> None:
    written = {"item": "A", operator: [0] if operator == "in" else 0}
    assert not holds(compiled(written), {}, {})
    assert holds(compiled({"not": written}), {}, {})


def test_no_condition_always_holds() -> None:
    assert holds(None, {}, {})


@given(st.integers(-100, 100), st.integers(-100, 100))
def test_at_least_and_at_most_meet_in_equality(value: int, bound: int) -> None:
    least = holds(compiled({"item": "N", "at_least": bound}), {}, {"N": value})
    most = holds(compiled({"item": "N", "at_most": bound}), {}, {"N": value})
    assert (least and most) is holds(compiled({"item": "N", "is": bound}), {}, {"N": value})
    assert least or most


@pytest.mark.parametrize(
    ("written", "path", "key"),
    [
        ("pass", "/when", "condition_shape"),
        ({}, "/when", "condition_shape"),
        ({"item": "A"}, "/when", "condition_shape"),
        ({"item": "A", "is": "x", "in": ["y"]}, "/when", "condition_shape"),
        ({"item": "A", "fact": "tier", "is": "x"}, "/when", "condition_shape"),
        ({"item": ["A"], "is": "x"}, "/when/item", "condition_shape"),
        ({"item": "A", "equals": "x"}, "/when", "condition_shape"),
        ({"all": []}, "/when/all", "condition_empty"),
        ({"any": {"item": "A", "is": "x"}}, "/when/any", "condition_empty"),
        ({"item": "A", "in": []}, "/when/in", "condition_empty"),
        ({"item": "A", "in": "x"}, "/when/in", "condition_empty"),
        ({"item": "A", "is": True}, "/when/is", "condition_value"),
        ({"item": "A", "is": 1.5}, "/when/is", "condition_value"),
        ({"not": {"all": [{"item": "A", "is": None}]}}, "/when/not/all/0/is", "condition_value"),
    ],
)
def test_what_is_no_condition_is_found_where_it_stands(written: object, path: str, key: str) -> None:
    condition, findings = read_condition(written, "/when")
    assert condition is None
    assert [(each.path, each.message_key) for each in findings] == [(path, key)]


def test_every_item_that_a_condition_names_is_listed() -> None:
    condition = compiled(
        {
            "all": [
                {"item": "A", "is": "x"},
                {"not": {"any": [{"fact": "tier", "is": "x"}, {"item": "B", "is": 1}]}},
            ]
        }
    )
    assert list(items_named(condition)) == ["A", "B"]
    assert [each["op"] for each in comparisons(condition)] == ["is", "is", "is"]
