"""The sorts of inputs that figures need besides visits: their columns, the words that cells may hold, their Problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from server.domain.errors import Problem
from server.domain.imports import Column

MOST_COUNT = 10_000_000
"""No count of an outlet's month is larger; what is larger is a slip, such as a telephone number in the wrong column."""
MOST_WEIGHT = 1000


class Sort(StrEnum):
    """What one file of inputs is about."""

    SATISFACTION = "satisfaction"
    TIMES = "times"
    TICKETS = "tickets"
    COMPLAINTS = "complaints"
    AUDIT = "audit"
    STAFF = "staff"
    CUSTOMERS = "customers"
    PRAISE = "praise"
    VETOES = "vetoes"


_OUTLET = Column("网点编码", "outlet", "TY001")
_MONTH = Column("月份", "month", "2026-10")

COLUMNS: dict[Sort, dict[str, Column]] = {
    Sort.SATISFACTION: {
        "outlet": _OUTLET,
        "month": _MONTH,
        "customer": Column("客户类别", "customer", "营业厅"),
        "satisfied": Column("满意数", "satisfied", 96),
        "replies": Column("有效回复数", "replies", 100),
    },
    Sort.TIMES: {
        "outlet": _OUTLET,
        "month": _MONTH,
        "measure": Column("指标", "measure", "业务办理"),
        "on_time": Column("及时数", "on_time", 960),
        "total": Column("总数", "total", 1000),
        "beside": Column("另一口径及时数", "beside", 940, required=False),
    },
    Sort.TICKETS: {
        "outlet": _OUTLET,
        "number": Column("票号", "ticket", "A001"),
        "business": Column("业务", "business", "缴费"),
        "class": Column("客户类别", "class", "其他", required=False),
        "taken": Column("取号时间", "taken", "2026-10-08 09:01:00"),
        "called": Column("叫号时间", "called", "2026-10-08 09:05:00", required=False),
        "begun": Column("受理时间", "begun", "2026-10-08 09:05:30"),
        "ended": Column("办结时间", "ended", "2026-10-08 09:09:00"),
    },
    Sort.COMPLAINTS: {
        "number": Column("工单号", "number", "TS2026100001"),
        "outlet": _OUTLET,
        "day": Column("日期", "day", "2026-10-08"),
        "proven": Column("属实", "proven", "是"),
        "kind": Column("类别", "kind", "服务态度", required=False),
    },
    Sort.AUDIT: {"outlet": _OUTLET, "month": _MONTH, "errors": Column("差错数", "errors", 1)},
    Sort.STAFF: {
        "outlet": _OUTLET,
        "month": _MONTH,
        "number": Column("工号", "number", "1001"),
        "name": Column("姓名", "name", "张三"),
        "certified": Column("持证", "certified", "是"),
        "weight": Column("权重", "weight", 1, required=False),
    },
    Sort.CUSTOMERS: {"outlet": _OUTLET, "month": _MONTH, "customers": Column("客户数", "customers", 1280)},
    Sort.PRAISE: {
        "outlet": _OUTLET,
        "month": _MONTH,
        "praises": Column("表扬数", "praises", 1),
        "ideas": Column("采纳建议数", "ideas", 0),
    },
    Sort.VETOES: {
        "outlet": _OUTLET,
        "code": Column("编号", "code", "V5"),
        "day": Column("日期", "day", "2026-10-08"),
        "note": Column("说明", "note", "核查记录编号"),
    },
}
"""The columns of each sort; one that is not required may be left out."""

CUSTOMERS: Mapping[str, str] = {
    "营业厅": "csat_hall",
    "终端": "csat_terminal",
    "数据": "csat_data",
    "中高端": "csat_premium",
    "hall": "csat_hall",
    "terminal": "csat_terminal",
    "data": "csat_data",
    "premium": "csat_premium",
}
"""Which kind of customer replied (S3 5.2.2.1.1 to 5.2.2.1.4)."""
MEASURES: Mapping[str, str] = {
    "业务办理": "handling_on_time",
    "等候": "waiting_on_time",
    "handling": "handling_on_time",
    "waiting": "waiting_on_time",
}
YES_NO: Mapping[str, bool] = {
    "是": True,
    "否": False,
    "yes": True,
    "no": False,
    "TRUE": True,
    "FALSE": False,
    "1": True,
    "0": False,
}
PROVEN: Mapping[str, bool | None] = {**YES_NO, "待定": None, "open": None}
CLASSES: Mapping[str, str] = {
    "集团": "corporate",
    "全球通": "gotone",
    "其他": "other",
    "corporate": "corporate",
    "gotone": "gotone",
    "other": "other",
    "": "other",
}
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_MONTH_FORM = re.compile(r"(\d{4})(?:[-/.年]?(\d{2})|[-/.年](\d))月?")


@dataclass(eq=False)
class VetoUnknown(Problem):
    """No veto item of the rule set valid on that day has this code."""

    code: ClassVar[str] = "veto-unknown"
    veto: str = ""


@dataclass(eq=False)
class VetoThere(Problem):
    """The outlet has this veto event on this day already, or had it and it was taken back."""

    code: ClassVar[str] = "veto-there"


@dataclass(eq=False)
class VetoTakenBack(Problem):
    """The veto event was taken back before."""

    code: ClassVar[str] = "veto-taken-back"


def plain(text: str) -> str:
    """Digits and signs as Chinese keyboards also write them (２０２６－１０) in their plain form."""
    return text.translate(_FULL_WIDTH)


def alike(text: str) -> str:
    """A word without what people do not see in it: wide signs for narrow ones, large letters for small ones, blanks."""
    return "".join(plain(text).casefold().split())


def month_of(text: str) -> str | None:
    """A month as figures name it (2026-10) from what people and spreadsheets write: 2026年10月, 2026/10, 202610, a day of it.

    None for anything else, and for 2026.1: a spreadsheet makes that of 2026.10 and of 2026.1 alike."""
    text = plain(text)
    if re.fullmatch(r"\d{4}\.1", text):
        return None
    found = _MONTH_FORM.fullmatch(text)
    if not found:
        day = day_of(text)
        return day.isoformat()[:7] if day else None
    month = int(found[2] or found[3])
    return f"{found[1]}-{month:02d}" if 1 <= month <= 12 and int(found[1]) >= 2000 else None


def day_of(text: str) -> date | None:
    """A day from 2026-10-08 or 2026/10/8, whatever time of day stands behind it; None for anything else."""
    at = instant_of(text)
    return at.date() if at else None


def instant_of(text: str) -> datetime | None:
    """A day with its time as a log writes it (local, no zone); a day alone is its midnight; None for anything else."""
    found = re.fullmatch(
        r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?",
        plain(text),
        re.ASCII,
    )
    if not found or int(found[1]) < 2000:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001
    except ValueError:
        return None


def count_of(text: str) -> int | None:
    """A whole number from 0 to `MOST_COUNT`; None for anything else."""
    # Who writes a count as a text of a calculation leaves ".0" behind it; ".000" may be thousands.
    found = re.fullmatch(r"([0-9]{1,8})(?:\.0)?", plain(text))
    return int(found[1]) if found and int(found[1]) <= MOST_COUNT else None
