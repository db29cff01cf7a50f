"""The month of outlets: means of their visits, and the composite of agents with what the system knows today."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM, Viewer
from server.domain.aggregates import VisitFigure, by_outlet, outlet_mean
from server.domain.composite import Composite
from server.domain.explain import Explanation
from server.domain.periods import Period
from server.domain.rules import RuleSet
from server.domain.visit import VisitKind
from server.queries import inputs
from server.queries.figures import Span, figures
from server.queries.reckoning import composite_of
from server.queries.rules import rules_on
from server.storage.organisation import Outlet, OutletStatus, Tier

_KINDS = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)


@dataclass(frozen=True, slots=True)
class OutletMonth:
    """An outlet's month: the means of its mystery and area visits, unrounded, and an agent's composite.

    `composite` is None for own halls, which have stars without it. A part that was not imported has no data; the
    explanation says so and how its weight is spread.
    """

    outlet: UUID
    tier: str
    mystery: Fraction | None
    mystery_why: Explanation
    area_check: Fraction | None
    area_check_why: Explanation
    composite: Composite | None


def outlet_months(
    connection: sa.Connection,
    month: Period,
    unit_path: str = "",
    *,
    outlet: UUID | None = None,
    rules: RuleSet | None = None,
    viewer: Viewer = SYSTEM,
) -> dict[UUID, OutletMonth]:
    """The month of every outlet of a unit that is open, or of one outlet; with the rule set of the month's first day."""
    rules = rules or rules_on(connection, month.first)
    places = _outlets(connection, unit_path, outlet)
    first = month.back(rules.composite.missing.months_before).first
    span = Span(first, month.after, _KINDS, unit_path if outlet is None else "", (), outlet, viewer)
    read = by_outlet(figures(connection, span))
    missing = rules.composite.missing
    codes = [month.back(turn).code for turn in range(max(missing.months_before + 1, missing.replies_months))]
    counts = inputs.counts(connection, viewer, codes, outlets=[outlet] if outlet else ())
    return {
        place: _month(place, tier, read.get(str(place), []), counts.get(place, {}), month, rules)
        for place, tier in places.items()
    }


def _month(
    place: UUID,
    tier: str,
    visits: list[VisitFigure],
    counts: inputs.Counts,
    month: Period,
    rules: RuleSet,
) -> OutletMonth:
    mystery = [visit for visit in visits if visit.kind == VisitKind.MYSTERY]
    area = [visit for visit in visits if visit.kind == VisitKind.AREA_VISIT]
    found = outlet_mean([visit for visit in mystery if month.holds(visit.day)], "mystery-mean")
    checked = outlet_mean([visit for visit in area if month.holds(visit.day)], "area-check-mean")
    composite = None
    if tier != Tier.OWN_HALL:
        composite = composite_of(month, rules, tier, visits, counts)
    return OutletMonth(place, tier, *found, *checked, composite)


def _outlets(connection: sa.Connection, unit_path: str, outlet: UUID | None) -> dict[UUID, str]:
    statement = sa.select(col(Outlet.id), col(Outlet.tier)).where(
        col(Outlet.status).in_((OutletStatus.ACTIVE, OutletStatus.PROBATION))
    )
    if outlet is not None:
        statement = sa.select(col(Outlet.id), col(Outlet.tier)).where(col(Outlet.id) == outlet)
    elif unit_path:
        statement = statement.where(col(Outlet.unit_path).startswith(unit_path, autoescape=True))
    return {place: tier.value for place, tier in connection.execute(statement.order_by(col(Outlet.code)))}
