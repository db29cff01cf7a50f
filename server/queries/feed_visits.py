"""The feed of visits: what came in, as far as the viewer may know it; what is not told is nothing in every column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import SYSTEM, Permission, Viewer
from server.domain.feeds import VISITS, Feed
from server.domain.visit import VisitState
from server.queries import scope
from server.queries.feed_pages import Row, Source
from server.queries.feed_where import Columns, Named
from server.queries.reports import report_id_of
from server.storage.organisation import Outlet, User
from server.storage.visits import Visit

_NOT_SENT = (VisitState.DRAFT, VisitState.RECEIVING, VisitState.DISCARDED)
HUNDREDTHS = ("score", "prohibition_score", "touchpoint_score")


def known(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The visits of which the viewer may learn who made them and when (`domain/access.sees_inspector`)."""
    if viewer is SYSTEM:
        return sa.true()
    own = col(Visit.inspector_id) == UUID(viewer.user_id)
    return sa.or_(scope.sees_all(viewer), own, sa.not_(scope.covert()))


def gone(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The visits that were in the viewer's sight until they were voided; of covert ones only published ones ever were."""
    if viewer is SYSTEM or not viewer.may(Permission.SEE_VISITS):
        return sa.false()
    seen = sa.or_(sa.not_(scope.covert()), col(Visit.published_at).is_not(None))
    here = col(Visit.outlet_id).in_(sa.select(col(Outlet.id)).where(scope.outlets(viewer)))
    was = sa.and_(col(Visit.state) == VisitState.VOID, col(Visit.accepted_revision).is_not(None), seen)
    return sa.and_(was, here, sa.not_(scope.visits(viewer)))


def columns(session: Session, viewer: Viewer, feed: Feed, *, increment: bool) -> Columns:
    """The columns of visits by the names of the properties; of one that is gone those that tell which it was."""
    here = scope.visits(viewer)
    told = sa.and_(here, known(viewer)) if increment else known(viewer)

    def only_told(column: Any) -> Any:
        return sa.case((told, column), else_=sa.null())

    def only_here(column: Any) -> Any:
        return sa.case((here, column), else_=sa.null()) if increment else column

    by_name = {
        "visit_id": col(Visit.id),
        "visit_date": col(Visit.visit_date),
        "outlet_id": col(Visit.outlet_id),
        "outlet_code": col(Outlet.code),
        "unit_path": col(Outlet.unit_path),
        "tier": sa.type_coerce(col(Outlet.tier), sa.String),
        "kind": sa.type_coerce(col(Visit.kind), sa.String),
        "part": col(Visit.part),
        "state": sa.type_coerce(col(Visit.state), sa.String),
        "checklist_id": col(Visit.checklist_id),
        "checklist_version": col(Visit.checklist_version),
        "revision": only_here(col(Visit.accepted_revision)),
        **{name: only_here(col(getattr(Visit, name))) for name in HUNDREDTHS},
        "grave": only_here(col(Visit.grave)),
        "inspector": only_told(col(User.name)),
        **{
            name: only_told(col(getattr(Visit, name)))
            for name in ("submitted_at", "decided_at", "published_at")
        },
        "removed": col(Visit.state) == VisitState.VOID,
    }
    sqlite = session.connection().dialect.name == "sqlite"
    return Columns(feed, by_name, sqlite, {"visit_id": named(session, viewer, increment=increment)})


def source(session: Session, viewer: Viewer, *, increment: bool) -> Source:
    """The visits in sight that were sent; in an increment those too that are gone."""
    found = columns(session, viewer, VISITS, increment=increment)
    statement = (
        sa.select(
            *(column.label(name) for name, column in found.by_name.items()),
            known(viewer).label("known"),
        )
        .join_from(Visit, Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(seen(viewer, increment=increment), col(Visit.state).not_in(_NOT_SENT))
    )
    return Source(
        VISITS,
        statement,
        found,
        (col(Visit.visit_date), scope.turn(viewer)),
        (col(Visit.changed_at),),
        shown,
        token,
        lambda parts: place(session, viewer, parts, increment=increment),
    )


def own_ids(viewer: Viewer) -> bool:
    """Whether the viewer knows every visit by its own id; else those of covert ones would tell their order in time."""
    return viewer is SYSTEM or viewer.may(Permission.SEE_COVERT)


def by_id(of: Source, *, down: bool) -> Source:
    """Rows of visits in the order of their ids, for whoever knows those."""
    return replace(
        of,
        key=(col(Visit.id),),
        token=lambda row: [str(row.visit_id)],
        place=lambda parts: (UUID(parts[0]),),
        down=down,
    )


def seen(viewer: Viewer, *, increment: bool) -> sa.ColumnElement[bool]:
    """The visits in sight, and in an increment those that are gone."""
    return sa.or_(scope.visits(viewer), gone(viewer)) if increment else scope.visits(viewer)


def shown(row: Any) -> Row:
    """A row of the statement as the feed has it."""
    found = {name: getattr(row, name) for name in (each.name for each in VISITS.properties)}
    found["visit_id"] = page_id(row)
    found["outlet_id"] = str(row.outlet_id)
    for name in HUNDREDTHS:
        found[name] = None if found[name] is None else Decimal(found[name]) / 100
    return found


def page_id(row: Any) -> str:
    """The id by which this reader opens the visit's page: the phone made its own from the clock.

    It is of the first revision, so that a visit that was corrected is still the same row.
    """
    return str(row.visit_id if row.known else report_id_of(row.visit_id, 1, "outlet"))


def token(row: Any) -> list[str | int]:
    """The place of a row in the order of days: its day, and its id as it is shown."""
    return [row.visit_date.isoformat(), page_id(row)]


def place(session: Session, viewer: Viewer, parts: Sequence[Any], *, increment: bool) -> Sequence[Any]:
    """What orders the row of a token. Raises ValueError for parts that name none."""
    day, wanted = date.fromisoformat(parts[0]), UUID(parts[1])
    # A name that is not this reader's is answered like one that nobody has.
    found = named(session, viewer, day, increment=increment)(wanted)
    value = session.execute(sa.select(scope.turn(viewer)).where(col(Visit.id) == found)).scalar()
    if value is None:
        raise ValueError("no such visit")
    return day, value


def named(session: Session, viewer: Viewer, day: date | None = None, *, increment: bool = False) -> Named:
    """From an id that the viewer knows to the visit's; the phone's id of a visit that he knows by another one names nothing."""
    sought = [seen(viewer, increment=increment), *([col(Visit.visit_date) == day] if day else [])]

    @cache
    def others() -> dict[UUID, UUID]:
        found = session.execute(sa.select(col(Visit.id)).where(*sought, sa.not_(known(viewer)))).scalars()
        return {report_id_of(each, 1, "outlet"): each for each in found}

    def visit(written: UUID) -> UUID | None:
        own = session.execute(
            sa.select(col(Visit.id)).where(col(Visit.id) == written, *sought, known(viewer))
        ).scalar()
        if own is not None or own_ids(viewer):
            return own
        return others().get(written)

    return visit
