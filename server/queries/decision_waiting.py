"""Which decisions wait for whom, and from which day on one holds."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Permission, Viewer
from server.domain.deciding import DECIDED, WAITING
from server.queries import scope
from server.storage.decisions import Decision


def waits_for(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The decisions that wait: for who decides, those that this person may; nobody decides what he proposed himself."""
    waits = col(Decision.state).in_(WAITING)
    if not viewer.may(Permission.DECIDE):
        return waits
    by = col(Decision.proposed_by)
    return sa.and_(waits, sa.or_(by.is_(None), by != UUID(viewer.user_id)))


def holds_from() -> sa.ColumnElement[date | None]:
    """From which day on a decision holds; of one that was put off, refused or taken back, none."""
    return sa.case((col(Decision.state).in_(DECIDED), col(Decision.effective_on)), else_=sa.null())


def waiting(session: Session, viewer: Viewer) -> int:
    """How many decisions wait for the viewer."""
    where = (scope.decisions(viewer), waits_for(viewer))
    return session.execute(sa.select(sa.func.count()).select_from(Decision).where(*where)).scalar_one()
