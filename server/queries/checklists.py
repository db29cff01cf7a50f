"""Published checklists by id and version: as text for the phone, compiled for whoever counts."""

from __future__ import annotations

import json
from typing import Any

from sqlmodel import Session, select

from server.domain.errors import UnknownChecklist
from server.storage.organisation import ChecklistVersion

_MOST = 64
_held: dict[str, dict[str, Any]] = {}


def compiled(session: Session, checklist_id: str, version: int) -> dict[str, Any]:
    """The compiled JSON of a published checklist, not to be changed. Raises UnknownChecklist."""
    sha256 = session.exec(
        select(ChecklistVersion.sha256).where(
            ChecklistVersion.id == checklist_id, ChecklistVersion.version == version
        )
    ).first()
    if sha256 is None:
        raise UnknownChecklist(checklist=checklist_id, version=version)
    found = _held.get(sha256)
    if found is None:
        found = json.loads(text(session, checklist_id, version)[0])
        # The content belongs to its hash for ever, so what is held is never wrong; it is only kept small.
        if len(_held) >= _MOST:
            _held.clear()
        _held[sha256] = found
    return found


def text(session: Session, checklist_id: str, version: int) -> tuple[str, str]:
    """The canonical JSON of a published checklist and its SHA-256. Raises UnknownChecklist."""
    found = session.get(ChecklistVersion, (checklist_id, version))
    if found is None:
        raise UnknownChecklist(checklist=checklist_id, version=version)
    return found.compiled, found.sha256
