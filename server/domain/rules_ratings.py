"""The rules of ratings as data: indicators, window score, weak item, composite, stars, vetoes, tier decisions.

Handbook 2.4 to 2.9, and 03, "Veto items for stars". Scores, weights and rates are of a hundred.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from server.domain.bands import Band, covering_problems
from server.domain.findings import Finding, at
from server.domain.rule_parts import (
    WHOLE,
    AtLeastOne,
    ByAgentTier,
    Count,
    Part,
    Percent,
    Several,
    Words,
    order_problem,
    weights_problem,
)

StarNumber = Annotated[int, Field(ge=1, le=5)]
AgentTier = Literal["franchise", "exclusive", "ordinary", "village"]


class Target(Part):
    """An indicator's target: met above it, not at it."""

    above: Percent
    """高于 % | above, %"""


class Handling(Target):
    """Transactions within their own limit."""

    limit_minutes: AtLeastOne
    """办理时限（分钟） | limit, minutes"""
    long_limit_minutes: AtLeastOne
    """购机、入网时限（分钟） | limit of buying a phone or joining, minutes"""


class Waiting(Target):
    """Waits within the limit; the limits by class stand in the checklists."""

    limit_minutes: AtLeastOne
    """等候时限（分钟） | limit, minutes"""


class Indicators(Part):
    """The six service-operation indicators of a month (S3 5.2.2.1)."""

    csat_hall: Target
    """营业厅客户满意率 | satisfaction in halls"""
    csat_terminal: Target
    """终端客户满意率 | satisfaction of buyers of terminals"""
    csat_data: Target
    """数据及新业务满意率 | satisfaction with data plans and new services"""
    csat_premium: Target
    """中高端客户满意率 | satisfaction of mid- and high-end customers"""
    handling_on_time: Handling
    """业务办理及时率 | handling on time"""
    waiting_on_time: Waiting
    """等候及时率 | waiting on time"""


class LevelBand(Band):
    """A stretch of scores and its word."""

    level: Literal["excellent", "meets", "below"]
    """等次 | level"""


class WindowRules(Part):
    """The window service score (S3 5.2.2.2.1)."""

    score: Literal["prohibitions", "visit"]
    """取哪个得分 | which score"""
    levels: Several[LevelBand]
    """等次 | levels"""

    def problems(self) -> Iterator[Finding]:
        """The levels cover 0 to 100."""
        return covering_problems(self.levels, "/levels", Fraction(0), WHOLE)


class TargetBand(Band):
    """Ranks, and by how many percent the weak item has to improve."""

    percent: Percent
    """提升目标 % | improvement, %"""


class WeakItem(Part):
    """The weak item of a quarter (S3 5.2.2.2.2)."""

    min_samples: AtLeastOne
    """最少样本 | visits at least"""
    targets: Several[TargetBand]
    """按全省名次的提升目标 | target by rank in the province"""
    deduction: Percent
    """未达标扣分 | points off when it is not met"""
    actions: AtLeastOne
    """整改措施最多几条 | actions at most"""

    def problems(self) -> Iterator[Finding]:
        """The targets cover every rank from 1 on."""
        return covering_problems(self.targets, "/targets", Fraction(1), None)


class CompositeWeights(Part):
    """What the six parts weigh, C1 to C6."""

    perception: Percent
    """C1 客户感知 | C1 perception"""
    mystery: Percent
    """C2 暗访 | C2 mystery visit"""
    area_check: Percent
    """C3 片区经理检查 | C3 area manager's check"""
    complaints: Percent
    """C4 服务投诉 | C4 service complaints"""
    audit: Percent
    """C5 业务稽核 | C5 business audit"""
    certified: Percent
    """C6 持证上岗 | C6 certified staff"""

    def problems(self) -> Iterator[Finding]:
        """Weights add up to 100."""
        return weights_problem(self)


class PerceptionLine(Part):
    """Nothing below one rate, everything from another on, a straight line between them."""

    zero_at: Percent
    """低于此为 0（%） | nothing below, %"""
    full_at: Percent
    """达到此为满分（%） | everything from, %"""

    def problems(self) -> Iterator[Finding]:
        """The line rises."""
        return order_problem("/full_at", ("zero_at", self.zero_at), ("full_at", self.full_at))


class Bonus(Part):
    """Points on top."""

    praise: Percent
    """表扬每次 | for each praise"""
    idea: Percent
    """采纳建议每条 | for each adopted idea"""
    most: Percent
    """最多 | at most"""


class MissingParts(Part):
    """What happens where a part has no figure of the month."""

    least_replies: AtLeastOne
    """C1 最少有效回复 | C1: valid replies at least"""
    replies_months: AtLeastOne
    """C1 不足时合并几个月 | C1: months taken together when there are fewer"""
    months_before: Count
    """C2、C3、C5、C6 可取前几个月 | C2, C3, C5, C6: months before that may be taken"""
    rated_from_weight: Percent
    """有数据的权重不到此不评（%） | not rated below this weight with data, %"""


class Composite(Part):
    """The composite evaluation of an agent outlet in a month (S4 p.22)."""

    weights: ByAgentTier[CompositeWeights]
    """权重 | weights"""
    perception: PerceptionLine
    """客户感知得分线 | perception line"""
    complaints_zero_at: AtLeastOne
    """属实投诉达到此为 0 | nothing from so many proven complaints"""
    errors_zero_at: AtLeastOne
    """稽核差错达到此为 0 | nothing from so many errors"""
    bonus: Bonus
    """加分 | bonus"""
    missing: MissingParts
    """缺数据时 | where data are missing"""


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
    small, large = (f"{gate.star}★ {name}" for gate in (lower, upper))
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
    more_than_months: Annotated[int, Field(ge=0, le=11)]
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
