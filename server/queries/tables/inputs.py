"""The columns of the lists of inputs: which file was taken in, which month has what, and veto events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.domain.tables import Column, Holds, Say
from server.queries import words
from server.queries.import_sources import Row
from server.queries.input_imports import Event, Taken

Covered = tuple[str, Mapping[str, int]]
"""The code of an input, and by month of how many outlets it is there."""

IMPORTS: tuple[Column[Taken], ...] = (
    Column("导入编号", lambda row, say: row.number, Holds.WHOLE),
    Column("数据", lambda row, say: say(words.INPUT_SORTS[row.sort])),
    Column("文件", lambda row, say: row.name),
    Column("SHA-256", lambda row, say: row.sha256),
    Column("月份", lambda row, say: row.months),
    Column("完整清单", lambda row, say: say("是") if row.complete else ""),
    Column("导入时间", lambda row, say: row.at, Holds.INSTANT),
    Column("导入人", lambda row, say: row.by or say("系统")),
    Column("新增", lambda row, say: row.added, Holds.WHOLE),
    Column("更新", lambda row, say: row.changed, Holds.WHOLE),
    Column("不变", lambda row, say: row.same, Holds.WHOLE),
)


ROWS: tuple[Column[Row], ...] = (
    Column("网点编码", lambda row, say: row.outlet_code),
    Column("网点", lambda row, say: row.outlet),
    Column("月份", lambda row, say: row.month),
    Column("日期", lambda row, say: row.day, Holds.DATE),
    Column("数据", lambda row, say: say(words.INPUT_CODES[row.code]) if row.month else row.code),
    Column("数量", lambda row, say: row.part, Holds.WHOLE),
    Column("总数", lambda row, say: row.whole, Holds.WHOLE),
    Column("另一口径及时数", lambda row, say: row.strict, Holds.WHOLE),
)


def coverage(months: Sequence[str]) -> tuple[Column[Covered], ...]:
    """Which months have what of how many outlets."""
    return (Column("数据", lambda row, say: say(words.INPUT_CODES[row[0]])), *map(_month, months))


def vetoes(language: str, items: Mapping[str, Any]) -> tuple[Column[Event], ...]:
    """Veto events; `items` are the rule set's by code."""
    return (
        Column("网点编码", lambda row, say: row.outlet_code),
        Column("网点", lambda row, say: row.outlet),
        Column("否决项", lambda row, say: row.code),
        Column("内容", lambda row, say: _text(items.get(row.code), language)),
        Column("类别", lambda row, say: _class(items.get(row.code), say)),
        Column("日期", lambda row, say: row.day, Holds.DATE),
        Column("说明", lambda row, say: row.note),
        Column("登记时间", lambda row, say: row.at, Holds.INSTANT),
        Column("登记人", lambda row, say: row.by or say("系统")),
        Column("撤回时间", lambda row, say: row.withdrawn_at, Holds.INSTANT),
        Column("撤回的理由", lambda row, say: row.withdrawn_why),
    )


def _month(month: str) -> Column[Covered]:
    return Column(month, lambda row, say: row[1].get(month), Holds.WHOLE)


def _text(item: Any, language: str) -> str:
    return getattr(item.text, language) if item else ""


def _class(item: Any, say: Say) -> str:
    return say("{n} 类", n=item.veto_class) if item else ""
