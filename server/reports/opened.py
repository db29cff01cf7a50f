"""Figures opened into their parts as a report prints them: rows with a depth, and the explanation itself for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Named = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One row: a figure, a visit, a section or an item with its value, in words.

    `said` is what it was computed from, `asked` what the rules ask; `photos` names those that may be shown here.
    """

    depth: int
    title: str
    value: str
    said: Named = ()
    asked: Named = ()
    notes: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A figure of the report with the rows that it opens into, and `told`, the same as a tree of JSON values.

    Where it has a `value`, the first row says what that was computed from.
    """

    title: str
    value: str
    steps: tuple[Step, ...]
    rules: int | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
