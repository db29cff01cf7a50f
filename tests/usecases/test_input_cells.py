"""Cells of inputs that a spreadsheet or a pen has changed: what is cut, lost or full-width is read right or refused by its name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from server.domain.input_sorts import Sort, day_of
from server.domain.tickets import Ticket, counted, limit_of
from server.domain.visit import SHANGHAI
from server.gateways.spreadsheet import SheetWrong, read_sheet
from server.queries.rules import rules_on
from server.usecases.work import Office
from tests.usecases.test_inputs import COMPLAINTS, TICKETS, apply, count, plan, sheet, shop


def test_a_number_that_a_comma_cut_in_two_is_refused_by_its_cell(office: Office, tmp_path: Path) -> None:
    shop(office)
    path = tmp_path / "cut.csv"
    path.write_text("网点编码,月份,客户数\nTY001,2026-10,1,280\n", encoding="utf-8")
    with pytest.raises(SheetWrong) as said:
        plan(office, Sort.CUSTOMERS, path)
    (fault,) = said.value.faults
    assert (fault.cell, fault.facts["value"]) == ("D2", "280")
    path.write_text("网点编码,月份,客户数,,\nTY001,2026-10,1280,,\n", encoding="utf-8")
    assert plan(office, Sort.CUSTOMERS, path).clean


def test_a_month_of_which_a_spreadsheet_lost_the_nought_is_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], ["TY001", 2026.10, 5], name="month.xlsx")
    (fate,) = plan(office, Sort.CUSTOMERS, path).fates
    assert [(fault.cell, fault.facts["value"]) for fault in fate.faults] == [("B2", "2026.1")]


def two_sheets(tmp_path: Path, first: list[list[object]], *, second: int, name: str = "two.xlsx") -> Path:
    book = openpyxl.Workbook()
    for row in first:
        book.active.append(row)
    more = book.create_sheet("七月补报")
    book.create_sheet("空表")
    for number in range(second):
        more.append(["TY001", "2026-07", number])
        more.append([None])
    path = tmp_path / name
    book.save(path)
    return path


def test_rows_of_another_sheet_are_named_with_how_many_there_are(office: Office, tmp_path: Path) -> None:
    shop(office)
    head = ["网点编码", "月份", "客户数"]
    path = two_sheets(tmp_path, [head, ["TY001", "2026-10", 5]], second=3)
    planned = plan(office, Sort.CUSTOMERS, path)
    assert planned.clean
    assert [each.facts for each in planned.unread] == [{"sheet": "七月补报", "rows": 3}]
    assert not plan(
        office, Sort.CUSTOMERS, two_sheets(tmp_path, [head, ["TY001", "2026-10", 5]], second=0)
    ).unread
    lacking = plan(office, Sort.CUSTOMERS, two_sheets(tmp_path, [["说明"]], second=2))
    assert ([each.facts["rows"] for each in lacking.unread], lacking.clean) == ([2], False)
    with pytest.raises(SheetWrong) as said:
        plan(office, Sort.CUSTOMERS, two_sheets(tmp_path, [], second=1))
    assert [each.facts.get("sheet") for each in said.value.faults] == [None, "七月补报"]


def test_counting_ends_behind_the_most_rows_of_a_sheet(office: Office, tmp_path: Path) -> None:
    path = two_sheets(tmp_path, [["a"], [1]], second=5)
    (told,) = read_sheet(path, max_rows=4).unread
    assert (told.facts["rows"], "多行" in told.message) == (4, True)
    (told,) = read_sheet(path, max_rows=5).unread
    assert (told.facts["rows"], "多行" in told.message) == (5, False)


def test_full_width_digits_are_read_in_months_days_and_counts(office: Office, tmp_path: Path) -> None:
    made = shop(office)
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], ["TY001", "２０２６－１０", "１２８０"])
    assert apply(office, Sort.CUSTOMERS, path).clean
    assert (count(office, made, "customers") or (0,))[0] == 1280
    assert day_of("２０２６-１０-０８") == date(2026, 10, 8)


def test_which_transactions_have_the_longer_limit_is_said_by_the_rules(office: Office) -> None:
    with office.work(write=False) as work:
        rules = rules_on(work.connection, date(2026, 10, 8)).indicators
    handling = rules.handling_on_time.model_copy(update={"long_business": ("补卡",)})
    own = rules.model_copy(update={"handling_on_time": handling})
    at = datetime(2026, 10, 8, 9)  # noqa: DTZ001
    took = Ticket("补卡", "other", at, at, at.replace(minute=8))
    assert [counted([(took, each)])[0].part for each in (rules, own)] == [0, 1]


@pytest.mark.parametrize("name", ["购机", " 入 网", "ＰＨＯＮＥ", "Phone", "joining"])
def test_the_longer_limit_heeds_neither_width_nor_capitals_nor_blanks(office: Office, name: str) -> None:
    with office.work(write=False) as work:
        assert limit_of(name, rules_on(work.connection, date(2026, 10, 8)).indicators) == 10


def test_a_dry_run_says_which_transactions_it_found_and_by_which_limit_they_are_judged(
    office: Office, tmp_path: Path
) -> None:
    shop(office)
    times = [f"2026-10-08 09:0{n}:00" for n in range(4)]
    rows = [["TY001", f"A{n}", each, "", *times] for n, each in enumerate(["购机", "开户", "开户"])]
    planned = plan(office, Sort.TICKETS, sheet(tmp_path, TICKETS, *rows))
    assert planned.businesses == {("购机", 10): 1, ("开户", 5): 2}


def test_a_number_of_which_a_spreadsheet_lost_digits_is_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    row = ["TY001", date(2026, 10, 8), "否", ""]
    long = sheet(tmp_path, COMPLAINTS, [20261104123456789, *row], [123456789012345, *row], name="x.xlsx")
    lost, kept = plan(office, Sort.COMPLAINTS, long).fates
    assert [fault.cell for fault in lost.faults] == ["A2"]
    assert "15 位" in lost.faults[0].message
    assert (kept.code, kept.outcome) == ("123456789012345", "new")
    text = sheet(tmp_path, COMPLAINTS, ["20261104123456789", *row], name="y.xlsx")
    assert [fate.code for fate in plan(office, Sort.COMPLAINTS, text).fates] == ["20261104123456789"]


@pytest.mark.parametrize("name", ["x.csv", "x.xlsx"])
def test_a_number_that_a_spreadsheet_has_shortened_is_refused_too(
    office: Office, tmp_path: Path, name: str
) -> None:
    shop(office)
    row = ["TY001", "2026-10-08", "否", ""]
    file = sheet(tmp_path, COMPLAINTS, ["2.02611E+16", *row], ["2.02611E16-1", *row], name=name)
    lost, kept = plan(office, Sort.COMPLAINTS, file).fates
    assert [(fault.cell, fault.facts) for fault in lost.faults] == [("A2", {"value": "2.02611E+16"})]
    assert (kept.code, kept.outcome) == ("2.02611E16-1", "new")


@pytest.mark.parametrize("key", [4, 5, 6, 7])
def test_no_part_of_a_ticket_lies_in_the_future(office: Office, tmp_path: Path, key: int) -> None:
    shop(office)
    now = local_now(office)
    row: list[object] = ["TY001", "A1", "缴费", "", *[str(now - timedelta(minutes=1))[:19]] * 4]
    assert plan(office, Sort.TICKETS, sheet(tmp_path, TICKETS, row)).clean
    row[key] = str(now + timedelta(seconds=2))[:19]
    [fate] = plan(office, Sort.TICKETS, sheet(tmp_path, TICKETS, row)).fates
    assert "ABCDEFGH"[key] + "2" in [fault.cell for fault in fate.faults]
    assert "{at} 还没有到。" in [fault.message for fault in fate.faults]


def test_a_month_before_there_were_rules_is_refused(office: Office, tmp_path: Path) -> None:
    shop(office)
    found = [
        plan(
            office, Sort.CUSTOMERS, sheet(tmp_path, ["网点编码", "月份", "客户数"], ["TY001", "2006-11", 5])
        ),
        plan(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS, ["T1", "TY001", "2006-11-08", "否", ""])),
        plan(
            office,
            Sort.VETOES,
            sheet(tmp_path, ["网点编码", "编号", "日期", "说明"], ["TY001", "V1", "2006-11-08", "x"]),
        ),
    ]
    for planned in found:
        assert "太早" in planned.fates[0].faults[0].message
    assert not plan(office, Sort.COMPLAINTS, sheet(tmp_path, COMPLAINTS), "2006-11").clean


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "这一格不能空。"),
        ("#N/A", "单元格里是错误值 {value}，请改成值。"),
        ("=1+1", "单元格里是公式，请改成值。"),
    ],
)
def test_a_cell_without_a_value_has_one_fault_that_says_so(
    office: Office, tmp_path: Path, value: str | None, said: str
) -> None:
    shop(office)
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], ["TY001", "2026-10", value], name="x.xlsx")
    [fate] = plan(office, Sort.CUSTOMERS, path).fates
    assert [(fault.cell, fault.message) for fault in fate.faults] == [("C2", said)]


def test_a_merged_cell_is_named_with_the_one_that_holds_its_value(office: Office, tmp_path: Path) -> None:
    shop(office)
    rows = (["TY001", "2026-10", 5], ["TY001", "2026-09", 6])
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], *rows, name="x.xlsx")
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A2:A3")
    book.save(path)
    [fault] = [fault for fate in plan(office, Sort.CUSTOMERS, path).fates for fault in fate.faults]
    assert (fault.cell, fault.facts) == ("A3", {"first": "A2"})


@pytest.mark.parametrize("sign", ["\t", ";"])
def test_columns_that_no_comma_parts_are_refused_by_their_sign(
    office: Office, tmp_path: Path, sign: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"网点编码{sign}月份{sign}客户数\nTY001{sign}2026-10{sign}5\n", encoding="utf-8")
    with pytest.raises(SheetWrong, match="列之间要用逗号隔开"):
        plan(office, Sort.CUSTOMERS, path)


@pytest.mark.parametrize("code", ["ty001", "ＴＹ００１", "TY001"])
def test_codes_of_outlets_are_read_in_wide_and_small_letters_too(
    office: Office, tmp_path: Path, code: str
) -> None:
    shop(office)
    path = sheet(tmp_path, ["网点编码", "月份", "客户数"], [code, "2026-10", "5.0"])
    assert plan(office, Sort.CUSTOMERS, path).clean


def local_now(office: Office) -> datetime:
    return office.clock().astimezone(SHANGHAI).replace(tzinfo=None)
