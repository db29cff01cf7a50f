"""Sync of the phone, and published checklists by version."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, current_app, request
from flask_login import current_user
from pydantic import BaseModel

from server.domain.errors import NotFound, UnknownChecklist
from server.queries import checklists
from server.routes.guard import route, viewer
from server.usecases import sync
from server.usecases.work import Office, Work

api = Blueprint("api_sync", __name__, url_prefix="/api/v1")


class Change(BaseModel):
    """A whole object as it is now."""

    type: Literal["assignment", "outlet", "checklist", "visit", "setting", "action", "notice", "plan"]
    id: str
    version: str
    data: dict[str, Any]


class Gone(BaseModel):
    """An object that is no longer needed."""

    type: str
    id: str


class SyncPage(BaseModel):
    """Changes since the cursor; `reset` says that what the phone holds is to be dropped first.

    `user` is the id of whom it tells: in a browser in which somebody else has signed in meanwhile it is not for the page that asked.
    """

    user: str
    changes: list[Change]
    removed: list[Gone]
    cursor: str | None
    more: bool
    reset: bool
    server_time: str


@route(
    api,
    "/sync",
    opens_work=False,
    parameters=({"name": "cursor", "in": "query", "schema": {"type": "string"}},),
    answers={200: SyncPage},
    summary="Everything this user needs offline, as changes",
)
def pull(office: Office) -> Any:
    """One page of changes."""
    cursor = request.args.get("cursor") or None
    device = str(current_user.sign_in or "token")
    page = sync.pull(office, viewer(), device, cursor, current_app.extensions["phone"].version())
    return {"user": viewer().user_id, **page}


@route(
    api,
    "/checklists/<checklist_id>/<int:version>",
    parameters=(
        {"name": "checklist_id", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,63}$"}},
        {"name": "version", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1, "maximum": 1000000}},
    ),
    answers={200: dict[str, Any]},
    summary="One published checklist, immutable",
)  # fmt: skip
def checklist(work: Work, checklist_id: str, version: int) -> Response:
    """The compiled checklist; it never changes, so it is asked for once."""
    try:
        if version >= 2**31:
            raise NotFound()
        text, sha256 = checklists.text(work.connection, checklist_id, version)
    except UnknownChecklist:
        raise NotFound() from None
    response = Response(text, mimetype="application/json")
    response.set_etag(sha256)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response.make_conditional(request)
