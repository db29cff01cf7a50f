"""The load-time checks of a checklist: each has a broken case, and all findings come at once."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from server.domain.checklist import (
    canonical,
    check_succession,
    compile_bare,
    fingerprint,
    read_checklist,
)
from server.domain.checklist_written import Draft, read_shape
from server.domain.findings import sentence

WORDS = {"zh": "字", "en": "word"}


def item(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": WORDS, "source": "S3 §1", "kind": "pass_fail", "points": 100, **more}


def good() -> dict[str, Any]:
    """A checklist without a finding, with each kind that has checks of its own."""
    bands = [[300, 1000], [450, 500], [None, 0]]
    return {
        "id": "good",
        "version": 1,
        "title": WORDS,
        "visit_kinds": ["mystery"],
        "tiers": ["own_hall"],
        "points": 700,
        "prohibition_scoring": "per_item",
        "prohibitions": {"P1": WORDS},
        "sections": [
            {
                "id": "A",
                "title": WORDS,
                "points": 700,
                "items": [
                    item("I-1", na=True, prohibition="P1", critical=True),
                    item("I-2", kind="scale", min=0, max=3),
                    item("I-3", kind="choice", options={"right": {**WORDS, "credit": 1000}, "wrong": {**WORDS, "credit": 0}}),
                    item("I-4", kind="timer", bands=bands, cases=[{"when": {"item": "I-3", "is": "right"}, "bands": bands}]),
                    item("I-5", kind="number", bands=[["7.5", 1000], [None, 0]], unit=WORDS),
                    item("I-6", kind="count", bands=[[0, 1000], [None, 0]], photo={"when": "on_fail", "hint": WORDS}),
                    item("I-7", kind="multi", options={"a": {**WORDS, "credit": -300}, "b": {**WORDS, "credit": 1000}}),
                    item("I-8", kind="text", points=0, required="any_failed", min_chars=80),
                ],
            }
        ],
    }  # fmt: skip


def found(written: object) -> list[tuple[str, str]]:
    return [(each.path, each.message_key) for each in read_checklist(written).findings]


Break = Callable[[dict[str, Any], list[dict[str, Any]]], Any]
I = "/sections/0/items/"  # noqa: E741 – the pointer's stem, short so that the table reads as one

BROKEN: list[tuple[str, str, Break]] = [
    ("/colour", "unknown_key", lambda c, i: c.update(colour=1)),
    (I + "0/colour", "unknown_key", lambda c, i: i[0].update(colour=1)),
    ("/sections/0/colour", "unknown_key", lambda c, i: c["sections"][0].update(colour=1)),
    ("/id", "missing_key", lambda c, i: c.pop("id")),
    ("", "missing_key", lambda c, i: c.pop("version")),
    ("", "missing_key", lambda c, i: c.pop("points")),
    ("", "missing_key", lambda c, i: c.pop("tiers")),
    (I + "0/kind", "missing_key", lambda c, i: i[0].pop("kind")),
    (I + "0", "missing_key", lambda c, i: i[0].pop("text")),
    (I + "0", "missing_key", lambda c, i: i[0].pop("source")),
    ("/sections/0", "missing_key", lambda c, i: c["sections"][0].pop("title")),
    ("/sections/0", "missing_key", lambda c, i: c["sections"][0].pop("points")),
    ("/prohibition_scoring", "not_one_of", lambda c, i: c.update(prohibition_scoring="some")),
    (I + "0/kind", "not_one_of", lambda c, i: i[0].update(kind="guess")),
    ("/critical_cap", "out_of_range", lambda c, i: c.update(critical_cap=101)),
    (I + "0/id", "wrong_form", lambda c, i: i[0].update(id="i 1")),
    (I + "0/later", "wrong_form", lambda c, i: i[0].update(later="3 days")),
    (I + "0/points", "wrong_type", lambda c, i: i[0].update(points="1.5")),
    (I + "0/na", "wrong_type", lambda c, i: i[0].update(na="yes")),
    (I + "1/points", "wrong_type", lambda c, i: i[1].update(points=1.5)),
    (I + "6/options/a", "wrong_type", lambda c, i: i[6]["options"].update(a="much")),
    ("/visit_kinds", "empty", lambda c, i: c.update(visit_kinds=[])),
    ("/sections/1/items", "empty", lambda c, i: c["sections"].append({"id": "B", "title": WORDS, "points": 0, "items": []})),
    ("/sections/1/id", "id_twice", lambda c, i: c["sections"].append({**c["sections"][0], "points": 1, "items": [item("X", points=1)]})),
    (I + "8/id", "id_twice", lambda c, i: i.append(item("I-1", points=0))),
    ("/id", "id_reserved", lambda c, i: c.update(id="rules")),
    ("/title/zh", "text_long", lambda c, i: c.update(title={"zh": "长" * 4001, "en": "x"})),
    ("/id", "id_reserved", lambda c, i: c.update(id="calendar-2026")),
    (I + "1/indicator", "indicator_twice", lambda c, i: i[1].update(indicator="I-1")),
    (I + "0/id", "id_returned", lambda c, i: c.update(retired=["I-1"])),
    ("/points", "total_differs", lambda c, i: c.update(points=701)),
    ("/sections/0/points", "total_differs", lambda c, i: c["sections"][0].update(points=699)),
    ("/title", "text_missing", lambda c, i: c.update(title={"zh": "字"})),
    ("/prohibitions/P1", "text_missing", lambda c, i: c["prohibitions"].update(P1={"en": "word"})),
    ("/sections/0/title", "text_missing", lambda c, i: c["sections"][0].update(title={"zh": "字", "en": " "})),
    (I + "0/text", "text_missing", lambda c, i: i[0].update(text={"en": "word"})),
    (I + "4/unit", "text_missing", lambda c, i: i[4].update(unit={"zh": "分"})),
    (I + "5/photo/hint", "text_missing", lambda c, i: i[5]["photo"].update(hint={"zh": "字"})),
    (I + "2/options/right", "text_missing", lambda c, i: i[2]["options"]["right"].pop("en")),
    (I + "0/options", "key_not_for_kind", lambda c, i: i[0].update(options={})),
    (I + "0/bands", "key_not_for_kind", lambda c, i: i[0].update(bands=[])),
    (I + "3/min", "key_not_for_kind", lambda c, i: i[3].update(min=0)),
    (I + "0/leaving", "key_not_for_kind", lambda c, i: i[0].update(leaving=True)),
    (I + "9/leaving", "leaving_twice", lambda c, i: i.extend(item(f"L-{n}", kind="instant", points=0, leaving=True) for n in (1, 2))),
    (I + "7/points", "points_without_credit", lambda c, i: i[7].update(points=100, required=True)),
    (I + "4/points", "points_without_credit", lambda c, i: i[4].pop("bands")),
    (I + "7/photo", "on_fail_without_credit", lambda c, i: i[7].update(photo="on_fail")),
    (I + "0/photo/below", "below_without_on_fail", lambda c, i: i[0].update(photo={"when": "always", "below": 1})),
    (I + "2/options", "too_few_options", lambda c, i: i[2]["options"].pop("wrong")),
    (I + "2/options", "credit_for_some", lambda c, i: i[2]["options"]["wrong"].pop("credit")),
    (I + "6/options/na", "option_name", lambda c, i: i[6]["options"].update(na={**WORDS, "credit": 1})),
    (I + "6/options/1", "option_name", lambda c, i: i[6]["options"].update({"1": {**WORDS, "credit": 1}})),
    (I + "2/options/wrong", "credit_below_zero", lambda c, i: i[2]["options"]["wrong"].update(credit=-1)),
    (I + "5/bands/0", "credit_range", lambda c, i: i[5].update(bands=[[0, 1001], [None, 0]])),
    (I + "5/bands/1", "credit_range", lambda c, i: i[5].update(bands=[[0, 1], [None, None]])),
    (I + "1", "scale_range", lambda c, i: i[1].pop("max")),
    (I + "1", "scale_range", lambda c, i: i[1].update(min=3)),
    (I + "1/credits", "table_not_covering", lambda c, i: i[1].update(credits=[0, 1000])),
    (I + "5/min", "bound_form", lambda c, i: i[5].update(min="0.5")),
    (I + "4/bands/0", "bound_form", lambda c, i: i[4].update(bands=[["soon", 1], [None, 0]])),
    (I + "5/bands/0", "bound_form", lambda c, i: i[5].update(bands=[["0.5", 1], [None, 0]])),
    (I + "3/bands/0", "bound_form", lambda c, i: i[3].update(bands=[[-1, 1], [None, 0]])),
    (I + "5/max", "max_not_above_min", lambda c, i: i[5].update(min=4, max=4)),
    (I + "3/cases", "cases_without_bands", lambda c, i: (i[3].pop("bands"), i[3].update(points=0))),
    (I + "5/bands/0", "band_shape", lambda c, i: i[5].update(bands=[[1], [None, 0]])),
    (I + "5/bands", "bands_not_covering", lambda c, i: i[5].update(bands=[[0, 1000]])),
    (I + "3/cases/0/bands", "bands_not_covering", lambda c, i: i[3]["cases"][0].update(bands=[])),
    (I + "5/bands/1", "bands_not_ascending", lambda c, i: i[5].update(bands=[[3, 1], [3, 0], [None, 0]])),
    (I + "5/bands/0", "bands_not_ascending", lambda c, i: i[5].update(bands=[[None, 1], [None, 0]])),
    (I + "0/prohibition", "prohibition_unknown", lambda c, i: i[0].update(prohibition="P9")),
    (I + "7/critical", "effect_without_points", lambda c, i: i[7].update(critical=True)),
    (I + "7/prohibition", "effect_without_points", lambda c, i: i[7].update(prohibition="P1")),
    (I + "0/min_chars", "min_chars_without_text", lambda c, i: i[0].update(min_chars=3)),
    (I + "7/min_chars", "min_chars_without_text", lambda c, i: i[7].pop("required")),
    (I + "0/required", "any_failed_with_points", lambda c, i: i[0].update(required="any_failed")),
    (I + "1/when", "condition_shape", lambda c, i: i[1].update(when="busy")),
    (I + "1/when/any", "condition_empty", lambda c, i: i[1].update(when={"any": []})),
    (I + "1/when/is", "condition_value", lambda c, i: i[1].update(when={"item": "I-1", "is": None})),
    (I + "1/when", "condition_unknown_item", lambda c, i: i[1].update(when={"item": "I-9", "is": "pass"})),
    (I + "1/when", "condition_forward", lambda c, i: i[1].update(when={"item": "I-3", "is": "right"})),
    ("/sections/0/when", "condition_forward", lambda c, i: c["sections"][0].update(when={"item": "I-3", "is": "right"})),
    (I + "1/when", "condition_circle", lambda c, i: i[1].update(when={"item": "I-2", "is": 1})),
    (I + "1/when", "condition_circle", lambda c, i: (i[1].update(when={"item": "I-3", "is": "right"}), i[2].update(when={"item": "I-2", "is": 1}))),
    (I + "1/when", "fact_unknown", lambda c, i: i[1].update(when={"fact": "weather", "is": "fine"})),
    (I + "1/when", "operator_not_for", lambda c, i: i[1].update(when={"fact": "class", "at_least": "B"})),
    (I + "1/when", "operator_not_for", lambda c, i: i[1].update(when={"item": "I-1", "at_least": 1})),
    (I + "1/when", "value_unknown", lambda c, i: i[1].update(when={"fact": "tier", "in": ["village", "town"]})),
    (I + "1/when", "value_unknown", lambda c, i: i[1].update(when={"item": "I-1", "is": "passed"})),
    (I + "2/when", "value_unknown", lambda c, i: i[2].update(when={"item": "I-2", "at_most": 4})),
    (I + "3/cases/0/when", "value_unknown", lambda c, i: i[3]["cases"][0].update(when={"item": "I-3", "is": "odd"})),
    (I + "2/when", "na_not_offered", lambda c, i: i[2].update(when={"item": "I-2", "is": "na"})),
]  # fmt: skip


def test_the_good_checklist_has_no_finding() -> None:
    assert found(good()) == []


@pytest.mark.parametrize(("path", "key", "spoil"), BROKEN, ids=[f"{key}{path}" for path, key, _ in BROKEN])
def test_each_break_is_found_where_it_stands(path: str, key: str, spoil: Break) -> None:
    written = good()
    spoil(written, written["sections"][0]["items"])
    reading = read_checklist(written)
    assert (path, key) in [(each.path, each.message_key) for each in reading.findings]
    assert reading.compiled is None
    for each in reading.findings:
        assert sentence(each, "zh")
        assert sentence(each, "en")


def test_a_break_brings_no_finding_but_its_own() -> None:
    for path, key, spoil in BROKEN:
        written = good()
        spoil(written, written["sections"][0]["items"])
        keys = {each.message_key for each in read_checklist(written).findings}
        assert keys - {"condition_forward", "condition_circle", "total_differs"} <= {key}, (path, keys)


def test_every_finding_about_a_checklist_has_a_broken_case() -> None:
    from server.domain import findings

    keys = set(findings._SENTENCES)
    elsewhere = {key for key in keys if key.startswith(("answer_", "yaml_", "file_", "published_", "lock_"))}
    # These are found between two versions; test_checklist_changes.py breaks each.
    between = {
        "id_not_retired",
        "id_changed_meaning",
        "change_undeclared",
        "follows_unknown",
        "changes_since",
        "same_unknown",
        "follows_changed",
        "indicator_not_broken",
    }
    assert keys - elsewhere - between - {"key_twice"} == {k for _, k, _ in BROKEN}


def test_all_findings_come_at_once() -> None:
    written = good()
    items = written["sections"][0]["items"]
    items[0].update(colour="red", points=-1)
    items[1].update(when={"item": "I-9", "is": 1})
    items[5].update(bands=[[0, 1000]])
    items[7].update(text={"zh": "字"})
    written["points"] = 5
    assert found(written) == [
        ("/sections/0/items/0/points", "out_of_range"),
        ("/sections/0/items/0/colour", "unknown_key"),
        ("/sections/0/items/1/when", "condition_unknown_item"),
        ("/sections/0/items/5/bands", "bands_not_covering"),
        ("/sections/0/items/7/text", "text_missing"),
    ]


def test_a_fault_of_shape_hides_no_other() -> None:
    """At the head, in a section, in the item itself and beside it; and none follows from another."""
    written = good()
    section = written["sections"][0]
    items = section["items"]
    written.update(surprise=1, visit_kinds=["party"], tiers=[], retired=["I-6"])
    section.update(title={"zh": "字"}, points="many")
    items[0].update(critical="yes", text={"zh": "字"}, source="")
    items[2].update(options=3)
    items[3].update(id="I-2")
    items[4].update(points=-1, unit={"en": "word"})
    items[5].update(colour="red")
    items[6].update(id="I-3")
    del items[7]["kind"]
    items[7]["text"] = {"en": "word"}
    items.append(7)
    shape = {
        ("/surprise", "unknown_key"),
        ("/visit_kinds/0", "not_one_of"),
        ("/sections/0/points", "wrong_type"),
        ("/sections/0/items/0/critical", "wrong_type"),
        ("/sections/0/items/2/options", "wrong_type"),
        ("/sections/0/items/4/points", "out_of_range"),
        ("/sections/0/items/5/colour", "unknown_key"),
        ("/sections/0/items/7/kind", "missing_key"),
        ("/sections/0/items/8", "wrong_type"),
    }
    meaning = {
        ("/tiers", "empty"),
        ("/sections/0/title", "text_missing"),
        ("/sections/0/items/0", "missing_key"),
        ("/sections/0/items/0/text", "text_missing"),
        ("/sections/0/items/3/id", "id_twice"),
        ("/sections/0/items/4/unit", "text_missing"),
        ("/sections/0/items/5/id", "id_returned"),
        ("/sections/0/items/6/id", "id_twice"),
        ("/sections/0/items/7/text", "text_missing"),
    }
    told = found(written)
    assert set(told[: len(shape)]) == shape
    assert set(told[len(shape) :]) == meaning
    assert len(told) == len(shape) + len(meaning)


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if steps:
        yield steps
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from places(inner, (*steps, step))


@pytest.mark.parametrize(
    "instead", [None, True, -5, 10**9, 1.5, "", "!!", [], [[]], [3], {}, {"x": 3}, {"": 1, "a/b": 2, "a~": 3}]
)
def test_nothing_is_told_that_only_follows_from_a_fault_of_shape(instead: object) -> None:
    """Whatever stands at whatever place of a good checklist: beside its own faults nothing but texts that are gone."""
    spoilt = 0
    for steps in places(good()):
        written = json.loads(json.dumps(good()))
        place = written
        for step in steps[:-1]:
            place = place[step]
        place[steps[-1]] = instead
        _, shape = read_shape(written)
        if shape:
            spoilt += 1
            rest = [
                (each.path, each.facts.get("key")) for each in read_checklist(written).findings[len(shape) :]
            ]
            pointer = "".join(f"/{step}" for step in steps)
            # What an object in place of a section or an item lacks beside its shape.
            keys = ("title", "points") if len(steps) == 2 else ("text", "source")
            whole = isinstance(instead, dict) and steps[-2:-1] in (("sections",), ("items",))
            assert rest == ([(pointer, key) for key in keys] if whole else []), (steps, rest)
    assert spoilt > 50


def test_without_its_prohibitions_no_item_is_told_to_name_an_unknown_one() -> None:
    written = good()
    written["prohibitions"] = ["P1"]
    assert found(written) == [("/prohibitions", "wrong_type")]


def test_a_condition_on_an_item_of_wrong_shape_is_not_called_unknown() -> None:
    written = good()
    items = written["sections"][0]["items"]
    items[2]["colour"] = "red"
    assert found(written) == [("/sections/0/items/2/colour", "unknown_key")]


@pytest.mark.parametrize("written", [None, [], "text", {"sections": 3}, {"sections": [3, {"items": [4]}]}])
def test_what_is_no_checklist_at_all_is_findings_not_an_error(written: object) -> None:
    assert found(written)


def test_the_compiled_form_is_that_of_engine_1() -> None:
    compiled = read_checklist(good()).compiled
    assert compiled is not None
    assert set(compiled) == {
        "engine", "id", "version", "title", "visit_kinds", "tiers", "prohibition_scoring", "critical_cap",
        "fail_below", "leaving", "prohibitions", "sections",
    }  # fmt: skip
    items = {each["id"]: each for each in compiled["sections"][0]["items"]}
    assert set(items["I-1"]) == {
        "id", "indicator", "text", "source", "kind", "points", "when", "na", "required", "min_chars",
        "prohibition", "critical", "later_hours", "voids", "options", "min", "max", "unit", "credit", "photo",
        "original", "max_px", "asked",
    }  # fmt: skip
    assert items["I-1"]["credit"] == {"table": {"pass": 1000, "fail": 0}}
    assert items["I-2"]["credit"] == {"table": {"0": 0, "1": 333, "2": 667, "3": 1000}}
    assert items["I-4"]["credit"]["bands"][0]["when"] == {"item": "I-3", "op": "is", "value": "right"}
    assert items["I-4"]["credit"]["bands"][1]["when"] is None
    assert items["I-5"]["credit"]["bands"][0]["bands"] == [["7.5", 1000], [None, 0]]
    assert items["I-7"]["credit"] == {"sum": {"a": -300, "b": 1000}}
    assert items["I-6"]["photo"] == {"when": "on_fail", "below": 500, "hint": WORDS}
    assert (items["I-8"]["asked"], items["I-1"]["asked"]) == (False, True)


def test_the_item_that_notes_the_leaving_is_named_at_the_head() -> None:
    written = good()
    plain = read_checklist(written).compiled
    written["sections"][0]["items"].append(item("I-9", kind="instant", points=0, leaving=True))
    marked = read_checklist(written).compiled
    assert plain is not None
    assert marked is not None
    assert (plain["leaving"], marked["leaving"]) == (None, "I-9")


def test_the_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    written = good()
    turned = json.loads(json.dumps(written))
    turned["sections"][0]["items"][0] = dict(reversed(turned["sections"][0]["items"][0].items()))
    one, other = read_checklist(written).compiled, read_checklist(turned).compiled
    assert one is not None
    assert other is not None
    assert canonical(one) == canonical(other)
    assert len(fingerprint(one)) == 64
    assert json.loads(canonical(one)) == one


def test_a_bare_checklist_of_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown_key"):
        compile_bare({"id": "x", "prohibition_scoring": "per_item", "sections": [], "colour": 1})


def _draft(change: Callable[[list[dict[str, Any]], dict[str, Any]], Any]) -> Draft:
    written = copy.deepcopy(good())
    change(written["sections"][0]["items"], written)
    draft = read_checklist(written).draft
    assert draft is not None
    return draft


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        (lambda i, c: None, lambda i, c: i[0].update(points=5), [("/sections/0/items/0/id", "change_undeclared")]),
        (lambda i, c: None, lambda i, c: (i[0].update(points=5), c.update(changes={"since": 1, "same": ["I-1"]})), []),
        (lambda i, c: None, lambda i, c: (i.pop(7), c.update(retired=["I-8"])), []),
        (lambda i, c: None, lambda i, c: i.pop(7), [("/sections", "id_not_retired")]),
        (lambda i, c: c.update(retired=["I-9"]), lambda i, c: None, [("/retired", "id_not_retired")]),
        (lambda i, c: c.update(retired=["I-9"]), lambda i, c: i.append(item("I-9")), [("/sections/0/items/8/id", "id_returned")]),
        (lambda i, c: None, lambda i, c: i[0].update(kind="text"), [("/sections/0/items/0/id", "id_changed_meaning")]),
        (lambda i, c: None, lambda i, c: i[0].update(indicator="X-1"), [("/sections/0/items/0/id", "id_changed_meaning")]),
    ],
)  # fmt: skip
def test_an_id_once_published_never_returns_with_another_meaning(
    earlier: Any, later: Any, expected: list[tuple[str, str]]
) -> None:
    findings = check_succession(_draft(earlier), _draft(later))
    assert [(each.path, each.message_key) for each in findings] == expected
