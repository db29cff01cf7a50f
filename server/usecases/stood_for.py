"""Corrective actions that stand for several visits: when one visit fails the item no more, another one carries the action."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlmodel import col, select

from server.domain.access import Role
from server.domain.actions import ActionState, Step
from server.domain.review import is_covert
from server.domain.visit import COUNTED
from server.storage.actions import Action, ActionStep
from server.storage.organisation import User
from server.storage.visits import Revision, Visit
from server.usecases import actions
from server.usecases.failed_items import FAILED_AGAIN, FAILED_MEANWHILE
from server.usecases.work import Work

STILL_ASKED = "原来那次检查已更正；另一次检查中这一项同样不合格，继续整改"
"""Why an action goes on; a text of the catalogue."""


def hand_over(work: Work, visit: Visit, item: str) -> bool:
    """Let the action of an item that this visit fails no more go on for another visit that it stands for.

    That is the first one that failed the same item after the action was made and has none of its own. The action keeps
    its state, date and answer; the level that it rose by that other visit is taken back. False where there is none.
    """
    action = work.session.exec(
        select(Action)
        .where(Action.visit_id == visit.id, Action.item == item, Action.state != ActionState.WITHDRAWN)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    other = _stood_for(work, visit, action) if action else None
    if action is None or other is None:
        return False
    if _rose_by(work, action, other):
        action.level -= 1
    action.visit_id, action.checklist_version = other.id, other.checklist_version
    action.changed_at = work.now
    actions.note(work, action, Step.MADE, STILL_ASKED)
    work.record("action.handed-over", "action", action.id, item=item, visit=str(other.id))
    return True


def _stood_for(work: Work, visit: Visit, action: Action) -> Visit | None:
    own = select(col(Action.visit_id)).where(
        Action.item == action.item, col(Action.visit_id).is_not(None), Action.state != ActionState.WITHDRAWN
    )
    rows = work.session.exec(
        select(Visit, User.role)
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(
            Visit.outlet_id == visit.outlet_id,
            Visit.checklist_id == visit.checklist_id,
            Visit.id != visit.id,
            col(Visit.state).in_(COUNTED),
            sa.or_(col(Visit.decided_at) >= action.made_at, col(Visit.published_at) >= action.made_at),
            col(Visit.id).not_in(own),
        )
        .order_by(col(Visit.decided_at), col(Visit.id))
    ).all()
    for each, role in rows:
        told_at = each.published_at if is_covert(each.kind, Role(role)) else each.decided_at
        if told_at and told_at >= action.made_at and action.item in _failed(work, each):
            return each
    return None


def _failed(work: Work, visit: Visit) -> list[str]:
    revision = work.session.get_one(Revision, (visit.id, visit.accepted_revision or visit.revision))
    failed: list[str] = json.loads(revision.result)["failed"]
    return failed


def _rose_by(work: Work, action: Action, visit: Visit) -> bool:
    """Whether the action went up at the very moment at which the visit began to count."""
    found = work.session.exec(
        select(ActionStep.number).where(
            ActionStep.action_id == action.id,
            ActionStep.step == Step.ESCALATED,
            col(ActionStep.text).in_((FAILED_AGAIN, FAILED_MEANWHILE)),
            col(ActionStep.at).in_([at for at in (visit.decided_at, visit.published_at) if at]),
        )
    ).first()
    return found is not None and action.level > 0
