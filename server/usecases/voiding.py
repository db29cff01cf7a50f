"""Voiding a visit that was accepted already: it counts nowhere from then on, and its outlet is asked for nothing more."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import select

from server.domain.access import Permission
from server.domain.errors import NotFound, OwnVisit, ReasonMissing, RevisionOld, VisitStateForbids
from server.domain.visit import COUNTED, VisitState
from server.queries import scope
from server.storage.visits import Visit
from server.usecases import actions, facts
from server.usecases.review import plan_anew
from server.usecases.work import Work

WITHDRAWN = "检查已作废"
"""Why the outlet's corrective actions of a visit that was voided are withdrawn."""


def void_accepted(work: Work, visit_id: UUID, revision: int, reason: str) -> Visit:
    """Void an accepted or published visit before its period is closed (handbook 01); head office alone.

    Its figures leave every aggregate, its reports verify as void, its corrective actions are withdrawn, and its
    assignment is planned anew. Raises NotFound, NotAllowed, OwnVisit, RevisionOld, VisitStateForbids, ReasonMissing.
    """
    work.needs(Permission.VOID)
    work.needs(Permission.PUBLISH)
    visit = work.session.exec(
        select(Visit).where(Visit.id == visit_id, scope.visits(work.viewer)).with_for_update()
    ).first()
    if visit is None:
        raise NotFound()
    if visit.inspector_id == work.actor_id:
        raise OwnVisit()
    if revision != visit.revision:
        raise RevisionOld(revision=visit.revision, state=visit.state)
    if visit.state not in COUNTED or visit.state is VisitState.FINAL:
        raise VisitStateForbids(state=visit.state)
    if not reason.strip():
        raise ReasonMissing()
    before = visit.state
    visit.state, visit.reason, visit.changed_at = VisitState.VOID, reason.strip()[:1000], work.now
    facts.mark(work, visit)
    work.record("visit.voided", "visit", visit.id, revision=visit.revision, before=before.value)
    actions.withdraw_for(work, visit, None, WITHDRAWN)
    plan_anew(work, visit)
    return visit
