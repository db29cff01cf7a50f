"""The signed reports that a viewer may see: a list, and the one to hand out for a visit or by its id."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Viewer
from server.domain.errors import NotFound, ReportNotReady
from server.domain.publishing import ReportNotDue
from server.domain.visit import COUNTED
from server.queries import scope
from server.storage.events import Event
from server.storage.organisation import Outlet
from server.storage.visits import Report, Revision, Visit

PAGE = 25
Edition = Literal["inner", "outlet"]
Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Line:
    """One report in the list."""

    id: str
    number: str
    edition: str
    language: str
    outlet: str
    outlet_code: str
    kind: str
    visit_date: date
    score: str | None
    signed_at: datetime
    superseded: bool
    bytes: int


@dataclass(frozen=True, slots=True)
class Lines:
    """A page of the list."""

    rows: tuple[Line, ...]
    total: int
    page: int
    pages: int


def lines(session: Session, viewer: Viewer, page: int, search: str = "", *, size: int = PAGE) -> Lines:
    """The reports in sight, newest first; outlets and branches have their own edition alone."""
    where = [*_in_sight(viewer)]
    if search:
        where.append(
            sa.or_(
                col(Report.number).contains(search, autoescape=True),
                col(Outlet.name).contains(search, autoescape=True),
                col(Outlet.code).contains(search, autoescape=True),
            )
        )
    total = session.execute(_joined(sa.select(sa.func.count())).where(*where)).scalar_one()
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    found = session.execute(
        _joined(sa.select(Report, Visit, Outlet))
        .where(*where)
        .order_by(col(Report.number).desc())
        .limit(size)
        .offset((page - 1) * size)
    ).all()
    scores = _scores(session, [report for report, *_ in found])
    rows = tuple(
        Line(
            id=str(report.id),
            number=report.number,
            edition=report.edition,
            language=report.language,
            outlet=outlet.name,
            outlet_code=outlet.code,
            kind=visit.kind.value,
            visit_date=visit.visit_date,
            score=scores.get((report.visit_id, report.revision)),
            signed_at=report.signed_at,
            superseded=report.superseded_by is not None or report.revision != visit.accepted_revision,
            bytes=report.bytes,
        )
        for report, visit, outlet in found
    )
    return Lines(rows, total, page, pages)


def _scores(session: Session, found: list[Report]) -> dict[tuple[UUID | None, int], str | None]:
    """What each report states: the score of the revision that it is of, whatever a correction has made of the visit since."""
    named = {report.visit_id for report in found}
    rows = session.exec(
        select(Revision.visit_id, Revision.number, Revision.result).where(col(Revision.visit_id).in_(named))
    )
    return {(visit_id, number): json.loads(result)["score"] for visit_id, number, result in rows}


def report_id_of(visit_id: UUID, revision: int, edition: str, language: str = "zh") -> UUID:
    """The id of a report: always the same for a visit's revision, edition and language, and without its instant."""
    name = f"xunting:report:{visit_id}:{revision}:{edition}"
    return uuid5(NAMESPACE_URL, name if language == "zh" else f"{name}:{language}")


def edition_of(viewer: Viewer) -> Edition:
    """The edition that the viewer reads."""
    return "inner" if viewer.may(Permission.SEE_COVERT) else "outlet"


def of_first_revision(session: Session, viewer: Viewer, report_id: UUID) -> UUID | None:
    """The visit in sight that feeds name by this id, that of its first revision for the outlet, which may never be signed."""
    if viewer.may(Permission.SEE_COVERT):
        return None
    several = select(Visit.id).where(scope.visits(viewer), col(Visit.accepted_revision) > 1)
    found = (each for each in session.exec(several) if report_id_of(each, 1, "outlet") == report_id)
    return next(found, None)


def unsigned(session: Session, viewer: Viewer, report_id: UUID) -> UUID | None:
    """The visit in sight behind the id of a report that is not signed yet, or of its first revision, which may never be."""
    promised = unissued(session, viewer, report_id)
    return promised[0] if promised else of_first_revision(session, viewer, report_id)


def unissued(session: Session, viewer: Viewer, report_id: UUID) -> tuple[UUID, Edition] | None:
    """The visit and edition whose Chinese report will have this id once somebody asks for it; None without one.

    Only visits in sight whose report in that edition may exist and does not: normally a handful, because the
    worker signs at acceptance and publication.
    """
    editions: tuple[Edition, ...] = ("outlet",)
    if viewer.may(Permission.SEE_COVERT):
        editions = ("inner", "outlet")
    for edition in editions:
        signed = sa.exists().where(
            col(Report.visit_id) == col(Visit.id),
            col(Report.revision) == col(Visit.accepted_revision),
            col(Report.edition) == edition,
            col(Report.language) == "zh",
        )
        waiting = session.execute(
            sa.select(col(Visit.id), col(Visit.accepted_revision)).where(
                scope.visits(viewer),
                col(Visit.state).in_(COUNTED if edition == "inner" else scope.SHOWN),
                col(Visit.accepted_revision).is_not(None),
                sa.not_(signed),
            )
        )
        for visit_id, revision in waiting:
            if report_id_of(visit_id, revision, edition) == report_id:
                return visit_id, edition
    return None


def standing(session: Session, report: Report) -> Literal["current", "outdated", "superseded"]:
    """Whether a visit's report is the one that counts, was replaced, or is behind its visit or its photographs."""
    if report.superseded_by is not None:
        return "superseded"
    visit = session.get_one(Visit, report.visit_id)
    behind = visit.state not in COUNTED or visit.accepted_revision != report.revision
    return "outdated" if behind or withheld_since(session, report) else "current"


def again_id(report_id: UUID) -> UUID:
    """The id of the report that replaces one of the same revision."""
    return uuid5(NAMESPACE_URL, f"xunting:report:again:{report_id}")


def withheld_since(session: Session, report: Report) -> bool:
    """Whether a photograph that its outlet had seen was withheld after a visit's outlet edition was signed."""
    if report.edition != "outlet" or report.visit_id is None:
        return False
    return bool(withheld(session, [report.visit_id], report.signed_at))


def withheld(session: Session, visits: Collection[UUID], after: datetime) -> set[UUID]:
    """Of these visits those of which a photograph that was out already was withheld after an instant."""
    rows = session.exec(
        select(Event.subject_id, Event.facts).where(
            Event.name == "photo.withheld", Event.subject == "visit", col(Event.at) > after
        )
    )
    out = {UUID(visit) for visit, facts in rows if json.loads(facts).get("shown")}
    return out & set(visits)


def visit_in_sight(session: Session, viewer: Viewer, visit_id: UUID) -> None:
    """Raises NotFound unless the viewer may see the visit."""
    if session.exec(select(Visit.id).where(Visit.id == visit_id, scope.visits(viewer))).first() is None:
        raise NotFound()


def by_id(session: Session, viewer: Viewer, report_id: UUID) -> Report:
    """A report in sight. Raises NotFound."""
    found = session.execute(
        _joined(sa.select(Report)).where(Report.id == report_id, *_in_sight(viewer))
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return found


def current(session: Session, viewer: Viewer, visit_id: UUID, language: Language = "zh") -> Report:
    """The visit's current report in the viewer's edition and a language.

    Raises NotFound, ReportNotDue, ReportNotReady.
    """
    visit_in_sight(session, viewer, visit_id)
    found = session.execute(
        _joined(sa.select(Report))
        .where(
            Report.visit_id == visit_id,
            Report.language == language,
            # Until the worker has signed a corrected revision, the older one's is no current report.
            col(Report.revision) == col(Visit.accepted_revision),
            col(Report.superseded_by).is_(None),
            *_in_sight(viewer),
        )
        # "inner" stands before "outlet": whoever may see both gets the whole one.
        .order_by(col(Report.edition))
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        visit = session.get_one(Visit, visit_id)
        made = COUNTED if edition_of(viewer) == "inner" else scope.SHOWN
        raise ReportNotReady() if visit.state in made else ReportNotDue()
    return found


def _joined(query: sa.Select[Any]) -> sa.Select[Any]:
    return (
        query.select_from(Report)
        .join(Visit, col(Visit.id) == col(Report.visit_id))
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
    )


def _in_sight(viewer: Viewer) -> list[sa.ColumnElement[bool]]:
    if not viewer.may(Permission.SEE_REPORTS):
        return [sa.false()]
    edition = sa.true() if viewer.may(Permission.SEE_COVERT) else col(Report.edition) == "outlet"
    return [scope.visits(viewer), edition]
