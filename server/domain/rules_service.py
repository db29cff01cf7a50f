"""The rules of service as data: surveys, week plan, coaching, contrast, training, complaints, incidents.

Handbook 2.11 to 2.13, 2.15, 2.16, and 03, "Messages, training points, incident times".
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Annotated

from server.domain.bands import Band, covering_problems
from server.domain.findings import Finding, at
from server.domain.rule_parts import (
    WHOLE,
    AtLeastOne,
    Clock,
    Count,
    Part,
    Period,
    Several,
    Words,
    order_problem,
)
from server.domain.shapes import Within

Answer = Annotated[int, Within(1, 5)]
"""A reply as it is stored: 5 is best."""


class Hours(Part):
    """Hours of a day in Asia/Shanghai."""

    begins: Clock
    """起 | from"""
    ends: Clock
    """止 | to"""

    def problems(self) -> Iterator[Finding]:
        """They begin before they end."""
        return order_problem("/ends", ("begins", _said(self.begins)), ("ends", _said(self.ends)))


def _said(at_: Clock) -> str:
    return f"{at_:%H:%M}"


class Alarm(Part):
    """Equal replies that come too fast."""

    more_than_replies: AtLeastOne
    """相同回复超过几条 | more than so many equal replies"""
    within_minutes: AtLeastOne
    """几分钟内 | within minutes"""


class Perception(Part):
    """The customer perception survey (S4 p.21)."""

    send_within_hours: AtLeastOne
    """业务后几小时内发送 | sent within hours"""
    send_hours: Several[Hours]
    """发送时段 | hours of sending"""
    quiet_months: AtLeastOne
    """同一客户间隔（自然月） | calendar months between messages to one customer"""
    reply_hours: AtLeastOne
    """回复有效（小时） | hours in which a reply counts"""
    satisfied_from: Answer
    """满意：存储值不低于 | satisfied: stored reply at least"""
    dissatisfied_to: Answer
    """不满意：存储值不高于 | dissatisfied: stored reply at most"""
    call_back_hours: AtLeastOne
    """不满意回访（小时） | hours to the call-back"""
    alarm: Alarm
    """异常警报 | alarm"""

    def problems(self) -> Iterator[Finding]:
        """Hours follow each other; satisfied and dissatisfied are apart."""
        for n, (earlier, later) in enumerate(pairwise(self.send_hours), start=1):
            if later.begins < earlier.ends:
                facts = {
                    "earlier": f"{_said(earlier.begins)}-{_said(earlier.ends)}",
                    "later": f"{_said(later.begins)}-{_said(later.ends)}",
                }
                yield Finding(at("/send_hours", n), "hours_order", facts)
        yield from order_problem(
            "/dissatisfied_to",
            ("dissatisfied_to", self.dissatisfied_to),
            ("satisfied_from", self.satisfied_from),
        )


class Meetings(Part):
    """How often meetings and trainings of agents are held (S4 p.16), at the least once in each such period."""

    area_meeting: Period = "month"
    """片区经理与代办商的交流会 | the area manager's meeting with agents"""
    county_meeting: Period = "month"
    """县公司与核心代办商的交流会 | the county company's meeting with core agents"""
    county_training: Period = "quarter"
    """县公司能力提升培训 | the county company's training of skills"""
    branch_training: Period = "half_year"
    """市公司能力提升培训 | the branch's training of skills"""
    award_training: Period = "year"
    """优秀代办商奖励培训 | the training that rewards excellent agents"""


class WeekPlan(Part):
    """The visit plan of an area manager (S4 p.16); weeks begin on Monday."""

    last_of_company: AtLeastOne
    """县公司上月排名末几位 | among the last of the county company's month"""
    last_per_week: Annotated[int, Within(1, 7)]
    """末位网点每周次数 | visits a week to those"""
    class_a_per_week: Annotated[int, Within(1, 7)]
    """A 类网点每周次数 | visits a week to class A"""
    others_days: AtLeastOne
    """其他网点间隔（天） | days between visits to the others"""
    covert_gap_days: Count
    """与暗访相隔（天） | days apart from a covert visit"""
    meetings: Meetings = Meetings()
    """交流会与培训 | meetings and trainings"""


class Coaching(Part):
    """The effect of coaching (S4 p.16)."""

    ranks_up: AtLeastOne
    """名次上升几位奖励 | ranks up for an incentive"""


class Contrast(Part):
    """Covert against announced visits (handbook 2.16)."""

    least_visits: AtLeastOne
    """各自最少次数 | visits of each sort at least"""


class PointsBand(Band):
    """A stretch of test results and its training points."""

    points: Count
    """积分 | points"""


class Training(Part):
    """Training points (S4 p.29-30)."""

    attendance: Count
    """出勤每次 | for each attendance"""
    test: Several[PointsBand]
    """考试 | test"""
    effect_check: Count
    """效果检查通过 | effect check passed"""

    def problems(self) -> Iterator[Finding]:
        """The test's bands cover 0 to 100."""
        return covering_problems(self.test, "/test", Fraction(0), WHOLE)


class Complaints(Part):
    """How a complaint is handled on site (S3 4.6); the composite's rule about proven ones is its own."""

    steps: Several[Words]
    """处理步骤 | steps"""


class Incident(Part):
    """One kind of incident: its limits and the steps to tick."""

    report_minutes: AtLeastOne | None = None
    """上报（分钟） | report, minutes"""
    mend_minutes: AtLeastOne | None = None
    """影响营业的故障排除（分钟） | what stops business is mended within minutes"""
    mend_working_days: AtLeastOne | None = None
    """小故障排除（工作日） | small ones are mended within working days"""
    steps: Several[Words]
    """步骤 | steps"""


class Incidents(Part):
    """The kinds of incidents (S3 5.3)."""

    system_failure: Incident
    """业务系统故障 | system failure"""
    self_service_failure: Incident
    """自助设备故障 | self-service failure"""
    network_failure: Incident
    """通信网络故障 | network failure"""
    power_cut: Incident
    """紧急停电 | power cut"""
    press: Incident
    """媒体采访或擅自拍照 | press or unpermitted photography"""
    security: Incident
    """安全事件 | security"""
