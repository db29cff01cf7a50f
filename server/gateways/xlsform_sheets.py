"""The sheets of an XLSForm as rows by heading, with the cell of each value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.gateways.sheet_tables import refuse_marks
from server.gateways.sheets_read import Places
from server.gateways.workbook_file import BookSheet, as_text

NAMES = ("survey", "choices", "settings")


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row that is not blank: its values by heading, kept letter for letter; blank ones are left out."""

    values: dict[str, str]
    sheet: "FormSheet"
    number: int

    def get(self, heading: str) -> str:
        """Return a value without blanks around it, empty when there is none."""
        return self.values.get(heading, "").strip()

    def cell(self, heading: str) -> str:
        """Return the cell of a value, or the row's first cell where the sheet has no such column."""
        return self.sheet.book.cell(self.sheet.columns.get(heading, 0), self.number)


@dataclass(frozen=True, slots=True)
class FormSheet:
    """One sheet: the column of each heading, and its rows."""

    book: BookSheet
    columns: dict[str, int]
    rows: list[FormRow]

    def heading(self, name: str) -> str:
        """Return the cell of a heading."""
        return self.book.cell(self.columns.get(name, 0), 0)


def form_sheets(sheets: Iterable[BookSheet], places: Places) -> tuple[dict[str, FormSheet], list[BookSheet]]:
    """Return the sheets of the form by name, and those that a form does not have."""
    found: dict[str, FormSheet] = {}
    others = []
    for sheet in sheets:
        name = sheet.name.strip().casefold()
        if name in NAMES and name not in found:
            refuse_marks(sheet, places)
            found[name] = _form_sheet(sheet, places)
        else:
            others.append(sheet)
    return found, others


def _form_sheet(sheet: BookSheet, places: Places) -> FormSheet:
    columns: dict[str, int] = {}
    for index, cell in enumerate(sheet.rows[0] if sheet.rows else []):
        name = as_text(cell).strip()
        if name in columns:
            places.fault(sheet.cell(index, 0), "column_twice", column=name[:40])
        elif name:
            columns[name] = index
    form = FormSheet(sheet, columns, [])
    form.rows.extend(_rows(sheet, form))
    return form


def _rows(sheet: BookSheet, form: FormSheet) -> Iterator[FormRow]:
    for number, cells in enumerate(sheet.rows):
        values = {
            name: text
            for name, column in form.columns.items()
            if column < len(cells) and (text := as_text(cells[column])).strip()
        }
        if number and values:
            yield FormRow(values, form, number)
