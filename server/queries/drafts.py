"""Drafts of checklists and rule sets: those that are being written, and one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.storage.organisation import User
from server.storage.standards import DraftKind, DraftState, StandardDraft

Written = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DraftPage:
    """A draft of the version after `base`, with the names of who wrote it last and of who proposed it."""

    id: UUID
    kind: DraftKind
    name: str
    state: DraftState
    revision: int
    written: Written
    base: int | None
    reason: str
    author: str
    author_id: UUID
    proposed_by: UUID | None
    proposer: str | None
    changed_at: datetime


def drafts(session: Session, viewer: Viewer, kind: DraftKind) -> list[DraftPage]:
    """The living drafts of a kind, newest first; none for those who may not see drafts."""
    if not viewer.may(Permission.SEE_DRAFTS):
        return []
    names = names_of_keepers(session)
    living = select(StandardDraft).where(
        StandardDraft.kind == kind, col(StandardDraft.state).in_([DraftState.OPEN, DraftState.PROPOSED])
    )
    return [
        _draft_page(row, names) for row in session.exec(living.order_by(col(StandardDraft.changed_at).desc()))
    ]


def one_draft(session: Session, viewer: Viewer, draft_id: UUID, kind: DraftKind) -> DraftPage:
    """One draft of a kind. Raises NotFound, also for those who may not see drafts."""
    row = session.get(StandardDraft, draft_id) if viewer.may(Permission.SEE_DRAFTS) else None
    if row is None or row.kind is not kind:
        raise NotFound()
    return _draft_page(row, names_of_keepers(session))


def names_of_keepers(session: Session) -> dict[UUID, str]:
    """The names of those who may have a hand in standards."""
    rows = session.exec(select(User.id, User.name).where(col(User.role).in_(["hq", "admin"])))
    return dict(rows.all())


def _draft_page(row: StandardDraft, names: dict[UUID, str]) -> DraftPage:
    return DraftPage(
        row.id,
        row.kind,
        row.name,
        row.state,
        row.revision,
        json.loads(row.written),
        row.base,
        row.reason,
        names.get(row.author_id, ""),
        row.author_id,
        row.proposed_by,
        names.get(row.proposed_by) if row.proposed_by else None,
        row.changed_at,
    )
