"""The tokens with which somebody's programs read feeds: those that are open, without what would open anything."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.storage.organisation import AccessToken


def mine(session: Session, viewer: Viewer) -> Sequence[AccessToken]:
    """The viewer's open tokens, newest first."""
    return session.exec(
        select(AccessToken)
        .where(AccessToken.user_id == UUID(viewer.user_id), col(AccessToken.ended_at).is_(None))
        .order_by(col(AccessToken.created_at).desc(), col(AccessToken.sha256))
    ).all()
