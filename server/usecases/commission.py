"""Commission: computing a month, again while it is not closed, and closing it by somebody else for payment."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from server.domain.access import Permission
from server.domain.errors import NotFound
from server.domain.exact import hundredths
from server.domain.explain import plain
from server.domain.periods import Period
from server.domain.settlements import (
    CommissionClosed,
    CommissionEarlierOpen,
    CommissionStale,
    SamePayer,
)
from server.queries.commission_reckoning import Line, Reckoned, reckoned
from server.storage.commission import (
    CommissionMonth,
    CommissionRefund,
    CommissionRun,
    CommissionSettlement,
    CommissionShare,
    CommissionState,
)
from server.storage.database import hold
from server.usecases.work import Work

_LEDGER = UUID("c0331551-0000-4000-8000-000000000013")
"""Whoever computes or closes holds this: months rest on each other, so nobody else may write any of them meanwhile."""
_AT_ONCE = 1000


def compute(work: Work, code: str) -> None:
    """Compute a month of all agents from its published composites, and the later ones that rest on it anew.

    Raises NotAllowed, NotFound for what is no month, CommissionNotPublished, CommissionClosed.
    """
    work.needs(Permission.CLOSE_COMMISSION)
    _month(code)
    hold(work.connection, _LEDGER)
    runs = _runs(work)
    closed = [each for each, run in runs.items() if run.state is CommissionState.CLOSED and each >= code]
    if closed:
        raise CommissionClosed(month=max(closed))
    later = [each for each in runs if each > code]
    # All go first: a refund that an earlier month takes over must not stand in its way.
    for each in (code, *later):
        _clear(work, each)
    for each in (code, *later):
        found = reckoned(work.connection, Period.read(each))
        _keep(work, found, runs.get(each))
        work.record(
            "commission.computed",
            "commission",
            each,
            outlets=len(found.lines),
            paid_fen=sum(line.outcome.paid_fen for line in found.lines),
        )


def close(work: Work, code: str, digest: str) -> None:
    """Close a month for payment as it was looked at (`digest`): nothing of it changes any more.

    Raises NotAllowed, NotFound for a month that is not computed, CommissionClosed, SamePayer, CommissionEarlierOpen,
    CommissionNotPublished where its period was opened again, CommissionStale where it would come to something else now.
    """
    work.needs(Permission.CLOSE_COMMISSION)
    month = _month(code)
    hold(work.connection, _LEDGER)
    runs = _runs(work)
    run = runs.get(code)
    if run is None:
        raise NotFound()
    if run.state is CommissionState.CLOSED:
        raise CommissionClosed(month=code)
    if run.computed_by is not None and run.computed_by == work.actor_id:
        raise SamePayer()
    first = min(runs)
    turn = month.back()
    while turn.code >= first:
        earlier = runs.get(turn.code)
        if earlier is None or earlier.state is not CommissionState.CLOSED:
            raise CommissionEarlierOpen(month=turn.code)
        turn = turn.back()
    if digest != run.digest or reckoned(work.connection, month).digest != run.digest:
        raise CommissionStale()
    run.state, run.closed_at, run.closed_by = CommissionState.CLOSED, work.now, work.actor_id
    work.session.add(run)
    work.record("commission.closed", "commission", code, digest=run.digest)


def _month(code: str) -> Period:
    try:
        month = Period.read(code)
    except ValueError as error:
        raise NotFound() from error
    if month.kind != "month":
        raise NotFound()
    return month


def _runs(work: Work) -> dict[str, CommissionRun]:
    statement = select(CommissionRun).order_by(CommissionRun.month).execution_options(populate_existing=True)
    return {run.month: run for run in work.session.exec(statement)}


def _clear(work: Work, code: str) -> None:
    for model, month in (
        (CommissionMonth, col(CommissionMonth.month)),
        (CommissionShare, col(CommissionShare.month)),
        (CommissionSettlement, col(CommissionSettlement.month)),
        (CommissionRefund, col(CommissionRefund.paid_with)),
    ):
        work.connection.execute(sa.delete(model).where(month == code))


def _keep(work: Work, found: Reckoned, run: CommissionRun | None) -> None:
    code = found.month.code
    run = run or CommissionRun(
        month=code,
        state=CommissionState.COMPUTED,
        round=found.round,
        rules_version=found.rules_version,
        digest="",
        computed_at=work.now,
    )
    run.round, run.rules_version, run.digest = found.round, found.rules_version, found.digest
    run.computed_at, run.computed_by = work.now, work.actor_id
    work.session.add(run)
    work.session.flush()
    _insert(work, CommissionMonth, (_row(code, line) for line in found.lines))
    _insert(
        work,
        CommissionShare,
        (
            {
                "month": code,
                "outlet_id": line.place.outlet,
                "of_month": each.of_month,
                "number": each.number,
                "name": each.name,
                "weight": each.weight,
                "fen": each.fen,
            }
            for line in found.lines
            for each in line.shares
        ),
    )
    _insert(
        work,
        CommissionRefund,
        (
            {
                "outlet_id": line.place.outlet,
                "withheld_month": each.month,
                "paid_with": code,
                "fen": each.fen,
            }
            for line in found.lines
            for each in line.outcome.refunds
        ),
    )
    _insert(work, CommissionSettlement, _settlements(code, found.lines))


def _row(code: str, line: Line) -> dict[str, Any]:
    told = json.dumps(line.outcome.explanation.as_json(), ensure_ascii=False, separators=(",", ":"))
    place, paid, outcome = line.place, line.paid, line.outcome
    return {
        "month": code,
        "outlet_id": place.outlet,
        "unit_path": place.unit_path,
        "tier": place.tier,
        "class": place.class_,
        "setting": place.setting,
        "base_fen": line.base_fen,
        "years_factor": str(plain(paid.years_factor)),
        "pay_factor": str(plain(paid.pay_factor)),
        "composite": None if line.composite is None else hundredths(line.composite),
        "veto": line.veto,
        "amount_fen": paid.amount_fen,
        "withheld_fen": paid.withheld_fen,
        "staff_fen": outcome.staff_fen,
        "refunded_fen": outcome.refunded_fen,
        "settled_fen": outcome.settled_fen,
        "carried_in_fen": outcome.carried_in_fen,
        "paid_fen": outcome.paid_fen,
        "carried_on_fen": outcome.carried_on_fen,
        "explanation": zlib.compress(told.encode()),
    }


def _settlements(code: str, lines: Iterable[Line]) -> Iterator[dict[str, Any]]:
    for line in lines:
        for each in line.outcome.settlements:
            now = each.now
            yield {
                "outlet_id": line.place.outlet,
                "month": code,
                "of_month": now.month.code,
                "composite": None if now.composite is None else hundredths(now.composite),
                "veto": now.veto,
                "amount_fen": now.amount_fen,
                "withheld_fen": now.withheld_fen,
                "staff_fen": now.staff_fen,
                "refund_fen": now.refund_fen,
                "fen": each.fen,
            }


def _insert(work: Work, model: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    table = SQLModel.metadata.tables[str(model.__tablename__)]
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _AT_ONCE:
            work.connection.execute(table.insert(), some)
            some = []
    if some:
        work.connection.execute(table.insert(), some)
