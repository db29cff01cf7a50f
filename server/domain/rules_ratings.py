"""The rules of ratings as data: service indicators, window score, weak item, composite evaluation.

Handbook 2.4 to 2.7. Scores, weights and rates are of a hundred.
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
    Count,
    Part,
    Percent,
    Several,
    Text,
    order_problem,
    weights_problem,
)


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
    long_business: Several[Text] = ("购机", "入网", "phone", "joining")
    """适用购机、入网时限的业务名称 | names of transactions that have the limit of buying a phone or joining"""


class ClassWaits(Part):
    """The waiting limits by class of customer when it is busy (S3 4.3.2.1), as the checklists' timers have them."""

    corporate: AtLeastOne = 5
    """集团客户（分钟） | corporate customers, minutes"""
    gotone: AtLeastOne = 6
    """全球通客户（分钟） | GoTone customers, minutes"""
    other: AtLeastOne = 10
    """其他客户（分钟） | other customers, minutes"""


class Waiting(Target):
    """Waits within the limit."""

    limit_minutes: AtLeastOne
    """等候时限（分钟） | limit, minutes"""
    by_class: ClassWaits = ClassWaits()
    """分客户类别的等候时限 | limits by class of customer"""


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
