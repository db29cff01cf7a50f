"""Conditions as text: every one comes back exactly, people may write freely, and a slip is told with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.conditions import read_condition
from server.domain.findings import sentence
from server.gateways.condition_text import condition_text, read_condition_text

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_names = st.one_of(
    st.sampled_from(
        ["OH-02", "A", "tier", "class", "IN", "OR", "in", "not", "all", "item", "且", "A b", "A_b", ""]
    ),
    _text,
)
_values = st.one_of(
    st.sampled_from(
        [
            "busy",
            "5",
            "7.5",
            "-3",
            "07",
            "in",
            "and",
            "AND",
            "na",
            "",
            " ",
            '"',
            "\\",
            "\\n",
            "忙",
            "“x”",
            "（",
            "A-1",
            "-",
            "1e5",
        ]
    ),
    st.integers(),
    _text,
)


def _comparison(name: str, inside: str, operator: str, values: list[int | str]) -> dict[str, Any]:
    return {name: inside, operator: values if operator == "in" else values[0]}


_comparisons = st.builds(
    _comparison,
    st.sampled_from(["item", "fact"]),
    _names,
    st.sampled_from(["is", "in", "at_least", "at_most"]),
    st.lists(_values, min_size=1, max_size=4),
)
conditions = st.recursive(
    _comparisons,
    lambda inner: st.one_of(
        st.builds(
            lambda word, parts: {word: parts},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=12,
)


@given(conditions, st.sampled_from(["zh", "en"]))
def test_every_condition_survives_text_and_back(written: dict[str, Any], language: str) -> None:
    assert not read_condition(written, "")[1]
    text = condition_text(written, language)
    assert read_condition_text(text, "") == (written, [])


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_is_a_condition_or_a_finding(text: str) -> None:
    written, findings = read_condition_text(text, "/when")
    assert (written is None) == bool(findings)
    assert all(sentence(each, language) for each in findings for language in ("zh", "en"))


_A, _B, _C = ({"item": name, "is": "pass"} for name in ("A-1", "B-1", "C-1"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("A-1=pass", _A),
        ("（Ａ－１＝ｐａｓｓ）", _A),
        ("A-1 == pass且B-1 = pass", {"all": [_A, _B]}),
        ("A-1 = pass and (B-1 = pass OR C-1 = pass)", {"all": [_A, {"any": [_B, _C]}]}),
        ("非 A-1 = pass", {"not": _A}),
        ("not(A-1 = pass)", {"not": _A}),
        ("((A-1 = pass))", _A),
        ("任一（A-1 = pass，B-1 = pass）", {"any": [_A, _B]}),
        ("tier 属于（village、ordinary）", {"fact": "tier", "in": ["village", "ordinary"]}),
        ("tier in (village)", {"fact": "tier", "in": ["village"]}),
        ("PM-01 >= ３", {"item": "PM-01", "at_least": 3}),
        ("PM-01≤7.5", {"item": "PM-01", "at_most": "7.5"}),
        ("PM-01 = “5”", {"item": "PM-01", "is": "5"}),
    ],
)
def test_people_may_write_as_they_are_used_to(text: str, written: dict[str, Any]) -> None:
    assert read_condition_text(text, "") == (written, [])


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("OH-02 busy", "第 7 个字“busy”", "character 7"),
        ("OH-02 = ", "没有写完", "ends too early"),
        ("A = x 且 B = y 或 C = z", "第 15 个字“或”：“且”和“或”混用时请加括号", "use brackets"),
        ("A ≠ x", "第 3 个字“≠”：没有这种比较", "there is no “≠”"),
        ("A > 3", "第 3 个字“>”：没有这种比较", "there is no “>”"),
        ("A = %", "第 5 个字“%”", "character 5"),
        ("（A = x", "没有写完", "ends too early"),
        ("A = x）", "第 6 个字“）”", "character 6"),
        ("A 属于 x", "左括号", "an opening bracket"),
        ("且", "第 1 个字“且”", "character 1"),
        ("（" * 41 + "A = x" + "）" * 41, "套得太深", "nested too deep"),
        ("非" * 5000, "套得太深", "nested too deep"),
        ("A = " + "x" * 20_000, "太长", "too long"),
    ],
)
def test_a_slip_is_told_with_its_place(text: str, zh: str, en: str) -> None:
    written, (finding,) = read_condition_text(text, "/when")
    assert written is None
    assert finding.path == "/when"
    assert zh in sentence(finding, "zh")
    assert en in sentence(finding, "en")
