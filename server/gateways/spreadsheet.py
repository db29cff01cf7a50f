"""Spreadsheets: reads the first sheet in sight of an XLSX file or a CSV file as named cells, within limits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from server.domain.findings import Finding
from server.gateways.cell_names import letters
from server.gateways.sheets_unread import rows_beyond
from server.gateways.workbook_file import MAX_BYTES, BookSheet, Limits, WorkbookWrong, open_workbook

MAX_UNPACKED = 200_000_000
MAX_ROWS = 50_000
MAX_COLUMNS = 60
MOST_FAULTS = 20
"""So many rows with cells too many are told; who has more has one fault in all of them."""

UNREADABLE = "不是能打开的 XLSX 文件。"
_FORMULA = "单元格里是公式，请改成值。"
_LONG = 10**15
"""A spreadsheet keeps fifteen digits of a number and writes noughts for the rest."""
_SHORTENED = re.compile(r"[+-]?[0-9](\.[0-9]+)?E\+[0-9]{2,3}")
"""How a spreadsheet shows a long number, and writes it into a CSV file."""
_MOST_COVERED = 100_000
_SIGNS = {"\t": "列之间要用逗号隔开，这个文件用的是制表符。", ";": "列之间要用逗号隔开，这个文件用的是分号。"}
_MOST_ABOVE = 10
"""So many rows may stand above the headings: a title, who filled it in, notes."""


@dataclass(frozen=True, slots=True)
class InBoth:
    """A fact of a fault that reads otherwise in Chinese and in English, such as the words that a column may hold."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell or the whole file: the cell's name (empty: the file) and a source sentence."""

    cell: str
    message: str
    facts: Mapping[str, str | int | InBoth] = field(default_factory=dict)

    def said(self, language: str) -> dict[str, str | int]:
        """The facts for its sentence in a language, zh or en."""
        return {
            name: (each.en if language == "en" else each.zh) if isinstance(each, InBoth) else each
            for name, each in self.facts.items()
        }


class SheetWrong(Exception):
    """The file cannot be read as a table; holds the faults."""

    def __init__(self, *faults: CellFault) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number in the file (from 1) and its cells by column heading, all as trimmed text."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows under the header, the column letter of each heading, and what is wrong with cells as the file has them.

    `unread` names the other sheets that hold something, and what stands above the headings in the row `header`.
    """

    rows: list[Row]
    columns: dict[str, str]
    spoilt: Mapping[str, CellFault]
    unread: tuple[CellFault, ...] = ()
    header: int = 1

    def cell(self, row: Row, heading: str) -> str:
        """The name of a cell, such as B7."""
        return f"{self.columns[heading]}{row.number}"


def read_sheet(path: Path, known: Collection[str] = (), *, max_rows: int = MAX_ROWS) -> Sheet:
    """Read an .xlsx or .csv file: the first row names the columns, blank rows are left out.

    Where another of the first rows has at least two of the `known` headings and none above it has, that one names them, and
    what stands above is left out. Raises SheetWrong for another kind of file, one that is too large packed or unpacked, too
    many rows, and a header that is merged, has gaps, or names a column twice.
    """
    if not path.is_file():
        raise SheetWrong(CellFault("", "没有这个文件：{name}", {"name": path.name}))
    if path.stat().st_size > MAX_BYTES:
        raise SheetWrong(CellFault("", "文件超过 {limit} 字节。", {"limit": MAX_BYTES}))
    data = path.read_bytes()
    unread: tuple[CellFault, ...] = ()
    if path.suffix.lower() == ".csv":
        table, merged = _csv(data), tuple[str, ...]()
        spoilt = _shortened(table) | {
            cell: CellFault(cell, _FORMULA)
            for number, row in enumerate(table, 1)
            for column, text in enumerate(row)
            if text.startswith("=") and (cell := f"{letters(column)}{number}")
        }
    elif path.suffix.lower() == ".xlsx":
        table, spoilt, merged, unread = _xlsx(data, max_rows)
    else:
        raise SheetWrong(CellFault("", "只能读 .xlsx 或 .csv 文件。"))
    try:
        header = _header(table, known)
        columns, rows = _rows(table, header, merged, max_rows)
    except SheetWrong as wrong:
        raise SheetWrong(*wrong.faults, *unread) from None
    if header > 1:
        above = CellFault(f"A{header}", "列名在第 {row} 行，上面的几行没有读。", {"row": header})
        unread = (above, *unread)
    return Sheet(rows, {name: letters(index) for index, name in enumerate(columns)}, spoilt, unread, header)


def _header(table: list[list[str]], known: Collection[str]) -> int:
    """The number of the row that names the columns: the first one in which at least two known headings stand, else 1."""
    headed = (n for n, row in enumerate(table[: _MOST_ABOVE + 1], 1) if len({*row} & {*known}) > 1)
    return next(headed, 1)


def _rows(
    table: list[list[str]], header: int, merged: tuple[str, ...], max_rows: int
) -> tuple[list[str], list[Row]]:
    while table and not any(table[-1]):
        table.pop()
    if not table:
        raise SheetWrong(CellFault("A1", "第一行要有列名，现在是空的。"))
    if (many := len(table) - header) > max_rows:
        raise SheetWrong(
            CellFault("", "最多 {limit} 行，文件里有 {rows} 行。", {"limit": max_rows, "rows": many})
        )
    columns = _columns(table[header - 1], header, merged)
    # What stands beside the headings belongs to no column: a comma within a number has cut it in two.
    beside = [
        CellFault(
            f"{letters(len(columns))}{number}",
            "这一行比列名多出几格，多出来的从“{value}”起；数字里不要有逗号。",
            {"value": row[len(columns)]},
        )
        for number, row in enumerate(table[header:], header + 1)
        if any(row[len(columns) :])
    ]
    if beside and len(columns) == 1:
        message = "第一行只有“{value}”一格，像是标题：请把列名写在第一行。"
        raise SheetWrong(CellFault("A1", message, {"value": columns[0][:40]}))
    if beside:
        raise SheetWrong(*beside[:MOST_FAULTS])
    rows = [
        Row(number, {name: row[index] if index < len(row) else "" for index, name in enumerate(columns)})
        for number, row in enumerate(table[header:], header + 1)
        if any(row)
    ]
    return columns, rows


def _columns(header: list[str], number: int, merged: tuple[str, ...]) -> list[str]:
    while header and not header[-1]:
        header = header[:-1]
    message = "列名要一格一个，不能有合并的单元格；上面的标题请删掉。"
    faults = [CellFault(ref.partition(":")[0], message) for ref in merged if _covers(ref, number)]
    if not header:
        faults.append(CellFault("A1", "第一行要有列名，现在是空的。"))
    if len(header) > MAX_COLUMNS:
        faults.append(CellFault("", "最多 {limit} 列。", {"limit": MAX_COLUMNS}))
    for index, name in enumerate(header):
        cell = f"{letters(index)}{number}"
        if not name:
            faults.append(CellFault(cell, "这一列没有列名。"))
        elif name in header[:index]:
            faults.append(CellFault(cell, "列名“{name}”出现了两次。", {"name": name}))
    if faults:
        raise SheetWrong(*faults)
    return header


def _xlsx(
    data: bytes, max_rows: int
) -> tuple[list[list[str]], dict[str, CellFault], tuple[str, ...], tuple[CellFault, ...]]:
    limits = Limits(MAX_UNPACKED, MAX_UNPACKED, max_rows + 1, MAX_COLUMNS, (max_rows + 1) * MAX_COLUMNS)
    try:
        found = open_workbook(data, "", limits, first_only=True)
        beyond = rows_beyond(data, limits)
    except WorkbookWrong as error:
        raise SheetWrong(*(_fault(finding) for finding in error.findings)) from error
    if not found:
        raise SheetWrong(CellFault("", UNREADABLE))
    (sheet,) = found
    table = [[_text(value) for value in row] for row in sheet.rows]
    return (
        table,
        _shortened(table) | _spoilt(sheet),
        tuple(sheet.marks.merged),
        tuple(
            CellFault("", _UNREAD[hidden, rows > max_rows], {"sheet": name[:40], "rows": min(rows, max_rows)})
            for name, hidden, rows in beyond
        ),
    )


_UNREAD = {
    (False, False): "只读了第一个工作表，工作表“{sheet}”里的 {rows} 行没有读。",
    (False, True): "只读了第一个工作表，工作表“{sheet}”里的 {rows} 多行没有读。",
    (True, False): "隐藏的工作表不读，“{sheet}”里的 {rows} 行没有读。",
    (True, True): "隐藏的工作表不读，“{sheet}”里的 {rows} 多行没有读。",
}
"""What is said of a sheet that was not read, by whether it is hidden and has more rows than are counted."""


def _covers(ref: str, number: int) -> bool:
    """Whether a merged area lies on a row."""
    rows = re.fullmatch(r"[A-Z]{1,3}([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})", ref)
    return rows is not None and int(rows[1]) <= number <= int(rows[2])


def _spoilt(sheet: BookSheet) -> dict[str, CellFault]:
    """The cells whose value is not what people see in them, or is none; of a merged area all but its first are empty."""
    covered = (pair for ref in sheet.marks.merged for pair in _covered(ref, len(sheet.rows)))
    found = {
        cell: CellFault(cell, "这一格与 {first} 合并了，读不到值：请取消合并，每格都填。", {"first": first})
        for first, cell in islice(covered, _MOST_COVERED)
    }
    for number, row in enumerate(sheet.rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, float) and abs(value) >= _LONG:
                cell = f"{letters(column)}{number}"
                found[cell] = CellFault(
                    cell, "这个数超过 15 位，表格已经丢了后面的数字：请把这一格设为文本，重新填写。"
                )
    for cell, text in sheet.marks.errors.items():
        found[cell] = CellFault(cell, "单元格里是错误值 {value}，请改成值。", {"value": text[:20]})
    return found | {cell: CellFault(cell, _FORMULA) for cell in sheet.marks.formulas}


def _shortened(table: list[list[str]]) -> dict[str, CellFault]:
    """The cells whose text is what a spreadsheet leaves of a long number."""
    message = "“{value}”是长数字的简写，后面的数字已经丢了：请把这一格设为文本，重新填写。"
    return {
        cell: CellFault(cell, message, {"value": text})
        for number, row in enumerate(table, 1)
        for column, text in enumerate(row)
        if _SHORTENED.fullmatch(text) and (cell := f"{letters(column)}{number}")
    }


def _covered(ref: str, rows: int) -> Iterator[tuple[str, str]]:
    """The first cell of a merged area with each of the others, as far down as there are rows."""
    corners = re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})", ref)
    if not corners:
        return
    first = corners[1] + corners[2]
    left, right = (_column(corners[each]) for each in (1, 3))
    for number in range(int(corners[2]), min(int(corners[4]), rows) + 1):
        for column in range(left, min(right, MAX_COLUMNS) + 1):
            cell = f"{letters(column - 1)}{number}"
            if cell != first:
                yield first, cell


def _column(name: str) -> int:
    """The number of a column from 1."""
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def _fault(finding: Finding) -> CellFault:
    limit = finding.facts.get("limit", 0)
    cell = (finding.cell or "").rpartition("!")[2]
    if finding.message_key == "sheet_rows":
        return CellFault(cell, "最多 {limit} 行，这一格在更下面。", {"limit": int(str(limit)) - 1})
    if finding.message_key == "sheet_columns":
        return CellFault(cell, "最多 {limit} 列。", {"limit": int(str(limit))})
    if finding.message_key in ("book_bomb", "sheet_large"):
        return CellFault("", "文件解开后超过 {limit} 字节。", {"limit": MAX_UNPACKED})
    if finding.message_key == "cell_formula":
        return CellFault(cell, "公式太多：请复制后只粘贴数值。")
    return CellFault("", UNREADABLE)


def _csv(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            table = [
                [cell.strip() for cell in row]
                for row in csv.reader(io.StringIO(text, newline=""), strict=True)
            ]
        except csv.Error as error:
            raise SheetWrong(CellFault("", "不是正确的 CSV：{reason}", {"reason": str(error)})) from error
        if table and len(table[0]) == 1:
            faults = [CellFault("A1", why) for sign, why in _SIGNS.items() if sign in table[0][0]]
            if faults:
                raise SheetWrong(*faults)
        return table
    raise SheetWrong(CellFault("", "CSV 的编码要是 UTF-8 或 GB18030。"))


def _text(value: object) -> str:
    """A cell's value as text; whole numbers without a decimal point, dates as 2026-11-21, with their time where they have one."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        at_midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if at_midnight else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
