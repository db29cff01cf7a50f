"""From one version of a checklist to the next: what differs, what its author says of it, what ids promise.

An id promises one meaning for ever (handbook 07.6). So what the author says of a changed item shows in the
ids: `same` keeps the id, and its indicator goes on; `changed` gives it a new id that `follows` the old one,
and `new` one that follows nothing, and the indicator breaks. The old id is retired in both cases.
"""

from collections.abc import Container, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

from server.domain.checklist_plain import plain_item
from server.domain.checklist_written import Draft, Item, PlacedItem
from server.domain.findings import Finding, at

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
        parts, moved = _parts(before, item), place != section
        if old != item.id:
            replaced.add(old)
            told: Meaning = "changed" if item.follows == old else "new"
            changes.append(ItemChange(item.id, old, _text(item), told, parts, moved))
        elif parts or moved or _indicator(before) != _indicator(item):
            if _indicator(before) != _indicator(item):
                parts = (*parts, Part("indicator", _indicator(before), _indicator(item)))
            told = "same" if item.id in same or not parts else "undeclared"
            changes.append(ItemChange(item.id, item.id, _text(item), told, parts, moved))
    changes += [
        ItemChange(None, name, _text(item), "gone")
        for name, (item, _) in was.items()
        if name not in now and name not in replaced
    ]
    reordered = tuple(_reordered(earlier, later))
    return Comparison(_head(earlier, later), tuple(_sections(earlier, later)), tuple(changes), reordered)


def check_succession(earlier: Draft, later: Draft) -> list[Finding]:
    """Return what breaks the promise that an id once published never returns with another meaning.

    `later` is a higher version of the same checklist: each id of `earlier` must still be there with its kind
    and indicator, or stand in `retired`; what `earlier` retired must not come back; and of each item that
    differs its author must have said that it means the same.
    """
    findings = []
    now = {placed.item.id: placed for placed in later.items()}
    was = {placed.item.id: placed.item for placed in earlier.items()}
    changes = later.checklist.changes
    same = set(changes.same) if changes else set()
    retired = set(later.checklist.retired)
    for known in was.values():
        successor = now.get(known.id)
        if successor is None:
            if known.id not in retired and known.id not in later.broken:
                findings.append(Finding("/sections", "id_not_retired", {"item": known.id}))
        elif _identity(successor.item) != _identity(known):
            findings.append(Finding(at(successor.path, "id"), "id_changed_meaning", {"item": known.id}))
        elif _parts(known, successor.item) and known.id not in same:
            findings.append(Finding(at(successor.path, "id"), "change_undeclared", {"item": known.id}))
    for gone in earlier.checklist.retired:
        if gone in now:
            findings.append(Finding(at(now[gone].path, "id"), "id_returned", {"item": gone}))
        elif gone not in retired:
            findings.append(Finding("/retired", "id_not_retired", {"item": gone}))
    for placed in now.values():
        findings += _follows(placed, was)
    if changes and changes.since != earlier.checklist.version:
        findings.append(Finding("/changes/since", "changes_since", {"version": earlier.checklist.version}))
    findings += [
        Finding("/changes/same", "same_unknown", {"item": name})
        for name in (changes.same if changes else ())
        if name not in was or name not in now
    ]
    return findings


def _follows(placed: PlacedItem, was: Mapping[str, Item]) -> Iterator[Finding]:
    """An item follows one of the version before, for good, and breaks its indicator."""
    item = placed.item
    known = was.get(item.id)
    if known is not None:
        if item.follows != known.follows:
            yield Finding(at(placed.path, "follows"), "follows_changed", {"item": item.id})
    elif item.follows is not None and item.follows not in was:
        yield Finding(at(placed.path, "follows"), "follows_unknown", {"item": item.follows})
    elif item.follows is not None and _indicator(item) == _indicator(was[item.follows]):
        facts = {"item": item.id, "follows": item.follows, "indicator": _indicator(item)}
        yield Finding(at(placed.path, "indicator"), "indicator_not_broken", facts)


def succeed(written: Mapping[str, Any], earlier: Draft) -> dict[str, Any]:
    """Return a written checklist as the next version after `earlier`: its number, and whose ids are retired.

    What its author has said of changed items stays, as far as it still concerns an item of both versions.
    """
    later = deepcopy(dict(written))
    was = {placed.item.id for placed in earlier.items()}
    now = set(_ids(later))
    told = later.get("changes") or {}
    later["version"] = earlier.checklist.version + 1
    later["retired"] = [
        *earlier.checklist.retired,
        *(name for name in later.get("retired", ()) if name not in earlier.checklist.retired and name in was),
        *(placed.item.id for placed in earlier.items()),
    ]
    later["retired"] = [name for name in dict.fromkeys(later["retired"]) if name not in now]
    later["changes"] = {
        "since": earlier.checklist.version,
        "note": told.get("note", ""),
        "same": [name for name in _ids(later) if name in was and name in told.get("same", ())],
    }
    return later


def declare(
    written: Mapping[str, Any], earlier: Draft, meanings: Mapping[str, Literal["same", "changed", "new"]]
) -> dict[str, Any]:
    """Return the written checklist after its author has said what changed items mean, by their id now.

    An item that means something else is given a new id, in conditions as well; one that was and means the
    same after all gets its old id back. Ids that are not there, and items that were added, are left alone.
    """
    later = succeed(written, earlier)
    was = {placed.item.id for placed in earlier.items()}
    names: dict[str, str] = {}
    for section in later["sections"]:
        for item in section["items"]:
            told, name = meanings.get(item["id"]), item["id"]
            old = _stem(name, item.get("follows"), was, later["retired"])
            if told == "same" and name not in was and old is not None:
                names[name] = old
                item.pop("follows", None)
            elif told == "changed" and name not in was and old is not None:
                item["follows"] = old
            elif told in ("changed", "new") and name in was:
                names[name] = _free(name, {*_ids(later), *names.values(), *was, *later["retired"]})
                item.pop("indicator", None)
                item.pop("follows", None)
                if told == "changed":
                    item["follows"] = name
            elif told == "new" and item.get("follows") in was:
                del item["follows"]
    _rename(later, names)
    known = [names.get(name, name) for name, told in meanings.items() if told == "same"]
    undone = {name for name, told in meanings.items() if told != "same"}
    later["changes"]["same"] = [name for name in (*later["changes"]["same"], *known) if name not in undone]
    return succeed(later, earlier)


def _placed(draft: Draft) -> Iterator[tuple[PlacedItem, str]]:
    for section in draft.sections:
        for placed in section.items:
            yield placed, section.section.id


def _identity(item: Item) -> tuple[str, str]:
    return item.kind, _indicator(item)


def _indicator(item: Item) -> str:
    return item.indicator or item.id


def _replaced(item: Item, was: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """The item of the version before in whose place this one stands; None for one that was added."""
    return _stem(item.id, item.follows, was, [name for name in was if name not in now])


def _stem(name: str, follows: str | None, was: Container[str], gone: Container[str]) -> str | None:
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


def _parts(before: Item, after: Item) -> tuple[Part, ...]:
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


def _ids(written: Mapping[str, Any]) -> Iterator[str]:
    for section in written["sections"]:
        for item in section["items"]:
            yield item["id"]


def _free(name: str, taken: set[str]) -> str:
    """The next id that nothing has used: OH-27 is followed by OH-27-2, and that by OH-27-3."""
    stem, _, number = name.rpartition("-")
    again = stem in taken and number.isdigit()
    base, n = (stem, int(number) + 1) if again else (name, 2)
    while f"{base}-{n}" in taken:
        n += 1
    return f"{base}-{n}"


def _rename(written: dict[str, Any], names: Mapping[str, str]) -> None:
    """Give items their new ids, wherever the checklist names them."""

    def renamed(condition: Any) -> Any:
        if isinstance(condition, list):
            return [renamed(each) for each in condition]
        if not isinstance(condition, dict):
            return condition
        if "item" in condition:
            return {**condition, "item": names.get(condition["item"], condition["item"])}
        return {word: renamed(inner) for word, inner in condition.items()}

    for section in written["sections"]:
        if "when" in section:
            section["when"] = renamed(section["when"])
        for item in section["items"]:
            item["id"] = names.get(item["id"], item["id"])
            if "when" in item:
                item["when"] = renamed(item["when"])
            for case in item.get("cases", ()):
                case["when"] = renamed(case["when"])
