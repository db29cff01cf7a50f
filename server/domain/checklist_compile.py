"""Compiling a checklist: every kind of item becomes a table, a sum, bands or a ratio (engine 1)."""

from typing import Any

from server.domain.checklist_written import (
    Bound,
    Draft,
    Item,
    PlacedItem,
    PlacedSection,
    Words,
    written_conditions,
)
from server.domain.conditions import Condition, items_named, read_condition
from server.domain.exact import FULL_CREDIT, divided

ENGINE = 1
"""The meaning of the compiled form; a change of meaning is a new number, and old visits keep theirs."""

Compiled = dict[str, Any]
"""The compiled checklist, JSON-able."""

FAIL_BELOW = 500
"""The credit under which a photo "on fail" is due, unless the item says another (handbook 2.2)."""


def compile_draft(draft: Draft) -> Compiled:
    """Return the compiled form of a checklist that has passed its checks."""
    checklist = draft.checklist
    named = _named_by_conditions(draft)
    declared = list(checklist.prohibitions) or sorted(
        {placed.item.prohibition for placed in draft.items() if placed.item.prohibition}, key=_by_number
    )
    return {
        "engine": ENGINE,
        "id": checklist.id,
        "version": checklist.version,
        "title": _words(checklist.title),
        "visit_kinds": list(checklist.visit_kinds),
        "tiers": list(checklist.tiers),
        "prohibition_scoring": checklist.prohibition_scoring,
        "critical_cap": checklist.critical_cap,
        "fail_below": checklist.fail_below,
        "leaving": next((placed.item.id for placed in draft.items() if placed.item.leaving), None),
        "prohibitions": [{"id": each, "text": _words(checklist.prohibitions.get(each))} for each in declared],
        "sections": [_section(section, named) for section in draft.sections],
    }


def _named_by_conditions(draft: Draft) -> frozenset[str]:
    places: list[PlacedSection | PlacedItem] = [*draft.sections, *draft.items()]
    conditions = [_condition(written) for placed in places for _, written in written_conditions(placed)]
    return frozenset(name for condition in conditions for name in items_named(condition))


def _section(placed: PlacedSection, named: frozenset[str]) -> dict[str, Any]:
    return {
        "id": placed.section.id,
        "title": _words(placed.section.title),
        "when": _condition(placed.section.when),
        "points": sum(each.item.points for each in placed.items),
        "items": [_item(each.item, named) for each in placed.items],
    }


def _item(item: Item, named: frozenset[str]) -> dict[str, Any]:
    demand = item.photo
    return {
        "id": item.id,
        "indicator": item.indicator or item.id,
        "text": _words(item.text),
        "source": item.source or "",
        "kind": item.kind,
        "points": item.points,
        "when": _condition(item.when),
        "na": item.na,
        "required": item.required,
        "min_chars": item.min_chars,
        "prohibition": item.prohibition,
        "critical": item.critical,
        "later_hours": int(item.later.removesuffix("h")) if item.later else None,
        "voids": [name for name, option in item.options.items() if option.voids],
        "options": [{"id": name, "text": _words(option)} for name, option in item.options.items()],
        "min": _bound(item, item.min),
        "max": _bound(item, item.max),
        "unit": _words(item.unit) if item.unit else None,
        "credit": _credit(item),
        "photo": {
            "when": demand.when,
            "below": demand.below or FAIL_BELOW,
            "hint": _words(demand.hint) if demand.hint else None,
        },
        "original": item.original,
        "max_px": item.max_px,
        "asked": item.points > 0 or item.id in named,
    }


def _credit(item: Item) -> dict[str, Any] | None:
    if item.kind == "pass_fail":
        return {"table": {"pass": FULL_CREDIT, "fail": 0}}
    if item.kind == "share":
        return {"ratio": True}
    if item.kind == "scale":
        return {"table": _scale(item)}
    if item.kind in ("choice", "multi"):
        credits = {name: option.credit for name, option in item.options.items() if option.credit is not None}
        return {"table" if item.kind == "choice" else "sum": credits} if credits else None
    if item.bands is None:
        return None
    cases: list[dict[str, Any]] = [
        {"when": _condition(case.when), "bands": _bands(item, case.bands)} for case in item.cases
    ]
    return {"bands": [*cases, {"when": None, "bands": _bands(item, item.bands)}]}


def _scale(item: Item) -> dict[str, int]:
    """Half up of 1000 (v - min) / (max - min), or the item's own table (handbook 2.1)."""
    low, high = int(item.min or 0), int(item.max or 0)
    if item.credits is not None:
        return {str(low + n): credit for n, credit in enumerate(item.credits)}
    return {str(v): divided(FULL_CREDIT * (v - low), high - low) for v in range(low, high + 1)}


def _bands(item: Item, rows: list[list[Bound]]) -> list[list[int | str | None]]:
    return [[_bound(item, bound), credit] for bound, credit in rows]


def _bound(item: Item, bound: Bound) -> int | str | None:
    """Bounds of a `number` are decimal strings, as its answers are; all others are integers."""
    return str(bound) if item.kind == "number" and bound is not None else bound


def _condition(written: object) -> Condition | None:
    return None if written is None else read_condition(written, "")[0]


def _words(words: Words | None) -> dict[str, str]:
    return {"zh": (words and words.zh) or "", "en": (words and words.en) or ""}


def _by_number(name: str) -> tuple[int, str]:
    digits = "".join(character for character in name if character.isdigit())
    return (int(digits) if digits else 0, name)
