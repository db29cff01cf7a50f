"""The feeds of figures, outlets and units: rows of their tables as far as the viewer may see them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.domain.feeds import FIGURES, OUTLETS, UNITS, Feed
from server.queries import scope
from server.queries.feed_pages import Row, Source
from server.queries.feed_where import Columns
from server.storage.organisation import Outlet, Unit
from server.storage.periods import Figure, PeriodRow, PeriodState


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
        "number": _millionths(sqlite=sqlite),
        "rank": col(Figure.rank),
        "of": col(Figure.of),
    }
    joined = sa.and_(col(Figure.period) == col(PeriodRow.code), col(Figure.round) == scope.round_seen(viewer))

    def shown(row: Any) -> Row:
        number = row.number
        return {**row._mapping, "number": None if number is None else Decimal(number) / 10**6}

    return Source(
        FIGURES,
        _selected(FIGURES, by_name)
        .join_from(Figure, PeriodRow, joined)
        .where(scope.periods(viewer), scope.figures(viewer)),
        _columns(session, FIGURES, by_name),
        (col(Figure.period), col(Figure.round), col(Figure.subject), col(Figure.code)),
        col(PeriodRow.changed_at),
        shown,
        lambda row: [row.period, row.round, row.subject, row.figure],
        lambda parts: (str(parts[0]), int(parts[1]), str(parts[2]), str(parts[3])),
    )


def _millionths(*, sqlite: bool) -> sa.ColumnElement[int]:
    """A figure's exact value as a number in whole millionths; the stored hundredths are too coarse to compare rates by."""
    text = col(Figure.value)
    bar = (sa.func.instr if sqlite else sa.func.strpos)(text, "/")
    above = sa.case((bar > 0, sa.func.substr(text, 1, bar - 1)), else_=text)
    below = sa.case((bar > 0, sa.func.substr(text, bar + 1)), else_=sa.literal("1"))
    number = sa.cast(above, sa.Double()) * 1_000_000 / sa.cast(below, sa.Double())
    whole = sa.cast(sa.func.round(number), sa.BigInteger)
    return sa.case((col(Figure.hundredths).is_(None), sa.null()), else_=whole)


def outlets(session: Session, viewer: Viewer) -> Source:
    """The outlets in sight."""
    by_name: dict[str, Any] = {
        "outlet_id": col(Outlet.id),
        "code": col(Outlet.code),
        "name": col(Outlet.name),
        "unit_path": col(Outlet.unit_path),
        **{
            name: sa.type_coerce(col(getattr(Outlet, name)), sa.String)
            for name in ("tier", "setting", "status")
        },
        "class": col(Outlet.class_),
        "star": col(Outlet.star),
        "cooperation_since": col(Outlet.cooperation_since),
    }
    return Source(
        OUTLETS,
        _selected(OUTLETS, by_name).where(scope.outlets(viewer)),
        _columns(session, OUTLETS, by_name),
        (col(Outlet.id),),
        col(Outlet.changed_at),
        lambda row: {**row._mapping, "outlet_id": str(row.outlet_id)},
        lambda row: [str(row.outlet_id)],
        lambda parts: (UUID(parts[0]),),
    )


def units(session: Session, viewer: Viewer) -> Source:
    """The units in sight; they are few, and none of them says when it changed."""
    by_name: dict[str, Any] = {
        "path": col(Unit.path),
        "kind": sa.type_coerce(col(Unit.kind), sa.String),
        "code": col(Unit.code),
        "name": col(Unit.name),
    }
    return Source(
        UNITS,
        _selected(UNITS, by_name).where(scope.units(viewer)),
        _columns(session, UNITS, by_name),
        (col(Unit.path),),
        None,
        lambda row: dict(row._mapping),
        lambda row: [row.path],
        lambda parts: (str(parts[0]),),
    )


def _selected(feed: Feed, by_name: dict[str, Any]) -> sa.Select[Any]:
    return sa.select(*(by_name[each.name].label(each.name) for each in feed.properties))


def _columns(session: Session, feed: Feed, by_name: dict[str, Any]) -> Columns:
    return Columns(feed, by_name, session.connection().dialect.name == "sqlite")
