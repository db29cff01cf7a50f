"""The feeds of commission: each outlet's months, the shares of its staff, and what was withheld and is paid back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.domain.feed_list import COMMISSION, REFUNDS, SHARES
from server.queries import scope
from server.queries.feed_pages import Source
from server.queries.feed_tables import columns, selected, shown, whole
from server.storage.commission import CommissionMonth, CommissionRefund, CommissionRun, CommissionShare
from server.storage.organisation import Outlet
from server.storage.periods import PeriodRow

_SUMS = ("base", "amount", "withheld", "staff", "refunded", "settled", "carried_in", "paid", "carried_on")
_CHANGED = (col(CommissionRun.computed_at), col(CommissionRun.closed_at), col(PeriodRow.changed_at))
"""A month changes as a whole; for branches it appears when its composites are published."""


def months(session: Session, viewer: Viewer) -> Source:
    """The months of outlets in sight."""
    sqlite = session.connection().dialect.name == "sqlite"
    month = CommissionMonth
    by_name: dict[str, Any] = {
        **{name: col(getattr(month, name)) for name in ("month", "outlet_id", "unit_path", "tier")},
        **{name: col(getattr(month, name)) for name in ("setting", "composite", "veto")},
        "class": col(month.class_),
        "state": sa.type_coerce(col(CommissionRun.state), sa.String),
        "outlet_code": col(Outlet.code),
        **{
            name: whole(col(getattr(month, name)), 10**4, sqlite=sqlite)
            for name in ("years_factor", "pay_factor")
        },
        **{name: col(getattr(month, f"{name}_fen")) for name in _SUMS},
    }
    return Source(
        COMMISSION,
        _in_sight(selected(COMMISSION, by_name).select_from(month), viewer),
        columns(session, COMMISSION, by_name),
        (col(month.month), col(month.outlet_id)),
        _CHANGED,
        lambda row: shown(COMMISSION, row),
        lambda row: [row.month, str(row.outlet_id)],
        lambda parts: (str(parts[0]), UUID(parts[1])),
    )


def shares(session: Session, viewer: Viewer) -> Source:
    """The shares of the staff in the same months."""
    share = CommissionShare
    by_name: dict[str, Any] = {
        **{name: col(getattr(share, name)) for name in ("month", "outlet_id", "of_month", "number", "name")},
        "weight": col(share.weight),
        "amount": col(share.fen),
    }
    month = sa.and_(
        col(CommissionMonth.month) == col(share.month),
        col(CommissionMonth.outlet_id) == col(share.outlet_id),
    )
    return Source(
        SHARES,
        _in_sight(selected(SHARES, by_name).join_from(share, CommissionMonth, month), viewer),
        columns(session, SHARES, by_name),
        (col(share.month), col(share.outlet_id), col(share.of_month), col(share.number)),
        _CHANGED,
        lambda row: shown(SHARES, row),
        lambda row: [row.month, str(row.outlet_id), row.of_month, row.number],
        lambda parts: (str(parts[0]), UUID(parts[1]), str(parts[2]), str(parts[3])),
    )


def refunds(session: Session, viewer: Viewer) -> Source:
    """What was withheld and is paid back with one of the same months."""
    refund = CommissionRefund
    by_name: dict[str, Any] = {
        "outlet_id": col(refund.outlet_id),
        "withheld_month": col(refund.withheld_month),
        "paid_with": col(refund.paid_with),
        "amount": col(refund.fen),
    }
    month = sa.and_(
        col(CommissionMonth.month) == col(refund.paid_with),
        col(CommissionMonth.outlet_id) == col(refund.outlet_id),
    )
    return Source(
        REFUNDS,
        _in_sight(selected(REFUNDS, by_name).join_from(refund, CommissionMonth, month), viewer),
        columns(session, REFUNDS, by_name),
        (col(refund.outlet_id), col(refund.withheld_month)),
        _CHANGED,
        lambda row: shown(REFUNDS, row),
        lambda row: [str(row.outlet_id), row.withheld_month],
        lambda parts: (UUID(parts[0]), str(parts[1])),
    )


def _in_sight(statement: sa.Select[Any], viewer: Viewer) -> sa.Select[Any]:
    return (
        statement.join(CommissionRun, col(CommissionRun.month) == col(CommissionMonth.month))
        .join(Outlet, col(Outlet.id) == col(CommissionMonth.outlet_id))
        .outerjoin(PeriodRow, col(PeriodRow.code) == col(CommissionMonth.month))
        .where(scope.commission(viewer))
    )
