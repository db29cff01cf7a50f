"""Writes a checklist as an XLSX workbook that a person can read and edit; checklist_sheets reads it back, exactly."""

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from server.gateways.condition_text import condition_text
from server.gateways.sheet_fitness import LONGEST_CELL, UNFIT, NotForSheets, whole
from server.gateways.workbook_layout import (
    ABOUT,
    BANDS,
    CHANGES,
    HOW_TO,
    ITEMS,
    OPTIONS,
    PROHIBITIONS,
    SECTIONS,
    Column,
    SheetLayout,
    Vocabulary,
)

__all__ = ["SAFE", "NotForSheets", "workbook"]

SAFE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": False,
}
_LAST_ROW = 5000
_EXACT = 10**15

Cells = dict[str, Any]


def workbook(
    written: dict[str, Any], *, language: str = "zh", history: Sequence[Sequence[object]] = ()
) -> bytes:
    """Return the checklist as an XLSX file; `history` are rows of version, date, who, what changed.

    Raises NotForSheets when its shape is wrong, or for a text that no cell holds.
    """
    checklist = whole(written)
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, SAFE) as book:
        # One content gives one file: the time of writing is not in it.
        book.set_properties({"title": checklist["id"], "created": datetime(2020, 1, 1, tzinfo=UTC)})
        sheets = _Sheets(book, language)
        sheets.about(checklist)
        sheets.table(SECTIONS, _sections(checklist, language))
        sheets.table(ITEMS, _items(checklist, language))
        sheets.table(OPTIONS, _options(checklist))
        sheets.table(BANDS, _bands(checklist, language))
        sheets.table(PROHIBITIONS, _prohibitions(checklist))
        sheets.changes(checklist.get("changes") or {}, history)
    return stream.getvalue()


def _sections(checklist: dict[str, Any], language: str) -> Iterator[Cells]:
    for section in checklist["sections"]:
        yield {
            **_flat(section, "id", "points"),
            **_words(section.get("title"), "title/"),
            "when": _condition(section.get("when"), language),
        }


def _items(checklist: dict[str, Any], language: str) -> Iterator[Cells]:
    same = (checklist.get("changes") or {}).get("same", [])
    for section in checklist["sections"]:
        for item in section["items"]:
            photo = item.get("photo", {})
            photo = {"when": photo} if isinstance(photo, str) else photo
            keys = ("id", "kind", "points", "source", "min_chars", "prohibition", "min", "max", "max_px",
                    "indicator", "follows", "credits", "later")  # fmt: skip
            required = item.get("required", False)
            yield {
                "section": section["id"],
                **_flat(item, *keys),
                **_words(item.get("text"), "text/"),
                **_words(item.get("unit"), "unit/"),
                **_words(photo.get("hint"), "photo/hint/"),
                "photo/when": photo.get("when"),
                "photo/below": photo.get("below"),
                "when": _condition(item.get("when"), language),
                "required": "yes" if required is True else required or None,
                **{key: "yes" for key in ("na", "critical", "leaving", "original") if item.get(key)},
                "against": "same" if item["id"] in same else None,
            }


def _options(checklist: dict[str, Any]) -> Iterator[Cells]:
    for item in _all_items(checklist):
        for name, option in item.get("options", {}).items():
            voids = "yes" if option.get("voids") else None
            yield {"item": item["id"], "id": name, **_flat(option, "zh", "en", "credit"), "voids": voids}


def _bands(checklist: dict[str, Any], language: str) -> Iterator[Cells]:
    for item in _all_items(checklist):
        tables = [(_condition(case["when"], language), case["bands"]) for case in item.get("cases", [])]
        for when, rows in [*tables, (None, item.get("bands") or [])]:
            above = None
            for upto, credit in rows:
                yield {"item": item["id"], "when": when, "above": above, "upto": upto, "credit": credit}
                above = upto


def _prohibitions(checklist: dict[str, Any]) -> Iterator[Cells]:
    for name, words in checklist.get("prohibitions", {}).items():
        yield {"id": name, **_words(words, "")}


def _all_items(checklist: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in checklist["sections"]:
        yield from section["items"]


def _flat(source: dict[str, Any], *keys: str) -> Cells:
    return {key: source[key] for key in keys if key in source}


def _words(words: dict[str, str] | None, prefix: str) -> Cells:
    return {f"{prefix}{language}": text for language, text in (words or {}).items()}


def _condition(written: Any, language: str) -> str | None:
    return None if written is None else condition_text(written, language)


class _Sheets:
    """Writes the sheets in one language and look."""

    def __init__(self, book: xlsxwriter.Workbook, language: str) -> None:
        self._book, self._language = book, language
        text = {"font_size": 10.5, "valign": "top", "text_wrap": True, "font_name": "Microsoft YaHei"}
        self._head = book.add_format(
            {
                **text,
                "bold": True,
                "bg_color": "#1F4E79",
                "font_color": "#FFFFFF",
                "border": 1,
                "valign": "vcenter",
            }
        )
        # `@` keeps ids, numbers typed as texts and what looks like a date as they are typed.
        self._text = book.add_format({**text, "num_format": "@"})
        self._wide = book.add_format(text)
        self._number = book.add_format({**text, "align": "right"})
        self._faint = book.add_format({**text, "font_color": "#666666"})
        self._bold = book.add_format({**text, "bold": True})

    def about(self, checklist: dict[str, Any]) -> None:
        """Write the head of the checklist and how to use the workbook."""
        sheet = self._begin(ABOUT)
        given = {
            **_flat(checklist, *(each.key for each in ABOUT.entries)),
            **_words(checklist.get("title"), "title/"),
        }
        row = 1
        for entry in ABOUT.entries:
            sheet.write_string(row, 0, entry.heading(self._language), self._bold)
            self._put(sheet, row, 1, entry, given.get(entry.key))
            sheet.write_string(row, 2, self._explained(entry), self._faint)
            if entry.form == "word" and entry.words:
                sheet.data_validation(row, 1, row, 1, self._list(entry.words))
            row += 1
        for title, text in HOW_TO[self._language]:
            row += 1
            sheet.write_string(row, 0, title, self._bold)
            sheet.write_string(row, 2, text, self._wide)

    def changes(self, changes: dict[str, Any], history: Sequence[Sequence[object]]) -> None:
        """Write what the author says of this version, and the rows of its history."""
        sheet = self._begin(CHANGES)
        for row, entry in enumerate(CHANGES.entries[:-1], start=1):
            sheet.write_string(row, 0, entry.heading(self._language), self._bold)
            self._put(sheet, row, 1, entry, changes.get(entry.key))
        title = CHANGES.entries[-1].heading(self._language)
        for row, cells in enumerate(history, start=len(CHANGES.entries)):
            sheet.write_string(row, 0, title, self._faint)
            shown = [str(cell) for cell in cells]
            for column, text in enumerate([*shown[:3], "；".join(shown[3:])], start=2):
                sheet.write_string(row, column, UNFIT.sub("?", text)[: LONGEST_CELL // 2], self._wide)

    def table(self, layout: SheetLayout, rows: Iterator[Cells]) -> None:
        """Write a sheet with a row for each thing."""
        sheet = self._begin(layout)
        count = 0
        for count, cells in enumerate(rows, start=1):
            for column, each in enumerate(layout.columns):
                self._put(sheet, count, column, each, cells.get(each.key))
        for column, each in enumerate(layout.columns):
            if each.words:
                sheet.data_validation(1, column, max(count, _LAST_ROW), column, self._list(each.words))
        sheet.autofilter(0, 0, max(count, 1), len(layout.columns) - 1)

    def _begin(self, layout: SheetLayout) -> Worksheet:
        sheet = self._book.add_worksheet(layout.heading(self._language))
        sheet.freeze_panes(1, 2 if layout in (ITEMS, OPTIONS) else 0)
        sheet.set_row(0, 32)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for column, each in enumerate(layout.columns):
            sheet.set_column(column, column, each.width, self._format(each))
            sheet.write_string(0, column, each.heading(self._language), self._head)
            if note := self._explained(each):
                sheet.write_comment(0, column, note, {"x_scale": 1.8, "author": ""})
        return sheet

    def _explained(self, column: Column) -> str:
        zh = self._language == "zh"
        note = column.note_zh if zh else column.note_en
        if column.words:
            words = [pair[0 if zh else 1] for pair in column.words.values()]
            note = f"{note}{'' if column.form == 'words' or not note else chr(10)}{('、' if zh else ', ').join(words)}"
        return note

    def _list(self, words: Vocabulary) -> dict[str, Any]:
        """Excel offers the words in a list and warns of others; the reader takes the codes as well."""
        zh = self._language == "zh"
        return {
            "validate": "list",
            "source": [pair[0 if zh else 1] for pair in words.values()],
            "error_type": "warning",
            "error_title": "不在清单里" if zh else "Not in the list",
            "error_message": "请从清单里选。" if zh else "Please choose from the list.",
        }

    def _format(self, column: Column) -> Format:
        return (
            self._number
            if column.form in ("points", "percent", "signed_percent", "whole", "hours")
            else self._text
        )

    def _put(self, sheet: Worksheet, row: int, column: int, layout: Column, value: Any) -> None:
        if value is None:
            return
        shown = self._shown(layout, value)
        if isinstance(shown, str):
            sheet.write_string(row, column, shown, self._text)
        else:
            sheet.write_number(row, column, shown, self._number)

    def _shown(self, column: Column, value: Any) -> str | int | float:
        word = 0 if self._language == "zh" else 1
        comma = "、" if word == 0 else ", "
        if column.form == "points":
            return int(value) / 100
        if column.form in ("percent", "signed_percent"):
            return int(value) / 10
        if column.form == "percents":
            return ", ".join(f"{each / 10:g}" for each in value)
        if column.form == "hours":
            return int(value.removesuffix("h"))
        if column.form == "word" and column.words:
            return column.words[value][word]
        if column.form == "words" and column.words:
            return comma.join(column.words[each][word] for each in value)
        if column.form == "ids":
            return ", ".join(value)
        if isinstance(value, int) and abs(value) >= _EXACT:
            return str(value)
        return value if isinstance(value, int) else str(value)
