"""The words of explanations: every figure, input, threshold, value and note that the engine can tell, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from server.domain.exact import half_up, two_decimals
from server.queries.note_words import NOTES

Words = tuple[str, str]
"""Chinese and English."""

FIGURES: Mapping[str, Words] = {
    "composite": ("综合评价", "Composite"),
    "composite-mean": ("综合评价均分", "Mean composite"),
    "star-mean": ("平均星级", "Mean stars"),
    "perception": ("客户感知", "Perception"),
    "mystery": ("暗访", "Mystery visits"),
    "area_check": ("片区经理检查", "Area manager's check"),
    "complaints": ("服务投诉", "Service complaints"),
    "audit": ("业务稽核", "Business audit"),
    "certified": ("持证上岗", "Certified staff"),
    "on_time": ("及时率", "On-time rates"),
    "patrol": ("巡检", "Patrols"),
    "corrective_actions": ("按期整改", "Corrective actions in time"),
    "visit": ("检查", "Visit"),
    "visit-mean": ("检查均分", "Mean of the visits"),
    "visit-score": ("检查得分", "Score of the visit"),
    "hall-mean": ("营业厅均分", "Mean of the hall"),
    "section": ("章节", "Section"),
    "item": ("检查项", "Item"),
    "photo": ("照片", "Photo"),
    "patrol-day": ("当日巡检", "Patrols of a day"),
    "patrol-opening": ("营业前", "Before opening"),
    "patrol-round": ("营业中", "Rounds"),
    "patrol-closing": ("营业后", "Closing"),
    "patrol-mean": ("巡检均分", "Mean of the patrols"),
    "prohibition-mean": ("十禁止均分", "Mean prohibition score"),
    "window": ("窗口服务得分", "Window service score"),
    "window-score": ("窗口服务得分", "Window service score"),
    "window-after-deduction": ("扣分后窗口服务得分", "Window service score after deduction"),
    "weak-item": ("服务弱项", "Weak item"),
    "weak-item-improvement": ("弱项改进", "Improvement of the weak item"),
    "indicator": ("指标", "Indicator"),
    "indicators": ("各指标得分率", "Ratios of the indicators"),
    "csat_hall": ("营业厅客户满意率", "Satisfaction in halls"),
    "csat_terminal": ("终端客户满意率", "Satisfaction of buyers of terminals"),
    "csat_data": ("数据及新业务满意率", "Satisfaction with data plans and new services"),
    "csat_premium": ("中高端客户满意率", "Satisfaction of mid- and high-end customers"),
    "handling_on_time": ("业务办理及时率", "Handling on time"),
    "waiting_on_time": ("等候及时率", "Waiting on time"),
    "star": ("星级", "Stars"),
    "tickets": ("投诉工单", "Complaint tickets"),
    "star-reached": ("达到的星级门槛", "Highest star whose gates are passed"),
    "star-basis": ("评星得分", "Star basis"),
    "star-basis-hall": ("营业厅评星得分", "Star basis of the hall"),
    "star-basis-agent": ("代办网点评星得分", "Star basis of the agent"),
    "star-lift": ("差在哪几项", "What would have lifted it"),
    "gates": ("各星门槛", "What the star asks for"),
    "gate-score": ("得分", "Score"),
    "gate-quarter": ("每季度（代办每月）", "Every quarter (agents: month)"),
    "gate-perception": ("客户感知", "Perception"),
    "gate-prohibitions": ("十禁止得分", "Prohibition score"),
    "gate-clean_months": ("期内无否决项", "No veto in the months before"),
    "spell": ("分期得分", "Score of a part"),
    "veto": ("否决项", "Veto"),
    "outlet-class": ("网点类别", "Class of the outlet"),
    "customers": ("当月服务客户数", "Customers of the month"),
    "praises": ("表扬", "Praise"),
    "ideas": ("采纳建议", "Adopted ideas"),
    "staff-list": ("店员名单", "Staff list"),
    "coaching": ("辅导成效", "Coaching effect"),
    "contrast": ("明暗差", "Covert against announced"),
    "week-plan": ("走访计划", "Visit plan"),
    "commission": ("服务佣金", "Service commission"),
    "commission-month": ("当月佣金结算", "Commission of the month"),
    "settlement": ("补差", "Settlement"),
    "corrected-visits": ("改判的检查", "Corrected visits"),
    "corrected-visit": ("改判的检查", "Corrected visit"),
    "staff-share": ("店员分成", "Share of a member of staff"),
    "refund": ("滚动返还", "Rolling refund"),
    "refund-open": ("还能返还的", "What can still be earned back"),
    "withheld-month": ("扣款月份", "Month with something withheld"),
    "proposal-upgrade": ("升级建议", "Proposal: upgrade"),
    "proposal-downgrade": ("降级建议", "Proposal: downgrade"),
    "proposal-warning": ("警告建议", "Proposal: warning"),
    "proposal-probation": ("观察建议", "Proposal: probation"),
    "proposal-exit": ("退出建议", "Proposal: exit"),
    "proposal-entry": ("准入建议", "Proposal: entry"),
    "proposal-incentive": ("辅导奖励建议", "Proposal: incentive for coaching"),
    "ranks-up": ("片区名次上升", "Rise in the area's ranks"),
    "honoured": ("奖励对象", "Who is honoured"),
    "half-year-mean": ("综合评价半年均值", "Mean composite of the half-year"),
    "higher-tier": ("有上一级", "There is a higher tier"),
    "half-years": ("连续半年数", "Half-years running"),
    "class": ("网点类别", "Class"),
    "mean-composite": ("综合评价均值", "Mean composite"),
    "no-veto": ("没有否决项", "No veto"),
    "class-1-veto": ("一类否决", "Class-1 veto"),
    "entry-check": ("准入验收", "Entry check"),
    "months": ("月份", "Months"),
    "grave-fails": ("重大不合格", "Grave fails"),
    "among-last-of-company": ("县公司年度排名末几位", "Among the last of the county company's year"),
    "among-last-of-department": ("营业部月度排名末几位", "Among the last of the department's month"),
    "months-among-last": ("排在末几位的月份", "Months among the last"),
    "violated-prohibitions": ("违反的禁止项", "Violated prohibitions"),
    "papers": ("证照齐全", "Papers and certificates there"),
}

NAMES: Mapping[str, Words] = {
    **{code: FIGURES[code] for code in ("composite", "perception", "certified", "complaints", "months", "star")},
    "A": ("A 类不少于", "class A from"), "B": ("B 类不少于", "class B from"),
    "above": ("目标高于", "target above"), "area": ("片区", "area"), "managers": ("片区经理", "area managers"),
    "owners": ("代办业主", "owners"), "announced": ("明查均分", "mean announced"),
    "announced_visits": ("明查次数", "announced visits"), "asked": ("要求", "asked"), "basis": ("得分", "basis"),
    "before_rounding": ("取整前", "before rounding"), "beside": ("另一口径", "the other reading"),
    "bonus": ("加分", "bonus"), "bonus_most": ("加分最多", "bonus at most"), "by_rank": ("名次", "rank"),
    "base_fen": ("基数", "base"), "checklist": ("检查表", "checklist"), "class_a_per_week": ("A 类每周", "class A a week"),
    "code": ("编号", "code"), "composite_from": ("综合评价不低于", "composite at least"), "covert": ("暗访均分", "mean covert"),
    "composite_before": ("原综合评价", "composite before"), "covert_visits": ("暗访次数", "covert visits"),
    "critical_cap": ("重大不合格封顶", "cap of a grave fail"), "day": ("日期", "day"), "days": ("天数", "days"),
    "deduction": ("扣分", "deduction"), "due": ("到期", "due"), "earned": ("得到", "earned"), "errors": ("差错", "errors"),
    "fail_below": ("低于此为不合格", "failed below"), "first_at_most": ("首次评定最高", "first rating at most"),
    "found": ("实际", "found"), "vetoes": ("期内否决项", "vetoes in them"), "clean_months": ("没有否决项的月数", "months without a veto"), "full": ("满分", "full"), "full_at": ("满分线", "full points from"), "full_years": ("合作满几年", "full years"),
    "halls": ("营业厅", "halls"), "handling": ("办理及时率", "handling on time"), "held": ("原星级", "star held"),
    "improvement": ("改进幅度", "improvement"), "in_time": ("按期", "in time"), "incentive": ("建议奖励", "incentive"),
    "indicator": ("指标", "indicator"), "kind": ("检查类型", "kind of visit"), "last": ("末几位", "the last"),
    "last_per_week": ("末位每周", "the last, a week"), "last_visit": ("上次走访", "last visit"),
    "least_months": ("最少几个月", "months at least"), "least_replies": ("有效回复至少", "valid replies at least"),
    "least_visits": ("最少几次", "visits at least"), "level": ("等次", "level"), "made": ("已走访", "made"),
    "mean": ("均分", "mean"), "mean_customers": ("月均客户", "mean customers"), "mean_of": ("平均方式", "averaged by"),
    "met": ("达标", "met"), "min_samples": ("最少样本", "samples at least"), "month": ("月份", "month"), "more": ("还差几个月", "months to go"),
    "now": ("本月", "now"), "of": ("共", "of"), "of_before": ("上季共", "of, before"), "others_days": ("其他几天一次", "others: every days"),
    "outlets": ("网点数", "outlets"), "overdue_since": ("逾期自", "overdue since"), "paid_with": ("随几月支付", "paid with"),
    "part": ("分子", "numerator"), "pay_factor": ("系数", "factor"), "period": ("周期", "period"), "points": ("分值", "points"),
    "prohibition": ("禁止项", "prohibition"), "prohibition_score": ("十禁止得分", "prohibition score"),
    "prohibition_scoring": ("禁止项计分", "prohibition scoring"), "proven": ("属实投诉", "proven complaints"), "rank": ("名次", "rank"),
    "rank_before": ("上季名次", "rank before"), "ranks_up": ("上升", "ranks up"), "rate": ("满意率", "rate"),
    "rated": ("有综合得分的月份", "rated months"), "rated_outlets": ("有得分的网点", "rated outlets"), "rated_from_weight": ("有数据的权重至少", "weight with data at least"),
    "rated_months_percent": ("有得分的月份至少", "months rated at least"), "ratio": ("得分率", "ratio"),
    "ratio_before": ("上季得分率", "ratio before"), "reached": ("达到门槛的星级", "star reached"), "replies": ("有效回复", "valid replies"),
    "run": ("已连续", "the run so far"), "running": ("连续期数", "periods running"), "satisfied": ("满意", "satisfied"),
    "score": ("计分依据", "score taken"), "setting": ("地区", "setting"), "source": ("来源", "source"), "staff": ("店员", "staff"),
    "staff_fen": ("店员分成", "staff"), "staff_percent": ("店员比例", "staff share"), "target_percent": ("提升目标", "target"),
    "tier": ("网点类型", "tier"), "to": ("变为", "to"), "to_reach": ("须达到", "ratio to reach"),
    "touchpoint_rate": ("其他触点达标率", "touchpoints met"), "touchpoints": ("触点项", "touchpoint items"),
    "touchpoints_met": ("达标触点项", "touchpoint items met"), "version": ("版本", "version"), "visit": ("检查", "visit"),
    "visit_score": ("整表得分", "score of the whole form"), "visits": ("检查次数", "visits"), "waiting": ("等候及时率", "waiting on time"),
    "weeks_missed": ("连续未走访周数", "weeks without a visit"), "weight": ("权重", "weight"), "weight_taken": ("实际权重", "weight taken"), "weight_with_data": ("有数据的权重", "weight with data"),
    "whole": ("分母", "denominator"), "why": ("原因", "why"), "withheld_fen": ("扣款", "withheld"), "years_factor": ("年限系数", "years factor"),
    "zero_at": ("零分线", "no points left at"), "amount_fen": ("金额", "amount"), "before_fen": ("原金额", "before"),
    "carried_in_fen": ("上月结转", "carried in"), "carried_on_fen": ("结转下月", "carried on"), "now_fen": ("现金额", "now"),
    "base_before_fen": ("原基数", "base before"), "refund_before_fen": ("原返还", "refund before"), "refund_fen": ("返还", "refund"), "refunded_fen": ("已返还", "refunded"),
    "settled_fen": ("补差", "settled"), "others": ("其他", "others"), "logged": ("登记投诉", "complaints logged"),
    "import": ("导入", "import"), "class": ("类别", "class"), "bonus_each": ("每件加分", "bonus for each"),
}  # fmt: skip

VALUES: Mapping[str, Words] = {
    "excellent": ("优秀", "excellent"), "meets": ("达标", "meets the standard"), "below": ("未达标", "below the standard"),
    "missed": ("未达到", "not met"), "met": ("达到", "met"), "too_few": ("样本太少", "too few"), "log": ("系统日志", "log"),
    "mixed": ("系统日志和暗访计时", "logs and timers of mystery visits"),
    "survey": ("客户调查", "survey"), "visits": ("暗访计时", "timers of mystery visits"), "halls": ("先求各厅平均", "the mean of each hall first"),
    "score": ("得分", "the score"), "quarter": ("最差一期得分", "the worst part"), "perception": ("客户感知", "perception"),
    "prohibitions": ("十禁止得分", "prohibition score"), "visit": ("整表得分", "whole form"), "mystery": ("暗访", "mystery visit"),
    "announced": ("明查", "announced visit"), "area_visit": ("片区检查", "area visit"), "patrol": ("巡检", "patrol"),
    "opening": ("营业前", "opening"), "round": ("营业中", "round"), "closing": ("营业后", "closing"),
    "own_hall": ("自有营业厅", "own hall"), "franchise": ("自建他营店", "franchise"), "exclusive": ("指定专营店", "exclusive shop"),
    "ordinary": ("普通代理店", "ordinary agent"), "village": ("村级服务站", "village station"), "city": ("城区", "city"),
    "county_town": ("县城", "county town"), "township": ("乡镇", "township"), "all_or_nothing": ("违反一项全扣", "all or nothing"), "per_item": ("逐项", "per item"),
}  # fmt: skip

_RATES = frozenset(
    {
        "rate",
        "ratio",
        "ratio_before",
        "to_reach",
        "touchpoint_rate",
        "beside",
        "improvement",
        "handling",
        "waiting",
        "perception",
    }
)
_RATED = frozenset(
    {
        *(
            "perception",
            "mystery",
            "area_check",
            "complaints",
            "audit",
            "certified",
            "on_time",
            "patrol",
            "indicator",
            "item",
        ),
        *(
            "corrective_actions",
            "csat_hall",
            "csat_terminal",
            "csat_data",
            "csat_premium",
            "handling_on_time",
            "waiting_on_time",
        ),
    }
)
_WHOLE = frozenset(
    {
        "star",
        "star-reached",
        "star-lift",
        "veto",
        "customers",
        "praises",
        "ideas",
        "staff-list",
        "tickets",
        "corrected-visits",
    }
)
_HUNDREDTHS = frozenset({"earned", "full", "points"})
_FEN = frozenset(
    {
        "commission",
        "commission-month",
        "settlement",
        "staff-share",
        "refund",
        "refund-open",
        "withheld-month",
    }
)


def figure_name(code: str, language: str) -> str:
    """A figure's name; a code that has none stands for itself."""
    return _in(FIGURES.get(code, (code, code)), language)


def name(code: str, language: str) -> str:
    """The name of an input or a threshold."""
    return _in(NAMES.get(code, (code, code)), language)


def note_sentence(note: Mapping[str, Any], language: str) -> str:
    """A note as a sentence with its facts."""
    facts = {key: _fact(value, language) for key, value in note.items() if key != "code"}
    sentence = _in(NOTES.get(note["code"], (note["code"], note["code"])), language)
    return sentence.format_map(_Shown(facts))


def import_named(source: Mapping[str, Any], language: str) -> tuple[str, str]:
    """The import of a count in short: its number and day."""
    told = ("第 {import} 次，{day}", "no. {import}, {day}")
    return name("import", language), _in(told, language).format_map(source)


def figure_value(code: str, value: Any, language: str) -> str:
    """A figure's value as people read it: scores with two decimals, rates in percent, a star as a number, fen as yuan."""
    if code in _FEN and isinstance(value, int):
        return two_decimals(value)
    if code in _WHOLE and isinstance(value, int):
        return str(value)
    if code in _RATED or code.startswith("csat_"):
        return _rate(value, language)
    return _score(value, language)


def named_value(code: str, value: Any, language: str) -> str:
    """An input's or threshold's value."""
    if code in _RATES:
        return _rate(value, language)
    if code.endswith("_fen") and isinstance(value, int):
        return two_decimals(value)
    if code == "fail_below" and isinstance(value, int):
        return two_decimals(value * 10) + " %"
    if code.endswith("_score"):
        return _score(value, language)
    if code.endswith("_percent"):
        return f"{value} %"
    if code in _HUNDREDTHS and (number := _number(value)) is not None:
        return two_decimals(half_up(number))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _score(value, language)


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "—"


def _fact(value: Any, language: str) -> str:
    if isinstance(value, str) and value in VALUES:
        return _in(VALUES[value], language)
    return str(value) if isinstance(value, int) else _score(value, language)


def _rate(value: Any, language: str) -> str:
    number = _number(value)
    return _score(value, language) if number is None else two_decimals(half_up(number * 10_000)) + " %"


def _score(value: Any, language: str) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _in(("是", "yes") if value else ("否", "no"), language)
    number = _number(value)
    if number is not None:
        return two_decimals(half_up(number * 100))
    return _in(VALUES.get(str(value), (str(value), str(value))), language)


def _number(value: Any) -> Fraction | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        return None


def _in(words: Words, language: str) -> str:
    return words[language == "en"]
