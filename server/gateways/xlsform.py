"""Writes a checklist as an XLSForm, for ODK Collect, KoboToolbox and their kin; xlsform_reading reads it back."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from server.domain.findings import Finding
from server.gateways.checklist_workbook import SAFE
from server.gateways.sheet_fitness import LONGEST_CELL, NotForSheets, whole
from server.gateways.xlsform_rows import CHOICES, SETTINGS, SURVEY, Row, form_rows

_WIDTHS = {"type": 24, "name": 14, "relevant": 40, "constraint": 24}


def xlsform(written: dict[str, Any], compiled: dict[str, Any]) -> bytes:
    """Return the checklist as an XLSForm: survey, choices and settings.

    Raises NotForSheets when its shape is wrong, or for a text that no cell holds.
    """
    rows = form_rows(whole(written), compiled)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as book:
        # One content gives one file: the time of writing is not in it.
        book.set_properties({"title": compiled["id"], "created": datetime(2020, 1, 1, tzinfo=UTC)})
        _sheet(book, "survey", SURVEY, rows.survey)
        _sheet(book, "choices", CHOICES, rows.choices)
        _sheet(book, "settings", SETTINGS, rows.settings)
    return stream.getvalue()


def _sheet(book: xlsxwriter.Workbook, name: str, columns: Sequence[str], rows: list[Row]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 2)
    head = book.add_format({"bold": True, "bg_color": "#DDEBF7"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    for column, title in enumerate(columns):
        wide = 36 if title.startswith(("label", "hint")) else _WIDTHS.get(title, 16)
        sheet.set_column(column, column, wide, text)
        sheet.write_string(0, column, title, head)
    for number, row in enumerate(rows, start=1):
        for column, title in enumerate(columns):
            if title in row and sheet.write_string(number, column, row[title], text):
                facts = {"length": len(row[title]), "limit": LONGEST_CELL}
                raise NotForSheets([Finding(f"/{name}/{number}/{title}", "unfit_long", facts)])
