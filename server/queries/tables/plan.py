"""The columns of the lists of week plans: a week's outlets, coverage, overdue outlets, meetings, and the effect of coaching."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from server.domain.tables import Column, Holds, Say, hundredths_of
from server.queries import (
    coaching,
    decision_words,
    plan,
    plan_apart,
    plan_coverage,
    plan_reminders,
    plan_words,
    words,
)

STOPS: tuple[Column[plan.Stop], ...] = (
    Column("网点编码", lambda row, say: row.spot.code),
    Column("网点", lambda row, say: row.spot.name),
    Column("层级", lambda row, say: say(words.TIERS[row.spot.tier])),
    Column("网点类别", lambda row, say: row.spot.class_),
    Column("依据", lambda row, say: say(plan_words.SHORT[row.due.why])),
    Column("要求次数", lambda row, say: row.due.asked, Holds.WHOLE),
    Column("已走访", lambda row, say: row.due.made, Holds.WHOLE),
    Column("逾期自", lambda row, say: row.due.overdue_since, Holds.DATE),
    Column("连续未走访周数", lambda row, say: row.due.weeks_missed or None, Holds.WHOLE),
    Column("建议日期", lambda row, say: _days(row.proposed, say)),
)

APART: tuple[Column[plan_apart.Window], ...] = (
    Column("网点编码", lambda row, say: row.spot.code),
    Column("网点", lambda row, say: row.spot.name),
    Column("暗访窗口自", lambda row, say: row.first, Holds.DATE),
    Column("暗访窗口至", lambda row, say: row.last, Holds.DATE),
    Column("走访（已做和建议）", lambda row, say: _days(row.announced, say)),
    Column("两周内可以暗访的日子", lambda row, say: _days(row.free, say)),
)

OVERDUE: tuple[Column[plan_coverage.Late], ...] = (
    Column("网点编码", lambda row, say: row.spot.code),
    Column("网点", lambda row, say: row.spot.name),
    Column("层级", lambda row, say: say(words.TIERS[row.spot.tier])),
    Column("网点类别", lambda row, say: row.spot.class_),
    Column("片区", lambda row, say: row.area),
    Column("片区经理", lambda row, say: say("、").join(row.managers)),
    Column("依据", lambda row, say: say(plan_words.SHORT[row.demand.why])),
    Column("上次走访", lambda row, say: row.demand.last_visit, Holds.DATE),
    Column("逾期自", lambda row, say: row.demand.overdue_since, Holds.DATE),
    Column("连续未走访周数", lambda row, say: row.demand.weeks_missed or None, Holds.WHOLE),
)

MEETINGS: tuple[Column[plan_reminders.Reminder], ...] = (
    Column("单位", lambda row, say: row.unit),
    Column("内容", lambda row, say: say(plan_words.SORTS[row.sort])),
    Column("周期", lambda row, say: row.period),
    Column("最迟", lambda row, say: row.until, Holds.DATE),
    Column("举办日期", lambda row, say: row.held_on, Holds.DATE),
    Column("登记人", lambda row, say: row.by),
    Column("说明", lambda row, say: row.note),
)

COACHING: tuple[Column[coaching.Line], ...] = (
    Column("网点编码", lambda row, say: row.code),
    Column("网点", lambda row, say: row.name),
    Column("片区", lambda row, say: row.area),
    Column("片区经理", lambda row, say: say("、").join(row.managers)),
    Column("代办业主", lambda row, say: say("、").join(row.owners)),
    Column("上季末综合评价", lambda row, say: hundredths_of(row.before), Holds.HUNDREDTHS),
    Column("本季末综合评价", lambda row, say: hundredths_of(row.now), Holds.HUNDREDTHS),
    Column("上季末名次", lambda row, say: row.effect.before, Holds.WHOLE),
    Column("本季末名次", lambda row, say: row.effect.now, Holds.WHOLE),
    Column("上升", lambda row, say: row.effect.up, Holds.WHOLE),
    Column("建议奖励", lambda row, say: _proposed(row, say)),
    Column("奖励决定", lambda row, say: say(decision_words.STATES[row.state]) if row.state else ""),
)


def coverage(found: plan_coverage.Coverage, say: Say) -> tuple[Column[plan_coverage.Row], ...]:
    """Coverage of the units and of all together, and of each week."""
    return (
        Column("单位或片区经理", lambda row, say: say(_whose(row, found))),
        Column("所属", lambda row, say: row.beside),
        Column("网点数", lambda row, say: row.outlets, Holds.WHOLE),
        Column("要求次数", lambda row, say: row.whole.asked, Holds.WHOLE),
        Column("已走访", lambda row, say: row.whole.made, Holds.WHOLE),
        Column("完成率", lambda row, say: hundredths_of(row.whole.percent), Holds.PERCENT),
        Column("逾期网点", lambda row, say: row.overdue, Holds.WHOLE),
        *(column for monday in found.mondays for column in _week(monday, say)),
    )


def _whose(row: plan_coverage.Row, found: plan_coverage.Coverage) -> str:
    return "合计" if row is found.total else row.name or "没有片区经理"


def _week(monday: date, say: Say) -> tuple[Column[plan_coverage.Row], ...]:
    day = monday.isoformat()
    return (
        Column(say("{day} 周要求次数", day=day), lambda row, say: row.weeks[monday].asked, Holds.WHOLE),
        Column(say("{day} 周已走访", day=day), lambda row, say: row.weeks[monday].made, Holds.WHOLE),
    )


def _proposed(row: coaching.Line, say: Say) -> str:
    return say("建议奖励") if row.effect.incentive else ""


def _days(days: Iterable[date], say: Say) -> str:
    return say("、").join(day.isoformat() for day in days)
