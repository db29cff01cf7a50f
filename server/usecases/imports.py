"""What the imports of tables share: their columns, the fate of every row, and what would be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.gateways.spreadsheet import CellFault, Row, Sheet


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one row: `new`, `changed` (which fields), `same`, or `wrong` with its faults.

    `from_day` is the day from which what is reckoned by months follows the change; None: nothing of it waits for a day.
    """

    number: int
    code: str
    outcome: str
    changes: tuple[str, ...] = ()
    faults: tuple[CellFault, ...] = ()
    from_day: date | None = None


@dataclass(slots=True)
class Import:
    """The fate of every row, and the values that would be stored; `unread` says what of the file was not looked at."""

    fates: list[Fate] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    unread: tuple[CellFault, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether every row may be stored."""
        return all(fate.outcome != "wrong" for fate in self.fates)

    def count(self, outcome: str) -> int:
        """How many rows have this outcome."""
        return sum(fate.outcome == outcome for fate in self.fates)


@dataclass(frozen=True, slots=True)
class Headings:
    """Which heading of a sheet stands for which column (None: the sheet lacks it)."""

    sheet: Sheet
    of: Mapping[str, str | None]

    def text(self, row: Row, key: str) -> str:
        """A row's text in a column; empty where the sheet lacks it."""
        heading = self.of[key]
        return row.cells[heading] if heading else ""

    def cell(self, row: Row, key: str) -> str:
        """The name of the cell, such as B7; the row's first where the sheet lacks the column."""
        heading = self.of[key]
        return self.sheet.cell(row, heading) if heading else f"A{row.number}"

    def spoilt(self, row: Row) -> list[CellFault]:
        """A fault for each cell of the row that holds a formula, an error or a number too long, or is merged away."""
        cells = (self.sheet.cell(row, heading) for heading in self.of.values() if heading)
        return [self.sheet.spoilt[cell] for cell in cells if cell in self.sheet.spoilt]


def headings(
    sheet: Sheet, columns: Mapping[str, tuple[str, ...]], required: tuple[str, ...]
) -> tuple[Headings, Fate | None]:
    """The columns of a sheet by their Chinese or English names, and the first row's fate if some are missing."""
    found = {
        key: next((name for name in names if name in sheet.columns), None) for key, names in columns.items()
    }
    missing = [columns[key][0] for key in required if found[key] is None]
    fault = CellFault("A1", "第一行缺少列：{columns}", {"columns": "、".join(missing)})
    return Headings(sheet, found), Fate(1, "", "wrong", faults=(fault,)) if missing else None


def right_code(code: str) -> bool:
    """Whether a code has 1 to 40 letters, digits, dots or dashes."""
    return 1 <= len(code) <= 40 and all(sign.isalnum() or sign in "-_." for sign in code)


def chinese(words: Mapping[str, Any]) -> str:
    """The Chinese ones of a column's allowed words, for a sentence."""
    return "、".join(word for word in words if not word.isascii())
