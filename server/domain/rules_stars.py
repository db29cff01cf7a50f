"""The rules of stars and tiers as data: star rating, veto items, and the decisions that are proposed.

Handbook 2.8, 2.9, and 03, "Veto items for stars". Scores, weights and rates are of a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from server.domain.findings import Finding, at
from server.domain.rule_parts import (
    NAMES,
    AtLeastOne,
    Count,
    Part,
    Percent,
    Several,
    Words,
    order_problem,
    weights_problem,
)
from server.domain.shapes import Within

StarNumber = Annotated[int, Within(1, 5)]
AgentTier = Literal["franchise", "exclusive", "ordinary", "village"]


class OwnHallBasis(Part):
    """What the star basis of an own hall consists of."""

    mystery: Percent
    """暗访 | mystery visits"""
    perception: Percent
    """客户感知 | perception"""
    on_time: Percent
    """及时率 | on-time rates"""
    complaints: Percent
    """投诉 | complaints"""
    patrol: Percent
    """巡检 | patrol"""
    corrective_actions: Percent
    """按期整改 | corrective actions in time"""

    def problems(self) -> Iterator[Finding]:
        """Weights add up to 100."""
        return weights_problem(self)


class Gate(Part):
    """What one star asks for."""

    star: StarNumber
    """星级 | star"""
    score: Percent
    """得分 | score"""
    quarter: Percent | None = None
    """每季度（代办每月）不低于 | every quarter (agents: month) at least"""
    perception: Percent
    """客户感知 % | perception, %"""
    prohibitions: Percent
    """十禁止得分 | prohibition score"""
    clean_months: Count
    """无否决项的月数 | months without a veto"""


class Running(Part):
    """High stars need more than one period."""

    from_star: StarNumber
    """自几星起 | from this star on"""
    periods: AtLeastOne
    """连续期数 | periods running"""


class VetoEffect(Part):
    """What a veto of one class does to the stars."""

    stars_off: StarNumber
    """摘去几星 | stars taken"""
    closed_months: Count
    """几个月内不得升星 | months without a rise"""


class VetoEffects(Part):
    """What vetoes do to the stars."""

    class_1: VetoEffect
    """一类 | class 1"""
    class_2: VetoEffect
    """二类 | class 2"""


class Stars(Part):
    """The star rating."""

    period: Literal["quarter", "half_year", "year"]
    """评定周期 | period"""
    own_hall: OwnHallBasis
    """自有营业厅评分构成 | basis of own halls"""
    rated_months_percent: Percent
    """代办网点至少有多少月份有综合得分 % | agents: months rated at least, %"""
    gates: Several[Gate]
    """各星门槛 | what each star asks for"""
    excused_months: Count
    """代办网点可有几个月不达标 | agents: months that may fall short"""
    first_at_most: StarNumber
    """首次评定最高 | a first rating at most"""
    running: Running
    """连续要求 | periods running"""
    new_months: Count
    """新网点满几个月评定 | months before a new outlet is rated"""
    draft_working_days: Count
    """公示（工作日） | working days that the draft stands open"""
    vetoes: VetoEffects
    """否决的后果 | what vetoes do"""

    def problems(self) -> Iterator[Finding]:
        """One gate for each star from 5 down to 1, and no gate asks for more than the one above it."""
        if [gate.star for gate in self.gates] != [5, 4, 3, 2, 1]:
            yield Finding("/gates", "star_rows")
            return
        for n, (upper, lower) in enumerate(pairwise(self.gates), start=1):
            for name in ("score", "quarter", "perception", "prohibitions"):
                more, less = getattr(upper, name), getattr(lower, name)
                if less is not None and (more is None or less > more):
                    yield _gate_order(at("/gates", n, name), name, lower, upper)
            if lower.score == upper.score:
                yield _gate_order(at("/gates", n, "score"), "score", lower, upper)


def _gate_order(path: str, name: str, lower: Gate, upper: Gate) -> Finding:
    less, more = getattr(lower, name), getattr(upper, name)
    zh, en = NAMES[name]
    small, large = ((f"{gate.star}星的{zh}", f"{gate.star}★ {en}") for gate in (lower, upper))
    facts = {"small": small, "less": str(less), "large": large, "more": "-" if more is None else str(more)}
    return Finding(path, "order_wrong", facts)


class Veto(Part):
    """One veto item."""

    veto_class: Literal[1, 2]
    """类别 | class"""
    text: Words
    """内容 | wording"""
    ground: Words
    """依据 | ground"""


class Upgrade(Part):
    """When an outlet is proposed for the next higher tier."""

    half_years: AtLeastOne
    """连续半年数 | half-years running"""
    outlet_class: Literal["A", "B", "C"]
    """类别 | class"""
    composite_from: Percent
    """综合评价均值不低于 | mean composite at least"""
    entry_check_from: Percent
    """上一级准入验收不低于 | entry check of the higher tier at least"""


class Downgrade(Part):
    """When an outlet is proposed for the next lower tier; a class-1 veto is another ground."""

    composite_below: Percent
    """半年综合评价均值低于 | mean composite of a half-year below"""


class Warnings(Part):
    """When a correction plan or probation is proposed; a grave fail is another ground for probation."""

    composite_below: Percent
    """综合评价低于此警告 | composite below: warning"""
    months: AtLeastOne
    """连续月数 | months running"""
    probation_below: Percent
    """综合评价低于此观察 | composite below: probation"""

    def problems(self) -> Iterator[Finding]:
        """Probation begins below the warning."""
        return order_problem(
            "/probation_below",
            ("probation_below", self.probation_below),
            ("composite_below", self.composite_below),
        )


class Exit(Part):
    """When exit is proposed (直接淘汰): both hold."""

    company_last: AtLeastOne
    """县公司年度综合排名末几位 | among the last of the county company's year"""
    department_last: AtLeastOne
    """营业部月度排名末几位 | among the last of the business department's month"""
    more_than_months: Annotated[int, Within(0, 11)]
    """超过几个月 | in more than so many months"""


class Entry(Part):
    """What a new outlet's entry check asks for."""

    score_from: Percent
    """准入验收不低于 | entry check at least"""


class Decisions(Part):
    """What the engine proposes and people decide (S4 p.23)."""

    ladder: Several[AgentTier]
    """级别由低到高 | tiers from low to high"""
    upgrade: Upgrade
    """升级 | upgrade"""
    downgrade: Downgrade
    """降级 | downgrade"""
    warning: Warnings
    """警告与观察 | warning and probation"""
    exit: Exit
    """退出 | exit"""
    entry: Entry
    """准入 | entry"""

    def problems(self) -> Iterator[Finding]:
        """The ladder names each tier once; a downgrade begins below an upgrade."""
        for n, tier in enumerate(self.ladder):
            if tier in self.ladder[:n]:
                yield Finding(at("/ladder", n), "twice", {"value": tier})
        yield from order_problem(
            "/downgrade/composite_below",
            ("downgrade", self.downgrade.composite_below),
            ("upgrade", self.upgrade.composite_from),
        )
