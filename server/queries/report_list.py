"""The signed reports of every kind for programs: a page of those in sight, newest first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import Fault, WrongDocument
from server.domain.period_reports import Kind, PeriodWrong
from server.domain.periods import Period
from server.queries import scope
from server.queries.period_reports import outdated
from server.storage.organisation import Outlet, Unit
from server.storage.visits import Report, Visit

PAGE = 50
_NUMBER = re.compile(r"XT-[0-9]{4}-[0-9]{6,}")


@dataclass(frozen=True, slots=True)
class Wish:
    """Which reports are wanted: a kind, a month or quarter, and from which cursor on."""

    kind: Kind | None = None
    period: str | None = None
    cursor: str | None = None


def listed(session: Session, viewer: Viewer, wish: Wish) -> dict[str, Any]:
    """A page of reports and the cursor of the next one, which is the number of the last report.

    A visit is in the period of its day, a letter in that of the day on which it takes effect; a month is not in its
    quarter. Raises PeriodWrong, and WrongDocument for a cursor that is none.
    """
    where = [_in_sight(viewer)]
    if wish.kind is not None:
        where.append(col(Report.kind) == wish.kind)
    if wish.period is not None:
        where.append(_within(wish.period))
    if wish.cursor is not None:
        if not _NUMBER.fullmatch(wish.cursor):
            raise WrongDocument(faults=(Fault("/cursor", "string_pattern_mismatch"),))
        where.append(col(Report.number) < wish.cursor)
    found = session.execute(
        sa.select(Report, Visit, Outlet, Unit)
        .outerjoin(Visit, col(Visit.id) == col(Report.visit_id))
        .outerjoin(Outlet, col(Outlet.id) == col(Report.subject))
        .outerjoin(Unit, col(Unit.id) == col(Report.subject))
        .where(*where)
        .order_by(col(Report.number).desc())
        .limit(PAGE + 1)
    ).all()
    rows = found[:PAGE]
    return {
        "reports": [_shown(session, *row) for row in rows],
        "cursor": rows[-1][0].number if len(found) > PAGE else None,
    }


def _in_sight(viewer: Viewer) -> sa.ColumnElement[bool]:
    if not viewer.may(Permission.SEE_REPORTS):
        return sa.false()
    edition = sa.or_(scope.sees_all(viewer), col(Report.edition) == "outlet")
    of_visits = sa.and_(col(Report.visit_id).in_(select(Visit.id).where(scope.visits(viewer))), edition)
    return sa.or_(of_visits, scope.period_reports(viewer))


def _within(code: str) -> sa.ColumnElement[bool]:
    try:
        period = Period.read(code)
    except ValueError:
        raise PeriodWrong(period=code[:20]) from None
    letter = col(Report.kind) == Kind.DECISION_LETTER
    return sa.or_(
        sa.and_(col(Visit.visit_date) >= period.first, col(Visit.visit_date) < period.after),
        col(Report.period) == period.code,
        sa.and_(
            letter,
            col(Report.period) >= period.first.isoformat(),
            col(Report.period) < period.after.isoformat(),
        ),
    )


def _shown(
    session: Session, report: Report, visit: Visit | None, outlet: Outlet | None, unit: Unit | None
) -> dict[str, Any]:
    state: Literal["current", "outdated", "superseded"] = "current"
    if report.superseded_by is not None:
        state = "superseded"
    elif (visit is not None and visit.accepted_revision != report.revision) or outdated(session, report):
        state = "outdated"
    about = outlet or unit
    page = "reports" if visit is not None else "periods"
    return {
        "id": str(report.id),
        "number": report.number,
        "kind": report.kind,
        "edition": report.edition,
        "language": report.language,
        "outlet_id": str(outlet.id) if outlet else None,
        "unit": unit.path if unit else None,
        "name": about.name if about else "",
        "period": report.period or None,
        "visit_kind": visit.kind.value if visit else None,
        "visit_date": visit.visit_date.isoformat() if visit else None,
        "state": state,
        "superseded_by": str(report.superseded_by) if report.superseded_by else None,
        "signed_at": report.signed_at.isoformat().replace("+00:00", "Z"),
        "bytes": report.bytes,
        "sha256": report.sha256,
        "url": f"/{page}/{report.id}.pdf",
    }
