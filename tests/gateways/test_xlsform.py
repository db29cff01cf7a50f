"""The checklist as an XLSForm: other tools take it, our own export comes back exactly, nothing is lost silently."""

import io
import shutil
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyxform.validators.odk_validate import ODKValidateError
from pyxform.xls2xform import convert

from server.domain.checklist import read_checklist
from server.domain.checklist_plain import plain
from server.domain.findings import listed
from server.gateways.checklist_sheets import SheetsRead, read_any
from server.gateways.xlsform import xlsform
from server.gateways.xlsform_expressions import expression, read_expression
from server.gateways.xlsform_reading import read_xlsform
from server.gateways.xlsform_rows import BIND, SURVEY, safe, unsafe
from tests.gateways.odd_checklists import checklists
from tests.gateways.test_checklist_sheets import checklist
from tests.gateways.test_checklist_workbook import OURS, ours, saved, told

FILES = [file for file in OURS if file.parent.name != "rules"]
needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="no Java runtime: ODK Validate cannot run"
)


def form(written: dict[str, Any]) -> bytes:
    compiled = read_checklist(written).compiled
    assert compiled is not None
    return xlsform(written, compiled)


def xform(data: bytes, *, validate: bool = False) -> str:
    warnings: list[str] = []
    found = convert(io.BytesIO(data), warnings=warnings, validate=validate, file_type=".xlsx").xform
    assert warnings == []
    return str(found)


def lines(read: SheetsRead) -> list[str]:
    assert read.compiled is None
    return listed(read.findings, "zh").splitlines()


@given(checklists())
def test_what_is_exported_is_read_back_exactly(written: dict[str, Any]) -> None:
    read = read_xlsform(form(written), "a.xlsx")
    assert told(read) == written
    assert read.format == "xlsform"
    assert not read.notes
    orders = [
        [list(item.get("options", {})) for section in each["sections"] for item in section["items"]]
        for each in (told(read), written)
    ]
    assert orders[0] == orders[1]


@given(checklists())
@settings(max_examples=25)
def test_pyxform_takes_every_export_without_a_warning(written: dict[str, Any]) -> None:
    xform(form(written))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_ours_come_back_exactly(file: Path) -> None:
    assert told(read_any(form(ours(file)), file.name)) == ours(file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_pyxform_takes_ours(file: Path) -> None:
    text = xform(form(ours(file)))
    assert 'xmlns:xunting="https://xunting.invalid/xlsform/1"' in text
    assert 'xunting:points="' in text


@needs_java
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_odk_validate_in_java_takes_ours(file: Path) -> None:
    xform(form(ours(file)), validate=True)


@needs_java
@pytest.mark.parametrize("seed", range(3))
def test_odk_validate_in_java_takes_a_form_of_every_kind(seed: int) -> None:
    xform(form(every_kind(seed)), validate=True)


@needs_java
def test_odk_validate_in_java_refuses_what_is_wrong_so_it_has_run() -> None:
    with pytest.raises(ODKValidateError):
        xform(changed(checklist(), "A_2", "constraint", ". >= nonsense("), validate=True)


@given(st.text(st.sampled_from("$\u2060{}ax"), max_size=12))
def test_no_text_refers_to_a_question(text: str) -> None:
    assert "${" not in safe(text)
    assert unsafe(safe(text)) == text


def test_conditions_photos_and_limits_are_expressions() -> None:
    written = checklist()
    written["sections"][0]["items"][1] |= {
        "na": True, "max": 9, "photo": {"when": "on_fail", "hint": {"zh": "提示", "en": "hint"}},
        "when": {"all": [{"fact": "kind", "is": "patrol"}, {"not": {"item": "A-1", "in": ["busy", "idle"]}}]},
    }  # fmt: skip
    written["sections"][1]["items"][0]["when"] = {
        "any": [{"item": "A-2", "at_least": 3}, {"item": "A-2", "is": "na"}]
    }
    data = form(written)
    rows = {row["name"]: row for row in rows_of(data, "survey") if row["type"] != "end group"}
    relevant = "(${fact_kind} = 'patrol' and not((${A_1} = 'busy' or ${A_1} = 'idle')))"
    assert rows["fact_kind"]["type"] == "select_one fact_kind"
    assert rows["A_2.na"]["relevant"] == relevant
    assert rows["A_2"]["relevant"] == f"{relevant} and not(${{A_2.na}} = 'na')"
    assert rows["A_2"]["constraint"] == ". >= 0 and . <= 9"
    assert rows["A_2"]["required"] == "yes"
    assert rows["A_2.photo"]["relevant"].endswith(
        "${A_2} != '' and (if(${A_1} = 'busy', ((${A_2} > 5)), ((${A_2} > 3))))"
    )
    assert rows["A_2.photo"]["hint::中文 (zh)"] == "提示"
    assert rows["B_1"]["relevant"] == "(${A_2} >= 3 or ${A_2.na} = 'na')"
    assert rows["B_1"][f"{BIND}prohibition"] == "P1"
    assert told(read_any(data, "a.xlsx")) == plain_of(written)
    xform(data)


@pytest.mark.parametrize(
    ("name", "column", "value", "line"),
    [
        ("B_1", "relevant", "${A_1} = 'idle'", "只改这里不行：应为“${A_1} = 'busy'”"),
        ("B_1", "required", None, "应为“yes”"),
        ("A_2", "constraint", ". >= 5", "应为“. >= 0”"),
        ("A_2", "type", "text", "应为“integer”"),
        ("A_2", "hint::English (en)", "hint", "应为“”"),
        ("A_2", "name", "A_9", "由检查项 A-2 得出"),
        ("B_1", f"{BIND}when", "A-1 busy", "条件第 5 个字“busy”"),
        ("B_1", f"{BIND}points", "many", "“many”不是整数"),
        ("A_2", f"{BIND}bands", "[[1", "“[[1”不是 JSON"),
        ("A_2", f"{BIND}bands", "[[1, 1000]]", "最后一档的“至多”须空着"),
        ("A_2", f"{BIND}na", "perhaps", "“perhaps”不能用"),
        ("A_2", f"{BIND}kind", "guess", "只能是"),
        ("B_1", f"{BIND}id", "b 1", "检查项的编号以大写字母开头"),
        ("B_1", f"{BIND}id", "A-1", "编号 A-1 重复"),
        ("B_1", f"{BIND}prohibition", "P9", "没有禁止项 P9"),
        ("B_1", "label::English (en)", "=1+1", "这里是公式"),
    ],
)
def test_what_was_changed_wrongly_in_our_form_is_told_at_its_cell(
    name: str, column: str, value: str | None, line: str
) -> None:
    data = changed(checklist(), name, column, value)
    found = [each for each in lines(read_any(data, "")) if line in each]
    assert found, lines(read_any(data, ""))
    assert found[0].startswith(f"survey!{openpyxl.utils.get_column_letter(SURVEY.index(column) + 1)}")


@given(checklists())
@settings(max_examples=50)
def test_the_expressions_say_what_the_conditions_say(written: dict[str, Any]) -> None:
    """Read again by the reader of foreign forms, each expression is its condition, `in` spelled out."""
    compiled = read_checklist(written).compiled
    assert compiled is not None
    items = {item["id"]: item for section in compiled["sections"] for item in section["items"]}
    for owner in (*compiled["sections"], *items.values()):
        if owner["when"] is not None:
            found = read_expression(expression(owner["when"], items), _compared)
            assert found == _spelled(owner["when"])


def _compared(name: str, sign: str, value: str, number: bool) -> dict[str, Any]:
    """A literal `na` of a question before the item is the item's own `na`."""
    return {"name": name.removesuffix(".na"), "sign": sign, "value": value}


def _spelled(condition: dict[str, Any]) -> dict[str, Any]:
    for word in ("all", "any"):
        if word in condition:
            inner = [_spelled(each) for each in condition[word]]
            return inner[0] if len(inner) == 1 else {word: inner}
    if "not" in condition:
        return {"not": _spelled(condition["not"])}
    name = f"fact_{condition['fact']}" if "fact" in condition else condition["item"].replace("-", "_")
    if condition["op"] == "in":
        each = [{"name": name, "sign": "=", "value": str(value)} for value in condition["value"]]
        return each[0] if len(each) == 1 else {"any": each}
    sign = {"is": "=", "at_least": ">=", "at_most": "<="}[condition["op"]]
    return {"name": name, "sign": sign, "value": str(condition["value"])}


def test_a_label_that_was_changed_in_our_form_is_taken() -> None:
    read = read_any(changed(checklist(), "B_1", "label::English (en)", "Another word"), "a.xlsx")
    assert told(read)["sections"][1]["items"][0]["text"] == {"zh": "字", "en": "Another word"}


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda book: book["survey"].append(["text", "mine"]), "survey!B9: 这一行由检查项 B-1 得出"),
        (lambda book: book["survey"].delete_rows(5), "这一行由检查项"),
        (lambda book: book["choices"].append(["A_1", "more", "多", "more"]), "choices!B7: 这些选项没有写得分：more"),
        (lambda book: book["survey"].insert_cols(1), "survey"),
        (lambda book: book["survey"].merge_cells("A1:B1"), "survey!A1: 列名不能是合并的单元格（A1:B1）"),
        (lambda book: book.create_sheet("mine"), "mine: 不认识的工作表“mine”"),
        (lambda book: book.remove(book["choices"]), "choices: 缺少工作表“choices”"),
        (lambda book: book["survey"].delete_cols(10), "缺少列“appearance”"),
        (lambda book: setattr(book["survey"]["AZ1"], "value", "x"), "survey!AZ1: 不认识的列“x”"),
    ],
)  # fmt: skip
def test_a_spoilt_form_of_ours_is_refused_in_words(spoil: Any, line: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(form(checklist())))
    spoil(book)
    data = saved(book)
    if "insert_cols" in str(spoil.__code__.co_names):
        assert told(read_any(data, "a.xlsx")) == plain_of(checklist())
        return
    assert any(each.startswith(line) or line in each for each in lines(read_any(data, ""))), lines(
        read_any(data, "")
    )


@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_any_value_in_any_cell_of_our_form_is_taken_or_told(random: Random, times: int) -> None:
    book = openpyxl.load_workbook(io.BytesIO(form(checklist())))
    values = (
        None,
        "x",
        1,
        -1,
        1.5,
        True,
        "=1",
        "yes",
        "A-1",
        "A-1 = busy",
        "[]",
        "[[null, 5]]",
        '{"a": 1}',
        "${A_1}",
        "[" * 5000,
        "begin group",
    )
    for _ in range(times):
        sheet = random.choice(book.worksheets)
        sheet.cell(
            random.randint(1, sheet.max_row + 1), random.randint(1, sheet.max_column + 1)
        ).value = random.choice(values)
    read = read_any(saved(book), "a.xlsx")
    assert (read.compiled is None) == bool(read.findings)
    assert listed(read.findings, "zh") or not read.findings


def every_kind(seed: int) -> dict[str, Any]:
    """A random checklist with at least ten kinds of item."""
    from tests.domain.random_checklists import random_checklist

    random = Random(seed)
    while True:
        written = random_checklist(random, 1)
        kinds = {item["kind"] for section in written["sections"] for item in section["items"]}
        if len(kinds) >= 10:
            return plain_of(written)


def plain_of(written: dict[str, Any]) -> dict[str, Any]:
    draft = read_checklist(written).draft
    assert draft is not None
    return plain(draft)


def changed(written: dict[str, Any], name: str, column: str, value: object) -> bytes:
    """The form with one cell of the question `name` changed."""
    book = openpyxl.load_workbook(io.BytesIO(form(written)))
    sheet = book["survey"]
    row = next(row[0].row for row in sheet.iter_rows() if row[1].value == name)
    sheet.cell(row, SURVEY.index(column) + 1).value = value
    return saved(book)


def rows_of(data: bytes, sheet: str) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(io.BytesIO(data))[sheet].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]
