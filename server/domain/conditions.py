"""Conditions (`when`): reading the written form, compiling it, telling whether one holds.

A condition names earlier answers of the same checklist, or facts of the visit (handbook 2.2):
`{item: ID, is: value}` or `{fact: tier, in: [...]}`, with `is`, `in`, `at_least`, `at_most`, and `all`,
`any`, `not` around them. Compiled, each comparison is `{"item": ID, "op": "is", "value": V}`.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from server.domain.exact import decimal, is_decimal
from server.domain.findings import Finding, at

Condition = dict[str, Any]
"""A compiled condition, JSON-able."""

FACTS: Mapping[str, tuple[str, ...]] = {
    "tier": ("own_hall", "franchise", "exclusive", "ordinary", "village"),
    "class": ("A", "B", "C"),
    "setting": ("city", "county_town", "township"),
    "kind": ("mystery", "announced", "area_visit", "patrol", "onboarding", "recheck"),
    "part": ("opening", "round", "closing"),
}
"""The facts that a condition may name, each with its allowed words (handbook 1)."""

OPERATORS = ("is", "in", "at_least", "at_most")


def holds(condition: Condition | None, facts: Mapping[str, str], shown: Mapping[str, object]) -> bool:
    """Tell whether a compiled condition holds; None always does.

    `shown` has the values of the visible, answered items alone, so that an unanswered or hidden item
    satisfies no comparison and `not` of it holds (handbook 2.2). `na` satisfies only `is` and `in`.
    """
    if condition is None:
        return True
    if "all" in condition:
        return all(holds(inner, facts, shown) for inner in condition["all"])
    if "any" in condition:
        return any(holds(inner, facts, shown) for inner in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], facts, shown)
    value = shown.get(condition["item"]) if "item" in condition else facts.get(condition["fact"])
    return value is not None and _compares(value, condition["op"], condition["value"])


def items_named(condition: Condition | None) -> Iterator[str]:
    """Yield the id of each item that a compiled condition names."""
    for comparison in comparisons(condition):
        if "item" in comparison:
            yield comparison["item"]


def comparisons(condition: Condition | None) -> Iterator[Condition]:
    """Yield each comparison of a compiled condition, in the order in which it is written."""
    if condition is None:
        return
    for word in ("all", "any"):
        for inner in condition.get(word, ()):
            yield from comparisons(inner)
    if "not" in condition:
        yield from comparisons(condition["not"])
    if "op" in condition:
        yield condition


def read_condition(written: object, path: str) -> tuple[Condition | None, list[Finding]]:
    """Return the compiled form of a written condition and what is wrong with its shape.

    `path` is the JSON pointer of the condition; the compiled form is None when anything is wrong.
    """
    findings: list[Finding] = []
    compiled = _read(written, path, findings)
    return (None if findings else compiled), findings


def _compares(value: object, operator: str, wanted: Any) -> bool:
    if operator == "is":
        return _equal(value, wanted)
    if operator == "in":
        return any(_equal(value, one) for one in wanted)
    number, bound = _number(value), _number(wanted)
    if number is None or bound is None:
        return False
    return number >= bound if operator == "at_least" else number <= bound


def _equal(value: object, wanted: object) -> bool:
    """A set of options equals each option that it contains; numbers are equal by value, not by spelling."""
    if isinstance(value, list | tuple):
        return wanted in value
    if value == wanted and type(value) is type(wanted):
        return True
    number = _number(value)
    return number is not None and number == _number(wanted)


def _number(value: object) -> Fraction | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    return decimal(value) if isinstance(value, str) and is_decimal(value) else None


def _read(written: object, path: str, findings: list[Finding]) -> Condition:
    if not isinstance(written, dict):
        findings.append(Finding(path, "condition_shape"))
        return {}
    if len(written) == 1:
        ((word, inner),) = written.items()
        if word in ("all", "any"):
            if not isinstance(inner, list) or not inner:
                findings.append(Finding(at(path, word), "condition_empty", {"word": word}))
                return {}
            return {word: [_read(each, at(path, word, n), findings) for n, each in enumerate(inner)]}
        if word == "not":
            return {"not": _read(inner, at(path, "not"), findings)}
    return _read_comparison(written, path, findings)


def _read_comparison(written: dict[str, Any], path: str, findings: list[Finding]) -> Condition:
    names = [word for word in written if word in ("item", "fact")]
    operators = [word for word in written if word in OPERATORS]
    if len(names) != 1 or len(operators) != 1 or len(written) != 2:
        findings.append(Finding(path, "condition_shape"))
        return {}
    name, operator = names[0], operators[0]
    value = written[operator]
    if not isinstance(written[name], str):
        findings.append(Finding(at(path, name), "condition_shape"))
    many = operator == "in"
    values = value if many and isinstance(value, list) else [value]
    if many and (not isinstance(value, list) or not value):
        findings.append(Finding(at(path, operator), "condition_empty", {"word": operator}))
    elif not all(isinstance(one, str | int) and not isinstance(one, bool) for one in values):
        findings.append(Finding(at(path, operator), "condition_value"))
    return {name: written[name], "op": operator, "value": value}
