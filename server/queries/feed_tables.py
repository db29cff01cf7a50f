"""The feeds of figures, outlets and units: rows of their tables as far as the viewer may see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from server.domain.access import SYSTEM, Viewer
from server.domain.feeds import FIGURES, OUTLETS, UNITS, Feed, Type
from server.domain.periods import Period
from server.queries import scope
from server.queries.feed_pages import Row, Source
from server.queries.feed_where import Columns, Named
from server.storage.organisation import Outlet, Unit, UnitKind
from server.storage.periods import Figure, PeriodOutlet, PeriodRow, PeriodState, in_round


def figures(session: Session, viewer: Viewer) -> Source:
    """The figures of the latest round of each period in sight."""
    sqlite = session.connection().dialect.name == "sqlite"
    by_name: dict[str, Any] = {
        "period": col(Figure.period),
        "period_kind": col(PeriodRow.kind),
        "period_state": sa.case(
            (scope.latest_round(viewer), sa.type_coerce(col(PeriodRow.state), sa.String)),
            else_=PeriodState.CLOSED.value,
        ),
        "round": col(Figure.round),
        "subject": col(Figure.subject),
        "figure": col(Figure.code),
        "value": col(Figure.value),
        "number": sa.case(
            (col(Figure.hundredths).is_(None), sa.null()),
            else_=whole(col(Figure.value), 10**6, sqlite=sqlite),
        ),
        "rank": col(Figure.rank),
        "of": col(Figure.of),
    }
    joined = sa.and_(col(Figure.period) == col(PeriodRow.code), in_round(Figure, scope.round_seen(viewer)))

    return Source(
        FIGURES,
        selected(FIGURES, by_name)
        .join_from(Figure, PeriodRow, joined)
        .where(scope.periods(viewer), scope.figures(viewer)),
        columns(session, FIGURES, by_name),
        (col(Figure.period), col(Figure.subject), col(Figure.code)),
        (col(PeriodRow.changed_at),),
        lambda row: shown(FIGURES, row),
        lambda row: [row.period, row.subject, row.figure],
        lambda parts: (Period.read(str(parts[0])).code, str(parts[1]), str(parts[2])),
    )


def whole(text: Any, times: int, *, sqlite: bool) -> sa.ColumnElement[int]:
    """A number that is written exactly, as decimal or p/q, so many times as large and rounded; nothing of an empty text."""
    bar = (sa.func.instr if sqlite else sa.func.strpos)(text, "/")
    above = sa.func.nullif(sa.case((bar > 0, sa.func.substr(text, 1, bar - 1)), else_=text), "")
    below = sa.case((bar > 0, sa.func.substr(text, bar + 1)), else_=sa.literal("1"))
    number = sa.cast(above, sa.Double()) * times / sa.cast(below, sa.Double())
    return sa.cast(sa.func.round(number), sa.BigInteger)


def outlets(session: Session, viewer: Viewer, *, increment: bool) -> Source:
    """The outlets in sight; in an increment those too that were in sight when a period was computed, and went elsewhere."""
    here = scope.outlets(viewer)
    by_name: dict[str, Any] = {
        "outlet_id": col(Outlet.id),
        "code": col(Outlet.code),
        **{
            name: sa.case((here, column), else_="")
            for name, column in (
                ("name", col(Outlet.name)),
                ("unit_path", col(Outlet.unit_path)),
                *(
                    (name, sa.type_coerce(col(getattr(Outlet, name)), sa.String))
                    for name in ("tier", "setting", "status")
                ),
                ("class", col(Outlet.class_)),
            )
        },
        **{
            name: sa.case((here, column), else_=sa.null())
            for name, column in (
                ("branch_path", _branch(Unit.path, Outlet.unit_path)),
                ("branch", _branch(Unit.name, Outlet.unit_path)),
                ("star", col(Outlet.star)),
                ("cooperation_since", col(Outlet.cooperation_since)),
                *(
                    (name, sa.cast(sa.func.round(column * 10**6), sa.BigInteger))
                    for name, column in (("latitude", col(Outlet.lat)), ("longitude", col(Outlet.lng)))
                ),
            )
        },
        "removed": sa.not_(here),
    }
    return Source(
        OUTLETS,
        selected(OUTLETS, by_name).where(sa.or_(here, _left(viewer)) if increment else here),
        columns(session, OUTLETS, by_name),
        (col(Outlet.id),),
        (col(Outlet.changed_at),),
        lambda row: shown(OUTLETS, row),
        lambda row: [str(row.outlet_id)],
        lambda parts: (UUID(parts[0]),),
    )


def units(session: Session, viewer: Viewer) -> Source:
    """The units in sight; they are few, and none of them says when it changed."""
    above = aliased(Unit)
    parent = sa.select(col(above.path)).where(col(above.id) == col(Unit.parent_id))
    by_name: dict[str, Any] = {
        "path": col(Unit.path),
        "kind": sa.type_coerce(col(Unit.kind), sa.String),
        "code": col(Unit.code),
        "name": col(Unit.name),
        "parent_path": parent.scalar_subquery(),
        "branch_path": _branch(Unit.path, Unit.path),
        "branch": _branch(Unit.name, Unit.path),
    }
    return Source(
        UNITS,
        selected(UNITS, by_name).where(scope.units(viewer)),
        columns(session, UNITS, by_name),
        (col(Unit.path),),
        (),
        lambda row: shown(UNITS, row),
        lambda row: [row.path],
        lambda parts: (str(parts[0]),),
    )


def selected(feed: Feed, by_name: dict[str, Any]) -> sa.Select[Any]:
    """The columns of a feed in the order of its properties, under their names."""
    return sa.select(*(by_name[each.name].label(each.name) for each in feed.properties))


def columns(
    session: Session, feed: Feed, by_name: dict[str, Any], named: dict[str, Named] | None = None
) -> Columns:
    """The same as filters find them."""
    return Columns(feed, by_name, session.connection().dialect.name == "sqlite", named or {})


def shown(feed: Feed, row: Any) -> Row:
    """A row of a statement as the feed has it: whole numbers of a decimal's last place become decimals."""
    found: Row = {}
    for each in feed.properties:
        value = getattr(row, each.name)
        if value is not None and each.type is Type.DECIMAL:
            value = Decimal(value) / 10**each.places
        elif value is not None and each.type is Type.GUID:
            value = str(value)
        elif value is not None and each.type is Type.YES_NO:
            value = bool(value)
        found[each.name] = value
    return found


def _branch(of: Any, path: Any) -> sa.ColumnElement[Any]:
    """Of the branch that a path lies in its name or path; nothing above branches."""
    unit = aliased(Unit)
    within = sa.func.substr(col(path), 1, sa.func.length(col(unit.path))) == col(unit.path)
    found = sa.select(getattr(unit, of.key)).where(col(unit.kind) == UnitKind.BRANCH, within)
    return found.limit(1).scalar_subquery()


def _left(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The outlets that lay in the viewer's part of the organisation when a period was computed that he may see."""
    if viewer is SYSTEM or not viewer.unit_path:
        return sa.false()
    then = sa.select(col(PeriodOutlet.outlet_id)).join(
        PeriodRow,
        sa.and_(
            col(PeriodOutlet.period) == col(PeriodRow.code),
            in_round(PeriodOutlet, scope.round_seen(viewer)),
        ),
    )
    lay = col(PeriodOutlet.unit_path).startswith(viewer.unit_path, autoescape=True)
    return col(Outlet.id).in_(then.where(scope.periods(viewer), lay))
