"""Units: importing the organisation above the outlets from a spreadsheet, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid5

from sqlmodel import select

from server.domain.access import Permission
from server.domain.imports import Change, Column
from server.gateways.spreadsheet import CellFault, InBoth, Row
from server.storage.organisation import Unit, UnitKind
from server.usecases.imports import Fate, Headings, Import, allowed, read, right_code
from server.usecases.work import Work

COLUMNS: dict[str, Column] = {
    "code": Column("编码", "code", "TY"),
    "name": Column("名称", "name", "太原市分公司"),
    "kind": Column("级别", "kind", "市分公司"),
    "parent": Column("上级", "parent", "SX"),
}
"""The columns of an import, all required: each may be headed in Chinese or English."""

KINDS = {
    "省公司": UnitKind.PROVINCE,
    "市分公司": UnitKind.BRANCH,
    "县公司": UnitKind.COUNTY,
    "营业部": UnitKind.DEPARTMENT,
    "片区": UnitKind.AREA,
} | {kind.value: kind for kind in UnitKind}

_LEVELS = {kind: level for level, kind in enumerate(UnitKind)}
_LONGEST_PATH = 200
_NAMESPACE = UUID("b0b3f7a4-6f0e-5d2c-8a35-0d4f9a7c2e61")


def plan_import(work: Work, path: Path) -> Import:
    """Read a spreadsheet of units and say what would become of each row; stores nothing.

    A row may name a parent that stands below it. Raises NotAllowed, SheetWrong (with the cell) for a file
    that is no such table.
    """
    work.needs(Permission.ADMINISTER)
    columns, lacking = read(path, COLUMNS)
    planned = Import(unread=columns.sheet.unread)
    if lacking:
        planned.fates.append(lacking)
        return planned
    plan = _Plan(columns, columns.sheet.rows, {unit.code: unit for unit in work.session.exec(select(Unit))})
    for row in columns.sheet.rows:
        plan.add(planned, row)
    return planned


def apply_import(work: Work, path: Path) -> Import:
    """Import a spreadsheet of units: everything when every row is clean, else nothing."""
    planned = plan_import(work, path)
    if not planned.clean:
        return planned
    known = {unit.code: unit for unit in work.session.exec(select(Unit))}
    # A parent is there before what lies under it, wherever the file has it.
    for values in sorted(planned.values, key=lambda values: _LEVELS[values["kind"]]):
        unit = known.get(values["code"])
        if unit is not None:
            unit.name = values["name"]
            work.record("unit.changed", "unit", unit.id)
            continue
        parent = known.get(values["parent"])
        unit = Unit(
            id=uuid5(_NAMESPACE, values["code"]),
            parent_id=parent.id if parent else None,
            kind=values["kind"],
            code=values["code"],
            name=values["name"],
            path=f"{parent.path if parent else ''}{values['code']}/",
        )
        known[unit.code] = unit
        work.session.add(unit)
        work.session.flush()
        work.record("unit.added", "unit", unit.id)
    return planned


class _Plan:
    """The rows of one file beside the units that are there already."""

    def __init__(self, columns: Headings, rows: list[Row], known: Mapping[str, Unit]) -> None:
        self.columns = columns
        self.known = known
        self.parents = {unit.code: self._parent_code(unit) for unit in known.values()}
        self.kinds: dict[str, UnitKind | None] = {unit.code: unit.kind for unit in known.values()}
        self.rows: dict[str, Row] = {}
        # Paths are compared without regard to case, so codes are as well.
        self.spelled = {code.lower(): code for code in known}
        for row in rows:
            code = columns.text(row, "code")
            self.rows.setdefault(code.lower(), row)
            self.spelled.setdefault(code.lower(), code)
            if code not in known:
                self.parents.setdefault(code, columns.text(row, "parent"))
                self.kinds.setdefault(code, KINDS.get(columns.text(row, "kind")))

    def add(self, planned: Import, row: Row) -> None:
        """Add the fate of one row and, where it is to be stored, its values."""
        code, name, parent = (self.columns.text(row, key) for key in ("code", "name", "parent"))
        unit = self.known.get(code)
        faults = self._faults(row, code, name, parent, unit)
        if faults:
            planned.fates.append(Fate(row.number, code, "wrong", faults=tuple(faults)))
        elif unit and unit.name == name:
            planned.fates.append(Fate(row.number, code, "same"))
        else:
            kind = KINDS[self.columns.text(row, "kind")]
            planned.values.append({"code": code, "name": name, "kind": kind, "parent": parent})
            change = Change("name", unit.name if unit else None, name)
            planned.fates.append(Fate(row.number, code, "changed" if unit else "new", (change,)))

    def _faults(self, row: Row, code: str, name: str, parent: str, unit: Unit | None) -> list[CellFault]:
        faults = self.columns.spoilt(row)

        def fault(key: str, message: str, **facts: str | int | InBoth) -> None:
            faults.append(CellFault(self.columns.cell(row, key), message, facts))

        if not right_code(code):
            fault("code", "编码要是 1 到 40 个字母、数字、点或横线。")
        elif self.rows[code.lower()] is not row:
            fault("code", "编码与第 {row} 行重复。", row=self.rows[code.lower()].number)
        elif self.spelled[code.lower()] != code:
            fault("code", "已有编码“{value}”，只差大小写。", value=self.spelled[code.lower()])
        if not 1 <= len(name) <= 80:
            fault("name", "名称要有 1 到 80 个字。")
        word = self.columns.text(row, "kind")
        kind = KINDS.get(word)
        if kind is None:
            fault("kind", "“{value}”不是允许的值：{allowed}", value=word, allowed=allowed(KINDS))
        elif unit and unit.kind is not kind:
            fault("kind", "已有的单位不能改级别。")
        if kind is UnitKind.PROVINCE and parent:
            fault("parent", "省公司没有上级。")
        elif kind is not UnitKind.PROVINCE and not parent:
            fault("parent", "除省公司外，都要写上级的编码。")
        elif parent and parent not in self.parents:
            fault("parent", "没有编码为“{value}”的单位。", value=parent)
        elif unit and self.parents[code] != parent:
            fault("parent", "已有的单位不能改上级。")
        elif parent and self._circles(code):
            fault("parent", "上级绕成了圈：“{value}”又归到这个单位之下。", value=parent)
        elif parent and kind and (above := self.kinds[parent]) and _LEVELS[above] >= _LEVELS[kind]:
            fault("parent", "上级“{value}”的级别不比这个单位高。", value=parent)
        elif parent and len(self._path(code)) > _LONGEST_PATH:
            fault("code", "从省公司到这个单位的编码合起来最多 {limit} 个字符。", limit=_LONGEST_PATH)
        return faults

    def _above(self, code: str) -> list[str]:
        """The codes above a unit, nearest first; ends where it would come by the same one again."""
        found: list[str] = []
        at = self.parents.get(code, "")
        while at and at not in found:
            found.append(at)
            at = self.parents.get(at, "")
        return found

    def _circles(self, code: str) -> bool:
        return code in self._above(code)

    def _path(self, code: str) -> str:
        return "".join(f"{each}/" for each in (code, *self._above(code)))

    def _parent_code(self, unit: Unit) -> str:
        by_id = {other.id: other.code for other in self.known.values()}
        return by_id[unit.parent_id] if unit.parent_id else ""
