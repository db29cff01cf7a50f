"""What the overview adds up beside the stored figures: commission, appeals that were upheld, weak items that improved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import Permission, Viewer
from server.domain.periods import Period
from server.domain.visit import SHANGHAI
from server.queries import results, scope
from server.queries.overview import Moments
from server.queries.results import STANDING
from server.storage.appeals import Appeal, AppealTurn
from server.storage.commission import CommissionMonth, CommissionRun, CommissionState
from server.storage.organisation import Outlet, Unit, UnitKind
from server.storage.periods import PeriodRow
from server.storage.visits import Visit

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in the shown period and in the one before, `of` how many (fen: of which paid), and its trend, the oldest first.

    A period of which a month is missing has no place in the trend and is compared with nothing: `whole` tells whether the
    shown one has all, `months` what each of its months has. `final` tells whether nothing of it can change any more.
    """

    code: str
    period: str
    value: int
    before: int | None
    of: int
    trend: tuple[tuple[str, int | None], ...]
    months: tuple[tuple[str, int], ...] = ()
    whole: bool = True
    final: bool = True

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
    made = _summed("commission", at.chosen, found)
    if made is None:
        return None
    shown = [month for month, _ in made.months]
    closed = connection.execute(
        sa.select(sa.func.count()).where(
            col(CommissionRun.month).in_(shown), col(CommissionRun.state) == CommissionState.CLOSED
        )
    ).scalar_one()
    return replace(made, final=closed == len(shown))


def appeals(connection: sa.Connection, viewer: Viewer, at: Moments, path: str) -> Sum | None:
    """How many appeals were upheld of those that were answered, by the day of the last answer.

    One that was asked again and waits is not answered. None without any, or for whoever may not see them.
    """
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
            # An appeal counts once, by what was said last.
            col(AppealTurn.number) == col(Appeal.turn),
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
    made = _summed("appeals", at.chosen, found, empty=True)
    return None if made is None else replace(made, final=at.chosen.state in STANDING)


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
    row = at.now("quarter")
    final = row is not None and row.state in STANDING
    return Sum("improvements", trend[-1][0], now[0], before, now[1], tuple(values), final=final)


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
    trend: list[tuple[str, int | None]] = []
    whole, shown, sums = True, [], (0, 0)
    for turn in range(turns - 1, -1, -1):
        each = period.back(turn)
        months = [month.code for month in each.split("month")]
        shown = [month for month in months if month in found]
        whole = len(shown) == len(months) or (empty and chosen.state in STANDING) or (empty and turn > 0)
        sums = (sum(found[month][0] for month in shown), sum(found[month][1] for month in shown))
        if shown or trend:
            there = whole and (bool(shown) or (empty and bool(trend)))
            trend.append((each.code, sums[0] if there else None))
    if not shown and not (empty and trend):
        return None
    before = trend[-2][1] if whole and len(trend) > 1 else None
    each_month = tuple((month, found[month][0]) for month in shown)
    return Sum(code, chosen.code, sums[0], before, sums[1], tuple(trend), each_month, whole)
