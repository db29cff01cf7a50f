"""Figures of a span: the counted visits of units and outlets from their facts, and what the domain makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from server.domain.access import SYSTEM, Viewer
from server.domain.aggregates import VisitFigure
from server.domain.indicators import Sum, capped, catalogue, sums, together
from server.domain.periods import Period
from server.domain.visit import VisitKind
from server.queries import checklists, scope
from server.storage.facts import VisitFacts
from server.storage.organisation import Unit, UnitKind
from server.storage.periods import PeriodVisit, in_round
from server.storage.visits import Visit

_Any = TypeVar("_Any")
_Packed = tuple[tuple[str, int], bytes]
_AT_ONCE = 500

_COLUMNS = (
    col(VisitFacts.visit_id),
    col(VisitFacts.outlet_id),
    col(VisitFacts.unit_path),
    col(VisitFacts.tier),
    col(VisitFacts.kind),
    col(VisitFacts.part),
    col(VisitFacts.visit_date),
    col(VisitFacts.counts_on),
    col(VisitFacts.checklist_id),
    col(VisitFacts.checklist_version),
    col(VisitFacts.earned),
    col(VisitFacts.full),
    col(VisitFacts.prohibition_earned),
    col(VisitFacts.prohibition_full),
    col(VisitFacts.touchpoints_met),
    col(VisitFacts.touchpoints),
    col(VisitFacts.packed),
    col(VisitFacts.revision),
)


@dataclass(frozen=True, slots=True)
class Span:
    """Which visits are asked for: those that count from `first` until before `after`, and where.

    Empty `unit_path`, `tiers` and `outlets` and no `outlet` mean all. Only what `viewer` may see is read: who may not see covert
    visits gets figures of published ones.
    """

    first: date
    after: date
    kinds: Collection[VisitKind]
    unit_path: str = ""
    tiers: Collection[str] = ()
    outlet: UUID | None = None
    viewer: Viewer = field(default=SYSTEM)
    outlets: Collection[UUID] = ()

    @classmethod
    def of(cls, period: Period, kinds: Collection[VisitKind], **given: object) -> Span:
        """Return the span of a period."""
        return cls(period.first, period.after, kinds, **given)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Counted:
    """One counted visit as it was read: its figure, where it was then, and its packed samples."""

    figure: VisitFigure
    unit_path: str
    tier: str
    checklist: tuple[str, int]
    packed: bytes
    revision: int


def counted(connection: sa.Connection, span: Span) -> list[Counted]:
    """The counted visits of a span, each with its latest accepted revision, in no order."""
    return [_counted(row) for row in connection.execute(_of(span, sa.select(*_COLUMNS))).all()]


def revisions(connection: sa.Connection, span: Span) -> dict[str, int]:
    """The accepted revision of each counted visit of a span, by its id."""
    rows = connection.execute(_of(span, sa.select(col(VisitFacts.visit_id), col(VisitFacts.revision))))
    return {str(visit): revision for visit, revision in rows}


def of_revisions(
    connection: sa.Connection, revisions: sa.Subquery, kinds: Collection[VisitKind]
) -> list[Counted]:
    """The same of the named revisions (`visit_id`, `revision`), whatever became of the visits since; in no order."""
    statement = (
        sa.select(*_COLUMNS)
        .join(
            revisions,
            sa.and_(
                revisions.c.visit_id == col(VisitFacts.visit_id),
                revisions.c.revision == col(VisitFacts.revision),
            ),
        )
        .where(col(VisitFacts.kind).in_([kind.value for kind in kinds]))
    )
    return [_counted(row) for row in connection.execute(statement).all()]


def of_round(
    connection: sa.Connection,
    code: str,
    number: int,
    of: sa.ColumnElement[bool],
    kinds: Collection[VisitKind],
    first: date,
    after: date,
) -> list[Counted]:
    """The same of the revisions that a round of a period has, of the facts `of` and counting in these days, whatever became of
    the visits since; in no order."""
    there = sa.select(*_COLUMNS).where(
        of,
        col(VisitFacts.kind).in_([kind.value for kind in kinds]),
        col(VisitFacts.counts_on) >= first,
        col(VisitFacts.counts_on) < after,
    )
    found = [_counted(row) for row in connection.execute(there).all()]
    # Asked for these visits alone: a round has those of the whole province.
    kept = kept_of(connection, code, number, {UUID(each.figure.visit) for each in found})
    return [each for each in found if (UUID(each.figure.visit), each.revision) in kept]


def kept_of(
    connection: sa.Connection, code: str, number: int, visits: Collection[UUID]
) -> set[tuple[UUID, int]]:
    """Those of these visits that a round has, each with the revision that it has of it."""
    kept: set[tuple[UUID, int]] = set()
    ids = list(visits)
    for begin in range(0, len(ids), _AT_ONCE):
        rows = connection.execute(
            sa.select(col(PeriodVisit.visit_id), col(PeriodVisit.revision)).where(
                col(PeriodVisit.period) == code,
                in_round(PeriodVisit, number),
                col(PeriodVisit.visit_id).in_(ids[begin : begin + _AT_ONCE]),
            )
        )
        kept |= {(visit, revision) for visit, revision in rows}
    return kept


def figures(connection: sa.Connection, span: Span) -> list[VisitFigure]:
    """The figures of the counted visits of a span, in no order."""
    return [each.figure for each in counted(connection, span)]


def summed(connection: sa.Connection, visits: Iterable[Counted]) -> tuple[Sum, ...]:
    """What visits earned of each indicator, over all checklists and versions, in the order of the newest."""
    by_checklist: defaultdict[tuple[str, int], list[bytes]] = defaultdict(list)
    for visit in visits:
        by_checklist[visit.checklist].append(visit.packed)
    return together(
        sums(catalogue(checklists.compiled(connection, *key)), by_checklist[key])
        for key in sorted(by_checklist, key=lambda key: (key[0], -key[1]))
    )


def units(connection: sa.Connection, kind: UnitKind, within: str = "") -> dict[str, str]:
    """The names of all units of a kind by their paths, in the order of the paths."""
    statement = sa.select(col(Unit.path), col(Unit.name)).where(col(Unit.kind) == kind)
    if within:
        statement = statement.where(col(Unit.path).startswith(within, autoescape=True))
    return {row[0]: row[1] for row in connection.execute(statement.order_by(col(Unit.path)))}


def by_unit(visits: Iterable[Counted], paths: Collection[str]) -> Mapping[str, Sequence[Counted]]:
    """Visits by the unit of `paths` in which their outlet lay then; each path has its list, also an empty one."""
    found: dict[str, list[Counted]] = {path: [] for path in paths}
    depths = sorted({path.count("/") for path in paths})
    for visit in visits:
        steps = visit.unit_path.split("/")
        for depth in depths:
            mine = found.get("/".join(steps[:depth]) + "/")
            if mine is not None:
                mine.append(visit)
    return found


def _of(span: Span, select: Any) -> Any:
    """The question, kept to the counted visits of a span: of each its latest accepted revision."""
    statement = select.select_from(VisitFacts).where(
        col(VisitFacts.counts) == sa.true(),
        col(VisitFacts.kind).in_([kind.value for kind in span.kinds]),
        col(VisitFacts.counts_on) >= span.first,
        col(VisitFacts.counts_on) < span.after,
    )
    if span.viewer is not SYSTEM:
        same = col(Visit.id) == col(VisitFacts.visit_id)
        statement = statement.join(Visit, same).where(scope.visits(span.viewer))
    if span.unit_path:
        statement = statement.where(col(VisitFacts.unit_path).startswith(span.unit_path, autoescape=True))
    if span.tiers:
        statement = statement.where(col(VisitFacts.tier).in_(list(span.tiers)))
    if span.outlet is not None:
        statement = statement.where(col(VisitFacts.outlet_id) == span.outlet)
    if span.outlets:
        statement = statement.where(col(VisitFacts.outlet_id).in_(list(span.outlets)))
    return statement


def _counted(row: Any) -> Counted:
    (
        visit,
        outlet,
        unit_path,
        tier,
        kind,
        part,
        visit_date,
        counts_on,
        checklist_id,
        version,
        earned,
        full,
        prohibition_earned,
        prohibition_full,
        met,
        touchpoints,
        packed,
        revision,
    ) = row
    figure = VisitFigure(
        str(visit),
        str(outlet),
        counts_on,
        kind,
        capped(earned, full),
        capped(prohibition_earned, prohibition_full),
        met,
        touchpoints,
        part,
        late=counts_on != visit_date,
    )
    return Counted(figure, unit_path, tier, (checklist_id, version), packed, revision)
