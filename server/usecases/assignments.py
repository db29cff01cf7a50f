"""What an assignee answers to an assignment: taken, or declined with a reason."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlmodel import col, select

from server.domain.access import Permission
from server.domain.errors import AssignmentStateForbids, NotFound, ReasonMissing
from server.domain.visit import SHANGHAI, VisitState
from server.storage.visits import Assignment, AssignmentState, Visit
from server.usecases.work import Work

_FINISHED = (AssignmentState.WITHDRAWN, AssignmentState.DONE)


def answer(work: Work, assignment_id: UUID, said: Literal["taken", "declined"], reason: str) -> Assignment:
    """Take or decline the own assignment; the last word counts, the same one again changes nothing.

    No etag is asked for: only the assignee answers, and whether the answer still fits is decided by the state.
    A declined one may be taken until its window ends; one that a visit was begun on is declined no more.
    Raises NotFound, ReasonMissing, AssignmentStateForbids.
    """
    work.needs(Permission.INSPECT)
    found = work.session.exec(
        select(Assignment)
        .where(Assignment.id == assignment_id, Assignment.user_id == work.actor_id)
        .with_for_update()
    ).first()
    if found is None:
        raise NotFound()
    reason = reason.strip()
    if said == "declined" and not reason:
        raise ReasonMissing()
    to, why = AssignmentState(said), reason if said == "declined" else ""
    if found.state is to and found.answer == why and found.answered_at is not None:
        return found
    over = found.window_to < work.now.astimezone(SHANGHAI).date()
    if (
        found.state in _FINISHED
        or (to is AssignmentState.TAKEN and found.state is AssignmentState.DECLINED and over)
        or (to is AssignmentState.DECLINED and _begun(work, assignment_id))
    ):
        raise AssignmentStateForbids(state=found.state)
    found.state, found.answer = to, why
    found.answered_at = found.changed_at = work.now
    work.record(f"assignment.{said}", "assignment", found.id)
    return found


def _begun(work: Work, assignment_id: UUID) -> bool:
    """Whether a visit stands on the assignment that was not given up or voided."""
    ended = [VisitState.DISCARDED, VisitState.VOID]
    living = select(Visit.id).where(Visit.assignment_id == assignment_id, col(Visit.state).not_in(ended))
    return work.session.exec(living).first() is not None
