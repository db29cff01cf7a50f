"""Published checklists by id and version: as text for the phone, compiled for whoever counts."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlmodel import col

from server.domain.errors import UnknownChecklist
from server.domain.rechecks import restricted
from server.domain.visit import VisitKind
from server.storage.standards import ChecklistVersion
from server.storage.visits import Assignment

_TEXT = sa.select(col(ChecklistVersion.compiled), col(ChecklistVersion.sha256)).where(
    col(ChecklistVersion.id) == sa.bindparam("sought"), col(ChecklistVersion.version) == sa.bindparam("nth")
)
_ITEMS = sa.select(col(Assignment.items)).where(col(Assignment.id) == sa.bindparam("sought"))
# What is published never changes, so what is held of a database is never wrong; a province has a few dozen.
_held: WeakKeyDictionary[sa.Engine, dict[tuple[str, int], dict[str, Any]]] = WeakKeyDictionary()


def compiled(connection: sa.Connection, checklist_id: str, version: int) -> dict[str, Any]:
    """The compiled JSON of a published checklist, not to be changed. Raises UnknownChecklist."""
    held = _held.setdefault(connection.engine, {})
    found = held.get((checklist_id, version))
    if found is None:
        found = held[checklist_id, version] = json.loads(text(connection, checklist_id, version)[0])
    return found


def of_visit(
    connection: sa.Connection, checklist_id: str, version: int, kind: VisitKind, assignment_id: UUID | None
) -> dict[str, Any]:
    """What a visit is measured against: its checklist, of which a recheck may ask single items alone."""
    whole = compiled(connection, checklist_id, version)
    if kind is not VisitKind.RECHECK or assignment_id is None:
        return whole
    items = connection.execute(_ITEMS, {"sought": assignment_id}).scalar()
    return dict(restricted(whole, json.loads(items))) if items else whole


def text(connection: sa.Connection, checklist_id: str, version: int) -> tuple[str, str]:
    """The canonical JSON of a published checklist and its SHA-256. Raises UnknownChecklist."""
    found = connection.execute(_TEXT, {"sought": checklist_id, "nth": version}).first()
    if found is None:
        raise UnknownChecklist(checklist=checklist_id, version=version)
    return found[0], found[1]
