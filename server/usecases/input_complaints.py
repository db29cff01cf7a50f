"""Complaints from files by the numbers of their tickets, and what an outlet's month counts of them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from uuid import UUID

from server.domain import input_sorts
from server.gateways.spreadsheet import CellFault
from server.queries import input_imports
from server.usecases.imports import Fate, Headings, listed
from server.usecases.input_cells import Cells, Ground, Planned

Ticket = tuple[UUID, date, bool | None, str]
"""Outlet, day, whether it is proven (None: not settled), kind."""
_FIELDS = ("网点", "日期", "属实", "类别")
MOST_NAMED = 20
"""So many tickets are named that a complete list lacks."""


def plan(columns: Headings, ground: Ground, planned: Planned) -> None:
    """Say what becomes of each ticket, and what the months of their outlets count then.

    A list that says it is complete has tickets of its month alone, and all that are known of it.
    """
    numbers = [columns.text(row, "number") for row in columns.sheet.rows]
    connection = ground.work.connection
    before = input_imports.complaints(connection, numbers)
    after: dict[str, Ticket] = {}
    seen: dict[str, int] = {}
    touched: set[tuple[UUID, str]] = set()
    for row in columns.sheet.rows:
        cells = Cells(row, columns, ground)
        number, ticket = cells.name("number", 60), _ticket(cells, planned.complete)
        if number in seen:
            cells.fault("number", "与第 {row} 行重复。", row=seen[number])
        seen.setdefault(number, row.number)
        old = before.get(number)
        if old and ticket and old != ticket:
            fixed = ground.fixed(_month(old), columns.cell(row, "number"))
            cells.faults += [fixed] if fixed else []
        if cells.faults or ticket is None:
            planned.fates.append(cells.wrong(number))
            continue
        planned.months.add(_month(ticket))
        if old == ticket:
            planned.fates.append(Fate(row.number, number, "same"))
            continue
        after[number] = ticket
        touched.add((ticket[0], _month(ticket)))
        if old:
            touched.add((old[0], _month(old)))
            planned.months.add(_month(old))
        changes = tuple(
            name for name, was, now in zip(_FIELDS, old or (), ticket, strict=False) if was != now
        )
        planned.fates.append(Fate(row.number, number, "changed" if old else "new", changes))
        outlet, day, proven, kind = ticket
        planned.values.append(
            {"number": number, "outlet_id": outlet, "day": day, "proven": proven, "kind": kind}
        )
    known = input_imports.complaints(connection, (), planned.months | {planned.complete} - {""})
    if planned.complete:
        planned.months.add(planned.complete)
        touched.update((outlet, planned.complete) for outlet in ground.open_outlets(planned.complete))
        lacking = sorted(
            number
            for number, ticket in known.items()
            if _month(ticket) == planned.complete and number not in seen
        )
        if lacking:
            named = [*lacking[:MOST_NAMED], *(["…"] if len(lacking) > MOST_NAMED else [])]
            told = listed((each, each) for each in named)
            fault = CellFault("", "完整清单里缺少已登记的工单：{numbers}", {"numbers": told})
            planned.fates.append(Fate(0, planned.complete, "wrong", faults=(fault,)))
    _count({**known, **after}, touched, ground, planned)


def _count(
    tickets: dict[str, Ticket], touched: set[tuple[UUID, str]], ground: Ground, planned: Planned
) -> None:
    """What is proven of what was logged; without a proven one only where the month's list is complete."""
    connection = ground.work.connection
    logged = Counter((ticket[0], _month(ticket)) for ticket in tickets.values())
    proven = Counter((ticket[0], _month(ticket)) for ticket in tickets.values() if ticket[2])
    complete = input_imports.complete_months(connection) | {planned.complete}
    stored = input_imports.counts(connection, {month for _, month in touched}, ["complaints"])
    for place in touched:
        key = (*place, "complaints")
        if proven[place] or place[1] in complete:
            now = (proven[place], logged[place], None)
            if stored.get(key) != now:
                planned.counts[key] = now
                planned.zeros += key not in stored and not logged[place]
        elif key in stored:
            planned.no_counts.append(key)


def _ticket(cells: Cells, complete: str) -> Ticket | None:
    outlet, day = cells.outlet(), cells.day("day")
    proven, kind = cells.word("proven", input_sorts.PROVEN), cells.text("kind", 80)
    if day:
        month = day.isoformat()[:7]
        if complete and month != complete:
            cells.fault("day", "这是 {month} 的完整清单，不能有别的月份。", month=complete)
        cells.open_month("day", month)
    return (outlet, day, proven, kind) if outlet and day else None


def _month(ticket: Ticket) -> str:
    return ticket[1].isoformat()[:7]
