"""Reads a checklist from an XLSForm."""

from server.gateways.sheets_read import SheetsRead
from server.gateways.workbook_file import BookSheet


def is_xlsform(sheets: list[BookSheet]) -> bool:
    return False


def read_form(sheets: list[BookSheet], name: str) -> SheetsRead:
    raise NotImplementedError
