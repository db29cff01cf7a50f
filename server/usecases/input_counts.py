"""Counts of an outlet's month from files: replies, on-time sums, raw tickets, audit errors, customers, praise and ideas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from server.domain import input_sorts, tickets
from server.domain.input_sorts import Sort
from server.domain.rules_ratings import Indicators
from server.domain.service_indicators import Counted
from server.domain.tickets import Ticket
from server.queries import input_imports
from server.queries.rules import rules_on
from server.usecases.imports import Fate, Headings
from server.usecases.input_cells import Cells, Count, CountKey, Ground, Planned


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says: which counts, each with its code, by outlet and month."""

    outlet: UUID
    month: str
    counts: tuple[tuple[str, Count], ...]


def plan(sort: Sort, columns: Headings, ground: Ground, planned: Planned) -> None:
    """Say what becomes of each row of counts, and hold it against what is stored."""
    told: list[tuple[int, str, Told]] = []
    seen: dict[CountKey, int] = {}
    for row in columns.sheet.rows:
        cells = Cells(row, columns, ground)
        outlet, month = cells.outlet(), cells.month()
        counts = list(_READERS[sort](cells))
        named = [cells.text(key) for key in _NAMING if key in columns.of]
        code = " ".join([cells.text("outlet"), month or cells.text("month"), *named])
        if outlet and month and not cells.faults:
            for each, _ in counts:
                before = seen.setdefault((outlet, month, each), row.number)
                if before != row.number:
                    cells.fault("outlet", "与第 {row} 行重复。", row=before)
        if cells.faults or not (outlet and month):
            planned.fates.append(cells.wrong(code))
        else:
            told.append((row.number, code, Told(outlet, month, tuple(counts))))
    _hold(told, ground, planned)


def plan_tickets(columns: Headings, ground: Ground, planned: Planned) -> None:
    """Sum tickets by outlet and month; the fates of clean rows are those of their sums, told at their first row."""
    found: dict[tuple[UUID, str], list[tuple[Ticket, Indicators]]] = {}
    first: dict[tuple[UUID, str], tuple[int, str]] = {}
    rules: dict[date, Indicators] = {}
    seen: dict[tuple[UUID, date, str], int] = {}
    for row in columns.sheet.rows:
        cells = Cells(row, columns, ground)
        outlet, ticket, number = cells.outlet(), _ticket(cells), cells.name("number", 40)
        if outlet and ticket and not cells.faults:
            before = seen.setdefault((outlet, ticket.taken.date(), number), row.number)
            if before != row.number:
                cells.fault("number", "与第 {row} 行重复。", row=before)
        if cells.faults or not (outlet and ticket):
            planned.fates.append(cells.wrong(f"{cells.text('outlet')} {number}"))
            continue
        day = ticket.taken.date()
        if day not in rules:
            rules[day] = rules_on(ground.work.connection, day).indicators
        key = (outlet, day.isoformat()[:7])
        first.setdefault(key, (row.number, f"{cells.text('outlet')} {key[1]}"))
        found.setdefault(key, []).append((ticket, rules[day]))
        business = (ticket.business, tickets.limit_of(ticket.business, rules[day]))
        planned.businesses[business] = planned.businesses.get(business, 0) + 1
    told = [
        (*first[key], Told(*key, tuple((each.code, _count(each)) for each in tickets.counted(mine))))
        for key, mine in found.items()
    ]
    _hold(told, ground, planned)


def shown(count: Count) -> str:
    """A count as the dry run writes it: 96/100 (94)."""
    part, whole, strict = count
    beside = "" if strict is None else f" ({strict})"
    return f"{part}{'' if whole is None else f'/{whole}'}{beside}"


def _hold(told: list[tuple[int, str, Told]], ground: Ground, planned: Planned) -> None:
    planned.months.update(each.month for _, _, each in told)
    codes = {code for _, _, each in told for code, _ in each.counts}
    stored = input_imports.counts(ground.work.connection, planned.months, codes)
    for number, name, each in told:
        outcomes, changes = set(), []
        for code, count in each.counts:
            key = (each.outlet, each.month, code)
            before = stored.get(key)
            outcomes.add("new" if before is None else "same" if before == count else "changed")
            if before != count:
                planned.counts[key] = count
                changes.append((code, f"{shown(before)} → {shown(count)}" if before else shown(count)))
        outcome = next(each for each in ("changed", "new", "same") if each in outcomes)
        planned.fates.append(Fate(number, name, outcome, counts=tuple(changes)))


def _satisfaction(cells: Cells) -> Iterator[tuple[str, Count]]:
    code = cells.word("customer", input_sorts.CUSTOMERS)
    part, whole = cells.count("satisfied"), cells.count("replies")
    if part is not None and whole is not None and part > whole:
        cells.fault("satisfied", "{part} 大于 {whole}。", part=part, whole=whole)
    if code and part is not None:
        yield code, (part, whole, None)


def _times(cells: Cells) -> Iterator[tuple[str, Count]]:
    code = cells.word("measure", input_sorts.MEASURES)
    part, whole = cells.count("on_time"), cells.count("total")
    strict = cells.count("beside") if cells.text("beside") else None
    for key, each in (("on_time", part), ("beside", strict)):
        if each is not None and whole is not None and each > whole:
            cells.fault(key, "{part} 大于 {whole}。", part=each, whole=whole)
    if code and part is not None:
        yield code, (part, whole, strict)


def _plain(**codes: str) -> Callable[[Cells], Iterator[tuple[str, Count]]]:
    """A reader of columns that each hold one plain count."""

    def read(cells: Cells) -> Iterator[tuple[str, Count]]:
        for key, code in codes.items():
            number = cells.count(key)
            if number is not None:
                yield code, (number, None, None)

    return read


_READERS: dict[Sort, Callable[[Cells], Iterator[tuple[str, Count]]]] = {
    Sort.SATISFACTION: _satisfaction,
    Sort.TIMES: _times,
    Sort.AUDIT: _plain(errors="audit"),
    Sort.CUSTOMERS: _plain(customers="customers"),
    Sort.PRAISE: _plain(praises="praises", ideas="ideas"),
}


_NAMING = ("customer", "measure")
"""Columns that say which count of an outlet's month a row holds."""


def _ticket(cells: Cells) -> Ticket | None:
    times = {key: cells.instant(key) for key in ("taken", "called", "begun", "ended")}
    taken = times["taken"]
    if taken is None:
        if not cells.text("taken"):
            cells.fault("taken", "这一格不能空。")
        return None
    cells.open_month("taken", taken.date().isoformat()[:7])
    before = ("taken", taken)
    for key in ("called", "begun", "ended"):
        at = times[key]
        if at is not None:
            if at < before[1]:
                cells.fault(key, "{at} 早于 {before}。", at=str(at), before=str(before[1]))
            before = (key, at)
    if times["ended"] is not None and times["begun"] is None:
        cells.fault("begun", "有办结时间，却没有受理时间。")
    class_ = cells.word("class", input_sorts.CLASSES)
    return Ticket(cells.text("business"), class_ or "other", taken, times["begun"], times["ended"])


def _count(each: Counted) -> Count:
    return each.part, each.whole, each.strict
