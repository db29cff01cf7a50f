"""Outlets: importing them from a spreadsheet, all or nothing, with the fate of every row in words."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4, uuid5

from pypinyin import Style, lazy_pinyin
from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.deciding import next_first
from server.gateways.spreadsheet import CellFault, InBoth, Row
from server.storage.decisions import NOT_LISTED, OutletChange
from server.storage.organisation import Outlet, OutletStatus, Setting, Tier, Unit, UnitKind
from server.usecases.decisions import today
from server.usecases.imports import Fate, Headings, Import, allowed, listed, read, right_code
from server.usecases.work import Work

COLUMNS: dict[str, tuple[str, str]] = {
    "code": ("编码", "code"),
    "name": ("名称", "name"),
    "tier": ("层级", "tier"),
    "class": ("类别", "class"),
    "setting": ("地域", "setting"),
    "unit": ("单位", "unit"),
    "address": ("地址", "address"),
    "phone": ("电话", "phone"),
    "lat": ("纬度", "lat"),
    "lng": ("经度", "lng"),
    "since": ("合作起始", "cooperation_since"),
    "status": ("状态", "status"),
}
"""The columns of an import: each may be headed in Chinese or English; those of `REQUIRED` must be there."""
REQUIRED = ("code", "name", "tier", "setting", "unit")

TIERS = {
    "自有营业厅": Tier.OWN_HALL,
    "自建他营店": Tier.FRANCHISE,
    "指定专营店": Tier.EXCLUSIVE,
    "普通代理店": Tier.ORDINARY,
    "村级服务站": Tier.VILLAGE,
} | {tier.value: tier for tier in Tier}
SETTINGS = {"城市": Setting.CITY, "县城": Setting.COUNTY_TOWN, "乡镇": Setting.TOWNSHIP} | {
    setting.value: setting for setting in Setting
}
STATUSES = {
    "准入中": OutletStatus.ONBOARDING,
    "正常": OutletStatus.ACTIVE,
    "观察": OutletStatus.PROBATION,
    "退出": OutletStatus.EXITED,
} | {status.value: status for status in OutletStatus}
CLASSES = frozenset({"A", "B", "C", ""})

# Mainland China roughly, in WGS-84 degrees; what lies outside is a slip, most often swapped columns.
_LATITUDES, _LONGITUDES = (18.0, 53.6), (73.5, 135.1)
_FIELDS = {"class": "class_", "since": "cooperation_since"}
_KEPT = {"unit": "unit_path", "status": "status", "tier": "tier", "class": "class_", "setting": "setting"}
"""What the history of an outlet keeps when an import changes it, by the outlet's field."""
_BASE = frozenset({"tier", "class_", "setting"})
"""The fields that the base amount rests on: it is set for whole periods (handbook 2.10), so they change with a month."""
_NAMESPACE = UUID("5f0d2a8e-6a55-5a0a-9d8e-0b6c0c6f7a11")


def plan_import(work: Work, path: Path) -> Import:
    """Read a spreadsheet of outlets and say what would become of each row; stores nothing.

    Raises NotAllowed, SheetWrong (with the cell) for a file that is no such table.
    """
    work.needs(Permission.ADMINISTER)
    columns, lacking = read(path, COLUMNS, REQUIRED)
    planned = Import(unread=columns.sheet.unread)
    if lacking:
        planned.fates.append(lacking)
        return planned
    units = {unit.code: unit for unit in work.session.exec(select(Unit))}
    known = {outlet.code: outlet for outlet in work.session.exec(select(Outlet))}
    seen: dict[str, int] = {}
    for row in columns.sheet.rows:
        _plan_row(planned, row, columns, units, known, seen, next_first(today(work)))
    return planned


def apply_import(work: Work, path: Path) -> Import:
    """Import a spreadsheet of outlets: everything when every row is clean, else nothing."""
    planned = plan_import(work, path)
    if not planned.clean:
        return planned
    for values in planned.values:
        outlet = work.session.exec(select(Outlet).where(col(Outlet.code) == values["code"])).first()
        event = "outlet.changed" if outlet else "outlet.added"
        if outlet is None:
            outlet = Outlet(id=uuid5(_NAMESPACE, values["code"]), changed_at=work.now, **values)
            work.session.add(outlet)
            _keep_when_it_came(work, outlet)
        else:
            _keep_what_was(work, outlet, values)
            for name, value in values.items():
                setattr(outlet, name, value)
            outlet.changed_at = work.now
        work.record(event, "outlet", outlet.id)
    return planned


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


def _keep_when_it_came(work: Work, outlet: Outlet) -> None:
    """Keep the day of an outlet that takes part though nobody says since when, so that it is in no month before."""
    if outlet.cooperation_since is None and outlet.status in (OutletStatus.ACTIVE, OutletStatus.PROBATION):
        # The history names the outlet, and the mapper knows no order between them.
        work.session.flush()
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
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower().replace(" ", "")[:240]


def _plan_row(
    planned: Import,
    row: Row,
    columns: Headings,
    units: dict[str, Unit],
    known: dict[str, Outlet],
    seen: dict[str, int],
    first: date,
) -> None:
    faults = columns.spoilt(row)

    def text(key: str) -> str:
        return columns.text(row, key)

    def fault(key: str, message: str, **facts: str | int | InBoth) -> None:
        faults.append(CellFault(columns.cell(row, key), message, facts))

    code = text("code")
    if not right_code(code):
        fault("code", "编码要是 1 到 40 个字母、数字、点或横线。")
    elif code in seen:
        fault("code", "编码与第 {row} 行重复。", row=seen[code])
    seen.setdefault(code, row.number)
    if not 1 <= len(text("name")) <= 120:
        fault("name", "名称要有 1 到 120 个字。")
    values: dict[str, Any] = {
        "code": code,
        "name": text("name"),
        "pinyin": initials(text("name")),
        "address": text("address"),
        "phone": text("phone"),
    }
    for key, column, words in (("tier", "tier", TIERS), ("setting", "setting", SETTINGS)):
        values[column] = words.get(text(key))
        if values[column] is None:
            fault(key, "“{value}”不是允许的值：{allowed}", value=text(key), allowed=allowed(words))
    values["class_"] = text("class").upper()
    if values["class_"] not in CLASSES:
        fault(
            "class",
            "“{value}”不是允许的值：{allowed}",
            value=text("class"),
            allowed=listed((each, each) for each in "ABC"),
        )
    values["status"] = STATUSES.get(text("status") or "active")
    if values["status"] is None:
        fault("status", "“{value}”不是允许的值：{allowed}", value=text("status"), allowed=allowed(STATUSES))
    unit = units.get(text("unit"))
    if unit is None:
        fault("unit", "没有编码为“{value}”的单位。", value=text("unit"))
    elif unit.kind is UnitKind.PROVINCE:
        fault("unit", "网点要归到市、县、营业部或片区。")
    values["unit_id"], values["unit_path"] = (unit.id, unit.path) if unit else (None, "")
    if len(text("address")) > 200:
        fault("address", "地址最多 200 个字。")
    if len(text("phone")) > 40:
        fault("phone", "电话最多 40 个字符。")
    values["lat"] = _degrees(text("lat"), _LATITUDES, lambda: fault("lat", "纬度要是 18 到 53.6 之间的数。"))
    values["lng"] = _degrees(
        text("lng"), _LONGITUDES, lambda: fault("lng", "经度要是 73.5 到 135.1 之间的数。")
    )
    if (text("lat") == "") != (text("lng") == ""):
        fault("lat", "纬度和经度要一起填。")
    values["cooperation_since"] = None
    if text("since"):
        try:
            values["cooperation_since"] = date.fromisoformat(text("since"))
        except ValueError:
            fault("since", "日期要写成 2026-11-21 这样。")
    if faults:
        planned.fates.append(Fate(row.number, code, "wrong", faults=tuple(faults)))
        return
    outlet = known.get(code)
    if outlet:
        # A column that the file does not have says nothing about an outlet that is there already.
        absent = {_FIELDS.get(key, key) for key, heading in columns.of.items() if heading is None}
        values = {name: value for name, value in values.items() if name not in absent}
    changes = tuple(name for name, value in values.items() if outlet and getattr(outlet, name) != value)
    if outlet and not changes:
        planned.fates.append(Fate(row.number, code, "same"))
        return
    planned.values.append(values)
    outcome = "changed" if outlet else "new"
    waits = not _BASE.isdisjoint(changes)
    planned.fates.append(Fate(row.number, code, outcome, changes, from_day=first if waits else None))


def _degrees(text: str, bounds: tuple[float, float], complain: Any) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        complain()
        return None
    if not bounds[0] <= value <= bounds[1]:
        complain()
    return value
