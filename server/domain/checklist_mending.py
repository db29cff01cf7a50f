"""Looking past faults of shape: what is wrong beside them, so that nobody mends one only to hear of the next."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from server.domain.checklist_checks import check
from server.domain.checklist_written import read_shape
from server.domain.findings import Finding, at

_KEEP = frozenset({"id_twice", "id_returned", "text_missing", "text_long"})
"""What is sure of an item though a part of it could not be read."""


def beside(written: object, faults: list[Finding]) -> list[Finding]:
    """Return what is wrong with the meaning of a checklist of wrong shape, `faults` being all about its shape.

    Each key with a fault is left out, or has a value of its own where none may be missing, and what is found
    because of that is not told.
    """
    if not isinstance(written, dict):
        return []
    mended = _Mended(deepcopy(written))
    for fault in faults:
        mended.leave_out(fault.path)
    draft, _ = read_shape(mended.written)
    if draft is None:
        return []
    return [each for each in check(replace(draft, broken=frozenset(mended.broken))) if mended.stands(each)]


@dataclass(slots=True)
class _Mended:
    """The checklist without the keys that could not be read: their pointers (`absent`), those of the items and the ids
    of the items that they belong to, and those of what has no points any more that could be added up (`uncounted`). `unnamed`: an item's id is not known."""

    written: dict[str, Any]
    absent: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    uncounted: set[str] = field(default_factory=set)
    unnamed: bool = False

    def leave_out(self, path: str) -> None:
        """Leave out the key of the checklist, section or item in which this place lies."""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
        owner, place = self.written, ""
        own: dict[str, Any] = {"id": "unnamed", "prohibition_scoring": "per_item", "sections": []}
        for inside, name in (("sections", "unnamed-"), ("items", "UNNAMED-")):
            if len(steps) < 2 or steps[0] != inside:
                break
            owner, place = owner[inside][int(steps[1])], at(place, *steps[:2])
            if not isinstance(owner, dict):
                # No section or item at all: nothing of it can be looked at.
                self.absent.add(place)
                self.uncounted.add(place)
                self.unnamed |= inside == "items"
                return
            own = {"id": name + "-".join(step for step in place.split("/") if step.isdigit()), "items": []}
            steps = steps[2:]
        if "/items/" in place:
            own |= {"kind": "pass_fail", "points": 0}
            del own["items"]
            self.items.add(place)
            self.broken.add(str(owner.get("id")))
        if not steps:
            return
        owner.pop(steps[0], None)
        self.absent.add(at(place, steps[0]))
        if steps[0] in ("sections", "items") or (steps[0] == "points" and place in self.items):
            self.uncounted.add(place)
        self.unnamed |= steps[0] in ("sections", "items") or (steps[0] == "id" and place in self.items)
        if steps[0] in own:
            owner[steps[0]] = own[steps[0]]

    def stands(self, finding: Finding) -> bool:
        """Whether a finding would be there without the mending, too."""
        path, key = finding.path, finding.message_key
        lacking = at(path, finding.facts["key"]) if key == "missing_key" else path
        if any(f"{lacking}/".startswith(f"{place}/") for place in self.absent):
            return False
        if key == "prohibition_unknown" and "/prohibitions" in self.absent:
            return False
        if key == "condition_unknown_item" and self.unnamed:
            return False
        if key == "total_differs":
            whole = path.removesuffix("/points")
            return not any(f"{place}/".startswith(f"{whole}/") for place in self.uncounted)
        if any(f"{path}/".startswith(f"{item}/") for item in self.items):
            return key in _KEEP or (key == "missing_key" and finding.facts["key"] in ("text", "source"))
        return True
