"""What the imports of tables share: their columns, the fate of every row, and what would be stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from server.domain.imports import Change, Column
from server.gateways.spreadsheet import CellFault, InBoth, Row, Sheet, read_sheet


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one row: `new`, `changed` (which fields), `same`, or `wrong` with its faults.

    Of `changes` a text is the field's name alone. `counts` are those that change, by their codes, as people write them:
    96/100 → 97/101. `notes` say what of a row that is right is to be heeded. `name` is what people call it, beside its code.
    """

    number: int
    code: str
    outcome: str
    changes: tuple[str | Change, ...] = ()
    faults: tuple[CellFault, ...] = ()
    counts: tuple[tuple[str, str], ...] = ()
    notes: tuple[CellFault, ...] = ()
    name: str = ""


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

    @property
    def changes(self) -> bool:
        """Whether storing it would change anything."""
        return self.clean and any(self.count(each) for each in ("new", "changed", "gone"))

    @property
    def waits(self) -> bool:
        """Whether what is reckoned by months follows some change from a later day on alone."""
        return any(isinstance(c, Change) and c.from_day for fate in self.fates for c in fate.changes)

    def sums(self) -> dict[str, int]:
        """How many rows are `new`, `changed` (members off a list too), the `same` and `wrong`."""
        return {
            "new": self.count("new"),
            "changed": self.count("changed") + self.count("gone"),
            "same": self.count("same"),
            "wrong": self.count("wrong"),
        }

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

    def hollow(self) -> Fate | None:
        """The headings' fate where there is nothing under them."""
        if self.sheet.rows:
            return None
        below = CellFault(f"A{self.sheet.header + 1}", "列名下面没有内容。")
        return Fate(self.sheet.header, "", "wrong", faults=(below,))

    def spoilt(self, row: Row) -> list[CellFault]:
        """A fault for each cell of the row that holds a formula, an error or a number too long, or is merged away."""
        cells = (self.sheet.cell(row, heading) for heading in self.of.values() if heading)
        return [self.sheet.spoilt[cell] for cell in cells if cell in self.sheet.spoilt]


def read(path: Path, columns: Mapping[str, Column]) -> tuple[Headings, Fate | None]:
    """The sheet of a file with its columns by their Chinese or English names, and the headings' fate if some are missing.

    Raises SheetWrong (with the cell) for a file that is no such table.
    """
    names = {key: (column.zh, column.en) for key, column in columns.items()}
    sheet = read_sheet(path, [name for each in names.values() for name in each])
    found = {key: next((name for name in each if name in sheet.columns), None) for key, each in names.items()}
    missing = [names[key] for key, column in columns.items() if column.required and found[key] is None]
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
