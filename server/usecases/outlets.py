"""Outlets: importing them from a spreadsheet, all or nothing, with the fate of every row in words."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlmodel import select

from server.domain.access import Permission
from server.domain.deciding import next_first
from server.domain.imports import Change
from server.gateways import input_templates
from server.storage.decisions import NOT_LISTED, OutletChange
from server.storage.organisation import Outlet, OutletStatus, Unit
from server.usecases.decisions import other_start, today
from server.usecases.imports import Fate, Import, read
from server.usecases.outlet_cells import COLUMNS, OutletCells
from server.usecases.tried_files import digest_of, tried
from server.usecases.work import Work

_KEPT = {"unit": "unit_path", "status": "status", "tier": "tier", "class": "class_", "setting": "setting"}
"""What the history of an outlet keeps when an import changes it, by the outlet's field."""
_BASE = frozenset({"tier", "class_", "setting"})
"""The fields that the base amount rests on: it is set for whole periods (handbook 2.10), so they change with a month."""
_TOLD = {
    "name": "name",
    "tier": "tier",
    "class": "class_",
    "setting": "setting",
    "unit": "unit_id",
    "address": "address",
    "phone": "phone",
    "lat": "lat",
    "lng": "lng",
    "since": "cooperation_since",
    "status": "status",
}
"""The outlet's fields that a person is told of, by their columns and in their order."""
_NAMESPACE = UUID("5f0d2a8e-6a55-5a0a-9d8e-0b6c0c6f7a11")


def plan_import(work: Work, path: Path) -> Import:
    """Read a spreadsheet of outlets and say what would become of each row; stores nothing.

    Raises NotAllowed, SheetWrong (with the cell) for a file that is no such table.
    """
    work.needs(Permission.ADMINISTER)
    columns, lacking = read(path, COLUMNS)
    planned = Import(unread=columns.sheet.unread)
    lacking = lacking or columns.hollow()
    if lacking:
        planned.fates.append(lacking)
        return planned
    units = {unit.code: unit for unit in work.session.exec(select(Unit))}
    names = {unit.id: f"{unit.name} {unit.code}" for unit in units.values()}
    known = {outlet.code: outlet for outlet in work.session.exec(select(Outlet))}
    seen: dict[str, int] = {}
    for row in columns.sheet.rows:
        cells = OutletCells(row, columns, known)
        if cells.code and cells.code in seen:
            cells.fault("code", "编码与第 {row} 行重复。", row=seen[cells.code])
        seen.setdefault(cells.code, row.number)
        _plan_row(planned, cells, units, names, next_first(today(work)))
    return planned


def apply_import(work: Work, path: Path) -> Import:
    """Import a spreadsheet of outlets: everything when every row is clean, else nothing."""
    planned = plan_import(work, path)
    if not planned.clean:
        return planned
    digest, came = digest_of(path), []
    known = {outlet.code: outlet for outlet in work.session.exec(select(Outlet))}
    for values in planned.values:
        outlet = known.get(values["code"])
        if outlet is None:
            outlet = Outlet(id=uuid5(_NAMESPACE, values["code"]), changed_at=work.now, **values)
            work.session.add(outlet)
            came.append(outlet)
            work.record("outlet.added", "outlet", outlet.id, sha256=digest)
        else:
            fields = list(_changing(outlet, values))
            _keep_what_was(work, outlet, values)
            _keep_other_start(work, outlet, values)
            for name, value in values.items():
                setattr(outlet, name, value)
            outlet.changed_at = work.now
            work.record("outlet.changed", "outlet", outlet.id, sha256=digest, fields=fields)
    # The history names the outlets, and the mapper knows no order between them.
    work.session.flush()
    for outlet in came:
        _keep_when_it_came(work, outlet)
    return planned


def apply_tried(work: Work, digest: str) -> Import:
    """Take in the file that the same person tried last. Raises NotAllowed, TriedFileGone, SheetWrong."""
    work.needs(Permission.ADMINISTER)
    path = tried(work, digest)
    planned = apply_import(work, path)
    if planned.clean:
        path.unlink(missing_ok=True)
    return planned


def template(work: Work, language: str) -> bytes:
    """A workbook with the headings of a list of outlets and an example line. Raises NotAllowed."""
    work.needs(Permission.ADMINISTER)
    return input_templates.template(COLUMNS.values(), language)


def _keep_what_was(work: Work, outlet: Outlet, values: dict[str, Any]) -> None:
    """Keep what an outlet was before an import changes it, and up to which day: earlier months and weeks are reckoned with that."""
    for kept, field in _KEPT.items():
        before, after = getattr(outlet, field), values.get(field, getattr(outlet, field))
        if before != after:
            work.session.add(
                OutletChange(
                    id=uuid4(),
                    outlet_id=outlet.id,
                    field=kept,
                    before=str(before),
                    after=str(after),
                    from_day=next_first(today(work)) if field in _BASE else today(work),
                    at=work.now,
                )
            )


def _keep_other_start(work: Work, outlet: Outlet, values: dict[str, Any]) -> None:
    """Keep the start of cooperation that held before a later one, which makes nobody a stranger in the months before it."""
    after = values.get("cooperation_since", outlet.cooperation_since)
    if after is not None and after != outlet.cooperation_since:
        work.session.add(other_start(work, outlet, after))


def _keep_when_it_came(work: Work, outlet: Outlet) -> None:
    """Keep the day of an outlet that takes part though nobody says since when, so that it is in no month before."""
    if outlet.cooperation_since is None and outlet.status in (OutletStatus.ACTIVE, OutletStatus.PROBATION):
        work.session.add(
            OutletChange(
                id=uuid4(),
                outlet_id=outlet.id,
                field="status",
                before=NOT_LISTED,
                after=str(outlet.status),
                from_day=today(work),
                at=work.now,
            )
        )


def initials(name: str) -> str:
    """The pinyin initials of a name, for finding it by typing: 太原迎泽大街营业厅 is tyyzdjyyt."""
    # The dictionary takes a second to load, and most who start us never need it.
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower().replace(" ", "")[:240]


def _plan_row(
    planned: Import, cells: OutletCells, units: Mapping[str, Unit], names: Mapping[UUID, str], first: date
) -> None:
    values, outlet, number = cells.values(units), cells.outlet, cells.row.number
    name = outlet.name if outlet else values.get("name", "")
    if cells.faults:
        planned.fates.append(Fate(number, cells.code, "wrong", faults=tuple(cells.faults), name=name))
        return
    changes = tuple(
        Change(
            key,
            _text(getattr(outlet, field), names) if outlet else None,
            _text(values[field], names),
            first if outlet and field in _BASE else None,
        )
        for key, field in _changing(outlet, values).items()
    )
    if outlet and not changes:
        planned.fates.append(Fate(number, cells.code, "same", name=name))
        return
    outcome = "changed" if outlet else "new"
    planned.fates.append(Fate(number, cells.code, outcome, changes, notes=tuple(cells.notes), name=name))
    if not outlet or values.get("name", outlet.name) != outlet.name:
        values["pinyin"] = initials(values["name"])
    planned.values.append(values)


def _changing(outlet: Outlet | None, values: Mapping[str, Any]) -> dict[str, str]:
    """The fields of an outlet that become others, or of a new one those that it has, by their columns."""
    return {
        key: field
        for key, field in _TOLD.items()
        if field in values
        and (values[field] != getattr(outlet, field) if outlet else values[field] not in (None, ""))
    }


def _text(value: Any, names: Mapping[UUID, str]) -> str:
    return names[value] if isinstance(value, UUID) else "" if value is None else str(value)
