"""Filters of feeds: what a condition is made of, and that it fits the properties (OData 4.0, 11.2.6.1).

A comparison with nothing is false, but for `eq` and `ne`; a function of nothing is nothing; `and`, `or` and `not` know
three values, and a row is taken where the whole is true (`feed_rows.py`; in SQL `queries/feed_where.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from server.domain.feeds import Feed, FilterWrong, OptionUnsupported, Type

Comparing = Literal["eq", "ne", "gt", "ge", "lt", "le"]
Value = str | int | Decimal | date | datetime | bool | None
LARGEST = 10**15
"""Numbers are below it, so that every database compares them exactly."""
DEEPEST = 40
MOST_IN_LIST = 500


@dataclass(frozen=True, slots=True)
class Name:
    """A property."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value; `guid` where it was written as one."""

    value: Value
    guid: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What a function makes of a property or of another function: one of PARTS, with its further arguments."""

    function: str
    of: Name | Part
    more: tuple[int | str, ...] = ()


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
    """`contains`, `startswith` or `endswith` of a property, or of what a function makes of it, and a text."""

    function: str
    name: Name | Part
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


Operand = Name | Constant | Part
Condition = Compared | Among | Texts | Both | Either | Not | Name | Constant

_NUMERIC = (Type.WHOLE, Type.DECIMAL)
PARTS: Mapping[str, tuple[Type, Type]] = {
    **dict.fromkeys(("year", "month", "day"), (Type.DATE, Type.WHOLE)),
    "date": (Type.INSTANT, Type.DATE),
    **dict.fromkeys(("length", "indexof"), (Type.TEXT, Type.WHOLE)),
    **dict.fromkeys(("tolower", "toupper", "trim", "substring"), (Type.TEXT, Type.TEXT)),
}
"""Functions, each with what it takes and what it gives; letters are those of ASCII, which every database turns alike."""
ARGUMENTS: Mapping[str, tuple[type, ...]] = {"indexof": (str,), "substring": (int, int)}
"""What some functions take besides; of `substring` the length may be left out."""
LARGE, SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def checked(condition: Condition, feed: Feed) -> Condition:
    """The condition as it fits the feed: names are known, and what is compared is of one type. Raises FilterWrong."""
    if _depth(condition) > DEEPEST:
        raise _wrong("条件嵌套太深，最多 {most} 层。", most=DEEPEST)
    return _checked(condition, feed)


def names_of(node: Any) -> frozenset[str]:
    """The properties that a condition or operand names."""
    if isinstance(node, Name):
        return frozenset({node.name})
    if isinstance(node, Part):
        return names_of(node.of)
    if isinstance(node, Compared):
        return names_of(node.left) | names_of(node.right)
    if isinstance(node, Among | Texts):
        return names_of(node.name)
    if isinstance(node, Both | Either):
        return frozenset().union(*map(names_of, node.conditions))
    return names_of(node.condition) if isinstance(node, Not) else frozenset()


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
        type_ = _type(node.name, feed)
        assert type_ is not None
        if len(node.values) > MOST_IN_LIST:
            raise _wrong("in 后面最多 {most} 个值。", most=MOST_IN_LIST)
        return Among(node.name, tuple(_fitting(each, type_) for each in node.values))
    if isinstance(node, Texts):
        if _type(node.name, feed) is not Type.TEXT:
            raise _wrong(
                "{function} 只能用于文字属性，{name} 不是。", function=node.function, name=_named(node.name)
            )
        return node
    if isinstance(node, Compared):
        return _comparison(node, feed)
    if isinstance(node, Constant):
        if not isinstance(node.value, bool):
            raise _wrong("这里要写一个条件。")
        return node
    if _type(node, feed) is not Type.YES_NO:
        raise _wrong("{name} 不是真假值，要与某个值比较。", name=node.name)
    return node


def _comparison(node: Compared, feed: Feed) -> Condition:
    spans = _of_instant(node, feed)
    if spans is not None:
        return spans
    left, right = _type(node.left, feed), _type(node.right, feed)
    if isinstance(node.left, Constant) and isinstance(node.right, Constant):
        raise OptionUnsupported(option="$filter", why="不能拿两个常数相比。")
    if isinstance(node.right, Constant):
        assert left is not None
        return Compared(node.how, node.left, _fitting(node.right, left, node.how))
    if isinstance(node.left, Constant):
        assert right is not None
        return Compared(node.how, _fitting(node.left, right, node.how), node.right)
    if left is not right:
        raise _wrong("两边的类型不同：{left} 和 {right}。", left=str(left), right=str(right))
    if Type.GUID in (left, right):
        raise OptionUnsupported(option="$filter", why="编号只能与写出的编号比较。")
    return node


def _of_instant(node: Compared, feed: Feed) -> Condition | None:
    """The day (`date`) or year of an instant against a constant, as the instant itself against where that begins and ends.

    None where the comparison is another one. Days and years are those of UTC, in which feeds tell instants.
    """
    left, right, how = node.left, node.right, node.how
    if isinstance(left, Constant):
        turned: dict[Comparing, Comparing] = {"gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}
        left, right, how = right, left, turned.get(how, how)
    if not (isinstance(left, Part) and left.function in ("date", "year")):
        return None
    if not isinstance(left.of, Name) or _type(left.of, feed) is not Type.INSTANT:
        return None
    if not isinstance(right, Constant) or right.value is None:
        raise OptionUnsupported(option="$filter", why="时刻的日期和年份只能与写出的值比较。")
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
        raise _wrong("没有这个日期：{text}", text=str(value)[:40]) from None
    type_ = Type.DATE if function == "date" else Type.WHOLE
    raise _wrong("{value} 不是 {type}。", value=str(value)[:60], type=type_.value)


def _named(node: Name | Part) -> str:
    return node.name if isinstance(node, Name) else f"{node.function}(…)"


def _type(node: Operand, feed: Feed) -> Type | None:
    if isinstance(node, Constant):
        return None
    if isinstance(node, Part):
        takes, gives = PARTS[node.function]
        found_type = _type(node.of, feed)
        if node.function == "date" and found_type is Type.INSTANT:
            raise OptionUnsupported(option="$filter", why="时刻的日期和年份只能与写出的值比较。")
        if found_type is not takes:
            raise _wrong("{function} 不能用于 {name}。", function=node.function, name=_named(node.of))
        return gives
    found = feed.property(node.name)
    if found is None:
        raise _wrong("{feed} 没有 {name} 这个属性。", feed=feed.name, name=node.name[:60])
    return found.type


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
    elif type_ in _NUMERIC:
        fits = isinstance(value, int | Decimal)
        if fits and abs(value) >= LARGEST:
            raise _wrong("数太大：{value}。", value=str(value)[:40])
    elif type_ is Type.INSTANT:
        fits = isinstance(value, datetime)
    else:
        fits = isinstance(value, date) and not isinstance(value, datetime)
    if not fits:
        raise _wrong("{value} 不是 {type}。", value=str(value)[:60], type=type_.value)
    return constant


def _depth(node: Any) -> int:
    if isinstance(node, Both | Either):
        return 1 + max(map(_depth, node.conditions))
    return 1 + _depth(node.condition) if isinstance(node, Not) else 1


def _wrong(why: str, **facts: Any) -> FilterWrong:
    return FilterWrong(option="$filter", why=why, facts_of_why=facts)
