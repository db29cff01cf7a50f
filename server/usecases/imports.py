"""What the imports of tables share: their columns, the fate of every row, and what would be stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from server.gateways.spreadsheet import CellFault, InBoth, Row, Sheet, read_sheet


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one row: `new`, `changed` (which fields), `same`, or `wrong` with its faults.

    `counts` are those that change, by their codes, as people write them: 96/100 → 97/101.
    `from_day` is the day from which what is reckoned by months follows the change; None: nothing of it waits for a day.
    """

    number: int
    code: str
    outcome: str
    changes: tuple[str, ...] = ()
    faults: tuple[CellFault, ...] = ()
    from_day: date | None = None
    counts: tuple[tuple[str, str], ...] = ()


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


def read(
    path: Path, columns: Mapping[str, tuple[str, str]], required: tuple[str, ...]
) -> tuple[Headings, Fate | None]:
    """The sheet of a file with its columns by their Chinese or English names, and the headings' fate if some are missing.

    Raises SheetWrong (with the cell) for a file that is no such table.
    """
    sheet = read_sheet(path, [name for names in columns.values() for name in names])
    found = {
        key: next((name for name in names if name in sheet.columns), None) for key, names in columns.items()
    }
    missing = [columns[key] for key in required if found[key] is None]
    fault = CellFault(f"A{sheet.header}", "缺少列：{columns}", {"columns": listed(missing)})
    return Headings(sheet, found), Fate(sheet.header, "", "wrong", faults=(fault,)) if missing else None


def right_code(code: str) -> bool:
    """Whether a code has 1 to 40 letters, digits, dots or dashes."""
    return 1 <= len(code) <= 40 and all(sign.isalnum() or sign in "-_." for sign in code)


def listed(words: Iterable[tuple[str, str]]) -> InBoth:
    """Words by their Chinese and English form, one after the other, for a sentence."""
    each = list(words)
    return InBoth("、".join(zh for zh, _ in each), ", ".join(en for _, en in each))


def allowed(words: Mapping[str, Any]) -> InBoth:
    """The words that a column may hold, for a sentence: one for each meaning, in Chinese and in English."""
    meanings = (both(words, meaning) for meaning in dict.fromkeys(words.values()))
    return listed((each.zh, each.en) for each in meanings)


def both(words: Mapping[str, Any], meaning: Any) -> InBoth:
    """The words of a column for one meaning, in Chinese and in English."""
    found = [word for word, each in words.items() if each == meaning and word]
    return InBoth(
        next(word for word in found if not word.isascii()), next(word for word in found if word.isascii())
    )
