"""Signed reports of periods: who may see which, the visits that each counts, and whether they changed since."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import SYSTEM, Permission, Role, Viewer
from server.domain.errors import NotFound
from server.domain.period_reports import PERIODIC, UNITS, Kind, period_of
from server.domain.periods import Period
from server.domain.visit import VisitKind
from server.queries import figures, period_visits, results, scope
from server.queries.explanations_seen import page_ids, subjects
from server.queries.figures import Counted, Span, counted, revisions
from server.queries.reports import withheld
from server.queries.results import OutletThen
from server.storage.facts import VisitFacts
from server.storage.organisation import Outlet, OutletStatus, Unit
from server.storage.periods import PeriodRow
from server.storage.visits import Report

PAGE = 25
SUGGESTED = 300
"""Outlets that the form offers while their code is typed."""
COUNTS = (VisitKind.MYSTERY, VisitKind.ANNOUNCED, VisitKind.AREA_VISIT)
"""The kinds that period reports count: rechecks enter no aggregate, patrols are the halls' own."""
Edition = Literal["inner", "outlet"]
_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Subject:
    """The outlet or the unit that a report is about."""

    id: UUID
    name: str
    path: str
    outlet: Outlet | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One period report in the list."""

    id: UUID
    number: str
    kind: str
    subject_id: UUID
    subject: str
    period: str
    edition: str
    language: str
    signed_at: datetime
    bytes: int
    state: Literal["current", "outdated", "superseded"]


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of the list."""

    rows: tuple[Line, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; empty means all."""

    kind: str = ""
    period: str = ""
    search: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """A report of the last whole quarter that was not made yet."""

    kind: Kind
    subject_id: UUID
    subject: str
    period: str


def subject(session: Session, viewer: Viewer, kind: Kind, subject_id: UUID) -> Subject:
    """The outlet or unit, if reports about it are for the viewer. Raises NotFound."""
    if kind is Kind.OUTLET_MONTH:
        outlet = session.exec(
            select(Outlet).where(Outlet.id == subject_id, scope.outlets(viewer))
        ).one_or_none()
        if outlet is not None:
            return Subject(outlet.id, outlet.name, outlet.unit_path, outlet)
    elif kind in UNITS:
        unit = session.exec(
            select(Unit).where(Unit.id == subject_id, Unit.kind == UNITS[kind], scope.units(viewer))
        ).one_or_none()
        if unit is not None:
            return Subject(unit.id, unit.name, unit.path)
    raise NotFound()


def reader(kind: Kind, where: Subject, edition: str) -> Viewer:
    """Through whose eyes an edition is read: the inner one sees everything; an outlet's month only what its owner
    sees, and a unit's quarter what a branch sees, of the whole province so that the league is whole."""
    if edition == "inner":
        return SYSTEM
    if kind is Kind.OUTLET_MONTH:
        return Viewer(_NOBODY, "", "", Role.OUTLET_OWNER, outlet_id=str(where.id))
    return Viewer(_NOBODY, "", "", Role.BRANCH_MANAGER, unit_path=where.path.split("/")[0] + "/")


def round_of(
    connection: sa.Connection, kind: Kind, where: Subject, period: Period, edition: str
) -> tuple[PeriodRow, OutletThen] | None:
    """The round of a month that an outlet's report is of, with the outlet as it was then: outside the published one alone.

    None where there is none with this outlet; units' quarters are counted from the visits themselves.
    """
    if kind is not Kind.OUTLET_MONTH:
        return None
    row = results.period(connection, reader(kind, where, edition), period.code)
    if row is None or not row.digest:
        return None
    then = results.outlets_then(connection, row.code, row.round, [where.id])
    return (row, then[0]) if then else None


def visits_of(
    connection: sa.Connection, kind: Kind, where: Subject, period: Period, edition: str
) -> list[Counted]:
    """The visits that a report counts, in the edition's eyes: of a month that has a round in the revisions of then, as its
    figures do."""
    span = _span(kind, where, period, edition)
    found = counted(connection, span)
    rounded = round_of(connection, kind, where, period, edition)
    if rounded is None:
        return found
    kept = figures.of_round(
        connection,
        rounded[0].code,
        rounded[0].round,
        col(VisitFacts.outlet_id) == where.id,
        period_visits.COMPOSITE,
        span.first,
        span.after,
    )
    seen = page_ids(connection, span.viewer, {UUID(each.figure.visit) for each in kept})
    return [
        *(each for each in kept if UUID(each.figure.visit) in seen),
        # Rounds are computed from no others, so they keep none.
        *(each for each in found if each.figure.kind not in period_visits.COMPOSITE),
    ]


def earlier_visits_of(
    connection: sa.Connection, kind: Kind, where: Subject, period: Period, edition: str
) -> list[Counted]:
    """The visits before a month that parts of its composite were taken from, in the edition's eyes and the revisions of its
    round; in no order."""
    rounded = round_of(connection, kind, where, period, edition)
    if rounded is None:
        return []
    row, outlet = rounded[0], str(where.id)
    told = results.explanations(connection, SYSTEM, row, ["composite"], [outlet]).get(
        (outlet, "composite"), {}
    )
    named = {UUID(name) for sort, name in subjects(told) if sort == "visit"}
    seen = page_ids(connection, reader(kind, where, edition), named)
    return figures.of_round(
        connection,
        row.code,
        row.round,
        col(VisitFacts.visit_id).in_(seen),
        period_visits.COMPOSITE,
        date.min,
        period.first,
    )


def _span(kind: Kind, where: Subject, period: Period, edition: str) -> Span:
    viewer = reader(kind, where, edition)
    if kind is Kind.OUTLET_MONTH:
        return Span.of(period, COUNTS, outlet=where.id, viewer=viewer)
    return Span.of(period, COUNTS, unit_path=where.path, viewer=viewer)


def outdated(session: Session, report: Report) -> bool:
    """Whether a period report rests on other visits, or other revisions of them, than it would today."""
    if report.kind not in PERIODIC or report.subject is None:
        return False
    kind = Kind(report.kind)
    where = subject(session, SYSTEM, kind, report.subject)
    period = period_of(kind, report.period)
    known: dict[str, int] = json.loads(report.basis)
    connection = session.connection()
    if kind is Kind.OUTLET_MONTH:
        about = (kind, where, period, report.edition)
        counts = visits_of(connection, *about) + earlier_visits_of(connection, *about)
        return {each.figure.visit: each.revision for each in counts} != known
    return revisions(connection, _span(kind, where, period, report.edition)) != known


def lines(session: Session, viewer: Viewer, filters: Filters, *, size: int = PAGE) -> Lines:
    """The period reports and decision letters in sight, newest first."""
    where = [scope.period_reports(viewer)]
    if filters.kind:
        where.append(col(Report.kind) == filters.kind)
    if filters.period:
        where.append(col(Report.period) == filters.period)
    if filters.search:
        sought = filters.search
        where.append(
            sa.or_(
                col(Report.number).contains(sought, autoescape=True),
                col(Outlet.name).contains(sought, autoescape=True),
                col(Outlet.code).contains(sought, autoescape=True),
                col(Unit.name).contains(sought, autoescape=True),
            )
        )
    joined = (
        sa.select(Report, col(Outlet.name), col(Unit.name))
        .outerjoin(Outlet, col(Outlet.id) == col(Report.subject))
        .outerjoin(Unit, col(Unit.id) == col(Report.subject))
        .where(*where)
    )
    total = session.execute(sa.select(sa.func.count()).select_from(joined.subquery())).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, filters.page), pages)
    found = session.execute(
        joined.order_by(col(Report.number).desc()).limit(size).offset((page - 1) * size)
    ).all()
    return Lines(tuple(_line(session, *row) for row in found), total, page, pages)


def by_id(session: Session, viewer: Viewer, report_id: UUID) -> Report:
    """A period report or letter in sight. Raises NotFound."""
    found = session.exec(
        select(Report).where(Report.id == report_id, scope.period_reports(viewer))
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def handed_out(session: Session, viewer: Viewer, report: Report) -> Report:
    """What the viewer gets for a report: the report, and outside head office the one that replaced it where a photograph of
    its visits was withheld after it was signed."""
    if viewer.may(Permission.SEE_COVERT) or report.superseded_by is None or report.edition != "outlet":
        return report
    basis = [UUID(visit) for visit in json.loads(report.basis)] if report.basis else []
    if not withheld(session, basis, report.signed_at):
        return report
    newest = report
    while newest.superseded_by is not None:
        newest = session.get_one(Report, newest.superseded_by)
    return newest


def offers(session: Session, viewer: Viewer, today: date) -> list[Offer]:
    """The reports of the last whole quarter that the viewer may make and that are not made yet."""
    if not viewer.may(Permission.REPORT_PERIODS):
        return []
    quarter = Period.of("quarter", today).back().code
    edition: Edition = "inner" if viewer.may(Permission.SEE_COVERT) else "outlet"
    found = []
    for kind, unit_kind in reversed(UNITS.items()):
        made = select(Report.subject).where(
            Report.kind == kind, Report.period == quarter, Report.edition == edition
        )
        for unit in session.exec(
            select(Unit)
            .where(Unit.kind == unit_kind, scope.units(viewer), col(Unit.id).not_in(made))
            .order_by(col(Unit.path))
        ):
            found.append(Offer(kind, unit.id, unit.name, quarter))
    return found


def named(session: Session, viewer: Viewer, kind: Kind, written: str) -> UUID:
    """The id of the subject that somebody wrote: an id, or an outlet's code. Raises NotFound."""
    try:
        return UUID(written)
    except ValueError:
        pass
    found = session.exec(select(Outlet.id).where(Outlet.code == written.strip(), scope.outlets(viewer)))
    outlet_id = found.one_or_none() if kind is Kind.OUTLET_MONTH else None
    if outlet_id is None:
        raise NotFound()
    return outlet_id


def makeable(
    session: Session, viewer: Viewer, kind: Kind
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What the viewer may report about: units of this kind by id and name; outlets by code and name, the first ones."""
    units = session.exec(
        select(Unit)
        .where(Unit.kind == UNITS[kind] if kind in UNITS else sa.false(), scope.units(viewer))
        .order_by(col(Unit.path))
    )
    outlets = session.exec(
        select(Outlet)
        .where(
            scope.outlets(viewer),
            col(Outlet.status) != OutletStatus.EXITED,
            sa.true() if kind is Kind.OUTLET_MONTH else sa.false(),
        )
        .order_by(col(Outlet.code))
        .limit(SUGGESTED)
    )
    return (
        [(str(unit.id), unit.name) for unit in units],
        [(outlet.code, outlet.name) for outlet in outlets],
    )


def _line(session: Session, report: Report, outlet: str | None, unit: str | None) -> Line:
    state: Literal["current", "outdated", "superseded"] = "current"
    if report.superseded_by is not None:
        state = "superseded"
    elif outdated(session, report):
        state = "outdated"
    assert report.subject is not None
    return Line(
        id=report.id,
        number=report.number,
        kind=report.kind,
        subject_id=report.subject,
        subject=outlet or unit or "",
        period=report.period,
        edition=report.edition,
        language=report.language,
        signed_at=report.signed_at,
        bytes=report.bytes,
        state=state,
    )
