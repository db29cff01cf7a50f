"""What the parts of a rule set are made of: exact figures, words in both languages, tables by tier, class, setting.

A figure is an integer or, where it has decimals, a decimal text ('1.1'), and becomes a `Fraction`; there are no
floats. A field's docstring names it in Chinese and English, as people read it when two versions are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from server.domain.exact import decimal, is_decimal
from server.domain.findings import Finding
from server.domain.shapes import OWN, Within, outside

DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
WHOLE = Fraction(100)
"""What the weights of a figure add up to."""
_MOST = Fraction(10**12 - 1)
_LONG = re.compile(r"-?[1-9][0-9]{12,999}(\.[0-9]{1,6})?", re.ASCII)
"""A number with more digits than any figure has."""


def _figure(least: Fraction, most: Fraction) -> Callable[[object], Fraction]:
    def read(written: object) -> Fraction:
        if isinstance(written, int) and not isinstance(written, bool):
            value = Fraction(written)
        elif is_decimal(written):
            value = decimal(str(written))
        elif isinstance(written, str) and _LONG.fullmatch(written):
            value = Fraction(written)
        else:
            raise PydanticCustomError(f"{OWN}exact_form", "an integer or a decimal text")
        if not least <= value <= most:
            raise outside(str(plain_figure(least)), str(plain_figure(most)))
        return value

    return read


def plain_figure(value: Fraction) -> int | str:
    """Return a figure as it is written: an integer, or a decimal text without zeros at its end."""
    if value.denominator == 1:
        return value.numerator
    whole, rest = divmod(abs(value) * 10**6, 10**6)
    return f"{'-' if value < 0 else ''}{whole}.{rest.numerator:06d}".rstrip("0")


def _day(written: object) -> date:
    try:
        if isinstance(written, str) and re.fullmatch(DATE, written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise PydanticCustomError(f"{OWN}date_form", "a date such as 2026-01-31")


def _clock(written: object) -> time:
    if isinstance(written, str) and re.fullmatch(CLOCK, written):
        hour, minute = written.split(":")
        return time(int(hour), int(minute))
    raise PydanticCustomError(f"{OWN}clock_form", "a time of day such as 9:00")


_AS_WRITTEN = PlainSerializer(plain_figure, return_type=int | str)
_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "integer"},
            {"type": "string", "pattern": r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$"},
        ]
    }
)

T = TypeVar("T")
Exact = Annotated[Fraction, PlainValidator(_figure(Fraction(0), _MOST)), _AS_WRITTEN, _SCHEMA]
"""An exact figure from 0 on: a score, a count, a limit."""
Percent = Annotated[Fraction, PlainValidator(_figure(Fraction(0), WHOLE)), _AS_WRITTEN, _SCHEMA]
"""So many of a hundred, 0 to 100; also a score or a weight."""
Factor = Annotated[Fraction, PlainValidator(_figure(Fraction(-1), Fraction(3, 2))), _AS_WRITTEN, _SCHEMA]
"""What money or a threshold is multiplied by, -1 to 1.5."""
Day = Annotated[
    date,
    PlainValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Clock = Annotated[
    time,
    PlainValidator(_clock),
    PlainSerializer(lambda at: f"{at.hour}:{at.minute:02d}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{CLOCK}$"}),
]
"""A time of day in Asia/Shanghai, such as 9:00."""
Count = Annotated[int, Within(0, 1_000_000)]
AtLeastOne = Annotated[int, Within(1, 1_000_000)]
Fen = Annotated[int, Within(0, 100_000_000_000)]
"""Money in fen."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Several = Annotated[tuple[T, ...], Field(strict=False)]
"""A list that nothing changes."""
Period = Literal["month", "quarter", "half_year", "year"]


class Part(BaseModel):
    """A part of a rule set: unknown keys are refused, and nothing changes it."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)

    def problems(self) -> Iterator[Finding]:
        """Yield what is wrong with the meaning of this part alone, with pointers that begin here."""
        return iter(())


class Words(Part):
    """A text in both languages."""

    zh: Text
    """中文 | Chinese"""
    en: Text
    """英文 | English"""


class Table(Part, Generic[T]):
    """A table with one entry for each of its keys, asked with `table[key]`."""

    def __getitem__(self, key: str) -> T:
        """Return the entry of a key. Raises KeyError for a key that the table does not have."""
        if key not in type(self).model_fields:
            raise KeyError(key)
        found: T = getattr(self, key)
        return found

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield each key with its entry, in the order of the handbook."""
        for key in type(self).model_fields:
            yield key, self[key]


class ByTier(Table[T], Generic[T]):
    """One entry for own halls and for each tier of agents."""

    own_hall: T
    """自有营业厅 | own hall"""
    franchise: T
    """自建他营店 | self-built franchise"""
    exclusive: T
    """指定专营店 | exclusive shop"""
    ordinary: T
    """普通代理店 | ordinary agent"""
    village: T
    """村级服务站 | village station"""


class ByAgentTier(Table[T], Generic[T]):
    """One entry for each tier of agents."""

    franchise: T
    """自建他营店 | self-built franchise"""
    exclusive: T
    """指定专营店 | exclusive shop"""
    ordinary: T
    """普通代理店 | ordinary agent"""
    village: T
    """村级服务站 | village station"""


class ByClass(Table[T], Generic[T]):
    """One entry for each class of outlets."""

    A: T
    """A 类 | class A"""
    B: T
    """B 类 | class B"""
    C: T
    """C 类 | class C"""


class BySetting(Table[T], Generic[T]):
    """One entry for each place where an outlet can lie."""

    city: T
    """城区 | city"""
    county_town: T
    """县城 | county town"""
    township: T
    """乡镇 | township"""


class CountByTier(ByTier[Count]):
    """A number for each tier."""


class CountByClass(ByClass[Count]):
    """A number for each class."""


class FenByClass(ByClass[Fen]):
    """An amount in fen for each class."""


class FactorBySetting(BySetting[Factor]):
    """A factor for each setting."""


def weights_problem(weights: Part) -> Iterator[Finding]:
    """Yield a finding unless a part's figures add up to 100."""
    total = sum((value for _, value in weights if isinstance(value, Fraction)), start=Fraction(0))
    if total != WHOLE:
        yield Finding("", "weights_sum", {"sum": str(plain_figure(total))})


NAMES: Mapping[str, tuple[str, str]] = {
    "begins": ("开始", "the beginning"),
    "ends": ("结束", "the end"),
    "zero_at": ("零分线", "the rate for nothing"),
    "full_at": ("满分线", "the rate for all"),
    "composite_below": ("警告线", "the line of a warning"),
    "probation_below": ("观察线", "the line of probation"),
    "downgrade": ("降级线", "the line down"),
    "upgrade": ("升级线", "the line up"),
    "late_hours": ("迟交时限", "the hours until late"),
    "very_late_hours": ("严重超时时限", "the hours until very late"),
    "dissatisfied_to": ("不满意的最高分", "the best dissatisfied reply"),
    "satisfied_from": ("满意的最低分", "the least satisfied reply"),
    "score": ("得分", "score"),
    "quarter": ("每季得分", "quarter's score"),
    "perception": ("客户感知", "perception"),
    "prohibitions": ("禁止项得分", "prohibition score"),
}
"""The names of figures that must stand in an order, in Chinese and English."""


def order_problem(path: str, small: tuple[str, Any], large: tuple[str, Any]) -> Iterator[Finding]:
    """Yield a finding at `path` unless the first value is less than the second; both come with their names."""
    if small[1] >= large[1]:
        yield Finding(
            path,
            "order_wrong",
            {
                "small": NAMES.get(small[0], small[0]),
                "less": _said(small[1]),
                "large": NAMES.get(large[0], large[0]),
                "more": _said(large[1]),
            },
        )


def _said(value: object) -> str:
    return str(plain_figure(value)) if isinstance(value, Fraction) else str(value)
