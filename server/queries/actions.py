"""Corrective actions as a viewer may see them: one as the phone gets it, those for the phone, and one with its history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from server.domain.access import ROLES, Permission, Role, Viewer
from server.domain.actions import LIVING, SHOWN_DAYS, WAITING, ActionState, Step, gives_rechecks, reaches
from server.domain.errors import NotFound
from server.domain.review import is_covert
from server.domain.visit import SHANGHAI
from server.queries import action_rechecks, checklists, releases, scope
from server.queries.reports import report_id_of
from server.storage.actions import Action, ActionStep
from server.storage.organisation import Outlet, User
from server.storage.record_files import RecordFile
from server.storage.visits import Assignment, Revision, Visit, VisitFile

MOST_ON_PHONE = 500
_INSIDE = frozenset(role for role, held in ROLES.items() if Permission.SEE_COVERT in held)


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: what, when, by whom (None: nobody to be named), what was said, with which photos.

    Not `counted`: an answer in whose place another one came before its photos were here.
    """

    step: Step
    at: datetime
    by: str | None
    text: str
    files: tuple[dict[str, Any], ...]
    due_at: datetime | None
    level: int
    counted: bool


@dataclass(frozen=True, slots=True)
class May:
    """What the viewer may do with the action now."""

    answer: bool
    decide: bool
    own_answer: bool
    level_above: bool
    withdraw: bool


@dataclass(frozen=True, slots=True)
class ActionPage:
    """Everything that the page of one action shows.

    `inspectors` (login, name, role) can be given the recheck by this viewer. `visit_link` is the id of the visit's page for this viewer, `visit_day` the day on which the item failed; `same` are
    the proofs that are the very photos of the failure.
    """

    action: Action
    outlet: Outlet
    item_text: dict[str, str] | None
    source: str
    before: tuple[str, ...]
    files: tuple[dict[str, Any], ...]
    same: frozenset[str]
    pending_files: tuple[str, ...]
    visit_link: UUID | None
    visit_day: str | None
    visit_kind: str | None
    half_day: str | None
    answered_by: str | None
    history: tuple[Told, ...]
    repeats: Action | None
    recheck: Assignment | None
    recheck_standing: action_rechecks.Standing | None
    inspectors: tuple[tuple[str, str, str], ...]
    overdue: bool
    may: May


def find(session: Session, viewer: Viewer, action_id: UUID) -> Action:
    """An action in sight. Raises NotFound."""
    action = session.exec(
        select(Action)
        .where(Action.id == action_id, scope.actions(viewer))
        .execution_options(populate_existing=True)
    ).first()
    if action is None:
        raise NotFound()
    return action


def shown(session: Session, viewer: Viewer, action: Action) -> dict[str, Any]:
    """An action as the API and the phone have it."""
    item = item_of(session, action)
    return {
        "id": str(action.id),
        "outlet_id": str(action.outlet_id),
        "item": action.item,
        "item_text": item["text"] if item else None,
        "sort": action.sort.value,
        "what": action.what,
        "due_at": _instant(action.due_at),
        "state": action.state.value,
        "level": action.level,
        "who": action.who,
        "before": [{"sha256": name} for name in before(session, viewer, action)],
        "answer": action.answer,
        "files": json.loads(action.files),
        "note": action.note,
        "may_answer": viewer.may(Permission.ANSWER_ACTIONS) and action.state in WAITING,
        "etag": action.etag,
    }


def for_phone(session: Session, viewer: Viewer, now: datetime) -> list[dict[str, Any]]:
    """The actions of the own outlets that a phone keeps: living ones, most urgent first, and those closed lately.

    For whoever answers them; reviewers and head office, whose outlets are all of the province, have the console.
    """
    if not viewer.may(Permission.ANSWER_ACTIONS):
        return []
    rows = session.exec(
        select(Action)
        .where(
            scope.actions(viewer),
            sa.or_(
                col(Action.state).in_(LIVING),
                col(Action.changed_at) > now - timedelta(days=SHOWN_DAYS),
            ),
        )
        .order_by(col(Action.state).not_in(LIVING), col(Action.due_at), col(Action.id))
        .limit(MOST_ON_PHONE)
    ).all()
    return [shown(session, viewer, row) for row in rows]


def item_of(session: Session, action: Action) -> Mapping[str, Any] | None:
    """The compiled item that failed, or None for an action about something else."""
    if not (action.item and action.checklist_id and action.checklist_version):
        return None
    checklist = checklists.compiled(session.connection(), action.checklist_id, action.checklist_version)
    items = (item for section in checklist["sections"] for item in section["items"])
    return next((item for item in items if item["id"] == action.item), None)


def before(session: Session, viewer: Viewer, action: Action) -> list[str]:
    """The SHA-256 of the photos of the failure, as this viewer may see them: of covert visits released, masked ones."""
    if action.visit_id is None or action.item is None:
        return []
    visit, role = _visit(session, action.visit_id)
    document = session.exec(
        select(Revision.document).where(
            Revision.visit_id == visit.id, Revision.number == (visit.accepted_revision or visit.revision)
        )
    ).first()
    if document is None:
        return []
    named = [
        file["sha256"]
        for file in json.loads(document).get("files", ())
        if file["item"] == action.item and file["kind"] == "photo"
    ]
    if is_covert(visit.kind, role) and not viewer.may(Permission.SEE_COVERT):
        masked = releases.released(session, visit.id)
        return [masked[name] for name in named if name in masked]
    here = set(
        session.exec(
            select(VisitFile.sha256).where(
                VisitFile.visit_id == visit.id,
                col(VisitFile.sha256).in_(named),
                col(VisitFile.expired_at).is_(None),
            )
        )
    )
    return [name for name in named if name in here]


def photo_before(session: Session, viewer: Viewer, sha256: str) -> VisitFile | None:
    """The photo of that name, if it shows the failure behind an action in sight, as it was taken."""
    if not viewer.may(Permission.SEE_ACTIONS):
        return None
    rows = session.exec(
        select(Action, VisitFile)
        .join(VisitFile, col(VisitFile.visit_id) == col(Action.visit_id))
        .where(VisitFile.sha256 == sha256, scope.actions(viewer))
    ).all()
    for action, file in rows:
        if sha256 in before(session, viewer, action):
            return file
    return None


def action_page(session: Session, viewer: Viewer, action_id: UUID, now: datetime) -> ActionPage:
    """One action with what failed, its answer beside it, its history, and what the viewer may do. Raises NotFound."""
    action = find(session, viewer, action_id)
    item = item_of(session, action)
    names = before(session, viewer, action)
    visit, role = _visit(session, action.visit_id) if action.visit_id else (None, None)
    covert = visit is not None and role is not None and is_covert(visit.kind, role)
    link = None
    if visit is not None and (covert and not viewer.may(Permission.SEE_COVERT)):
        link = report_id_of(visit.id, visit.accepted_revision or visit.revision, "outlet")
    elif visit is not None:
        seen = session.exec(select(Visit.id).where(Visit.id == visit.id, scope.visits(viewer))).first()
        link = visit.id if seen else None
    outlet = session.get_one(Outlet, action.outlet_id)
    recheck = action_rechecks.standing(session, action, now)
    files = tuple(json.loads(action.files))
    here = set(session.exec(select(RecordFile.sha256).where(RecordFile.record_id == action.id)))
    pending = json.loads(action.pending) if action.pending else None
    return ActionPage(
        action=action,
        outlet=outlet,
        item_text=item["text"] if item else None,
        source=item["source"] if item else "",
        before=tuple(names),
        files=files,
        same=frozenset(names) & {file["sha256"] for file in files},
        pending_files=tuple(file["sha256"] for file in pending["files"] if file["sha256"] not in here)
        if pending
        else (),
        visit_link=link,
        visit_day=visit.visit_date.isoformat() if visit else None,
        visit_kind=visit.kind.value if visit else None,
        half_day=_half_day(visit) if visit and covert else None,
        answered_by=_name(session, action.answered_by),
        history=_history(session, viewer, action),
        repeats=session.get(Action, action.repeats) if action.repeats else None,
        recheck=session.get(Assignment, action.recheck_id) if action.recheck_id else None,
        recheck_standing=recheck,
        inspectors=tuple(
            (each.username, each.name, each.role) for each in action_rechecks.inspectors(session, outlet)
        )
        if recheck == "unassigned" and gives_rechecks(viewer.role)
        else (),
        overdue=is_overdue(action, now),
        may=_may(viewer, action),
    )


def is_overdue(action: Action, now: datetime) -> bool:
    """Whether the outlet has let the date pass without an answer."""
    return action.state in WAITING and action.due_at <= now


def _may(viewer: Viewer, action: Action) -> May:
    decides = viewer.may(Permission.ACCEPT_ACTIONS)
    answered = action.state is ActionState.ANSWERED
    own = answered and str(action.answered_by) == viewer.user_id
    above = not reaches(viewer.role, action.level)
    by_hand = action.visit_id is None and str(action.made_by) == viewer.user_id
    return May(
        answer=viewer.may(Permission.ANSWER_ACTIONS) and action.state in WAITING,
        decide=decides and answered and not own and not above,
        own_answer=decides and own,
        level_above=decides and answered and not own and above,
        withdraw=action.state in LIVING and decides and (by_hand or viewer.may(Permission.REVIEW)),
    )


def _visit(session: Session, visit_id: UUID) -> tuple[Visit, Role]:
    visit, role = session.exec(
        select(Visit, User.role)
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(Visit.id == visit_id)
    ).one()
    return visit, Role(role)


def _half_day(visit: Visit) -> str:
    return "morning" if visit.started_at.astimezone(SHANGHAI).hour < 12 else "afternoon"


def _history(session: Session, viewer: Viewer, action: Action) -> tuple[Told, ...]:
    rows = session.exec(
        select(ActionStep, User.name, User.role)
        .join(User, col(User.id) == col(ActionStep.actor_id), isouter=True)
        .where(ActionStep.action_id == action.id)
        .order_by(col(ActionStep.number))
    ).all()
    inside = viewer.may(Permission.SEE_COVERT)
    return tuple(
        Told(
            step=row.step,
            at=row.at,
            # Who published, reviewed or corrected a visit is no business of the outlet's or its managers'.
            by=name if inside or role not in _INSIDE else None,
            text=row.text,
            files=tuple(json.loads(row.files)),
            due_at=row.due_at,
            level=row.level,
            counted=row.step is not Step.ANSWERED or bool(row.sent_sha256),
        )
        for row, name, role in rows
    )


def _name(session: Session, user_id: UUID | None) -> str | None:
    return session.exec(select(User.name).where(User.id == user_id)).first() if user_id else None


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
