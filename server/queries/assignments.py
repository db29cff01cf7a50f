"""Assignments with what their assignees answered, for head office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.queries import scope
from server.storage.organisation import Outlet, User
from server.storage.visits import Assignment, AssignmentState

OPEN = (
    AssignmentState.PLANNED,
    AssignmentState.ASSIGNED,
    AssignmentState.TAKEN,
    AssignmentState.DECLINED,
)


@dataclass(frozen=True, slots=True)
class Assigned:
    """One assignment; `reason` is why it was declined, `answered_at` None where nobody answered."""

    outlet: str
    outlet_name: str
    username: str
    kind: str
    window_from: date
    window_to: date
    state: AssignmentState
    answered_at: datetime | None
    reason: str


def listed(session: Session, viewer: Viewer, states: tuple[AssignmentState, ...] = OPEN) -> list[Assigned]:
    """The assignments in these states, those due first in front; nothing for who may not see covert plans."""
    rows = session.execute(
        sa.select(Assignment, col(Outlet.code), col(Outlet.name), col(User.username))
        .join(Outlet, col(Outlet.id) == col(Assignment.outlet_id))
        .outerjoin(User, col(User.id) == col(Assignment.user_id))
        .where(scope.sees_all(viewer), col(Assignment.state).in_(states))
        .order_by(col(Assignment.window_to), col(Outlet.code), col(Assignment.id))
    )
    return [
        Assigned(
            outlet=code,
            outlet_name=name,
            username=username or "",
            kind=one.kind.value,
            window_from=one.window_from,
            window_to=one.window_to,
            state=one.state,
            answered_at=one.answered_at,
            reason=one.answer,
        )
        for one, code, name, username in rows
    ]
