"""Reads a checklist from the workbook that checklist_workbook writes: a dry run with each finding at its cell."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from server.domain.findings import at
from server.gateways.band_rows import add_bands
from server.gateways.condition_labels import resolve_labels
from server.gateways.sheet_tables import Table, read_tables
from server.gateways.sheet_values import Unreadable, bound_of, value_of
from server.gateways.sheets_read import Places, SheetsRead, limited, refused
from server.gateways.workbook_file import BookSheet, WorkbookWrong, open_workbook, place
from server.gateways.workbook_layout import (
    ABOUT,
    BANDS,
    CHANGES,
    ITEMS,
    KINDS,
    OPTIONS,
    PROHIBITIONS,
    SECTIONS,
    SHEETS,
    Column,
)
from server.gateways.xlsform_reading import is_xlsform, read_form

_OPTION_KINDS = ("choice", "multi")


def read_workbook(data: bytes, name: str) -> SheetsRead:
    """Read and check a checklist workbook; nothing is raised for what is wrong with it."""
    try:
        sheets = open_workbook(data, name)
    except WorkbookWrong as wrong:
        return refused(wrong.findings)
    return _read(sheets, name)


def read_any(data: bytes, name: str) -> SheetsRead:
    """Read a workbook of either format; its sheets tell which one it is."""
    try:
        sheets = open_workbook(data, name)
    except WorkbookWrong as wrong:
        return refused(wrong.findings)
    if is_xlsform(sheets):
        return read_form(sheets, name)
    ours = {narrowed for layout in SHEETS for narrowed in (layout.zh, layout.en.casefold())}
    if not any(sheet.name.strip().casefold() in ours for sheet in sheets):
        places = Places(name)
        places.fault("", "book_neither")
        return refused([each.in_cell(name, None) for each in places.findings])
    return _read(sheets, name)


def _read(sheets: list[BookSheet], name: str) -> SheetsRead:
    places = Places(name, heading=_heading)
    tables = read_tables(sheets, places)
    if places.findings:
        # Where a sheet or column is missing, everything behind it would be wrong too.
        return refused(limited(places.findings, name))
    reader = _Reader(tables, places)
    written = reader.checklist()
    resolve_labels(written)
    return places.checked(written, declared=reader.declared)


@dataclass(slots=True)
class _Spot:
    """Where an item stands: its pointer, its value and the cell of its id."""

    path: str
    item: dict[str, Any]
    cell: str


class _Reader:
    def __init__(self, tables: dict[str, Table], places: Places) -> None:
        self._tables, self._places = tables, places
        self._items: dict[str, _Spot] = {}
        self._same: list[str] = []
        self._against: dict[str, str] = {}
        self.declared: dict[str, str] = {}

    def checklist(self) -> dict[str, Any]:
        """Return the checklist in the written notation, as far as it can be read."""
        head = self._head()
        head["sections"] = self._sections()
        self._add_options()
        add_bands(
            self._tables["bands"],
            {name: (spot.path, spot.item) for name, spot in self._items.items()},
            self._places,
        )
        prohibitions = self._prohibitions()
        if prohibitions:
            head["prohibitions"] = prohibitions
        changes = self._changes(head.get("version"))
        if changes:
            head["changes"] = changes
        return head

    def _head(self) -> dict[str, Any]:
        self._places.cells[""] = place(self._tables["about"].sheet.name)
        return _nested(self._entries("about", ""))

    def _entries(self, key: str, path: str) -> dict[str, Any]:
        """Return the entries of About or Changes, a row each; what has no name is a remark."""
        table = self._tables[key]
        entries = {name: each for each in table.layout.entries for name in table.names(each)}
        found: dict[str, Any] = {}
        met: set[str] = set()
        for row in table.rows:
            name = row.text("entry")
            entry = entries.get(table.plain(name))
            if entry is None:
                if row.text("content").strip():
                    self._places.fault(row.cell("entry"), "row_unknown", name=name.strip()[:40])
                continue
            if entry.key == "history":
                continue
            if entry.key in met:
                self._places.fault(row.cell("entry"), "row_twice", name=entry.both)
            met.add(entry.key)
            self._places.cells[_pointer(path, entry.key)] = row.cell("content")
            try:
                value = value_of(
                    row.raw("content"),
                    entry,
                    row.cell("content"),
                    self._places,
                    percent=row.percent("content"),
                )
            except Unreadable:
                continue
            if value is not None:
                found[entry.key] = value
        return found

    def _sections(self) -> list[dict[str, Any]]:
        sections: list[dict[str, Any]] = []
        paths: dict[str, tuple[str, dict[str, Any]]] = {}
        self._places.cells["/sections"] = place(self._tables["sections"].sheet.name)
        for row in self._tables["sections"].rows:
            path = at("", "sections", len(sections))
            self._places.cells[path] = row.cell("id")
            section = _nested(self._row(row, SECTIONS.columns, path)) | {"items": []}
            sections.append(section)
            if isinstance(section.get("id"), str):
                paths.setdefault(section["id"], (path, section))
        for row in self._tables["items"].rows:
            self._item(row, paths)
        return sections

    def _item(self, row: Any, sections: dict[str, tuple[str, dict[str, Any]]]) -> None:
        section = self._value(row, ITEMS.columns[0])
        if section not in sections:
            key = "cell_needed" if section is None else "no_such_section"
            facts = {"column": ITEMS.columns[0].both} if section is None else {"id": section}
            self._places.fault(row.cell("section"), key, **facts)
        path, owner = sections.get(section, ("/nowhere", {"items": []}))
        path = at(path, "items", len(owner["items"]))
        self._places.cells[path] = row.cell("id")
        flat = self._row(row, ITEMS.columns[1:], path)
        against = flat.pop("against", None)
        item = _nested(flat)
        for key in ("na", "critical", "leaving", "original", "required"):
            if item.get(key) is False:
                del item[key]
        if "photo" in item and "when" not in item["photo"]:
            item["photo"]["when"] = "never"
        owner["items"].append(item)
        name = item.get("id")
        if name is None:
            return
        if name in self._items:
            self._places.fault(row.cell("id"), "item_twice", id=name, cell=self._items[name].cell)
            return
        self._items[name] = _Spot(path, item, row.cell("id"))
        self._note(name, against, row.cell("against"))

    def _note(self, name: str, against: str | None, cell: str) -> None:
        if against == "same":
            self._same.append(name)
            self._against[name] = cell
        elif against:
            self.declared[name] = against

    def _row(self, row: Any, columns: tuple[Column, ...], path: str) -> dict[str, Any]:
        """Return the values of a row by their keys; the pointer of each one has its cell, blank or not."""
        found = {}
        kind = None
        for column in columns:
            self._places.cells[_pointer(path, column.key)] = row.cell(column.key)
            value = self._value(row, column, kind)
            if column.key == "kind":
                kind = value
            if value is not None:
                found[column.key] = value
        return found

    def _value(self, row: Any, column: Column, kind: str | None = None) -> Any:
        cell = row.cell(column.key)
        try:
            if column.form == "bound":
                return bound_of(row.raw(column.key), kind, cell, self._places)
            return value_of(row.raw(column.key), column, cell, self._places, percent=row.percent(column.key))
        except Unreadable:
            return None

    def _add_options(self) -> None:
        met: dict[tuple[str, str], str] = {}
        for row in self._tables["options"].rows:
            item, name = (self._value(row, column) for column in OPTIONS.columns[:2])
            spot = self._owner(row, item)
            if name is None:
                self._places.fault(row.cell("id"), "cell_needed", column=OPTIONS.columns[1].both)
            if spot is None or name is None:
                self._row(row, OPTIONS.columns[2:], "/nowhere")
                continue
            kind = spot.item.get("kind")
            if kind is not None and kind not in _OPTION_KINDS:
                self._places.fault(row.cell("item"), "option_of_no_choice", item=item, kind=KINDS[kind])
            if (item, name) in met:
                self._places.fault(
                    row.cell("id"), "option_twice", item=item, option=name, cell=met[item, name]
                )
            met.setdefault((item, name), row.cell("id"))
            path = at(spot.path, "options", name)
            self._places.cells[path] = row.cell("id")
            self._places.cells.setdefault(at(spot.path, "options"), row.cell("item"))
            option = self._row(row, OPTIONS.columns[2:], path)
            if option.get("voids") is False:
                del option["voids"]
            spot.item.setdefault("options", {})[name] = option

    def _owner(self, row: Any, item: str | None) -> _Spot | None:
        if item is None:
            self._places.fault(row.cell("item"), "cell_needed", column=OPTIONS.columns[0].both)
        elif item not in self._items:
            self._places.fault(row.cell("item"), "no_such_item", id=item)
        else:
            return self._items[item]
        return None

    def _prohibitions(self) -> dict[str, Any]:
        prohibitions: dict[str, Any] = {}
        met: dict[str, str] = {}
        self._places.cells["/prohibitions"] = place(self._tables["prohibitions"].sheet.name)
        for row in self._tables["prohibitions"].rows:
            name = self._value(row, PROHIBITIONS.columns[0])
            if name is None:
                self._places.fault(row.cell("id"), "cell_needed", column=PROHIBITIONS.columns[0].both)
                continue
            if name in met:
                self._places.fault(row.cell("id"), "prohibition_twice", id=name, cell=met[name])
            met.setdefault(name, row.cell("id"))
            path = at("", "prohibitions", name)
            self._places.cells[path] = row.cell("id")
            prohibitions[name] = self._row(row, PROHIBITIONS.columns[1:], path)
        return prohibitions

    def _changes(self, version: object) -> dict[str, Any]:
        """What the column of the items says counts; the row of the sheet orders it and names items that are gone."""
        self._places.cells["/changes"] = place(self._tables["changes"].sheet.name)
        found = self._entries("changes", "/changes")
        listed = [name for name in found.pop("same", []) if name not in self._items or name in self._against]
        same = [*listed, *(name for name in self._same if name not in listed)]
        if same:
            found["same"] = same
        if found and "since" not in found:
            # Whoever edits a version and does not raise its number means the next one after it.
            found["since"] = version - 1 if isinstance(version, int) and version > 1 else 1
        return found


def _pointer(path: str, key: str) -> str:
    return at(path, *key.split("/"))


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    """`photo/hint/zh` becomes {photo: {hint: {zh: ...}}}."""
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        here = nested
        *outer, last = key.split("/")
        for step in outer:
            here = here.setdefault(step, {})
        here[last] = value
    return nested


def _heading(pointer: str) -> str:
    """Return the column's name, in both languages, for a pointer to something that is missing."""
    steps = pointer.strip("/").split("/")
    layout = {1: ABOUT, 2: CHANGES, 3: SECTIONS}.get(len(steps), ITEMS)
    if steps[0] == "prohibitions":
        layout = PROHIBITIONS
    elif "options" in steps:
        layout = OPTIONS
    elif "bands" in steps or "cases" in steps:
        layout = BANDS
    last = steps[-1]
    for column in _columns(layout):
        if column.key in (last, f"{last}/zh"):
            return column.both
    return last


def _columns(layout: Any) -> Iterator[Column]:
    yield from layout.entries
    yield from layout.columns
