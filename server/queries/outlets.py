"""Outlets: what scoring and scope must know of one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Viewer
from server.domain.errors import UnknownPlace
from server.queries import scope
from server.storage.organisation import Outlet

_PLACE = sa.select(
    col(Outlet.id), col(Outlet.tier), col(Outlet.class_), col(Outlet.setting), col(Outlet.unit_path)
).where(col(Outlet.id) == sa.bindparam("sought"))


@dataclass(frozen=True, slots=True)
class Place:
    """An outlet's standing and its place in the organisation."""

    id: UUID
    tier: str
    class_: str
    setting: str
    unit_path: str

    def facts(self) -> dict[str, str]:
        """What conditions may ask of the outlet."""
        return {"tier": self.tier, "class": self.class_, "setting": self.setting}


def place(connection: sa.Connection, outlet_id: UUID) -> Place | None:
    """The standing of an outlet, or None where there is none."""
    row = connection.execute(_PLACE, {"sought": outlet_id}).first()
    return Place(row[0], row[1].value, row[2], row[3].value, row[4]) if row else None


def by_code(session: Session, viewer: Viewer, code: str) -> UUID:
    """The id of the outlet in sight that has this code. Raises UnknownPlace."""
    found = session.exec(select(Outlet.id).where(Outlet.code == code.strip(), scope.outlets(viewer))).first()
    if found is None:
        raise UnknownPlace(place=code.strip())
    return found
