"""What a recheck is of, an accepted visit of the same outlet and checklist that its inspector may know of, and what it asks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from server.domain.conditions import Condition, comparisons, items_named
from server.domain.errors import Problem


@dataclass(eq=False)
class RecheckUnnamed(Problem):
    """A recheck names the visit that it looks at again, and nothing else names one."""

    code: ClassVar[str] = "recheck-unnamed"


@dataclass(eq=False)
class RecheckUnfit(Problem):
    """The outlet has no accepted visit of this id with this checklist."""

    code: ClassVar[str] = "recheck-unfit"
    visit: str = ""
    outlet: str = ""
    checklist: str = ""


@dataclass(eq=False)
class RecheckSecret(Problem):
    """The visit is covert and not published, and the inspector is somebody who must not know of it yet."""

    code: ClassVar[str] = "recheck-secret"
    visit: str = ""
    username: str = ""


def restricted(checklist: Mapping[str, Any], items: Collection[str] | None) -> Mapping[str, Any]:
    """The compiled checklist of which a recheck asks these items alone; None asks for all of it.

    What decides whether an asked item is shown, or what it is worth, is asked too: the items that its own `when`, that of
    its limits and of its section name, and what those depend on. Unknown ids are passed over, empty sections left out.
    A recheck is of another kind and of no part of the day: conditions on those are gone, or it would hide what it asks.
    `pwa/src/rules/restrict.ts` is its twin, held by tests/vectors/rechecks.json.
    """
    if items is None:
        return checklist
    known = {item["id"]: (section, item) for section in checklist["sections"] for item in section["items"]}
    kept: set[str] = set()
    waiting = [item for item in items if item in known]
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting += [each for each in _decided_by(*known[name]) if each in known]
    sections = []
    for section in checklist["sections"]:
        asked = [item for item in section["items"] if item["id"] in kept]
        if asked:
            points = sum(item["points"] for item in asked)
            asked = [{**item, "when": _still(item["when"])} for item in asked]
            sections.append({**section, "when": _still(section["when"]), "items": asked, "points": points})
    leaving = checklist["leaving"] if checklist["leaving"] in kept else None
    return {**checklist, "leaving": leaving, "sections": sections}


def _still(condition: Condition | None) -> Condition | None:
    """The condition, or None where it depends on the kind of the visit or its part of the day."""
    return None if {each.get("fact") for each in comparisons(condition)} & {"kind", "part"} else condition


def _decided_by(section: Mapping[str, Any], item: Mapping[str, Any]) -> Iterator[str]:
    credit = item["credit"] or {}
    for condition in (section["when"], item["when"], *(case["when"] for case in credit.get("bands", ()))):
        yield from items_named(condition)
