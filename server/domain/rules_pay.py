"""The rules of money as data: classes of outlets, base amounts, factors, staff share, refund (S4 p.24-28).

Handbook 2.9, 2.10 and 03, "Classes A/B/C and base amounts". Money is in fen.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from server.domain.bands import Band, covering_problems
from server.domain.findings import Finding
from server.domain.rule_parts import (
    WHOLE,
    AtLeastOne,
    ByAgentTier,
    Exact,
    Factor,
    FactorBySetting,
    FenByClass,
    Part,
    Percent,
    Several,
    order_problem,
)


class Thresholds(Part):
    """How many distinct customers a month make a class; fewer than B's make class C."""

    A: Exact
    """A 类不少于 | class A from"""
    B: Exact
    """B 类不少于 | class B from"""

    def problems(self) -> Iterator[Finding]:
        """A asks for more than B."""
        return order_problem("/B", ("B", self.B), ("A", self.A))


class Classes(Part):
    """The class of an outlet by its mean monthly distinct customers (S4 p.26)."""

    period: Literal["quarter", "half_year", "year"]
    """多久定一次 | set anew each"""
    thresholds: ByAgentTier[Thresholds]
    """月均服务客户数 | customers a month"""
    setting_factors: FactorBySetting
    """门槛的地区系数 | factor of the thresholds by setting"""
    least_months: AtLeastOne
    """不足几个月为 C 类 | with fewer months: class C"""


class FactorBand(Band):
    """A stretch of values and its factor."""

    factor: Factor
    """系数 | factor"""


class Refund(Part):
    """When a withheld month is paid back."""

    composite_from: Percent
    """综合评价不低于 | composite at least"""
    months: AtLeastOne
    """连续月数 | months running"""


class Commission(Part):
    """The service commission of a month (handbook 2.10)."""

    base_fen: ByAgentTier[FenByClass]
    """每月基数（分，100 分为 1 元） | base a month, fen"""
    setting_factors: FactorBySetting
    """基数的地区系数 | factor of the base by setting"""
    years_factors: Several[FactorBand]
    """合作年限系数 | factor by full years of cooperation"""
    pay_factors: Several[FactorBand]
    """考核系数 | factor by the month's composite"""
    veto_factor: Factor
    """一类否决时的系数 | factor with a class-1 veto"""
    unrated_factor: Factor
    """未评时的系数 | factor when not rated"""
    staff_percent: Percent
    """营业员分享 % | share of the staff, %"""
    refund: Refund
    """滚动返还 | rolling refund"""

    def problems(self) -> Iterator[Finding]:
        """The years from 0 on and the composite from 0 to 100 are covered without hole or overlap."""
        yield from covering_problems(self.years_factors, "/years_factors", Fraction(0), None)
        yield from covering_problems(self.pay_factors, "/pay_factors", Fraction(0), WHOLE)
