"""Corrective actions for phones and programs: making and answering one, and deciding about its answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, StringConstraints

from server.domain.access import Permission
from server.domain.actions import ActionSent, ActionSort, ActionState, MadeByHand
from server.domain.visit import Day
from server.queries import actions as seen
from server.routes.guard import route
from server.usecases import actions, hand_made
from server.usecases.work import Work

api = Blueprint("api_actions", __name__, url_prefix="/api/v1")

ID = {"name": "action_id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string", "pattern": '^(\\*|"[!#-~]{1,64}")$'},
    "description": "The etag of the action that is answered; an older one gets 412 with the server's action.",
}
IF_LOOKED_AT = {
    **IF_MATCH,
    "description": "The etag of the action that is decided about, if it is to be held; an older one gets 412.",
}
IF_NONE = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"const": "*"},
    "description": "The first save of an action that is made by hand.",
}


class SavedAction(BaseModel):
    """How the action stands now, and which named photos are still to come; until then the answer does not count."""

    id: str
    etag: str
    state: ActionState
    files_missing: list[str]


class ActionPhoto(BaseModel):
    """A photo of what failed, as this user may see it."""

    sha256: str


class ItemText(BaseModel):
    """An item in both languages."""

    zh: str
    en: str


class ActionSeen(BaseModel):
    """A corrective action as this user may see it; also the object of the phone's sync."""

    id: str
    outlet_id: str
    item: str | None
    item_text: ItemText | None
    sort: ActionSort
    what: str
    due_at: str
    state: ActionState
    level: int
    who: str
    before: list[ActionPhoto]
    answer: str
    files: list[dict[str, Any]]
    note: str
    may_answer: bool
    etag: str


class ActionDecision(BaseModel):
    """Accepted, or sent back with a reason; `due` is a day in Asia/Shanghai, by default the time of its sort from now."""

    model_config = ConfigDict(strict=True, extra="forbid")
    decision: Literal["accept", "reopen"]
    note: Annotated[str, StringConstraints(max_length=2000)] = ""
    due: Day | None = None
    etag: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


@route(
    api,
    "/actions/<uuid:action_id>",
    methods=("PUT",),
    needs=Permission.SEE_ACTIONS,
    body=ActionSent,
    parameters=(ID, IF_MATCH, IF_NONE),
    answers={200: SavedAction},
    summary="Make a corrective action, or answer one",
)
def save(work: Work, action_id: UUID, body: ActionSent) -> SavedAction:
    """Make or answer; the same again changes nothing and says how the action stands."""
    given = body.read()
    if isinstance(given, MadeByHand):
        taken = hand_made.make(work, action_id, given, only_new="*" in _etags("If-None-Match"))
    else:
        taken = actions.answer(work, action_id, given, _etags("If-Match"))
    work.session.flush()
    return SavedAction(
        id=str(action_id),
        etag=taken.action.etag,
        state=taken.action.state,
        files_missing=taken.files_missing,
    )


@route(
    api,
    "/actions/<uuid:action_id>",
    needs=Permission.SEE_ACTIONS,
    parameters=(ID,),
    answers={200: ActionSeen},
    summary="A corrective action",
)
def look(work: Work, action_id: UUID) -> Any:
    """One action in sight."""
    found = seen.shown(work.session, work.viewer, seen.find(work.session, work.viewer, action_id))
    return ActionSeen.model_validate(found), 200, {"ETag": f'"{found["etag"]}"'}


@route(
    api,
    "/actions/<uuid:action_id>/decide",
    methods=("POST",),
    needs=Permission.ACCEPT_ACTIONS,
    body=ActionDecision,
    parameters=(ID, IF_LOOKED_AT),
    answers={200: SavedAction},
    summary="Accept the answer to a corrective action, or send it back",
)
def decide(work: Work, action_id: UUID, body: ActionDecision) -> SavedAction:
    """Accept or reopen, by another person than who answered.

    With an etag, in the body or as If-Match, only the answer that was looked at is decided about.
    """
    known = _etags("If-Match") - {"*"} | ({body.etag} if body.etag else set())
    found = actions.decide(work, action_id, body.decision, body.note, body.due, etags=known)
    return SavedAction(id=str(found.id), etag=found.etag, state=found.state, files_missing=[])


def _etags(header: str) -> frozenset[str]:
    text = request.headers.get(header, "")
    return frozenset(part.strip().removeprefix("W/").strip('"') for part in text.split(",") if part.strip())
