"""What the console shows of checklists: the shelf, one version, one draft, and two versions side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.checklist import check_succession, read_checklist
from server.domain.checklist_changes import Comparison, compare
from server.domain.checklist_written import Draft
from server.domain.errors import NotFound
from server.domain.findings import Finding
from server.domain.visit import SHANGHAI
from server.queries.drafts import DraftPage, drafts, names_of_keepers, one_draft
from server.storage.standards import ChecklistVersion, DraftKind
from server.storage.visits import Visit

Written = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: its content in the written notation, and how it came about.

    `visits` is how many were begun with it. Names are None for what the folder of checklists brought.
    """

    id: str
    version: int
    sha256: str
    written: Written
    published_at: datetime
    retired_at: datetime | None
    retired_reason: str
    proposed_by: str | None
    confirmed_by: str | None
    visits: int

    @property
    def items(self) -> int:
        """How many items it has."""
        return sum(len(section["items"]) for section in self.written["sections"])


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every checklist with its newest version first, and the drafts that live."""

    checklists: dict[str, list[Version]]
    drafts: list[DraftPage]


def shelf(session: Session, viewer: Viewer) -> Shelf:
    """All published versions by checklist, and the living drafts for those who may see them."""
    used = {(name, version): count for name, version, count in _used(session)}
    names = names_of_keepers(session)
    found: dict[str, list[Version]] = {}
    rows = select(ChecklistVersion).order_by(col(ChecklistVersion.id), col(ChecklistVersion.version).desc())
    for row in session.exec(rows):
        found.setdefault(row.id, []).append(_version(row, names, used.get((row.id, row.version), 0)))
    return Shelf(found, drafts(session, viewer, DraftKind.CHECKLIST))


def newest(session: Session, viewer: Viewer, checklist_id: str) -> int | None:
    """The number of a checklist's newest version; None where there is none."""
    found = shelf(session, viewer).checklists.get(checklist_id)
    return found[0].version if found else None


def versions(session: Session, viewer: Viewer, checklist_id: str) -> list[Version]:
    """The versions of one checklist, newest first. Raises NotFound where there is none."""
    found = shelf(session, viewer).checklists.get(checklist_id)
    if not found:
        raise NotFound()
    return found


def draft(session: Session, viewer: Viewer, draft_id: UUID) -> DraftPage:
    """One draft of a checklist. Raises NotFound, also for those who may not see drafts."""
    return one_draft(session, viewer, draft_id, DraftKind.CHECKLIST)


def history(versions: list[Version]) -> list[tuple[int, str, str, str]]:
    """What became of a checklist so far, oldest first: version, date, who, why."""
    return [
        (
            each.version,
            each.published_at.astimezone(SHANGHAI).date().isoformat(),
            "、".join(name for name in (each.proposed_by, each.confirmed_by) if name),
            (each.written.get("changes") or {}).get("note", ""),
        )
        for each in sorted(versions, key=lambda each: each.version)
    ]


def comparison(earlier: Written, later: Written) -> Comparison:
    """What differs between two versions in the written notation."""
    return compare(_read(earlier), _read(later))


def unready(earlier: Written | None, later: Written) -> list[Finding]:
    """What still forbids the proposal of a draft after the version before, its note aside."""
    return [] if earlier is None else check_succession(_read(earlier), _read(later))


def _read(written: Written) -> Draft:
    found = read_checklist(written).draft
    if found is None:
        raise NotFound()
    return found


def _used(session: Session) -> list[tuple[str, int, int]]:
    """How many visits each version has."""
    keys = (col(Visit.checklist_id), col(Visit.checklist_version))
    rows = session.execute(sa.select(*keys, sa.func.count()).group_by(*keys))
    return [(name, version, count) for name, version, count in rows]


def _version(row: ChecklistVersion, names: dict[UUID, str], visits: int) -> Version:
    return Version(
        row.id,
        row.version,
        row.sha256,
        json.loads(row.written),
        row.published_at,
        row.retired_at,
        row.retired_reason,
        names.get(row.proposed_by) if row.proposed_by else None,
        names.get(row.confirmed_by) if row.confirmed_by else None,
        visits,
    )
