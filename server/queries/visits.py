"""Visits as the API shows them: one, a page of them, the own ones for the phone, and receipts."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Role, Viewer, sees_inspector
from server.domain.errors import Fault, NotFound, WrongDocument
from server.domain.exact import two_decimals
from server.domain.redaction import redacted
from server.domain.traces import given, leads, told
from server.domain.visit import COVERT, WRITABLE, VisitState
from server.queries import checklists, scope
from server.queries.reports import report_id_of
from server.storage.organisation import User
from server.storage.visits import Assignment, Report, Revision, Visit

PAGE = 50
_PERIOD = re.compile(r"(\d{4})-(?:Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which visits are wanted: states, one outlet, a period (2026-11 or 2026-Q4), and from which cursor on."""

    states: tuple[VisitState, ...] = ()
    outlet: UUID | None = None
    period: str | None = None
    cursor: str | None = None


def one(session: Session, viewer: Viewer, visit_id: UUID) -> dict[str, Any]:
    """One visit with its document, as far as the viewer may see it. Raises NotFound.

    An outlet names a covert visit by the id of its report, as it finds it in the list: the phone's holds its instant.
    """
    found = session.execute(_selected(viewer).where(Visit.id == visit_id)).first()
    if found is None and (named := by_outlets_id(session, viewer, visit_id)):
        found = session.execute(_selected(viewer).where(Visit.id == named)).first()
    if found is None:
        raise NotFound()
    shown = _shown(viewer, found, with_document=True)
    if shown["id"] != str(visit_id):
        raise NotFound()
    if shown["document"] and shown["inspector"] is None:
        _leave_no_trace(session, found[0], shown["document"])
    return shown


def _leave_no_trace(session: Session, visit: Visit, document: dict[str, Any]) -> None:
    """Take from a covert visit's answers what would lead its outlet to the shopper."""
    compiled = checklists.compiled(session.connection(), visit.checklist_id, visit.checklist_version)
    theirs = given(compiled)
    for section in compiled["sections"]:
        for item in section["items"]:
            answer = document["answers"].get(item["id"])
            if answer and leads(item):
                del document["answers"][item["id"]]
            elif answer:
                answer["value"] = told(item, answer.get("value"), theirs)


def listed(session: Session, viewer: Viewer, wish: Wish) -> dict[str, Any]:
    """A page of visits without documents, newest first, and the cursor of the next page.

    Raises WrongDocument for a period or cursor that is none.
    """
    turn = scope.turn(viewer)
    query = _selected(viewer).order_by(col(Visit.visit_date).desc(), turn.desc()).limit(PAGE + 1)
    if wish.states:
        query = query.where(col(Visit.state).in_(wish.states))
    if wish.outlet:
        query = query.where(Visit.outlet_id == wish.outlet)
    if wish.period is not None:
        begin, end = _period(wish.period)
        query = query.where(col(Visit.visit_date) >= begin, col(Visit.visit_date) < end)
    if wish.cursor:
        day, named = _place(wish.cursor)
        last = by_outlets_id(session, viewer, named, day) or named
        place = sa.select(turn).where(Visit.id == last).scalar_subquery()
        query = query.where(
            sa.or_(col(Visit.visit_date) < day, sa.and_(Visit.visit_date == day, turn < place))
        )
    rows = session.execute(query).all()
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    shown = [_shown(viewer, row, with_document=False) for row in rows]
    return {"visits": shown, "cursor": _cursor(shown[-1]) if more else None}


def by_outlets_id(session: Session, viewer: Viewer, named: UUID, day: date | None = None) -> UUID | None:
    """The visit in sight, of that day where one is given, that outlets know by this id: that of their edition's report."""
    report = session.exec(
        select(Report.visit_id).where(Report.id == named, Report.edition == "outlet")
    ).first()
    if report is not None:
        return report
    query = sa.select(col(Visit.id), col(Visit.accepted_revision)).where(
        scope.visits(viewer), scope.covert(), col(Visit.state).in_(scope.SHOWN)
    )
    if day is not None:
        query = query.where(col(Visit.visit_date) == day)
    return next((each for each, number in session.execute(query) if _outlets_id(each, number) == named), None)


def _outlets_id(visit_id: UUID, revision: int | None) -> UUID:
    return report_id_of(visit_id, revision or 0, "outlet")


def own(session: Session, viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """The viewer's own visits for the phone: until they are final, given-up and void ones for thirty days.

    Drafts and returned ones come with their document; `items` are what a recheck asks, null for the whole list.
    """
    rows = session.execute(
        _selected(viewer).where(
            Visit.inspector_id == UUID(viewer.user_id),
            Visit.state != VisitState.FINAL,
            sa.or_(
                col(Visit.state).not_in([VisitState.VOID, VisitState.DISCARDED]),
                col(Visit.changed_at) > now - timedelta(days=30),
            ),
        )
    ).all()
    shown = [_shown(viewer, row, with_document=row[0].state in WRITABLE) for row in rows]
    asked = dict(
        session.exec(
            select(Assignment.id, Assignment.items).where(
                col(Assignment.items).is_not(None),
                col(Assignment.id).in_([row[0].assignment_id for row in rows if row[0].assignment_id]),
            )
        ).all()
    )
    for (visit, *_), each in zip(rows, shown, strict=True):
        items = asked.get(visit.assignment_id)
        each["items"] = json.loads(items) if items else None
    return shown


def receipt(session: Session, viewer: Viewer, visit_id: UUID) -> dict[str, Any]:
    """The receipt of an own visit's newest whole revision. Raises NotFound when there is none yet."""
    found = session.exec(
        select(Revision.receipt)
        .join(Visit, col(Visit.id) == col(Revision.visit_id))
        .where(
            Visit.id == visit_id,
            scope.visits(viewer),
            sa.or_(Visit.inspector_id == UUID(viewer.user_id), scope.sees_all(viewer)),
            col(Revision.receipt).is_not(None),
        )
        .order_by(col(Revision.number).desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound()
    data: dict[str, Any] = json.loads(found)
    return data


def _selected(viewer: Viewer) -> sa.Select[Any]:
    return (
        sa.select(Visit, Revision.receipt, User.name, User.role)
        .join(User, col(User.id) == col(Visit.inspector_id))
        .outerjoin(
            Revision,
            sa.and_(col(Revision.visit_id) == col(Visit.id), col(Revision.number) == col(Visit.revision)),
        )
        .where(scope.visits(viewer))
    )


def _shown(viewer: Viewer, row: Sequence[Any], *, with_document: bool) -> dict[str, Any]:
    visit, receipt_text, inspector, role = row
    mine = str(visit.inspector_id) == viewer.user_id
    shown = {
        "id": str(visit.id),
        "outlet_id": str(visit.outlet_id),
        "assignment_id": str(visit.assignment_id) if visit.assignment_id else None,
        "kind": visit.kind,
        "part": visit.part,
        "checklist": {"id": visit.checklist_id, "version": visit.checklist_version},
        "state": visit.state,
        "revision": visit.revision,
        "etag": visit.etag,
        "visit_date": visit.visit_date.isoformat(),
        "score": two_decimals(visit.score) if visit.score is not None else None,
        "inspector": {"id": str(visit.inspector_id), "name": inspector},
        "returned": json.loads(visit.returned)
        if visit.returned and visit.state is VisitState.RETURNED
        else None,
        "document": json.loads(visit.document) if with_document else None,
        "receipt": json.loads(receipt_text) if receipt_text else None,
        "updated_at": visit.changed_at.isoformat().replace("+00:00", "Z"),
    }
    covert = visit.kind in COVERT or role is Role.SHOPPER
    if shown["document"] and not mine and not viewer.may(Permission.SEE_COVERT):
        shown["document"].pop("recheck_of", None)
    seen = redacted(shown, viewer, covert=covert, own=mine, published=visit.state in scope.SHOWN)
    if not sees_inspector(viewer, covert=covert, own=mine):
        # The phone made its ids from the clock, and the assignment is somebody's.
        name = str(_outlets_id(visit.id, visit.accepted_revision))
        seen |= {"id": name, "etag": name, "assignment_id": None}
        if seen["document"]:
            seen["document"] |= {"id": name, "assignment_id": None}
    return seen


def _period(text: str) -> tuple[date, date]:
    match = _PERIOD.fullmatch(text)
    if not match or text.startswith("0000"):
        raise WrongDocument(faults=(Fault("/period", "string_pattern_mismatch"),))
    year, quarter, month = match.groups()
    first = date(int(year), int(month) if month else 3 * int(quarter) - 2, 1)
    months = first.year * 12 + first.month - 1 + (1 if month else 3)
    if months // 12 > 9999:
        return first, date.max
    return first, date(months // 12, months % 12 + 1, 1)


def _cursor(last: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{last['visit_date']} {last['id']}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[date, UUID]:
    try:
        day, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split(" ")
        return date.fromisoformat(day), UUID(last)
    except (ValueError, binascii.Error) as error:
        raise WrongDocument(faults=(Fault("/cursor", "string_pattern_mismatch"),)) from error
