"""Filters of feeds: what a condition is made of, and that it fits the properties (OData 4.0, 11.2.6.1).

A comparison with nothing is false, but for `eq` and `ne`; a function of nothing is nothing; `and`, `or` and `not` know
three values, and a row is taken where the whole is true (`feed_rows.py`; in SQL `queries/feed_where.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from server.domain.feed_terms import (
    LARGEST,
    NUMERIC,
    Constant,
    Name,
    Operand,
    Part,
    Reckoned,
    aligned,
    depth_of,
    moved,
    named,
    names_within,
    type_of,
    worked_out,
    wrong,
)
from server.domain.feeds import Feed, OptionUnsupported, Type

Comparing = Literal["eq", "ne", "gt", "ge", "lt", "le"]
DEEPEST = 40
MOST_IN_LIST = 500


@dataclass(frozen=True, slots=True)
class Compared:
    """Two operands and how they are to compare."""

    how: Comparing
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Among:
    """Whether a property is one of some values."""

    name: Name
    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """`contains`, `startswith` or `endswith` of a property, or of what functions make of it, and a text."""

    function: str
    name: Operand
    text: str


@dataclass(frozen=True, slots=True)
class Both:
    """All of the conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the conditions."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    condition: Condition


Condition = Compared | Among | Texts | Both | Either | Not | Name | Constant


def checked(condition: Condition, feed: Feed) -> Condition:
    """The condition as it fits the feed: names are known, and what is compared is of one type. Raises FilterWrong."""
    if _depth(condition) > DEEPEST:
        raise wrong("条件嵌套太深，最多 {most} 层。", most=DEEPEST)
    return _checked(condition, feed)


def names_of(node: Condition) -> frozenset[str]:
    """The properties that a condition names."""
    if isinstance(node, Compared):
        return names_within(node.left) | names_within(node.right)
    if isinstance(node, Among | Texts):
        return names_within(node.name)
    if isinstance(node, Both | Either):
        return frozenset().union(*map(names_of, node.conditions))
    return names_of(node.condition) if isinstance(node, Not) else names_within(node)


def divided(condition: Condition | None, late: frozenset[str]) -> tuple[Condition | None, Condition | None]:
    """The condition as one without and one with late properties, which both have to be fulfilled."""
    if condition is None:
        return None, None
    each = condition.conditions if isinstance(condition, Both) else (condition,)
    early = tuple(one for one in each if not names_of(one) & late)
    rest = tuple(one for one in each if names_of(one) & late)
    return Both(early) if early else None, Both(rest) if rest else None


def _checked(node: Condition, feed: Feed) -> Condition:
    if isinstance(node, Both):
        return Both(tuple(_checked(each, feed) for each in node.conditions))
    if isinstance(node, Either):
        return Either(tuple(_checked(each, feed) for each in node.conditions))
    if isinstance(node, Not):
        return Not(_checked(node.condition, feed))
    if isinstance(node, Among):
        type_ = type_of(node.name, feed)
        assert type_ is not None
        if len(node.values) > MOST_IN_LIST:
            raise wrong("in 后面最多 {most} 个值。", most=MOST_IN_LIST)
        return Among(node.name, tuple(_fitting(each, type_) for each in node.values))
    if isinstance(node, Texts):
        text = worked_out(node.name)
        if isinstance(text, Constant):
            raise OptionUnsupported(
                "$filter", "{name} 只能用于属性，后面只能是写出的值。", {"name": node.function}
            )
        if type_of(text, feed) is not Type.TEXT:
            raise wrong(
                "{function} 只能用于文字属性，{name} 不是。", function=node.function, name=named(text)
            )
        return Texts(node.function, text, node.text)
    if isinstance(node, Compared):
        return _comparison(node, feed)
    if isinstance(node, Constant):
        if not isinstance(node.value, bool):
            raise wrong("这里要写一个条件。")
        return node
    if type_of(node, feed) is not Type.YES_NO:
        raise wrong("{name} 不是真假值，要与某个值比较。", name=node.name)
    return node


def reckons(node: Compared) -> bool:
    """Whether numbers are compared of which one is reckoned from others."""
    return isinstance(node.left, Reckoned) or isinstance(node.right, Reckoned)


def _comparison(written: Compared, feed: Feed) -> Condition:
    node = _alone(_turned(Compared(written.how, worked_out(written.left), worked_out(written.right))))
    spans = _of_instant(node, feed)
    if spans is not None:
        return spans
    left, right = type_of(node.left, feed), type_of(node.right, feed)
    if left is None:
        raise OptionUnsupported(option="$filter", why="不能拿两个常数相比。")
    if isinstance(node.right, Constant):
        node = Compared(node.how, node.left, _fitting(node.right, left, node.how))
    elif left is not right and not (left in NUMERIC and right in NUMERIC):
        raise wrong("两边的类型不同：{left} 和 {right}。", left=str(left), right=str(right))
    elif left is Type.GUID:
        raise OptionUnsupported(option="$filter", why="编号只能与写出的编号比较。")
    if (left in NUMERIC and right in NUMERIC) or (reckons(node) and node.right != Constant(None)):
        aligned(node.left, node.right, feed)
    return node


def _turned(node: Compared) -> Compared:
    """The comparison with its value on the right."""
    if not isinstance(node.left, Constant):
        return node
    turned: dict[Comparing, Comparing] = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
    return Compared(turned.get(node.how, node.how), node.right, node.left)


def _alone(node: Compared) -> Compared:
    """An instant or a day without the durations added to it, against a value that was moved the other way instead."""
    left, right = node.left, node.right
    while (
        isinstance(left, Reckoned)
        and isinstance(left.right, Constant)
        and isinstance(left.right.value, timedelta)
        and left.how in ("add", "sub")
        and isinstance(right, Constant)
    ):
        if right.value is not None:
            right = Constant(moved("sub" if left.how == "add" else "add", right.value, left.right.value))
        left = left.left
    return Compared(node.how, left, right)


def _of_instant(node: Compared, feed: Feed) -> Condition | None:
    """The day (`date`) or year of an instant against a value, as the instant itself against where that begins and ends, which
    an index answers. None where the comparison is another one.
    """
    left, right, how = node.left, node.right, node.how
    if not (isinstance(left, Part) and left.function in ("date", "year")):
        return None
    if not isinstance(left.of, Name) or type_of(left.of, feed) is not Type.INSTANT:
        return None
    if not isinstance(right, Constant) or right.value is None:
        return None
    begin, end = _span(left.function, right)
    after, before = (Compared("ge", left.of, Constant(begin)), Compared("lt", left.of, Constant(end)))
    within = Both((after, before))
    found: dict[Comparing, Condition] = {
        "eq": within,
        "ne": Not(within),
        "ge": after,
        "lt": Compared("lt", left.of, Constant(begin)),
        "gt": Compared("ge", left.of, Constant(end)),
        "le": before,
    }
    return found[how]


def _span(function: str, constant: Constant) -> tuple[datetime, datetime]:
    value = constant.value
    try:
        if function == "year" and isinstance(value, int) and not isinstance(value, bool):
            return datetime(value, 1, 1, tzinfo=UTC), datetime(value + 1, 1, 1, tzinfo=UTC)
        if function == "date" and isinstance(value, date) and not isinstance(value, datetime):
            begin = datetime(value.year, value.month, value.day, tzinfo=UTC)
            return begin, begin + timedelta(days=1)
    except (ValueError, OverflowError):
        raise wrong("没有这个日期：{text}", text=str(value)[:40]) from None
    type_ = Type.DATE if function == "date" else Type.WHOLE
    raise wrong("{value} 不是 {type}。", value=str(value)[:60], type=type_.value)


def _fitting(constant: Constant, type_: Type, how: Comparing = "eq") -> Constant:
    value: Any = constant.value
    if value is None:
        return constant
    if type_ is Type.YES_NO or isinstance(value, bool):
        fits = type_ is Type.YES_NO and isinstance(value, bool)
    elif type_ is Type.GUID:
        fits = constant.guid
        if how not in ("eq", "ne"):
            raise OptionUnsupported(option="$filter", why="编号只能用 eq、ne 和 in 比较。")
    elif type_ is Type.TEXT:
        fits = isinstance(value, str)
    elif type_ in NUMERIC:
        fits = isinstance(value, int | Decimal | Fraction)
        if fits and abs(value) >= LARGEST:
            raise wrong("数太大：{value}。", value=str(value)[:40])
    elif type_ is Type.INSTANT:
        fits = isinstance(value, datetime)
    else:
        fits = isinstance(value, date) and not isinstance(value, datetime)
    if not fits:
        raise wrong("{value} 不是 {type}。", value=str(value)[:60], type=type_.value)
    return constant


def _depth(node: Condition) -> int:
    if isinstance(node, Both | Either):
        return 1 + max(map(_depth, node.conditions))
    if isinstance(node, Not):
        return 1 + _depth(node.condition)
    if isinstance(node, Compared):
        return 1 + max(depth_of(node.left), depth_of(node.right))
    return 1 + depth_of(node.name) if isinstance(node, Texts) else 1
