"""The visits of a round: which of those that count now belong to it, and which of them it does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.periods import Period
from server.domain.visit import VisitKind, VisitState
from server.queries import reckoning, scope, star_reckoning
from server.queries.rules import rule_set
from server.storage.facts import VisitFacts
from server.storage.organisation import Tier
from server.storage.periods import PeriodOutlet, PeriodRow, PeriodState, PeriodVisit, in_round
from server.storage.visits import Visit

COMPOSITE = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)
"""What a month's composites ask for of visits."""


def belongs(connection: sa.Connection, row: PeriodRow, visit_id: UUID) -> bool:
    """Whether a visit counts now and a period computed anew would take it."""
    # Asked so that SQLite finds it by its id, not by the index of those that count.
    mine = sa.select(col(VisitFacts.counts)).where(col(VisitFacts.visit_id) == visit_id)
    return True in connection.execute(mine.where(_takes(connection, row))).scalars().all()


def missing(connection: sa.Connection, row: PeriodRow) -> list[UUID]:
    """The visits that belong to a period's stored round and are not in it, in the order of their ids."""
    if not row.digest:
        return []
    kept = sa.exists().where(
        col(PeriodVisit.period) == row.code,
        in_round(PeriodVisit, row.round),
        col(PeriodVisit.visit_id) == col(VisitFacts.visit_id),
    )
    rows = connection.execute(_of(connection, row).where(~kept).order_by(col(VisitFacts.visit_id)))
    return list(rows.scalars())


def outdated(connection: sa.Connection, row: PeriodRow) -> list[UUID]:
    """The visits of a period's stored round that do not belong to it any more, or have another accepted revision now."""
    same = _of(connection, row).where(
        col(VisitFacts.visit_id) == col(PeriodVisit.visit_id),
        col(VisitFacts.revision) == col(PeriodVisit.revision),
    )
    rows = connection.execute(
        sa.select(col(PeriodVisit.visit_id))
        .where(
            col(PeriodVisit.period) == row.code,
            in_round(PeriodVisit, row.round),
            ~same.correlate(PeriodVisit).exists(),
        )
        .order_by(col(PeriodVisit.visit_id))
    )
    return list(rows.scalars())


def tellable(connection: sa.Connection, row: PeriodRow, visits: Sequence[UUID]) -> list[UUID]:
    """Those of the visits that may enter the period's round now: a covert one that is not published only into a draft,
    since from then on branches see the figures."""
    if row.state is PeriodState.DRAFT or not visits:
        return list(visits)
    hidden = sa.and_(scope.covert(), col(Visit.state) == VisitState.ACCEPTED)
    rows = connection.execute(sa.select(col(Visit.id)).where(col(Visit.id).in_(list(visits)), ~hidden))
    found = set(rows.scalars())
    return [each for each in visits if each in found]


def _of(connection: sa.Connection, row: PeriodRow) -> Any:
    """The ids of the visits that count now and belong to a period, whatever its round has."""
    return sa.select(col(VisitFacts.visit_id)).where(
        col(VisitFacts.counts) == sa.true(), _takes(connection, row)
    )


def _takes(connection: sa.Connection, row: PeriodRow) -> sa.ColumnElement[bool]:
    period, rules = Period.read(row.code), rule_set(connection, row.rules_version)
    day, kind = col(VisitFacts.counts_on), col(VisitFacts.kind)
    outlet = sa.exists().where(
        col(PeriodOutlet.outlet_id) == col(VisitFacts.outlet_id),
        col(PeriodOutlet.period) == row.code,
        in_round(PeriodOutlet, row.round),
    )
    takes = []
    if period.kind == "month":
        first, after = reckoning.reach(period, rules)
        kinds = [each.value for each in COMPOSITE]
        takes.append(sa.and_(outlet, kind.in_(kinds), day >= first, day < after))
    if period.kind == "quarter":
        first, after = period.back().first, period.after
        hall = col(VisitFacts.tier) == Tier.OWN_HALL.value
        takes.append(sa.and_(hall, kind == VisitKind.MYSTERY.value, day >= first, day < after))
    if period.kind == rules.stars.period:
        kinds = [each.value for each in star_reckoning.KINDS]
        takes.append(sa.and_(outlet, kind.in_(kinds), day >= period.first, day < period.after))
    return sa.or_(sa.false(), *takes)
