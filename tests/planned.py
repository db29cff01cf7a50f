"""Makers for week plans: an area with agents, its manager's visits, and covert ones that nobody there may notice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from uuid import uuid4

from server.domain.visit import VisitKind, VisitState
from server.storage.organisation import Outlet, Tier, Unit, User
from server.storage.visits import Visit
from server.usecases.work import Office
from tests import make

AREA = ("sx", "ty", "xd", "d1", "a1")


def agent(office: Office, place: Unit, **given: Any) -> Outlet:
    """An agent outlet that has been there for years."""
    return make.outlet(
        office, place=place, **{"tier": Tier.ORDINARY, "cooperation_since": date(2020, 1, 1), **given}
    )


def visited(office: Office, who: User, outlet: Outlet, day: date, **given: Any) -> None:
    """A visit of the day as it stands after it was sent: by default an area visit that was published."""
    at = datetime.combine(day, time(2), UTC)
    with office.work() as work:
        work.session.add(
            Visit(
                **{
                    "id": uuid4(),
                    "outlet_id": outlet.id,
                    "inspector_id": who.id,
                    "kind": VisitKind.AREA_VISIT,
                    "checklist_id": "area-check",
                    "checklist_version": 1,
                    "state": VisitState.PUBLISHED,
                    "etag": uuid4().hex,
                    "revision": 1,
                    "document": "{}",
                    "document_sha256": "0" * 64,
                    "visit_date": day,
                    "started_at": at,
                    "submitted_at": at,
                    "created_at": at,
                    "changed_at": at,
                    **given,
                }
            )
        )
