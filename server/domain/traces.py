"""What of a covert visit's answers would lead its outlet to the shopper, beside names and hours (handbook 01, 03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.domain.conditions import items_named
from server.domain.scoring import NOT_APPLICABLE

HALF_MINUTE = 30
_TELLING = frozenset({"instant", "signature"})


def leads(item: Mapping[str, Any]) -> bool:
    """Whether an item tells when or as whom the shopper came: instants, signatures, and what is recorded without points.

    Who was played, what was asked for, how many counters were open: a look at the hall's own log of that half-day would
    find the customer. What the shopper wrote stays, since it says what to do better.
    """
    return item["kind"] in _TELLING or (not item["points"] and item["kind"] != "text")


def given(checklist: Mapping[str, Any]) -> frozenset[str]:
    """The items of a compiled checklist that the outlet gets."""
    return frozenset(
        item["id"] for section in checklist["sections"] for item in section["items"] if not leads(item)
    )


def told(item: Mapping[str, Any], value: Any, given: frozenset[str]) -> Any:
    """An answer's value as the outlet reads it: a time in half-minutes, and None where value and result would tell a case.

    Where an item's bands hang on an answer that the outlet does not get, a measured value beside its result says by
    which of them it was judged, as the limits would: what was asked for, or as whom. The result stays.
    """
    if value is None or value == NOT_APPLICABLE:
        return value
    if _tells_case(item, given):
        return None
    return _blurred(value) if item["kind"] == "timer" and isinstance(value, int) else value


def _tells_case(item: Mapping[str, Any], given: frozenset[str]) -> bool:
    cases = (item["credit"] or {}).get("bands", ())
    return any(name not in given for case in cases for name in items_named(case["when"]))


def _blurred(seconds: int) -> int:
    """Half-minutes, upwards. Usual limits are whole ones, so what kept one still does."""
    return -(-seconds // HALF_MINUTE) * HALF_MINUTE
