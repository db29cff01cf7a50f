"""Writes tables as XLSX and CSV row by row: numbers and dates as such, headings that stay, and no text that a program would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from server.domain import dates
from server.domain.exact import two_decimals
from server.domain.tables import MOST_ROWS, Cell, Column, Holds, Row, Say, TableTooLong
from server.domain.visit import SHANGHAI

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a text begins with that a spreadsheet would take for a formula; some take the wide signs for the narrow ones."""
LONGEST = 32_767
"""So many signs a cell of XLSX holds."""
_SAMPLE = 200
"""So many rows the widths of the columns are taken from."""
_NARROW, _WIDE = 8, 44
_BAD_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))

_FORMATS = {
    Holds.TEXT: "@",
    Holds.WHOLE: "0",
    Holds.HUNDREDTHS: "0.00",
    Holds.PERCENT: "0.00%",
    Holds.YUAN: "#,##0.00",
    Holds.DATE: "yyyy-mm-dd",
    Holds.INSTANT: "yyyy-mm-dd hh:mm",
}


def xlsx(
    file: BinaryIO, name: str, columns: Sequence[Column[Row]], rows: Iterable[Row], say: Say, folder: str
) -> int:
    """Write the rows as one sheet into `file`, and return how many there were.

    `folder` is where the sheet lies until it is whole; memory does not grow with the rows. Raises TableTooLong.
    """
    many = 0
    options = {
        "constant_memory": True,
        "tmpdir": folder,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with closing(xlsxwriter.Workbook(file, options)) as book:
        # One content gives one file: the time of writing is not in it.
        book.set_properties({"created": datetime(2020, 1, 1, tzinfo=UTC)})
        page = book.add_worksheet(name.translate(_BAD_IN_NAMES)[:31])
        styles = {holds: book.add_format({"num_format": form}) for holds, form in _FORMATS.items()}
        # Excel shows such a text and never runs it, not even when somebody edits the cell.
        risky = book.add_format({"num_format": "@", "quote_prefix": True})
        head = book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        )
        headings = [say(column.heading) for column in columns]
        widths = [_width(heading) for heading in headings]
        for x, heading in enumerate(headings):
            page.write_string(0, x, heading, head)
        for row in rows:
            many = _counted(many)
            for x, column in enumerate(columns):
                value = column.read(row, say)
                if value is not None and value != "":
                    if many <= _SAMPLE:
                        widths[x] = max(widths[x], _width(_text(value, column.holds)))
                    _write(page, many, x, value, column.holds, styles, risky)
        for x, width in enumerate(widths):
            page.set_column(x, x, min(width, _WIDE))
        page.freeze_panes(1, 1)
        page.autofilter(0, 0, max(1, many), len(columns) - 1)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
    return many


def comma_separated(file: BinaryIO, columns: Sequence[Column[Row]], rows: Iterable[Row], say: Say) -> int:
    """Write the rows as CSV in UTF-8 with a mark, as Excel asks for; return how many there were. Raises TableTooLong."""
    many = 0
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    written = csv.writer(text, lineterminator="\r\n")
    written.writerow([say(column.heading) for column in columns])
    for row in rows:
        many = _counted(many)
        written.writerow([harmless(column.read(row, say), column.holds) for column in columns])
    text.detach()
    return many


def harmless(value: Cell, holds: Holds = Holds.TEXT) -> str:
    """A cell as text; one that begins like a formula would be run by whoever opens the file, so it gets a sign before it."""
    shown = _text(value, holds)
    return f"'{shown}" if isinstance(value, str) and shown.startswith(RISKY) else shown


def _counted(many: int) -> int:
    if many >= MOST_ROWS:
        raise TableTooLong()
    return many + 1


def _write(
    page: Worksheet, y: int, x: int, value: Any, holds: Holds, styles: dict[Holds, Format], risky: Format
) -> None:
    if isinstance(value, str):
        page.write_string(y, x, value[:LONGEST], risky if value.startswith(RISKY) else styles[Holds.TEXT])
    elif isinstance(value, datetime):
        page.write_datetime(y, x, value.astimezone(SHANGHAI).replace(tzinfo=None), styles[Holds.INSTANT])
    elif isinstance(value, date):
        page.write_datetime(y, x, datetime(value.year, value.month, value.day), styles[Holds.DATE])  # noqa: DTZ001
    elif holds is Holds.PERCENT:
        page.write_number(y, x, value / 10_000, styles[holds])
    elif holds in (Holds.HUNDREDTHS, Holds.YUAN):
        page.write_number(y, x, value / 100, styles[holds])
    else:
        page.write_number(y, x, value, styles[Holds.WHOLE])


def _text(value: Cell, holds: Holds) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return dates.instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value
    if holds is Holds.PERCENT:
        return f"{two_decimals(value)}%"
    return two_decimals(value) if holds in (Holds.HUNDREDTHS, Holds.YUAN) else str(value)


def _width(text: str) -> int:
    """The room that a text needs: a Chinese sign takes two places."""
    return max(_NARROW, 3 + sum(2 if sign > "\u2e7f" else 1 for sign in text[:_WIDE]))
