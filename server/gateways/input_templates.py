"""Writes the workbook that a file to import begins from: its headings and an example line."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime

import xlsxwriter

from server.domain.imports import Column
from server.gateways.checklist_workbook import SAFE

WIDTH = 20


def template(columns: Iterable[Column], language: str) -> bytes:
    """Return an XLSX file with its headings in a language and one row; numbers are numbers, all else is text as it stands."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as book:
        # One content gives one file: the time of writing is not in it.
        book.set_properties({"created": datetime(2020, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
        text = book.add_format({"num_format": "@"})
        sheet.freeze_panes(1, 0)
        for column, each in enumerate(columns):
            name, value = each.en if language == "en" else each.zh, each.example
            # A column of text keeps codes with zeros in front and months as they are typed.
            sheet.set_column(column, column, WIDTH, text if isinstance(value, str) else None)
            sheet.write_string(0, column, name, head)
            sheet.write(1, column, value, *([text] if isinstance(value, str) else []))
    return stream.getvalue()
