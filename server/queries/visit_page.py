"""Everything that the page of one visit shows, as far as the viewer may see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import atan2, cos, radians
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Role, Viewer, sees_inspector, sees_score
from server.domain.errors import NotFound
from server.domain.evidence import departed, distance_m
from server.domain.review import awaited, is_covert, only_hq_accepts
from server.domain.rules import RuleSet
from server.domain.scoring import Score
from server.domain.units import paths_of
from server.domain.visit import (
    COUNTED,
    SHANGHAI,
    Answer,
    Fix,
    VisitDocument,
    VisitState,
    corrected,
)
from server.queries import checklists, releases, reports, scope, visit_reviews
from server.queries.answers import Limits, Part, facts_at, parts, scored, timer_limits, untraced
from server.queries.rules import rules_on
from server.queries.visit_reviews import (
    Judged,
    May,
    Told,
    allowed,
    history,
    readable,
    returned_before,
    reviews_of,
)
from server.queries.voice import VoiceNote, voice_notes
from server.storage.organisation import Outlet, Unit, UnitKind, User
from server.storage.visits import Report, Revision, Visit


@dataclass(frozen=True, slots=True)
class Point:
    """Where the phone was, against the outlet: metres and degrees from north, or why that is unknown."""

    name: str
    distance_m: int | None
    accuracy_m: int | None
    bearing: float | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class Timed:
    """A measured time: seconds, its limits, its laps by the server's clock, and the reason of a change by hand."""

    item: str
    text: dict[str, str]
    seconds: int
    limits: Limits
    result: str
    laps: tuple[tuple[datetime, datetime], ...]
    edited: str | None


@dataclass(frozen=True, slots=True)
class VisitPage:
    """The visit beside its standard. What the viewer may not see is None or empty.

    `id` is the one that was asked for, `stands_at` that by which the viewer reads the visit since its last correction.
    """

    id: UUID
    stands_at: UUID
    outlet: Outlet
    place: tuple[str, ...]
    kind: str
    part: str | None
    state: str
    revision: int
    visit_date: date
    half_day: str
    checklist: dict[str, Any]
    parts: list[Part]
    result: Score
    score: str | None
    scores_shown: bool
    inside: bool
    known: bool
    inspector: str | None
    claimed_by: str | None
    claimed_at: datetime | None
    started_at: datetime | None
    left_at: datetime | None
    finished_at: datetime | None
    submitted_at: datetime | None
    stay_minutes: int | None
    flags: list[dict[str, Any]]
    looked_through: str
    points: list[Point]
    timers: list[Timed]
    document: VisitDocument
    returned: dict[str, Any] | None
    reason: str | None
    reviews: list[Judged]
    returned_before: dict[str, list[str]]
    history: list[Told]
    reports: list[Report]
    offered: list[tuple[UUID, str]]
    awaited: list[str]
    may: May
    rules: RuleSet
    voice: list[VoiceNote]
    withheld: int


def visit_page(
    session: Session,
    viewer: Viewer,
    page_id: UUID,
    now: datetime,
    language: str,
    _: Any = str,
    *,
    preview: bool = False,
) -> VisitPage:
    """The visit with this id; for outlets and branches covert ones go by the id of their report. Raises NotFound.

    `preview` is what the outlet would see of an accepted visit if it were published now.
    """
    visit, outlet, inspector = found(session, viewer, page_id)
    if preview:
        viewer = _of_outlet(visit, outlet)
    covert = is_covert(visit.kind, Role(inspector.role))
    own = str(visit.inspector_id) == viewer.user_id
    known = sees_inspector(viewer, covert=covert, own=own)
    inside = viewer.may(Permission.SEE_COVERT)
    shown = sees_score(viewer, own=own, published=preview or visit.state in scope.SHOWN, covert=covert)
    # Others than the desk see what was accepted, whatever has come in since.
    number = visit.revision if inside or own else visit.accepted_revision
    revision = session.get(Revision, (visit.id, number)) if number else None
    text = revision.document if revision else visit.document
    checklist = checklists.of_visit(
        session.connection(), visit.checklist_id, visit.checklist_version, visit.kind, visit.assignment_id
    )
    document = departed(VisitDocument.model_validate_json(text), checklist)
    facts = facts_at(revision, visit, outlet)
    result = scored(checklist, facts, document)
    withheld = 0
    if not known:
        released = releases.released(session, visit.id)
        withheld = sum(file.kind in releases.KINDS and file.sha256 not in released for file in document.files)
        document = _without_instants(document, checklist, released)
    seen = parts(checklist, document, result, language, _)
    if not known:
        seen = untraced(seen, checklist, _)
    rules = rules_on(session.connection(), visit.visit_date)
    reviews = reviews_of(session, visit)
    late = only_hq_accepts(document, checklist, rules.evidence, len(reviews))
    may = allowed(viewer, visit, reviews, inside=inside, late=late, covert=covert)
    started = corrected(document.started_at, document.clock_offset_ms)
    # Of a covert visit its outlet learns the hour when the quarter is closed, and who it was never.
    timed = known or visit.state is VisitState.FINAL
    claimed = session.get(User, visit.claimed_by) if visit.claimed_by and inside else None

    def right(instant: datetime | None) -> datetime | None:
        return corrected(instant, document.clock_offset_ms) if instant and timed else None

    end = document.left_at or document.finished_at
    return VisitPage(
        id=page_id,
        stands_at=reports.report_id_of(visit.id, number, "outlet") if number and not known else visit.id,
        outlet=outlet,
        place=_place(session, outlet),
        kind=visit.kind.value,
        part=visit.part,
        state=VisitState.PUBLISHED.value if preview else visit.state.value,
        revision=visit.revision,
        visit_date=visit.visit_date,
        half_day="morning" if started.astimezone(SHANGHAI).hour < 12 else "afternoon",
        checklist=checklist,
        parts=seen,
        result=result,
        score=result.score if shown else None,
        scores_shown=shown,
        inside=inside,
        known=known,
        inspector=inspector.name if known else None,
        claimed_by=claimed.name if claimed else None,
        claimed_at=visit.claimed_at if claimed else None,
        started_at=right(document.started_at),
        left_at=right(document.left_at),
        finished_at=right(document.finished_at) if known else None,
        submitted_at=visit.submitted_at if known else None,
        stay_minutes=int((end - document.started_at) / timedelta(minutes=1)) if end and known else None,
        flags=json.loads(visit.flags) if inside else [],
        looked_through=visit_reviews.looked_through(session, visit, now) if inside else "done",
        points=_points(document, outlet) if known else [],
        timers=_timers(seen, facts, document, result, known=known),
        document=document,
        returned=json.loads(visit.returned)
        if visit.returned and visit.state is VisitState.RETURNED
        else None,
        reason=visit.reason if inside or own else None,
        reviews=readable(session, viewer, visit, reviews) if inside else [],
        returned_before=returned_before(session, visit) if inside else {},
        history=history(session, visit, reviews, may) if inside else [],
        reports=(signed := _reports(session, viewer, visit)),
        offered=_offered(viewer, visit, signed),
        awaited=awaited(checklist, document, now)[0] if inside else [],
        may=may,
        rules=rules,
        voice=voice_notes(session, visit.id, document) if inside else [],
        withheld=withheld,
    )


def found(session: Session, viewer: Viewer, page_id: UUID) -> tuple[Visit, Outlet, User]:
    """The visit in sight behind the id of its page, with outlet and inspector. Raises NotFound."""
    by_report = select(Report.visit_id).where(Report.id == page_id, Report.edition == "outlet")
    whole = (
        sa.select(Visit, Outlet, User)
        .join(Outlet, col(Outlet.id) == col(Visit.outlet_id))
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(scope.visits(viewer))
    )
    row = session.execute(whole.where(sa.or_(col(Visit.id) == page_id, col(Visit.id).in_(by_report)))).first()
    if row is None and (behind := reports.unsigned(session, viewer, page_id)):
        row = session.execute(whole.where(col(Visit.id) == behind)).first()
    if row is None:
        raise NotFound()
    visit, outlet, inspector = row
    covert = is_covert(visit.kind, Role(inspector.role))
    own = str(visit.inspector_id) == viewer.user_id
    if visit.id == page_id and not sees_inspector(viewer, covert=covert, own=own):
        # An outlet reads a visit under its report's id; the id that the phone made stays inside.
        raise NotFound()
    return visit, outlet, inspector


def _of_outlet(visit: Visit, outlet: Outlet) -> Viewer:
    """Somebody of the visit's outlet, for the preview. Raises NotFound for a visit that cannot be published."""
    if visit.state not in COUNTED:
        raise NotFound()
    return Viewer(str(UUID(int=0)), "", "", Role.HALL_MANAGER, outlet.unit_path, str(outlet.id))


def _without_instants(
    document: VisitDocument, checklist: dict[str, Any], released: Mapping[str, str]
) -> VisitDocument:
    """The document as others may read it; of its photographs the masked ones alone, under their own names."""
    instants = {
        i["id"] for section in checklist["sections"] for i in section["items"] if i["kind"] == "instant"
    }
    answers = {
        item: Answer(value=answer.value, pending=answer.pending, note=answer.note)
        for item, answer in document.answers.items()
        if item not in instants
    }
    files = [
        file.model_copy(update={"sha256": released[file.sha256], "taken_at": None, "origin": None})
        for file in document.files
        if file.sha256 in released
    ]
    return document.model_copy(
        update={"answers": answers, "files": files, "signatures": [], "position": None}
    )


def _place(session: Session, outlet: Outlet) -> tuple[str, ...]:
    units = session.exec(
        select(Unit).where(col(Unit.path).in_(paths_of(outlet.unit_path))).order_by(col(Unit.path))
    )
    return tuple(unit.name for unit in units if unit.kind is not UnitKind.PROVINCE)


def _points(document: VisitDocument, outlet: Outlet) -> list[Point]:
    found = []
    position = document.position
    for name, fix in (
        ("start", position.start if position else None),
        ("end", position.end if position else None),
    ):
        if isinstance(fix, Fix):
            known = outlet.lat is not None and outlet.lng is not None
            lat, lng = outlet.lat or 0.0, outlet.lng or 0.0
            away = distance_m(fix.lat, fix.lng, lat, lng) if known else None
            bearing = atan2((fix.lng - lng) * cos(radians(lat)), fix.lat - lat) if known else None
            found.append(Point(name, away, round(fix.accuracy_m), bearing, None))
        else:
            found.append(Point(name, None, None, None, fix.missing if fix else "none"))
    return found


def _timers(
    seen: list[Part], facts: dict[str, str], document: VisitDocument, result: Score, *, known: bool
) -> list[Timed]:
    found = []
    for part in seen:
        for one in part.items:
            value = one.answer.value if one.answer else None
            if one.item["kind"] != "timer" or not isinstance(value, int):
                continue
            timer = one.answer.timer if one.answer and known else None
            laps = tuple(
                (
                    corrected(begin, document.clock_offset_ms),
                    corrected(end, document.clock_offset_ms),
                )
                for begin, end in (timer.laps if timer else [])
                if end is not None
            )
            limits = timer_limits(one.item, facts, document, result)
            edited = timer.edited if timer else None
            found.append(Timed(one.item["id"], one.item["text"], value, limits, one.result, laps, edited))
    return found


def _reports(session: Session, viewer: Viewer, visit: Visit) -> list[Report]:
    if not viewer.may(Permission.SEE_REPORTS):
        return []
    found = session.exec(
        select(Report).where(Report.visit_id == visit.id).order_by(col(Report.revision), col(Report.edition))
    )
    inside = viewer.may(Permission.SEE_COVERT)
    return [report for report in found if report.edition == "outlet" or inside]


def _offered(viewer: Viewer, visit: Visit, signed: list[Report]) -> list[tuple[UUID, str]]:
    """Ids and editions of the reports that are signed when the viewer asks for them."""
    revision = visit.accepted_revision
    if revision is None or not viewer.may(Permission.SEE_REPORTS):
        return []
    editions = ["inner"] if viewer.may(Permission.SEE_COVERT) and visit.state in COUNTED else []
    editions += ["outlet"] if visit.state in scope.SHOWN else []
    there = {(report.revision, report.edition) for report in signed if report.language == "zh"}
    return [
        (reports.report_id_of(visit.id, revision, edition), edition)
        for edition in editions
        if (revision, edition) not in there
    ]
