"""What filters of feeds compare: properties, values, and what functions and arithmetic make of them (OData 4.0, 11.2.6.1.2, 11.2.6.1.3).

What holds no property is worked out at once; what it comes to is a value like one that was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Literal

from server.domain.feeds import Feed, FilterWrong, OptionUnsupported, Type

Reckoning = Literal["add", "sub", "mul", "div", "mod"]
Value = str | int | Decimal | Fraction | date | datetime | timedelta | bool | None
LARGEST = 10**15
"""Numbers are below it, so that every database compares them exactly."""
FINEST = 10**9
"""So many times a sum may be multiplied to be whole, so that what databases reckon with stays below 2**63."""


@dataclass(frozen=True, slots=True)
class Name:
    """A property."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value; `guid` where it was written as one. Fractions are decimals that have no last place."""

    value: Value
    guid: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What a function makes of an operand: one of PARTS, with its further arguments."""

    function: str
    of: Operand
    more: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """One text after the other (`concat`); of nothing it is nothing."""

    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Two numbers, or an instant or a day and a duration, and what is reckoned of them; of nothing it is nothing."""

    how: Reckoning
    left: Operand
    right: Operand


Operand = Name | Constant | Part | Joined | Reckoned

NUMERIC = (Type.WHOLE, Type.DECIMAL)
PARTS: Mapping[str, tuple[tuple[Type, ...], Type]] = {
    **dict.fromkeys(("year", "month", "day"), ((Type.DATE, Type.INSTANT), Type.WHOLE)),
    **dict.fromkeys(("hour", "minute", "second"), ((Type.INSTANT,), Type.WHOLE)),
    "date": ((Type.INSTANT,), Type.DATE),
    **dict.fromkeys(("length", "indexof"), ((Type.TEXT,), Type.WHOLE)),
    **dict.fromkeys(("tolower", "toupper", "trim", "substring"), ((Type.TEXT,), Type.TEXT)),
}
"""Functions, each with what it takes and what it gives; letters are those of ASCII, which every database turns alike.

The parts of an instant are those of UTC, in which feeds tell instants; a second is without its fraction.
"""
ARGUMENTS: Mapping[str, tuple[type, ...]] = {"indexof": (str,), "substring": (int, int)}
"""What some functions take besides; of `substring` the length may be left out."""
FUNCTIONS = (*PARTS, "concat", "contains", "startswith", "endswith", "now")
"""All that a condition may call."""
OPERATORS = ("eq", "ne", "gt", "ge", "lt", "le", "in", "and", "or", "not", "add", "sub", "mul", "div", "mod")
"""All signs of a condition."""
LARGE, SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def names_within(node: Operand) -> frozenset[str]:
    """The properties that an operand names."""
    match node:
        case Name(name):
            return frozenset({name})
        case Part(of=of):
            return names_within(of)
        case Joined(left, right) | Reckoned(_, left, right):
            return names_within(left) | names_within(right)
    return frozenset()


def depth_of(node: Operand) -> int:
    """How many functions and signs of arithmetic lie within each other."""
    match node:
        case Part(of=of):
            return 1 + depth_of(of)
        case Joined(left, right) | Reckoned(_, left, right):
            return 1 + max(depth_of(left), depth_of(right))
    return 0


def worked_out(node: Operand) -> Operand:
    """The operand with all that holds no property as a value. Raises FilterWrong, OptionUnsupported."""
    match node:
        case Part(function, of, more):
            inner = worked_out(of)
            return (
                _of_value(node, inner.value) if isinstance(inner, Constant) else Part(function, inner, more)
            )
        case Joined(left, right):
            one, other = worked_out(left), worked_out(right)
            if isinstance(one, Constant) and isinstance(other, Constant):
                return Constant(joined(_text(one), _text(other)))
            return Joined(one, other)
        case Reckoned(how, left, right):
            one, other = worked_out(left), worked_out(right)
            if isinstance(one, Constant) and isinstance(other, Constant):
                return Constant(_reckoned_value(how, one.value, other.value))
            return Reckoned(how, one, other)
    return node


def type_of(node: Operand, feed: Feed) -> Type | None:
    """What an operand holds; None of a value. Raises FilterWrong, OptionUnsupported for what does not go together."""
    match node:
        case Part(function, of):
            takes, gives = PARTS[function]
            if type_of(of, feed) not in takes:
                raise wrong("{function} 不能用于 {name}。", function=function, name=named(of))
            return gives
        case Joined(left, right):
            for each in (left, right):
                if isinstance(each, Constant):
                    _text(each)
                elif type_of(each, feed) is not Type.TEXT:
                    raise wrong("{function} 不能用于 {name}。", function="concat", name=named(each))
            return Type.TEXT
        case Reckoned():
            return _type_reckoned(node, feed)
        case Name(name):
            found = feed.property(name)
            if found is None:
                raise wrong("{feed} 没有 {name} 这个属性。", feed=feed.name, name=name[:60])
            return found.type
    return None


def scale(node: Operand, feed: Feed) -> Fraction:
    """The units of which a number is a whole number, so that every database reckons exactly. Raises FilterWrong for too fine ones."""
    match node:
        case Constant(value):
            return abs(exact(value)) or Fraction(1)
        case Name(name):
            found = feed.property(name)
            fine = found is not None and found.type is Type.DECIMAL
            return Fraction(1, 10**found.places) if found is not None and fine else Fraction(1)
        case Reckoned("mul", left, right):
            return scale(left, feed) * scale(right, feed)
        case Reckoned("div", left, right) if type_of(node, feed) is Type.DECIMAL:
            return scale(left, feed) / scale(right, feed)
        case Reckoned("add" | "sub", left, right):
            return aligned(left, right, feed)[0]
    return Fraction(1)


def aligned(left: Operand, right: Operand, feed: Feed) -> tuple[Fraction, int, int]:
    """Units for both sides, and how many of them each side's own units are. Raises FilterWrong where they are too many."""
    one, other = scale(left, feed), scale(right, feed)
    below = lcm(one.denominator, other.denominator)
    unit = Fraction(gcd(int(one * below), int(other * below)), below)
    many = int(one / unit), int(other / unit)
    for node, times in zip((left, right), many, strict=True):
        if times > (LARGEST if isinstance(node, Constant) else FINEST):
            raise wrong("数太大，或小数位太多。")
    return unit, *many


def exact(value: Any) -> Fraction:
    """A number as a fraction."""
    return Fraction(value)


def reckoned(how: Reckoning, left: Fraction, right: Fraction, *, whole: bool) -> Fraction:
    """What is reckoned of two numbers; of whole ones a quotient is cut towards nought, and what remains has the sign of the first."""
    if how == "add":
        return left + right
    if how == "sub":
        return left - right
    if how == "mul":
        return left * right
    quotient = left / right
    cut = Fraction(int(quotient))
    if how == "mod":
        return left - right * cut
    return cut if whole else quotient


def joined(left: Any, right: Any) -> str | None:
    """One text after the other."""
    return None if left is None or right is None else left + right


def made(function: str, value: Any, more: tuple[int | str, ...]) -> Any:
    """What a function makes of a value."""
    match function:
        case "length":
            return len(value)
        case "tolower":
            return value.translate(str.maketrans(LARGE, SMALL))
        case "toupper":
            return value.translate(str.maketrans(SMALL, LARGE))
        case "trim":
            return value.strip(" ")
        case "indexof":
            return value.find(more[0])
        case "substring":
            begin, *length = more
            return value[int(begin) : int(begin) + int(length[0]) if length else None]
        case _:
            at = value.astimezone(UTC) if isinstance(value, datetime) else value
            return at.date() if function == "date" else getattr(at, function)


def named(node: Operand) -> str:
    """An operand as it is named to whoever wrote it."""
    match node:
        case Name(name):
            return name[:60]
        case Part(function):
            return f"{function}(…)"
        case Joined():
            return "concat(…)"
        case Reckoned(how):
            return f"… {how} …"
        case Constant(value):
            return str(value)[:60]


def wrong(why: str, **facts: Any) -> FilterWrong:
    """A condition that cannot be."""
    return FilterWrong(option="$filter", why=why, facts_of_why=facts)


def _type_reckoned(node: Reckoned, feed: Feed) -> Type:
    types = [
        _type_of_number(each) if isinstance(each, Constant) else type_of(each, feed)
        for each in (node.left, node.right)
    ]
    if types[0] in (Type.INSTANT, Type.DATE):
        raise OptionUnsupported("$filter", "时刻和日期只能加减写出的时长，再与写出的值比较。")
    if not all(each in NUMERIC for each in types):
        raise wrong("{how} 只能用于数。", how=node.how)
    whole = types == [Type.WHOLE, Type.WHOLE]
    if node.how in ("div", "mod"):
        if not isinstance(node.right, Constant):
            raise OptionUnsupported(
                "$filter", "div 和 mod 后面只能是写出的数；要除以属性，请把它乘到另一边。"
            )
        if not node.right.value:
            raise wrong("不能除以零。")
        if whole and scale(node.left, feed) > FINEST:
            raise wrong("数太大，或小数位太多。")
        if node.how == "mod" and not whole:
            raise OptionUnsupported("$filter", "mod 只能用于整数。")
    return Type.WHOLE if whole else Type.DECIMAL


def _type_of_number(constant: Constant) -> Type | None:
    value = constant.value
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        return None
    if abs(exact(value)) >= LARGEST:
        raise wrong("数太大：{value}。", value=str(value)[:40])
    return Type.WHOLE if isinstance(value, int) else Type.DECIMAL


def _of_value(node: Part, value: Any) -> Constant:
    if value is None:
        return Constant(None)
    takes: Mapping[Type, Callable[[], bool]] = {
        Type.TEXT: lambda: isinstance(value, str),
        Type.INSTANT: lambda: isinstance(value, datetime),
        Type.DATE: lambda: isinstance(value, date),
    }
    if not any(takes[each]() for each in PARTS[node.function][0]):
        raise wrong("{function} 不能用于 {name}。", function=node.function, name=named(node.of))
    return Constant(made(node.function, value, node.more))


def _text(constant: Constant) -> str | None:
    if constant.value is not None and (constant.guid or not isinstance(constant.value, str)):
        raise wrong("{function} 不能用于 {name}。", function="concat", name=named(constant))
    return constant.value


def _reckoned_value(how: Reckoning, left: Value, right: Value) -> Value:
    """What is reckoned of two values that were written: numbers, instants, days and durations."""
    if left is None or right is None:
        return None
    types = _type_of_number(Constant(left)), _type_of_number(Constant(right))
    if all(types):
        if how in ("div", "mod") and not right:
            raise wrong("不能除以零。")
        whole = types == (Type.WHOLE, Type.WHOLE)
        if how == "mod" and not whole:
            raise OptionUnsupported("$filter", "mod 只能用于整数。")
        number = reckoned(how, exact(left), exact(right), whole=whole)
        return int(number) if whole else number
    return moved(how, left, right)


def moved(how: Reckoning, left: Any, right: Any) -> Value:
    """An instant, a day or a duration with another duration added or taken off, or what lies between two. Raises FilterWrong.

    Of a day whole days alone are added.
    """
    pair = type(left), type(right)
    sums = ((datetime, timedelta), (date, timedelta), (timedelta, timedelta))
    gaps = ((datetime, datetime), (date, date))
    try:
        if pair in sums and how in ("add", "sub"):
            step = _whole_days(right) if pair[0] is date else right
            return left + step if how == "add" else left - step  # type: ignore[no-any-return]
        if pair in gaps and how == "sub":
            return left - right  # type: ignore[no-any-return]
        if pair == (timedelta, int) and how == "mul":
            return left * right  # type: ignore[no-any-return]
    except OverflowError:
        raise wrong("没有这个日期：{text}", text=f"{left} {how} {right}"[:40]) from None
    raise wrong("{how} 只能用于数。", how=how)


def _whole_days(duration: timedelta) -> timedelta:
    days = timedelta(days=abs(duration).days)
    return days if duration > timedelta() else -days
