"""What a stored explanation of stars leaves unsaid: months that had not begun, and the months in which an agent may fall short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from server.domain.explain import note
from server.domain.periods import Period
from server.domain.rules_stars import Stars
from server.domain.stars import excused


def completed(told: Mapping[str, Any], rules: Stars, computed_on: date) -> dict[str, Any]:
    """The explanation (JSON values) with these notes; `computed_on` is the day in Shanghai on which it came about.

    A month without a figure says that too little weight has data, whether there was a month or not. The gate of every month
    asks the worst of an agent's months but for those that the rules excuse (`Stars.excused_months`).
    """
    months = dict(_months(told))
    return _completed(told, excused(months, rules), computed_on)


def _months(told: Mapping[str, Any]) -> Iterator[tuple[str, Fraction | None]]:
    """An agent's months with their composites; those of a hall are quarters, of which none is excused."""
    for part in told.get("parts", ()):
        code = _spell(part)
        if code and Period.read(code).kind == "month":
            yield code, None if part["value"] is None else Fraction(str(part["value"]))


def _spell(told: Mapping[str, Any]) -> str:
    return str(told["inputs"]["period"]) if told["figure"] == "spell" else ""


def _rated(told: Mapping[str, Any]) -> str:
    sort, _, code = str(told.get("subject", "")).partition(":")
    return code if told["figure"] == "composite" and sort == "period" else ""


def _completed(told: Mapping[str, Any], left_out: tuple[str, ...], computed_on: date) -> dict[str, Any]:
    found = dict(told)
    month = _spell(told) or _rated(told)
    if month and told["value"] is None and Period.read(month).first > computed_on:
        found["notes"] = [note("not-begun").as_json()]
    elif told["figure"] == "spell" and month in left_out:
        found["notes"] = [*told.get("notes", ()), note("excused-month").as_json()]
    elif told["figure"] == "gate-quarter" and left_out:
        told_of = note("excused-months", months=" ".join(left_out))
        found["notes"] = [*told.get("notes", ()), told_of.as_json()]
    if "parts" in told:
        found["parts"] = [_completed(part, left_out, computed_on) for part in told["parts"]]
    return found
