"""The load-time checks of a checklist's conditions: they name what exists, what is earlier, and no circle."""

from collections.abc import Iterator, Mapping
from typing import Any

from server.domain.checklist_written import Draft, Item, PlacedItem, PlacedSection, written_conditions
from server.domain.conditions import FACTS, Condition, comparisons, items_named, read_condition
from server.domain.exact import is_decimal
from server.domain.findings import Finding, at

_NUMBERS = frozenset({"scale", "count", "timer", "number"})


def check_conditions(draft: Draft) -> dict[str, list[Finding]]:
    """Return what is wrong with the conditions, by the path of the section or item that they belong to."""
    order, items, needs = _order(draft)
    findings: dict[str, list[Finding]] = {}
    for position, placed in enumerate(_walk(draft)):
        found = findings.setdefault(placed.path, [])
        own = placed.item.id if isinstance(placed, PlacedItem) else None
        for steps, written in written_conditions(placed):
            path = at(placed.path, *steps)
            condition, wrong = read_condition(written, path)
            found += wrong
            for comparison in comparisons(condition):
                if "fact" in comparison:
                    found += _fact(comparison, path)
                elif comparison["item"] not in draft.broken:
                    found += _place(comparison["item"], own, position, order, needs, path)
                    if comparison["item"] in items:
                        found += _value(items[comparison["item"]], comparison, path)
    return findings


def _walk(draft: Draft) -> Iterator[PlacedSection | PlacedItem]:
    for section in draft.sections:
        yield section
        yield from section.items


def _order(draft: Draft) -> tuple[dict[str, int], dict[str, Item], dict[str, set[str]]]:
    """Return each item's position, the items by id, and which items each one's conditions name."""
    order: dict[str, int] = {}
    items: dict[str, Item] = {}
    needs: dict[str, set[str]] = {}
    of_section: set[str] = set()
    for position, placed in enumerate(_walk(draft)):
        named = {
            name
            for _, written in written_conditions(placed)
            for name in items_named(read_condition(written, "")[0])
        }
        if isinstance(placed, PlacedSection):
            of_section = named
        else:
            order.setdefault(placed.item.id, position)
            items.setdefault(placed.item.id, placed.item)
            needs.setdefault(placed.item.id, named | of_section)
    return order, items, needs


def _place(
    name: str,
    own: str | None,
    position: int,
    order: Mapping[str, int],
    needs: Mapping[str, set[str]],
    path: str,
) -> Iterator[Finding]:
    if name not in order:
        yield Finding(path, "condition_unknown_item", {"item": name})
    elif own is not None and own in _reached(name, needs):
        yield Finding(path, "condition_circle", {"item": name})
    elif order[name] >= position:
        yield Finding(path, "condition_forward", {"item": name})


def _reached(name: str, needs: Mapping[str, set[str]]) -> set[str]:
    """Return every item on which the visibility or the bands of `name` depend, itself included."""
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            waiting.extend(needs.get(here, ()))
    return reached


def _fact(comparison: Condition, path: str) -> Iterator[Finding]:
    fact, operator = comparison["fact"], comparison["op"]
    words = FACTS.get(fact)
    if words is None:
        yield Finding(path, "fact_unknown", {"fact": fact, "allowed": ", ".join(FACTS)})
        return
    if operator not in ("is", "in"):
        yield Finding(path, "operator_not_for", {"operator": operator, "name": fact})
        return
    for value in _values(comparison):
        if value not in words:
            yield Finding(path, "value_unknown", {"value": str(value), "allowed": ", ".join(words)})


def _value(item: Item, comparison: Condition, path: str) -> Iterator[Finding]:
    operator = comparison["op"]
    if operator in ("at_least", "at_most") and item.kind not in _NUMBERS:
        yield Finding(path, "operator_not_for", {"operator": operator, "name": item.id})
        return
    for value in _values(comparison):
        if value == "na" and operator in ("is", "in"):
            if not item.na:
                yield Finding(path, "na_not_offered", {"item": item.id})
        elif not _possible(item, value):
            yield Finding(path, "value_unknown", {"value": str(value), "allowed": _allowed(item)})


def _values(comparison: Condition) -> list[Any]:
    value = comparison["value"]
    return value if comparison["op"] == "in" else [value]


def _possible(item: Item, value: object) -> bool:
    if item.kind == "pass_fail":
        return value in ("pass", "fail")
    if item.kind in ("choice", "multi"):
        return value in item.options
    if item.kind == "scale":
        low, high = item.min, item.max
        return (
            isinstance(value, int) and isinstance(low, int) and isinstance(high, int) and low <= value <= high
        )
    if item.kind in ("count", "timer"):
        return isinstance(value, int) and value >= 0
    return item.kind == "number" and (isinstance(value, int) or is_decimal(value))


def _allowed(item: Item) -> str:
    if item.kind == "pass_fail":
        return "pass, fail"
    if item.kind == "scale":
        return f"{item.min}..{item.max}"
    return ", ".join(item.options) or item.kind
