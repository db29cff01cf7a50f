"""Inputs: what figures need besides visits, imported from files, all or nothing, with the fate of every row in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import sqlalchemy as sa
from sqlmodel import SQLModel, col, func, select

from server.domain.access import Permission
from server.domain.input_sorts import COLUMNS, Sort, month_of
from server.gateways import input_templates
from server.gateways.spreadsheet import CellFault
from server.storage.database import hold
from server.storage.inputs import Complaint, InputImport, MonthCount, StaffMonth
from server.usecases import input_complaints, input_counts, input_staff, vetoes
from server.usecases.imports import Fate, read
from server.usecases.input_cells import Ground, Planned
from server.usecases.tried_files import digest_of, tried
from server.usecases.work import Work

_MONTHS_TOLD = 20


def plan(work: Work, sort: Sort, path: Path, complete: str = "") -> Planned:
    """Read a file and say what would become of each row; stores nothing.

    `complete`: the month (2026-10) of which a file of complaints is the complete list.
    Raises NotAllowed, SheetWrong (with the cell) for a file that is no such table.
    """
    work.needs(Permission.IMPORT)
    found, lacking = read(path, COLUMNS[sort])
    planned = Planned(unread=found.sheet.unread)
    if lacking:
        planned.fates.append(lacking)
        return planned
    ground = Ground.of(work)
    if complete and sort is Sort.COMPLAINTS:
        planned.complete = month_of(complete) or ""
        fault = _not_complete(planned.complete, complete, ground)
        if fault:
            planned.fates.append(Fate(0, complete, "wrong", faults=(fault,)))
            return planned
    elif hollow := found.hollow():
        planned.fates.append(hollow)
        return planned
    match sort:
        case Sort.TICKETS:
            input_counts.plan_tickets(found, ground, planned)
        case Sort.COMPLAINTS:
            input_complaints.plan(found, ground, planned)
        case Sort.STAFF:
            input_staff.plan(found, ground, planned)
        case Sort.VETOES:
            vetoes.plan(found, ground, planned)
        case _:
            input_counts.plan(sort, found, ground, planned)
    return planned


def apply(work: Work, sort: Sort, path: Path, complete: str = "", name: str = "") -> Planned:
    """Take a file in: everything when every row is clean, else nothing; what changes nothing leaves no trace."""
    planned = plan(work, sort, path, complete)
    if planned.changes:
        store(work, sort, planned, name=name or path.name, digest=digest_of(path))
    return planned


def store(work: Work, sort: Sort, planned: Planned, *, name: str, digest: str) -> InputImport:
    """Store what was planned, and tell of it: who, what, how many rows of which months."""
    number = _next_number(work)
    counts = [
        {
            "outlet_id": outlet,
            "month": month,
            "code": code,
            "part": part,
            "whole": whole,
            "strict": strict,
            "import_number": number,
        }
        for (outlet, month, code), (part, whole, strict) in planned.counts.items()
    ]
    values = [{**each, "import_number": number} for each in planned.values]
    taken_off = [dict(zip(("outlet_id", "month", "code"), key, strict=True)) for key in planned.no_counts]
    _replace(work, MonthCount, ("outlet_id", "month", "code"), counts, taken_off)
    if sort is Sort.COMPLAINTS:
        _replace(work, Complaint, ("number",), values)
    elif sort is Sort.STAFF:
        keys = ("outlet_id", "month", "number")
        gone = [dict(zip(keys, key, strict=True)) for key in planned.gone]
        _replace(work, StaffMonth, keys, values, gone)
    elif sort is Sort.VETOES:
        vetoes.store(work, values)
    months, rows = sorted(planned.months), planned.sums()
    made = InputImport(
        id=uuid4(),
        number=number,
        sort=sort,
        name=name[-200:],
        sha256=digest,
        months=" ".join(months[-_MONTHS_TOLD:]),
        complete=bool(planned.complete),
        added=rows["new"],
        changed=rows["changed"],
        same=rows["same"],
        by_id=work.actor_id,
        at=work.now,
    )
    work.session.add(made)
    work.record(
        "input.imported",
        "input",
        made.id,
        sort=sort.value,
        months=months,
        sha256=digest,
        added=made.added,
        changed=made.changed,
    )
    return made


def template(work: Work, sort: Sort, language: str) -> bytes:
    """A workbook with the headings of a sort and an example line. Raises NotAllowed."""
    work.needs(Permission.IMPORT)
    return input_templates.template(COLUMNS[sort].values(), language)


def apply_tried(work: Work, sort: Sort, digest: str, complete: str, name: str) -> Planned:
    """Take in the file that the same person tried last. Raises NotAllowed, TriedFileGone, SheetWrong."""
    work.needs(Permission.IMPORT)
    path = tried(work, digest)
    planned = apply(work, sort, path, complete, name)
    if planned.clean:
        path.unlink(missing_ok=True)
    return planned


def _next_number(work: Work) -> int:
    """The number of the next import; nobody else gives one until the transaction ends."""
    hold(work.connection, uuid5(NAMESPACE_URL, "xunting:input_import"))
    latest = work.session.exec(select(func.max(col(InputImport.number)))).one()
    return (latest or 0) + 1


def _not_complete(month: str, written: str, ground: Ground) -> CellFault | None:
    """Why no list can be complete of this month: it is none, has not ended, or its figures stand."""
    if not month:
        return CellFault("", "月份“{value}”要写成 2026-10 这样。", {"value": written})
    if month >= ground.month:
        return CellFault("", "{month} 还没有结束，清单不会是完整的。", {"month": month})
    if month < ground.first:
        return CellFault("", "{month} 太早，那时还没有规则：请核对年份。", {"month": month})
    return ground.fixed(month)


def _replace(
    work: Work,
    table: type[SQLModel],
    keys: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    gone: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write rows in place of those with the same key, and take others off."""
    columns = table.__table__.c  # type: ignore[attr-defined]
    old = [{f"old_{key}": row[key] for key in keys} for row in (*rows, *gone)]
    if old:
        same = sa.and_(*(columns[key] == sa.bindparam(f"old_{key}") for key in keys))
        work.connection.execute(sa.delete(table).where(same), old)
    if rows:
        work.connection.execute(sa.insert(table), list(rows))
