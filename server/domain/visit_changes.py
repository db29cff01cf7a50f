"""What differs between two revisions of a visit: answers, photographs, times, and what stands beside the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from server.domain.visit import Answer, VisitDocument, VisitFile

Place = Literal["value", "note", "no_photo", "timer"]
PLACES: tuple[Place, ...] = ("value", "note", "no_photo", "timer")
TIMES = ("started_at", "left_at", "finished_at")
BESIDE = ("notes", "actions", "signatures", "position")


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item: its answer before and after, in which places they differ, and the photographs that came and went."""

    item: str
    before: Answer | None
    after: Answer | None
    places: tuple[Place, ...]
    added: tuple[VisitFile, ...]
    removed: tuple[VisitFile, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that differs. `times` are instants of the phone's clock, `beside` names parts of the document."""

    items: Mapping[str, ItemChange]
    times: Mapping[str, tuple[datetime | None, datetime | None]]
    beside: tuple[str, ...]


def changes(before: VisitDocument, after: VisitDocument) -> Changes:
    """What is different in `after`. When an answer was given, and what the phone measures by itself, is no difference."""
    items = {change.item: change for change in _items(before, after)}
    times = {name: (getattr(before, name), getattr(after, name)) for name in TIMES}
    return Changes(
        items=items,
        times={name: pair for name, pair in times.items() if pair[0] != pair[1]},
        beside=tuple(name for name in BESIDE if getattr(before, name) != getattr(after, name)),
    )


def _items(before: VisitDocument, after: VisitDocument) -> Iterator[ItemChange]:
    were, are = _files(before), _files(after)
    names = dict.fromkeys([*after.answers, *before.answers, *are, *were])
    for name in names:
        was, now = before.answers.get(name), after.answers.get(name)
        old, new = were.get(name, {}), are.get(name, {})
        change = ItemChange(
            item=name,
            before=was,
            after=now,
            places=tuple(place for place in PLACES if _place(was, place) != _place(now, place)),
            added=tuple(file for sha256, file in new.items() if sha256 not in old),
            removed=tuple(file for sha256, file in old.items() if sha256 not in new),
        )
        if change.places or change.added or change.removed:
            yield change


def _place(answer: Answer | None, place: Place) -> object:
    if answer is None or (place == "value" and answer.value is None and not answer.pending):
        return None
    # An empty note is none.
    return (answer.value, answer.pending) if place == "value" else getattr(answer, place) or None


def _files(document: VisitDocument) -> dict[str, dict[str, VisitFile]]:
    found: dict[str, dict[str, VisitFile]] = {}
    for file in document.files:
        if file.item:
            found.setdefault(file.item, {})[file.sha256] = file
    return found
