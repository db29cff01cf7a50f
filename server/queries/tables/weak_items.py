"""The columns of the heat map of weak items, and of the list of tracked ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from server.domain.exact import half_up
from server.domain.tables import Column, Holds, Say
from server.queries import words
from server.queries.cell_visits import Behind
from server.queries.heat_map import Past
from server.queries.heat_map import Row as MapRow
from server.queries.weak_items import Row
from server.queries.weak_quarters import so_far


def heat(
    indicators: Sequence[str], names: Mapping[str, str], say: Say, *, so_far: bool
) -> tuple[Column[MapRow], ...]:
    """A row for each unit: its weak item with the target, the outcome of the one before, then every ratio with its visits.

    `so_far`: the quarter is a draft, which takes no points off yet.
    """
    outcomes = words.WEAK_ITEM_SO_FAR if so_far else words.WEAK_ITEM_OUTCOMES
    return (
        Column("单位", lambda row, say: row.name),
        Column("上级单位", lambda row, say: row.above),
        Column("服务弱项", lambda row, say: names.get(row.line.weak or "", row.line.weak)),
        Column(
            "得分率", lambda row, say: _percent(row.line.cell.ratio if row.line.cell else None), Holds.PERCENT
        ),
        Column("下季要达到", lambda row, say: _percent(row.line.to_reach), Holds.PERCENT),
        Column(
            "上季弱项",
            lambda row, say: names.get(row.line.became.indicator, "") if row.line.became else "",
        ),
        Column(
            "上季弱项的结果",
            lambda row, say: say(outcomes[row.line.became.outcome]) if row.line.became else "",
        ),
        Column(
            "提升率",
            lambda row, say: _percent(row.line.became.improvement if row.line.became else None),
            Holds.PERCENT,
        ),
        Column(
            "扣分",
            lambda row, say: _points(row.line.became.deduction if row.line.became and not so_far else None),
            Holds.HUNDREDTHS,
        ),
        Column("窗口服务得分", lambda row, say: _points(row.line.window), Holds.HUNDREDTHS),
        Column("扣分后", lambda row, say: _points(None if so_far else row.line.after), Holds.HUNDREDTHS),
        *(
            column
            for name in indicators
            for column in _indicator(name, names.get(name, name), say("检查次数"))
        ),
    )


def _indicator(code: str, name: str, visits: str) -> tuple[Column[MapRow], Column[MapRow]]:
    called = f"{code.removeprefix('T-')} {name}"
    return (
        Column(
            called,
            lambda row, say: _percent(row.line.cells[code].ratio if code in row.line.cells else None),
            Holds.PERCENT,
        ),
        Column(
            f"{code.removeprefix('T-')} {visits}",
            lambda row, say: row.line.cells[code].visits if code in row.line.cells else None,
            Holds.WHOLE,
        ),
    )


def quarters(names: Mapping[str, str]) -> tuple[Column[Past], ...]:
    """The quarters of one unit: its weak item with the target, and what became of it in the quarter after."""
    return (
        Column("季度", lambda row, say: row.row.code),
        Column("服务弱项", lambda row, say: names.get(row.line.weak or "", row.line.weak)),
        Column(
            "得分率", lambda row, say: _percent(row.line.cell.ratio if row.line.cell else None), Holds.PERCENT
        ),
        Column("检查次数", lambda row, say: row.line.cell.visits if row.line.cell else None, Holds.WHOLE),
        Column("下季要达到", lambda row, say: _percent(row.line.to_reach), Holds.PERCENT),
        Column("下季的结果", _became),
        Column("下季得分率", lambda row, say: _percent(row.then.ratio if row.then else None), Holds.PERCENT),
        Column(
            "提升率", lambda row, say: _percent(row.then.improvement if row.then else None), Holds.PERCENT
        ),
        Column("窗口服务得分", lambda row, say: _points(row.line.window), Holds.HUNDREDTHS),
        Column(
            "扣分后",
            lambda row, say: _points(None if so_far(row.row) else row.line.after),
            Holds.HUNDREDTHS,
        ),
    )


BEHIND: tuple[Column[Behind], ...] = (
    Column("网点编码", lambda row, say: row.outlet_code),
    Column("网点", lambda row, say: row.outlet),
    Column("检查日期", lambda row, say: row.day, Holds.DATE),
    Column("得分率", lambda row, say: _percent(row.ratio), Holds.PERCENT),
)


def tracked(names: Mapping[str, str]) -> tuple[Column[Row], ...]:
    """The list of tracked weak items."""
    return (
        Column("单位", lambda row, say: row.unit),
        Column("服务弱项", lambda row, say: names.get(row.indicator, row.indicator)),
        Column("状态", lambda row, say: say(words.WEAK_ITEM_STATES[row.state])),
        Column("最近变动的季度", lambda row, say: row.since),
        Column("负责人", lambda row, say: row.owner or ""),
        Column("原因", lambda row, say: row.cause),
        Column("措施", lambda row, say: row.actions, Holds.WHOLE),
        Column("已完成", lambda row, say: row.done, Holds.WHOLE),
        Column("下一个期限", lambda row, say: row.due, Holds.DATE),
        Column("已逾期", lambda row, say: say("是") if row.overdue else ""),
    )


def _became(row: Past, say: Say) -> str:
    outcomes = words.WEAK_ITEM_SO_FAR if row.draft else words.WEAK_ITEM_OUTCOMES
    return say(outcomes[row.then.outcome]) if row.then else ""


def _percent(value: Fraction | None) -> int | None:
    return None if value is None else half_up(value * 10_000)


def _points(value: Fraction | None) -> int | None:
    return None if value is None else half_up(value * 100)
