"""A visit as a viewer may have it: of covert ones nothing that tells who made it or at which minute (handbook 01, 03)."""

from __future__ import annotations

from typing import Any

from server.domain.access import Viewer, sees_inspector, sees_score
from server.domain.answers import is_instant

# What would tell who made a covert visit, or at which minute (handbook 01, 03): left out for outlet and branch.
_TELLING = ("app", "device", "clock_offset_ms", "position", "signatures", "section_ms", "changed_after_end")
_INSTANTS = ("started_at", "left_at", "finished_at")


def redacted(
    visit: dict[str, Any], viewer: Viewer, *, covert: bool, own: bool, published: bool
) -> dict[str, Any]:
    """A visit as this viewer may have it: without score, inspector, instants or photos that are not for him.

    Of a covert visit's answers outlets and branches get value, pending and note, as their page and report show.
    `visit` is the API's visit, with `score`, and where it is given `inspector` and `document`.
    """
    seen = dict(visit)
    if not sees_score(viewer, own=own, published=published, covert=covert):
        seen["score"] = None
    if sees_inspector(viewer, covert=covert, own=own):
        return seen
    seen["inspector"] = None
    seen["receipt"] = None
    seen["updated_at"] = None
    document = seen.get("document")
    if document:
        plain = {
            name: value for name, value in document.items() if name not in (*_TELLING, *_INSTANTS, "notes")
        }
        plain["files"] = []
        plain["answers"] = {
            item: {name: part for name, part in answer.items() if name in ("value", "pending", "note")}
            for item, answer in document.get("answers", {}).items()
            # Whatever its item is called, a value that is an instant tells the minute of the visit.
            if not is_instant(answer.get("value"))
        }
        seen["document"] = plain
    return seen
