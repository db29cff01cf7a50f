"""From one version of a checklist to the next: comparison, what the author says, and what ids promise."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.checklist import check_succession, read_checklist
from server.domain.checklist_changes import compare
from server.domain.checklist_plain import plain
from server.domain.checklist_succession import declare, succeed
from server.domain.checklist_written import Draft


def words(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def item(name: str, text: str = "整洁", points: int = 100, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "text": words(text),
        "source": "S3",
        "kind": "pass_fail",
        "points": points,
        **more,
    }


def checklist(*items: dict[str, Any], version: int = 1, **more: Any) -> dict[str, Any]:
    total = sum(each["points"] for each in items)
    return {
        "id": "hall",
        "version": version,
        "title": words("营业厅"),
        "visit_kinds": ["mystery"],
        "tiers": ["own_hall"],
        "points": total,
        "prohibition_scoring": "per_item",
        **more,
        "sections": [{"id": "a", "title": words("环境"), "points": total, "items": list(items)}],
    }


def draft(written: dict[str, Any]) -> Draft:
    reading = read_checklist(written)
    assert reading.findings == []
    assert reading.draft
    return reading.draft


FIRST = checklist(item("A-1"), item("A-2", na=True), item("A-3", when={"item": "A-2", "is": "pass"}))


def edited(**texts: dict[str, Any]) -> dict[str, Any]:
    later = deepcopy(FIRST)
    for each in later["sections"][0]["items"]:
        each |= texts.get(each["id"].replace("-", ""), {})
    later["sections"][0]["points"] = later["points"] = sum(e["points"] for e in later["sections"][0]["items"])
    return later


def told(later: dict[str, Any]) -> list[tuple[str | None, str | None, str, str]]:
    return [(c.now, c.was, c.kind, c.meaning) for c in compare(draft(FIRST), draft(later)).items]


def test_a_version_equal_to_the_one_before_has_no_changes() -> None:
    assert not compare(draft(FIRST), draft(deepcopy(FIRST)))


def test_changed_items_are_told_apart_and_wait_for_what_they_mean() -> None:
    later = edited(A1={"text": words("门口整洁")}, A2={"points": 200}, A3={"critical": True, "points": 50})
    assert told(later) == [
        ("A-1", "A-1", "reworded", "undeclared"),
        ("A-2", "A-2", "repointed", "undeclared"),
        ("A-3", "A-3", "changed", "undeclared"),
    ]
    found = check_succession(draft(FIRST), draft({**later, "version": 2}))
    assert [each.message_key for each in found] == ["change_undeclared"] * 3
    parts = compare(draft(FIRST), draft(later)).items[2].parts
    assert [(part.key, part.before, part.after) for part in parts] == [
        ("points", 100, 50),
        ("critical", None, True),
    ]


def test_another_order_is_a_change_of_its_own() -> None:
    later = edited()
    items = later["sections"][0]["items"]
    items[0], items[1] = items[1], items[0]
    comparison = compare(draft(FIRST), draft(later))
    assert comparison.reordered == ("a",)
    assert comparison.items == ()
    assert comparison
    assert check_succession(draft(FIRST), draft({**later, "version": 2})) == []


def test_a_bound_means_the_same_as_a_text_and_as_a_number() -> None:
    def timed(bound: Any) -> dict[str, Any]:
        return checklist(item("A-1", kind="number", bands=[[bound, 1000], ["7.5", 500], [None, 0]]))

    assert not compare(draft(timed("5")), draft(timed(5)))
    assert compare(draft(timed("5")), draft(timed("5.5")))


def test_another_indicator_under_the_same_id_is_told() -> None:
    later = edited(A1={"indicator": "X-1"})
    (change,) = compare(draft(FIRST), draft(later)).items
    assert [(part.key, part.before, part.after) for part in change.parts] == [("indicator", "A-1", "X-1")]
    assert [f.message_key for f in check_succession(draft(FIRST), draft({**later, "version": 2}))] == [
        "id_changed_meaning"
    ]


def test_what_means_something_else_breaks_its_indicator() -> None:
    later = checklist(
        *FIRST["sections"][0]["items"][1:],
        item("A-1-2", follows="A-1", indicator="A-1"),
        version=2,
        retired=["A-1"],
    )
    found = check_succession(draft(FIRST), draft(later))
    assert [f.message_key for f in found] == ["indicator_not_broken"]
    third = checklist(*FIRST["sections"][0]["items"][1:], item("A-1-2"), version=3, retired=["A-1"])
    del later["sections"][0]["items"][2]["indicator"]
    assert [f.message_key for f in check_succession(draft(later), draft(third))] == ["follows_changed"]


def test_a_new_item_may_turn_out_to_be_the_old_one() -> None:
    new = declare(edited(A2={"text": words("别的")}), draft(FIRST), {"A-2": "new"})
    assert told(new)[0] == ("A-2-2", "A-2", "reworded", "new")
    changed = declare(new, draft(FIRST), {"A-2-2": "changed"})
    assert changed["sections"][0]["items"][1]["follows"] == "A-2"
    same = declare(new, draft(FIRST), {"A-2-2": "same"})
    assert [each["id"] for each in same["sections"][0]["items"]] == ["A-1", "A-2", "A-3"]
    assert check_succession(draft(FIRST), draft(same)) == []


def test_items_added_removed_and_moved_are_told() -> None:
    later = checklist(item("A-1"), item("A-2", na=True), item("A-9"))
    later["sections"].append({"id": "b", "title": words("人员"), "points": 100, "items": [item("A-3")]})
    later["sections"][1]["items"][0]["when"] = {"item": "A-2", "is": "pass"}
    later["points"] = 400
    assert told(later) == [("A-9", None, "added", "new"), ("A-3", "A-3", "moved", "same")]
    comparison = compare(draft(FIRST), draft(later))
    assert [(s.section, s.kind) for s in comparison.sections] == [("b", "added")]
    assert [(p.key, p.before, p.after) for p in comparison.head] == [("points", 300, 400)]
    gone = compare(draft(later), draft(FIRST))
    assert [(c.now, c.was, c.kind, c.meaning) for c in gone.items] == [
        ("A-3", "A-3", "moved", "same"),
        (None, "A-9", "removed", "gone"),
    ]


def test_the_same_meaning_keeps_the_id_and_its_indicator() -> None:
    later = declare(edited(A1={"text": words("门口整洁")}), draft(FIRST), {"A-1": "same"})
    assert told(later) == [("A-1", "A-1", "reworded", "same")]
    assert check_succession(draft(FIRST), draft(later)) == []
    assert later["version"] == 2
    assert later["changes"] == {"since": 1, "note": "", "same": ["A-1"]}


@pytest.mark.parametrize(("said", "follows"), [("changed", "A-2"), ("new", None)])
def test_another_meaning_takes_a_new_id_everywhere(said: Any, follows: str | None) -> None:
    later = declare(edited(A2={"text": words("别的")}), draft(FIRST), {"A-2": said})
    items = later["sections"][0]["items"]
    assert [each["id"] for each in items] == ["A-1", "A-2-2", "A-3"]
    assert items[1].get("follows") == follows
    assert items[2]["when"] == {"item": "A-2-2", "is": "pass"}
    assert later["retired"] == ["A-2"]
    # The condition of A-3 names another item now, which its author has to look at too.
    assert [f.message_key for f in check_succession(draft(FIRST), draft(later))] == ["change_undeclared"]
    whole = declare(later, draft(FIRST), {"A-3": "same"})
    assert check_succession(draft(FIRST), draft(whole)) == []
    indicators = {i["id"]: i["indicator"] for i in read_checklist(whole).compiled["sections"][0]["items"]}  # type: ignore[index]
    assert indicators == {"A-1": "A-1", "A-2-2": "A-2-2", "A-3": "A-3"}


def test_an_id_is_never_given_twice() -> None:
    second = declare(edited(A2={"text": words("别的")}), draft(FIRST), {"A-2": "changed", "A-3": "same"})
    third = deepcopy(second)
    third["sections"][0]["items"][1]["text"] = words("又是别的")
    third = declare(third, draft(second), {"A-2-2": "changed", "A-3": "same"})
    assert [each["id"] for each in third["sections"][0]["items"]] == ["A-1", "A-2-3", "A-3"]
    assert third["retired"] == ["A-2", "A-2-2"]


def test_an_author_may_think_again() -> None:
    first = edited(A2={"text": words("别的")})
    changed = declare(first, draft(FIRST), {"A-2": "changed"})
    again = declare(changed, draft(FIRST), {"A-2-2": "same"})
    assert [each["id"] for each in again["sections"][0]["items"]] == ["A-1", "A-2", "A-3"]
    assert again["retired"] == []
    assert check_succession(draft(FIRST), draft(again)) == []
    unsaid = declare(again, draft(FIRST), {"A-2": "new"})
    assert unsaid["changes"]["same"] == []
    assert "follows" not in unsaid["sections"][0]["items"][1]


def test_what_went_is_retired_and_stays_so() -> None:
    later = succeed(checklist(item("A-1"), item("A-2", na=True)), draft(FIRST))
    assert later["retired"] == ["A-3"]
    third = succeed(checklist(item("A-1")), draft(later))
    assert third["retired"] == ["A-3", "A-2"]
    assert check_succession(draft(later), draft(third)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"since": 3}, ("/changes/since", "changes_since")),
        ({"since": 1, "same": ["A-9"]}, ("/changes/same", "same_unknown")),
    ],
)
def test_what_is_said_must_concern_the_version_before(changes: Any, expected: tuple[str, str]) -> None:
    later = {**deepcopy(FIRST), "version": 2, "changes": changes}
    assert [(f.path, f.message_key) for f in check_succession(draft(FIRST), draft(later))] == [expected]


def test_an_item_follows_one_of_the_version_before() -> None:
    later = checklist(*FIRST["sections"][0]["items"], item("A-4", follows="A-8"), version=2)
    found = check_succession(draft(FIRST), draft(later))
    assert [(f.path, f.message_key) for f in found] == [("/sections/0/items/3/follows", "follows_unknown")]


@given(st.data())
def test_whatever_is_said_of_every_change_the_ids_keep_their_promise(data: st.DataObject) -> None:
    later = deepcopy(FIRST)
    for each in later["sections"][0]["items"]:
        if data.draw(st.booleans()):
            each["text"] = words(data.draw(st.sampled_from(["甲", "乙"])))
    said = {f"A-{n}": data.draw(st.sampled_from(["same", "changed", "new"])) for n in (1, 2, 3)}
    written = declare(later, draft(FIRST), said)  # type: ignore[arg-type]
    # Renaming A-2 changes the condition of whatever A-3 is called now, which can be said only then.
    for change in compare(draft(FIRST), draft(written)).undeclared:
        written = declare(written, draft(FIRST), {change.now: "same"})  # type: ignore[dict-item]
    assert check_succession(draft(FIRST), draft(written)) == []
    assert plain(draft(written)) == plain(draft(declare(written, draft(FIRST), {})))
