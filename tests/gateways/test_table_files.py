"""Tables as files: what spreadsheets see in them, that nothing in them runs, and that memory does not grow with the rows."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from server.domain import tables
from server.domain.tables import Column, Holds, TableTooLong, hundredths_of
from server.gateways import table_files
from server.gateways.table_files import comma_separated, harmless, xlsx

COLUMNS: tuple[Column[Any], ...] = (
    Column("网点", lambda row, say: row["name"]),
    Column("次数", lambda row, say: row["many"], Holds.WHOLE),
    Column("得分", lambda row, say: row["score"], Holds.HUNDREDTHS),
    Column("一致率", lambda row, say: row["share"], Holds.PERCENT),
    Column("佣金（元）", lambda row, say: row["fen"], Holds.YUAN),
    Column("检查日期", lambda row, say: row["day"], Holds.DATE),
    Column("提交时间", lambda row, say: row["at"], Holds.INSTANT),
)
ROW = {
    "name": "太原府西街营业厅",
    "many": 12,
    "score": 9125,
    "share": 9950,
    "fen": -158400,
    "day": date(2026, 11, 21),
    "at": datetime(2026, 11, 20, 16, 5, tzinfo=UTC),
}


def as_xlsx(rows: Any, folder: Path, columns: Any = COLUMNS, say: Any = str) -> Any:
    file = io.BytesIO()
    xlsx(file, "检查", columns, rows, say, str(folder))
    file.seek(0)
    return load_workbook(file)["检查"]


def as_csv(rows: Any, columns: Any = COLUMNS) -> bytes:
    file = io.BytesIO()
    comma_separated(file, columns, rows, str)
    return file.getvalue()


def test_xlsx_holds_numbers_and_dates_as_such(tmp_path: Path) -> None:
    page = as_xlsx([ROW], tmp_path)
    head, row = page.iter_rows()
    assert [cell.value for cell in head] == [column.heading for column in COLUMNS]
    assert [cell.value for cell in row] == [
        "太原府西街营业厅",
        12,
        91.25,
        0.995,
        -1584,
        datetime(2026, 11, 21),  # noqa: DTZ001
        datetime(2026, 11, 21, 0, 5),  # noqa: DTZ001
    ]
    assert [cell.number_format for cell in row[2:]] == [
        "0.00",
        "0.00%",
        "#,##0.00",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm",
    ]


def test_xlsx_keeps_its_headings_in_sight_filters_and_has_room(tmp_path: Path) -> None:
    page = as_xlsx([ROW, ROW], tmp_path)
    assert page.freeze_panes == "B2"
    assert page.auto_filter.ref == "A1:G3"
    assert page.column_dimensions["A"].width >= 16


def test_an_empty_cell_is_empty_and_not_nought(tmp_path: Path) -> None:
    empty = dict.fromkeys(ROW)
    page = as_xlsx([empty], tmp_path)
    assert [cell.value for cell in page[2]] == [None] * 7
    assert as_csv([empty]).splitlines()[1] == b"," * 6


def test_csv_opens_in_excel_as_chinese() -> None:
    found = as_csv([ROW])
    assert found.startswith(b"\xef\xbb\xbf")
    assert found.count(b"\r\n") == found.count(b"\n") == 2
    assert found.decode("utf-8-sig").splitlines()[1] == (
        "太原府西街营业厅,12,91.25,99.50%,-1584.00,2026-11-21,2026-11-21 00:05"
    )


@pytest.mark.parametrize("sign", table_files.RISKY)
def test_no_text_is_run_as_a_formula(sign: str, tmp_path: Path) -> None:
    evil = {**ROW, "name": f"{sign}HYPERLINK(1)"}
    (row,) = list(csv.reader(io.StringIO(as_csv([evil]).decode("utf-8-sig"), newline="")))[1:]
    assert row[0] == f"'{sign}HYPERLINK(1)"
    cell = as_xlsx([evil], tmp_path)["A2"]
    assert cell.data_type == "s"
    if sign not in "\r\t\n":
        assert cell.value == f"{sign}HYPERLINK(1)"
        assert cell.quotePrefix


@given(st.text(max_size=40))
def test_no_text_at_all_begins_like_a_formula(text: str) -> None:
    assert not harmless(text).startswith(table_files.RISKY)


def test_a_negative_number_is_no_formula() -> None:
    assert harmless(-500, Holds.YUAN) == "-5.00"


def test_headings_speak_the_users_language(tmp_path: Path) -> None:
    page = as_xlsx([ROW], tmp_path, say=lambda text, **facts: f"en {text}")
    assert page["A1"].value == "en 网点"


def test_too_many_rows_are_refused_and_not_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(table_files, "MOST_ROWS", 2)
    as_csv([ROW, ROW])
    with pytest.raises(TableTooLong):
        as_csv([ROW, ROW, ROW])
    with pytest.raises(TableTooLong):
        as_xlsx([ROW, ROW, ROW], tmp_path)


@pytest.mark.parametrize("sort", ["xlsx", "csv"])
def test_memory_does_not_grow_with_the_rows(sort: str, tmp_path: Path) -> None:
    def peak(many: int) -> int:
        def rows() -> Iterator[dict[str, Any]]:
            for turn in range(many):
                yield {**ROW, "name": f"网点 {turn}"}

        tracemalloc.start()
        with (tmp_path / f"{many}.{sort}").open("w+b") as file:
            if sort == "xlsx":
                xlsx(file, "检查", COLUMNS, rows(), str, str(tmp_path))
            else:
                comma_separated(file, COLUMNS, rows(), str)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(4000) < peak(400) + 400_000


def test_figures_that_are_shown_come_back_as_hundredths() -> None:
    shown = ("92.50", "33.3", "100", "-0.05", "1,584.00", None, "")
    assert [hundredths_of(each) for each in shown] == [9250, 3330, 10000, -5, 158400, None, None]


def test_a_file_holds_no_more_than_the_domain_says() -> None:
    assert tables.MOST_ROWS == table_files.MOST_ROWS
