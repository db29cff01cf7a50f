"""Conditions as XPath expressions of an XLSForm, and the simple ones of foreign forms back; when a photo is due."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import LarkError

from server.domain.conditions import Condition

_DIRECT = frozenset({"pass_fail", "choice"})
"""The kinds whose answer itself can be `na`; the others ask it in a question before."""

_DEEPEST = 40
_LONGEST = 5000


def question(item: str) -> str:
    """Return the name of an item's question: an id has hyphens, which read as a minus in expressions."""
    return item.replace("-", "_")


def asks_na(item: Mapping[str, Any]) -> bool:
    """Tell whether an item has a question of its own for “not applicable”."""
    return bool(item["na"]) and item["kind"] not in _DIRECT


def expression(condition: Condition | None, items: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a compiled condition as an expression, empty for none; `items` are the compiled items by id.

    What is not relevant or not answered is an empty text there, which satisfies no comparison, as with us.
    """
    if condition is None:
        return ""
    for word, joint in (("all", " and "), ("any", " or ")):
        if word in condition:
            return "(" + joint.join(expression(each, items) for each in condition[word]) + ")"
    if "not" in condition:
        return f"not({expression(condition['not'], items)})"
    operator, value = condition["op"], condition["value"]
    if operator == "in":
        return "(" + " or ".join(_equals(condition, each, items) for each in value) + ")"
    if operator == "is":
        return _equals(condition, value, items)
    sign = ">=" if operator == "at_least" else "<="
    return f"${{{question(condition['item'])}}} {sign} {value}"


def both(*expressions: str) -> str:
    """Return what holds when all of the expressions hold; empty ones always do."""
    return " and ".join(each for each in expressions if each)


def photo_due(item: Mapping[str, Any], items: Mapping[str, Mapping[str, Any]]) -> str:
    """Return when an item's photo is asked for: it is answered, and for “on fail” its credit is too low."""
    name = question(item["id"])
    answered = f"${{{name}.whole}} != ''" if item["kind"] == "share" else f"${{{name}}} != ''"
    if item["na"] and item["kind"] in _DIRECT:
        answered = f"{answered} and ${{{name}}} != 'na'"
    if item["photo"]["when"] != "on_fail":
        return answered
    return both(answered, f"({_fails(item, item['photo']['below'], items)})")


def _equals(condition: Condition, value: int | str, items: Mapping[str, Mapping[str, Any]]) -> str:
    if "fact" in condition:
        return f"${{fact_{condition['fact']}}} = '{value}'"
    item = items[condition["item"]]
    name = question(item["id"])
    if value == "na" and asks_na(item):
        return f"${{{name}.na}} = 'na'"
    if item["kind"] == "multi":
        return f"selected(${{{name}}}, '{value}')"
    return f"${{{name}}} = '{value}'" if item["kind"] in _DIRECT else f"${{{name}}} = {value}"


def _fails(item: Mapping[str, Any], below: int, items: Mapping[str, Mapping[str, Any]]) -> str:
    name, credit = f"${{{question(item['id'])}}}", item["credit"]
    if "ratio" in credit:
        part, whole = (f"${{{question(item['id'])}.{side}}}" for side in ("part", "whole"))
        # A credit is rounded half up to thousandths before it is compared.
        return f"{whole} > 0 and 2000 * {part} < {2 * below - 1} * {whole}"
    if "table" in credit:
        quote = "'" if item["kind"] in _DIRECT else ""
        low = [value for value, each in credit["table"].items() if each < below]
        return " or ".join(f"{name} = {quote}{value}{quote}" for value in low) or "false()"
    if "sum" in credit:
        parts = [f"if(selected({name}, '{option}'), {each}, 0)" for option, each in credit["sum"].items()]
        return f"{' + '.join(parts)} < {below}"
    *cases, default = credit["bands"]
    text = _low_bands(name, default["bands"], below)
    for case in reversed(cases):
        text = f"if({expression(case['when'], items)}, {_low_bands(name, case['bands'], below)}, {text})"
    return text


def _low_bands(name: str, bands: list[list[Any]], below: int) -> str:
    """Return which values have too little credit: the bands are closed above."""
    parts, above = [], None
    for upto, credit in bands:
        if credit < below:
            low = f"{name} > {above}" if above is not None else ""
            high = f"{name} <= {upto}" if upto is not None else ""
            parts.append(f"({both(low, high) or 'true()'})")
        above = upto
    return f"({' or '.join(parts)})" if parts else "false()"


_GRAMMAR = r"""
?start: and_ | and_ (_OR and_)+     -> any
?and_: one | one (_AND one)+        -> all
?one: "(" start ")"                 -> bracket
    | _NOT "(" start ")"            -> negation
    | _SELECTED "(" REF "," TEXT ")" -> chosen
    | REF SIGN (TEXT | NUMBER)      -> comparison
_OR.3: /or(?![\w])/i
_AND.3: /and(?![\w])/i
_NOT.3: /not(?=\s*\()/
_SELECTED.3: /selected(?=\s*\()/
REF: /\$\{[^}]{1,200}\}/
SIGN: ">=" | "<=" | "!=" | "="
TEXT: /'[^']*'|"[^"]*"/
NUMBER: /-?[0-9]{1,12}(\.[0-9]{1,6})?(?![\w.])/
%ignore /\s+/
"""


class NotTaken(Exception):
    """An expression is not one of the simple ones, or names a question that was not taken."""


Compared = Callable[[str, str, str, bool], Condition]
"""Gives the written condition for a question's name, a sign, a literal, and whether the literal is a number."""


def read_expression(text: str, compared: Compared) -> Condition:
    """Return the written condition of a simple expression; raises NotTaken for any other."""
    if len(text) > _LONGEST or text.count("(") > _DEEPEST:
        raise NotTaken(text)
    try:
        tree = _parser().parse(text)
        return _Reading(compared).transform(tree)  # type: ignore[no-any-return]
    except LarkError as error:
        raise NotTaken(text) from error


@v_args(inline=True)
class _Reading(Transformer[Token, Any]):
    def __init__(self, compared: Compared) -> None:
        super().__init__()
        self._compared = compared

    def any(self, *inner: Condition) -> Condition:
        return {"any": list(inner)}

    def all(self, *inner: Condition) -> Condition:
        return {"all": list(inner)}

    def bracket(self, inner: Condition) -> Condition:
        return inner

    def negation(self, inner: Condition) -> Condition:
        return {"not": inner}

    def chosen(self, name: Token, literal: Token) -> Condition:
        return self._compared(_name(name), "=", str(literal)[1:-1], False)

    def comparison(self, name: Token, sign: Token, literal: Token) -> Condition:
        number = literal.type == "NUMBER"
        value = str(literal) if number else str(literal)[1:-1]
        if sign == "!=":
            return {"not": self._compared(_name(name), "=", value, number)}
        return self._compared(_name(name), str(sign), value, number)


def _name(token: Token) -> str:
    return re.sub(r"^\$\{\s*|\s*\}$", "", token)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)
