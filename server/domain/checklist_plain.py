"""The plain form of a written checklist: each thing in one way, defaults left out; what formats are judged by."""

import re
from typing import Any

from server.domain.checklist_written import Draft, Item, PlacedSection

_HEAD = (
    "id",
    "version",
    "title",
    "visit_kinds",
    "tiers",
    "points",
    "prohibition_scoring",
    "critical_cap",
    "fail_below",
)
"""The keys that the head always shows, whatever the defaults are."""

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,11}", re.ASCII)
_FIRST = ("id", "text", "source", "kind", "points")


def plain(draft: Draft) -> dict[str, Any]:
    """Return a whole checklist in the written notation: JSON values, keys in the order of the notation.

    Two checklists that mean the same have equal plain forms, and `read_checklist(plain(draft))` reads them
    back. A draft with broken items is shown without them.
    """
    checklist = draft.checklist
    head = checklist.model_dump(mode="json", exclude_none=True)
    optional = checklist.model_dump(mode="json", exclude_defaults=True)
    kept = {
        name: head[name] for name in type(checklist).model_fields if name in head and _shown(name, optional)
    }
    return kept | {"sections": [_section(placed) for placed in draft.sections]}


def _shown(name: str, optional: dict[str, Any]) -> bool:
    return name in _HEAD or (name in optional and name != "sections")


def _section(placed: PlacedSection) -> dict[str, Any]:
    section = placed.section.model_dump(mode="json", exclude_none=True, exclude={"items"})
    return section | {"items": [plain_item(each.item) for each in placed.items]}


def plain_item(item: Item) -> dict[str, Any]:
    """Return one item in the written notation, defaults left out; a photo that is only a word is the word.

    A bound that is a whole number is written as one, whether somebody wrote 5 or '5'.
    """
    written = item.model_dump(mode="json", exclude_defaults=True)
    for key in ("min", "max"):
        if key in written:
            written[key] = _bound(written[key])
    for table in (written, *written.get("cases", ())):
        if "bands" in table:
            table["bands"] = [[_bound(bound), *credit] for bound, *credit in table["bands"]]
    photo = written.get("photo")
    if photo is not None and list(photo) == ["when"]:
        written["photo"] = photo["when"]
    first = [name for name in _FIRST if name in written]
    return {name: written[name] for name in (*first, *(name for name in written if name not in _FIRST))}


def _bound(bound: Any) -> Any:
    return int(bound) if isinstance(bound, str) and _WHOLE.fullmatch(bound) else bound
