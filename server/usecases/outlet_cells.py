"""The cells of a row of a list of outlets: what they say of it; whatever is wrong is kept by the cell's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from server.domain.deciding import may_be_listed
from server.domain.imports import Column
from server.gateways.spreadsheet import CellFault, InBoth, Row
from server.storage.organisation import Outlet, OutletStatus, Setting, Tier, Unit, UnitKind
from server.usecases.imports import Headings, allowed, both, listed, right_code

COLUMNS: dict[str, Column] = {
    "code": Column("编码", "code", "TY001"),
    "name": Column("名称", "name", "小店通讯"),
    "tier": Column("层级", "tier", "普通代理店"),
    "class": Column("类别", "class", "B", required=False),
    "setting": Column("地域", "setting", "城区"),
    "unit": Column("单位", "unit", "TY-XD-1"),
    "address": Column("地址", "address", "长风街 1 号", required=False),
    "phone": Column("电话", "phone", "0351-7000000", required=False),
    "lat": Column("纬度", "lat", 37.73, required=False),
    "lng": Column("经度", "lng", 112.56, required=False),
    "since": Column("合作起始", "cooperation_since", "2020-03-01", required=False),
    "status": Column("状态", "status", "正常", required=False),
}
"""The columns of a list of outlets; what is required must be there as a column, and filled in for new outlets."""
CLEARED = frozenset({"-", "无", "none"})
"""What a cell holds to take away a class, an address, a telephone number or a position."""
TIERS = {
    "自有营业厅": Tier.OWN_HALL,
    "自建他营店": Tier.FRANCHISE,
    "指定专营店": Tier.EXCLUSIVE,
    "普通代理店": Tier.ORDINARY,
    "村级服务站": Tier.VILLAGE,
} | {tier.value: tier for tier in Tier}
TIERS |= {
    "own hall": Tier.OWN_HALL,
    "exclusive shop": Tier.EXCLUSIVE,
    "ordinary agent": Tier.ORDINARY,
    "village station": Tier.VILLAGE,
}
SETTINGS = {"城区": Setting.CITY, "县城": Setting.COUNTY_TOWN, "乡镇": Setting.TOWNSHIP} | {
    setting.value: setting for setting in Setting
}
SETTINGS |= {"城市": Setting.CITY, "county town": Setting.COUNTY_TOWN}
STATUSES = {
    "准入中": OutletStatus.ONBOARDING,
    "正常": OutletStatus.ACTIVE,
    "观察": OutletStatus.PROBATION,
    "退出": OutletStatus.EXITED,
} | {status.value: status for status in OutletStatus}
STATUSES |= {
    "已退出": OutletStatus.EXITED,
    "on probation": OutletStatus.PROBATION,
    "left": OutletStatus.EXITED,
}
CLASSES = ("A", "B", "C")

# Mainland China roughly, in WGS-84 degrees; what lies outside is a slip, most often swapped columns.
_POSITION = {
    "lat": (18.0, 53.6, "纬度要是 18 到 53.6 之间的数。"),
    "lng": (73.5, 135.1, "经度要是 73.5 到 135.1 之间的数。"),
}
_EMPTY: dict[str, Any] = {
    "class_": "",
    "address": "",
    "phone": "",
    "lat": None,
    "lng": None,
    "cooperation_since": None,
    "status": OutletStatus.ACTIVE,
}
"""What a new outlet is where its row says nothing."""


class OutletCells:
    """One row beside the outlet that it speaks of (None: a new one): what it says, what is wrong, what is to be heeded.

    An empty cell says nothing about an outlet that is there, like a column that the file does not have.
    """

    def __init__(self, row: Row, columns: Headings, known: Mapping[str, Outlet]) -> None:
        self.row, self.columns = row, columns
        self.faults = columns.spoilt(row)
        self.notes: list[CellFault] = []
        self.code = self._text("code")
        self.outlet = known.get(self.code)

    def fault(self, key: str, message: str, **facts: str | int | InBoth) -> None:
        """Keep what is wrong with a cell."""
        self.faults.append(CellFault(self.columns.cell(self.row, key), message, facts))

    def values(self, units: Mapping[str, Unit]) -> dict[str, Any]:
        """What the row says, by the fields of the table; of a new outlet all of them. Right only where nothing is wrong."""
        if not right_code(self.code):
            self.fault("code", "编码要是 1 到 40 个字母、数字、点或横线。")
        said = {
            "code": self.code,
            **self._name(),
            **self._word("tier", TIERS),
            **self._word("setting", SETTINGS),
            **self._class(),
            **self._unit(units),
            **self._freely("address", 200, "地址最多 200 个字。"),
            **self._freely("phone", 40, "电话最多 40 个字符。"),
            **self._position(),
            **self._since(),
            **self._status(),
        }
        return said if self.outlet else _EMPTY | said

    def _text(self, key: str) -> str:
        return self.columns.text(self.row, key)

    def _silent(self, key: str) -> bool:
        """Whether the cell says nothing, and may: of a new outlet what is required must be said."""
        return not self._text(key) and (self.outlet is not None or not COLUMNS[key].required)

    def _cleared(self, key: str) -> bool:
        return self._text(key).lower() in CLEARED

    def _name(self) -> dict[str, Any]:
        name = self._text("name")
        if self._silent("name"):
            return {}
        if self._cleared("name") or not 1 <= len(name) <= 120:
            self.fault("name", "名称要有 1 到 120 个字。")
        return {"name": name}

    def _word(self, key: str, words: Mapping[str, Any]) -> dict[str, Any]:
        word = self._text(key)
        if self._silent(key):
            return {}
        # Screens write English words with a capital.
        meant = word if word in words else word.lower()
        if meant not in words:
            self.fault(key, "“{value}”不是允许的值：{allowed}", value=word, allowed=allowed(words))
            return {}
        return {key: words[meant]}

    def _class(self) -> dict[str, Any]:
        if self._silent("class"):
            return {}
        letter = "" if self._cleared("class") else self._text("class").upper()
        if letter and letter not in CLASSES:
            letters = listed((each, each) for each in CLASSES)
            self.fault(
                "class", "“{value}”不是允许的值：{allowed}", value=self._text("class"), allowed=letters
            )
        return {"class_": letter}

    def _unit(self, units: Mapping[str, Unit]) -> dict[str, Any]:
        if self._silent("unit"):
            return {}
        unit = units.get(self._text("unit"))
        if unit is None:
            self.fault("unit", "没有编码为“{value}”的单位。", value=self._text("unit"))
            return {}
        if unit.kind is UnitKind.PROVINCE:
            self.fault("unit", "网点要归到市、县、营业部或片区。")
        return {"unit_id": unit.id, "unit_path": unit.path}

    def _freely(self, key: str, most: int, too_long: str) -> dict[str, Any]:
        if self._silent(key):
            return {}
        if len(self._text(key)) > most:
            self.fault(key, too_long)
        return {key: "" if self._cleared(key) else self._text(key)}

    def _position(self) -> dict[str, Any]:
        said = [key for key in _POSITION if not self._silent(key)]
        cleared = [key for key in said if self._cleared(key)]
        found = {key: None if key in cleared else self._degrees(key) for key in said}
        if len(said) == 1 or len(cleared) == 1:
            self.fault("lat", "纬度和经度要一起填。")
        return found

    def _degrees(self, key: str) -> float | None:
        least, most, message = _POSITION[key]
        try:
            value = float(self._text(key))
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            self.fault(key, message)
        return value

    def _since(self) -> dict[str, Any]:
        if self._silent("since"):
            return {}
        try:
            return {"cooperation_since": date.fromisoformat(self._text("since"))}
        except ValueError:
            self.fault("since", "日期要写成 2026-11-21 这样。")
            return {}

    def _status(self) -> dict[str, Any]:
        said = self._word("status", STATUSES)
        if not said or self.outlet is None or said["status"] == self.outlet.status:
            return said
        before, after = OutletStatus(self.outlet.status), said["status"]
        # Nothing is decided about own halls (S4 p.23): they are what their list says.
        if self.outlet.tier == Tier.OWN_HALL or may_be_listed(before.value, after.value):
            cell = self.columns.cell(self.row, "status")
            self.notes.append(CellFault(cell, "状态由名单直接改变，不经过升降级决定，请核对。"))
        elif before is OutletStatus.EXITED:
            self.fault("status", "网点已退出，名单不能让它恢复：重新合作请写“准入中”，再作准入决定。")
        else:
            was, wished = both(STATUSES, before), both(STATUSES, after)
            message = "状态不能由“{before}”改为“{after}”：升降级里没有这样的决定。"
            self.fault("status", message, before=was, after=wished)
        return said
