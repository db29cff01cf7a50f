"""Reads a checklist from an XLSForm: our own export back exactly, a foreign form as a draft without points."""

from collections.abc import Iterable

from server.gateways.sheets_read import Places, SheetsRead, limited, refused
from server.gateways.workbook_file import BookSheet, WorkbookWrong, open_workbook, place
from server.gateways.xlsform_foreign import read_foreign
from server.gateways.xlsform_ours import read_ours
from server.gateways.xlsform_rows import BIND, HEAD
from server.gateways.xlsform_sheets import form_sheets


def read_xlsform(data: bytes, name: str) -> SheetsRead:
    """Read and check an XLSForm; nothing is raised for what is wrong with it."""
    try:
        sheets = open_workbook(data, name)
    except WorkbookWrong as wrong:
        return refused(wrong.findings, format="xlsform")
    return read_form(sheets, name)


def is_xlsform(sheets: Iterable[BookSheet]) -> bool:
    """Tell whether a workbook is an XLSForm: it has a survey."""
    return any(sheet.name.strip().casefold() == "survey" for sheet in sheets)


def read_form(sheets: Iterable[BookSheet], name: str) -> SheetsRead:
    """Read an opened XLSForm."""
    places = Places(name)
    forms, others = form_sheets(sheets, places)
    if "survey" not in forms:
        places.fault(place("survey"), "sheet_missing", sheet="survey")
    ours = any(heading.startswith((BIND, HEAD)) for sheet in forms.values() for heading in sheet.columns)
    if ours:
        for sheet in others:
            places.fault(place(sheet.name), "sheet_unknown", sheet=sheet.name)
    if places.findings:
        return refused(limited(places.findings, name), format="xlsform")
    return read_ours(forms, places) if ours else read_foreign(forms, others, places)
