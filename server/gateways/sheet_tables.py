"""The sheets of a checklist workbook as tables: which sheets and columns are there, in which language, and their rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.gateways.sheet_values import narrow
from server.gateways.sheets_read import Places
from server.gateways.workbook_file import BookSheet, as_text, place
from server.gateways.workbook_layout import SHEETS, Column, SheetLayout


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row that is not blank; its cells are asked for by the column's key."""

    sheet: BookSheet
    number: int
    columns: dict[str, int]

    def raw(self, key: str) -> object:
        """Return the cell as Excel holds it, None for a blank one."""
        cells = self.sheet.rows[self.number]
        column = self.columns[key]
        return cells[column] if column < len(cells) else None

    def text(self, key: str) -> str:
        """Return the cell as text."""
        return as_text(self.raw(key))

    def cell(self, key: str) -> str:
        """Return the cell's name with its sheet, `检查项!D7`."""
        return self.sheet.cell(self.columns[key], self.number)

    def percent(self, key: str) -> bool:
        """Tell whether the cell has Excel's percent format."""
        return self.cell(key).rpartition("!")[2] in self.sheet.marks.percents


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of the workbook by its layout."""

    layout: SheetLayout
    sheet: BookSheet
    rows: list[TableRow]

    @staticmethod
    def plain(name: str) -> str:
        """Return a heading as it is compared: plain letters, small, without blanks around or inside."""
        return "".join(narrow(name).casefold().split())

    @classmethod
    def names(cls, column: Column) -> tuple[str, str]:
        """Return the headings of a column in both languages, as they are compared."""
        return cls.plain(column.zh), cls.plain(column.en)


def read_tables(sheets: Iterable[BookSheet], places: Places) -> dict[str, Table]:
    """Return the tables by key; notes every sheet, column and cell that cannot be taken."""
    layouts = {Table.plain(name): layout for layout in SHEETS for name in (layout.zh, layout.en)}
    tables: dict[str, Table] = {}
    for sheet in sheets:
        layout = layouts.get(Table.plain(sheet.name))
        if layout is None:
            places.fault(place(sheet.name), "sheet_unknown", sheet=sheet.name)
        elif layout.key in tables:
            places.fault(place(sheet.name), "sheet_twice", sheet=sheet.name)
        else:
            tables[layout.key] = _table(layout, sheet, places)
    for layout in SHEETS:
        if layout.key not in tables:
            places.fault(place(layout.zh), "sheet_missing", sheet=(layout.zh, layout.en))
    return tables


def _table(layout: SheetLayout, sheet: BookSheet, places: Places) -> Table:
    refuse_marks(sheet, places)
    columns = _columns(layout, sheet, places)
    rows = [
        TableRow(sheet, number, columns)
        for number, cells in enumerate(sheet.rows)
        if number
        and any(as_text(cells[column]).strip() for column in columns.values() if column < len(cells))
    ]
    return Table(layout, sheet, rows)


def _columns(layout: SheetLayout, sheet: BookSheet, places: Places) -> dict[str, int]:
    known = {name: column for column in layout.columns for name in Table.names(column)}
    found: dict[str, int] = {}
    header = [as_text(cell).strip() for cell in sheet.rows[0]] if sheet.rows else []
    if not any(header):
        places.fault(sheet.cell(0, 0), "sheet_empty")
        return {}
    for index, name in enumerate(header):
        column = known.get(Table.plain(name))
        if not name:
            if any(index < len(cells) and as_text(cells[index]).strip() for cells in sheet.rows):
                places.fault(sheet.cell(index, 0), "column_unnamed")
        elif column is None:
            places.fault(sheet.cell(index, 0), "column_unknown", column=name[:40])
        elif column.key in found:
            places.fault(sheet.cell(index, 0), "column_twice", column=name)
        else:
            found[column.key] = index
    for column in layout.columns:
        if column.key not in found:
            places.fault(sheet.cell(len(header), 0), "column_missing", column=column.both)
    return found


def refuse_marks(sheet: BookSheet, places: Places) -> None:
    """Note each formula, error value and merged range of a sheet."""
    for cell in sheet.marks.formulas:
        places.fault(place(sheet.name, cell), "cell_formula")
    for cell, value in sheet.marks.errors.items():
        if cell not in sheet.marks.formulas:
            places.fault(place(sheet.name, cell), "cell_error", value=value)
    for ranged in sheet.marks.merged:
        first = ranged.partition(":")[0]
        header = first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "1"
        places.fault(
            place(sheet.name, first), "cell_merged_header" if header else "cell_merged", range=ranged
        )
