"""Answers to a compiled checklist as an outlet of a given quality would get them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from server.domain.conditions import holds
from server.domain.scoring import Answer, score

NOTES = {
    "fail": (
        "现场看到的与要求不符，已记下时间和位置。",
        "到店时和离店前各看一次，都没有做到。",
        "做了一部分，离要求还差一些。",
        "与标准逐字对照，这一项不符合。",
        "问过现场人员，说还没有安排。",
    ),
    "text": (
        "大厅整洁，引导员主动迎上来问办什么业务。业务办得快，但介绍资费时没有说明合约期，问了才讲；离开时没有提醒带好证件。",
        "柜台人员耐心，普通话标准。排队叫号清楚。自助机有一台黑屏，没有停用标识；宣传册是上个月的，建议及时更换。",
        "店面不大但物品摆放整齐。业主熟悉业务，能说清几种套餐的差别。价目表贴得偏高，老人看不清，建议放低并加大字号。",
        "到店时有三位客户在等，只开了一个台席。值班人员看到排队后没有增开，等候约十二分钟，期间无人解释或安抚客户情绪。",
    ),
    "no_photo": ("unnoticed", "forbidden"),
}


def fill(
    checklist: Mapping[str, Any],
    facts: Mapping[str, str],
    quality: float,
    begun: datetime,
    chance: Random,
    weaker: tuple[str, float] | None = None,
) -> dict[str, dict[str, Any]]:
    """Answers for all visible items, as the visit document holds them, with photos' reasons left to the caller.

    `quality` is the chance that an item is right (0..1); `weaker` names a prohibition and which share of it its items have.
    Instants run on from `begun`. Nothing voids.
    """
    answers: dict[str, dict[str, Any]] = {}
    shown: dict[str, Any] = {}
    moment = begun
    for section in checklist["sections"]:
        for item in section["items"]:
            moment += timedelta(seconds=chance.randrange(8, 40))
            bands = _bands(item, facts, shown)
            level = quality * weaker[1] if weaker and item["prohibition"] == weaker[0] else quality
            value = _value(item, bands, level, moment, chance)
            answers[item["id"]] = {"value": value, "at": moment.isoformat().replace("+00:00", "Z")}
            if holds(section["when"], facts, shown) and holds(item["when"], facts, shown):
                shown[item["id"]] = value
    found = score(checklist, facts, {name: Answer.of(answer) for name, answer in answers.items()}, {})
    failed = set(found.failed)
    visible = {name: answers[name] for name in found.visible if name in answers}
    for name, answer in visible.items():
        if name in failed:
            answer["note"] = chance.choice(NOTES["fail"])
    return visible


def _bands(item: Mapping[str, Any], facts: Mapping[str, str], shown: Mapping[str, Any]) -> list[list[Any]]:
    """The bands that hold after these answers, where the item has any."""
    cases = (item["credit"] or {}).get("bands", ())
    return next((list(case["bands"]) for case in cases if holds(case["when"], facts, shown)), [])


def _value(
    item: Mapping[str, Any], bands: list[list[Any]], quality: float, moment: datetime, chance: Random
) -> Any:
    # A grave fail is rare even in a bad outlet.
    right = chance.random() < (1 - (1 - quality) / 6 if item["critical"] else quality)
    kind, credit = item["kind"], item["credit"]
    if kind in ("text", "photo", "signature"):
        return "".join(chance.sample(NOTES["text"], 2))
    if kind == "instant":
        return moment.isoformat().replace("+00:00", "Z")
    if kind == "choice":
        options = [option["id"] for option in item["options"] if option["id"] not in item["voids"]]
        if not credit:
            return options[0] if item["voids"] else chance.choice(options)
        ranked = sorted(options, key=lambda option: -credit["table"][option])
        return ranked[0] if right or len(ranked) == 1 else chance.choice(ranked[1:])
    if credit and "table" in credit:
        ranked = sorted(credit["table"], key=lambda value: -credit["table"][value])
        value = ranked[0] if right else chance.choice(ranked[1:])
        return int(value) if kind == "scale" else value
    if kind == "multi" and not credit:
        return [option["id"] for n, option in enumerate(item["options"]) if n == 0 or right]
    if kind == "multi":
        good = sorted(name for name, points in credit["sum"].items() if points > 0)
        return good if right else good[: len(good) // 2]
    if kind == "share":
        whole = chance.randrange(3, 9)
        return {"part": whole if right else chance.randrange(whole), "whole": whole}
    number = _banded(item, bands, right, chance)
    return str(number) if kind == "number" else number


def _banded(item: Mapping[str, Any], bands: list[list[Any]], right: bool, chance: Random) -> int:
    """A count, number or timer inside the best band, or in a worse one."""
    low, high = (int(float(item[end])) if item[end] is not None else None for end in ("min", "max"))
    if not bands:
        return chance.randrange(low or 0, (high or 6) + 1)
    ranges = []
    begin = low or 0
    for limit, credit in bands:
        end = (
            int(float(limit))
            if limit is not None
            else (high if high is not None else begin + max(2, begin // 2))
        )
        ranges.append((credit, begin, max(begin, end)))
        begin = end + 1
    best = max(credit for credit, _, _ in ranges)
    wanted = [each for each in ranges if (each[0] == best) is right] or ranges
    _, begin, end = chance.choice(wanted)
    value = chance.randint(begin, end)
    return value if high is None else min(value, high)
