"""The recheck of a corrective action: which visit it is compared with, how it stands, and who can be given it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlmodel import Session, col, select

from server.domain.access import FILLS, Role
from server.domain.actions import RECHECK_DAYS, ActionState
from server.domain.review import is_covert
from server.domain.visit import COUNTED, VisitKind
from server.queries import checklists
from server.storage.actions import Action
from server.storage.organisation import Outlet, User
from server.storage.visits import Assignment, AssignmentState, Visit

Standing = Literal["planned", "unassigned", "overdue", "impossible"]
WAITING = (AssignmentState.PLANNED, AssignmentState.DECLINED)
# Its outlet knows that there will be a recheck and until when; a shopper's would be covert.
_ROLES = [role for role, kinds in FILLS.items() if "recheck" in kinds and role is not Role.SHOPPER]


def standing(session: Session, action: Action, now: datetime) -> Standing | None:
    """How the recheck of an action stands that waits for one; None where it does not, or its time has not come.

    "unassigned": nobody has it; "overdue": a time has passed in which nobody made it; "impossible": an action made by
    hand, whose outlet has no visit to compare with.
    """
    if action.state is not ActionState.ACCEPTED or action.recheck_passed is not None or action.item is None:
        return None
    if action.recheck_id is None:
        return None if base_visit(session, action) else "impossible"
    task = session.get_one(Assignment, action.recheck_id)
    if task.state in WAITING:
        return "unassigned"
    late = task.due_at <= now or (task.window_to - task.window_from).days > RECHECK_DAYS
    return "overdue" if late else "planned"


def inspectors(session: Session, outlet: Outlet) -> list[User]:
    """Who can be given a recheck at an outlet: managers of its area or branch, and reviewers; by place, then name."""
    found = session.exec(
        select(User)
        .where(col(User.role).in_(_ROLES), col(User.disabled_at).is_(None))
        .order_by(col(User.name), col(User.username))
    ).all()
    fitting = [
        each
        for each in found
        if outlet.unit_path.startswith(each.unit_path) and (each.unit_path or each.role == Role.REVIEWER)
    ]
    return sorted(fitting, key=lambda each: -len(each.unit_path))


def base_visit(session: Session, action: Action) -> Visit | None:
    """The visit that a recheck of an action is compared with.

    Its own, or for one that was made by hand the outlet's newest one that it knows of, with the same list, in a version
    that has the item.
    """
    if action.visit_id is not None:
        return session.get_one(Visit, action.visit_id)
    rows = session.exec(
        select(Visit, User.role)
        .join(User, col(User.id) == col(Visit.inspector_id))
        .where(
            Visit.outlet_id == action.outlet_id,
            Visit.checklist_id == action.checklist_id,
            Visit.kind != VisitKind.RECHECK,
            col(Visit.state).in_(COUNTED),
        )
        .order_by(col(Visit.visit_date).desc(), col(Visit.id))
    ).all()
    for visit, role in rows:
        known = visit.published_at is not None or not is_covert(visit.kind, Role(role))
        if known and _asks(session, visit, action.item):
            return visit
    return None


def _asks(session: Session, visit: Visit, item: str | None) -> bool:
    checklist = checklists.compiled(session.connection(), visit.checklist_id, visit.checklist_version)
    return any(each["id"] == item for section in checklist["sections"] for each in section["items"])
