"""Filters of feeds row by row: whether a row fulfils a condition (OData 4.0, 11.2.6.1), as SQL says it too (`queries/feed_where.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.domain.feed_filters import (
    LARGE,
    SMALL,
    Among,
    Both,
    Compared,
    Comparing,
    Condition,
    Constant,
    Either,
    Name,
    Not,
    Operand,
    Part,
    Texts,
)

Row = Mapping[str, Any]


def holds(condition: Condition, row: Row) -> bool:
    """Whether a row fulfils a checked condition; texts compare by their code points."""
    return _truth(condition, row) is True


def _truth(node: Condition, row: Row) -> bool | None:
    if isinstance(node, Both):
        found = [_truth(each, row) for each in node.conditions]
        return False if False in found else None if None in found else True
    if isinstance(node, Either):
        found = [_truth(each, row) for each in node.conditions]
        return True if True in found else None if None in found else False
    if isinstance(node, Not):
        inner = _truth(node.condition, row)
        return None if inner is None else not inner
    if isinstance(node, Among):
        value = row[node.name.name]
        return any(_equal(value, each.value) for each in node.values)
    if isinstance(node, Texts):
        text = _value(node.name, row)
        return None if text is None else _matches(node.function, text, node.text)
    if isinstance(node, Compared):
        return _compared(node.how, _value(node.left, row), _value(node.right, row))
    value = _value(node, row)
    return value if value is None else bool(value)


def _value(node: Operand, row: Row) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        return row[node.name]
    value = _value(node.of, row)
    return None if value is None else _made(node, value)


def _made(node: Part, value: Any) -> Any:
    match node.function:
        case "length":
            return len(value)
        case "tolower":
            return value.translate(str.maketrans(LARGE, SMALL))
        case "toupper":
            return value.translate(str.maketrans(SMALL, LARGE))
        case "trim":
            return value.strip(" ")
        case "indexof":
            return value.find(node.more[0])
        case "substring":
            begin, *length = node.more
            return value[int(begin) : int(begin) + int(length[0]) if length else None]
        case _:
            return getattr(value, node.function)


def _compared(how: Comparing, left: Any, right: Any) -> bool:
    if how in ("eq", "ne"):
        return _equal(left, right) == (how == "eq")
    if left is None or right is None:
        return False
    if how in ("gt", "ge"):
        return bool(left > right or (how == "ge" and left == right))
    return bool(left < right or (how == "le" and left == right))


def _equal(left: Any, right: Any) -> bool:
    return bool(left is right if left is None or right is None else left == right)


def _matches(function: str, text: str, sought: str) -> bool:
    if function == "contains":
        return sought in text
    return text.startswith(sought) if function == "startswith" else text.endswith(sought)
