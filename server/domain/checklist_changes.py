"""What differs between two versions of a checklist: head, sections, items with the meaning that they keep or lose."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from server.domain.checklist_plain import plain_item
from server.domain.checklist_written import Draft, Item, PlacedItem

Meaning = Literal["same", "changed", "new", "undeclared", "gone"]
"""What became of an item's meaning: `undeclared` is still to be said by the author."""

_HEAD = (
    "title",
    "visit_kinds",
    "tiers",
    "points",
    "prohibition_scoring",
    "critical_cap",
    "fail_below",
    "prohibitions",
)
_SECTION = ("title", "points", "when")
_IDENTITY = frozenset({"id", "follows", "indicator"})


@dataclass(frozen=True, slots=True)
class Part:
    """One key that differs, with its values in the written notation; None where it is not there."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What became of one item.

    `now` is its id in the later version and `was` in the earlier one; one of them is None for an item that
    was added or removed. Both texts are Chinese. `moved` tells that it stands in another section.
    """

    now: str | None
    was: str | None
    text: str
    meaning: Meaning
    parts: tuple[Part, ...] = ()
    moved: bool = False

    @property
    def kind(self) -> str:
        """`added`, `removed`, `reworded`, `repointed`, `moved`, or `changed` for anything more."""
        if self.was is None or self.now is None:
            return "added" if self.was is None else "removed"
        keys = {part.key for part in self.parts}
        if keys == {"text"}:
            return "reworded"
        if keys == {"points"}:
            return "repointed"
        return "changed" if keys else "moved"


@dataclass(frozen=True, slots=True)
class SectionChange:
    """What became of a section: added, removed or changed, with what differs."""

    section: str
    title: str
    kind: Literal["added", "removed", "changed"]
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two versions of a checklist, in the order of the later one.

    `reordered` has the sections whose items stand in another order, and "" where the sections do.
    """

    head: tuple[Part, ...]
    sections: tuple[SectionChange, ...]
    items: tuple[ItemChange, ...]
    reordered: tuple[str, ...] = ()

    @property
    def undeclared(self) -> tuple[ItemChange, ...]:
        """The changed items of which the author has not said yet what they mean."""
        return tuple(change for change in self.items if change.meaning == "undeclared")

    def __bool__(self) -> bool:
        return bool(self.head or self.sections or self.items or self.reordered)


def compare(earlier: Draft, later: Draft) -> Comparison:
    """Return what differs between two versions of the same checklist."""
    was = {placed.item.id: (placed.item, section) for placed, section in _placed(earlier)}
    now = {placed.item.id: (placed.item, section) for placed, section in _placed(later)}
    same = set(later.checklist.changes.same) if later.checklist.changes else set()
    changes: list[ItemChange] = []
    replaced = set()
    for placed, section in _placed(later):
        item = placed.item
        old = item.id if item.id in was else _replaced(item, was, now)
        if old is None:
            changes.append(ItemChange(item.id, None, _text(item), "new"))
            continue
        before, place = was[old]
        parts, moved = differing(before, item), place != section
        if old != item.id:
            replaced.add(old)
            told: Meaning = "changed" if item.follows == old else "new"
            changes.append(ItemChange(item.id, old, _text(item), told, parts, moved))
        elif parts or moved or indicator(before) != indicator(item):
            if indicator(before) != indicator(item):
                parts = (*parts, Part("indicator", indicator(before), indicator(item)))
            told = "same" if item.id in same or not parts else "undeclared"
            changes.append(ItemChange(item.id, item.id, _text(item), told, parts, moved))
    changes += [
        ItemChange(None, name, _text(item), "gone")
        for name, (item, _) in was.items()
        if name not in now and name not in replaced
    ]
    reordered = tuple(_reordered(earlier, later))
    return Comparison(_head(earlier, later), tuple(_sections(earlier, later)), tuple(changes), reordered)


def _placed(draft: Draft) -> Iterator[tuple[PlacedItem, str]]:
    for section in draft.sections:
        for placed in section.items:
            yield placed, section.section.id


def indicator(item: Item) -> str:
    return item.indicator or item.id


def _replaced(item: Item, was: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """The item of the version before in whose place this one stands; None for one that was added."""
    return replaced_id(item.id, item.follows, was, [name for name in was if name not in now])


def replaced_id(name: str, follows: str | None, was: Container[str], gone: Container[str]) -> str | None:
    """The id that went when an item was given the id `name`: the one it follows, or its own without the number."""
    stem, _, number = name.rpartition("-")
    for old in (follows, stem if number.isdigit() else None):
        if old is not None and old in was and old in gone:
            return old
    return None


def _reordered(earlier: Draft, later: Draft) -> Iterator[str]:
    """The sections whose common items stand in another order, and "" for the sections themselves."""
    was = {placed.section.id: [each.item.id for each in placed.items] for placed in earlier.sections}
    now = {placed.section.id: [each.item.id for each in placed.items] for placed in later.sections}
    if [name for name in was if name in now] != [name for name in now if name in was]:
        yield ""
    for name in now:
        before = was.get(name, [])
        if [each for each in before if each in now[name]] != [each for each in now[name] if each in before]:
            yield name


def _text(item: Item) -> str:
    return (item.text and (item.text.zh or item.text.en)) or ""


def differing(before: Item, after: Item) -> tuple[Part, ...]:
    """What differs between two items, their ids and indicators left aside."""
    old, new = plain_item(before), plain_item(after)
    keys = [key for key in Item.model_fields if key not in _IDENTITY]
    return tuple(Part(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def _head(earlier: Draft, later: Draft) -> tuple[Part, ...]:
    old, new = (draft.checklist.model_dump(mode="json", exclude_none=True) for draft in (earlier, later))
    return tuple(Part(key, old.get(key), new.get(key)) for key in _HEAD if old.get(key) != new.get(key))


def _sections(earlier: Draft, later: Draft) -> Iterator[SectionChange]:
    was = {placed.section.id: placed.section for placed in earlier.sections}
    now = {placed.section.id: placed.section for placed in later.sections}
    for name, section in {**was, **now}.items():
        title = (section.title and (section.title.zh or section.title.en)) or name
        if name not in was or name not in now:
            yield SectionChange(name, title, "removed" if name in was else "added")
            continue
        old, new = (each.model_dump(mode="json", exclude_none=True) for each in (was[name], now[name]))
        parts = tuple(
            Part(key, old.get(key), new.get(key)) for key in _SECTION if old.get(key) != new.get(key)
        )
        if parts:
            yield SectionChange(name, title, "changed", parts)
