"""The forms of rule sets: every value as a field named by its pointer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from server.domain.rules import Leaf

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,999})", re.ASCII)
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－：", "0123456789.-:")


def values_of(sent: Mapping[str, str], leaves: Iterable[Leaf]) -> dict[str, Any]:
    """What was typed into the fields of these values and differs from them, by pointer, as written values.

    A value keeps its sort: true and false, figures (whole ones as integers), words.
    """
    found: dict[str, Any] = {}
    for leaf in leaves:
        typed = sent.get(leaf.pointer)
        if typed is None:
            continue
        value = _value(typed.strip(), leaf.value)
        if value != leaf.value or type(value) is not type(leaf.value):
            found[leaf.pointer] = value
    return found


def _value(typed: str, before: Any) -> Any:
    if isinstance(before, bool):
        return typed == "true"
    figure = isinstance(before, int) or bool(re.fullmatch(r"-?[0-9]+\.[0-9]+", str(before)))
    if figure:
        typed = typed.translate(_FULL_WIDTH)
        return int(typed) if _WHOLE.fullmatch(typed) else typed
    return typed
