"""Filters of feeds as SQL: the same rows as `domain/feed_rows.holds` takes, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.domain.feed_filters import (
    Among,
    Both,
    Compared,
    Condition,
    Either,
    Not,
    Texts,
    reckons,
)
from server.domain.feed_terms import (
    LARGE,
    NUMERIC,
    SMALL,
    Constant,
    Joined,
    Name,
    Operand,
    Part,
    Reckoned,
    aligned,
    exact,
    scale,
    type_of,
)
from server.domain.feeds import Feed, Type

Named = Callable[[UUID], UUID | None]
"""From an id that somebody wrote to the one in the table; None where there is none for him."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a feed's rows by the names of its properties; decimals are whole, in units of their last place.

    What a reader may not see is already nothing in them, so that no condition finds it out. `named` are ids that have
    other names for some readers.
    """

    feed: Feed
    by_name: Mapping[str, sa.ColumnElement[Any]]
    sqlite: bool
    named: Mapping[str, Named] = field(default_factory=dict)


def where(node: Condition, columns: Columns) -> sa.ColumnElement[bool]:
    """A checked condition as a clause; it is true for the rows that fulfil it."""
    if isinstance(node, Both):
        return sa.and_(sa.true(), *(where(each, columns) for each in node.conditions))
    if isinstance(node, Either):
        return sa.or_(sa.false(), *(where(each, columns) for each in node.conditions))
    if isinstance(node, Not):
        return sa.not_(sa.and_(sa.true(), where(node.condition, columns)))
    if isinstance(node, Among):
        return sa.or_(
            sa.false(), *(_compared(Compared("eq", node.name, each), columns) for each in node.values)
        )
    if isinstance(node, Texts):
        return _texts(node, columns)
    if isinstance(node, Compared):
        return _compared(node, columns)
    if isinstance(node, Constant):
        return sa.true() if node.value else sa.false()
    return columns.by_name[node.name] == sa.true()


def ordering(name: str, columns: Columns, *, down: bool) -> tuple[sa.ColumnElement[Any], ...]:
    """What orders by a property: nothing comes before everything, texts by their code points."""
    column = _bytewise(columns.by_name[name], columns, Name(name))
    if _type(name, columns) is Type.YES_NO:
        # For some readers it is the same in every row, and a database takes a constant for the number of a column.
        column = sa.case((column, 1), else_=0)
    there = sa.case((columns.by_name[name].is_(None), 0), else_=1)
    return (there.desc(), column.desc()) if down else (there, column)


def _compared(node: Compared, columns: Columns) -> sa.ColumnElement[bool]:
    left, right = node.left, node.right
    if isinstance(right, Constant) and (right.value is None or not reckons(node)):
        return _with_constant(node.how, left, _operand(left, columns), right, columns)
    if type_of(left, columns.feed) in NUMERIC:
        _, one_times, other_times = aligned(left, right, columns.feed)
        one, other = _units(left, columns) * one_times, _units(right, columns) * other_times
    else:
        one, other = _bytewise(_operand(left, columns), columns, left), _operand(right, columns)
    both = sa.and_(one.is_not(None), other.is_not(None))
    if node.how in ("eq", "ne"):
        equal = sa.or_(sa.and_(both, one == other), sa.and_(one.is_(None), other.is_(None)))
        return equal if node.how == "eq" else sa.not_(equal)
    return sa.and_(both, _inequality(node.how, one, other))


def _with_constant(
    how: str, operand: Operand, column: sa.ColumnElement[Any], constant: Constant, columns: Columns
) -> sa.ColumnElement[bool]:
    if constant.value is None:
        if how in ("eq", "ne"):
            return column.is_(None) if how == "eq" else column.is_not(None)
        return sa.false()
    name = operand.name if isinstance(operand, Name) else ""
    value: Any = constant.value
    if constant.guid and name in columns.named:
        value = columns.named[name](UUID(str(value)))
        if value is None:
            return sa.false() if how == "eq" else sa.true()
    elif constant.guid:
        value = UUID(str(value))
    elif isinstance(value, bool):
        value = sa.true() if value else sa.false()
    elif isinstance(value, int | Decimal | Fraction):
        scaled = value * 10 ** _places(name, columns)
        # No column of whole numbers equals a fraction, and between whole numbers it has its place as a float too.
        value = int(scaled) if scaled == int(scaled) else sa.literal(float(scaled), sa.Double())
    if how in ("eq", "ne"):
        equal = sa.and_(column.is_not(None), column == value)
        return equal if how == "eq" else sa.not_(equal)
    return sa.and_(column.is_not(None), _inequality(how, _bytewise(column, columns, operand), value))


def _inequality(how: str, left: Any, right: Any) -> sa.ColumnElement[bool]:
    result: sa.ColumnElement[bool] = {
        "gt": left.__gt__,
        "ge": left.__ge__,
        "lt": left.__lt__,
        "le": left.__le__,
    }[how](right)
    return result


def _operand(node: Operand, columns: Columns) -> sa.ColumnElement[Any]:
    match node:
        case Part():
            return _made(node, _operand(node.of, columns), columns)
        case Joined(left, right):
            one, other = (sa.type_coerce(_operand(each, columns), sa.String) for each in (left, right))
            return one.concat(other)
        case Reckoned():
            return _units(node, columns)
        case Constant(value):
            return sa.literal(value)
    return columns.by_name[node.name]


def _units(node: Operand, columns: Columns) -> sa.ColumnElement[Any]:
    """A number in whole units (`feed_terms.scale`). One database reckons exactly whatever the size, the other one below 2**63."""
    match node:
        case Constant(value):
            number = exact(value)
            return sa.literal((number > 0) - (number < 0), _whole(columns))
        case Reckoned("add" | "sub", left, right):
            _, one_times, other_times = aligned(left, right, columns.feed)
            one, other = _units(left, columns) * one_times, _units(right, columns) * other_times
            return one + other if node.how == "add" else one - other
        case Reckoned("mul", left, right):
            return _units(left, columns) * _units(right, columns)
        case Reckoned(how, left, right):
            assert isinstance(right, Constant)
            if how == "div" and type_of(node, columns.feed) not in (Type.WHOLE,):
                return _units(left, columns) * _units(right, columns)
            one = _units(left, columns) * int(scale(left, columns.feed))
            other = sa.literal(int(exact(right.value)), _whole(columns))
            if how == "mod":
                return one % other
            return one.op("/")(other) if columns.sqlite else sa.func.div(one, other, type_=sa.Numeric())
    found = _operand(node, columns)
    return sa.type_coerce(found, sa.BigInteger) if columns.sqlite else sa.cast(found, sa.Numeric)


def _whole(columns: Columns) -> Any:
    return sa.BigInteger() if columns.sqlite else sa.Numeric()


def _made(node: Part, of: sa.ColumnElement[Any], columns: Columns) -> sa.ColumnElement[Any]:
    match node.function:
        case "length":
            return sa.func.length(of)
        case "tolower":
            # This database turns the letters of ASCII alone; the other one turns others too, as its locale has them.
            return sa.func.lower(of) if columns.sqlite else sa.func.translate(of, LARGE, SMALL)
        case "toupper":
            return sa.func.upper(of) if columns.sqlite else sa.func.translate(of, SMALL, LARGE)
        case "trim":
            return sa.func.trim(of)
        case "indexof":
            return _found(of, str(node.more[0]), columns) - 1
        case "substring":
            begin, *length = node.more
            return sa.func.substr(of, int(begin) + 1, *length)
        case _ if type_of(node.of, columns.feed) is Type.INSTANT:
            return _of_instant(node.function, of, columns)
        case _:
            return sa.cast(sa.extract(node.function, of), sa.Integer)


def _of_instant(function: str, of: sa.ColumnElement[Any], columns: Columns) -> sa.ColumnElement[Any]:
    """A part of an instant, in UTC; seconds are cut, not rounded."""
    if columns.sqlite:
        # Kept as text in UTC. Its own functions of time round to thousandths, and so into the next second, day or year.
        at, length = _PLACES[function]
        part = sa.func.substr(of, at, length, type_=sa.Date() if function == "date" else sa.String())
        return part if function == "date" else sa.cast(part, sa.Integer)
    there = sa.func.timezone("UTC", of)
    if function == "date":
        return sa.cast(there, sa.Date)
    return sa.cast(sa.func.floor(sa.extract(function, there)), sa.Integer)


_PLACES = {
    "date": (1, 10),
    "year": (1, 4),
    "month": (6, 2),
    "day": (9, 2),
    "hour": (12, 2),
    "minute": (15, 2),
    "second": (18, 2),
}
"""Where each part stands in `2026-11-21 01:10:05.000000`: from which sign, and how many."""


def _found(column: sa.ColumnElement[Any], text: str, columns: Columns) -> sa.ColumnElement[int]:
    """Where a text begins within a column, from 1; 0 where it does not. An empty one begins at once."""
    if not text:
        return sa.case((column.is_(None), sa.null()), else_=1)
    found: sa.ColumnElement[int] = (sa.func.instr if columns.sqlite else sa.func.strpos)(column, text)
    return found


def _texts(node: Texts, columns: Columns) -> sa.ColumnElement[bool]:
    """Not by LIKE, which takes small letters for large ones on one of the databases and has signs of its own."""
    column, text = _operand(node.name, columns), node.text
    if node.function == "contains":
        return _found(column, text, columns) > 0
    length = len(text)
    if node.function == "startswith":
        return sa.func.substr(column, 1, length) == text
    long_enough = sa.func.length(column) >= length
    return sa.and_(long_enough, sa.func.substr(column, sa.func.length(column) - length + 1, length) == text)


def _bytewise(column: sa.ColumnElement[Any], columns: Columns, node: Operand) -> sa.ColumnElement[Any]:
    textual = type_of(node, columns.feed) is Type.TEXT and not columns.sqlite
    return sa.collate(sa.cast(column, sa.Text), "C") if textual else column


def _places(name: str, columns: Columns) -> int:
    found = columns.feed.property(name)
    return found.places if found is not None and found.type is Type.DECIMAL else 0


def _type(name: str, columns: Columns) -> Type:
    found = columns.feed.property(name)
    assert found is not None
    return found.type
