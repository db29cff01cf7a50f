"""Staff lists of outlets by month: each list in a file is whole, and gives how many of the staff are certified."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from server.domain import input_sorts
from server.queries import input_imports
from server.usecases.imports import Fate, Headings
from server.usecases.input_cells import Cells, Ground, Planned

Member = tuple[str, bool, int]
"""Name, whether certified, weight of the share in the commission."""
# Names are told to nobody here: a changed one is only said to have changed.
_FIELDS = ("姓名", "持证", "权重")


def plan(columns: Headings, ground: Ground, planned: Planned) -> None:
    """Say what becomes of each member; whoever is not in the file's list of an outlet's month is taken off it."""
    found: dict[tuple[UUID, str, str], Member] = {}
    rows: list[tuple[int, str, tuple[UUID, str, str]]] = []
    codes: dict[UUID, str] = {}
    seen: dict[tuple[UUID, str, str], int] = {}
    for row in columns.sheet.rows:
        cells = Cells(row, columns, ground)
        outlet, month, number = cells.outlet(), cells.month(), cells.name("number", 40)
        name, certified = cells.name("name", 80), cells.word("certified", input_sorts.YES_NO)
        weight = cells.count("weight", 1, input_sorts.MOST_WEIGHT) if cells.text("weight") else 1
        code = f"{cells.text('outlet')} {month or cells.text('month')} {number}"
        if outlet and month and number:
            before = seen.setdefault((outlet, month, number), row.number)
            if before != row.number:
                cells.fault("number", "与第 {row} 行重复。", row=before)
        if cells.faults or not (outlet and month):
            planned.fates.append(cells.wrong(code))
            continue
        codes[outlet] = cells.text("outlet")
        found[outlet, month, number] = (name, bool(certified), weight or 1)
        rows.append((row.number, code, (outlet, month, number)))
    planned.months.update(month for _, month, _ in found)
    lists = {(outlet, month) for outlet, month, _ in found}
    stored = input_imports.staff(ground.work.connection, planned.months)
    for number_, code, key in rows:
        old, new = stored.get(key), found[key]
        changes = tuple(name for name, was, now in zip(_FIELDS, old or (), new, strict=False) if was != now)
        outcome = "new" if old is None else "changed" if changes else "same"
        planned.fates.append(Fate(number_, code, outcome, changes))
        if outcome != "same":
            outlet, month, number = key
            name, certified, weight = new
            planned.values.append(
                {
                    "outlet_id": outlet,
                    "month": month,
                    "number": number,
                    "name": name,
                    "certified": certified,
                    "weight": weight,
                }
            )
    for key in sorted(stored, key=str):
        if key[:2] in lists and key not in found:
            planned.gone.append(key)
            planned.fates.append(Fate(0, f"{codes[key[0]]} {key[1]} {key[2]}", "gone"))
    _certified(found, ground, planned)


def _certified(found: dict[tuple[UUID, str, str], Member], ground: Ground, planned: Planned) -> None:
    sums: dict[tuple[UUID, str], list[bool]] = defaultdict(list)
    for (outlet, month, _), member in found.items():
        sums[outlet, month].append(member[1])
    stored = input_imports.counts(ground.work.connection, planned.months, ["certified"])
    for place, each in sums.items():
        key, now = (*place, "certified"), (sum(each), len(each), None)
        if stored.get(key) != now:
            planned.counts[key] = now
