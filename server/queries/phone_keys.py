"""The key under which the viewer's phones seal what is entered."""

from __future__ import annotations

from sqlmodel import Session

from server.domain.access import Viewer
from server.domain.phone_keys import phone_key
from server.storage.phone_keys import PhoneSecret


def own_key(session: Session, viewer: Viewer) -> str | None:
    """The viewer's own and nobody else's, as base64url; None where the database has no secret: then phones seal nothing."""
    kept = session.get(PhoneSecret, 1)
    return phone_key(kept.secret, viewer.user_id) if kept else None
