"""Deciding about a visit by program: what the review page does (handbook 06)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint
from pydantic import BaseModel

from server.domain.access import Permission
from server.domain.exact import two_decimals
from server.domain.review import Decision
from server.domain.visit import VisitState
from server.routes.guard import route
from server.usecases import review
from server.usecases.work import Work

api = Blueprint("api_review", __name__, url_prefix="/api/v1")
ID = {"name": "visit_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


class Decided(BaseModel):
    """What a decision came to."""

    id: str
    state: VisitState
    revision: int
    score: str | None


@route(
    api,
    "/visits/<uuid:visit_id>/review",
    methods=("POST",),
    needs=Permission.REVIEW,
    body=Decision,
    answers={200: Decided},
    parameters=(ID,),
    summary="Accept, return or void a visit",
)
def decide_by_program(work: Work, visit_id: UUID, body: Decision) -> Decided:
    """What the review page does, for programs and tests (handbook 06)."""
    visit = review.decide(
        work,
        visit_id,
        body.revision,
        body.decision,
        body.reasons,
        body.verdicts,
        body.due,
        body.note,
        body.round,
    )
    score = two_decimals(visit.score) if visit.score is not None else None
    return Decided(id=str(visit.id), state=visit.state, revision=visit.revision, score=score)
