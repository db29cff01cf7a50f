"""Bad workbooks: each is refused in words with its cell, in both languages, and never with a stack trace."""

import io
import re
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.config import ROOT
from server.domain.checklist import read_checklist
from server.domain.checklist_plain import plain
from server.domain.findings import Finding, listed, sentence
from server.gateways import workbook_file
from server.gateways.checklist_sheets import SheetsRead, read_any, read_workbook
from server.gateways.checklist_workbook import workbook
from server.gateways.yaml_lines import read_yaml
from tests.gateways.test_checklist_workbook import saved

WORDS = {"zh": "字", "en": "word"}


def checklist() -> dict[str, Any]:
    """Three items of two sections: a choice, a count with bands and a case, a pass or fail with a condition."""
    choice = {
        "id": "A-1", "text": dict(WORDS), "source": "S3", "kind": "choice", "points": 200,
        "options": {"busy": {"credit": 1000, **WORDS}, "idle": {"credit": 0, **WORDS}},
    }  # fmt: skip
    count = {
        "id": "A-2", "text": dict(WORDS), "source": "S3", "kind": "count", "points": 300,
        "cases": [{"when": {"item": "A-1", "is": "busy"}, "bands": [[5, 1000], [None, 0]]}],
        "bands": [[1, 1000], [3, 500], [None, 0]],
    }  # fmt: skip
    judged = {
        "id": "B-1", "text": dict(WORDS), "source": "S3", "kind": "pass_fail", "points": 100, "prohibition": "P1",
        "when": {"item": "A-1", "is": "busy"},
    }  # fmt: skip
    return {
        "id": "small", "version": 1, "title": dict(WORDS), "visit_kinds": ["patrol"], "tiers": ["own_hall"], "points": 600,
        "prohibition_scoring": "per_item", "critical_cap": 60, "fail_below": 500, "prohibitions": {"P1": dict(WORDS)},
        "sections": [
            {"id": "S", "title": dict(WORDS), "points": 500, "items": [choice, count]},
            {"id": "T", "title": dict(WORDS), "points": 100, "items": [judged]},
        ],
    }  # fmt: skip


def book() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(workbook(checklist())))


def lines(read: SheetsRead) -> list[str]:
    """The findings as people see them; both languages have words, each has a cell, and nothing was compiled."""
    assert read.compiled is None
    assert read.findings
    assert all(sentence(each, "en") for each in read.findings)
    return listed(read.findings, "zh").splitlines()


def cells(sheet: str, **values: object) -> Callable[[openpyxl.Workbook], None]:
    def change(opened: openpyxl.Workbook) -> None:
        for cell, value in values.items():
            opened[sheet][cell].value = value  # type: ignore[union-attr]

    return change


def act(sheet: str, name: str, *arguments: object, **named: object) -> Callable[[openpyxl.Workbook], None]:
    return lambda opened: getattr(opened[sheet], name)(*arguments, **named)


def without(sheet: str) -> Callable[[openpyxl.Workbook], None]:
    return lambda opened: opened.remove(opened[sheet])


# Rows of the sheet of bands: 2, 3 are A-1's case of A-2; 4, 5, 6 its bands without a condition.
BAD: list[tuple[str, Callable[[openpyxl.Workbook], object], list[str]]] = [
    ("a formula", cells("检查项", C2="=1+1"), ["检查项!C2: 这里是公式，请改成它的值"]),
    ("a formula that calls a program", cells("选项", C3='=cmd|"/c calc"!A0'), ["选项!C3: 这里是公式，请改成它的值"]),
    ("an error value", cells("检查项", F2="#REF!"), ["检查项!F2: 这里是出错的值（#REF!）"]),
    ("a merged header", act("检查项", "merge_cells", "C1:D1"), ["检查项!C1: 列名不能是合并的单元格（C1:D1），请取消合并", "检查项!D1: 这一列没有列名", "检查项!AD1: 缺少列“检查内容（英文）”"]),
    ("merged cells", act("检查项", "merge_cells", "A2:A3"), ["检查项!A2: 合并的单元格 A2:A3 不收，请取消合并"]),
    ("a missing sheet", without("得分档"), ["得分档: 缺少工作表“得分档”"]),
    ("an unknown sheet", lambda opened: opened.create_sheet("草稿"), ["草稿: 不认识的工作表“草稿”，请删去"]),
    ("a hidden unknown sheet", lambda opened: setattr(opened.create_sheet("x"), "sheet_state", "veryHidden"), ["x: 不认识的工作表“x”，请删去"]),
    ("a sheet twice", lambda opened: opened.create_sheet("Items"), ["Items: 工作表“Items”有两张"]),
    ("a missing column", act("检查项", "delete_cols", 6), ["检查项!AC1: 缺少列“分值（分）”"]),
    ("an unknown column", cells("检查项", AD1="备注"), ["检查项!AD1: 不认识的列“备注”"]),
    ("a column twice", cells("检查项", AD1="类型"), ["检查项!AD1: 列“类型”出现了两次"]),
    ("a column without a name", cells("选项", G2="x"), ["选项!G1: 这一列没有列名"]),
    ("no header", act("禁止项", "delete_rows", 1, 9), ["禁止项!A1: 第一行要有列名，现在是空的"]),
    ("two items of one id", cells("检查项", B3="A-1"), ["检查项!B3: 编号 A-1 已在 检查项!B2 用过", "得分档!A2: 没有编号为 A-2 的检查项", "得分档!A3: 没有编号为 A-2 的检查项", "得分档!A4: 没有编号为 A-2 的检查项", "得分档!A5: 没有编号为 A-2 的检查项", "得分档!A6: 没有编号为 A-2 的检查项"]),
    ("a condition on a later item", cells("检查项", H2="B-1 = pass"), ["检查项!H2: 条件绕回了 B-1", "检查项!H4: 条件绕回了 A-1"]),
    ("a condition on a later item alone", cells("检查项", H2="B-1 = pass", H4=None), ["检查项!H2: B-1 排在后面，条件只能看前面的项"]),
    ("a circle", cells("检查项", H2="A-2 = 1"), ["检查项!H2: 条件绕回了 A-2", "得分档!B2: 条件绕回了 A-1"]),
    ("a condition on nothing", cells("检查项", H4="Z-9 = pass"), ["检查项!H4: 没有 Z-9 这一项"]),
    ("a condition with a wrong value", cells("环节", E3="A-1 = bussy"), ["环节!E3: 没有“bussy”这个值，可用 busy, idle"]),
    ("a condition that is none", cells("检查项", H4="A-1 busy"), ["检查项!H4: 条件第 5 个字“busy”处写得不对，这里应是 =、属于、≥ 或 ≤"]),
    ("a case that is no condition", cells("得分档", B2="且", B3="且"), ["得分档!B2: 条件第 1 个字“且”处写得不对，这里应是检查项编号、事实（tier、class、setting、kind、part）或 非（…）"]),
    ("bands with a hole", cells("得分档", C5=2), ["得分档!C5: 得分档有缺口：上一档至多 1，这一档却从大于 2 开始"]),
    ("bands that overlap", cells("得分档", C6=1), ["得分档!C6: 得分档重叠：上一档至多 3，这一档却从大于 1 开始"]),
    ("bands with a bound left out", cells("得分档", C5=None), ["得分档!C5: 这里要填上一档的“至多”：1"]),
    ("bands that begin too late", cells("得分档", C4=0), ["得分档!C4: 这一组的第一档“大于”须空着，否则更小的值没有得分（0 以下有缺口）"]),
    ("bands that end too early", act("得分档", "delete_rows", 6), ["得分档!D5: 最后一档的“至多”须空着，否则更大的值没有得分"]),
    ("bands that do not ascend", cells("得分档", D5=1, C6=1), ["得分档!D5: 各档上限须逐个变大"]),
    ("a band without credit", cells("得分档", E5=None), ["得分档!E5: 这一档没有写得分"]),
    ("a band beyond full credit", cells("得分档", E4=200), ["得分档!E4: 超出界限，应在 0 到 100 之间"]),
    ("a band below none", cells("得分档", E4=-5), ["得分档!E4: 超出界限，应在 0 到 100 之间"]),
    ("a bound that is no number", cells("得分档", D4="许多"), ["得分档!D4: “许多”不是整数"]),
    ("a bound with decimals for a count", cells("得分档", D4=1.5, C5=1.5), ["得分档!D4: “1.5”不是整数", "得分档!C5: “1.5”不是整数"]),
    ("two tables without a condition", cells("得分档", D5=None, C6=None), ["得分档!B6: A-2 有两组没有条件的得分档"]),
    ("cases without a default", act("得分档", "delete_rows", 4, 3), ["检查项!F3: 计数 项有分值，但没有得分办法", "得分档!B2: 还要有一组没有条件的得分档，供各条件都不成立时用"]),
    ("bands of no item", cells("得分档", A2=None), ["得分档!A2: 缺少“检查项”", "得分档!C3: 这一组的第一档“大于”须空着，否则更小的值没有得分（5 以下有缺口）"]),
    ("options of another kind", cells("选项", A2="B-1"), ["选项!A2: B-1 是“合格／不合格”，没有选项", "选项!A3: 至少要有两个选项"]),
    ("an option twice", cells("选项", B3="busy"), ["选项!B3: A-1 的选项 busy 已在 选项!B2 写过"]),
    ("an option without its item", cells("选项", A3="Z-9"), ["选项!A3: 没有编号为 Z-9 的检查项"]),
    ("an option called na", cells("选项", B3="na"), ["选项!B3: 选项名“na”不能用"]),
    ("an option without English", cells("选项", D3=" "), ["选项!D3: 缺少英文文字"]),
    ("a prohibition twice", cells("禁止项", A3="P1", B3="x", C3="y"), ["禁止项!A3: 禁止项 P1 已在 禁止项!A2 写过"]),
    ("no such prohibition", cells("检查项", L4="P9"), ["检查项!L4: 没有禁止项 P9"]),
    ("a kind that there is not", cells("检查项", E4="打分"), ["检查项!E4: “打分”不能用，只能填：合格／不合格、"]),
    ("too many decimals of points", cells("检查项", F4=1.005), ["检查项!F4: 分值“1.005”最多两位小数"]),
    ("too many decimals of a percentage", cells("选项", E2=33.33), ["选项!E2: 得分率“33.33”须是百分数，最多一位小数"]),
    ("points that are no number", cells("检查项", F4="两分"), ["检查项!F4: “两分”不是数字"]),
    ("points below none", cells("检查项", F4=-1), ["检查项!F4: 超出界限，应在 0 到 10000 之间"]),
    ("infinite points", cells("检查项", F4="1e999999999"), ["检查项!F4: “1e999999999”不是数字"]),
    ("points not told", cells("检查项", F4=None), ["检查项!F4: 缺少“分值（分）”"]),
    ("a sum that differs", cells("检查项", F4=2), ["说明!B8: 写明合计 6.00 分，各项相加为 7.00 分", "环节!D3: 写明合计 1.00 分，各项相加为 2.00 分"]),
    ("an id that is none", cells("检查项", B4="b 1"), ["检查项!B4: 检查项的编号以大写字母开头，只用字母、数字和连字符，最多 32 字，如 OH-02"]),
    ("an item without its id", cells("检查项", B4=None), ["检查项!B4: 缺少“编号”"]),
    ("an item without its section", cells("检查项", A4=None), ["检查项!A4: 缺少“环节”"]),
    ("an item of no section", cells("检查项", A4="X"), ["检查项!A4: 没有编号为 X 的环节"]),
    ("an item without Chinese", cells("检查项", C4=None), ["检查项!C4: 缺少中文文字"]),
    ("an item without texts", cells("检查项", C4=None, D4=None), ["检查项!C4: 缺少“检查内容（中文）”"]),
    ("a date", cells("检查项", G4=__import__("datetime").date(2026, 3, 4)), ["检查项!G4: 这里被 Excel 当成了日期，请把单元格设为“文本”再填"]),
    ("a section twice", cells("环节", A3="S"), ["环节!A3: 编号 S 重复"]),
    ("an unknown entry", cells("说明", A4="标题"), ["说明!A4: 不认识的项目“标题”"]),
    ("an entry twice", cells("说明", A3="编号"), ["说明!A3: 项目“编号”写了两次"]),
    ("a kind of visit that there is not", cells("说明", B6="暗访、明察"), ["说明!B6: “明察”不能用，只能填：暗访、明查"]),
    ("no title", cells("说明", B4=None, B5=None), ["说明!B4: 缺少“名称（中文）”"]),
]  # fmt: skip


@pytest.mark.parametrize(("change", "wanted"), [bad[1:] for bad in BAD], ids=[bad[0] for bad in BAD])
def test_a_bad_workbook_is_refused_with_its_cell_in_words(
    change: Callable[[openpyxl.Workbook], object], wanted: list[str]
) -> None:
    opened = book()
    change(opened)
    found = lines(read_any(saved(opened), ""))
    for line in wanted:
        assert [each for each in found if each.startswith(line)], found
    assert (
        len([each for each in found if each.partition("!")[0] == wanted[0].partition("!")[0]])
        <= len(wanted) + 1
    )


def test_nothing_else_is_wrong_with_the_workbook_that_the_tests_spoil() -> None:
    read = read_any(saved(book()), "a.xlsx")
    assert listed(read.findings, "zh") == ""
    assert read.compiled is not None


def test_a_finding_names_its_file_sheet_and_cell() -> None:
    opened = book()
    cells("检查项", L4="P9")(opened)
    (finding,) = read_any(saved(opened), "标准.xlsx").findings
    assert (finding.file, finding.cell, finding.path) == (
        "标准.xlsx",
        "检查项!L4",
        "/sections/1/items/0/prohibition",
    )
    assert listed([finding], "en") == "标准.xlsx: 检查项!L4: there is no prohibition P9"


def test_a_million_rows_are_refused_early() -> None:
    sheet = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, 1_000_001))
    data = _with_sheet(b"<sheetData>" + sheet + b"</sheetData>")
    assert lines(read_any(data, "")) == ["说明!A20001: 行数太多，这张表最多 20000 行"]


def test_one_cell_far_away_is_refused_before_it_takes_memory() -> None:
    data = _with_sheet(b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert lines(read_any(data, "")) == ["说明!XFD1048576: 行数太多，这张表最多 20000 行"]
    data = _with_sheet(b'<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData>')
    assert lines(read_any(data, "")) == ["说明!XFD1: 列数太多，这张表最多 100 列"]


def test_very_many_cells_or_sheets_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_file._Budget, "__init__", _few_cells)
    (line,) = lines(read_any(saved(book()), ""))
    assert re.fullmatch(r"检查项![A-Z]+[0-9]+: 填了的单元格太多，整个工作簿最多 400000 个", line)


def _few_cells(budget: Any, limits: workbook_file.Limits, _bytes: int, _cells: int) -> None:
    budget.limits, budget.bytes, budget.cells = limits, 10**7, 80


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml"]
)
def test_a_small_file_that_unpacks_to_much_is_refused(part: str) -> None:
    bomb = b"<x>" + b" " * (workbook_file.CHECKLIST.unpacked + 10) + b"</x>"
    (line,) = lines(read_any(_with_part(part, bomb), ""))
    assert "MB" in line


def test_a_part_that_lies_about_its_size_is_refused_or_cut() -> None:
    data = bytearray(_with_part("xl/sharedStrings.xml", b"<sst>" + b" " * 5_000_000 + b"</sst>"))
    size = (5_000_011).to_bytes(4, "little")
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = (10).to_bytes(4, "little")
    assert lines(read_any(bytes(data), "")) == ["不是能打开的 Excel 工作簿（.xlsx）"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "不是能打开的 Excel 工作簿（.xlsx）"),
        (b"id,version\n", "不是能打开的 Excel 工作簿（.xlsx）"),
        (b"PK\x03\x04 broken", "不是能打开的 Excel 工作簿（.xlsx）"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "这是旧版 Excel 文件（.xls），请另存为 .xlsx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "工作簿有打开密码，请去掉密码再导入",
        ),
        (bytes(20_000_001), "文件超过 20 MB"),
    ],
)
def test_what_is_no_workbook_is_told_so(data: bytes, line: str) -> None:
    assert lines(read_any(data, "")) == [line]
    assert lines(read_workbook(data, "")) == [line]


def test_macros_are_refused() -> None:
    assert lines(read_any(_with_part("xl/vbaProject.bin", b"x"), "")) == [
        "带宏的工作簿（.xlsm）不收，请另存为 .xlsx"
    ]
    types = b'<Types><Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    assert lines(read_any(_with_part("[Content_Types].xml", types), "")) == [
        "带宏的工作簿（.xlsm）不收，请另存为 .xlsx"
    ]


def test_entities_are_not_read() -> None:
    sheet = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    assert lines(read_any(_with_part("xl/worksheets/sheet1.xml", sheet), "")) == [
        "说明: 工作表的内容坏了或不合格式，不读"
    ]
    assert lines(read_any(_with_part("xl/workbook.xml", sheet), "")) == ["工作表的内容坏了或不合格式，不读"]


def test_another_workbook_is_told_to_be_neither_format() -> None:
    opened = openpyxl.Workbook()
    assert "既不是检查表工作簿" in lines(read_any(saved(opened), ""))[0]
    assert "缺少工作表“说明”" in "".join(lines(read_workbook(saved(opened), "")))


def test_of_very_many_findings_the_first_are_told() -> None:
    opened = book()
    for row in range(5, 2000):
        opened["检查项"][f"A{row}"].value = "X"
    assert lines(read_any(saved(opened), ""))[-1] == "问题太多，只列出前 500 处"


@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_damaged_bytes_and_cells_never_raise(random: Random, times: int) -> None:
    data = bytearray(workbook(checklist()))
    for _ in range(times):
        data[random.randrange(len(data))] = random.randrange(256)
    read = read_any(bytes(data), "a.xlsx")
    assert read.findings or read.compiled


@given(st.randoms(use_true_random=False), st.integers(1, 8))
@settings(max_examples=40)
def test_any_value_in_any_cell_is_taken_or_told(random: Random, times: int) -> None:
    opened = book()
    values = (
        None,
        "",
        "x",
        1,
        -1,
        1.5,
        1e308,
        True,
        "=1",
        "是",
        "A-1",
        "A-1 = busy",
        "，",
        "同",
        "１",
        "9" * 400,
        " ",
        "#N/A",
        "0,50,100",
        "新",
    )
    for _ in range(times):
        sheet = random.choice(opened.worksheets)
        cell = sheet.cell(random.randint(1, sheet.max_row + 1), random.randint(1, sheet.max_column + 1))
        cell.value = random.choice(values)
    read = read_any(saved(opened), "a.xlsx")
    assert (read.compiled is None) == bool(read.findings)
    assert all(each.cell for each in read.findings if each.message_key != "too_many_findings")
    assert listed(read.findings, "zh") or not read.findings


def _with_sheet(content: bytes) -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return _with_part("xl/worksheets/sheet1.xml", b"<worksheet " + space + b">" + content + b"</worksheet>")


def _with_part(name: str, content: bytes) -> bytes:
    """Return the workbook with one part of its file replaced or added."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(checklist()))) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return stream.getvalue()


def test_a_finding_in_a_workbook_speaks_its_words_not_our_codes() -> None:
    finding = Finding("/x", "points_without_credit", {"kind": "count"})
    assert sentence(finding, "zh").startswith("count")
    assert sentence(finding.in_cell("表.xlsx", "检查项!F6"), "zh") == "计数 项有分值，但没有得分办法"
    against = Finding("/x", "operator_not_for", {"operator": "at_least", "name": "A-1"}).in_cell(
        "表.xlsx", "检查项!H4"
    )
    assert sentence(against, "en") == ">= does not go with A-1"


def test_a_mark_in_a_workbook_whose_number_was_not_raised_is_taken() -> None:
    """Whoever takes a version home, edits it and marks what means the same need not know about numbers."""
    written = plain(read_checklist(read_yaml(ROOT / "checklists/area-check/v1.yaml", "").value).draft)  # type: ignore[arg-type]
    book = openpyxl.load_workbook(io.BytesIO(workbook(written)))
    headings = {cell.value: cell.column for cell in book["检查项"][1]}
    book["检查项"].cell(2, headings["与上一版"]).value = "同"
    edited = io.BytesIO()
    book.save(edited)
    read = read_workbook(edited.getvalue(), "表.xlsx")
    assert read.findings == []
    assert read.written is not None
    assert read.written["changes"] == {"since": 1, "same": ["AM-01"]}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("A-1 = 忙时", {"item": "A-1", "is": "busy"}),
        ("A-1 属于（忙时，闲时）", {"item": "A-1", "in": ["busy", "idle"]}),
        ("网点层级 属于（普通代理店，village）", {"fact": "tier", "in": ["ordinary", "village"]}),
        ("检查类型=暗访 且 非（所在地 = 县城）", {"all": [{"fact": "kind", "is": "mystery"}, {"not": {"fact": "setting", "is": "county_town"}}]}),
    ],
)  # fmt: skip
def test_a_condition_may_be_written_in_words(typed: str, read: dict[str, Any]) -> None:
    written = checklist()
    options = written["sections"][0]["items"][0]["options"]
    options["busy"]["zh"], options["idle"]["zh"] = "忙时", "闲时"
    book = openpyxl.load_workbook(io.BytesIO(workbook(written)))
    headings = {cell.value: cell.column for cell in book["检查项"][1]}
    book["检查项"].cell(4, headings["条件"]).value = typed
    edited = io.BytesIO()
    book.save(edited)
    result = read_workbook(edited.getvalue(), "表.xlsx")
    assert result.findings == [], listed(result.findings, "zh")
    assert result.written is not None
    assert result.written["sections"][1]["items"][0]["when"] == read


def test_words_that_are_no_option_are_told_with_the_codes_that_are() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(checklist())))
    headings = {cell.value: cell.column for cell in book["检查项"][1]}
    book["检查项"].cell(4, headings["条件"]).value = "A-1 = 很忙"
    edited = io.BytesIO()
    book.save(edited)
    assert "检查项!H4: 没有“很忙”这个值，可用 busy, idle" in listed(
        read_workbook(edited.getvalue(), "").findings, "zh"
    )
