"""Published checklists by id and version: as text for the phone, compiled for whoever counts."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from server.domain.errors import UnknownChecklist
from server.storage.organisation import ChecklistVersion

_MOST = 64
_held: dict[str, dict[str, Any]] = {}
_TABLE = SQLModel.metadata.tables["checklist_version"]
_SHA256 = sa.select(_TABLE.c.sha256).where(
    _TABLE.c.id == sa.bindparam("sought"), _TABLE.c.version == sa.bindparam("nth")
)


def compiled(session: Session, checklist_id: str, version: int) -> dict[str, Any]:
    """The compiled JSON of a published checklist, not to be changed. Raises UnknownChecklist."""
    sha256 = session.connection().execute(_SHA256, {"sought": checklist_id, "nth": version}).scalar()
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
