"""From one version of a checklist to the next: what ids promise, and what its author says of changed items.

An id promises one meaning for ever (handbook 07.6). So what the author says of a changed item shows in the
ids: `same` keeps the id, and its indicator goes on; `changed` gives it a new id that `follows` the old one,
and `new` one that follows nothing, and the indicator breaks. The old id is retired in both cases.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Literal

from server.domain.checklist_changes import differing, indicator, replaced_id
from server.domain.checklist_written import Draft, Item, PlacedItem
from server.domain.findings import Finding, at


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
        elif differing(known, successor.item) and known.id not in same:
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
    elif item.follows is not None and indicator(item) == indicator(was[item.follows]):
        facts = {"item": item.id, "follows": item.follows, "indicator": indicator(item)}
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
            old = replaced_id(name, item.get("follows"), was, later["retired"])
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


def _identity(item: Item) -> tuple[str, str]:
    return item.kind, indicator(item)


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
