"""Filters of feeds row by row: whether a row fulfils a condition (OData 4.0, 11.2.6.1), as SQL says it too (`queries/feed_where.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from server.domain.feed_filters import (
    Among,
    Both,
    Compared,
    Comparing,
    Condition,
    Either,
    Not,
    Texts,
)
from server.domain.feed_terms import Constant, Joined, Name, Operand, Reckoned, exact, joined, made, reckoned

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
        return _compared(node.how, *_alike(_value(node.left, row), _value(node.right, row)))
    value = _value(node, row)
    return value if value is None else bool(value)


def _value(node: Operand, row: Row) -> Any:
    match node:
        case Constant(value):
            return value
        case Name(name):
            return row[name]
        case Joined(left, right):
            return joined(_value(left, row), _value(right, row))
        case Reckoned(how, left, right):
            one, other = _value(left, row), _value(right, row)
            if one is None or other is None:
                return None
            whole = isinstance(one, int) and isinstance(other, int)
            found = reckoned(how, exact(one), exact(other), whole=whole)
            return int(found) if whole else found
    value = _value(node.of, row)
    return None if value is None else made(node.function, value, node.more)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values so that they can be compared: a fraction and a decimal cannot."""
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return tuple(None if each is None else exact(each) for each in (left, right))  # type: ignore[return-value]
    return left, right


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
