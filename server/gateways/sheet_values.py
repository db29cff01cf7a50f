"""Cells of a checklist workbook as values: words, ids, points, percentages, bounds, conditions; slips as findings."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from server.domain.exact import is_decimal
from server.gateways.condition_text import read_condition_text
from server.gateways.sheets_read import Places
from server.gateways.workbook_file import as_text, is_date
from server.gateways.workbook_layout import Column, Vocabulary

_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_SEPARATORS = re.compile(r"[,，、;；\n]+")
_YES = {"yes": True, "no": False}
_SPELLINGS = {
    "y": "yes",
    "true": "yes",
    "1": "yes",
    "√": "yes",
    "✓": "yes",
    "n": "no",
    "false": "no",
    "0": "no",
    "×": "no",
}
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{0,15})?", re.ASCII)


class Unreadable(Exception):
    """A cell's value is not what its column takes; the finding is noted already."""


_RANGES = {"points": (0, 1_000_000), "percent": (0, 1000), "signed_percent": (-1000, 1000)}
"""The least and the most of a figure, in hundredths of a point and thousandths of a credit."""


def value_of(raw: object, column: Column, cell: str, places: Places, *, percent: bool = False) -> Any:
    """Return a cell's value in the written notation, None for a blank one.

    Raises Unreadable after noting what is wrong. `percent` tells that the cell has Excel's percent format.
    """
    if is_date(raw):
        _fault(places, cell, "cell_date")
    text = as_text(raw)
    if not text.strip():
        return None
    if column.form == "text":
        return text
    flat = narrow(text)
    if column.form == "id":
        return flat
    if column.form in ("points", "percent", "signed_percent"):
        return _scaled(raw, flat, column.form, cell, places, percent=percent)
    if column.form in ("whole", "hours"):
        return _whole(flat, column.form, cell, places)
    if column.form == "condition":
        written, findings = read_condition_text(text, "")
        if findings:
            places.findings += [each.in_cell(places.file, cell) for each in findings]
            raise Unreadable
        return written
    parts = [part.strip() for part in _SEPARATORS.split(flat) if part.strip()]
    if column.form == "ids":
        return parts
    if column.form == "percents":
        return [_scaled(part, part, "percent", cell, places) for part in parts]
    if column.words is None:
        raise AssertionError(f"a column of words needs its words: {column.key}")
    if column.form == "words":
        return [_word(part, column.words, cell, places) for part in parts]
    code = _word(flat, column.words, cell, places)
    return _YES.get(code, code) if "yes" in column.words else code


def bound_of(raw: object, kind: str | None, cell: str, places: Places) -> int | str | None:
    """Return a bound: a whole number, or for the kind `number` also a decimal, which stays a text."""
    if is_date(raw):
        _fault(places, cell, "cell_date")
    flat = narrow(as_text(raw))
    if not flat:
        return None
    whole = _WHOLE.fullmatch(flat) is not None and len(flat) < 1000
    if kind == "number" and is_decimal(flat) and not (whole and isinstance(raw, float)):
        return flat
    if whole:
        return int(flat)
    if kind != "number" and re.fullmatch(r"-?[0-9]+(\.0*)?", flat) and len(flat) < 1000:
        return int(Decimal(flat))
    _fault(places, cell, "cell_number" if kind == "number" else "cell_whole", value=_short(flat))
    raise AssertionError("a fault is raised")


def narrow(text: str) -> str:
    """Return a text without blanks around it, its full-width letters and digits as plain ones."""
    return unicodedata.normalize("NFKC", text).strip()


def _scaled(raw: object, flat: str, form: str, cell: str, places: Places, *, percent: bool = False) -> int:
    """Points become hundredths, percentages thousandths; no more decimals than these have."""
    factor, fault = (100, "cell_points") if form == "points" else (10, "cell_percentage")
    number = flat.removesuffix("%").strip() if form.endswith("percent") else flat.removesuffix("分").strip()
    if not _NUMBER.fullmatch(number):
        _fault(places, cell, "cell_number", value=_short(flat))
    exact = Decimal(number)
    if percent and isinstance(raw, float) and form.endswith("percent"):
        exact *= 100
    scaled = exact * factor
    if scaled != scaled.to_integral_value():
        _fault(places, cell, fault, value=_short(flat))
    low, high = _RANGES[form]
    if not low <= scaled <= high:
        _fault(places, cell, "cell_range", low=low // factor, high=high // factor)
    return int(scaled)


def _whole(flat: str, form: str, cell: str, places: Places) -> int | str:
    number = flat.removesuffix("h") if form == "hours" else flat
    number = re.sub(r"\.0+$", "", number)
    if not _WHOLE.fullmatch(number) or len(number) > 15:
        _fault(places, cell, "cell_whole", value=_short(flat))
    if form == "hours":
        if not 1 <= int(number) <= 9999:
            _fault(places, cell, "cell_range", low=1, high=9999)
        return f"{int(number)}h"
    return int(number)


def _word(text: str, words: Vocabulary, cell: str, places: Places) -> str:
    known = known_words(words)
    code = known.get(text.casefold())
    if code is None and "yes" in words:
        code = _SPELLINGS.get(text.casefold())
    if code is None:
        allowed = "、".join(zh for zh, _ in words.values()), ", ".join(en for _, en in words.values())
        _fault(places, cell, "cell_word", value=_short(text), allowed=allowed)
        raise AssertionError("a fault is raised")
    return code


def known_words(words: Vocabulary) -> Mapping[str, str]:
    """Return the code of each word, and of each code itself, in small letters."""
    return {name.casefold(): code for code, pair in words.items() for name in (code, *map(narrow, pair))}


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def _fault(places: Places, cell: str, key: str, **facts: Any) -> None:
    places.fault(cell, key, **facts)
    raise Unreadable
