"""Spreadsheets: reads the first sheet of an XLSX file or a CSV file as named cells, within limits."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MAX_BYTES = 20_000_000
MAX_UNPACKED = 200_000_000
MAX_ROWS = 50_000
MAX_COLUMNS = 60

_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=\"([A-Z]{1,3}[0-9]{1,7})\"[^>]*>\s*<(?:\w+:)?f[\s>/]")


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with one cell or the whole file: the cell's name (empty: the file) and a source sentence."""

    cell: str
    message: str
    facts: dict[str, str | int] = field(default_factory=dict)


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
    """The rows under the header, the column letter of each heading, and the cells that hold formulas."""

    rows: list[Row]
    columns: dict[str, str]
    formulas: frozenset[str]

    def cell(self, row: Row, heading: str) -> str:
        """The name of a cell, such as B7."""
        return f"{self.columns[heading]}{row.number}"


def read_sheet(path: Path, *, max_rows: int = MAX_ROWS) -> Sheet:
    """Read an .xlsx or .csv file: the first row names the columns, blank rows are left out.

    Raises SheetWrong for another kind of file, one that is too large packed or unpacked, too many rows, and
    a header that is merged, has gaps, or names a column twice.
    """
    if not path.is_file():
        raise SheetWrong(CellFault("", "没有这个文件：{name}", {"name": path.name}))
    if path.stat().st_size > MAX_BYTES:
        raise SheetWrong(CellFault("", "文件超过 {limit} 字节。", {"limit": MAX_BYTES}))
    data = path.read_bytes()
    if path.suffix.lower() == ".csv":
        table, formulas, merged = _csv(data), frozenset[str](), ()
        formulas = frozenset(
            f"{letters(column)}{number}"
            for number, row in enumerate(table, 1)
            for column, text in enumerate(row)
            if text.startswith("=")
        )
    elif path.suffix.lower() == ".xlsx":
        table, formulas, merged = _xlsx(data)
    else:
        raise SheetWrong(CellFault("", "只能读 .xlsx 或 .csv 文件。"))
    while table and not any(table[-1]):
        table.pop()
    if not table:
        raise SheetWrong(CellFault("A1", "第一行要有列名，现在是空的。"))
    if len(table) - 1 > max_rows:
        raise SheetWrong(
            CellFault(
                "", "最多 {limit} 行，文件里有 {rows} 行。", {"limit": max_rows, "rows": len(table) - 1}
            )
        )
    columns = _columns(table[0], merged)
    rows = [
        Row(number, {name: row[index] if index < len(row) else "" for index, name in enumerate(columns)})
        for number, row in enumerate(table[1:], 2)
        if any(row)
    ]
    return Sheet(rows, {name: letters(index) for index, name in enumerate(columns)}, formulas)


def _columns(header: list[str], merged: tuple[str, ...]) -> list[str]:
    while header and not header[-1]:
        header = header[:-1]
    faults = [CellFault(cell, "列名不能是合并的单元格。") for cell in merged]
    if not header:
        faults.append(CellFault("A1", "第一行要有列名，现在是空的。"))
    if len(header) > MAX_COLUMNS:
        faults.append(CellFault("", "最多 {limit} 列。", {"limit": MAX_COLUMNS}))
    for index, name in enumerate(header):
        cell = f"{letters(index)}1"
        if not name:
            faults.append(CellFault(cell, "这一列没有列名。"))
        elif name in header[:index]:
            faults.append(CellFault(cell, "列名“{name}”出现了两次。", {"name": name}))
    if faults:
        raise SheetWrong(*faults)
    return header


def _xlsx(data: bytes) -> tuple[list[list[str]], frozenset[str], tuple[str, ...]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            # What a file unpacks to is checked before anything is unpacked: 20 MB can hold terabytes.
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
                raise SheetWrong(CellFault("", "文件解开后超过 {limit} 字节。", {"limit": MAX_UNPACKED}))
            formulas = _formulas(packed)
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            sheet = book.get_sheet_by_index(0)
            table = [[_text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
            ranges = sheet.merged_cell_ranges or []
    except (zipfile.BadZipFile, CalamineError, PasswordError, OSError, ValueError, IndexError) as error:
        raise SheetWrong(CellFault("", "不是能打开的 XLSX 文件。")) from error
    merged = tuple(f"{letters(column)}{row + 1}" for (row, column), _ in ranges if row == 0)
    return table, formulas, merged


def _formulas(packed: zipfile.ZipFile) -> frozenset[str]:
    """The cells of the first sheet that hold a formula; the reader itself gives only their last values."""
    sheets = sorted(name for name in packed.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
    if not sheets:
        return frozenset()
    first = "xl/worksheets/sheet1.xml" if "xl/worksheets/sheet1.xml" in sheets else sheets[0]
    return frozenset(name.decode() for name in _CELL.findall(packed.read(first)))


def _csv(data: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return [
                [cell.strip() for cell in row]
                for row in csv.reader(io.StringIO(text, newline=""), strict=True)
            ]
        except csv.Error as error:
            raise SheetWrong(CellFault("", "不是正确的 CSV：{reason}", {"reason": str(error)})) from error
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


def letters(index: int) -> str:
    """The letters of a column: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name
