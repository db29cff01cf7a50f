"""What decisions say in words: what is decided, in which state it is, and each ground as a fact beside its rule.

Chinese, the catalogue's source texts. Sentences take their facts in braces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from server.domain.exact import half_up
from server.queries import words

Translate = Callable[[str], str]

KINDS = {
    "upgrade": "升级",
    "downgrade": "降级",
    "warning": "警告",
    "probation": "观察",
    "exit": "退出渠道",
    "entry": "准入",
    "class": "类别调整",
    "restore": "解除观察",
    "incentive": "辅导奖励",
}
STATES = {
    "proposed": "待决定",
    "held": "暂缓中",
    "approved": "已批准，待生效",
    "effective": "已生效",
    "given": "已发放",
    "rejected": "已否决",
    "withdrawn": "已撤回",
}
STEPS = {
    "proposed": "提出",
    "held": "已暂缓",
    "approved": "已批准",
    "effective": "已生效",
    "given": "已发放",
    "rejected": "已否决",
    "withdrawn": "已撤回",
}
STATUSES = {"onboarding": "准入中", "active": "正常", "probation": "观察", "exited": "已退出"}
FIELDS = {
    "tier": "层级",
    "class": "网点类别",
    "setting": "地域",
    "status": "状态",
    "star": "星级",
    "unit": "单位",
    "since": "合作起始",
}
# What the system writes as a reason of its own.
REASONS = {
    "figures-changed": "结果重新计算后，已不符合条件",
    "outlet-changed": "网点在此期间有变动，须重新决定",
    "figures-renewed": "已按 {period} 的新结果改写依据，重新提出",
    "figures-standing": "更晚的结果更正后已不符合条件，{period} 的结果仍符合，改以其为依据重新提出",
}
_DECIDED = {
    "upgrade": "由{before}升为{after}",
    "downgrade": "由{before}降为{after}",
    "warning": "给予警告，须提交整改计划",
    "probation": "列入观察",
    "exit": "终止合作，退出渠道",
    "entry": "准予准入，正式营业",
    "class": "网点类别由 {before}调整为 {after}",
    "restore": "解除观察，恢复正常",
    "incentive": "辅导成效突出，奖励片区经理和代办业主",
}
# Of each condition: the fact, and the rule that it is held against. A sentence of a kind of its own goes first.
_GROUNDS: dict[str, tuple[str, str]] = {
    "higher-tier": ("上一级为{found}", "有上一级可升"),
    "half-years": ("有 {found} 个半年的结果", "连续 {asked} 个半年"),
    "class": ("网点类别 {found}", "类别为 {asked}"),
    "mean-composite": ("综合评价半年均值 {found}", "不低于 {asked}"),
    "downgrade:mean-composite": ("综合评价半年均值 {found}", "低于 {asked} 降级"),
    "no-veto": ("否决事件 {found} 起", "没有否决事件"),
    "entry-check": ("准入验收 {found} 分", "不低于 {asked} 分"),
    "class-1-veto": ("一类否决事件 {found} 起", "有一类否决事件即降级"),
    "months": ("有 {found} 个月的结果", "连续 {asked} 个月"),
    "composite": ("综合评价 {found}", "低于 {asked} 警告"),
    "probation:composite": ("综合评价 {found}", "低于 {asked} 列入观察"),
    "grave-fails": ("有重大不合格的检查 {found} 次", "有一次即列入观察"),
    "among-last-of-company": ("全年综合排名居县公司末位：{found}", "县公司末 {asked} 名之内"),
    "months-among-last": ("有 {found} 个月居营业部末位", "超过 {asked} 个月"),
    "among-last-of-department": ("综合评价 {composite}，营业部参评 {outlets} 个网点", "末 {last} 名之内"),
    "violated-prohibitions": ("违反的禁止项：{found}", "没有违反禁止项"),
    "papers": ("证照和证书齐全：{found}", "证照和证书齐全"),
    "outlet-class": ("月均服务客户 {mean_customers}", "A 类自 {A}，B 类自 {B}"),
    "customers": ("服务客户 {value}", ""),
    "ranks-up": (
        "{area}内由第 {rank_before} 名（{of_before} 个网点）升到第 {rank} 名（{of} 个网点），上升 {found} 名",
        "上升 {asked} 名及以上",
    ),
    "incentive:composite": ("综合评价 {value}", ""),
    "honoured": ("片区经理：{managers}；代办业主：{owners}", "奖励对象"),
}
YES, NO, NONE, NO_DATA = "是", "否", "无", "无数据"


@dataclass(frozen=True, slots=True)
class Ground:
    """A fact, the rule that it is held against, whether it meets it (None: it is only told), of which period, and which figure."""

    fact: str
    rule: str
    holds: bool | None
    period: str
    figure: str


def decided(kind: str, before: str, after: str, _: Translate) -> str:
    """What is decided, as a sentence."""
    return _(_DECIDED[kind]).format(before=value_name(kind, before, _), after=value_name(kind, after, _))


def value_name(kind: str, value: str, _: Translate) -> str:
    """A tier, class, setting or status as people call it."""
    if kind == "class":
        return _("{class} 类").replace("{class}", value) if value else _("未定")
    return _(words.TIERS.get(value) or words.SETTINGS.get(value) or STATUSES.get(value, value))


def reason(text: str, _: Translate) -> str:
    """A reason: the system's own in words, with its period after a colon where it has one; a person's as it is."""
    name, _colon, period = text.partition(":")
    return _(REASONS[name]).format(period=period) if name in REASONS else text


def grounds(kind: str, evidence: Mapping[str, Any] | None, _: Translate) -> list[Ground]:
    """Every condition of a proposal in its order, and what it was found from."""
    if evidence is None:
        return []
    nodes = evidence.get("parts", [])
    if evidence["figure"] == "outlet-class":
        nodes = [evidence, *nodes]
    return list(_grounds(kind, nodes, _))


def _grounds(kind: str, nodes: list[Mapping[str, Any]], _: Translate) -> Iterator[Ground]:
    for node in nodes:
        figure = node["figure"]
        known = _GROUNDS.get(f"{kind}:{figure}") or _GROUNDS.get(figure)
        if known is None:
            continue
        facts = {"value": node["value"], **node.get("inputs", {}), **node.get("thresholds", {})}
        told = {name: _told(figure, name, value, _) for name, value in facts.items()}
        holds = node["value"] if isinstance(node["value"], bool) else None
        subject = node.get("subject", "")
        period = subject.removeprefix("period:") if subject.startswith("period:") else ""
        fact, rule = (_filled(_(text), told, _) for text in known)
        yield Ground(fact, rule, holds, period, figure)


def _told(figure: str, name: str, value: Any, _: Translate) -> str:
    if figure == "higher-tier" and isinstance(value, str):
        return _(words.TIERS.get(value, value))
    if isinstance(value, bool):
        return _(YES if value else NO)
    if value is None:
        return _(NO_DATA)
    if value == "":
        return _(NONE)
    if name in ("found", "composite", "asked", "mean_customers", "A", "B", "last", "outlets", "value"):
        return figure_text(value)
    return str(value)


def figure_text(value: Any) -> str:
    """An exact figure as people read it: two decimals where it has any, whatever is no number as it is."""
    try:
        exact = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return str(value)
    if exact.denominator == 1:
        return str(exact.numerator)
    whole, part = divmod(abs(half_up(exact * 100)), 100)
    return f"{'-' if exact < 0 else ''}{whole}.{part:02d}"


def _filled(text: str, told: Mapping[str, str], _: Translate) -> str:
    """A condition may lack its `asked`: what it is held against is then in its words."""
    return text.format_map({"found": _(NO_DATA), "asked": "", **told})
