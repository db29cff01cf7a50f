"""The outlets of a period: as they were at the end of its last day, whatever was decided since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.queries.reckoning import Place
from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet, OutletStatus


def places(connection: sa.Connection, on: date, within: str = "") -> list[Place]:
    """The outlets as they were at the end of a day, but those that had left by then, in the order of their ids.

    What was decided with effect on a later day is taken back (handbook 2.9: a decision never rewrites earlier periods);
    unit and setting are those of now, since nobody keeps what they were.
    """
    statement = sa.select(
        col(Outlet.id),
        col(Outlet.unit_path),
        col(Outlet.tier),
        col(Outlet.class_),
        col(Outlet.setting),
        col(Outlet.cooperation_since),
        col(Outlet.star),
        col(Outlet.status),
    )
    if within:
        statement = statement.where(col(Outlet.unit_path).startswith(within, autoescape=True))
    rows = connection.execute(statement.order_by(col(Outlet.id)))
    then = _taken_back(connection, on)
    found = []
    for outlet, path, tier, class_, setting, since, star, status in rows:
        was: dict[str, str] = then.get(outlet, {})
        if was.get("status", status) == OutletStatus.EXITED:
            continue
        held = (int(was["star"]) if was["star"] else None) if "star" in was else star
        place = Place(
            outlet, path, was.get("tier", str(tier)), was.get("class", class_), str(setting), since, held
        )
        found.append(place)
    return found


def _taken_back(connection: sa.Connection, on: date) -> Mapping[UUID, dict[str, str]]:
    """What outlets were before whatever changed of them after a day, by field."""
    rows = connection.execute(
        sa.select(col(OutletChange.outlet_id), col(OutletChange.field), col(OutletChange.before))
        .where(col(OutletChange.from_day) > on)
        .order_by(col(OutletChange.from_day), col(OutletChange.at), col(OutletChange.id))
    )
    found: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    for outlet, field_, before in rows:
        found[outlet].setdefault(field_, before)
    return found
