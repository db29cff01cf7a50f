"""Late corrections: what appeals upheld after a month was closed would have changed in it; settled in the next month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM
from server.domain.periods import Period
from server.domain.visit import COUNTED, VisitKind
from server.queries import figures, reckoning, results
from server.queries.reckoning import Place
from server.queries.rules import rule_set
from server.storage.periods import PeriodRow, PeriodState, PeriodVisit, in_round
from server.storage.visits import Visit

_KINDS = (VisitKind.MYSTERY, VisitKind.AREA_VISIT)


@dataclass(frozen=True, slots=True)
class LateCorrection:
    """An agent's composite of a closed month as it was closed, and as it would be now; None: not rated.

    `visits` are those that were corrected or voided since.
    """

    outlet: UUID
    before: Fraction | None
    after: Fraction | None
    visits: tuple[UUID, ...]


def corrections_after_close(
    connection: sa.Connection, code: str, outlets: Collection[UUID] = ()
) -> list[LateCorrection]:
    """The corrections of a closed month that change a composite, by outlet; empty for one that is not closed.

    The month itself keeps what it was closed with. It is computed with its own rules, outlets and inputs, and the same
    visits as far as they still count, each in its newest accepted revision.
    """
    row: PeriodRow | None = results.period(connection, SYSTEM, code)
    if row is None or row.state is not PeriodState.CLOSED or row.kind != "month":
        return []
    changed = _changed(connection, row)
    wanted = {outlet for outlet in changed if not outlets or outlet in outlets}
    if not wanted:
        return []
    month, rules = Period.read(code), rule_set(connection, row.rules_version)
    places = [
        Place(each.outlet_id, each.unit_path, each.tier, each.class_, each.setting, each.since, each.star)
        for each in results.outlets_then(connection, code, row.round)
        if each.outlet_id in wanted and each.tier in reckoning.AGENTS
    ]
    stored = results.by_subject(
        connection, SYSTEM, code, "composite", subjects=[str(place.outlet) for place in places]
    )
    visits = figures.of_revisions(connection, _now(row, [place.outlet for place in places]), _KINDS)
    first, after = reckoning.reach(month, rules)
    of = reckoning.grounded(places, [each for each in visits if first <= each.figure.day < after])
    found = reckoning.composites_of(month, rules, of, reckoning.counts_of(connection, month, rules, places))
    told = []
    for place in places:
        before, now = stored[str(place.outlet)].exact, found[place.outlet].value
        if before != now:
            told.append(LateCorrection(place.outlet, before, now, tuple(sorted(changed[place.outlet]))))
    return told


def _changed(connection: sa.Connection, row: PeriodRow) -> dict[UUID, list[UUID]]:
    """The visits of a closed round that have another accepted revision now, or count no more, by outlet."""
    rows = connection.execute(
        sa.select(col(Visit.outlet_id), col(Visit.id))
        .join(PeriodVisit, col(PeriodVisit.visit_id) == col(Visit.id))
        .where(
            col(PeriodVisit.period) == row.code,
            in_round(PeriodVisit, row.round),
            sa.or_(
                col(Visit.accepted_revision) != col(PeriodVisit.revision),
                col(Visit.state).not_in(COUNTED),
            ),
        )
    )
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for outlet, visit in rows:
        found[outlet].append(visit)
    return dict(found)


def _now(row: PeriodRow, outlets: list[UUID]) -> sa.Subquery:
    kept = sa.and_(col(PeriodVisit.period) == row.code, in_round(PeriodVisit, row.round))
    return (
        sa.select(
            col(Visit.id).label("visit_id"),
            col(Visit.accepted_revision).label("revision"),
        )
        .join(PeriodVisit, col(PeriodVisit.visit_id) == col(Visit.id))
        .where(kept, col(Visit.state).in_(COUNTED), col(Visit.outlet_id).in_(outlets))
        .subquery()
    )
