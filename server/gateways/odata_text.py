"""Reads what OData's addresses are written in: conditions ($filter), orders ($orderby) and keys, as values of the domain."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

from server.domain.feed_filters import Among, Both, Compared, Condition, Either, Not, Texts
from server.domain.feed_terms import ARGUMENTS, Constant, Joined, Name, Operand, Part, Reckoned, Reckoning
from server.domain.feeds import FilterWrong, OptionUnsupported

LONGEST = 4_000
"""A whole address has room for 8,190 bytes, and spaces and Chinese signs take several of them."""
DEEPEST = 60
"""So many brackets and `not` may stand within each other."""

_GRAMMAR = r"""
?start: either
?either: both (_OR both)*                       -> either
?both: negation (_AND negation)*                -> both
?negation: _NOT negation                        -> negation
         | test
?test: sum HOW sum                              -> compared
     | sum _IN _OPEN constant (_COMMA constant)* _CLOSE -> among
     | sum
?sum: product (ADD product)*                    -> reckoned
?product: factor (MUL factor)*                  -> reckoned
?factor: _MINUS term                            -> opposite
     | term
?term: TEXTS _OPEN sum _COMMA sum _CLOSE        -> texts
     | PART _OPEN sum (_COMMA sum)* _CLOSE      -> part
     | _JOIN _OPEN sum _COMMA sum _CLOSE        -> joined
     | _NOW _OPEN _CLOSE                        -> now
     | constant
     | name
     | _OPEN either _CLOSE
name: NAME
constant: TEXT                                  -> text_constant
        | GUID                                  -> guid
        | INSTANT                               -> instant
        | DAY                                   -> day
        | DURATION                              -> duration
        | NUMBER                                -> number
        | TRUE                                  -> true
        | FALSE                                 -> false
        | NULL                                  -> null

HOW.4: /(eq|ne|gt|ge|lt|le)(?=[ \t])/
_AND.4: /and(?=[ \t(])/
_OR.4: /or(?=[ \t(])/
_NOT.4: /not(?=[ \t(])/
_IN.4: /in(?=[ \t(])/
TEXTS.4: /(contains|startswith|endswith)(?=[ \t]*\()/
PART.4: /(year|month|day|hour|minute|second|date|length|indexof|tolower|toupper|trim|substring)(?=[ \t]*\()/
_JOIN.4: /concat(?=[ \t]*\()/
_NOW.4: /now(?=[ \t]*\()/
ADD.4: /(add|sub)(?=[ \t])/
MUL.4: /(mul|div|mod)(?=[ \t])/
_MINUS: /-(?=[ \t]*[A-Za-z_(])/
DURATION.4: /duration'[^']*'/
TRUE.4: /true(?![\w(])/i
FALSE.4: /false(?![\w(])/i
NULL.4: /null(?![\w(])/
GUID.3: /[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}(?![\w-])/
INSTANT.2: /\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,12})?)?([Zz]|[+-]\d\d:\d\d)/
DAY.1: /\d{4}-\d\d-\d\d(?![\w:-])/
NUMBER: /[+-]?\d{1,40}(\.\d{1,20})?([eE][+-]?\d{1,2})?(?![\w.-])/
NAME: /[A-Za-z_][A-Za-z0-9_]{0,127}(?![\w(\/])/
TEXT: /'([^']|'')*'/
_OPEN: "("
_CLOSE: ")"
_COMMA: ","
%ignore /[ \t]+/
"""
_ENTITY = re.compile(r"([A-Za-z]+)(?:\((.*)\))?(/\$count)?", re.DOTALL)
_OPERATOR = re.compile(r"(divby|has)(?=[ \t])")
_DURATION = re.compile(
    r"duration'(-?)P(?!')(?:(\d{1,6})D)?(?:T(?!')(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})(?:\.(\d{1,12}))?S)?)?'"
)
_FUNCTION = re.compile(r"([A-Za-z]+)[ \t]*\(")


def condition(text: str, now: datetime | None = None) -> Condition:
    """A condition as it is written; `now` is what `now()` means, which is unknown without it. Raises FilterWrong, OptionUnsupported."""
    _bounded(text)
    try:
        tree = _parser().parse(text)
        found: Condition = _Reading(now).transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, FilterWrong | OptionUnsupported):
            raise error.orig_exc from None
        raise
    except UnexpectedInput as error:
        raise _where(text, error.pos_in_stream or 0) from None
    return found


def order(text: str) -> tuple[tuple[str, bool], ...]:
    """The properties of an order, each with whether it goes downwards. Raises FilterWrong, OptionUnsupported."""
    found = []
    for part in text.split(","):
        words = part.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):
            raise FilterWrong(option="$orderby", why="要写成“属性 asc”或“属性 desc”，用逗号隔开。")
        if not re.fullmatch(r"[A-Za-z_]\w*", words[0], re.ASCII):
            raise OptionUnsupported(option="$orderby", why="只能按属性排序。")
        found.append((words[0], words[1:] == ["desc"]))
    return tuple(found)


def resource(path: str, keys: dict[str, tuple[str, ...]]) -> tuple[str, Condition | None, bool] | None:
    """Which set a path is about, the condition of its one entity (None: all), and whether they are only counted.

    `keys` are the names of each set's key. None where it is no such path; raises FilterWrong for a key that cannot be.
    """
    match = _ENTITY.fullmatch(path)
    if not match or match[1] not in keys:
        return None
    name, written, counted = match[1], match[2], bool(match[3])
    if written is None:
        return name, None, counted
    if counted:
        return None
    wanted = keys[name]
    if len(wanted) == 1 and not re.match(rf"\s*{wanted[0]}\s*=", written):
        written = f"{wanted[0]}={written}"
    _bounded(written)
    parts = re.findall(r"\s*([A-Za-z_]\w*)\s*=\s*('(?:[^']|'')*'|[^,']+)\s*(?:,|$)", written)
    if sorted(name for name, _ in parts) != sorted(wanted):
        raise FilterWrong(
            option="", why="{set} 的键是 {key}。", facts_of_why={"set": name, "key": ", ".join(wanted)}
        )
    return name, Both(tuple(condition(f"{each} eq {value.strip()}") for each, value in parts)), False


@v_args(inline=True)
class _Reading(Transformer[Token, Any]):
    def __init__(self, now: datetime | None) -> None:
        super().__init__()
        self._now = now

    def either(self, *conditions: Condition) -> Condition:
        return conditions[0] if len(conditions) == 1 else Either(conditions)

    def both(self, *conditions: Condition) -> Condition:
        return conditions[0] if len(conditions) == 1 else Both(conditions)

    def negation(self, inner: Condition) -> Condition:
        return Not(inner)

    def compared(self, left: Any, how: Any, right: Any) -> Condition:
        if not isinstance(left, Operand) or not isinstance(right, Operand):
            raise OptionUnsupported(option="$filter", why="条件不能再与别的值比较。")
        return Compared(str(how), left, right)  # type: ignore[arg-type]

    def among(self, name: Any, *values: Constant) -> Condition:
        if not isinstance(name, Name):
            raise OptionUnsupported(option="$filter", why="in 前面只能是属性。")
        return Among(name, values)

    def texts(self, function: Token, name: Any, text: Any) -> Condition:
        if not isinstance(text, Constant) or not isinstance(text.value, str):
            raise _arguments(function)
        return Texts(str(function), _of(function, name), text.value)

    def joined(self, left: Any, right: Any) -> Joined:
        return Joined(*(_of(Token("_JOIN", "concat"), each) for each in (left, right)))

    def now(self) -> Constant:
        if self._now is None:
            raise _no_function("now")
        return Constant(self._now)

    def opposite(self, of: Any) -> Reckoned:
        return Reckoned("mul", _number(of), Constant(-1))

    def reckoned(self, first: Any, *rest: Any) -> Any:
        if len(rest) > 2 * DEEPEST:
            raise _too_deep()
        for sign, operand in zip(rest[::2], rest[1::2], strict=True):
            how: Reckoning = str(sign)  # type: ignore[assignment]
            first = Reckoned(how, _number(first), _number(operand))
        return first

    def part(self, function: Token, name: Any, *more: Any) -> Part:
        wanted = ARGUMENTS.get(str(function), ())
        values = tuple(each.value if isinstance(each, Constant) else None for each in more)
        fits = [type(value) is type_ for value, type_ in zip(values, wanted, strict=False)]
        few = len(wanted) - (function == "substring")
        if not few <= len(values) <= len(wanted) or not all(fits):
            raise _arguments(function)
        if any(isinstance(value, int) and not 0 <= value <= LONGEST for value in values):
            raise _arguments(function)
        return Part(str(function), _of(function, name), values)

    def name(self, token: Token) -> Name:
        return Name(str(token))

    def text_constant(self, token: Token) -> Constant:
        return Constant(token[1:-1].replace("''", "'"))

    def guid(self, token: Token) -> Constant:
        return Constant(str(token).lower(), guid=True)

    def instant(self, token: Token) -> Constant:
        try:
            return Constant(datetime.fromisoformat(str(token).upper()).astimezone(UTC))
        except (ValueError, OverflowError):
            raise _no_date(token) from None

    def day(self, token: Token) -> Constant:
        try:
            return Constant(date.fromisoformat(str(token)))
        except ValueError:
            raise _no_date(token) from None

    def duration(self, token: Token) -> Constant:
        match = _DURATION.fullmatch(token)
        if not match:
            raise FilterWrong(
                option="$filter", why="没有这个时长：{text}", facts_of_why={"text": str(token)[:40]}
            )
        days, hours, minutes, seconds = (int(each or 0) for each in match.groups()[1:5])
        parts = int((match[6] or "").ljust(6, "0")[:6])
        length = timedelta(days, seconds, parts, 0, minutes, hours)
        return Constant(-length if match[1] else length)

    def number(self, token: Token) -> Constant:
        return Constant(int(token) if re.fullmatch(r"[+-]?\d+", token) else Decimal(token))

    def true(self, _: Token) -> Constant:
        return Constant(True)

    def false(self, _: Token) -> Constant:
        return Constant(False)

    def null(self, _: Token) -> Constant:
        return Constant(None)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


def _bounded(text: str) -> None:
    """Bounds what the parser gets, so that no text keeps it busy. Raises FilterWrong."""
    if len(text) > LONGEST:
        raise FilterWrong(
            option="$filter",
            why="太长，最多 {most} 个字符（整个地址最多 8190 字节）；请分几次读取。",
            facts_of_why={"most": LONGEST},
        )
    bare = re.sub(r"'[^']*'", "", text)
    deepest = depth = 0
    for sign in bare:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    if deepest > DEEPEST or len(re.findall(r"\bnot\b", bare)) > DEEPEST:
        raise _too_deep()


def _too_deep() -> FilterWrong:
    return FilterWrong(option="$filter", why="条件嵌套太深，最多 {most} 层。", facts_of_why={"most": DEEPEST})


def _where(text: str, at: int) -> FilterWrong | OptionUnsupported:
    at = min(max(at, 0), len(text))
    function = _FUNCTION.match(text, at)
    if function and function[1] not in ("in", "not", "and", "or"):
        return _no_function(function[1][:40])
    operator = _OPERATOR.match(text, at)
    if operator:
        return OptionUnsupported(
            option="$filter", why="不支持运算 {name}。", facts_of_why={"name": operator[1]}
        )
    return FilterWrong(
        option="$filter",
        why="第 {at} 个字符处看不懂：{near}",
        facts_of_why={"at": at + 1, "near": text[at : at + 20] or "…"},
    )


def _no_function(name: str) -> OptionUnsupported:
    return OptionUnsupported(option="$filter", why="不支持函数 {name}。", facts_of_why={"name": name})


def _of(function: Token, node: Any) -> Operand:
    if not isinstance(node, Operand):
        raise _arguments(function)
    return node


def _number(node: Any) -> Operand:
    if not isinstance(node, Operand):
        raise OptionUnsupported(option="$filter", why="条件不能再与别的值比较。")
    return node


def _arguments(function: Token) -> OptionUnsupported:
    return OptionUnsupported(
        option="$filter",
        why="{name} 只能用于属性，后面只能是写出的值。",
        facts_of_why={"name": str(function)},
    )


def _no_date(token: Token) -> FilterWrong:
    return FilterWrong(option="$filter", why="没有这个日期：{text}", facts_of_why={"text": str(token)[:40]})
