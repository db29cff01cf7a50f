"""Reads back an XLSForm that we exported: our own data and the labels make the checklist, all else must follow."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from server.domain.checklist_plain import plain
from server.domain.findings import at
from server.gateways.condition_text import read_condition_text
from server.gateways.sheet_fitness import NotForSheets, whole
from server.gateways.sheets_read import Places, SheetsRead, limited
from server.gateways.xlsform_rows import (
    BIND,
    CHOICES,
    FLAGS,
    HEAD,
    LANGUAGES,
    LITERALS,
    NUMBERS,
    PROHIBITIONS,
    SETTINGS,
    SURVEY,
    TEXTS,
    form_rows,
    question,
    unsafe,
)
from server.gateways.xlsform_sheets import FormRow, FormSheet

_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_SOURCES = {
    "relevant": "when",
    "type": "kind",
    "required": "points, required",
    "parameters": "kind, min, max, max_px",
}


def read_ours(sheets: dict[str, FormSheet], places: Places) -> SheetsRead:
    """Return the checklist of a form of ours; every cell that does not follow from our own data is a finding."""
    for name, columns in (("survey", SURVEY), ("choices", CHOICES), ("settings", SETTINGS)):
        _check_columns(sheets.get(name), name, columns, places)
    if places.findings:
        return SheetsRead(None, limited(places.findings, places.file), format="xlsform")
    reader = _Reader(sheets, places)
    written = reader.checklist()
    read = places.checked(written, format="xlsform")
    if read.draft is not None and read.compiled is not None:
        _check_derived(sheets, plain(read.draft), read.compiled, places)
        if places.findings:
            return replace(read, findings=limited(places.findings, places.file), compiled=None)
    return read


def _check_columns(sheet: FormSheet | None, name: str, columns: tuple[str, ...], places: Places) -> None:
    if sheet is None:
        places.fault(name, "sheet_missing", sheet=name)
        return
    for column in columns:
        if column not in sheet.columns:
            places.fault(sheet.book.cell(len(sheet.columns), 0), "column_missing", column=column)
    for column in sheet.columns:
        if column not in columns:
            places.fault(sheet.heading(column), "column_unknown", column=column[:40])


class _Reader:
    def __init__(self, sheets: dict[str, FormSheet], places: Places) -> None:
        self._sheets, self._places = sheets, places
        self._options: dict[str, list[FormRow]] = {}
        for row in sheets["choices"].rows:
            self._options.setdefault(row.get("list_name"), []).append(row)

    def checklist(self) -> dict[str, Any]:
        """Return the checklist in the written notation, as far as it can be read."""
        head = self._head()
        prohibitions = self._prohibitions()
        if prohibitions:
            head["prohibitions"] = prohibitions
        head["sections"] = self._sections()
        return head

    def _head(self) -> dict[str, Any]:
        rows = self._sheets["settings"].rows
        if not rows:
            self._places.fault("settings", "sheet_empty")
            return {}
        row = rows[0]
        self._places.cells[""] = row.cell("form_id")
        head: dict[str, Any] = {"id": row.get("form_id"), "title": {}}
        self._places.cells["/id"] = row.cell("form_id")
        self._set(head, "version", row, "version", "", self._number)
        for language in LANGUAGES:
            self._set(head["title"], language, row, f"{HEAD}title_{language}", "/title", _text)
        for key in ("points", "critical_cap", "fail_below"):
            self._set(head, key, row, f"{HEAD}{key}", "", self._number)
        self._set(head, "prohibition_scoring", row, f"{HEAD}prohibition_scoring", "", _text)
        for key in ("visit_kinds", "tiers", "retired"):
            self._set(head, key, row, f"{HEAD}{key}", "", lambda row, heading: row.get(heading).split())
        self._set(head, "changes", row, f"{HEAD}changes", "", self._json)
        return head

    def _prohibitions(self) -> dict[str, Any]:
        return {
            row.get("name"): self._labels(row, at("", "prohibitions", row.get("name")))
            for row in self._options.get(PROHIBITIONS, [])
        }

    def _sections(self) -> list[dict[str, Any]]:
        sections: list[dict[str, Any]] = []
        for row in self._sheets["survey"].rows:
            if f"{BIND}id" not in row.values:
                continue
            if f"{BIND}kind" in row.values:
                if not sections:
                    self._places.fault(row.cell("name"), "no_such_section", id="?")
                    continue
                items = sections[-1]["items"]
                items.append(self._item(row, at("", "sections", len(sections) - 1, "items", len(items))))
            else:
                path = at("", "sections", len(sections))
                self._places.cells[path] = row.cell(f"{BIND}id")
                section = {"id": row.get(f"{BIND}id"), "title": self._labels(row, at(path, "title"))}
                self._set(section, "points", row, f"{BIND}points", path, self._number)
                self._set(section, "when", row, f"{BIND}when", path, self._condition)
                sections.append(section | {"items": []})
        return sections

    def _item(self, row: FormRow, path: str) -> dict[str, Any]:
        name = row.get(f"{BIND}id")
        self._places.cells[path] = row.cell(f"{BIND}id")
        item: dict[str, Any] = {
            "id": name,
            "kind": row.get(f"{BIND}kind"),
            "text": self._labels(row, at(path, "text")),
        }
        self._places.cells[at(path, "kind")] = row.cell(f"{BIND}kind")
        for keys, read in (
            (NUMBERS, self._number),
            (TEXTS, _text),
            (FLAGS, self._yes),
            (LITERALS, self._json),
        ):
            for key in keys:
                self._set(item, key, row, f"{BIND}{key}", path, read)
        self._set(item, "required", row, f"{BIND}required", path, _required)
        self._set(item, "when", row, f"{BIND}when", path, self._condition)
        self._set(item, "cases", row, f"{BIND}cases", path, self._cases)
        photo: dict[str, Any] = {}
        self._set(photo, "when", row, f"{BIND}photo", at(path, "photo"), _text)
        self._set(photo, "below", row, f"{BIND}photo_below", at(path, "photo"), self._number)
        for holder, key, prefix in ((photo, "hint", "photo_hint_"), (item, "unit", "unit_")):
            words: dict[str, Any] = {}
            for language in LANGUAGES:
                self._set(words, language, row, f"{BIND}{prefix}{language}", at(path, key), _text)
            if words:
                holder[key] = words
        if photo:
            item["photo"] = {"when": "never"} | photo
        if item["kind"] in ("choice", "multi"):
            item["options"] = {
                each.get("name"): self._option(each, at(path, "options", each.get("name")))
                for each in self._options.get(question(name), [])
                if each.get("name") != "na"
            }
        return item

    def _option(self, row: FormRow, path: str) -> dict[str, Any]:
        self._places.cells[path] = row.cell("name")
        self._places.cells.setdefault(path.rpartition("/")[0], row.cell("name"))
        option: dict[str, Any] = self._labels(row, path)
        self._set(option, "credit", row, "xunting_credit", path, self._number)
        self._set(option, "voids", row, "xunting_voids", path, self._yes)
        return option

    def _labels(self, row: FormRow, path: str) -> dict[str, Any]:
        words: dict[str, Any] = {}
        for language, title in LANGUAGES.items():
            self._set(words, language, row, f"label::{title}", path, _text)
        return words

    def _set(self, into: dict[str, Any], key: str, row: FormRow, heading: str, path: str, read: Any) -> None:
        self._places.cells[at(path, key)] = row.cell(heading)
        if heading in row.values:
            value = read(row, heading)
            if value is not None:
                into[key] = value

    def _number(self, row: FormRow, heading: str) -> int | None:
        if not _WHOLE.fullmatch(row.get(heading)):
            self._places.fault(row.cell(heading), "cell_whole", value=row.get(heading)[:40])
            return None
        return int(row.get(heading))

    def _yes(self, row: FormRow, heading: str) -> bool | None:
        if row.get(heading) != "yes":
            self._places.fault(row.cell(heading), "cell_word", value=row.get(heading)[:40], allowed="yes")
            return None
        return True

    def _json(self, row: FormRow, heading: str) -> Any:
        try:
            return json.loads(unsafe(row.values[heading]))
        except (ValueError, RecursionError):
            self._places.fault(row.cell(heading), "cell_json", value=row.get(heading)[:40])
            return None

    def _condition(self, row: FormRow, heading: str) -> Any:
        return self._read_condition(unsafe(row.values[heading]), row.cell(heading))

    def _read_condition(self, text: str, cell: str) -> Any:
        written, findings = read_condition_text(text, "")
        self._places.findings += [each.in_cell(self._places.file, cell) for each in findings]
        return written

    def _cases(self, row: FormRow, heading: str) -> Any:
        cases = self._json(row, heading)
        for case in cases if isinstance(cases, list) else []:
            if isinstance(case, dict) and isinstance(case.get("when"), str):
                case["when"] = self._read_condition(case["when"], row.cell(heading))
        return cases


def _text(row: FormRow, heading: str) -> str:
    return unsafe(row.values[heading])


def _required(row: FormRow, heading: str) -> bool | str:
    return True if row.get(heading) == "yes" else row.get(heading)


def _check_derived(
    sheets: dict[str, FormSheet], written: dict[str, Any], compiled: dict[str, Any], places: Places
) -> None:
    """The rest of the form must be what the checklist gives: a change there alone would be lost without a word."""
    try:
        wanted = form_rows(whole(written), compiled)
    except NotForSheets as wrong:
        places.findings += map(places.put, wrong.findings)
        return
    for name, columns, rows in (
        ("survey", SURVEY, wanted.survey),
        ("choices", CHOICES, wanted.choices),
        ("settings", SETTINGS, wanted.settings),
    ):
        _compare(sheets[name], columns, rows, places)


def _compare(
    sheet: FormSheet, columns: tuple[str, ...], wanted: list[dict[str, str]], places: Places
) -> None:
    key = columns[:2]
    item = ""
    for n, row in enumerate(sheet.rows):
        item = row.get(f"{BIND}id") or item
        if n >= len(wanted) or any(row.get(each) != wanted[n].get(each, "") for each in key[1:]):
            places.fault(row.cell(key[1]), "form_row_derived", item=item or row.get(key[1])[:40])
            return
        for column in columns:
            if row.values.get(column, "") != wanted[n].get(column, ""):
                _differs(row, column, wanted[n], places)
    if len(sheet.rows) < len(wanted):
        missing = wanted[len(sheet.rows)]
        places.fault(sheet.book.name, "form_row_derived", item=missing.get("name", "?"))


def _differs(row: FormRow, column: str, wanted: Mapping[str, str], places: Places) -> None:
    source = _SOURCES.get(column, "min, max" if column == "constraint" else "id, kind")
    expected = wanted.get(column, "")
    facts = {
        "column": column,
        "source": source,
        "expected": expected if len(expected) < 200 else expected[:200] + "…",
    }
    places.fault(row.cell(column), "form_derived", **facts)
