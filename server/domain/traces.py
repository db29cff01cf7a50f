"""What of a covert visit's answers would lead its outlet to the shopper, beside names and hours (handbook 01, 03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HALF_MINUTE = 30
_TELLING = frozenset({"instant", "signature"})


def leads(item: Mapping[str, Any]) -> bool:
    """Whether an item tells when or as whom the shopper came: instants, signatures, and what is recorded without points.

    Who was played, what was asked for, how many counters were open: a look at the hall's own log of that half-day would
    find the customer. What the shopper wrote stays, since it says what to do better.
    """
    return item["kind"] in _TELLING or (not item["points"] and item["kind"] != "text")


def blurred(seconds: int) -> int:
    """A measured time as its outlet reads it: half-minutes, upwards. Usual limits are whole ones, so what kept one still does."""
    return -(-seconds // HALF_MINUTE) * HALF_MINUTE
