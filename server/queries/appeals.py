"""Appeals as far as a viewer may see them: one with each time of asking, those of a visit, and what their rules need to know."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import Permission, Role, Viewer, sees_inspector
from server.domain.appeals import (
    WAITING,
    AppealState,
    NotInForce,
    impartial,
    items_of,
    may_answer,
    overdue,
    runs,
)
from server.domain.errors import NotFound
from server.domain.exact import two_decimals
from server.domain.review import is_covert
from server.domain.scoring import Score
from server.domain.visit import Answer, VisitDocument
from server.queries import checklists, reports, scope
from server.queries.answers import facts_at, scored
from server.storage.appeals import Acknowledgement, Appeal, AppealTurn
from server.storage.organisation import Outlet, User
from server.storage.record_files import RecordFile
from server.storage.visits import Report, Review, Revision, Visit


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that proves a ground; `here` once it has arrived."""

    sha256: str
    type: str
    here: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One time of asking and its answer; who answered is for the desk alone."""

    number: int
    ground: str
    asked_by: str
    asked_at: datetime
    files: tuple[Proof, ...]
    raised_at: datetime | None
    upheld: bool | None
    value: Any
    why: str
    answered_by: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """One appeal; `visit_id` is the id by which the viewer reads the visit, scores are texts with two decimals."""

    id: str
    visit_id: str
    outlet_id: str
    item: str
    item_text: dict[str, str]
    state: AppealState
    turn: int
    etag: str
    due_at: datetime | None
    overdue: bool
    again_until: datetime | None
    score_before: str | None
    score_after: str | None
    turns: tuple[Turn, ...]
    files_missing: tuple[str, ...]
    may_answer: bool
    may_ask_again: bool
    why_not: str = ""

    def as_json(self) -> dict[str, Any]:
        """As values of JSON."""
        return dict(json.loads(json.dumps(asdict(self), default=_text, ensure_ascii=False)))


def one(session: Session, viewer: Viewer, appeal_id: UUID, now: datetime) -> Seen:
    """An appeal in sight. Raises NotFound."""
    appeal = session.exec(select(Appeal).where(Appeal.id == appeal_id, scope.appeals(viewer))).first()
    if appeal is None:
        raise NotFound()
    return seen(session, viewer, appeal, session.get_one(Visit, appeal.visit_id), now)


def of_visit(session: Session, viewer: Viewer, visit: Visit, now: datetime) -> dict[str, Seen]:
    """The newest appeal about each item of a visit, as far as they are in the viewer's sight."""
    rows = session.exec(
        select(Appeal)
        .where(Appeal.visit_id == visit.id, scope.appeals(viewer))
        .order_by(col(Appeal.made_at), col(Appeal.id))
    )
    return {appeal.item_id: seen(session, viewer, appeal, visit, now) for appeal in rows}


def seen(session: Session, viewer: Viewer, appeal: Appeal, visit: Visit, now: datetime) -> Seen:
    """What the viewer may see of an appeal, and may do with it now."""
    turns = turns_of(session, appeal.id)
    here = set(session.exec(select(RecordFile.sha256).where(RecordFile.record_id == appeal.id)))
    inside = viewer.may(Permission.SEE_COVERT)
    people = {turn.asked_by for turn in turns} | {turn.answered_by for turn in turns if turn.answered_by}
    names = dict(session.exec(select(User.id, User.name).where(col(User.id).in_(people))).all())
    item = items_of(checklist_of(session, visit))[appeal.item_id]
    answers = may_answer(viewer, appeal.state) and visit.state in scope.SHOWN
    partial = answers and not impartial(viewer, involved(session, visit, appeal))
    within = runs(appeal.state, appeal.again_until, now)
    told = tuple(_turn(turn, names, here, inside=inside) for turn in turns)
    waits = appeal.state is AppealState.RECEIVING
    return Seen(
        id=str(appeal.id),
        visit_id=str(page_id(session, viewer, visit)),
        outlet_id=str(visit.outlet_id),
        item=appeal.item_id,
        item_text=item["text"],
        state=AppealState(appeal.state),
        turn=appeal.turn,
        etag=appeal.etag,
        due_at=appeal.due_at,
        overdue=overdue(appeal.state, appeal.due_at, now),
        again_until=appeal.again_until,
        score_before=_figure(appeal.score_before),
        score_after=_figure(appeal.score_after),
        turns=told,
        files_missing=tuple(file.sha256 for file in told[-1].files if not file.here) if waits else (),
        may_answer=answers and not partial,
        may_ask_again=viewer.may(Permission.APPEAL)
        and appeal.state is AppealState.REJECTED
        and within
        and session.get(Acknowledgement, visit.id) is None,
        why_not="审核过或做过这次检查的人、初次答复的人，不能答复这件申诉。" if partial else "",
    )


def visit_behind(session: Session, viewer: Viewer, page_id: UUID) -> Visit:
    """The published visit of the viewer's outlets with this id: the visit's own, or that of any report of it for the outlet.

    A notice or a bookmark may hold an earlier report's; what somebody typed on that page must not be lost. Raises NotFound,
    and NotInForce where the visit was voided.
    """
    here = col(Visit.outlet_id).in_(select(col(Outlet.id)).where(scope.outlets(viewer)))
    published = select(Visit).where(here, col(Visit.published_at).is_not(None))
    by_report = select(Report.visit_id).where(Report.id == page_id, Report.edition == "outlet")
    visit = session.exec(
        published.where(sa.or_(col(Visit.id) == page_id, col(Visit.id).in_(by_report)))
    ).first()
    if visit is None and (promised := reports.unissued(session, viewer, page_id)):
        visit = session.exec(published.where(Visit.id == promised[0])).first()
    if visit is None:
        # A page of an earlier revision whose report was never signed; an outlet has few visits with several revisions.
        several = session.exec(published.where(col(Visit.revision) > 1))
        visit = next((each for each in several if is_page_of(session, page_id, each.id)), None)
    if visit is None:
        raise NotFound()
    if visit.state not in scope.SHOWN:
        raise NotInForce(state=visit.state)
    return visit


def is_page_of(session: Session, page_id: UUID, visit_id: UUID) -> bool:
    """Whether an id is a visit's own or that of any of its revisions for the outlet."""
    revisions = session.exec(select(Revision.number).where(Revision.visit_id == visit_id))
    return page_id == visit_id or any(
        page_id == reports.report_id_of(visit_id, number, "outlet") for number in revisions
    )


def page_id(session: Session, viewer: Viewer, visit: Visit) -> UUID:
    """The id by which the viewer reads a published visit: of a covert one outlets never hear the phone's own."""
    inspector = session.get_one(User, visit.inspector_id)
    covert = is_covert(visit.kind, Role(inspector.role))
    own = str(visit.inspector_id) == viewer.user_id
    return visit.id if sees_inspector(viewer, covert=covert, own=own) else _outlets_page(visit)


def checklist_of(session: Session, visit: Visit) -> dict[str, Any]:
    """What the visit was measured against."""
    return checklists.of_visit(
        session.connection(), visit.checklist_id, visit.checklist_version, visit.kind, visit.assignment_id
    )


def result_of(
    session: Session, visit: Visit, changes: dict[str, Answer] | None = None, number: int | None = None
) -> Score:
    """What a visit's accepted (or `number`th) revision comes to, with other answers in some places."""
    number = number or visit.accepted_revision or visit.revision
    revision = session.get_one(Revision, (visit.id, number))
    document = VisitDocument.model_validate_json(revision.document)
    if changes:
        document = document.model_copy(update={"answers": {**document.answers, **changes}})
    outlet = session.get_one(Outlet, visit.outlet_id)
    return scored(checklist_of(session, visit), facts_at(revision, visit, outlet), document)


def turns_of(session: Session, appeal_id: UUID) -> list[AppealTurn]:
    """Each time that an appeal was asked, in order."""
    return list(
        session.exec(
            select(AppealTurn).where(AppealTurn.appeal_id == appeal_id).order_by(col(AppealTurn.number))
        )
    )


def involved(session: Session, visit: Visit, appeal: Appeal) -> set[str]:
    """The users who must not answer: who made the visit, whoever reviewed it, who answered or asked before."""
    people = {
        visit.inspector_id,
        *session.exec(select(Review.reviewer_id).where(Review.visit_id == visit.id)),
    }
    for turn in turns_of(session, appeal.id):
        people |= {turn.asked_by, *([turn.answered_by] if turn.answered_by else [])}
    return {str(each) for each in people}


def running(session: Session, visit_id: UUID, now: datetime) -> bool:
    """Whether an appeal about the visit is still open; while one is, nothing of the visit expires (handbook 03)."""
    rows = session.exec(select(Appeal.state, Appeal.again_until).where(Appeal.visit_id == visit_id))
    return any(runs(AppealState(state), until, now) for state, until in rows)


def unanswered(session: Session, visit_id: UUID) -> bool:
    """Whether the outlet still waits for an answer to an appeal about the visit, or its proof is on its way."""
    states = (*WAITING, AppealState.RECEIVING)
    asked = sa.exists().where(col(Appeal.visit_id) == visit_id, col(Appeal.state).in_(states))
    return bool(session.exec(select(asked)).one())


def _turn(turn: AppealTurn, names: dict[UUID, str], here: set[str], *, inside: bool) -> Turn:
    files = (Proof(each["sha256"], each["type"], each["sha256"] in here) for each in json.loads(turn.files))
    return Turn(
        number=turn.number,
        ground=turn.ground,
        asked_by=names[turn.asked_by],
        asked_at=turn.asked_at,
        files=tuple(files),
        raised_at=turn.escalated_at,
        upheld=turn.upheld,
        value=json.loads(turn.value) if turn.value else None,
        why=turn.why,
        answered_by=names[turn.answered_by] if turn.answered_by and inside else None,
        answered_at=turn.answered_at,
    )


def _outlets_page(visit: Visit) -> UUID:
    return reports.report_id_of(visit.id, visit.accepted_revision or visit.revision, "outlet")


def _figure(hundredths: int | None) -> str | None:
    return two_decimals(hundredths) if hundredths is not None else None


def _text(value: object) -> str:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
