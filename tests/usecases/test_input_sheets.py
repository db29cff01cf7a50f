"""Which sheet and which row of headings an import reads, and how its faults name words and columns in either language."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from server.domain.input_sorts import Sort
from server.gateways.spreadsheet import SheetWrong
from server.usecases import outlets
from server.usecases.work import Office
from tests.usecases.test_inputs import COMPLAINTS, TICKETS, plan, sheet, shop

CUSTOMERS = ["网点编码", "月份", "客户数"]
GOOD = ["TY001", "2026-10", 5]


def book(tmp_path: Path, **sheets: tuple[str, list[list[object]]]) -> Path:
    """A workbook of sheets by their names, each with its state (visible, hidden, veryHidden) and rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, (state, rows) in sheets.items():
        page = made.create_sheet(name)
        page.sheet_state = state
        for row in rows:
            page.append(row)
    path = tmp_path / "book.xlsx"
    made.save(path)
    return path


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_the_first_sheet_in_sight_is_read_and_hidden_ones_are_named(
    office: Office, tmp_path: Path, state: str
) -> None:
    shop(office)
    old = [CUSTOMERS, ["TY001", "2026-10", 4], ["TY001", "2026-09", 4]]
    path = book(
        tmp_path, 底稿=(state, old), 十月=("visible", [CUSTOMERS, GOOD]), 补报=("visible", [CUSTOMERS, GOOD])
    )
    planned = plan(office, Sort.CUSTOMERS, path)
    assert list(planned.counts.values()) == [(5, None, None)]
    assert [(each.facts, "隐藏" in each.message) for each in planned.unread] == [
        ({"sheet": "补报", "rows": 2}, False),
        ({"sheet": "底稿", "rows": 3}, True),
    ]


def test_a_hidden_sheet_behind_the_first_or_without_content_changes_nothing(
    office: Office, tmp_path: Path
) -> None:
    shop(office)
    path = book(tmp_path, 空=("hidden", []), 十月=("visible", [CUSTOMERS, GOOD]))
    planned = plan(office, Sort.CUSTOMERS, path)
    assert (planned.clean, planned.unread) == (True, ())


@pytest.mark.parametrize("name", ["titled.csv", "titled.xlsx"])
@pytest.mark.parametrize("above", [1, 3])
def test_a_title_above_the_headings_is_left_out_and_that_is_said(
    office: Office, tmp_path: Path, name: str, above: int
) -> None:
    shop(office)
    titles: list[list[object]] = [["2026 年 10 月服务客户数"], ["", ""], ["填报单位", "太原", "单位：户"]]
    path = sheet(tmp_path, titles[0], *titles[1:above], CUSTOMERS, GOOD, ["TY001", "x", 5], name=name)
    planned = plan(office, Sort.CUSTOMERS, path)
    good, wrong = sorted(planned.fates, key=lambda fate: fate.number)
    # Rows and cells are named as the file has them.
    assert (good.number, good.outcome, good.code) == (above + 2, "new", "TY001 2026-10")
    assert [fault.cell for fault in wrong.faults] == [f"B{above + 3}"]
    (told,) = planned.unread
    assert (told.cell, told.facts) == (f"A{above + 1}", {"row": above + 1})
    english = sheet(tmp_path, titles[0], ["outlet", "month", "customers"], GOOD, name=name)
    assert plan(office, Sort.CUSTOMERS, english).clean


def test_a_merged_title_is_left_out_but_merged_headings_are_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    for merged, clean in (("A1:C1", True), ("A2:B2", False), ("A1:A2", False)):
        path = book(tmp_path, 十月=("visible", [["服务客户数"], CUSTOMERS, GOOD]))
        made = openpyxl.load_workbook(path)
        made.active.merge_cells(merged)
        made.save(path)
        if clean:
            assert plan(office, Sort.CUSTOMERS, path).clean
            continue
        with pytest.raises(SheetWrong):
            plan(office, Sort.CUSTOMERS, path)


def test_a_title_above_headings_that_nobody_knows_is_told_as_a_title(office: Office, tmp_path: Path) -> None:
    path = sheet(tmp_path, ["服务客户数"], ["编码", "期间", "户数"], GOOD)
    with pytest.raises(SheetWrong) as said:
        plan(office, Sort.CUSTOMERS, path)
    (fault,) = said.value.faults
    assert (fault.cell, fault.facts) == ("A1", {"value": "服务客户数"})
    assert "标题" in fault.message


def test_a_row_of_values_that_are_called_as_columns_are_is_no_row_of_headings(
    office: Office, tmp_path: Path
) -> None:
    shop(office)
    path = sheet(tmp_path, CUSTOMERS, ["TY001", "2026-10", 5], CUSTOMERS)
    planned = plan(office, Sort.CUSTOMERS, path)
    assert sorted(fate.outcome for fate in planned.fates) == ["new", "wrong"]
    assert planned.unread == ()


@pytest.mark.parametrize("name", ["titled.csv", "titled.xlsx"])
def test_headings_below_a_title_that_lack_a_column_are_told_at_their_row(
    office: Office, tmp_path: Path, name: str
) -> None:
    planned = plan(office, Sort.CUSTOMERS, sheet(tmp_path, ["标题"], CUSTOMERS[:2], GOOD[:2], name=name))
    (fate,) = planned.fates
    assert (fate.number, fate.faults[0].cell) == (2, "A2")
    assert fate.faults[0].said("zh") == {"columns": "客户数"}
    assert fate.faults[0].said("en") == {"columns": "customers"}


def test_allowed_words_are_named_in_the_language_that_is_read(office: Office, tmp_path: Path) -> None:
    shop(office)
    rows = [["T1", "TY001", "2026-10-08", "也许", ""]]
    (fate,) = plan(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, *rows)).fates
    (fault,) = fate.faults
    assert fault.said("zh")["allowed"] == "是、否、待定"
    assert fault.said("en")["allowed"] == "yes, no, open"
    head = ["编码", "名称", "层级", "地域", "单位", "类别"]
    path = sheet(tmp_path, head, ["X1", "店", "大店", "山上", "sx", "D"], name="outlets.csv")
    with office.work(write=False) as work:
        (fate,) = outlets.plan_import(work, path).fates
    allowed = [fault.said("en")["allowed"] for fault in fate.faults if "allowed" in fault.facts]
    assert allowed == [
        "own_hall, franchise, exclusive, ordinary, village",
        "city, county_town, township",
        "A, B, C",
    ]


def test_missing_columns_are_named_in_the_language_that_is_read(office: Office, tmp_path: Path) -> None:
    (fate,) = plan(office, Sort.CUSTOMERS, sheet(tmp_path, ["网点编码"], ["TY001"])).fates
    assert [fate.faults[0].said(language) for language in ("zh", "en")] == [
        {"columns": "月份、客户数"},
        {"columns": "month, customers"},
    ]


def test_each_count_is_told_by_its_name(office: Office, tmp_path: Path) -> None:
    shop(office)
    times = [f"2026-10-08 09:0{n}:00" for n in range(4)]
    (tickets,) = plan(
        office, Sort.TICKETS, sheet(tmp_path, TICKETS, ["TY001", "A1", "缴费", "", *times])
    ).fates
    assert dict(tickets.counts) == {"handling_on_time": "1/1 (1)", "waiting_on_time": "1/1 (1)"}
    head = ["网点编码", "月份", "表扬数", "采纳建议数"]
    (praise,) = plan(office, Sort.PRAISE, sheet(tmp_path, head, ["TY001", "2026-10", 2, 1])).fates
    assert praise.counts == (("praises", "2"), ("ideas", "1"))
