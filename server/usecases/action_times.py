"""What time does to corrective actions: overdue ones go up a level, accepted ones are looked at again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from server.domain.actions import (
    LEVELS,
    RECHECK_DAYS,
    WAITING,
    ActionSort,
    ActionState,
    Step,
    limit,
    risen,
    rises,
)
from server.domain.visit import COUNTED, VisitKind
from server.queries import action_rechecks
from server.storage.actions import Action
from server.storage.organisation import Outlet, OutletStatus
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases import actions, rechecks
from server.usecases.campaigns import end_of
from server.usecases.work import Office, Work

_AT_ONCE = 500


def sweep(office: Office) -> int:
    """Mark what is overdue, plan the rechecks that are due and anew those that nobody made; returns how many actions changed.

    Run by the worker; repeating it changes nothing.
    """
    return mark_overdue(office) + rechecks.plan_missed(office) + plan_rechecks(office)


def mark_overdue(office: Office) -> int:
    """Say once of each action whose date passed that it is overdue, and make it the business of one level above.

    Each further time of its sort that passes without an answer takes it another level up, as far as the province.
    """
    with office.work(write=False) as work:
        late = work.session.exec(_late(work)).all()
        rules = actions.fixes(work)
    marked = 0
    for action_id in late:
        with office.work() as work:
            action = work.session.get(Action, action_id, with_for_update=True, populate_existing=True)
            if (
                action is None
                or action.state not in WAITING
                or action.due_at > work.now
                or not rises(action.sort, action.level, action.overdue_at, work.now, rules)
            ):
                continue
            if action.overdue_at is None:
                actions.note(work, action, Step.OVERDUE)
                work.record(
                    "action.overdue", "action", action.id, outlet=str(action.outlet_id), level=action.level
                )
            action.overdue_at = work.now
            actions.raise_level(work, action, risen(action.level), "overdue")
            marked += 1
    return marked


def plan_rechecks(office: Office) -> int:
    """Plan a recheck of exactly the items whose fixes were accepted so many days ago (handbook 03, "re-check").

    One for each visit whose items are due; what was asked by hand is compared with the newest visit that has the item, and
    waits for one where there is none. The area manager of the outlet's area is given it, else it is left planned.
    Returns how many actions are to be looked at again.
    """
    with office.work(write=False) as work:
        due = _due(work)
    planned = 0
    for visit_id, by_hand in due.items():
        with office.work() as work:
            planned += _plan(work, visit_id, by_hand)
    return planned


def _late(work: Work) -> SelectOfScalar[UUID]:
    rules = actions.fixes(work)
    again = (
        sa.and_(
            col(Action.sort) == sort,
            col(Action.overdue_at) <= work.now - limit(sort, rules),
            col(Action.level) < len(LEVELS) - 1,
        )
        for sort in ActionSort
    )
    return (
        select(Action.id)
        .where(
            col(Action.state).in_(WAITING),
            col(Action.due_at) <= work.now,
            sa.or_(col(Action.overdue_at).is_(None), *again),
        )
        .order_by(col(Action.due_at))
        .limit(_AT_ONCE)
    )


def _waiting_for_recheck(work: Work) -> tuple[sa.ColumnElement[bool], ...]:
    edge = work.now - timedelta(days=actions.fixes(work).recheck_days)
    return (
        col(Action.state) == ActionState.ACCEPTED,
        col(Action.item).is_not(None),
        col(Action.recheck_id).is_(None),
        col(Action.recheck_passed).is_(None),
        col(Action.decided_at) <= edge,
    )


def _due(work: Work) -> dict[UUID, list[UUID]]:
    """The visits to be rechecked, each with the actions made by hand that are looked at on the same way."""
    found = work.session.exec(
        select(Action.visit_id)
        .join(Visit, col(Visit.id) == col(Action.visit_id))
        .join(Outlet, col(Outlet.id) == col(Action.outlet_id))
        .where(
            *_waiting_for_recheck(work),
            col(Visit.state).in_(COUNTED),
            Outlet.status != OutletStatus.EXITED,
        )
        .distinct()
        .limit(_AT_ONCE)
    ).all()
    due: dict[UUID, list[UUID]] = {each: [] for each in found if each is not None}
    for action in _due_by_hand(work):
        if base := action_rechecks.base_visit(work.session, action):
            due.setdefault(base.id, []).append(action.id)
    return due


def _due_by_hand(work: Work) -> Sequence[Action]:
    return work.session.exec(
        select(Action)
        .join(Outlet, col(Outlet.id) == col(Action.outlet_id))
        .where(
            *_waiting_for_recheck(work), col(Action.visit_id).is_(None), Outlet.status != OutletStatus.EXITED
        )
        .order_by(col(Action.decided_at), col(Action.id))
        .limit(_AT_ONCE)
    ).all()


def _plan(work: Work, visit_id: UUID, by_hand: Sequence[UUID]) -> int:
    found = work.session.exec(
        select(Action)
        .where(
            sa.or_(col(Action.visit_id) == visit_id, col(Action.id).in_(by_hand)), *_waiting_for_recheck(work)
        )
        .order_by(col(Action.id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not found:
        return 0
    visit = work.session.get_one(Visit, visit_id)
    outlet = work.session.get_one(Outlet, visit.outlet_id)
    who = rechecks.area_manager(work, outlet)
    day = actions.today(work)
    until = day + timedelta(days=RECHECK_DAYS)
    task = Assignment(
        id=uuid4(),
        outlet_id=outlet.id,
        user_id=who,
        kind=VisitKind.RECHECK,
        checklist_id=visit.checklist_id,
        checklist_version=visit.checklist_version,
        window_from=day,
        window_to=until,
        due_at=end_of(until),
        state=AssignmentState.ASSIGNED if who else AssignmentState.PLANNED,
        recheck_of=visit.id,
        items=json.dumps(sorted({action.item for action in found if action.item})),
        changed_at=work.now,
    )
    work.session.add(task)
    work.session.flush()
    facts = {"user": str(who)} if who else {}
    work.record("assignment.made", "assignment", task.id, **facts)
    for action in found:
        action.recheck_id, action.changed_at, action.etag = task.id, work.now, uuid4().hex
        actions.note(work, action, Step.RECHECK_PLANNED)
        work.record("action.recheck-planned", "action", action.id, assignment=str(task.id))
    if who is None:
        work.record("action.recheck-unassigned", "action", found[0].id, assignment=str(task.id))
    return len(found)
