"""What week plans say in words: why an outlet is to be visited, which meetings and trainings there are, and the days of a week.

Chinese, the catalogue's source texts. Sentences take their facts in braces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.domain.rules_service import WeekPlan

Say = Callable[..., str]

WHY = {
    "last_of_company": "县公司排名末 {last} 位，每周 {often} 次",
    "class_a": "A 类网点，每周 {often} 次",
    "others": "其他网点，每 {days} 天 1 次",
}
SHORT = {"last_of_company": "排名靠后", "class_a": "A 类", "others": "常规"}
SORTS = {
    "area_meeting": "片区代办商交流会",
    "county_meeting": "县公司核心代办商交流会",
    "county_training": "县公司能力提升培训",
    "branch_training": "市公司能力提升培训",
    "award_training": "优秀代办商奖励培训",
}
GROUPS = {"branch": "分公司", "county": "县公司", "area": "片区", "manager": "片区经理"}
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def why(code: str, rules: WeekPlan, say: Say) -> str:
    """Why an outlet is asked for, with the figures of the rule set."""
    facts: dict[str, Any] = {
        "last": rules.last_of_company,
        "often": rules.last_per_week if code == "last_of_company" else rules.class_a_per_week,
        "days": rules.others_days,
    }
    return say(WHY[code], **facts)
