"""Somebody else's XLSForm: the supported part becomes a draft without points, and every other thing is named."""

from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.checklist_plain import plain
from server.domain.findings import listed
from server.gateways.checklist_sheets import SheetsRead, read_any
from tests.gateways.test_checklist_workbook import saved

HEADER = ("type", "name", "label", "hint", "required", "relevant", "constraint", "appearance", "parameters")
SURVEY = [
    ("begin_group", "outside", "门外", None, None, None, None, None, None),
    ("select_one yn", "sign", "门头完好", "看灯箱", "yes", None, None, None, None),
    ("select_multiple what", "broken", "坏了哪些", None, None, "${sign} = '0'", None, None, None),
    ("end_group", None, None, None, None, None, None, None, None),
    ("integer", "people", "等候人数", None, "TRUE", None, ". >= 0 and . <= 99", None, None),
    ("decimal", "minutes", "分钟", None, None, "${people} > 0 or ${people} >= 3", None, None, None),
    ("begin group", "inside", "厅内", None, None, "not(${people} <= 2) and (${sign} = '1' or selected(${broken}, 'lamp'))", None, None, None),
    ("range", "tidy", "整洁", None, None, None, None, None, "start=0 end=3 step=1"),
    ("begin group", "desk", "台席", None, None, "${tidy} >= 1", None, None, None),
    ("image", "photo", "照片", None, None, None, None, None, None),
    ("image", "sig", "签名", None, None, "${people} != 5", None, "signature", None),
    ("end group", None, None, None, None, None, None, None, None),
    ("begin repeat", "staff", "员工", None, None, None, None, None, None),
    ("text", "who", "谁", None, None, None, None, None, None),
    ("end repeat", None, None, None, None, None, None, None, None),
    ("geopoint", "where", "位置", None, None, None, None, None, None),
    ("text", "why", "原因", None, "${people} > 3", "${who} = 'x'", "regex(., '^a')", "multiline", None),
    ("dateTime", "when", None, None, None, None, None, None, None),
    ("end group", None, None, None, None, None, None, None, None),
]  # fmt: skip
CHOICES = [
    ("yn", "1", "是"), ("yn", "0", "否"), ("yn", "na", "不适用"),
    ("what", "lamp", "灯箱"), ("what", "door plate", "门牌"),
]  # fmt: skip


def book(
    survey: list[Any] = SURVEY, choices: list[Any] = CHOICES, header: tuple[str, ...] = HEADER
) -> openpyxl.Workbook:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, head, rows in (
        ("survey", header, survey),
        ("choices", ("list_name", "name", "label"), choices),
        ("settings", ("form_title", "form_id", "version"), [("门店检查", "Shop_Check 2", "2026112101")]),
    ):
        sheet = made.create_sheet(name)
        for row in (head, *rows):
            sheet.append(row)
    return made


def read(opened: openpyxl.Workbook) -> SheetsRead:
    return read_any(saved(opened), "")


def test_the_supported_part_becomes_a_draft_without_points() -> None:
    found = read(book())
    assert listed(found.findings, "zh") == ""
    assert found.compiled is not None
    assert found.draft is not None
    written = plain(found.draft)
    assert (written["id"], written["version"], written["points"]) == ("shop-check-2", 1, 0)
    assert written["title"] == {"zh": "门店检查", "en": "门店检查"}
    sections = {each["title"]["zh"]: each for each in written["sections"]}
    assert list(sections) == ["门外", "第2部分", "厅内"]
    items = {item["id"]: item for section in written["sections"] for item in section["items"]}
    assert {name: item["kind"] for name, item in items.items()} == {
        "Sign": "choice", "Broken": "multi", "People": "count", "Minutes": "number", "Tidy": "scale",
        "Photo": "photo", "Sig": "signature", "Why": "text", "When": "instant",
    }  # fmt: skip
    assert items["Sign"] == {
        "id": "Sign", "text": {"zh": "门头完好（看灯箱）", "en": "门头完好 (看灯箱)"}, "source": "XLSForm Shop_Check 2",
        "kind": "choice", "points": 0, "na": True, "required": True,
        "options": {"o1": {"zh": "是", "en": "是"}, "o0": {"zh": "否", "en": "否"}},
    }  # fmt: skip
    assert list(items["Broken"]["options"]) == ["lamp", "door_plate"]
    assert items["Broken"]["when"] == {"item": "Sign", "is": "o0"}
    assert (items["People"]["min"], items["People"]["max"], items["People"]["required"]) == (0, 99, True)
    assert "when" not in items["Minutes"]
    assert sections["厅内"]["when"] == {
        "all": [
            {"not": {"item": "People", "at_most": 2}},
            {"any": [{"item": "Sign", "is": "o1"}, {"item": "Broken", "is": "lamp"}]},
        ]
    }
    assert (items["Tidy"]["min"], items["Tidy"]["max"]) == (0, 3)
    desk = {"item": "Tidy", "at_least": 1}
    assert items["Photo"]["when"] == desk
    assert items["Sig"]["when"] == {"all": [desk, {"not": {"item": "People", "is": 5}}]}


def test_everything_that_was_not_taken_is_named_with_its_cell() -> None:
    notes = listed(read(book()).notes, "zh").splitlines()
    for line in (
        "survey!A14: 未收：repeat staff",
        "survey!A17: 未收：geopoint where",
        "survey!F7: 未收：relevant ${people} > 0 or ${people} >= 3",
        "survey!E18: 未收：required ${people} > 3",
        "survey!F18: 未收：relevant ${who} = 'x'",
        "survey!G18: 未收：constraint regex(., '^a')",
        "survey!B10: 分组 desk 在另一组里，其题目并入外层的环节",
        "settings!C2: 未收：version 2026112101",
        "survey!B19: when 没有文字（label）",
        "settings!B2: XLSForm 没有写分值、检查方式、渠道层级等：分值为 0，其余为暂定，请在草稿里补",
    ):
        assert line in notes
    assert not [line for line in notes if "who" in line and "F18" not in line]
    assert "survey!A14: not taken: repeat staff" in listed(read(book()).notes, "en")


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("calculation", "calculate"),
        ("default", "text"),
        ("choice_filter", "text"),
        ("label::Français (fr)", "text"),
    ],
)
def test_a_column_that_is_not_taken_is_named_once(column: str, kind: str) -> None:
    rows = [(*row, None) for row in SURVEY] + [(kind, f"q{n}", "字", *[None] * 6, "x") for n in range(3)]
    notes = listed(read(book(rows, header=(*HEADER, column))).notes, "zh").splitlines()
    assert [line for line in notes if column in line] == [f"survey!J1: 未收：{column}"]


def test_labels_in_both_languages_are_taken_by_their_columns() -> None:
    header = ("type", "name", "label::中文 (zh)", "label::English (en)")
    found = read(book([("text", "a", "甲", "A"), ("text", "b", None, "B")], header=header))
    assert found.draft is not None
    texts = [item["text"] for item in plain(found.draft)["sections"][0]["items"]]
    assert texts == [{"zh": "甲", "en": "A"}, {"zh": "B", "en": "B"}]
    assert "survey!B3: b 只有一种语言的文字" in listed(found.notes, "zh")
    assert "survey!B2" not in listed(found.notes, "zh")


def test_names_that_make_one_id_stay_apart() -> None:
    found = read(
        book([("text", name, "字", *[None] * 6) for name in ("a_b", "a-b", "A b", "1", "字", "x" * 50)])
    )
    assert found.draft is not None
    ids = [item["id"] for item in plain(found.draft)["sections"][0]["items"]]
    assert ids == ["A-b", "A-b-2", "A-b-3", "Q-1", "Q", "X" + "x" * 31]
    assert "survey!B3: a-b 的编号改为 A-b-2" in listed(found.notes, "zh")


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([("select_one nothing", "a", "字")], "survey!A2: choices 里没有清单 nothing"),
        ([("text", None, "字")], "survey!B2: 这一行没有 name"),
        ([("begin group", "g", "字"), ("text", "a", "字")], "survey!B2: 分组 g 没有结束"),
        ([("end group", None, None)], "survey!A2: 这里没有可结束的分组"),
        ([("note", "a", "字")], "survey: 表单里没有能收的题目"),
        ([("text", "a", "=1+1")], "survey!C2: 这里是公式，请改成它的值"),
    ],
)
def test_what_makes_a_form_unreadable_forbids_it(rows: list[Any], line: str) -> None:
    found = read(book(rows))
    assert found.compiled is None
    assert line in listed(found.findings, "zh").splitlines()


def test_a_form_without_types_or_names_is_refused() -> None:
    assert "survey!B1: 缺少列“type”" in listed(read(book([("a",)], header=("label",))).findings, "zh")


@given(st.randoms(use_true_random=False), st.integers(1, 10))
@settings(max_examples=60)
def test_any_value_in_any_cell_is_taken_or_told(random: Random, times: int) -> None:
    opened = book()
    values = (
        None, "x", 1, 1.5, True, "=1", "yes", "begin group", "end group", "begin repeat", "end repeat", "select_one", "select_one yn",
        "range", "start=1 end=999999999999", "${sign} = '1'", "${sign} = ", "(" * 5000, "not(" * 39 + "${sign}='1'" + ")" * 39, ". >= 5 and . <= 1", "na", "字",
    )  # fmt: skip
    for _ in range(times):
        sheet = random.choice(opened.worksheets)
        sheet.cell(
            random.randint(1, sheet.max_row + 1), random.randint(1, sheet.max_column + 1)
        ).value = random.choice(values)
    found = read(opened)
    assert (found.compiled is None) == bool(found.findings)
    assert listed([*found.findings, *found.notes], "zh")
    assert listed([*found.findings, *found.notes], "en")
