"""Writes tables of money as XLSX and CSV: amounts as numbers in yuan, exact to the fen, and no text that a program would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter

from server.domain.exact import two_decimals
from server.gateways.checklist_workbook import SAFE
from server.gateways.table_files import harmless

TEXT, NUMBER, HUNDREDTHS = "text", "number", "hundredths"
"""What a column holds; hundredths are an amount in fen or a score, and are shown with two decimals."""
_WIDTHS = {TEXT: 18, NUMBER: 10, HUNDREDTHS: 14}

Cell = str | int | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what it holds, and whether its sum stands below."""

    heading: str
    holds: str = TEXT
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its name, a note above it (empty: none), its columns and rows."""

    name: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def workbook(sheets: Sequence[Sheet], total: str) -> bytes:
    """Return the sheets as one XLSX file; `total` is the word before the sums."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as book:
        # One content gives one file: the time of writing is not in it.
        book.set_properties({"created": datetime(2020, 1, 1, tzinfo=UTC)})
        head = book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True})
        note = book.add_format({"bold": True, "font_color": "#9C2A1C"})
        styles = {
            TEXT: book.add_format({"num_format": "@"}),
            NUMBER: book.add_format({"num_format": "General"}),
            HUNDREDTHS: book.add_format({"num_format": "#,##0.00"}),
        }
        bold = book.add_format({"bold": True, "top": 1})
        sum_ = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            top = 1 if sheet.note else 0
            if sheet.note:
                page.write_string(0, 0, sheet.note, note)
            for x, column in enumerate(sheet.columns):
                page.set_column(x, x, _WIDTHS[column.holds])
                page.write_string(top, x, column.heading, head)
                for y, row in enumerate(sheet.rows, top + 1):
                    value = row[x]
                    if value is None:
                        continue
                    if isinstance(value, str):
                        page.write_string(y, x, value, styles[TEXT])
                    else:
                        number = value / 100 if column.holds == HUNDREDTHS else value
                        page.write_number(y, x, number, styles[column.holds])
                if column.summed:
                    whole = sum(int(row[x] or 0) for row in sheet.rows)
                    page.write_number(top + 1 + len(sheet.rows), x, whole / 100, sum_)
            if any(column.summed for column in sheet.columns):
                page.write_string(top + 1 + len(sheet.rows), 0, total, bold)
            page.freeze_panes(top + 1, 2)
            page.autofilter(top, 0, top + max(1, len(sheet.rows)), len(sheet.columns) - 1)
            page.set_landscape()
            page.fit_to_pages(1, 0)
            page.repeat_rows(top)
    return stream.getvalue()


def table(sheet: Sheet) -> bytes:
    """Return a sheet as CSV in UTF-8 with a mark, as spreadsheets ask for; its note stands in no row."""
    stream = io.StringIO()
    written = csv.writer(stream, lineterminator="\r\n")
    written.writerow([column.heading for column in sheet.columns])
    for row in sheet.rows:
        written.writerow(
            [_text(value, column.holds) for value, column in zip(row, sheet.columns, strict=True)]
        )
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def _text(value: Cell, holds: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return harmless(value)
    return two_decimals(int(value)) if holds == HUNDREDTHS else str(value)
