"""The page of an outlet: facts, published figures, and what visits, actions, appeals, decisions and reports there are for the viewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound
from server.domain.periods import Period
from server.domain.units import paths_of
from server.domain.visit import SHANGHAI
from server.queries import (
    action_desk,
    appeal_desk,
    commission_page,
    decisions,
    outlets_then,
    period_reports,
    result_lists,
    results,
    review,
    scope,
)
from server.queries.outlet_list import points
from server.storage.decisions import OutletChange
from server.storage.organisation import Outlet, Tier, Unit
from server.storage.periods import PeriodRow

MONTHS = 12
SHOWN = 8
"""So many of each sort stand on the page; the lists have the others."""


@dataclass(frozen=True, slots=True)
class Month:
    """The published composite of a month: as text, in percent of the bar, and its rank in the county company."""

    code: str
    composite: str | None
    bar: float | None
    rank: int | None
    of: int | None


@dataclass(frozen=True, slots=True)
class HallMonth:
    """The six indicators of an own hall in the latest month that is published and has them."""

    code: str
    figures: Sequence[result_lists.Indicator]


@dataclass(frozen=True, slots=True)
class Rating:
    """The published stars of a period, and the score that they stand on."""

    code: str
    star: str | None
    basis: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """What an outlet is today by its tier, class or setting, and what it becomes, with the days in their order.

    An import of outlets holds from the first of a month on.
    """

    today: str
    later: tuple[tuple[date, str], ...]


@dataclass(frozen=True, slots=True)
class OutletPage:
    """Everything that the page shows; what the viewer may not see of a sort is None. `held` are tier, class and setting."""

    outlet: Outlet
    held: Mapping[str, Held]
    units: tuple[str, ...]
    months: tuple[Month, ...]
    indicators: HallMonth | None
    ratings: tuple[Rating, ...]
    visits: Sequence[review.Row]
    visit_count: int
    actions: action_desk.Listing | None
    appeals: appeal_desk.Listing | None
    decisions: Sequence[decisions.Row] | None
    changes: Sequence[OutletChange]
    unit_names: Mapping[str, str]
    reports: period_reports.Lines | None
    commission: commission_page.Page | None


def outlet_page(session: Session, viewer: Viewer, code: str, now: datetime) -> OutletPage:
    """An outlet in sight by its code. Raises NotFound."""
    outlet = session.exec(
        select(Outlet)
        .where(Outlet.code == code, scope.outlets(viewer))
        .execution_options(populate_existing=True)
    ).first()
    if outlet is None:
        raise NotFound()
    visits = review.listing(session, viewer, review.Filters(search=code, sort="-date"), now)
    own = [row for row in visits.rows if row.outlet_code == code]
    acts = action_desk.Filters(state="all", outlet=code)
    asks = appeal_desk.Filters(search=code)
    lines = period_reports.Filters(search=code)
    changes = decisions.changes_of(session, viewer, outlet.id)
    return OutletPage(
        outlet=outlet,
        held=_held(session, outlet, changes, now),
        units=_units(session, outlet),
        months=_months(session, viewer, outlet),
        indicators=_indicators(session, viewer, outlet) if outlet.tier is Tier.OWN_HALL else None,
        ratings=_ratings(session, viewer, outlet),
        visits=own[:SHOWN],
        visit_count=visits.total,
        actions=action_desk.listing(session, viewer, acts, now)
        if viewer.may(Permission.SEE_ACTIONS)
        else None,
        appeals=appeal_desk.listing(session, viewer, asks, now)
        if viewer.may(Permission.SEE_APPEALS)
        else None,
        decisions=decisions.of_outlet(session, viewer, outlet.id)
        if viewer.may(Permission.SEE_DECISIONS)
        else None,
        changes=changes,
        unit_names=_unit_names(session, changes),
        reports=period_reports.lines(session, viewer, lines) if viewer.may(Permission.SEE_PERIODS) else None,
        commission=_commission(session, viewer, outlet),
    )


def _held(
    session: Session, outlet: Outlet, changes: Sequence[OutletChange], now: datetime
) -> Mapping[str, Held]:
    listed = {"tier": str(outlet.tier), "class": outlet.class_, "setting": str(outlet.setting)}
    was = outlets_then.standing_at(session.connection(), outlet.id, now)
    today = now.astimezone(SHANGHAI).date()
    found = {}
    for field, value in listed.items():
        # The latest stands first, so that of several of one day the last one is kept.
        coming: dict[date, str] = {}
        for each in changes:
            if each.field == field and each.from_day > today:
                coming.setdefault(each.from_day, each.after)
        found[field] = Held(was.get(field, value), tuple(sorted(coming.items())))
    return found


def _commission(session: Session, viewer: Viewer, outlet: Outlet) -> commission_page.Page | None:
    """The outlet's commission; None where the viewer may not see it or there is none yet."""
    if not viewer.may(Permission.SEE_COMMISSION):
        return None
    try:
        return commission_page.page(session, viewer, outlet.id)
    except NotFound:
        return None


def _unit_names(session: Session, changes: Sequence[OutletChange]) -> Mapping[str, str]:
    """The names of the units between which it went, by path."""
    paths = {path for each in changes if each.field == "unit" for path in (each.before, each.after)}
    rows = session.exec(select(Unit.path, Unit.name).where(col(Unit.path).in_(paths)))
    return dict(iter(rows))


def _units(session: Session, outlet: Outlet) -> tuple[str, ...]:
    """The names of the units above it, from the top, without the province."""
    found = session.exec(
        select(Unit.name).where(col(Unit.path).in_(paths_of(outlet.unit_path)[1:])).order_by(col(Unit.path))
    )
    return tuple(found)


def _months(session: Session, viewer: Viewer, outlet: Outlet) -> tuple[Month, ...]:
    connection, subject = session.connection(), str(outlet.id)
    codes = [row.code for row in _standing(session, viewer)]
    by_month = results.over(connection, viewer, codes, "composite", subjects=[subject])
    found = []
    for code in codes:
        result = by_month[code].get(subject)
        if result is not None:
            figure = result.hundredths
            found.append(
                Month(
                    code,
                    points(figure),
                    figure / 100 if figure is not None else None,
                    result.rank,
                    result.of,
                )
            )
    return tuple(reversed(found))


def _standing(session: Session, viewer: Viewer) -> list[PeriodRow]:
    """The last months that are published, the latest at the end."""
    rows = [
        row
        for row in results.periods(session.connection(), viewer)
        if row.kind == "month" and row.state in results.STANDING
    ]
    return sorted(rows, key=lambda row: row.code)[-MONTHS:]


def _indicators(session: Session, viewer: Viewer, outlet: Outlet) -> HallMonth | None:
    for row in reversed(_standing(session, viewer)):
        found = result_lists.hall(session.connection(), viewer, row, outlet.id)
        if found:
            return HallMonth(row.code, found)
    return None


def _ratings(session: Session, viewer: Viewer, outlet: Outlet) -> tuple[Rating, ...]:
    connection, subject = session.connection(), str(outlet.id)
    found = []
    rows = results.periods(connection, viewer)
    for row in sorted(rows, key=lambda each: Period.read(each.code).last, reverse=True):
        if Period.read(row.code).kind == "month" or row.state not in results.STANDING:
            continue
        of = {
            each.code: each
            for each in results.results(
                connection, viewer, row.code, ["star", "star-basis"], subjects=[subject]
            )
        }
        if "star" in of:
            basis = of.get("star-basis")
            found.append(Rating(row.code, of["star"].value, points(basis.hundredths) if basis else None))
    return tuple(found)
