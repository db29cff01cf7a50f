"""The columns of an outlet's commission: its months, and the shares of its staff in one of them."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from server.domain.tables import Cell, Column, Holds
from server.queries import words
from server.storage.commission import CommissionMonth, CommissionShare

MONEY = {
    "amount": "佣金（元）",
    "staff": "其中营业员（元）",
    "refunded": "返还（元）",
    "settled": "差额结算（元）",
    "carried_in": "上月结转（元）",
    "paid": "实发合计（元）",
    "carried_on": "结转下月（元）",
    "withheld": "本月扣下（元）",
}
"""The sums of a month, in the order in which files have them."""


def months(closed: Collection[str]) -> tuple[Column[CommissionMonth], ...]:
    """An outlet's months; `closed` are those that nothing changes any more."""
    return (
        Column("月份", lambda row, say: row.month),
        Column("已关账", lambda row, say: say("是") if row.month in closed else ""),
        Column("渠道", lambda row, say: say(words.TIERS[row.tier])),
        Column("类别", lambda row, say: row.class_),
        Column("每月基数（元）", lambda row, say: row.base_fen, Holds.YUAN),
        Column("合作年限系数", lambda row, say: _factor(row.years_factor), Holds.HUNDREDTHS),
        Column("综合评价", lambda row, say: row.composite, Holds.HUNDREDTHS),
        Column("考核系数", lambda row, say: _factor(row.pay_factor), Holds.HUNDREDTHS),
        Column("一类否决", lambda row, say: say("是") if row.veto else ""),
        *(_sum(name, heading) for name, heading in MONEY.items()),
    )


SHARES: tuple[Column[CommissionShare], ...] = (
    Column("月份", lambda row, say: row.month),
    Column("所属月份", lambda row, say: row.of_month),
    Column("工号", lambda row, say: row.number),
    Column("姓名", lambda row, say: row.name),
    Column("权重", lambda row, say: row.weight, Holds.WHOLE),
    Column("金额（元）", lambda row, say: row.fen, Holds.YUAN),
)


def _sum(name: str, heading: str) -> Column[CommissionMonth]:
    return Column(heading, lambda row, say: getattr(row, f"{name}_fen"), Holds.YUAN)


def _factor(text: str) -> Cell:
    """A factor in hundredths; one that two decimals do not hold stays as it is written."""
    if not text:
        return None
    times = Fraction(text) * 100
    return times.numerator if times.denominator == 1 else text
