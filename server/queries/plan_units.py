"""The units of week plans: which one a viewer may open, by which sorts coverage is told below it, and whose areas are whose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Role, Viewer
from server.domain.errors import NotFound
from server.queries import figures, scope
from server.storage.organisation import Unit, UnitKind, User

By = Literal["branch", "county", "area", "manager"]
GROUPS: dict[By, UnitKind] = {
    "branch": UnitKind.BRANCH,
    "county": UnitKind.COUNTY,
    "area": UnitKind.AREA,
    "manager": UnitKind.AREA,
}


def in_sight(session: Session, viewer: Viewer, path: str) -> Unit:
    """A unit of the viewer's part of the organisation by its path. Raises NotFound."""
    found = session.exec(select(Unit).where(Unit.path == path, scope.units(viewer))).first()
    if found is None:
        raise NotFound()
    return found


def own(session: Session, viewer: Viewer) -> Unit | None:
    """The viewer's own place in the organisation; None for whoever has none, as head office may."""
    return session.exec(select(Unit).where(Unit.path == viewer.unit_path, scope.units(viewer))).first()


def groups(session: Session, viewer: Viewer, within: str) -> list[By]:
    """By what coverage is told below a unit, or in all that the viewer sees: what lies above it would be one row.

    Raises NotFound for a unit that is not in sight.
    """
    kind = in_sight(session, viewer, within).kind if within else _own_kind(session, viewer)
    order = list(UnitKind)
    found: list[By] = [by for by, sort in GROUPS.items() if order.index(sort) > order.index(kind)]
    return found or ["area", "manager"]


def places(session: Session, viewer: Viewer) -> list[tuple[str, str]]:
    """Paths and names of what a list can be narrowed to: the branches, for a branch its counties; for an area none."""
    path = viewer.unit_path
    kind = UnitKind.BRANCH if _own_kind(session, viewer) is UnitKind.PROVINCE else UnitKind.COUNTY
    found = figures.units(session.connection(), kind, path)
    return [(each, name) for each, name in found.items() if each != path]


def managers(session: Session) -> Mapping[str, tuple[str, ...]]:
    """The names of the area managers by the path of their unit."""
    found: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    rows = session.execute(
        sa.select(col(User.unit_path), col(User.name))
        .where(col(User.role) == Role.AREA_MANAGER, col(User.disabled_at).is_(None))
        .order_by(col(User.username))
    )
    for path, name in rows:
        found[path] += (name,)
    return found


def _own_kind(session: Session, viewer: Viewer) -> UnitKind:
    unit = own(session, viewer)
    return unit.kind if unit else UnitKind.PROVINCE
