"""Whether the answers of a visit document are allowed for their items; used when a visit is submitted."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from server.domain.exact import decimal, is_decimal
from server.domain.findings import Finding, at
from server.domain.scoring import NOT_APPLICABLE, AnswerLike, part_and_whole
from server.domain.visit import YEARS

LARGEST = 10**9
"""The largest count, number of seconds, part or whole that an answer may have."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def check_answers(checklist: Mapping[str, Any], answers: Mapping[str, AnswerLike]) -> list[Finding]:
    """Return each answer that its item does not allow, with the JSON pointer into the visit document.

    `na` only where the item offers it, `pending` only where the item may be proved later and has no value,
    numbers as decimal strings, no floats (handbook 2.1, 06). An answer without a value is allowed: it is
    missing, not wrong.
    """
    items = {item["id"]: item for section in checklist["sections"] for item in section["items"]}
    findings: list[Finding] = []
    for name, answer in answers.items():
        item = items.get(name)
        if item is not None and not answer.pending and (answer.value is None or _allows(item, answer.value)):
            continue
        path = at("", "answers", name)
        if item is None:
            findings.append(Finding(path, "answer_unknown_item", {"item": name}))
            continue
        if answer.pending:
            if item["later_hours"] is None:
                findings.append(Finding(at(path, "pending"), "answer_pending_refused", {"item": name}))
            elif answer.value is not None:
                findings.append(Finding(at(path, "pending"), "answer_pending_with_value", {"item": name}))
        if answer.value is not None and not _allows(item, answer.value):
            findings.append(_refusal(item, answer.value, at(path, "value")))
    return findings


def _allows(item: Mapping[str, Any], value: Any) -> bool:
    if value == NOT_APPLICABLE and item["kind"] != "text":
        return bool(item["na"])
    return _KINDS[item["kind"]](item, value)


def _refusal(item: Mapping[str, Any], value: Any, path: str) -> Finding:
    if value == NOT_APPLICABLE and item["kind"] != "text":
        return Finding(path, "answer_na_refused", {"item": item["id"]})
    return Finding(path, "answer_value", {"item": item["id"], "allowed": _allowed(item)})


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _table(item: Mapping[str, Any], value: object) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return (whole if item["kind"] == "scale" else isinstance(value, str)) and str(value) in item["credit"][
        "table"
    ]


def _option(item: Mapping[str, Any], value: object) -> bool:
    return isinstance(value, str) and value in _options(item)


def _set(item: Mapping[str, Any], value: object) -> bool:
    if not isinstance(value, list) or not all(_option(item, each) for each in value):
        return False
    return len(set(value)) == len(value)


def _count(item: Mapping[str, Any], value: object) -> bool:
    return _is_whole(value) and _within(item, value)


def _number(item: Mapping[str, Any], value: object) -> bool:
    return is_decimal(value) and _within(item, value)


def _within(item: Mapping[str, Any], value: Any) -> bool:
    low, high = item["min"], item["max"]
    if low is None and high is None:
        return True
    exact = decimal(str(value))
    return (low is None or exact >= decimal(str(low))) and (high is None or exact <= decimal(str(high)))


def _share(_: Mapping[str, Any], value: object) -> bool:
    try:
        part, whole = part_and_whole(value)
    except (AttributeError, KeyError):
        return False
    return _is_whole(part) and _is_whole(whole) and part <= whole


def _text(_: Mapping[str, Any], value: object) -> bool:
    return isinstance(value, str)


def _instant(_: Mapping[str, Any], value: object) -> bool:
    return is_instant(value)


def is_instant(value: object) -> bool:
    """Whether a value is an instant of a possible year: RFC 3339 with an offset, 2026-11-21T02:10:05.120Z."""
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        return False
    try:
        return datetime.fromisoformat(value).year in YEARS
    except ValueError:
        return False


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Any], bool]] = {
    "pass_fail": _table,
    "scale": _table,
    "choice": _option,
    "multi": _set,
    "count": _count,
    "timer": _count,
    "number": _number,
    "share": _share,
    "text": _text,
    "photo": _text,
    "signature": _text,
    "instant": _instant,
}


def _options(item: Mapping[str, Any]) -> list[str]:
    return [option["id"] for option in item["options"]]


def _allowed(item: Mapping[str, Any]) -> str:
    kind = item["kind"]
    if kind in ("pass_fail", "scale"):
        return ", ".join(item["credit"]["table"])
    if kind in ("choice", "multi"):
        return ", ".join(_options(item))
    forms = {
        "number": "12.5",
        "share": '{"part": 3, "whole": 4}, part <= whole',
        "instant": "2026-11-21T02:10:05Z",
        "count": "0, 1, 2 …",
        "timer": "0, 1, 2 … (s)",
    }
    low, high = item["min"], item["max"]
    limits = "" if low is None and high is None else f" ({low or ''}..{high or ''})"
    return forms.get(kind, "“…”") + limits
