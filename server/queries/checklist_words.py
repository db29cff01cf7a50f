"""A written checklist in words that its owners read: kinds, scoring, conditions, evidence, what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.gateways.condition_text import condition_text
from server.queries.answers import points_text

Say = Callable[..., str]

KINDS = {
    "pass_fail": "合格／不合格",
    "scale": "量表",
    "choice": "单选",
    "multi": "多选",
    "count": "计数",
    "number": "数值",
    "timer": "计时",
    "share": "占比",
    "text": "文字",
    "photo": "照片",
    "signature": "签名",
    "instant": "时刻",
}
PHOTOS = {"always": "必拍", "on_fail": "不合格时拍", "optional": "可拍", "never": "不拍"}
SCORINGS = {"all_or_nothing": "一项不合格，整条禁止项计零分", "per_item": "逐项计分"}
REQUIRED = {"True": "必填", "False": "选填", "any_failed": "有不合格项时必填"}

# The keys of the written notation as people call them.
KEYS = {
    "text": "文字",
    "title": "名称",
    "source": "依据",
    "kind": "类型",
    "points": "分值",
    "when": "出现条件",
    "na": "可答不适用",
    "required": "必填",
    "min_chars": "最少字数",
    "prohibition": "禁止项",
    "critical": "关键项",
    "later": "事后补证时限",
    "leaving": "记离店时刻",
    "options": "选项",
    "min": "最小值",
    "max": "最大值",
    "unit": "单位",
    "credits": "各档得分",
    "bands": "得分档",
    "cases": "分情况的得分档",
    "photo": "照片",
    "original": "保留原图",
    "max_px": "照片长边",
    "visit_kinds": "检查类型",
    "tiers": "网点层级",
    "prohibition_scoring": "禁止项计分",
    "critical_cap": "重大不合格的最高得分",
    "fail_below": "不合格线",
    "prohibitions": "禁止项",
}
CHANGES = {
    "added": "新增",
    "removed": "删除",
    "reworded": "改了说法",
    "repointed": "改了分值",
    "moved": "换了环节",
    "changed": "有改动",
}
MEANINGS = {
    "same": "含义不变，指标延续",
    "changed": "含义变了，指标从新编号重新算起",
    "new": "新的检查项",
    "gone": "不再检查，编号停用",
    "undeclared": "待说明含义是否变化",
}
STATES = {"open": "起草中", "proposed": "待另一人确认", "published": "已发布", "discarded": "已作废"}


def percent(thousandths: int) -> str:
    """A credit as a percentage: 1000 is 100%, 333 is 33.3%."""
    whole, rest = divmod(abs(thousandths), 10)
    return f"{'-' if thousandths < 0 else ''}{whole}{f'.{rest}' if rest else ''}%"


def bands(rows: list[list[Any]], say: Say, unit: str = "") -> str:
    """A band table in one line."""
    parts = [
        say("其余 {credit}", credit=percent(credit))
        if bound is None
        else f"≤{bound}{unit}：{percent(credit)}"
        for bound, credit in rows
    ]
    return "；".join(parts)


def scoring(item: Mapping[str, Any], say: Say, language: str) -> str:
    """How an item in the written notation gives credit; empty for pass or fail and for records."""
    unit = _unit(item, say, language)
    if item["kind"] in ("choice", "multi"):
        return _value("options", item["options"], say, language)
    if item["kind"] == "scale":
        low, high = item.get("min", 0), item.get("max", 0)
        given = f"：{_value('credits', item['credits'], say, language)}" if "credits" in item else ""
        return f"{low}–{high}{given}"
    if "bands" not in item:
        return ""
    cases = [
        f"{condition_text(case['when'], language)} → {bands(case['bands'], say, unit)}"
        for case in item.get("cases", ())
    ]
    rest = bands(item["bands"], say, unit)
    return "\n".join([*cases, say("其他情况 → {bands}", bands=rest) if cases else rest])


def photo(item: Mapping[str, Any], say: Say, language: str) -> str:
    """What pictures an item asks for; empty for none."""
    written = item.get("photo", "never")
    demand = {"when": written} if isinstance(written, str) else written
    if demand["when"] == "never":
        return ""
    hint = demand.get("hint", {}).get(language, "")
    below = say("（得分低于 {credit}）", credit=percent(demand["below"])) if "below" in demand else ""
    return f"{say(PHOTOS[demand['when']])}{below}{f'：{hint}' if hint else ''}"


def value(key: str, written: Any, item: Mapping[str, Any], say: Say, language: str) -> str:
    """The value of one key of the written notation in words; `item` is where it stands."""
    if key in ("bands", "cases") and written is not None:
        return scoring({**item, "cases": []} if key == "bands" else item, say, language)
    if key == "photo":
        return photo({"photo": written or "never"}, say, language) or say(PHOTOS["never"])
    return _value(key, written, say, language)


def _value(key: str, written: Any, say: Say, language: str) -> str:
    if key == "required":
        return say(REQUIRED[str(written if written is not None else False)])
    if written is None or written is False or written == "":
        return say("无") if written is not False else say("否")
    if written is True:
        return say("是")
    if key == "kind":
        return say(KINDS[written])
    if key == "points":
        return points_text(written)
    if key == "when":
        return condition_text(written, language)
    if key == "prohibition_scoring":
        return say(SCORINGS[written])
    if key == "fail_below":
        return percent(written)
    if key == "credits":
        return "、".join(percent(each) for each in written)
    if key == "later":
        return say("{hours} 小时", hours=written.removesuffix("h"))
    if key == "options":
        return "；".join(_option(each, say, language) for each in written.values())
    if key == "prohibitions":
        return "；".join(f"{name} {words.get(language, '')}" for name, words in written.items())
    if isinstance(written, Mapping):
        return str(written.get(language) or written.get("zh") or "")
    if isinstance(written, list):
        return "、".join(str(each) for each in written)
    return str(written)


def _option(option: Mapping[str, Any], say: Say, language: str) -> str:
    told = [percent(option["credit"])] if option.get("credit") is not None else []
    told += [say("作废整次检查")] if option.get("voids") else []
    name = str(option.get(language) or option.get("zh") or "")
    return f"{name}（{'，'.join(told)}）" if told else name


def _unit(item: Mapping[str, Any], say: Say, language: str) -> str:
    if item["kind"] == "timer":
        return say(" 秒")
    unit = item.get("unit")
    return f" {unit.get(language) or unit.get('zh')}" if unit else ""
