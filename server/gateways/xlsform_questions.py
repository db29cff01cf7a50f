"""One question of somebody else's XLSForm as an item of ours: its kind, options, limits and comparable values."""

import re
from typing import Any

from server.domain.exact import is_decimal
from server.gateways.xlsform_labels import Labels
from server.gateways.xlsform_sheets import FormRow

_SIMPLE = {
    "integer": "count", "int": "count", "decimal": "number", "text": "text", "string": "text",
    "image": "photo", "photo": "photo", "datetime": "instant", "range": "scale",
}  # fmt: skip
_SELECTS = {
    "select_one": "choice",
    "select one": "choice",
    "select_multiple": "multi",
    "select multiple": "multi",
}
_BOUNDS = re.compile(r"\.\s*(>=|<=)\s*(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)(?:\s+and\s+|$)")
_LONGEST_SCALE = 20


def kind_of(row: FormRow, kind: str) -> str | None:
    """Return our kind for a type in small letters, None when it is not taken."""
    for start, taken in _SELECTS.items():
        if kind.startswith(start + " ") and not kind.endswith("or_other"):
            return taken
    found = _SIMPLE.get(kind)
    if found == "photo" and re.search(r"signature|draw", row.get("appearance")):
        return "signature"
    return None if found == "scale" and scale_of(row) is None else found


def scale_of(row: FormRow) -> tuple[int, int] | None:
    """Return the ends of a range that is a scale of ours: whole steps of 1, and not too many."""
    found = dict(re.findall(r"(start|end|step)\s*=\s*(-?[0-9.]{1,9})", row.get("parameters")))
    try:
        start, end, step = (
            int(found.get(key, usual)) for key, usual in (("start", "1"), ("end", "10"), ("step", "1"))
        )
    except ValueError:
        return None
    return (start, end) if step == 1 and 0 < end - start < _LONGEST_SCALE else None


def options_of(rows: list[FormRow], labels: Labels | None) -> tuple[dict[str, Any], dict[str, str], bool]:
    """Return the options of a list, what its names are called here, and whether `na` is among them."""
    options: dict[str, Any] = {}
    names: dict[str, str] = {}
    na = False
    for row in rows:
        code = row.get("name")
        if code == "na":
            na = True
            continue
        fresh = re.sub(r"[^A-Za-z0-9_-]", "_", code)
        fresh = (fresh if fresh[:1].isalpha() else f"o{fresh}")[:32]
        while fresh in options or fresh == "na":
            fresh = f"{fresh[:27]}_{len(options)}"
        names[code] = fresh
        options[fresh] = labels.words(row, code)[0] if labels else {"zh": code, "en": code}
    return options, names, na


def bounds_of(text: str, kind: str) -> dict[str, int | str] | None:
    """Return the limits of a simple constraint (`. >= 0 and . <= 9`), None when it is another or does not fit."""
    if kind not in ("count", "number") or not re.fullmatch(f"(?:{_BOUNDS.pattern})+", text):
        return None
    found = [("min" if sign == ">=" else "max", value) for sign, value in _BOUNDS.findall(text)]
    values = {key: int(value) if re.fullmatch(r"-?[0-9]+", value) else value for key, value in found}
    fits = all(isinstance(value, int) and value >= 0 for value in values.values()) or kind == "number"
    return values if fits and len(values) == len(found) else None


def comparable(item: dict[str, Any], options: dict[str, str], value: str) -> int | str | None:
    """Return a literal as a condition of ours has it, None when the item can never have that value."""
    kind = item["kind"]
    if value == "na" and item.get("na"):
        return "na"
    if kind in ("choice", "multi"):
        return options.get(value)
    whole = re.fullmatch(r"-?[0-9]{1,12}", value) is not None
    if kind == "scale" and whole:
        return int(value) if item["min"] <= int(value) <= item["max"] else None
    if kind == "count":
        return int(value) if whole and int(value) >= 0 else None
    if kind == "number" and is_decimal(value):
        return int(value) if whole else value
    return None
