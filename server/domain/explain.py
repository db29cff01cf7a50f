"""Explanation: the small frozen tree that every figure carries, from the result down to visits and items.

A node says in codes what was computed, from what, against which thresholds, and what was missing and what was done
about it; its parts are nodes again. People read it through the words of its codes, programs as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from server.domain.rule_parts import plain_figure

Value = Fraction | int | str | bool | date | None
"""What a figure, an input or a threshold can be; exact, never a float."""
Named = tuple[tuple[str, Value], ...]
"""Values under their names, in the order in which they are told."""

_SIX_DECIMALS = 10**6


@dataclass(frozen=True, slots=True)
class Note:
    """What was missing or special and what was done about it, as a code with its facts."""

    code: str
    facts: Named = ()

    def as_json(self) -> dict[str, Any]:
        """Return the note as JSON values."""
        return {"code": self.code, **_json(self.facts)}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One figure: its code, its value (None: no figure), what it was computed from, and its parts.

    `subject` is what a person may open: `visit:<id>`, `item:<id>`, `outlet:<id>`, `period:<code>`; `rules` is the
    version of the rule set, said where a figure begins and silently the same in its parts.
    """

    figure: str
    value: Value
    inputs: Named = ()
    thresholds: Named = ()
    notes: tuple[Note, ...] = ()
    parts: tuple[Explanation, ...] = ()
    subject: str = ""
    rules: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the tree as JSON values: fractions as integers, decimal texts or `p/q`; empty fields left out."""
        found: dict[str, Any] = {"figure": self.figure, "value": plain(self.value)}
        if self.subject:
            found["subject"] = self.subject
        if self.rules is not None:
            found["rules"] = self.rules
        if self.inputs:
            found["inputs"] = _json(self.inputs)
        if self.thresholds:
            found["thresholds"] = _json(self.thresholds)
        if self.notes:
            found["notes"] = [note.as_json() for note in self.notes]
        if self.parts:
            found["parts"] = [part.as_json() for part in self.parts]
        return found

    def all(self) -> Iterator[Explanation]:
        """Yield this node and every node below it, parents first."""
        yield self
        for part in self.parts:
            yield from part.all()

    def codes(self) -> set[str]:
        """Return the codes of all notes in the tree."""
        return {note.code for node in self.all() for note in node.notes}

    def under(self, rules: int) -> Explanation:
        """Return the same tree with the version of the rule set that it was computed with."""
        return replace(self, rules=rules)


@dataclass(frozen=True, slots=True)
class WithStored(Explanation):
    """A figure whose parts are there as JSON values, as they were stored: they are handed on and not read."""

    told: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the tree as JSON values, like any other."""
        found = Explanation.as_json(self)
        return found | {"parts": list(self.told)} if self.told else found


class Later:
    """An explanation that is built when somebody reads it, and then once: a figure that is only compared costs none.

    What builds it must be a pure function of values that nothing changes; two are equal if their explanations are.
    """

    __slots__ = ("_build", "_built")

    def __init__(self, build: Callable[[], Explanation]) -> None:
        self._build = build
        self._built: Explanation | None = None

    def __call__(self) -> Explanation:
        """Return the explanation."""
        if self._built is None:
            self._built = self._build()
        return self._built

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Later) and self() == other()

    def __hash__(self) -> int:
        return hash(self())

    def __repr__(self) -> str:
        return repr(self())


def named(values: Mapping[str, Value]) -> Named:
    """Return values under their names, in the order of the mapping."""
    return tuple(values.items())


def note(code: str, **facts: Value) -> Note:
    """Return a note."""
    return Note(code, tuple(facts.items()))


def plain(value: Value) -> int | str | bool | None:
    """Return a value as JSON: a fraction exactly, as an integer, a decimal text, or `p/q` where it has no end."""
    if isinstance(value, Fraction):
        return plain_figure(value) if _SIX_DECIMALS % value.denominator == 0 else str(value)
    return value.isoformat() if isinstance(value, date) else value


def _json(values: Named) -> dict[str, Any]:
    return {name: plain(value) for name, value in values}
