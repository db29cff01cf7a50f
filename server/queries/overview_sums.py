"""What the overview adds up beside the stored figures: commission, appeals that were upheld, weak items that improved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Permission, Viewer
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries import results, scope
from server.queries.overview import Moments
from server.storage.appeals import Appeal, AppealTurn
from server.storage.commission import CommissionMonth
from server.storage.organisation import Outlet, Unit, UnitKind
from server.storage.periods import PeriodRow
from server.storage.visits import Visit

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in the shown period and in the one before, `of` how many (fen: of which paid), and its trend, the oldest first."""

    code: str
    period: str
    value: int
    before: int | None
    of: int
    trend: tuple[tuple[str, int | None], ...]

    @property
    def change(self) -> int | None:
        """The difference to the period before."""
        return None if self.before is None else self.value - self.before


def commission(connection: sa.Connection, viewer: Viewer, at: Moments, path: str) -> Sum | None:
    """The service commission of a unit's outlets in fen, `of` what is paid; None without a month of it, or for whoever may not see it."""
    if not viewer.may(Permission.SEE_COMMISSION):
        return None
    months = _months(at.chosen)
    table = CommissionMonth.__table__  # type: ignore[attr-defined]
    rows = connection.execute(
        sa.select(table.c.month, sa.func.sum(table.c.amount_fen), sa.func.sum(table.c.paid_fen))
        .where(
            table.c.month.in_(months),
            table.c.unit_path.startswith(path, autoescape=True),
            scope.commission(viewer),
        )
        .group_by(table.c.month)
    )
    found = {month: (int(amount), int(paid)) for month, amount, paid in rows}
    return _summed("commission", at.chosen, found)


def appeals(connection: sa.Connection, viewer: Viewer, at: Moments, path: str) -> Sum | None:
    """How many appeals were upheld of those that were answered, by the day of the answer; None without any, or for whoever may not see them."""
    if not viewer.may(Permission.SEE_APPEALS):
        return None
    months = [Period.read(code) for code in _months(at.chosen)]
    begins = [datetime.combine(month.first, time(), SHANGHAI) for month in (*months, months[-1].back(-1))]
    answered = col(AppealTurn.answered_at)
    in_month = sa.case(
        *((answered < after, month.code) for month, after in zip(months, begins[1:], strict=True))
    )
    rows = connection.execute(
        sa.select(in_month.label("month"), col(AppealTurn.upheld), sa.func.count())
        .join(Appeal, col(Appeal.id) == col(AppealTurn.appeal_id))
        .join(Visit, col(Visit.id) == col(Appeal.visit_id))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .where(
            answered >= begins[0],
            answered < begins[-1],
            col(Outlet.unit_path).startswith(path, autoescape=True),
            scope.answered_appeals(viewer),
        )
        .group_by("month", col(AppealTurn.upheld))
    )
    found: dict[str, tuple[int, int]] = {}
    for month, upheld, many in rows:
        before = found.get(month, (0, 0))
        found[month] = (before[0] + many * bool(upheld), before[1] + many)
    return _summed("appeals", at.chosen, found, empty=True)


def improvements(connection: sa.Connection, viewer: Viewer, at: Moments, path: str) -> Sum | None:
    """How many units improved their weak item as they should, of those of which it was asked, in the quarter that is shown.

    Of the province its branches, of any other unit its own. None where nothing was asked in that quarter.
    """
    codes = [code for code, row in at.trends["quarter"] if row]
    if not codes:
        return None
    subjects = [path]
    if path.count("/") == 1:
        rows = connection.execute(
            sa.select(col(Unit.path)).where(
                col(Unit.kind) == UnitKind.BRANCH,
                col(Unit.path).startswith(path, autoescape=True),
                scope.units(viewer),
            )
        )
        subjects = list(rows.scalars())
    found: dict[str, tuple[int, int]] = {}
    outcomes = results.series(connection, viewer, codes, ["weak-item-improvement"], subjects)
    for (period, _, _), each in outcomes.items():
        if each.value in ("met", "missed"):
            met, of = found.get(period, (0, 0))
            found[period] = (met + (each.value == "met"), of + 1)
    trend = [(code, found.get(code)) for code, _ in at.trends["quarter"]]
    now = trend[-1][1]
    if now is None:
        return None
    values = [(code, each[0] if each else None) for code, each in trend]
    before = values[-2][1] if len(values) > 1 else None
    return Sum("improvements", trend[-1][0], now[0], before, now[1], tuple(values))


def _months(chosen: PeriodRow) -> list[str]:
    """The codes of the twelve months that end with a period."""
    last = Period.of("month", Period.read(chosen.code).last)
    return [last.back(turn).code for turn in range(_MONTHS - 1, -1, -1)]


def _summed(
    code: str, chosen: PeriodRow, found: Mapping[str, Sequence[int]], *, empty: bool = False
) -> Sum | None:
    """The months of each period of the chosen kind added up; a period without a single one has no sum, unless nothing is nought."""
    period = Period.read(chosen.code)
    if not found:
        return None
    turns = _MONTHS // len(period.split("month"))
    trend: list[tuple[str, tuple[int, int] | None]] = []
    for turn in range(turns - 1, -1, -1):
        each = period.back(turn)
        mine = [found[month.code] for month in each.split("month") if month.code in found]
        there = bool(mine) or (empty and bool(trend))
        if there or trend:
            sums = (sum(one[0] for one in mine), sum(one[1] for one in mine))
            trend.append((each.code, sums if there else None))
    if not trend or trend[-1][1] is None:
        return None
    values = tuple((name, sums[0] if sums else None) for name, sums in trend)
    before = values[-2][1] if len(values) > 1 else None
    return Sum(code, chosen.code, trend[-1][1][0], before, trend[-1][1][1], values)
