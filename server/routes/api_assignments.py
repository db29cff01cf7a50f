"""The assignee's answer to an assignment."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from flask import Blueprint
from pydantic import BaseModel, ConfigDict, StringConstraints

from server.domain.access import Permission
from server.routes.guard import route
from server.usecases import assignments
from server.usecases.work import Work

api = Blueprint("api_assignments", __name__, url_prefix="/api/v1")
ID = {"name": "assignment_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}


class AssignmentAnswer(BaseModel):
    """Taken, or declined with a reason."""

    model_config = ConfigDict(strict=True, extra="forbid")
    answer: Literal["taken", "declined"]
    # One line without control characters: it is shown on terminals too.
    reason: Annotated[
        str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")
    ] = ""


class AnsweredAssignment(BaseModel):
    """How the assignment stands now."""

    id: str
    state: str
    reason: str


@route(
    api,
    "/assignments/<uuid:assignment_id>/answer",
    methods=("POST",),
    needs=Permission.INSPECT,
    body=AssignmentAnswer,
    parameters=(ID,),
    answers={200: AnsweredAssignment},
    summary="Take or decline an assignment",
)
def answer(work: Work, assignment_id: UUID, body: AssignmentAnswer) -> AnsweredAssignment:
    """The last word of the assignee."""
    found = assignments.answer(work, assignment_id, body.answer, body.reason)
    return AnsweredAssignment(id=str(found.id), state=found.state.value, reason=found.answer)
