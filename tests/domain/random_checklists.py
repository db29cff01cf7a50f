"""Seeded random checklists in the written notation, and random answers to them."""

from random import Random
from typing import Any

from server.domain.conditions import FACTS

KINDS = ("pass_fail", "pass_fail", "scale", "choice", "multi", "count", "number", "timer", "share", "text",
         "photo", "signature", "instant")  # fmt: skip
WORDS = {"zh": "字", "en": "word"}
TEXTS = ("", "  ", "\u3000\n", "\ufeff", "好", "𠮷野家", "a b c", "x" * 30, "na", "\u2003")
FRACTIONS = ("5", "50", "05", "500000", "500001", "49")
"""Few and of different lengths, so that answers meet bounds and differ in spelling alone."""


def random_checklist(draw: Random, n: int) -> dict[str, Any]:
    """Return a checklist that passes every load-time check."""
    prohibitions = [f"P{k}" for k in range(1, draw.randint(2, 5))]
    earlier: list[dict[str, Any]] = []
    sections = []
    for s in range(draw.randint(1, 4)):
        when = random_condition(draw, earlier) if earlier and draw.random() < 0.2 else None
        items = []
        for i in range(draw.randint(1, 9)):
            items.append(random_item(draw, f"S{s}-{i:02d}", prohibitions, [*earlier, *items]))
        section = {"id": f"S{s}", "title": WORDS, "points": sum(i["points"] for i in items), "items": items}
        sections.append(section if when is None else {**section, "when": when})
        earlier += items
    return {
        "id": f"random-{n}",
        "version": 1,
        "title": WORDS,
        "visit_kinds": ["mystery"],
        "tiers": ["own_hall"],
        "points": sum(section["points"] for section in sections),
        "prohibition_scoring": draw.choice(["all_or_nothing", "per_item"]),
        "critical_cap": draw.choice([60, 60, 0, 37, 100]),
        "fail_below": draw.choice([500, 500, 1, 1000]),
        "prohibitions": dict.fromkeys(prohibitions, WORDS),
        "sections": sections,
    }


def random_item(
    draw: Random, name: str, prohibitions: list[str], earlier: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return one item of any kind, with whatever its kind allows."""
    kind = draw.choice(KINDS)
    item: dict[str, Any] = {"id": name, "text": WORDS, "source": "S3 §1", "kind": kind, "points": 0}
    credited = _add_credit(draw, item, earlier)
    if credited and draw.random() < 0.85:
        item["points"] = draw.choice([50, 100, 200, 333, 450])
        if draw.random() < 0.5:
            item["prohibition"] = draw.choice(prohibitions)
        if draw.random() < 0.15:
            item["critical"] = True
    if earlier and draw.random() < 0.3:
        item["when"] = random_condition(draw, earlier)
    if draw.random() < 0.3:
        item["na"] = True
    if draw.random() < 0.15:
        item["later"] = "72h"
    if draw.random() < 0.3:
        item["required"] = True if item["points"] else draw.choice([True, "any_failed"])
        if kind == "text":
            item["min_chars"] = draw.randint(0, 4)
    demand = draw.choice(["never", "always", "optional", "on_fail"])
    if demand == "on_fail" and credited:
        item["photo"] = {"when": "on_fail", "below": draw.choice([1, 500, 900])}
    elif demand != "on_fail":
        item["photo"] = demand
    return item


def random_condition(draw: Random, earlier: list[dict[str, Any]], depth: int = 0) -> dict[str, Any]:
    """Return a condition over earlier items and facts."""
    roll = draw.random()
    if depth < 3 and roll < 0.3:
        word = draw.choice(["all", "any"])
        return {word: [random_condition(draw, earlier, depth + 1) for _ in range(draw.randint(1, 3))]}
    if depth < 3 and roll < 0.45:
        return {"not": random_condition(draw, earlier, depth + 1)}
    comparable = [item for item in earlier if item.get("na") or item["kind"] in _VALUES]
    if roll < 0.6 or not comparable:
        fact = draw.choice(list(FACTS))
        words = FACTS[fact]
        if draw.random() < 0.5:
            return {"fact": fact, "is": draw.choice(words)}
        return {"fact": fact, "in": draw.sample(words, draw.randint(1, len(words)))}
    item = draw.choice(comparable)
    if item["kind"] not in _VALUES or (item.get("na") and draw.random() < 0.2):
        return {"item": item["id"], "is": "na"}
    operators = ["is", "in"]
    if item["kind"] in ("scale", "count", "timer", "number"):
        operators += ["at_least", "at_most"]
    operator = draw.choice(operators)
    values = [_VALUES[item["kind"]](draw, item) for _ in range(draw.randint(1, 3))]
    return {"item": item["id"], operator: values if operator == "in" else values[0]}


def random_answer(draw: Random, item: dict[str, Any]) -> dict[str, Any] | None:
    """Return an answer of the visit document that its item allows, or None."""
    roll = draw.random()
    if roll < 0.12:
        return None
    extra: dict[str, Any] = {}
    if draw.random() < 0.4:
        extra["note"] = draw.choice(TEXTS)
    if draw.random() < 0.4:
        extra["no_photo"] = draw.choice(["", " ", "unnoticed"])
    if roll < 0.2:
        return {"pending": True, **extra} if item.get("later") else extra
    if item.get("na") and roll < 0.35:
        return {"value": "na", **extra}
    return {"value": _value(draw, item), **extra}


def _add_credit(draw: Random, item: dict[str, Any], earlier: list[dict[str, Any]]) -> bool:
    """Add what gives credit to an item of its kind; tell whether it does."""
    kind = item["kind"]
    if kind == "scale":
        item["min"] = draw.randint(0, 2)
        item["max"] = item["min"] + draw.randint(1, 6)
        if draw.random() < 0.4:
            item["credits"] = [draw.randint(0, 1000) for _ in range(item["max"] - item["min"] + 1)]
    elif kind in ("choice", "multi"):
        names = ["right", "partly", "wrong", "odd"][: draw.randint(2, 4)]
        lowest = 0 if kind == "choice" else -600
        credited = draw.random() < 0.85
        item["options"] = {
            name: {**WORDS, **({"credit": draw.choice([lowest, 0, 300, 1000])} if credited else {})}
            for name in names
        }
        if draw.random() < 0.1:
            item["options"][names[-1]]["voids"] = True
        return credited
    elif kind in ("count", "timer", "number"):
        if draw.random() < 0.1:
            return False
        item["bands"] = _bands(draw, kind)
        if earlier and draw.random() < 0.4:
            item["cases"] = [
                {"when": random_condition(draw, earlier), "bands": _bands(draw, kind)}
                for _ in range(draw.randint(1, 3))
            ]
    return kind not in ("text", "photo", "signature", "instant")


def _bands(draw: Random, kind: str) -> list[list[Any]]:
    bounds = sorted(draw.sample(range(40), draw.randint(0, 3)))
    rows: list[list[Any]] = [
        [f"{bound}.{draw.choice(FRACTIONS)}" if kind == "number" else bound, draw.choice([0, 250, 500, 1000])]
        for bound in bounds
    ]
    return [*rows, [None, draw.choice([0, 0, 333])]]


def _decimal(draw: Random, _: dict[str, Any]) -> str:
    whole = str(draw.choice([3, 7, draw.randint(-5, 40)]))
    return whole if draw.random() < 0.2 else f"{whole}.{draw.choice(FRACTIONS)}"


_VALUES = {
    "pass_fail": lambda draw, item: draw.choice(["pass", "fail"]),
    "scale": lambda draw, item: draw.randint(item["min"], item["max"]),
    "choice": lambda draw, item: draw.choice(list(item["options"])),
    "multi": lambda draw, item: draw.choice(list(item["options"])),
    "count": lambda draw, item: draw.randint(0, 40),
    "timer": lambda draw, item: draw.randint(0, 40),
    "number": _decimal,
}
"""A value of each kind that a condition may compare."""


def _value(draw: Random, item: dict[str, Any]) -> Any:
    kind = item["kind"]
    if kind == "multi":
        return sorted(draw.sample(list(item["options"]), draw.randint(0, len(item["options"]))))
    if kind == "share":
        whole = draw.choice([0, 1, 3, 7, 10**9])
        return {"part": draw.randint(0, whole), "whole": whole}
    if kind == "instant":
        return "2026-11-21T02:10:05.120Z"
    if kind in ("text", "photo", "signature"):
        return draw.choice([text for text in TEXTS if kind == "text" or text != "na"])
    return _VALUES[kind](draw, item)
