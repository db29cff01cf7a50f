"""A written checklist in words that its owners read: kinds, scoring, conditions, evidence, what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from server.queries import words
from server.queries.answers import points_text

Say = Callable[..., str]
Items = Mapping[str, Mapping[str, Any]]
"""The items of a checklist by their id, in the written notation."""

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
    "indicator": "指标编号",
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


# The facts that conditions name, and the words of their values.
FACTS: dict[str, tuple[str, Mapping[str, str]]] = {
    "tier": ("网点层级", words.TIERS),
    "class": ("网点类别", {"A": "A", "B": "B", "C": "C"}),
    "setting": ("所在地", {"city": "城区", "county_town": "县城", "township": "乡镇"}),
    "kind": ("检查类型", words.KINDS),
    "part": ("巡检时段", words.PARTS),
}


def items_of(written: Mapping[str, Any]) -> Items:
    """The items of a written checklist by their id."""
    return {item["id"]: item for section in written["sections"] for item in section["items"]}


def condition(written: Mapping[str, Any], items: Items, say: Say, language: str) -> str:
    """A written condition as a sentence's part: “OH-02 为忙时，且网点层级是普通代理店或村级服务站”."""
    for word, joint in (("all", "，且"), ("any", "，或")):
        if word in written:
            inner = [
                say("（{condition}）", condition=text) if len(each) == 1 and "not" not in each else text
                for each in written[word]
                for text in (condition(each, items, say, language),)
            ]
            return say(joint).join(inner)
    if "not" in written:
        return say("并非（{condition}）", condition=condition(written["not"], items, say, language))
    return _comparison(written, items, say, language)


def _comparison(written: Mapping[str, Any], items: Items, say: Say, language: str) -> str:
    if "fact" in written:
        name, known = FACTS[written["fact"]]
        subject = say(name)
    else:
        subject, known = written["item"], _answers(items.get(written["item"], {}), language)
    operator = next(word for word in ("is", "in", "at_least", "at_most") if word in written)
    values = written[operator] if operator == "in" else [written[operator]]
    told = say("或").join(say(known[each]) if each in known else str(each) for each in values)
    sentence = {"at_least": "{subject} 至少 {value}", "at_most": "{subject} 至多 {value}"}
    return say(sentence.get(operator, "{subject} 是 {value}"), subject=subject, value=told)


def _answers(item: Mapping[str, Any], language: str) -> Mapping[str, str]:
    """The words of an item's answers."""
    options = {
        name: str(option.get(language) or option.get("zh"))
        for name, option in item.get("options", {}).items()
    }
    return {"pass": "合格", "fail": "不合格", "na": "不适用", **options}


def percent(thousandths: int) -> str:
    """A credit as a percentage: 1000 is 100%, 333 is 33.3%."""
    whole, rest = divmod(abs(thousandths), 10)
    return f"{'-' if thousandths < 0 else ''}{whole}{f'.{rest}' if rest else ''}%"


def bands(rows: list[list[Any]], say: Say, unit: str = "") -> str:
    """A band table in one line."""
    parts = [
        say("其余 {credit}", credit=percent(credit))
        if bound is None
        else say("≤{bound} 得 {credit}", bound=_bounded(bound, unit, say), credit=percent(credit))
        for bound, credit in rows
    ]
    return say("；").join(parts)


def scoring(item: Mapping[str, Any], items: Items, say: Say, language: str) -> str:
    """How an item in the written notation gives credit; empty for pass or fail and for records."""
    unit = _unit(item, say, language)
    if item["kind"] in ("choice", "multi"):
        return _value("options", item["options"], say, language)
    if item["kind"] == "scale":
        low, high = item.get("min", 0), item.get("max", 0)
        if "credits" not in item:
            return f"{low}–{high}"
        return "\n".join(f"{low + n}　{percent(each)}" for n, each in enumerate(item["credits"]))
    if "bands" not in item:
        return ""
    cases = [
        f"{condition(case['when'], items, say, language)} → {bands(case['bands'], say, unit)}"
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
    told = f"{say(PHOTOS[demand['when']])}{below}"
    return say("{what}：{hint}", what=told, hint=hint) if hint else told


def value(
    key: str, written: Any, item: Mapping[str, Any], say: Say, language: str, items: Items | None = None
) -> str:
    """The value of one key of the written notation in words; `item` is where it stands, among `items`."""
    if key in ("bands", "cases") and written is not None:
        return scoring({**item, "cases": []} if key == "bands" else item, items or {}, say, language)
    if key == "when" and written is not None:
        return condition(written, items or {}, say, language)
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
    if key == "prohibition_scoring":
        return say(SCORINGS[written])
    if key == "fail_below":
        return percent(written)
    if key == "credits":
        return say("、").join(percent(each) for each in written)
    if key == "later":
        return say("{hours} 小时", hours=written.removesuffix("h"))
    if key == "options":
        return say("；").join(_option(each, say, language) for each in written.values())
    if key == "prohibitions":
        return "\n".join(f"{name} {text.get(language, '')}" for name, text in written.items())
    if key in ("visit_kinds", "tiers"):
        known = words.KINDS if key == "visit_kinds" else words.TIERS
        return say("、").join(say(known[each]) for each in written)
    if isinstance(written, Mapping):
        return str(written.get(language) or written.get("zh") or "")
    if isinstance(written, list):
        return say("、").join(str(each) for each in written)
    return str(written)


def _option(option: Mapping[str, Any], say: Say, language: str) -> str:
    told = [percent(option["credit"])] if option.get("credit") is not None else []
    told += [say("作废整次检查")] if option.get("voids") else []
    name = str(option.get(language) or option.get("zh") or "")
    return say("{name}（{told}）", name=name, told=say("，").join(told)) if told else name


_SECONDS = "s"


def _bounded(bound: Any, unit: str, say: Say) -> str:
    """A bound with its unit; seconds that are whole minutes are told as minutes."""
    if unit != _SECONDS:
        return f"{bound}{unit}"
    return say("{n} 分钟", n=bound // 60) if bound % 60 == 0 else say("{n} 秒", n=bound)


def _unit(item: Mapping[str, Any], say: Say, language: str) -> str:
    if item["kind"] == "timer":
        return _SECONDS
    unit = item.get("unit")
    return f" {unit.get(language) or unit.get('zh')}" if unit else ""
