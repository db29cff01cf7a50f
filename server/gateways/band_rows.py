"""The sheet of bands, a row for each band, as the band tables of their items; holes and overlaps at their cells."""

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from server.domain.exact import decimal, is_decimal
from server.domain.findings import at
from server.gateways.sheet_tables import Table, TableRow
from server.gateways.sheet_values import Unreadable, bound_of, value_of
from server.gateways.sheets_read import Places
from server.gateways.workbook_layout import BANDS

Bound = int | str | None
_COLUMNS = {column.key: column for column in BANDS.columns}


@dataclass(slots=True)
class _BandTable:
    """The rows of one table under one condition; `when` is the condition's text, "" for none."""

    when: str
    condition: Any
    first: TableRow
    bands: list[list[Bound]] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)
    upto: Bound = None
    closed: bool = False


def add_bands(table: Table, items: dict[str, tuple[str, dict[str, Any]]], places: Places) -> None:
    """Add `cases` and `bands` to the items; `items` has the pointer and the value of each item id.

    A table goes on while item and condition stay the same and no row was without an upper bound.
    """
    tables: dict[str, list[_BandTable]] = {}
    for row in table.rows:
        item = _read(row, "item", places)
        if item is None:
            places.fault(row.cell("item"), "cell_needed", column=_COLUMNS["item"].both)
        elif item not in items:
            places.fault(row.cell("item"), "no_such_item", id=item)
        else:
            _add(row, tables.setdefault(item, []), items[item][1].get("kind"), places)
    for item, found in tables.items():
        _put(item, items[item], found, places)


def _add(row: TableRow, tables: list[_BandTable], kind: str | None, places: Places) -> None:
    when = row.text("when").strip()
    if not tables or tables[-1].when != when or tables[-1].closed:
        tables.append(_BandTable(when, _read(row, "when", places), row))
    here = tables[-1]
    with suppress(Unreadable):
        _meets(row, here, bound_of(row.raw("above"), kind, row.cell("above"), places), places)
    try:
        upto = bound_of(row.raw("upto"), kind, row.cell("upto"), places)
    except Unreadable:
        # The next row cannot be held against a bound that is unknown.
        here.rows.append(row)
        here.bands.append([None, 0])
        return
    credit = _read(row, "credit", places)
    if credit is None and not row.text("credit").strip():
        places.fault(row.cell("credit"), "band_credit_missing")
    here.rows.append(row)
    here.bands.append([upto, 0 if credit is None else credit])
    here.upto, here.closed = upto, upto is None


def _meets(row: TableRow, here: _BandTable, above: Bound, places: Places) -> None:
    """A band begins where the one before ends, and the first one is open below."""
    before = here.upto
    if not here.rows:
        if above is not None:
            places.fault(row.cell("above"), "band_start", above=above)
    elif here.bands[-1][0] is None:
        return
    elif above is None:
        places.fault(row.cell("above"), "band_above_missing", upto=before)
    else:
        low, high = _exact(above), _exact(before)
        if low is not None and high is not None and low != high:
            key = "band_hole" if low > high else "band_overlap"
            places.fault(row.cell("above"), key, above=above, upto=before)


def _put(item: str, spot: tuple[str, dict[str, Any]], tables: list[_BandTable], places: Places) -> None:
    path, value = spot
    for found in tables:
        if not found.when:
            if "bands" in value:
                places.fault(found.first.cell("when"), "band_default_twice", item=item)
                continue
            value["bands"] = found.bands
            _places(at(path, "bands"), found, places)
        else:
            cases = value.setdefault("cases", [])
            here = at(path, "cases", len(cases))
            cases.append({"when": found.condition, "bands": found.bands})
            places.cells[at(here, "when")] = found.first.cell("when")
            _places(at(here, "bands"), found, places)
    places.cells.setdefault(at(path, "cases"), tables[0].first.cell("when"))
    places.cells.setdefault(at(path, "bands"), tables[-1].rows[-1].cell("upto"))


def _places(path: str, found: _BandTable, places: Places) -> None:
    places.cells[path] = found.rows[-1].cell("upto")
    for n, row in enumerate(found.rows):
        places.cells[at(path, n)] = row.cell("upto")
        places.cells[at(path, n, 1)] = row.cell("credit")


def _read(row: TableRow, key: str, places: Places) -> Any:
    try:
        return value_of(row.raw(key), _COLUMNS[key], row.cell(key), places, percent=row.percent(key))
    except Unreadable:
        return None


def _exact(bound: Bound) -> Fraction | None:
    if isinstance(bound, int):
        return Fraction(bound)
    return decimal(bound) if is_decimal(bound) and bound is not None else None
