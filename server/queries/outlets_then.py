"""The outlets of a period: as they were at the end of their last day in it, whatever was decided since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries.reckoning import Place
from server.storage.decisions import NOT_LISTED, OutletChange
from server.storage.organisation import Outlet, OutletStatus

_NOT_THERE = (OutletStatus.ONBOARDING, OutletStatus.EXITED)


def of_period(connection: sa.Connection, period: Period, outlets: Collection[UUID] = ()) -> list[Place]:
    """The outlets of a period: of a month all that were there on some day of it, of a longer one those of its last day.

    Only the named ones where there are any.
    """
    return places(connection, period.last, period.first if period.kind == "month" else None, outlets)


def places(
    connection: sa.Connection, on: date, since: date | None = None, outlets: Collection[UUID] = ()
) -> list[Place]:
    """The outlets as they were at the end of a day, in the order of their ids.

    But for those that had left by then, were still being admitted, or whose cooperation had not begun (handbook 2.9, 2.10); where
    nobody knows when it began, it did with the day on which the outlet came into the list. A later start that was written since
    holds from itself on: before it the one of before does.
    `since`: also those that left after this day, as they were at the end of their last day. What was decided with effect
    or imported with effect on a later day is taken back, the unit among it (handbook 2.9: earlier periods are never rewritten).
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
    if outlets:
        statement = statement.where(col(Outlet.id).in_(list(outlets)))
    rows = connection.execute(statement.order_by(col(Outlet.id)))
    last = {} if since is None else last_days(connection, since, on)
    then = _taken_back(connection, on, last, outlets)
    found = []
    for outlet, path, tier, class_, setting, cooperates, star, status in rows:
        was: dict[str, str] = then.get(outlet, {})
        stood = was.get("status", status)
        if "since" in was:
            cooperates = date.fromisoformat(was["since"]) if was["since"] else None
        begun = stood != NOT_LISTED if cooperates is None else cooperates <= on
        if stood in _NOT_THERE or not begun:
            continue
        held = (int(was["star"]) if was["star"] else None) if "star" in was else star
        place = Place(
            outlet,
            was.get("unit", path),
            was.get("tier", str(tier)),
            was.get("class", class_),
            was.get("setting", str(setting)),
            cooperates,
            held,
        )
        found.append(place)
    return found


def last_days(connection: sa.Connection, first: date, on: date = date.max) -> Mapping[UUID, date]:
    """The last day of each outlet that left after the day `first`, until the day `on`."""
    rows = connection.execute(
        sa.select(col(OutletChange.outlet_id), sa.func.max(col(OutletChange.from_day)))
        .where(
            col(OutletChange.field) == "status",
            col(OutletChange.after) == OutletStatus.EXITED.value,
            col(OutletChange.from_day) > first,
            col(OutletChange.from_day) <= on,
        )
        .group_by(col(OutletChange.outlet_id))
    )
    return {outlet: from_day - timedelta(days=1) for outlet, from_day in rows}


def last_day_before(connection: sa.Connection, outlet: UUID, day: date) -> date | None:
    """The last day of an outlet that had left before a day; None where it had not, or nobody wrote when."""
    status, from_day = connection.execute(
        sa.select(col(OutletChange.after), col(OutletChange.from_day))
        .where(
            col(OutletChange.outlet_id) == outlet,
            col(OutletChange.field) == "status",
            col(OutletChange.from_day) <= day,
        )
        .order_by(col(OutletChange.from_day).desc(), col(OutletChange.at).desc(), col(OutletChange.id).desc())
        .limit(1)
    ).one_or_none() or (None, day)
    return from_day - timedelta(days=1) if status == OutletStatus.EXITED.value else None


def standing_at(connection: sa.Connection, outlet: UUID, at: datetime) -> Mapping[str, str]:
    """What was different of an outlet at an instant, by the fields of its history: of what had not begun yet, or was not known."""
    rows = connection.execute(
        sa.select(col(OutletChange.field), col(OutletChange.before))
        .where(
            col(OutletChange.outlet_id) == outlet,
            sa.or_(col(OutletChange.from_day) > at.astimezone(SHANGHAI).date(), col(OutletChange.at) > at),
        )
        .order_by(col(OutletChange.from_day), col(OutletChange.at), col(OutletChange.id))
    )
    found: dict[str, str] = {}
    for field_, before in rows:
        found.setdefault(field_, before)
    return found


def _taken_back(
    connection: sa.Connection, on: date, last: Mapping[UUID, date], outlets: Collection[UUID]
) -> Mapping[UUID, dict[str, str]]:
    """What outlets were before whatever changed of them after a day, or after their own last one, by field."""
    rows = connection.execute(
        sa.select(
            col(OutletChange.outlet_id),
            col(OutletChange.field),
            col(OutletChange.before),
            col(OutletChange.from_day),
        )
        .where(col(OutletChange.from_day) > min(last.values(), default=on))
        .where(col(OutletChange.outlet_id).in_(list(outlets)) if outlets else sa.true())
        .order_by(col(OutletChange.from_day), col(OutletChange.at), col(OutletChange.id))
    )
    found: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    for outlet, field_, before, from_day in rows:
        if from_day > last.get(outlet, on):
            found[outlet].setdefault(field_, before)
    return found
