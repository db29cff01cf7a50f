"""One outlet's commission: its months, how one of them came about, staff shares, and what can still be earned back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Viewer
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.refunds import Open, still_open
from server.domain.rules_pay import Refund as Rules
from server.domain.settlements import Settled
from server.queries import commission_history, outlets_then, results, scope
from server.queries.results import unpacked
from server.queries.rules import rule_set
from server.storage.commission import CommissionMonth, CommissionRun, CommissionShare, CommissionState
from server.storage.organisation import Outlet, OutletStatus


@dataclass(frozen=True, slots=True)
class Page:
    """An outlet's months, the latest first, and the chosen one of them with its explanation and staff shares.

    `closed` are the months that nothing changes any more; `open` what can still be earned back after the latest month: by who has
    left, with its last month, which is `ends_with` while it is still to be computed. `rated`: the chosen month has a composite
    of it to open.
    `refunded_with` is the month with which what the chosen one withheld was paid back; None where it was not.
    """

    outlet: Outlet
    months: tuple[CommissionMonth, ...]
    closed: frozenset[str]
    chosen: CommissionMonth
    why: dict[str, Any]
    shares: tuple[CommissionShare, ...]
    open: tuple[Open, ...]
    ends_with: str | None
    refund: Rules
    refunded_with: str | None
    rated: bool

    @property
    def last(self) -> str:
        """The latest month."""
        return self.months[0].month


def page(session: Session, viewer: Viewer, outlet_id: UUID, month: str = "") -> Page:
    """The page of an outlet, of its latest month or the one that is named. Raises NotFound, also for what is not in sight."""
    months = tuple(
        session.execute(
            sa.select(CommissionMonth)
            .where(scope.commission(viewer), col(CommissionMonth.outlet_id) == outlet_id)
            .order_by(col(CommissionMonth.month).desc())
        ).scalars()
    )
    chosen = next((each for each in months if month in ("", each.month)), None)
    outlet = session.get(Outlet, outlet_id)
    if chosen is None or outlet is None:
        raise NotFound()
    runs = {each.month: each for each in session.execute(sa.select(CommissionRun)).scalars()}
    shares = session.execute(
        sa.select(CommissionShare)
        .where(
            col(CommissionShare.outlet_id) == outlet_id,
            col(CommissionShare.month) == chosen.month,
        )
        .order_by(col(CommissionShare.of_month), col(CommissionShare.number))
    ).scalars()
    last = Period.read(months[0].month)
    rules = rule_set(session.connection(), runs[last.code].rules_version).commission.refund
    closed = frozenset(code for code, run in runs.items() if run.state is CommissionState.CLOSED)
    # A closed month that the outlet came into since has no row of its own.
    seen = closed | {each.month for each in months}
    ends = _last_month(session, outlet)
    history = commission_history.of_outlet(session.connection(), outlet_id, last.back(-1))
    return Page(
        outlet,
        months,
        closed,
        chosen,
        unpacked(chosen.explanation),
        tuple(shares),
        _open([each for each in history if each.month.code in seen], last, rules, ends),
        ends.code if ends and ends.first > last.first else None,
        rules,
        _refunded_with(months, chosen.month),
        bool(results.results(session.connection(), viewer, chosen.month, ["composite"], [str(outlet_id)])),
    )


def _refunded_with(months: Sequence[CommissionMonth], month: str) -> str | None:
    """The month with which another one's withheld sum was paid back."""
    for each in months:
        if each.month > month and each.refunded_fen:
            for part in unpacked(each.explanation).get("parts", ()):
                if part["figure"] == "refund" and part["inputs"]["month"] == month:
                    return each.month
    return None


def _last_month(session: Session, outlet: Outlet) -> Period | None:
    """The month of the last day of an outlet that has left; None where it has not."""
    if outlet.status is not OutletStatus.EXITED:
        return None
    day = outlets_then.last_day_before(session.connection(), outlet.id, date.max)
    # Nobody wrote down when those left who did so before there was a history.
    return Period.of("month", day or date.min)


def _open(history: list[Settled], last: Period, rules: Rules, ends: Period | None = None) -> tuple[Open, ...]:
    """What can still be earned back until the month that an outlet ends with; a month that was paid back already cannot."""
    paid = {each.month.code for each in history if each.refund_fen is not None}
    found = still_open([each.counted() for each in history], last, rules)
    return tuple(
        each
        for each in found
        if each.month not in paid and (ends is None or last.back(-each.more).first <= ends.first)
    )
