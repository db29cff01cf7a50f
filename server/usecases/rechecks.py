"""Rechecks that were planned: who makes each, and what becomes of one that nobody made in its time."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.domain.access import FILLS, Permission, Role
from server.domain.actions import RECHECK_DAYS, ActionState, ActionStateForbids, Step, gives_rechecks, risen
from server.domain.errors import KindNotForRole, NotAllowed, UnknownUser
from server.domain.visit import UNDER_REVIEW, VisitKind, VisitState
from server.queries import action_rechecks
from server.storage.actions import Action
from server.storage.organisation import Outlet, User
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases import actions
from server.usecases.campaigns import end_of
from server.usecases.work import Office, Work

MISSED = "复查到期没有做，重新安排"
"""Why a recheck is planned again; a text of the catalogue."""
_OPEN = (
    AssignmentState.PLANNED,
    AssignmentState.ASSIGNED,
    AssignmentState.TAKEN,
    AssignmentState.DECLINED,
)
_ON_ITS_WAY = (*UNDER_REVIEW, VisitState.RECEIVING, VisitState.RETURNED)
_AT_ONCE = 500


def give(work: Work, action_id: UUID, username: str) -> Assignment:
    """Give the planned recheck of an action to an inspector of the place; its window is open as long as any other's.

    By the branch or those above it. Raises NotAllowed, NotFound, ActionStateForbids (nothing waits for somebody),
    UnknownUser, KindNotForRole.
    """
    work.needs(Permission.ACCEPT_ACTIONS)
    if not gives_rechecks(work.viewer.role):
        raise NotAllowed()
    action = actions.locked(work, action_id)
    task = _locked(work, action.recheck_id) if action.recheck_id else None
    if task is None or task.state not in action_rechecks.WAITING:
        raise ActionStateForbids(state=action.state)
    user = work.session.exec(
        select(User).where(User.username == username, col(User.disabled_at).is_(None))
    ).first()
    if user is None:
        raise UnknownUser(username=username)
    if VisitKind.RECHECK not in FILLS.get(Role(user.role), frozenset()):
        raise KindNotForRole(kind=VisitKind.RECHECK, role=user.role)
    outlet = work.session.get_one(Outlet, task.outlet_id)
    if user.id not in {each.id for each in action_rechecks.inspectors(work.session, outlet)}:
        raise UnknownUser(username=username)
    _open_for(work, task, user.id)
    return task


def plan_missed(office: Office) -> int:
    """Plan anew what nobody rechecked in its time: a week more, one level up, told; returns how many actions wait for it.

    The assignment stays the same one, so that a visit that comes late still counts for it.
    """
    with office.work(write=False) as work:
        missed = work.session.exec(_missed(work).limit(_AT_ONCE)).all()
    waiting = 0
    for task_id in missed:
        with office.work() as work:
            if work.session.exec(_missed(work).where(Assignment.id == task_id)).first():
                waiting += _again(work, task_id)
    return waiting


def area_manager(work: Work, outlet: Outlet) -> UUID | None:
    """The area manager of the outlet's area: of several the first by name of login, so that it is always the same one."""
    rows = work.session.exec(
        select(User.id, User.unit_path)
        .where(User.role == Role.AREA_MANAGER, col(User.disabled_at).is_(None), User.unit_path != "")
        .order_by(User.username)
    ).all()
    near: dict[int, list[UUID]] = defaultdict(list)
    for user_id, path in rows:
        if outlet.unit_path.startswith(path):
            near[len(path)].append(user_id)
    return near[max(near)][0] if near else None


def _missed(work: Work) -> SelectOfScalar[UUID]:
    awaited = sa.exists().where(
        col(Action.recheck_id) == col(Assignment.id),
        col(Action.state) == ActionState.ACCEPTED,
        col(Action.recheck_passed).is_(None),
    )
    made = sa.exists().where(
        col(Visit.assignment_id) == col(Assignment.id), col(Visit.state).in_(_ON_ITS_WAY)
    )
    return (
        select(Assignment.id)
        .where(
            Assignment.kind == VisitKind.RECHECK,
            col(Assignment.state).in_(_OPEN),
            Assignment.due_at <= work.now,
            awaited,
            sa.not_(made),
        )
        .order_by(col(Assignment.due_at), col(Assignment.id))
    )


def _again(work: Work, task_id: UUID) -> int:
    # Actions before assignments, as where a person gives one.
    waiting = work.session.exec(
        select(Action)
        .where(
            Action.recheck_id == task_id,
            Action.state == ActionState.ACCEPTED,
            col(Action.recheck_passed).is_(None),
        )
        .order_by(col(Action.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    task = _locked(work, task_id)
    user = work.session.get(User, task.user_id) if task.user_id else None
    if user is None or user.disabled_at or task.state is AssignmentState.DECLINED:
        _open_for(work, task, area_manager(work, work.session.get_one(Outlet, task.outlet_id)))
    else:
        _reopen(work, task)
    for action in waiting:
        action.changed_at, action.etag = work.now, uuid4().hex
        actions.note(work, action, Step.RECHECK_PLANNED, MISSED)
        work.record("action.recheck-overdue", "action", action.id, assignment=str(task.id))
        actions.raise_level(work, action, risen(action.level), "recheck-missed")
    return len(waiting)


def _open_for(work: Work, task: Assignment, user_id: UUID | None) -> None:
    """Give it to somebody, or leave it planned; whoever had it and said no is not asked again."""
    declined = task.user_id if task.state is AssignmentState.DECLINED else None
    task.user_id = user_id if user_id != declined else None
    task.state = AssignmentState.ASSIGNED if task.user_id else AssignmentState.PLANNED
    task.answered_at, task.answer = None, ""
    _reopen(work, task)
    if task.user_id:
        work.record("assignment.made", "assignment", task.id, user=str(task.user_id))


def _reopen(work: Work, task: Assignment) -> None:
    until = actions.today(work) + timedelta(days=RECHECK_DAYS)
    task.window_to, task.due_at, task.changed_at = until, end_of(until), work.now


def _locked(work: Work, task_id: UUID) -> Assignment:
    return work.session.exec(
        select(Assignment)
        .where(Assignment.id == task_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
