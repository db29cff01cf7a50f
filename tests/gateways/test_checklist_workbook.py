"""The checklist as a workbook: reading back what was written is the identity, and it looks as people expect."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.checklist import read_checklist
from server.domain.checklist_plain import plain
from server.domain.findings import listed
from server.gateways.checklist_sheets import SheetsRead, read_any, read_workbook
from server.gateways.checklist_workbook import workbook
from server.gateways.sheet_fitness import NotForSheets
from server.gateways.workbook_layout import SHEETS
from server.gateways.yaml_lines import read_yaml
from tests.gateways.odd_checklists import ODD, checklists

OURS = sorted(Path(__file__).parents[2].glob("checklists/*/v*.yaml"))
LANGUAGES = st.sampled_from(["zh", "en"])


def ours(file: Path) -> dict[str, Any]:
    draft = read_checklist(read_yaml(file, file.name).value).draft
    assert draft is not None
    return plain(draft)


def small() -> dict[str, Any]:
    words = {"zh": "字", "en": "word"}
    item = {"id": "A-1", "text": dict(words), "source": "S3", "kind": "pass_fail", "points": 100}
    return {
        "id": "small", "version": 1, "title": words, "visit_kinds": ["patrol"], "tiers": ["own_hall"], "points": 100,
        "prohibition_scoring": "per_item", "critical_cap": 60, "fail_below": 500,
        "sections": [{"id": "S", "title": words, "points": 100, "items": [item]}],
    }  # fmt: skip


def told(read: SheetsRead) -> dict[str, Any]:
    """What was read in its plain form; nothing may be wrong with it."""
    assert listed(read.findings, "en") == ""
    assert read.draft is not None
    assert read.compiled is not None
    return plain(read.draft)


@given(checklists(), LANGUAGES)
def test_what_is_written_is_read_back_exactly(written: dict[str, Any], language: str) -> None:
    read = read_workbook(workbook(written, language=language), "a.xlsx")
    assert told(read) == written
    # The order of options and prohibitions means something too.
    assert _orders(told(read)) == _orders(written)
    assert not read.declared


@pytest.mark.parametrize(
    "file", [file for file in OURS if file.parent.name != "rules"], ids=lambda file: file.parent.name
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_ours_come_back_exactly(file: Path, language: str) -> None:
    written = ours(file)
    history = [(1, "2026-11-21", "王五", "首次发布"), (2, "", "", "=1+1", "more")]
    assert told(read_any(workbook(written, language=language, history=history), file.name)) == written


@pytest.mark.parametrize("text", ODD)
def test_no_text_becomes_a_formula_a_link_or_a_number(text: str) -> None:
    written = small()
    written["sections"][0]["items"][0]["text"] = {"zh": text, "en": text}
    data = workbook(written, history=[(text, text, text, text)])
    assert told(read_workbook(data, "a.xlsx")) == written
    for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None


def test_the_same_checklist_gives_the_same_file() -> None:
    assert workbook(small()) == workbook(small())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_opens_with_frozen_explained_headings_and_lists_to_choose_from(language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(ours(OURS[0]), language=language)))
    assert book.sheetnames == [layout.heading(language) for layout in SHEETS]
    items = book["检查项" if language == "zh" else "Items"]
    assert items.freeze_panes == "C2"
    assert all(cell.comment or cell.value for cell in items[1])
    lists = {str(each.sqref).split(":")[0]: each.formula1 for each in items.data_validations.dataValidation}
    kind = next(cell for cell in items[1] if cell.value in ("类型", "Kind"))
    assert ("合格／不合格" if language == "zh" else "pass or fail") in lists[f"{kind.column_letter}2"]
    assert not items.protection.sheet
    points = next(cell.column_letter for cell in items[1] if cell.value in ("分值（分）", "Points"))
    assert items[f"{points}2"].value in (20, 15, 10, 5)


def test_changes_and_the_column_against_the_last_version_are_read() -> None:
    written = small() | {"version": 3, "changes": {"since": 2, "note": "改了文字", "same": ["A-1"]}}
    second = written["sections"][0]["items"][0] | {"id": "A-2", "points": 0, "follows": "A-0"}
    written["sections"][0]["items"].append(second)
    data = edited(written, {"检查项": {"AC3": "变"}})
    read = read_workbook(data, "a.xlsx")
    assert told(read) == written
    assert read.declared == {"A-2": "changed"}
    again = read_workbook(edited(written, {"检查项": {"AC2": "新"}}), "a.xlsx")
    assert told(again)["changes"] == {"since": 2, "note": "改了文字", "same": []}
    assert again.declared == {"A-1": "new"}


def test_a_mark_in_the_column_takes_the_version_before_when_the_sheet_says_none() -> None:
    read = read_workbook(edited(small() | {"version": 5}, {"检查项": {"AC2": "same"}}), "a.xlsx")
    assert told(read)["changes"] == {"since": 4, "note": "", "same": ["A-1"]}


@pytest.mark.parametrize(
    ("cells", "key", "value"),
    [
        ({"F2": "２"}, "points", 200),
        ({"F2": "1.5 "}, "points", 150),
        ({"F2": 3.33}, "points", 333),
        ({"B2": " Ａ-1 "}, "id", "A-1"),
        ({"E2": "pass_fail"}, "kind", "pass_fail"),
        ({"E2": " Pass or Fail "}, "kind", "pass_fail"),
        ({"I2": True}, "na", True),
        ({"I2": "Y"}, "na", True),
        ({"N2": "72h"}, "later", "72h"),
        ({"N2": "７２"}, "later", "72h"),
        ({"L2": None, "G2": 12}, "source", "12"),
        ({"Z2": 800}, "max_px", 800),
        ({"U2": "不合格时", "V2": "60%"}, "photo", {"when": "on_fail", "below": 600}),
    ],
)
def test_what_people_type_is_taken_sensibly(cells: dict[str, object], key: str, value: object) -> None:
    read = read_workbook(edited(small(), {"检查项": cells}), "a.xlsx")
    assert read.written is not None
    assert [each for each in read.findings if each.message_key != "cell_total"] == []
    assert read.written["sections"][0]["items"][0][key] == value


def test_a_percentage_typed_as_excel_does_is_one() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(small())))
    book["说明"]["B11"].value = 0.6
    book["说明"]["B11"].number_format = "0%"
    assert told(read_workbook(saved(book), "a.xlsx"))["fail_below"] == 600


def test_blank_rows_and_remarks_are_skipped_and_columns_may_change_places() -> None:
    written = small()
    book = openpyxl.load_workbook(io.BytesIO(workbook(written)))
    book["检查项"].insert_rows(2, 3)
    book["检查项"].move_range("H1:H9", cols=40)
    book["检查项"].delete_cols(8)
    book["环节"]["A9"].value = "   "
    assert told(read_workbook(saved(book), "a.xlsx")) == written


@pytest.mark.parametrize("text", ["长" * 32_768, "😀" * 16_384, "\uffff", "_x005F_x0041_"])
def test_what_no_cell_holds_is_refused_in_words(text: str) -> None:
    written = small()
    written["sections"][0]["items"][0]["text"]["zh"] = text
    with pytest.raises(NotForSheets) as wrong:
        workbook(written)
    assert [each.path for each in wrong.value.findings] == ["/sections/0/items/0/text/zh"]


def test_what_has_no_shape_is_not_written() -> None:
    with pytest.raises(NotForSheets, match="points"):
        workbook(small() | {"points": "a lot"})


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("when", 5, "/sections/0/items/0/when"),
        ("when", {"item": "A-1"}, "/sections/0/items/0/when"),
        ("when", {"all": []}, "/sections/0/items/0/when/all"),
        ("cases", [{"when": "x", "bands": []}], "/sections/0/items/0/cases/0/when"),
        ("bands", [[1]], "/sections/0/items/0/bands"),
        ("bands", [[1, "x"]], "/sections/0/items/0/bands"),
        ("bands", [[None, None]], "/sections/0/items/0/bands"),
    ],
)
def test_a_draft_with_a_broken_part_is_not_written(key: str, value: object, path: str) -> None:
    written = small()
    written["sections"][0]["items"][0][key] = value
    with pytest.raises(NotForSheets) as wrong:
        workbook(written)
    assert [each.path for each in wrong.value.findings] == [path]


def test_a_condition_too_deep_to_read_is_not_written() -> None:
    written = small()
    when: dict[str, Any] = {"fact": "tier", "is": "village"}
    for _ in range(50):
        when = {"not": when}
    written["sections"][0]["when"] = when
    with pytest.raises(NotForSheets, match="nested too deep"):
        workbook(written)


def test_an_unfinished_draft_is_written_and_read_as_far_as_it_goes() -> None:
    written = small()
    del written["points"], written["sections"][0]["title"], written["sections"][0]["items"][0]["source"]
    read = read_workbook(workbook(written), "a.xlsx")
    assert read.draft is not None
    assert plain(read.draft) == written
    assert {each.cell for each in read.findings} == {"说明!B8", "环节!B2", "检查项!G2"}


def edited(written: dict[str, Any], changes: dict[str, dict[str, object]]) -> bytes:
    """Return the workbook of a checklist after somebody else's program changed cells in it."""
    book = openpyxl.load_workbook(io.BytesIO(workbook(written)))
    for sheet, cells in changes.items():
        for cell, value in cells.items():
            book[sheet][cell].value = value  # type: ignore[union-attr]
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _orders(written: dict[str, Any]) -> list[list[str]]:
    return [
        list(written.get("prohibitions", {})),
        *(list(item.get("options", {})) for section in written["sections"] for item in section["items"]),
    ]
