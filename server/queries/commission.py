"""Commission as people look at it: the months, a month's table with its sums, and rows for payment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from server.domain.access import Permission, Viewer
from server.queries import results, scope
from server.queries.results import STANDING
from server.queries.review import branches_of
from server.storage.commission import (
    CommissionMonth,
    CommissionRefund,
    CommissionRun,
    CommissionShare,
    CommissionState,
)
from server.storage.organisation import Outlet, User

PAGE = 25
SUMS = ("amount", "staff", "refunded", "settled", "carried_in", "paid", "carried_on", "withheld")
SHOWN = ("all", "negative", "withheld", "refunded", "settled", "veto", "unnamed", "left")
"""What of a month's lines is shown; `unnamed`: nobody has a share of a positive month, `left`: who has left in debt."""
_MONTH = CommissionMonth.__table__  # type: ignore[attr-defined]
_SHARE = CommissionShare.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Filters:
    """What of a month is shown: `branch` is a path, `only` one of SHOWN, `sort` a column, with - before it for the largest first."""

    month: str = ""
    branch: str = ""
    tier: str = ""
    only: str = "all"
    search: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Run:
    """A month: `state` is empty while it is not computed; `checks` say what closing asks for and whether it holds.

    `unnamed`: of so many outlets no staff is named, so that nobody has a share of what they get.
    """

    month: str
    state: str
    published: bool
    digest: str = ""
    computed_at: datetime | None = None
    computed_by: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    checks: tuple[tuple[str, bool, str], ...] = ()
    unnamed: int = 0

    @property
    def ready(self) -> bool:
        """Whether all checks hold."""
        return all(holds for _, holds, _ in self.checks)


@dataclass(frozen=True, slots=True)
class Row:
    """An outlet's line of a month with its sums in fen by SUMS; `composite` in hundredths."""

    outlet_id: UUID
    outlet: str
    code: str
    branch: str
    tier: str
    class_: str
    setting: str
    base_fen: int
    years_factor: str
    pay_factor: str
    composite: int | None
    veto: bool
    fen: dict[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A page of a month's lines, how many there are in all, and their sums in fen."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    sums: dict[str, int]


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A share of somebody named for a month at an outlet, in fen."""

    outlet: str
    code: str
    branch: str
    of_month: str
    number: str
    name: str
    weight: int
    fen: int


def runs(session: Session, viewer: Viewer) -> list[Run]:
    """The months in sight, the latest first; who may compute sees published ones too that are not computed."""
    connection = session.connection()
    periods = {each.code: each for each in results.periods(connection, viewer) if each.kind == "month"}
    seen = set(
        session.execute(sa.select(_MONTH.c.month).where(scope.commission(viewer)).distinct()).scalars()
    )
    stored = {row.month: row for row in session.execute(sa.select(CommissionRun)).scalars()}
    people = {each for run in stored.values() for each in (run.computed_by, run.closed_by) if each}
    found_ = session.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(people)))
    names: dict[UUID | None, str] = {row[0]: row[1] for row in found_}
    found = []
    standing = {code for code, each in periods.items() if each.state in STANDING}
    computes = viewer.may(Permission.CLOSE_COMMISSION)
    for code in sorted(seen | (standing if computes else set()), reverse=True):
        run = stored.get(code)
        if run is None:
            found.append(Run(code, "", True))
            continue
        found.append(
            Run(
                code,
                run.state.value,
                code in standing,
                run.digest,
                run.computed_at,
                names.get(run.computed_by, ""),
                run.closed_at,
                names.get(run.closed_by, ""),
                _checks(viewer, run, stored, periods) if computes else (),
                _unnamed(session, code) if computes and run.state is not CommissionState.CLOSED else 0,
            )
        )
    return found


def table(session: Session, viewer: Viewer, filters: Filters) -> Table:
    """A month's lines in sight that were asked for, by outlet code unless another order is wished."""
    where = _wanted(viewer, filters)
    sums = session.execute(
        sa.select(
            sa.func.count(), *(sa.func.coalesce(sa.func.sum(_MONTH.c[f"{name}_fen"]), 0) for name in SUMS)
        )
        .join(Outlet, col(Outlet.id) == _MONTH.c.outlet_id)
        .where(*where)
    ).one()
    pages = max(1, -(-sums[0] // PAGE))
    page = min(max(1, filters.page), pages)
    statement = _select(filters).where(*where).limit(PAGE).offset((page - 1) * PAGE)
    rows = tuple(_rows(session, viewer, statement))
    return Table(rows, sums[0], page, pages, dict(zip(SUMS, (int(each) for each in sums[1:]), strict=True)))


def lines(session: Session, viewer: Viewer, filters: Filters) -> list[Row]:
    """All lines that were asked for, for payment."""
    return list(_rows(session, viewer, _select(filters).where(*_wanted(viewer, filters))))


def staff(session: Session, viewer: Viewer, filters: Filters) -> list[StaffRow]:
    """The staff's shares of the same lines, by outlet, month and number."""
    share = _SHARE
    branches = branches_of(session, viewer)
    rows = session.execute(
        sa.select(
            col(Outlet.name).label("outlet"), col(Outlet.code).label("code"), _MONTH.c.unit_path, *share.c
        )
        .join(share, sa.and_(share.c.month == _MONTH.c.month, share.c.outlet_id == _MONTH.c.outlet_id))
        .join(Outlet, col(Outlet.id) == _MONTH.c.outlet_id)
        .where(*_wanted(viewer, filters))
        .order_by(col(Outlet.code), share.c.of_month, share.c.number)
    ).mappings()
    return [
        StaffRow(
            row["outlet"],
            row["code"],
            _branch(row["unit_path"], branches),
            row["of_month"],
            row["number"],
            row["name"],
            row["weight"],
            row["fen"],
        )
        for row in rows
    ]


def refunded_months(session: Session, viewer: Viewer, month: str) -> dict[UUID, str]:
    """By outlet in sight the months whose withheld sums are paid back with this one."""
    refund = CommissionRefund.__table__  # type: ignore[attr-defined]
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    here = sa.select(_MONTH.c.outlet_id).where(scope.commission(viewer), _MONTH.c.month == month)
    for outlet, withheld in session.execute(
        sa.select(refund.c.outlet_id, refund.c.withheld_month)
        .where(refund.c.paid_with == month, refund.c.outlet_id.in_(here))
        .order_by(refund.c.withheld_month)
    ):
        found[outlet].append(withheld)
    return {outlet: "、".join(months) for outlet, months in found.items()}


def _checks(
    viewer: Viewer, run: CommissionRun, stored: dict[str, CommissionRun], periods: dict[str, Any]
) -> tuple[tuple[str, bool, str], ...]:
    """What closing asks for, and the month or nothing that stands in its way."""
    if run.state is CommissionState.CLOSED:
        return ()
    open_ = [
        code for code, each in stored.items() if code < run.month and each.state is not CommissionState.CLOSED
    ]
    period = periods.get(run.month)
    return (
        ("published", period is not None and period.state in STANDING, ""),
        ("same-round", period is not None and period.round == run.round, ""),
        ("earlier", not open_, min(open_, default="")),
        ("other", run.computed_by is None or str(run.computed_by) != viewer.user_id, ""),
    )


def _unnamed(session: Session, month: str) -> int:
    statement = sa.select(sa.func.count()).select_from(_MONTH)
    return int(session.execute(statement.where(_MONTH.c.month == month, _without_shares())).scalar_one())


def _without_shares() -> sa.ColumnElement[bool]:
    """A positive month of which nobody has a share: its staff list is missing."""
    shares = sa.exists().where(
        _SHARE.c.outlet_id == _MONTH.c.outlet_id,
        _SHARE.c.month == _MONTH.c.month,
        _SHARE.c.of_month == _MONTH.c.month,
    )
    return sa.and_(_MONTH.c.amount_fen > 0, ~shares)


def _wanted(viewer: Viewer, filters: Filters) -> list[sa.ColumnElement[bool]]:
    wanted = [scope.commission(viewer), _MONTH.c.month == filters.month]
    if filters.branch:
        wanted.append(_MONTH.c.unit_path.startswith(filters.branch, autoescape=True))
    if filters.tier:
        wanted.append(_MONTH.c.tier == filters.tier)
    if filters.search:
        like = [
            each.contains(filters.search, autoescape=True) for each in (col(Outlet.name), col(Outlet.code))
        ]
        wanted.append(sa.or_(*like))
    only = {
        "negative": _MONTH.c.amount_fen < 0,
        "withheld": _MONTH.c.withheld_fen > 0,
        "refunded": _MONTH.c.refunded_fen > 0,
        "settled": _MONTH.c.settled_fen != 0,
        "veto": _MONTH.c.veto,
        "unnamed": _without_shares(),
        "left": sa.and_(_MONTH.c.base_fen == 0, _MONTH.c.carried_on_fen < 0),
    }.get(filters.only)
    return wanted if only is None else [*wanted, only]


def _select(filters: Filters) -> Any:
    columns = {
        "composite": _MONTH.c.composite,
        **{name: _MONTH.c[f"{name}_fen"] for name in SUMS},
    }
    name = filters.sort.removeprefix("-")
    order: list[Any] = []
    if name in columns:
        order = [columns[name].desc() if filters.sort.startswith("-") else columns[name].asc()]
    kept = [each for each in _MONTH.c if each.name != "explanation"]
    return (
        sa.select(*kept, col(Outlet.name), col(Outlet.code))
        .join(Outlet, col(Outlet.id) == _MONTH.c.outlet_id)
        .order_by(*order, col(Outlet.code), col(Outlet.id))
    )


def _rows(session: Session, viewer: Viewer, statement: Any) -> Iterator[Row]:
    branches = branches_of(session, viewer)
    for row in session.execute(statement).mappings():
        yield Row(
            row["outlet_id"],
            row["name"],
            row["code"],
            _branch(row["unit_path"], branches),
            row["tier"],
            row["class"],
            row["setting"],
            row["base_fen"],
            row["years_factor"],
            row["pay_factor"],
            row["composite"],
            row["veto"],
            {name: row[f"{name}_fen"] for name in SUMS},
        )


def _branch(path: str, branches: tuple[tuple[str, str], ...]) -> str:
    return next((name for each, name in branches if path.startswith(each)), "")
